/* neighbors_sparse.c - among sparse rows; see neighbors.h.
 *
 * Where a distance is a sum over columns, that of a query to a row is what each is from zero, corrected in
 * the columns that both have. Those are found by column, so that a query costs what its columns hold and
 * one pass over the rows. The sums so made are only as exact as their parts are small: they rule out what
 * cannot be among the answers (their error is bounded as in neighbors_brute.c), and the few that stay are
 * measured over the columns that either has, in order: the bits of the rows written out, as a difference
 * of two zeros adds nothing. */
#include "num/neighbors_parts.h"

/* ---- rows ----------------------------------------------------------------------------------- */

hone_status hn_sparse_prepared(hone_ctx *ctx, hn_arena *arena, hn_distance measure, const hn_csr *x,
                               hn_csr *ret_csr) {
    *ret_csr = *x;
    if (measure.kind != HN_DISTANCE_COSINE) return HONE_OK;
    int64_t *start, at = 0;
    int32_t *column;
    double *value;
    HN_TRY(HN_NEW(ctx, arena, start, x->rows + 1));
    HN_TRY(HN_NEW(ctx, arena, column, hn_csr_entries(x) + x->rows + 1));
    HN_TRY(HN_NEW(ctx, arena, value, hn_csr_entries(x) + x->rows + 1));
    for (int64_t i = 0; i < x->rows; i++) { /* as hn_distance_prepare_row does */
        double most = 0, sum = 0;
        start[i] = at;
        for (int64_t e = x->start[i]; e < x->start[i + 1]; e++)
            most = fmax(most, fabs(x->value[e]));
        for (int64_t e = x->start[i]; e < x->start[i + 1] && most > 0; e++) {
            column[at] = x->column[e];
            value[at] = x->value[e] / most;
            sum += value[at] * value[at];
            at++;
        }
        double length = sqrt(sum);
        for (int64_t e = start[i]; e < at; e++) value[e] /= length;
        if (most > 0) continue;
        column[at] = (int32_t)x->cols;
        value[at++] = 1;
    }
    start[x->rows] = at;
    *ret_csr = (hn_csr){x->rows, x->cols + 1, start, column, value};
    return HONE_OK;
}

hone_status hn_sparse_build(hone_ctx *ctx, hn_arena *arena, const hn_csr *x, hn_neighbors *index) {
    HN_SCRATCH(ctx);
    hn_csr rows;
    HN_TRY(hn_sparse_prepared(ctx, ctx->scratch, index->measure, x, &rows));
    int64_t first = rows.start[0];
    index->n_entries = hn_csr_entries(&rows);
    HN_TRY(HN_NEW(ctx, arena, index->start, index->n + 1));
    HN_TRY(HN_NEW(ctx, arena, index->column, index->n_entries + 1));
    HN_TRY(HN_NEW(ctx, arena, index->value, index->n_entries + 1));
    for (int64_t i = 0; i <= index->n; i++) index->start[i] = rows.start[i] - first;
    if (index->n_entries == 0) return HONE_OK;
    memcpy(index->column, rows.column + first, (size_t)index->n_entries * sizeof *index->column);
    memcpy(index->value, rows.value + first, (size_t)index->n_entries * sizeof *index->value);
    return HONE_OK;
}

bool hn_sparse_sound(const hn_neighbors *index) {
    int64_t w = hn_distance_width((hn_distance){(hn_distance_kind)index->distance, 0}, index->d);
    if (index->start[0] != 0 || index->start[index->n] != index->n_entries) return false;
    for (int64_t i = 0; i < index->n; i++)
        if (index->start[i] > index->start[i + 1]) return false;
    for (int64_t i = 0; i < index->n; i++) {
        int32_t before = -1;
        for (int64_t e = index->start[i]; e < index->start[i + 1]; e++) {
            if (index->column[e] <= before || index->column[e] >= w) return false;
            before = index->column[e];
        }
    }
    return true;
}

/* ---- one pair ------------------------------------------------------------------------------- */

/* A row's entries, and room to write some columns of two rows out. */
typedef struct entries {
    const int32_t *column;
    const double *value;
    int64_t n;
} entries;

HN_INLINE entries entries_of(const hn_csr *x, int64_t i) {
    return (entries){x->column + x->start[i], x->value + x->start[i],
                     x->start[i + 1] - x->start[i]};
}

/* Reduced, over the columns that either has, which are written to pair [2, a.n + b.n]. */
static double measure_pair(hn_distance measure, entries a, entries b, double *pair) {
    int64_t i = 0, j = 0, m = 0;
    double *second = pair + a.n + b.n;
    while (i < a.n || j < b.n) {
        int32_t left = i < a.n ? a.column[i] : INT32_MAX, right = j < b.n ? b.column[j] : INT32_MAX;
        pair[m] = left <= right ? a.value[i++] : 0;
        second[m++] = right <= left ? b.value[j++] : 0;
    }
    return hn_distance_reduced(measure, pair, second, m);
}

/* ---- sums over shared columns --------------------------------------------------------------- */

/* One column's part of the distance to zero, and by how much two values' part differs from the sum of
 * both. */
HN_INLINE double alone(hn_distance_kind kind, double v) {
    switch (kind) {
    case HN_DISTANCE_MANHATTAN: return fabs(v);
    case HN_DISTANCE_HAMMING: return v != 0;
    default: return v * v;
    }
}

HN_INLINE double together(hn_distance_kind kind, double q, double x) {
    switch (kind) {
    case HN_DISTANCE_MANHATTAN: return fabs(q - x) - fabs(q) - fabs(x);
    case HN_DISTANCE_HAMMING: return (q != x) - (double)((q != 0) + (x != 0));
    default: return -2 * q * x;
    }
}

static bool is_sum(hn_distance_kind kind) {
    return kind != HN_DISTANCE_CHEBYSHEV && kind != HN_DISTANCE_MINKOWSKI &&
           !hn_distance_is_whole(kind);
}

hone_status hn_sparse_prepare(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index) {
    hn_csr rows = hn_sparse_rows(index);
    index->most = 0;
    index->widest = 0;
    HN_TRY(HN_NEW(ctx, arena, index->own, index->n));
    for (int64_t i = 0; i < index->n; i++) {
        entries a = entries_of(&rows, i);
        for (int64_t e = 0; e < a.n; e++) index->own[i] += alone(index->measure.kind, a.value[e]);
        index->widest = a.n > index->widest ? a.n : index->widest;
        if (!(index->own[i] <= index->most)) index->most = index->own[i];
    }
    if (!is_sum(index->measure.kind)) return HONE_OK;
    return hn_csr_transpose(ctx, arena, &rows, &index->columns);
}

/* score [n]: distances to q but for what q is from zero. Returns how far one can be from the truth. */
static double add_up(const hn_neighbors *index, entries q, double *score) {
    const hn_csr *columns = &index->columns;
    hn_distance_kind kind = index->measure.kind;
    double own = 0;
    memcpy(score, index->own, (size_t)index->n * sizeof *score);
    for (int64_t j = 0; j < q.n; j++) {
        double v = q.value[j];
        own += alone(kind, v);
        entries rows = entries_of(columns, q.column[j]);
        if (kind == HN_DISTANCE_EUCLIDEAN || kind == HN_DISTANCE_COSINE) {
            for (int64_t e = 0; e < rows.n; e++) score[rows.column[e]] -= 2 * v * rows.value[e];
            continue;
        }
        for (int64_t e = 0; e < rows.n; e++)
            score[rows.column[e]] += together(kind, v, rows.value[e]);
    }
    return 0x1p-49 * (double)(q.n + index->widest + 16) * (own + index->most) + 1e-300;
}

/* ---- asking --------------------------------------------------------------------------------- */

/* The k-th least score, but for row skip; INFINITY where there are fewer. best has room for k. */
static double kth_score(const double *score, int64_t n, int32_t skip, hn_best *best) {
    best->n = 0;
    for (int64_t i = 0; i < n; i++)
        if (score[i] <= hn_best_reach(best) && i != skip) hn_best_add(best, score[i], (int32_t)i);
    return hn_best_reach(best);
}

hone_status hn_sparse_ask(hone_ctx *ctx, const hn_ask *ask, int64_t begin, int64_t end) {
    const hn_neighbors *index = ask->index;
    hn_csr rows = hn_sparse_rows(index);
    bool sums = is_sum(index->measure.kind);
    HN_SCRATCH(ctx);
    double *score, *pair;
    int64_t widest = 0;
    for (int64_t i = begin; i < end; i++) {
        int64_t n = ask->sparse.start[i + 1] - ask->sparse.start[i];
        widest = n > widest ? n : widest;
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, score, index->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, pair, 2 * (widest + index->widest) + 1));
    for (int64_t i = begin; i < end; i++) {
        entries q = entries_of(&ask->sparse, i);
        hn_best best = hn_ask_best(ask, i);
        double reach = INFINITY;
        HN_TRY(hn_check_cancel(ctx));
        if (sums) {
            double error = add_up(index, q, score);
            reach = kth_score(score, index->n, best.skip, &best) + 2 * error;
        }
        best.n = 0;
        for (int64_t r = 0; r < index->n; r++)
            if (!sums || !(score[r] > reach)) /* not a number: measure */
                hn_best_add(&best, measure_pair(index->measure, q, entries_of(&rows, r), pair),
                            (int32_t)r);
        hn_best_finish(&best, index->measure, index->w);
    }
    return HONE_OK;
}

hone_status hn_sparse_within(hone_ctx *ctx, const hn_neighbors *index, const hn_csr *x, int64_t i,
                             double reach, hn_found *found) {
    hn_csr rows = hn_sparse_rows(index);
    entries q = entries_of(x, i);
    bool sums = is_sum(index->measure.kind);
    double *score, *pair, bound = INFINITY;
    HN_TRY(HN_SCRATCH_NEW(ctx, score, index->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, pair, 2 * (q.n + index->widest) + 1));
    if (sums) {
        double own = 0;
        for (int64_t j = 0; j < q.n; j++) own += alone(index->measure.kind, q.value[j]);
        bound = add_up(index, q, score) + reach - own;
    }
    for (int64_t r = 0; r < index->n; r++) {
        if (sums && score[r] > bound) continue;
        double reduced = measure_pair(index->measure, q, entries_of(&rows, r), pair);
        if (reduced <= reach) HN_TRY(hn_found_add(ctx, found, (int32_t)r, reduced));
    }
    return HONE_OK;
}
