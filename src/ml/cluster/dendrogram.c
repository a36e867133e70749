/* dendrogram.c - see dendrogram.h. */
#include "ml/cluster/dendrogram.h"
#include "num/sort.h"
#include <math.h>
#include <string.h>

/* ---- merges --------------------------------------------------------------------------------- */

static int64_t root_of(int64_t *parent, int64_t at) {
    int64_t root = at;
    while (parent[root] != root) root = parent[root];
    while (parent[at] != root) {
        int64_t next = parent[at];
        parent[at] = root;
        at = next;
    }
    return root;
}

hone_status hn_dendrogram_make(hone_ctx *ctx, hn_arena *arena, const hn_edge *edges, int64_t n,
                               hn_dendrogram *ret_tree) {
    hn_dendrogram t = {.n = n};
    HN_TRY(HN_NEW(ctx, arena, t.children, 2 * n));
    HN_TRY(HN_NEW(ctx, arena, t.height, n));
    HN_TRY(HN_NEW(ctx, arena, t.size, n));
    HN_SCRATCH(ctx);
    int64_t *parent, *order;
    double *weight;
    HN_TRY(HN_SCRATCH_NEW(ctx, parent, 2 * n));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, weight, n));
    for (int64_t i = 0; i < 2 * n; i++) parent[i] = i;
    for (int64_t i = 0; i + 1 < n; i++) weight[i] = edges[i].weight;
    HN_TRY(hn_argsort_f64(ctx, weight, n - 1, order));
    for (int64_t i = 0; i + 1 < n; i++) {
        const hn_edge *e = &edges[order[i]];
        int64_t a = root_of(parent, e->a), b = root_of(parent, e->b);
        t.children[2 * i] = a < b ? a : b;
        t.children[2 * i + 1] = a < b ? b : a;
        t.height[i] = e->weight;
        t.size[i] = (a < n ? 1 : t.size[a - n]) + (b < n ? 1 : t.size[b - n]);
        parent[a] = parent[b] = n + i;
    }
    *ret_tree = t;
    return HONE_OK;
}

hone_status hn_dendrogram_cut(hone_ctx *ctx, const hn_dendrogram *t, int64_t merges,
                              int32_t *ret_label, int64_t *ret_clusters) {
    HN_SCRATCH(ctx);
    int64_t *parent, clusters = 0;
    int32_t *number;
    HN_TRY(HN_SCRATCH_NEW(ctx, parent, 2 * t->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, number, 2 * t->n));
    for (int64_t i = 0; i < 2 * t->n; i++) parent[i] = i, number[i] = -1;
    for (int64_t i = 0; i < merges; i++)
        parent[t->children[2 * i]] = parent[t->children[2 * i + 1]] = t->n + i;
    for (int64_t i = 0; i < t->n; i++) {
        int64_t root = root_of(parent, i);
        if (number[root] < 0) number[root] = (int32_t)clusters++;
        ret_label[i] = number[root];
    }
    *ret_clusters = clusters;
    return HONE_OK;
}

/* ---- spanning trees ------------------------------------------------------------------------- */

/* Rows not yet in the tree, and how they would best be reached; distances are reduced. */
typedef struct prim {
    const hn_neighbors *index;
    const double *core; /* reduced, or NULL */
    int64_t n;          /* places; of rows that came into the tree meanwhile, too */
    int32_t *row;       /* [n] ascending */
    double *tiles;      /* their coordinates */
    double *reach;      /* [n] weight of the best edge; of rows in the tree infinite */
    int32_t *from;      /* [n] its other end */
    bool *done;         /* [n] */
    int32_t newest;
    double *least;  /* [chunks] */
    int64_t *place; /* [chunks] of the least */
} prim;

enum { GRAIN = 2048 }; /* places; a multiple of HN_LANES */

static hone_status prim_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    enum { RUN = 32 };
    prim *p = arg;
    const hn_neighbors *index = p->index;
    int64_t w = index->w;
    _Alignas(64) double reduced[RUN * HN_LANES];
    const double *q = index->rows + p->newest * w;
    double least = INFINITY, core = p->core ? p->core[p->newest] : 0;
    int64_t best = -1;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        int64_t in = (i - chunk.begin) % (RUN * HN_LANES);
        if (in == 0) {
            int64_t tiles = hn_lanes_tiles(chunk.end - i);
            hn_lanes_reduced(index->measure, q, w, p->tiles + i * w, tiles < RUN ? tiles : RUN,
                             reduced);
        }
        if (p->done[i]) continue;
        double weight = reduced[in] > core ? reduced[in] : core;
        if (p->core && p->core[p->row[i]] > weight) weight = p->core[p->row[i]];
        if (weight < p->reach[i]) {
            p->reach[i] = weight;
            p->from[i] = p->newest;
        }
        if (p->reach[i] < least || best < 0) {
            least = p->reach[i];
            best = i;
        }
    }
    p->least[chunk.index] = least;
    p->place[chunk.index] = best;
    return HONE_OK;
}

/* Forgets the rows that are in the tree. */
static void compact(prim *p) {
    int64_t kept = 0;
    for (int64_t i = 0; i < p->n; i++) {
        if (p->done[i]) continue;
        p->row[kept] = p->row[i];
        p->reach[kept] = p->reach[i];
        p->from[kept] = p->from[i];
        p->done[kept++] = false;
    }
    p->n = kept;
    hn_lanes_fill(p->index->rows, p->row, kept, p->index->w, p->tiles);
}

static hone_status start(hone_ctx *ctx, prim *p, const double *core) {
    const hn_neighbors *index = p->index;
    double *reduced = NULL;
    p->n = index->n;
    HN_TRY(HN_SCRATCH_NEW(ctx, p->row, p->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->tiles, hn_lanes_tiles(p->n) * HN_LANES * index->w + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->reach, p->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->from, p->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->done, p->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->least, hn_chunks(p->n, GRAIN)));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->place, hn_chunks(p->n, GRAIN)));
    if (core) HN_TRY(HN_SCRATCH_NEW(ctx, reduced, p->n));
    for (int64_t i = 0; i < p->n; i++) {
        p->row[i] = (int32_t)i;
        p->reach[i] = INFINITY;
        if (core) reduced[i] = hn_distance_to_reduced(index->measure, core[i], index->w);
    }
    p->core = reduced;
    p->done[0] = true;
    hn_lanes_fill(index->rows, p->row, p->n, index->w, p->tiles);
    return HONE_OK;
}

hone_status hn_spanning_tree(hone_ctx *ctx, const hn_neighbors *index, const double *core,
                             hn_edge *ret_edges) {
    HN_SCRATCH(ctx);
    prim p = {.index = index};
    HN_TRY(start(ctx, &p, core));
    for (int64_t left = index->n - 1, e = 0; left > 0; left--, e++) {
        if (p.n > GRAIN && left < p.n / 2) compact(&p);
        HN_TRY(hn_parallel(ctx, p.n, GRAIN, prim_chunk, &p));
        int64_t best = -1;
        double least = INFINITY;
        for (int64_t c = 0; c < hn_chunks(p.n, GRAIN); c++) {
            if (p.place[c] < 0 || (best >= 0 && !(p.least[c] < least))) continue;
            best = p.place[c];
            least = p.least[c];
        }
        double weight = hn_distance_of_reduced(index->measure, p.reach[best], index->w);
        if (core) { /* the very numbers, not there and back again */
            double a = core[p.from[best]], b = core[p.row[best]], most = a > b ? a : b;
            double reduced = hn_distance_to_reduced(index->measure, most, index->w);
            if (p.reach[best] <= reduced) weight = most;
        }
        ret_edges[e] = (hn_edge){p.from[best], p.row[best], weight};
        p.done[best] = true;
        p.newest = p.row[best];
        if (e % 256 == 0) hn_progress(ctx, "spanning tree", e, index->n - 1, "edges");
    }
    return HONE_OK;
}
