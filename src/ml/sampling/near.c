/* near.c - see near.h. */
#include "ml/sampling/near.h"
#include "num/neighbors.h"
#include <string.h>

hone_status hn_near_of(hone_ctx *ctx, hn_arena *arena, const hone_data *data, hn_near *ret_near) {
    hn_near near = {.n = data->x->n_rows, .d = data->x->n_columns, .y = data->y};
    HN_TRY(hn_table_matrix(ctx, arena, data->x, &near.x));
    *ret_near = near;
    return HONE_OK;
}

static hone_status too_few(hone_ctx *ctx, const char *step, const char *param, int64_t there,
                           int64_t k) {
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = param),
                      "%s: a class (or the whole) has %lld row%s, and each of them needs %lld "
                      "neighbour%s; set '%s' lower, or repeat rows with random_over_sample",
                      step, (long long)there, there == 1 ? "" : "s", (long long)k,
                      k == 1 ? "" : "s", param);
}

/* Of the rows among themselves. */
static hone_status find_among(hone_ctx *ctx, const hn_near *near, hn_rows among, int64_t k,
                              int32_t *row, double *distance) {
    HN_SCRATCH(ctx);
    double *x;
    hn_neighbors index;
    hn_neighbors_options options = {.distance = HN_DISTANCE_EUCLIDEAN};
    HN_TRY(HN_SCRATCH_NEW(ctx, x, among.n * near->d + 1));
    for (int64_t i = 0; i < among.n; i++)
        memcpy(x + i * near->d, near->x + among.rows[i] * near->d, (size_t)near->d * sizeof *x);
    HN_TRY(hn_neighbors_build(ctx, ctx->scratch, x, among.n, near->d, &options, &index));
    return hn_neighbors_nearest_self(ctx, &index, k, row, distance);
}

hone_status hn_near_find(hone_ctx *ctx, const char *step, const char *param, const hn_near *near,
                         hn_rows rows, hn_rows among, int64_t k, int64_t **ret_nearest) {
    int64_t *nearest, *all = NULL;
    HN_TRY(HN_SCRATCH_NEW(ctx, nearest, rows.n * k + 1));
    *ret_nearest = nearest;
    HN_SCRATCH(ctx);
    if (among.n == 0) {
        HN_TRY(HN_SCRATCH_NEW(ctx, all, near->n + 1));
        for (int64_t i = 0; i < near->n; i++) all[i] = i;
        among = (hn_rows){all, near->n};
    }
    if (among.n <= k) return too_few(ctx, step, param, among.n, k);
    int32_t *row;
    double *distance;
    HN_TRY(HN_SCRATCH_NEW(ctx, row, among.n * k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, among.n * k + 1));
    HN_TRY(find_among(ctx, near, among, k, row, distance));
    int64_t at = 0; /* rows are among them, both ascending */
    for (int64_t i = 0; i < rows.n; i++) {
        while (among.rows[at] < rows.rows[i]) at++;
        for (int64_t m = 0; m < k; m++) nearest[i * k + m] = among.rows[row[at * k + m]];
    }
    return HONE_OK;
}

/* ---- made rows ------------------------------------------------------------------------------- */

hone_status hn_synthetic_start(hone_ctx *ctx, hn_arena *arena, int64_t n, int64_t more,
                               hn_synthetic *ret_made) {
    hn_synthetic made = {.n = n, .n_kept = n, .room = n + more};
    HN_TRY(HN_NEW(ctx, arena, made.source, made.room + 1));
    HN_TRY(HN_NEW(ctx, arena, made.partner, made.room + 1));
    HN_TRY(HN_NEW(ctx, arena, made.share, made.room + 1));
    for (int64_t i = 0; i < n; i++) {
        made.source[i] = i;
        made.partner[i] = -1;
    }
    *ret_made = made;
    return HONE_OK;
}

static void add(hn_synthetic *made, int64_t source, int64_t partner, double share) {
    made->source[made->n] = source;
    made->partner[made->n] = partner;
    made->share[made->n++] = share;
}

void hn_synthetic_draw(hn_synthetic *made, hn_rng *rng, hn_rows base, const int64_t *nearest,
                       int64_t k, int64_t count, const int64_t *times) {
    for (int64_t i = 0; times && i < base.n; i++)
        for (int64_t t = 0; t < times[i] && made->n < made->room; t++) {
            int64_t which = hn_rng_below(rng, k);
            add(made, base.rows[i], nearest[i * k + which], hn_rng_uniform(rng));
        }
    for (int64_t s = 0; !times && s < count && made->n < made->room; s++) {
        int64_t pick = hn_rng_below(rng, base.n * k);
        add(made, base.rows[pick / k], nearest[pick], hn_rng_uniform(rng));
    }
}

hone_status hn_synthetic_rows(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                              const hn_near *near, const hn_synthetic *made,
                              hn_resampled *ret_rows) {
    hn_table *x;
    HN_TRY(HN_NEW(ctx, arena, x, 1));
    HN_TRY(HN_NEW(ctx, arena, x->columns, near->d + 1));
    x->n_rows = made->n;
    x->n_columns = (int32_t)near->d;
    for (int32_t j = 0; j < x->n_columns; j++) {
        double *values;
        HN_TRY(HN_NEW(ctx, arena, values, made->n + 1));
        for (int64_t i = 0; i < made->n; i++) values[i] = hn_synthetic_value(made, near, i, j);
        x->columns[j] = hn_column_of_f64(data->x->columns[j].name, values, made->n);
    }
    *ret_rows =
        (hn_resampled){.n = made->n, .source = made->source, .partner = made->partner, .x = x};
    return HONE_OK;
}

/* ---- links and disagreement ------------------------------------------------------------------ */

hone_status hn_sample_word_only(hone_ctx *ctx, const char *step, double strategy) {
    if (strategy < 0) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "sampling_strategy"),
                      "%s: how many rows are left out is decided by the rows, so "
                      "'sampling_strategy' is a word such as auto or all, not %g",
                      step, strategy);
}

static hone_status all_rows(hone_ctx *ctx, int64_t n, hn_rows *ret_rows) {
    HN_TRY(HN_SCRATCH_NEW(ctx, ret_rows->rows, n + 1));
    ret_rows->n = n;
    for (int64_t i = 0; i < n; i++) ret_rows->rows[i] = i;
    return HONE_OK;
}

/* Two rows of different classes, each the nearest of the other. */
hone_status hn_tomek_mark(hone_ctx *ctx, const char *step, const hn_near *near, double strategy,
                          int64_t n_classes, const int64_t *count, uint8_t *ret_drop) {
    HN_SCRATCH(ctx);
    hn_rows rows;
    int64_t *nearest;
    memset(ret_drop, 0, (size_t)near->n);
    if (near->n < 2) return HONE_OK;
    HN_TRY(all_rows(ctx, near->n, &rows));
    HN_TRY(hn_near_find(ctx, step, "sampling_strategy", near, rows, (hn_rows){0}, 1, &nearest));
    for (int64_t i = 0; i < near->n; i++) {
        int64_t other = nearest[i];
        if (near->y[i] == near->y[other] || nearest[other] != i) continue;
        ret_drop[i] = hn_sample_means(strategy, n_classes, count, (int64_t)near->y[i],
                                      HN_SAMPLE_NOT_MINORITY);
    }
    return HONE_OK;
}

/* The most frequent class among k rows, the first of equals. votes [n_classes] is all 0 before and after. */
static int64_t mode_of(const hn_near *near, const int64_t *nearest, int64_t k, int64_t *votes) {
    int64_t best = (int64_t)near->y[nearest[0]];
    for (int64_t m = 0; m < k; m++) votes[(int64_t)near->y[nearest[m]]]++;
    for (int64_t m = 0; m < k; m++) {
        int64_t c = (int64_t)near->y[nearest[m]];
        if (votes[c] > votes[best] || (votes[c] == votes[best] && c < best)) best = c;
    }
    for (int64_t m = 0; m < k; m++) votes[(int64_t)near->y[nearest[m]]] = 0;
    return best;
}

hone_status hn_edited_mark(hone_ctx *ctx, const char *step, const hn_near *near, double strategy,
                           int64_t n_classes, const int64_t *count, int64_t k, bool mode,
                           uint8_t *ret_drop) {
    HN_SCRATCH(ctx);
    hn_rows rows;
    int64_t *nearest, *votes;
    HN_TRY(all_rows(ctx, near->n, &rows));
    HN_TRY(HN_SCRATCH_NEW(ctx, votes, n_classes + 1));
    HN_TRY(hn_near_find(ctx, step, "n_neighbors", near, rows, (hn_rows){0}, k, &nearest));
    for (int64_t i = 0; i < near->n; i++) {
        const int64_t *own = nearest + i * k;
        int64_t c = (int64_t)near->y[i];
        bool agree = true;
        for (int64_t m = 0; !mode && m < k; m++) agree &= near->y[own[m]] == near->y[i];
        if (mode) agree = mode_of(near, own, k, votes) == c;
        ret_drop[i] =
            !agree && hn_sample_means(strategy, n_classes, count, c, HN_SAMPLE_NOT_MINORITY);
    }
    return HONE_OK;
}

/* ---- between neighbours of a class ----------------------------------------------------------- */

hone_status hn_smote_make(hone_ctx *ctx, hn_arena *arena, const char *step, const hn_near *near,
                          const hone_data *data, int64_t n_classes, const int64_t *add, int64_t k,
                          hn_synthetic *ret_made) {
    int64_t more = 0;
    for (int64_t c = 0; c < n_classes; c++) more += add[c];
    hn_synthetic made;
    HN_TRY(hn_synthetic_start(ctx, arena, near->n, more, &made));
    for (int64_t c = 0; c < n_classes; c++) {
        if (add[c] == 0) continue;
        HN_SCRATCH(ctx);
        hn_rows rows;
        int64_t *nearest;
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream("smote", (uint64_t)c));
        HN_TRY(hn_rows_of_class(ctx, ctx->scratch, data, c, &rows));
        HN_TRY(hn_near_find(ctx, step, "k_neighbors", near, rows, rows, k, &nearest));
        hn_synthetic_draw(&made, &rng, rows, nearest, k, add[c], NULL);
    }
    *ret_made = made;
    return HONE_OK;
}
