/* neighbors.c - building and asking, whatever the method; see neighbors.h. */
#include "num/neighbors.h"
#include "num/neighbors_parts.h"
#include "num/sort.h"
#include <assert.h>

/* ---- the best so far ------------------------------------------------------------------------ */

static void sift_down(double *distance, int32_t *row, int64_t n, double d, int32_t r) {
    int64_t i = 0;
    for (;;) {
        int64_t child = 2 * i + 1;
        if (child >= n) break;
        if (child + 1 < n &&
            hn_pair_less(distance[child], row[child], distance[child + 1], row[child + 1]))
            child++;
        if (!hn_pair_less(d, r, distance[child], row[child])) break;
        distance[i] = distance[child];
        row[i] = row[child];
        i = child;
    }
    distance[i] = d;
    row[i] = r;
}

void hn_best_add(hn_best *b, double distance, int32_t row) {
    if (row == b->skip || b->k == 0) return;
    if (b->n == b->k) {
        if (hn_pair_less(distance, row, b->distance[0], b->row[0]))
            sift_down(b->distance, b->row, b->n, distance, row);
        return;
    }
    int64_t i = b->n++;
    while (i > 0) {
        int64_t parent = (i - 1) / 2;
        if (!hn_pair_less(b->distance[parent], b->row[parent], distance, row)) break;
        b->distance[i] = b->distance[parent];
        b->row[i] = b->row[parent];
        i = parent;
    }
    b->distance[i] = distance;
    b->row[i] = row;
}

void hn_best_finish(hn_best *b, hn_distance measure, int64_t w) {
    for (int64_t n = b->n; n > 1;) {
        n--;
        double d = b->distance[n];
        int32_t r = b->row[n];
        b->distance[n] = b->distance[0];
        b->row[n] = b->row[0];
        sift_down(b->distance, b->row, n, d, r);
    }
    for (int64_t i = 0; i < b->n; i++)
        b->distance[i] = hn_distance_of_reduced(measure, b->distance[i], w);
    for (int64_t i = b->n; i < b->k; i++) {
        b->distance[i] = INFINITY;
        b->row[i] = -1;
    }
}

hone_status hn_found_add(hone_ctx *ctx, hn_found *f, int32_t row, double distance) {
    if (f->n == f->room) {
        int64_t room = f->room > 0 ? 2 * f->room : 256;
        int32_t *rows;
        double *distances;
        HN_TRY(HN_SCRATCH_NEW(ctx, rows, room));
        HN_TRY(HN_SCRATCH_NEW(ctx, distances, room));
        if (f->n > 0) {
            memcpy(rows, f->row, (size_t)f->n * sizeof *rows);
            memcpy(distances, f->distance, (size_t)f->n * sizeof *distances);
        }
        f->row = rows;
        f->distance = distances;
        f->room = room;
    }
    f->row[f->n] = row;
    f->distance[f->n++] = distance;
    return HONE_OK;
}

/* ---- building ------------------------------------------------------------------------------- */

typedef struct fill {
    hn_distance measure;
    const double *from;
    double *to;
    int64_t d, w;
    const int32_t *order;
    int64_t n;
} fill;

static hone_status prepare_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const fill *f = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        hn_distance_prepare_row(f->measure, f->from + i * f->d, f->d, f->to + i * f->w);
    return HONE_OK;
}

static hone_status fill_tiles(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const fill *f = arg;
    int64_t place = chunk.begin * HN_LANES;
    int64_t end = chunk.end * HN_LANES < f->n ? chunk.end * HN_LANES : f->n;
    hn_lanes_fill(f->order ? f->from : f->from + place * f->w, f->order ? f->order + place : NULL,
                  end - place, f->w, f->to + place * f->w);
    return HONE_OK;
}

/* Prepared rows of x [n, d]: x itself where they are alike, else in arena. */
static hone_status prepared(hone_ctx *ctx, hn_arena *arena, hn_distance measure, double *x,
                            int64_t n, int64_t d, double **ret_rows) {
    if (!hn_distance_prepares(measure.kind)) {
        *ret_rows = x;
        return HONE_OK;
    }
    fill f = {.measure = measure, .from = x, .d = d, .w = d + 1};
    HN_TRY(HN_NEW(ctx, arena, f.to, n * f.w));
    HN_TRY(hn_parallel(ctx, n, 4096, prepare_rows, &f));
    *ret_rows = f.to;
    return HONE_OK;
}

static void set_measure(hn_neighbors *index) {
    index->measure = (hn_distance){(hn_distance_kind)index->distance, index->p};
    index->w = hn_distance_width(index->measure, index->d);
}

hone_status hn_neighbors_prepare(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index) {
    if (index->ready) return HONE_OK;
    set_measure(index);
    if (index->form == HN_NEIGHBORS_SPARSE) HN_TRY(hn_sparse_prepare(ctx, arena, index));
    if (index->method == HN_NEIGHBORS_HNSW) HN_TRY(hn_hnsw_prepare(ctx, arena, index));
    if (index->form == HN_NEIGHBORS_TILES) HN_TRY(hn_tree_prepare(ctx, arena, index));
    index->ready = true;
    return HONE_OK;
}

static hn_neighbors_method choose(const hn_neighbors_options *options, hn_distance measure,
                                  int64_t n, int64_t d) {
    enum { FEW_COLUMNS = 14, FEW_ROWS = 256 };
    if (hn_distance_is_whole(measure.kind)) return HN_NEIGHBORS_BRUTE;
    if (options->method != HN_NEIGHBORS_AUTO) return options->method;
    bool boxes = measure.kind != HN_DISTANCE_COSINE && measure.kind != HN_DISTANCE_HAMMING;
    return boxes && d <= FEW_COLUMNS && n >= FEW_ROWS ? HN_NEIGHBORS_KD_TREE : HN_NEIGHBORS_BRUTE;
}

static bool is_tree(int64_t method) {
    return method == HN_NEIGHBORS_KD_TREE || method == HN_NEIGHBORS_BALL_TREE;
}

bool hn_neighbors_borrows(const hn_neighbors_options *options, int64_t n, int64_t d) {
    hn_distance measure = hn_distance_make(options->distance, options->p);
    return !hn_distance_prepares(measure.kind) && !is_tree(choose(options, measure, n, d));
}

/* Whether a tree over some of the rows leaves out most of them when asked for all within a radius. A tree
 * over all of them, whose leaves are smaller, leaves out more. */
static hone_status tree_pays(hone_ctx *ctx, const double *x, int64_t n, int64_t d,
                             const hn_neighbors_options *options, bool *ret_pays) {
    enum { SOME = 2048, ASKED = 64, MOST_COLUMNS = 256, LEAF = 16 };
    hn_distance measure = hn_distance_make(options->distance, options->p);
    *ret_pays = false;
    if (options->method != HN_NEIGHBORS_AUTO || !(options->radius > 0) || n < 2 * SOME ||
        d > MOST_COLUMNS || measure.kind == HN_DISTANCE_COSINE ||
        hn_distance_is_whole(measure.kind) || measure.kind == HN_DISTANCE_HAMMING)
        return HONE_OK;
    HN_SCRATCH(ctx);
    double *rows, reduced = hn_distance_to_reduced(measure, options->radius, d);
    hn_neighbors_options tree = {.distance = options->distance,
                                 .p = options->p,
                                 .method = HN_NEIGHBORS_KD_TREE,
                                 .leaf_size = LEAF};
    hn_neighbors index;
    int64_t cost = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, SOME * d));
    for (int64_t i = 0; i < SOME; i++)
        memcpy(rows + i * d, x + i * n / SOME * d, (size_t)d * sizeof *rows);
    HN_TRY(hn_neighbors_build(ctx, ctx->scratch, rows, SOME, d, &tree, &index));
    for (int64_t i = 0; i < ASKED; i++)
        cost += hn_tree_within_cost(&index, rows + i * (SOME / ASKED) * d, reduced);
    *ret_pays = cost < ASKED * hn_lanes_tiles(SOME) / 3;
    return HONE_OK;
}

static hone_status begin_index(hone_ctx *ctx, const hn_neighbors_options *options, int64_t n,
                               int64_t d, hn_neighbors *ret_index) {
    assert(n >= 1 && d >= 0);
    if (n > INT32_MAX)
        return hn_fail(
            ctx, HONE_ERROR_DATA,
            "neighbours: %lld rows are more than the %d that can be numbered; take fewer",
            (long long)n, INT32_MAX);
    hn_distance measure = hn_distance_make(options->distance, options->p);
    if (measure.kind == HN_DISTANCE_HAVERSINE && d != 2)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "metric"),
                          "metric haversine takes two columns, latitude and longitude in radians, "
                          "not %lld; take another metric",
                          (long long)d);
    if (measure.kind == HN_DISTANCE_PRECOMPUTED && d != n && !options->column)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "metric"),
                          "metric precomputed takes a column for each row, and there are %lld "
                          "columns and %lld rows; give the distances of all rows to all",
                          (long long)d, (long long)n);
    *ret_index = (hn_neighbors){.n = n, .d = d, .distance = measure.kind, .p = measure.p};
    ret_index->method = choose(options, measure, n, d);
    set_measure(ret_index);
    return HONE_OK;
}

static hone_status keep_tiles(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index) {
    int64_t tiles = hn_lanes_tiles(index->n);
    fill f = {.from = index->rows, .w = index->w, .order = index->order, .n = index->n};
    index->form = HN_NEIGHBORS_TILES;
    HN_TRY(HN_NEW(ctx, arena, index->tiles, tiles * HN_LANES * index->w + 1));
    f.to = index->tiles;
    return hn_parallel(ctx, tiles, 512, fill_tiles, &f);
}

/* Each row's last number is the column of others in which it is; and what distances must be. */
static hone_status number_rows(hone_ctx *ctx, const int32_t *column, const hn_neighbors *index) {
    for (int64_t i = 0; i < index->n; i++) {
        double *row = index->rows + i * index->w;
        row[index->w - 1] = column ? column[i] : (double)i;
        for (int64_t j = 0; j < index->d; j++)
            if (!(row[j] >= 0))
                return hn_fail_at(ctx, HONE_ERROR_DATA, ((hn_where){.param = "metric", .row = i}),
                                  "metric precomputed takes distances, 0 and more, but row %lld "
                                  "has %g; give distances, or take another metric",
                                  (long long)i, row[j]);
    }
    return HONE_OK;
}

static bool is_numbered(const hn_neighbors *index) {
    int64_t w = index->d + 1;
    bool ok = index->method == HN_NEIGHBORS_BRUTE && index->form == HN_NEIGHBORS_DOUBLES;
    for (int64_t i = 0; ok && i < index->n; i++)
        ok = index->rows[i * w + index->d] >= 0 && index->rows[i * w + index->d] < (double)index->d;
    return ok;
}

hone_status hn_neighbors_build(hone_ctx *ctx, hn_arena *arena, double *x, int64_t n, int64_t d,
                               const hn_neighbors_options *options, hn_neighbors *ret_index) {
    hn_neighbors index;
    bool pays;
    HN_TRY(begin_index(ctx, options, n, d, &index));
    HN_TRY(tree_pays(ctx, x, n, d, options, &pays));
    if (pays) index.method = HN_NEIGHBORS_KD_TREE;
    HN_TRY(prepared(ctx, arena, index.measure, x, n, d, &index.rows));
    if (index.measure.kind == HN_DISTANCE_PRECOMPUTED)
        HN_TRY(number_rows(ctx, options->column, &index));
    if (is_tree(index.method)) {
        HN_TRY(hn_tree_build(ctx, arena, &index, options->leaf_size));
        HN_TRY(keep_tiles(ctx, arena, &index));
    }
    if (index.method == HN_NEIGHBORS_HNSW) HN_TRY(hn_hnsw_build(ctx, arena, &index, options));
    HN_TRY(hn_neighbors_prepare(ctx, arena, &index));
    *ret_index = index;
    return HONE_OK;
}

hone_status hn_neighbors_build_floats(hone_ctx *ctx, hn_arena *arena, float *x, int64_t n,
                                      int64_t d, const hn_neighbors_options *options,
                                      hn_neighbors *ret_index) {
    assert(hn_neighbors_borrows(options, n, d));
    hn_neighbors index;
    HN_TRY(begin_index(ctx, options, n, d, &index));
    index.form = HN_NEIGHBORS_FLOATS;
    index.floats = x;
    if (index.method == HN_NEIGHBORS_HNSW) HN_TRY(hn_hnsw_build(ctx, arena, &index, options));
    HN_TRY(hn_neighbors_prepare(ctx, arena, &index));
    *ret_index = index;
    return HONE_OK;
}

hone_status hn_neighbors_build_sparse(hone_ctx *ctx, hn_arena *arena, const hn_csr *x,
                                      const hn_neighbors_options *options,
                                      hn_neighbors *ret_index) {
    hn_neighbors index;
    if (options->distance == HN_DISTANCE_HAVERSINE || options->distance == HN_DISTANCE_PRECOMPUTED)
        return hn_fail_at(
            ctx, HONE_ERROR_UNSUPPORTED, HN_AT(.param = "metric"),
            "metrics haversine and precomputed take no sparse matrix; write it out, or "
            "take another metric");
    HN_TRY(begin_index(ctx, options, x->rows, x->cols, &index));
    index.method = HN_NEIGHBORS_BRUTE;
    index.form = HN_NEIGHBORS_SPARSE;
    HN_TRY(hn_sparse_build(ctx, arena, x, &index));
    HN_TRY(hn_neighbors_prepare(ctx, arena, &index));
    *ret_index = index;
    return HONE_OK;
}

bool hn_neighbors_sound(const hn_neighbors *index) {
    if (index->distance == HN_DISTANCE_PRECOMPUTED) return is_numbered(index);
    if (index->distance == HN_DISTANCE_HAVERSINE &&
        (index->d != 2 || index->form == HN_NEIGHBORS_SPARSE))
        return false;
    if (index->method == HN_NEIGHBORS_HNSW) return hn_hnsw_sound(index);
    if (index->form == HN_NEIGHBORS_SPARSE) return hn_sparse_sound(index);
    if (index->method == HN_NEIGHBORS_BRUTE) return true;
    for (int64_t i = 0; i < index->n; i++)
        if (index->order[i] < 0 || index->order[i] >= index->n) return false;
    return true;
}

/* ---- nearest -------------------------------------------------------------------------------- */

static hone_status ask_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const hn_ask *ask = arg;
    if (ask->index->form == HN_NEIGHBORS_SPARSE)
        return hn_sparse_ask(ctx, ask, chunk.begin, chunk.end);
    switch (ask->index->method) {
    case HN_NEIGHBORS_HNSW: return hn_hnsw_ask(ctx, ask, chunk.begin, chunk.end);
    case HN_NEIGHBORS_BRUTE: return hn_brute_ask(ctx, ask, chunk.begin, chunk.end);
    default: return hn_tree_ask(ctx, ask, chunk.begin, chunk.end);
    }
}

static hone_status ask_all(hone_ctx *ctx, const hn_ask *ask, int64_t m) {
    enum { GRAIN = 64 };
    bool done = false;
    if (m == 0 || ask->k == 0) return HONE_OK;
    if (ask->index->method == HN_NEIGHBORS_BRUTE && ask->index->form != HN_NEIGHBORS_SPARSE)
        HN_TRY(hn_filter_ask(ctx, ask, m, &done));
    if (done) return HONE_OK;
    return hn_parallel(ctx, m, GRAIN, ask_chunk, (void *)(uintptr_t)ask);
}

typedef struct sorting {
    const hn_neighbors *index;
    const double *from;
    double *to;
    int64_t *leaf;        /* [m] of each query */
    const int32_t *query; /* [m] in the new order */
} sorting;

static hone_status find_leaves(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const sorting *s = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        s->leaf[i] = hn_tree_leaf_near(s->index, s->from + i * s->index->w);
    return HONE_OK;
}

static hone_status move_queries(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const sorting *s = arg;
    int64_t w = s->index->w;
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        memcpy(s->to + i * w, s->from + s->query[i] * w, (size_t)w * sizeof *s->to);
    return HONE_OK;
}

/* Many queries of a tree in the order of its leaves: what one has fetched the next one finds in the cache.
 * No answer depends on it. */
static hone_status sort_queries(hone_ctx *ctx, hn_ask *ask, int64_t m) {
    enum { FEWEST = 1024, GRAIN = 1024 };
    const hn_neighbors *index = ask->index;
    if (m < FEWEST || m > INT32_MAX || index->form != HN_NEIGHBORS_TILES || index->levels == 0)
        return HONE_OK;
    int64_t leaves = (int64_t)1 << (index->levels - 1), *start;
    int32_t *query;
    sorting s = {.index = index, .from = ask->q};
    HN_TRY(HN_SCRATCH_NEW(ctx, s.leaf, m));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.to, m * index->w + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, start, leaves + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, query, m));
    HN_TRY(hn_parallel(ctx, m, GRAIN, find_leaves, &s));
    for (int64_t i = 0; i < m; i++) start[s.leaf[i] + 1]++;
    for (int64_t l = 0; l < leaves; l++) start[l + 1] += start[l];
    for (int64_t i = 0; i < m; i++) query[start[s.leaf[i]]++] = (int32_t)i;
    s.query = query;
    HN_TRY(hn_parallel(ctx, m, GRAIN, move_queries, &s));
    ask->query = query;
    ask->q = s.to;
    return HONE_OK;
}

hone_status hn_neighbors_nearest(hone_ctx *ctx, const hn_neighbors *index, const double *q,
                                 int64_t m, int64_t k, int32_t *ret_row, double *ret_distance) {
    assert(m >= 0 && k >= 0 && index->form != HN_NEIGHBORS_SPARSE);
    HN_SCRATCH(ctx);
    hn_ask ask = {.index = index, .k = k, .row = ret_row, .distance = ret_distance};
    double *rows;
    HN_TRY(prepared(ctx, ctx->scratch, index->measure, (double *)(uintptr_t)q, m, index->d, &rows));
    ask.q = rows;
    HN_TRY(sort_queries(ctx, &ask, m));
    return ask_all(ctx, &ask, m);
}

hone_status hn_neighbors_nearest_sparse(hone_ctx *ctx, const hn_neighbors *index, const hn_csr *q,
                                        int64_t k, int32_t *ret_row, double *ret_distance) {
    assert(k >= 0 && index->form == HN_NEIGHBORS_SPARSE && q->cols == index->d);
    HN_SCRATCH(ctx);
    hn_ask ask = {.index = index, .k = k, .row = ret_row, .distance = ret_distance};
    HN_TRY(hn_sparse_prepared(ctx, ctx->scratch, index->measure, q, &ask.sparse));
    return ask_all(ctx, &ask, q->rows);
}

hn_csr hn_sparse_rows(const hn_neighbors *index) {
    return (hn_csr){index->n, index->w, index->start, index->column, index->value};
}

/* The index's own rows as queries, in the order in which they are kept: neighbouring queries look at the
 * same places of a tree. */
static hone_status own_rows(hone_ctx *ctx, const hn_neighbors *index, double **ret_rows) {
    int64_t n = index->n, w = index->w;
    double *rows;
    *ret_rows = index->rows;
    if (index->form == HN_NEIGHBORS_SPARSE || index->form == HN_NEIGHBORS_DOUBLES) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n * w + 1));
    for (int64_t i = 0; i < n && index->form == HN_NEIGHBORS_FLOATS; i++)
        hn_row_of(index, i, rows + i * w);
    for (int64_t i = 0; i < n && index->form == HN_NEIGHBORS_TILES; i++) {
        const double *tile = index->tiles + i / HN_LANES * w * HN_LANES + i % HN_LANES;
        for (int64_t j = 0; j < w; j++) rows[i * w + j] = tile[j * HN_LANES];
    }
    *ret_rows = rows;
    return HONE_OK;
}

hone_status hn_neighbors_nearest_self(hone_ctx *ctx, const hn_neighbors *index, int64_t k,
                                      int32_t *ret_row, double *ret_distance) {
    assert(k >= 0);
    HN_SCRATCH(ctx);
    double *rows;
    HN_TRY(own_rows(ctx, index, &rows));
    hn_ask ask = {.index = index,
                  .q = rows,
                  .query = index->order,
                  .k = k,
                  .self = true,
                  .row = ret_row,
                  .distance = ret_distance};
    if (index->form == HN_NEIGHBORS_SPARSE) ask.sparse = hn_sparse_rows(index);
    return ask_all(ctx, &ask, index->n);
}

/* ---- within a radius ------------------------------------------------------------------------ */

typedef struct within {
    const hn_neighbors *index;
    const double *q; /* [m, w] prepared */
    hn_csr sparse;   /* the same of a sparse index */
    double reduced;
    const int32_t *query; /* [m] the number of each in the caller's order; NULL: 0.. */
    bool rows_only;
    hn_neighbors_each *each;
    void *arg;
} within;

/* Ascending rows: the order in which a tree finds them is nobody's business. */
static hone_status sort_found(hone_ctx *ctx, const within *w, hn_found *f) {
    bool sorted = true;
    for (int64_t i = 1; i < f->n && sorted; i++) sorted = f->row[i - 1] < f->row[i];
    if (!sorted) {
        double *keys, *distance;
        int64_t *order;
        int32_t *row;
        HN_TRY(HN_SCRATCH_NEW(ctx, keys, f->n));
        HN_TRY(HN_SCRATCH_NEW(ctx, order, f->n));
        HN_TRY(HN_SCRATCH_NEW(ctx, row, f->n));
        HN_TRY(HN_SCRATCH_NEW(ctx, distance, f->n));
        for (int64_t i = 0; i < f->n; i++) keys[i] = f->row[i];
        HN_TRY(hn_argsort_f64(ctx, keys, f->n, order));
        for (int64_t i = 0; i < f->n; i++) {
            row[i] = f->row[order[i]];
            distance[i] = f->distance[order[i]];
        }
        f->row = row;
        f->distance = distance;
        f->room = f->n;
    }
    for (int64_t i = 0; i < f->n; i++)
        f->distance[i] = hn_distance_of_reduced(w->index->measure, f->distance[i], w->index->w);
    return HONE_OK;
}

static hone_status tell_found(hone_ctx *ctx, const within *w, int64_t i, hn_found *found) {
    int64_t query = w->query ? w->query[i] : i;
    if (w->rows_only) return w->each(ctx, w->arg, query, found->n, found->row, NULL);
    HN_TRY(sort_found(ctx, w, found));
    return w->each(ctx, w->arg, query, found->n, found->row, found->distance);
}

static hone_status within_query(hone_ctx *ctx, const within *w, int64_t i) {
    HN_SCRATCH(ctx);
    hn_found found = {0};
    const hn_neighbors *index = w->index;
    HN_TRY(index->form == HN_NEIGHBORS_SPARSE
               ? hn_sparse_within(ctx, index, &w->sparse, i, w->reduced, &found)
               : hn_tree_within(ctx, index, w->q + i * index->w, w->reduced, &found));
    return tell_found(ctx, w, i, &found);
}

enum { SOME = 16 }; /* queries for which all rows are measured together */

static hone_status within_some(hone_ctx *ctx, const within *w, int64_t begin, int64_t m) {
    HN_SCRATCH(ctx);
    hn_found found[SOME] = {0};
    assert(m <= SOME);
    HN_TRY(hn_brute_within(ctx, w->index, w->q + begin * w->index->w, m, w->reduced, found));
    for (int64_t i = 0; i < m; i++) HN_TRY(tell_found(ctx, w, begin + i, &found[i]));
    return HONE_OK;
}

static hone_status within_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const within *w = arg;
    if (w->index->levels > 0 || w->index->form == HN_NEIGHBORS_SPARSE) {
        for (int64_t i = chunk.begin; i < chunk.end; i++) HN_TRY(within_query(ctx, w, i));
        return HONE_OK;
    }
    for (int64_t i = chunk.begin; i < chunk.end; i += SOME)
        HN_TRY(within_some(ctx, w, i, chunk.end - i < SOME ? chunk.end - i : SOME));
    return HONE_OK;
}

static hone_status ask_within(hone_ctx *ctx, const hn_neighbors *index, const double *q, int64_t m,
                              double radius, bool rows_only, hn_neighbors_each *each, void *arg) {
    assert(q || m == index->n);
    HN_SCRATCH(ctx);
    double *rows = NULL;
    within w = {.index = index,
                .reduced = hn_distance_to_reduced(index->measure, radius, index->w),
                .query = q ? NULL : index->order,
                .rows_only = rows_only,
                .each = each,
                .arg = arg};
    if (!q) HN_TRY(own_rows(ctx, index, &rows));
    if (q)
        HN_TRY(prepared(ctx, ctx->scratch, index->measure, (double *)(uintptr_t)q, m, index->d,
                        &rows));
    if (!q && index->form == HN_NEIGHBORS_SPARSE) w.sparse = hn_sparse_rows(index);
    w.q = rows;
    return hn_parallel(ctx, m, 64, within_chunk, &w);
}

hone_status hn_neighbors_within_sparse(hone_ctx *ctx, const hn_neighbors *index, const hn_csr *q,
                                       double radius, hn_neighbors_each *each, void *arg) {
    assert(index->form == HN_NEIGHBORS_SPARSE && q->cols == index->d);
    HN_SCRATCH(ctx);
    within w = {.index = index,
                .reduced = hn_distance_to_reduced(index->measure, radius, index->w),
                .each = each,
                .arg = arg};
    HN_TRY(hn_sparse_prepared(ctx, ctx->scratch, index->measure, q, &w.sparse));
    return hn_parallel(ctx, q->rows, 64, within_chunk, &w);
}

hone_status hn_neighbors_within(hone_ctx *ctx, const hn_neighbors *index, const double *q,
                                int64_t m, double radius, hn_neighbors_each *each, void *arg) {
    return ask_within(ctx, index, q, m, radius, false, each, arg);
}

hone_status hn_neighbors_rows_within(hone_ctx *ctx, const hn_neighbors *index, const double *q,
                                     int64_t m, double radius, hn_neighbors_each *each, void *arg) {
    return ask_within(ctx, index, q, m, radius, true, each, arg);
}

typedef struct lists {
    hn_neighbor_lists *to;
    bool counting;
} lists;

static hone_status list_one(hone_ctx *ctx, void *arg, int64_t query, int64_t count,
                            const int32_t *row, const double *distance) {
    (void)ctx;
    const lists *l = arg;
    if (l->counting) {
        l->to->start[query + 1] = count;
        return HONE_OK;
    }
    int64_t at = l->to->start[query];
    if (count == 0) return HONE_OK;
    memcpy(l->to->row + at, row, (size_t)count * sizeof *row);
    memcpy(l->to->distance + at, distance, (size_t)count * sizeof *distance);
    return HONE_OK;
}

/* Twice over the queries: the second pass knows how much memory it takes. */
hone_status hn_neighbors_lists(hone_ctx *ctx, hn_arena *arena, const hn_neighbors *index,
                               const double *q, int64_t m, double radius,
                               hn_neighbor_lists *ret_lists) {
    hn_neighbor_lists found;
    lists l = {&found, true};
    HN_TRY(HN_NEW(ctx, arena, found.start, m + 1));
    HN_TRY(hn_neighbors_within(ctx, index, q, m, radius, list_one, &l));
    for (int64_t i = 0; i < m; i++) found.start[i + 1] += found.start[i];
    HN_TRY(HN_NEW(ctx, arena, found.row, found.start[m] + 1));
    HN_TRY(HN_NEW(ctx, arena, found.distance, found.start[m] + 1));
    l.counting = false;
    HN_TRY(hn_neighbors_within(ctx, index, q, m, radius, list_one, &l));
    *ret_lists = found;
    return HONE_OK;
}
