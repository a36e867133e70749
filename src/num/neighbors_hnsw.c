/* neighbors_hnsw.c - hierarchical navigable small worlds (Malkov, Yashunin 2018); see neighbors.h.
 *
 * Rows are put in by batches in the order of their numbers. Each batch looks for its neighbours in the
 * graph as it was before, in parallel; then each row that got new links settles which to keep, in
 * parallel too. Batches depend on the number of rows alone: the same graph for any number of threads.
 * What is looked at is decided in single precision, in a written order; what is answered is measured as
 * everywhere. */
#include "base/rng.h"
#include "num/math.h"
#include "num/neighbors_parts.h"
#include "num/sort.h"
#include <assert.h>

enum { LEVELS = 24 };

typedef struct graph {
    hn_hnsw *h;
    hn_distance measure;
    int64_t n, w;
} graph;

static graph graph_of(const hn_neighbors *index, hn_hnsw *h) {
    return (graph){h, index->measure, index->n, index->w};
}

static int32_t *links_of(const graph *g, int32_t row, int level, int64_t *ret_room) {
    hn_hnsw *h = g->h;
    *ret_room = level == 0 ? 2 * h->links : h->links;
    return level == 0 ? h->lowest + (int64_t)row * 2 * h->links
                      : h->upper + (h->first[row] + level - 1) * h->links;
}

/* ---- distances in single precision ---------------------------------------------------------- */

typedef float octet __attribute__((vector_size(32)));
typedef float octet_at __attribute__((vector_size(32), aligned(4), may_alias));
#define LOAD(p) (*(const octet_at *)(p))

HN_CLONES static float squared(const float *a, const float *b, int64_t w) {
    octet x = {0}, y = {0};
    int64_t j = 0;
    for (; j + 16 <= w; j += 16) {
        octet d = LOAD(a + j) - LOAD(b + j), e = LOAD(a + j + 8) - LOAD(b + j + 8);
        x += d * d;
        y += e * e;
    }
    for (int l = 0; j < w; j++, l = (l + 1) % 8) {
        float d = a[j] - b[j];
        x[l] += d * d;
    }
    x += y;
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
}

static float apart(const graph *g, const float *a, const float *b) {
    double sum = 0;
    switch (g->measure.kind) {
    case HN_DISTANCE_MANHATTAN:
        for (int64_t j = 0; j < g->w; j++) sum += fabsf(a[j] - b[j]);
        return (float)sum;
    case HN_DISTANCE_CHEBYSHEV:
        for (int64_t j = 0; j < g->w; j++) sum = fmax(sum, fabsf(a[j] - b[j]));
        return (float)sum;
    case HN_DISTANCE_HAMMING:
        for (int64_t j = 0; j < g->w; j++) sum += a[j] != b[j];
        return (float)sum;
    case HN_DISTANCE_MINKOWSKI:
        for (int64_t j = 0; j < g->w; j++) {
            double d = fabsf(a[j] - b[j]);
            sum += d > 0 ? hn_pow(d, g->measure.p) : 0;
        }
        return (float)sum;
    default: return squared(a, b, g->w);
    }
}

static const float *row_of(const graph *g, int32_t row) { return g->h->x + (int64_t)row * g->w; }

/* ---- search --------------------------------------------------------------------------------- */

/* A worker's memory: who was seen, who is to be opened (a heap, nearest on top), who was found. */
typedef struct searcher {
    uint64_t *seen;  /* [n] bits */
    int32_t *marked; /* rows seen, to be cleared */
    int64_t n_marked, room_marked;
    double *open_distance; /* [room] */
    int32_t *open_row;
    int64_t n_open, room_open;
    hn_best found; /* [ef] */
    double *found_distance;
    int32_t *found_row;
} searcher;

static hone_status searcher_make(hone_ctx *ctx, const graph *g, int64_t ef, searcher *s) {
    *s = (searcher){.room_marked = 4096, .room_open = 1024};
    HN_TRY(HN_SCRATCH_NEW(ctx, s->seen, g->n / 64 + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->marked, s->room_marked));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->open_distance, s->room_open));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->open_row, s->room_open));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->found_distance, ef + 1));
    return HN_SCRATCH_NEW(ctx, s->found_row, ef + 1);
}

static hone_status grow_rows(hone_ctx *ctx, int32_t **rows, int64_t n, int64_t *room) {
    int32_t *more;
    HN_TRY(HN_SCRATCH_NEW(ctx, more, 2 * *room));
    memcpy(more, *rows, (size_t)n * sizeof *more);
    *rows = more;
    return HONE_OK;
}

/* True where row was not seen before. */
static hone_status mark(hone_ctx *ctx, searcher *s, int32_t row, bool *ret_new) {
    uint64_t bit = (uint64_t)1 << (row & 63);
    *ret_new = !(s->seen[row >> 6] & bit);
    if (!*ret_new) return HONE_OK;
    if (s->n_marked == s->room_marked) {
        HN_TRY(grow_rows(ctx, &s->marked, s->n_marked, &s->room_marked));
        s->room_marked *= 2;
    }
    s->seen[row >> 6] |= bit;
    s->marked[s->n_marked++] = row;
    return HONE_OK;
}

static void forget(searcher *s) {
    for (int64_t i = 0; i < s->n_marked; i++) s->seen[s->marked[i] >> 6] = 0;
    s->n_marked = s->n_open = 0;
}

static hone_status open_add(hone_ctx *ctx, searcher *s, double distance, int32_t row) {
    if (s->n_open == s->room_open) {
        double *more;
        HN_TRY(grow_rows(ctx, &s->open_row, s->n_open, &s->room_open));
        HN_TRY(HN_SCRATCH_NEW(ctx, more, 2 * s->room_open));
        memcpy(more, s->open_distance, (size_t)s->n_open * sizeof *more);
        s->open_distance = more;
        s->room_open *= 2;
    }
    int64_t i = s->n_open++;
    while (i > 0) {
        int64_t parent = (i - 1) / 2;
        if (!hn_pair_less(distance, row, s->open_distance[parent], s->open_row[parent])) break;
        s->open_distance[i] = s->open_distance[parent];
        s->open_row[i] = s->open_row[parent];
        i = parent;
    }
    s->open_distance[i] = distance;
    s->open_row[i] = row;
    return HONE_OK;
}

static int32_t open_take(searcher *s, double *ret_distance) {
    int32_t top = s->open_row[0];
    *ret_distance = s->open_distance[0];
    int64_t n = --s->n_open, i = 0;
    double d = s->open_distance[n];
    int32_t r = s->open_row[n];
    for (;;) {
        int64_t child = 2 * i + 1;
        if (child >= n) break;
        if (child + 1 < n && hn_pair_less(s->open_distance[child + 1], s->open_row[child + 1],
                                          s->open_distance[child], s->open_row[child]))
            child++;
        if (!hn_pair_less(s->open_distance[child], s->open_row[child], d, r)) break;
        s->open_distance[i] = s->open_distance[child];
        s->open_row[i] = s->open_row[child];
        i = child;
    }
    s->open_distance[i] = d;
    s->open_row[i] = r;
    return top;
}

/* The ef nearest rows to q on a level, as far as links lead there from the rows in start; s->found is
 * not in order. */
static hone_status search_level(hone_ctx *ctx, const graph *g, const float *q, int level,
                                int64_t ef, const int32_t *start, int64_t n_start, searcher *s) {
    bool fresh;
    forget(s);
    s->found = (hn_best){s->found_distance, s->found_row, ef, 0, -1};
    for (int64_t i = 0; i < n_start; i++) {
        HN_TRY(mark(ctx, s, start[i], &fresh));
        double distance = apart(g, q, row_of(g, start[i]));
        HN_TRY(open_add(ctx, s, distance, start[i]));
        hn_best_add(&s->found, distance, start[i]);
    }
    while (s->n_open > 0) {
        double distance;
        int32_t row = open_take(s, &distance);
        if (distance > hn_best_reach(&s->found)) break;
        int64_t room;
        const int32_t *links = links_of(g, row, level, &room);
        for (int64_t l = 0; l < room && links[l] >= 0; l++) __builtin_prefetch(row_of(g, links[l]));
        for (int64_t l = 0; l < room && links[l] >= 0; l++) {
            HN_TRY(mark(ctx, s, links[l], &fresh));
            if (!fresh) continue;
            double to = apart(g, q, row_of(g, links[l]));
            if (!(to < hn_best_reach(&s->found))) continue;
            HN_TRY(open_add(ctx, s, to, links[l]));
            hn_best_add(&s->found, to, links[l]);
        }
    }
    return HONE_OK;
}

/* From the entry down to level `to`, always to the nearest. */
static int32_t descend(const graph *g, const float *q, int32_t at, int from, int to) {
    float best = apart(g, q, row_of(g, at));
    for (int level = from; level > to; level--) {
        for (bool moved = true; moved;) {
            int64_t room;
            const int32_t *links = links_of(g, at, level, &room);
            moved = false;
            for (int64_t l = 0; l < room && links[l] >= 0; l++) {
                float distance = apart(g, q, row_of(g, links[l]));
                if (!(distance < best)) continue;
                best = distance;
                at = links[l];
                moved = true;
            }
        }
    }
    return at;
}

/* ---- which links to keep -------------------------------------------------------------------- */

typedef struct candidate {
    double distance;
    int32_t row;
} candidate;

/* Ascending; insertion, for there are few hundred at most. */
static void sort_candidates(candidate *c, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        candidate x = c[i];
        int64_t j = i;
        for (; j > 0 && hn_pair_less(x.distance, x.row, c[j - 1].distance, c[j - 1].row); j--)
            c[j] = c[j - 1];
        c[j] = x;
    }
}

/* Of sorted candidates those that are nearer to the row than to one kept before (the paper's algorithm
 * 4), then the nearest others, up to room; places left are -1. */
static void keep_links(const graph *g, const candidate *c, int64_t n, bool *spare, int64_t room,
                       int32_t *ret_links) {
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        spare[i] = true;
        if (kept == room) continue;
        bool good = true;
        for (int64_t k = 0; k < kept && good; k++)
            good = !(apart(g, row_of(g, c[i].row), row_of(g, ret_links[k])) < c[i].distance);
        if (!good) continue;
        ret_links[kept++] = c[i].row;
        spare[i] = false;
    }
    for (int64_t i = 0; i < n && kept < room; i++)
        if (spare[i]) ret_links[kept++] = c[i].row;
    for (; kept < room; kept++) ret_links[kept] = -1;
}

/* ---- building ------------------------------------------------------------------------------- */

typedef struct offer {
    int32_t to, from, level;
} offer;

typedef struct building {
    graph g;
    int64_t begin; /* of the batch */
    int64_t ef;
    int top;        /* the entry's level */
    offer *offers;  /* [n_offers], by level and row to whom */
    int64_t *group; /* [groups + 1] */
} building;

static hone_status insert_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const building *b = arg;
    const graph *g = &b->g;
    searcher s;
    candidate *c;
    bool *spare;
    int32_t *start;
    HN_TRY(searcher_make(ctx, g, b->ef, &s));
    HN_TRY(HN_SCRATCH_NEW(ctx, c, b->ef));
    HN_TRY(HN_SCRATCH_NEW(ctx, spare, b->ef));
    HN_TRY(HN_SCRATCH_NEW(ctx, start, b->ef));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        int32_t row = (int32_t)(b->begin + i);
        const float *q = row_of(g, row);
        int level = g->h->level[row] < b->top ? g->h->level[row] : b->top;
        int64_t n_start = 1, room;
        start[0] = descend(g, q, (int32_t)g->h->entry, b->top, level);
        for (; level >= 0; level--) {
            HN_TRY(search_level(ctx, g, q, level, b->ef, start, n_start, &s));
            n_start = s.found.n;
            for (int64_t k = 0; k < n_start; k++)
                c[k] = (candidate){s.found.distance[k], s.found.row[k]};
            sort_candidates(c, n_start);
            for (int64_t k = 0; k < n_start; k++) start[k] = c[k].row;
            int32_t *links = links_of(g, row, level, &room);
            keep_links(g, c, n_start, spare, g->h->links, links);
            for (int64_t k = g->h->links; k < room; k++) links[k] = -1;
        }
    }
    return HONE_OK;
}

/* Rows that are offered new links settle which of old and new to keep. */
static hone_status settle_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const building *b = arg;
    const graph *g = &b->g;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        HN_SCRATCH(ctx);
        const offer *o = b->offers + b->group[i];
        int64_t offers = b->group[i + 1] - b->group[i], room, n = 0;
        int32_t *links = links_of(g, o->to, o->level, &room);
        candidate *c;
        bool *spare;
        while (n < room && links[n] >= 0) n++;
        if (n + offers <= room) {
            for (int64_t k = 0; k < offers; k++) links[n + k] = o[k].from;
            continue;
        }
        HN_TRY(HN_SCRATCH_NEW(ctx, c, n + offers));
        HN_TRY(HN_SCRATCH_NEW(ctx, spare, n + offers));
        for (int64_t k = 0; k < n + offers; k++) {
            int32_t other = k < n ? links[k] : o[k - n].from;
            c[k] = (candidate){apart(g, row_of(g, o->to), row_of(g, other)), other};
        }
        sort_candidates(c, n + offers);
        keep_links(g, c, n + offers, spare, room, links);
    }
    return HONE_OK;
}

/* All links of the batch, turned round, grouped by who is offered them. */
static hone_status gather_offers(hone_ctx *ctx, building *b, int64_t end, int64_t *ret_groups) {
    const graph *g = &b->g;
    int64_t n = 0, room, groups = 0, *keys;
    for (int64_t row = b->begin; row < end; row++) n += (g->h->level[row] + 1) * g->h->links;
    HN_TRY(HN_SCRATCH_NEW(ctx, b->offers, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, b->group, n + 2));
    HN_TRY(HN_SCRATCH_NEW(ctx, keys, n + 1));
    offer *plain;
    double *values;
    HN_TRY(HN_SCRATCH_NEW(ctx, plain, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, n + 1));
    n = 0;
    for (int32_t row = (int32_t)b->begin; row < end; row++) {
        for (int level = 0; level <= g->h->level[row] && level <= b->top; level++) {
            const int32_t *links = links_of(g, row, level, &room);
            for (int64_t l = 0; l < g->h->links && links[l] >= 0; l++) {
                values[n] = (double)level * 0x1p32 + links[l];
                plain[n++] = (offer){links[l], row, level};
            }
        }
    }
    HN_TRY(hn_argsort_f64(ctx, values, n, keys));
    for (int64_t i = 0; i < n; i++) {
        b->offers[i] = plain[keys[i]];
        bool same = i > 0 && b->offers[i].to == b->offers[i - 1].to &&
                    b->offers[i].level == b->offers[i - 1].level;
        if (!same) b->group[groups++] = i;
    }
    b->group[groups] = n;
    *ret_groups = groups;
    return HONE_OK;
}

static hone_status insert_batch(hone_ctx *ctx, building *b, int64_t end) {
    HN_SCRATCH(ctx);
    hn_hnsw *h = b->g.h;
    int64_t groups;
    b->top = h->level[h->entry];
    HN_TRY(hn_parallel(ctx, end - b->begin, 16, insert_chunk, b));
    HN_TRY(gather_offers(ctx, b, end, &groups));
    HN_TRY(hn_parallel(ctx, groups, 64, settle_chunk, b));
    for (int64_t row = b->begin; row < end; row++)
        if (h->level[row] > h->level[h->entry]) h->entry = row;
    return hn_check_cancel(ctx);
}

/* Levels fall off geometrically, so that each holds a share of 1 / links of the one below. */
static void draw_levels(hone_ctx *ctx, hn_hnsw *h, int64_t n) {
    double scale = 1 / hn_log((double)(h->links > 2 ? h->links : 2));
    uint64_t stream = hn_stream("hnsw.level", 0);
    for (int64_t i = 0; i < n; i++) {
        double u = ((double)(hn_rng_at(ctx->seed, stream, (uint64_t)i) >> 11) + 0.5) * 0x1p-53;
        double level = floor(-hn_log(u) * scale);
        h->level[i] = level < LEVELS ? (int32_t)level : LEVELS;
        h->n_upper += h->level[i];
    }
}

hone_status hn_hnsw_build(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index,
                          const hn_neighbors_options *options) {
    enum { LARGEST_BATCH = 4096, SHARE = 32 };
    hn_hnsw *h = &index->hnsw;
    h->links = options->links > 0 ? options->links : 16;
    h->ef = options->ef > 0 ? options->ef : 100;
    int64_t n = index->n;
    HN_TRY(HN_NEW(ctx, arena, h->level, n));
    draw_levels(ctx, h, n);
    HN_TRY(HN_NEW(ctx, arena, h->lowest, n * 2 * h->links));
    HN_TRY(HN_NEW(ctx, arena, h->upper, h->n_upper * h->links + 1));
    for (int64_t i = 0; i < n * 2 * h->links; i++) h->lowest[i] = -1;
    for (int64_t i = 0; i < h->n_upper * h->links; i++) h->upper[i] = -1;
    HN_TRY(hn_hnsw_prepare(ctx, arena, index));
    building b = {.g = graph_of(index, h), .begin = 1};
    b.ef = options->ef_construction > 0 ? options->ef_construction : 200;
    if (b.ef < h->links) b.ef = h->links;
    while (b.begin < n) {
        int64_t batch = b.begin / SHARE + 1;
        if (batch > LARGEST_BATCH) batch = LARGEST_BATCH;
        int64_t end = b.begin + batch < n ? b.begin + batch : n;
        HN_TRY(insert_batch(ctx, &b, end));
        b.begin = end;
        hn_progress(ctx, "hnsw", end, n, "rows");
    }
    return HONE_OK;
}

/* ---- after building or loading -------------------------------------------------------------- */

hone_status hn_hnsw_prepare(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index) {
    hn_hnsw *h = &index->hnsw;
    int64_t n = index->n, w = index->w, at = 0;
    if (h->x) return HONE_OK; /* made while building */
    HN_TRY(HN_NEW(ctx, arena, h->first, n));
    HN_TRY(HN_NEW(ctx, arena, h->x, n * w + 1));
    HN_TRY(HN_NEW(ctx, arena, h->center, w + 1));
    HN_SCRATCH(ctx);
    double *buffer;
    HN_TRY(HN_SCRATCH_NEW(ctx, buffer, w + 1));
    for (int64_t i = 0; i < n; i++) {
        const double *row = hn_row_of(index, i, buffer);
        h->first[i] = at;
        at += h->level[i];
        for (int64_t j = 0; j < w; j++) h->center[j] += row[j];
    }
    for (int64_t j = 0; j < w; j++) {
        double mean = h->center[j] / (double)n;
        h->center[j] = isfinite(mean) && index->measure.kind != HN_DISTANCE_HAMMING ? mean : 0;
    }
    for (int64_t i = 0; i < n; i++) {
        const double *row = hn_row_of(index, i, buffer);
        for (int64_t j = 0; j < w; j++) h->x[i * w + j] = (float)(row[j] - h->center[j]);
    }
    return HONE_OK;
}

static bool links_sound(const hn_neighbors *index, const int32_t *links, int64_t room, int level) {
    for (int64_t l = 0; l < room; l++) {
        if (links[l] == -1) return true;
        if (links[l] < 0 || links[l] >= index->n || index->hnsw.level[links[l]] < level)
            return false;
    }
    return true;
}

bool hn_hnsw_sound(const hn_neighbors *index) {
    const hn_hnsw *h = &index->hnsw;
    int64_t at = 0;
    if (h->entry < 0 || h->entry >= index->n) return false;
    for (int64_t i = 0; i < index->n; i++)
        if (h->level[i] < 0 || h->level[i] > LEVELS) return false;
    for (int64_t i = 0; i < index->n; i++) {
        if (!links_sound(index, h->lowest + i * 2 * h->links, 2 * h->links, 0)) return false;
        for (int level = 1; level <= h->level[i]; level++, at++)
            if (at >= h->n_upper || !links_sound(index, h->upper + at * h->links, h->links, level))
                return false;
    }
    return at == h->n_upper;
}

/* ---- asking --------------------------------------------------------------------------------- */

hone_status hn_hnsw_ask(hone_ctx *ctx, const hn_ask *ask, int64_t begin, int64_t end) {
    const hn_neighbors *index = ask->index;
    hn_hnsw h = index->hnsw;
    graph g = graph_of(index, &h);
    int64_t w = index->w, ef = h.ef > ask->k + 1 ? h.ef : ask->k + 1;
    if (ef > index->n) ef = index->n;
    searcher s;
    float *q;
    double *buffer;
    HN_SCRATCH(ctx);
    HN_TRY(searcher_make(ctx, &g, ef, &s));
    HN_TRY(HN_SCRATCH_NEW(ctx, q, w + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, buffer, w + 1));
    for (int64_t i = begin; i < end; i++) {
        const double *row = ask->q + i * w;
        hn_best best = hn_ask_best(ask, i);
        for (int64_t j = 0; j < w; j++) q[j] = (float)(row[j] - h.center[j]);
        int32_t at = descend(&g, q, (int32_t)h.entry, h.level[h.entry], 0);
        HN_TRY(search_level(ctx, &g, q, 0, ef, &at, 1, &s));
        for (int64_t f = 0; f < s.found.n; f++)
            hn_best_add(&best,
                        hn_distance_reduced(index->measure, row,
                                            hn_row_of(index, s.found.row[f], buffer), w),
                        s.found.row[f]);
        hn_best_finish(&best, index->measure, w);
    }
    return HONE_OK;
}
