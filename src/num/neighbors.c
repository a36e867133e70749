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
static hone_status prepared(hone_ctx *ctx, hn_arena *arena, hn_distance measure, const double *x,
                            int64_t n, int64_t d, const double **ret_rows) {
    if (measure.kind != HN_DISTANCE_COSINE) {
        *ret_rows = x;
        return HONE_OK;
    }
    fill f = {.measure = measure, .from = x, .d = d, .w = d + 1};
    HN_TRY(HN_NEW(ctx, arena, f.to, n * f.w));
    HN_TRY(hn_parallel(ctx, n, 4096, prepare_rows, &f));
    *ret_rows = f.to;
    return HONE_OK;
}

static hone_status prepare_measure(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index) {
    index->measure = (hn_distance){(hn_distance_kind)index->distance, index->p};
    index->w = hn_distance_width(index->measure, index->d);
    return prepared(ctx, arena, index->measure, index->x, index->n, index->d, &index->rows);
}

static hone_status prepare_tiles(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index) {
    int64_t tiles = hn_lanes_tiles(index->n);
    fill f = {.from = index->rows, .w = index->w, .order = index->order, .n = index->n};
    HN_TRY(HN_NEW(ctx, arena, index->tiles, tiles * HN_LANES * index->w));
    f.to = index->tiles;
    HN_TRY(hn_parallel(ctx, tiles, 512, fill_tiles, &f));
    if (index->method == HN_NEIGHBORS_HNSW) return hn_hnsw_prepare(ctx, arena, index);
    return hn_tree_prepare(ctx, arena, index);
}

hone_status hn_neighbors_prepare(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index) {
    HN_TRY(prepare_measure(ctx, arena, index));
    return prepare_tiles(ctx, arena, index);
}

static hn_neighbors_method choose(const hn_neighbors_options *options, hn_distance measure,
                                  int64_t n, int64_t d) {
    enum { FEW_COLUMNS = 14, FEW_ROWS = 256 };
    if (options->method != HN_NEIGHBORS_AUTO) return options->method;
    bool boxes = measure.kind != HN_DISTANCE_COSINE && measure.kind != HN_DISTANCE_HAMMING;
    return boxes && d <= FEW_COLUMNS && n >= FEW_ROWS ? HN_NEIGHBORS_KD_TREE : HN_NEIGHBORS_BRUTE;
}

hone_status hn_neighbors_build(hone_ctx *ctx, hn_arena *arena, const double *x, int64_t n,
                               int64_t d, const hn_neighbors_options *options,
                               hn_neighbors *ret_index) {
    assert(n >= 1 && d >= 0);
    if (n > INT32_MAX)
        return hn_fail(
            ctx, HONE_ERROR_DATA,
            "neighbours: %lld rows are more than the %d that can be numbered; take fewer",
            (long long)n, INT32_MAX);
    hn_distance measure = hn_distance_make(options->distance, options->p);
    hn_neighbors index = {.n = n, .d = d, .distance = measure.kind, .p = measure.p};
    index.method = choose(options, measure, n, d);
    HN_TRY(HN_NEW(ctx, arena, index.x, n * d));
    memcpy(index.x, x, (size_t)(n * d) * sizeof *x);
    HN_TRY(prepare_measure(ctx, arena, &index));
    if (index.method == HN_NEIGHBORS_KD_TREE || index.method == HN_NEIGHBORS_BALL_TREE)
        HN_TRY(hn_tree_build(ctx, arena, &index, options->leaf_size));
    if (index.method == HN_NEIGHBORS_HNSW) HN_TRY(hn_hnsw_build(ctx, arena, &index, options));
    HN_TRY(prepare_tiles(ctx, arena, &index));
    *ret_index = index;
    return HONE_OK;
}

bool hn_neighbors_sound(const hn_neighbors *index) {
    if (index->method == HN_NEIGHBORS_HNSW) return hn_hnsw_sound(index);
    if (index->method == HN_NEIGHBORS_BRUTE) return true;
    for (int64_t i = 0; i < index->n; i++)
        if (index->order[i] < 0 || index->order[i] >= index->n) return false;
    return true;
}

/* ---- nearest -------------------------------------------------------------------------------- */

static hone_status ask_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const hn_ask *ask = arg;
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
    if (ask->index->method == HN_NEIGHBORS_BRUTE) HN_TRY(hn_filter_ask(ctx, ask, m, &done));
    if (done) return HONE_OK;
    return hn_parallel(ctx, m, GRAIN, ask_chunk, (void *)(uintptr_t)ask);
}

hone_status hn_neighbors_nearest(hone_ctx *ctx, const hn_neighbors *index, const double *q,
                                 int64_t m, int64_t k, int32_t *ret_row, double *ret_distance) {
    assert(m >= 0 && k >= 0);
    HN_SCRATCH(ctx);
    hn_ask ask = {.index = index, .k = k, .row = ret_row, .distance = ret_distance};
    HN_TRY(prepared(ctx, ctx->scratch, index->measure, q, m, index->d, &ask.q));
    return ask_all(ctx, &ask, m);
}

hone_status hn_neighbors_nearest_self(hone_ctx *ctx, const hn_neighbors *index, int64_t k,
                                      int32_t *ret_row, double *ret_distance) {
    assert(k >= 0);
    HN_SCRATCH(ctx);
    hn_ask ask = {.index = index,
                  .q = index->rows,
                  .k = k,
                  .self = true,
                  .row = ret_row,
                  .distance = ret_distance};
    if (index->order) {
        /* In the tree's order, neighbouring queries look at the same places. */
        double *rows;
        int64_t w = index->w;
        HN_TRY(HN_SCRATCH_NEW(ctx, rows, index->n * w));
        for (int64_t i = 0; i < index->n; i++)
            memcpy(rows + i * w, index->rows + index->order[i] * w, (size_t)w * sizeof *rows);
        ask.q = rows;
        ask.query = index->order;
    }
    return ask_all(ctx, &ask, index->n);
}

/* ---- within a radius ------------------------------------------------------------------------ */

typedef struct within {
    const hn_neighbors *index;
    const double *q; /* [m, w] prepared */
    double reduced;
    const int32_t *query; /* [m] the rows of q to ask for, in that order; NULL: 0.. */
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

static hone_status within_query(hone_ctx *ctx, const within *w, int64_t i) {
    HN_SCRATCH(ctx);
    hn_found found = {0};
    int64_t query = w->query ? w->query[i] : i;
    const double *q = w->q + query * w->index->w;
    HN_TRY(w->index->levels > 0 ? hn_tree_within(ctx, w->index, q, w->reduced, &found)
                                : hn_brute_within(ctx, w->index, q, w->reduced, &found));
    if (w->rows_only) return w->each(ctx, w->arg, query, found.n, found.row, NULL);
    HN_TRY(sort_found(ctx, w, &found));
    return w->each(ctx, w->arg, query, found.n, found.row, found.distance);
}

static hone_status within_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    for (int64_t i = chunk.begin; i < chunk.end; i++) HN_TRY(within_query(ctx, arg, i));
    return HONE_OK;
}

static hone_status ask_within(hone_ctx *ctx, const hn_neighbors *index, const double *q, int64_t m,
                              double radius, bool rows_only, hn_neighbors_each *each, void *arg) {
    assert(q || m == index->n);
    HN_SCRATCH(ctx);
    within w = {.index = index,
                .q = index->rows,
                .reduced = hn_distance_to_reduced(index->measure, radius, index->w),
                .query = q ? NULL : index->order, /* neighbours one after another */
                .rows_only = rows_only,
                .each = each,
                .arg = arg};
    if (q) HN_TRY(prepared(ctx, ctx->scratch, index->measure, q, m, index->d, &w.q));
    return hn_parallel(ctx, m, 64, within_chunk, &w);
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
