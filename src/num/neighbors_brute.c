/* neighbors_brute.c - all distances: measured directly, or only where products in single precision leave
 * it open whether a row is among the answers.
 *
 * The filter: |q - x|^2 less |q|^2 is |x|^2 - 2 q.x, for many q and x a matrix product. Its error in
 * single precision is bounded (Higham 2002, section 3.1) whatever the order of summing, so a row whose
 * lower bound exceeds the k-th upper bound is out for certain. The few that stay are measured as
 * everywhere: BLAS decides what is looked at, never what comes out. */
#include "num/blas_load.h"
#include "num/neighbors_parts.h"

/* ---- directly ------------------------------------------------------------------------------- */

enum { RUN = 8 }; /* tiles that one query passes at a time */

/* Tiles of rows from t on, written out for some queries: how many, and room for them in scratch. */
typedef struct window {
    int64_t step;
    double *tiles; /* [step][w][HN_LANES] */
} window;

static hone_status open_window(hone_ctx *ctx, const hn_neighbors *index, window *ret_window) {
    enum { BLOCK = 16384 }; /* doubles that stay in the cache for all queries */
    int64_t tiles = hn_lanes_tiles(index->n), step = BLOCK / (HN_LANES * (index->w + 1)) + 2;
    ret_window->step = step < tiles ? step : tiles;
    return HN_SCRATCH_NEW(ctx, ret_window->tiles, ret_window->step * HN_LANES * index->w + 1);
}

static int64_t move_window(const hn_neighbors *index, const window *win, int64_t t) {
    int64_t row = t * HN_LANES, n = win->step * HN_LANES;
    if (n > index->n - row) n = index->n - row;
    if (index->form == HN_NEIGHBORS_FLOATS)
        hn_lanes_fill_floats(index->floats + row * index->w, n, index->w, win->tiles);
    else
        hn_lanes_fill(index->rows + row * index->w, NULL, n, index->w, win->tiles);
    return hn_lanes_tiles(n);
}

static void four_queries(const hn_neighbors *index, const double *const q[4], const double *tiles,
                         int64_t t, int64_t n, hn_best *best) {
    _Alignas(64) double reduced[4 * HN_LANES];
    for (int64_t k = 0; k < n; k++) {
        hn_lanes_reduced_four(index->measure, q, index->w, tiles + k * index->w * HN_LANES,
                              reduced);
        for (int i = 0; i < 4; i++)
            hn_best_add_tile(&best[i], reduced + i * HN_LANES, (t + k) * HN_LANES, index->n, NULL);
    }
}

static void one_query(const hn_neighbors *index, const double *q, const double *tiles, int64_t t,
                      int64_t n, hn_best *best) {
    _Alignas(64) double reduced[RUN * HN_LANES];
    for (int64_t k = 0; k < n; k += RUN) {
        int64_t run = n - k < RUN ? n - k : RUN;
        hn_lanes_reduced(index->measure, q, index->w, tiles + k * index->w * HN_LANES, run,
                         reduced);
        for (int64_t i = 0; i < run; i++)
            hn_best_add_tile(best, reduced + i * HN_LANES, (t + k + i) * HN_LANES, index->n, NULL);
    }
}

hone_status hn_brute_ask(hone_ctx *ctx, const hn_ask *ask, int64_t begin, int64_t end) {
    const hn_neighbors *index = ask->index;
    int64_t m = end - begin, w = index->w;
    HN_SCRATCH(ctx);
    hn_best *best;
    window win;
    HN_TRY(open_window(ctx, index, &win));
    HN_TRY(HN_SCRATCH_NEW(ctx, best, m));
    for (int64_t i = 0; i < m; i++) best[i] = hn_ask_best(ask, begin + i);
    for (int64_t t = 0; t < hn_lanes_tiles(index->n); t += win.step) {
        int64_t n = move_window(index, &win, t), i = 0;
        HN_TRY(hn_check_cancel(ctx));
        for (; i + 4 <= m; i += 4) {
            const double *q = ask->q + (begin + i) * w;
            four_queries(index, (const double *const[]){q, q + w, q + 2 * w, q + 3 * w}, win.tiles,
                         t, n, best + i);
        }
        for (; i < m; i++) one_query(index, ask->q + (begin + i) * w, win.tiles, t, n, &best[i]);
    }
    for (int64_t i = 0; i < m; i++) hn_best_finish(&best[i], index->measure, w);
    return HONE_OK;
}

static hone_status one_within(hone_ctx *ctx, const hn_neighbors *index, const double *q,
                              const double *tiles, int64_t t, int64_t n, double reach,
                              hn_found *found) {
    _Alignas(64) double reduced[RUN * HN_LANES];
    for (int64_t k = 0; k < n; k += RUN) {
        int64_t run = n - k < RUN ? n - k : RUN, first = (t + k) * HN_LANES;
        hn_lanes_reduced(index->measure, q, index->w, tiles + k * index->w * HN_LANES, run,
                         reduced);
        for (int64_t c = 0; c < run * HN_LANES && first + c < index->n; c++)
            if (reduced[c] <= reach)
                HN_TRY(hn_found_add(ctx, found, (int32_t)(first + c), reduced[c]));
    }
    return HONE_OK;
}

hone_status hn_brute_within(hone_ctx *ctx, const hn_neighbors *index, const double *q, int64_t m,
                            double reach, hn_found *found) {
    window win;
    HN_TRY(open_window(ctx, index, &win));
    for (int64_t t = 0; t < hn_lanes_tiles(index->n); t += win.step) {
        int64_t n = move_window(index, &win, t);
        HN_TRY(hn_check_cancel(ctx));
        for (int64_t i = 0; i < m; i++)
            HN_TRY(one_within(ctx, index, q + i * index->w, win.tiles, t, n, reach, &found[i]));
    }
    return HONE_OK;
}

/* ---- filtered ------------------------------------------------------------------------------- */

enum { QUERIES = 128, ROWS = 512 }; /* of a product */

typedef struct filter {
    const hn_ask *ask;
    const hn_blas *blas;
    int64_t n, w, room; /* room: candidates of a query */
    double *center;     /* [w]: any place amid the rows */
    float *x;           /* [n, w] less center */
    float *norm;        /* [n] squared norms of those */
    double *longest;    /* [chunks of ROWS] the largest norm, from above */
} filter;

/* Which rows a query may still have among its nearest. */
typedef struct narrow {
    hn_best upper; /* the k least upper bounds */
    double length; /* of the query, from above */
    int32_t *row;  /* [room] */
    double *lower; /* [room] */
    int64_t n;
    bool direct; /* too many: measure all */
} narrow;

/* row [w] less center as floats; returns its norm. */
static double lessen(const filter *f, const double *row, float *ret) {
    double sum = 0;
    for (int64_t j = 0; j < f->w; j++) {
        double v = row[j] - f->center[j];
        ret[j] = (float)v;
        sum += v * v;
    }
    return sqrt(sum);
}

static hone_status lessen_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    filter *f = arg;
    double most = 0, *buffer;
    HN_TRY(HN_SCRATCH_NEW(ctx, buffer, f->w));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double length = lessen(f, hn_row_of(f->ask->index, i, buffer), f->x + i * f->w);
        f->norm[i] = (float)(length * length);
        most = length > most ? length : most;
    }
    f->longest[chunk.index] = most * (1 + 1e-9);
    return HONE_OK;
}

/* How far a score can be from the truth, for a query of that length and rows up to the longest. */
static double error_of(const filter *f, double length, double longest) {
    double w = (double)f->w;
    return 0x1.1p-24 * ((2 * w + 16) * length * longest + 8 * longest * longest) + w * 1e-37;
}

static float round_up(double x) {
    float y = (float)x;
    return (double)y < x ? nextafterf(y, INFINITY) : y;
}

/* Places in c [n] where norm + c is within reach. */
HN_CLONES static int hits(const float *c, const float *norm, int n, float reach, int *ret) {
    int count = 0, i = 0;
    enum { TOGETHER = 64 };
    for (; i + TOGETHER <= n; i += TOGETHER) {
        int any = 0;
        for (int j = 0; j < TOGETHER; j++) any |= norm[i + j] + c[i + j] <= reach;
        for (int j = 0; any && j < TOGETHER; j++)
            if (norm[i + j] + c[i + j] <= reach) ret[count++] = i + j;
    }
    for (; i < n; i++)
        if (norm[i] + c[i] <= reach) ret[count++] = i;
    return count;
}

static void drop_hopeless(narrow *a) {
    double reach = hn_best_reach(&a->upper);
    int64_t kept = 0;
    for (int64_t i = 0; i < a->n; i++) {
        if (a->lower[i] > reach) continue;
        a->row[kept] = a->row[i];
        a->lower[kept++] = a->lower[i];
    }
    a->n = kept;
}

static void look_at(const filter *f, narrow *a, const float *c, int64_t row, int n, double error) {
    int hit[ROWS];
    double reach = hn_best_reach(&a->upper);
    int count = hits(c, f->norm + row, n, round_up(reach + error), hit);
    for (int h = 0; h < count && !a->direct; h++) {
        double score = (double)(f->norm[row + hit[h]] + c[hit[h]]);
        int32_t at = (int32_t)(row + hit[h]);
        if (score - error > hn_best_reach(&a->upper) || at == a->upper.skip) continue;
        hn_best_add(&a->upper, score + error, at);
        if (a->n == f->room) {
            drop_hopeless(a);
            a->direct = a->n > f->room / 4 * 3;
        }
        a->row[a->n] = at;
        a->lower[a->n++] = score - error;
    }
}

static hone_status settle(hone_ctx *ctx, const filter *f, narrow *a, int64_t query) {
    const hn_neighbors *index = f->ask->index;
    if (a->direct || a->upper.n < a->upper.k) return hn_brute_ask(ctx, f->ask, query, query + 1);
    HN_SCRATCH(ctx);
    hn_best best = hn_ask_best(f->ask, query);
    double *buffer;
    HN_TRY(HN_SCRATCH_NEW(ctx, buffer, f->w));
    drop_hopeless(a);
    for (int64_t i = 0; i < a->n; i++)
        hn_best_add(&best,
                    hn_distance_reduced(index->measure, f->ask->q + query * f->w,
                                        hn_row_of(index, a->row[i], buffer), f->w),
                    a->row[i]);
    hn_best_finish(&best, index->measure, f->w);
    return HONE_OK;
}

static hone_status start_narrow(hone_ctx *ctx, const filter *f, int64_t query, float *q,
                                narrow *a) {
    double *upper;
    int32_t *row;
    HN_TRY(HN_SCRATCH_NEW(ctx, upper, f->ask->k));
    HN_TRY(HN_SCRATCH_NEW(ctx, row, f->ask->k));
    HN_TRY(HN_SCRATCH_NEW(ctx, a->row, f->room + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, a->lower, f->room + 1));
    int32_t skip = f->ask->self ? (int32_t)hn_ask_query(f->ask, query) : -1;
    a->upper = (hn_best){upper, row, f->ask->k, 0, skip};
    a->length = lessen(f, f->ask->q + query * f->w, q) * (1 + 1e-9);
    a->direct = !(a->length < 1e15); /* beyond what floats can multiply */
    return HONE_OK;
}

static hone_status filter_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const filter *f = arg;
    int64_t m = chunk.end - chunk.begin, w = f->w;
    float *q, *c;
    narrow *a;
    HN_TRY(HN_SCRATCH_NEW(ctx, q, m * w));
    HN_TRY(HN_SCRATCH_NEW(ctx, c, m * ROWS));
    HN_TRY(HN_SCRATCH_NEW(ctx, a, m));
    for (int64_t i = 0; i < m; i++) HN_TRY(start_narrow(ctx, f, chunk.begin + i, q + i * w, &a[i]));
    HN_BLAS_SCOPE;
    for (int64_t row = 0; row < f->n; row += ROWS) {
        int n = (int)(f->n - row < ROWS ? f->n - row : ROWS);
        HN_TRY(hn_check_cancel(ctx));
        f->blas->cblas_sgemm(HN_COL_MAJOR, HN_TRANS, HN_NO_TRANS, n, (int)m, (int)w, -2,
                             f->x + row * w, (int)w, q, (int)w, 0, c, ROWS);
        for (int64_t i = 0; i < m; i++) {
            if (!a[i].direct)
                look_at(f, &a[i], c + i * ROWS, row, n,
                        error_of(f, a[i].length, f->longest[row / ROWS]));
        }
    }
    for (int64_t i = 0; i < m; i++) HN_TRY(settle(ctx, f, &a[i], chunk.begin + i));
    return HONE_OK;
}

/* The mean of a thousand rows or fewer. */
static hone_status find_center(hone_ctx *ctx, const filter *f) {
    enum { SOME = 1024 };
    int64_t step = f->n / SOME + 1, count = 0;
    double *buffer;
    HN_TRY(HN_SCRATCH_NEW(ctx, buffer, f->w));
    for (int64_t i = 0; i < f->n; i += step, count++) {
        const double *row = hn_row_of(f->ask->index, i, buffer);
        for (int64_t j = 0; j < f->w; j++) f->center[j] += row[j];
    }
    for (int64_t j = 0; j < f->w; j++) f->center[j] /= (double)count;
    return HONE_OK;
}

/* Where products beat differences: enough columns, rows and queries. */
static bool pays(const hn_ask *ask, int64_t m) {
    enum { COLUMNS = 12, FEWEST_ROWS = 512, FEWEST_QUERIES = 24 };
    const hn_neighbors *index = ask->index;
    bool kind =
        index->measure.kind == HN_DISTANCE_EUCLIDEAN || index->measure.kind == HN_DISTANCE_COSINE;
    return kind && index->w >= COLUMNS && index->w < INT32_MAX && index->n >= FEWEST_ROWS &&
           m >= FEWEST_QUERIES && ask->k <= index->n / 8;
}

hone_status hn_filter_ask(hone_ctx *ctx, const hn_ask *ask, int64_t m, bool *ret_done) {
    *ret_done = false;
    if (!pays(ask, m)) return HONE_OK;
    HN_SCRATCH(ctx);
    filter f = {.ask = ask, .n = ask->index->n, .w = ask->index->w, .room = 4 * ask->k + 512};
    int64_t chunks = hn_chunks(f.n, ROWS), grain = m / 8 < QUERIES ? m / 8 + 1 : QUERIES;
    double most = 0;
    HN_TRY(hn_blas_get(ctx, &f.blas));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.center, f.w));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.x, f.n * f.w));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.norm, f.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.longest, chunks));
    HN_TRY(find_center(ctx, &f));
    HN_TRY(hn_parallel(ctx, f.n, ROWS, lessen_chunk, &f));
    for (int64_t c = 0; c < chunks; c++) most = f.longest[c] > most ? f.longest[c] : most;
    if (!(most < 1e15)) return HONE_OK;
    HN_TRY(hn_parallel(ctx, m, grain, filter_chunk, &f));
    *ret_done = true;
    return HONE_OK;
}
