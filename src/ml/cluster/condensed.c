/* condensed.c - see condensed.h. */
#include "ml/cluster/condensed.h"
#include <math.h>
#include <string.h>

/* Equal rows never part: as good as. */
static double lambda_of(double distance) { return distance > 1e-300 ? 1 / distance : 1e300; }

typedef struct walk {
    const hn_dendrogram *tree;
    hn_condensed *c;
    int64_t *queue;   /* nodes of the dendrogram, breadth first */
    int32_t *cluster; /* [2 n] the cluster that a queued node belongs to */
    int64_t *stack;
    int64_t n_queue;
} walk;

static int64_t size_of(const hn_dendrogram *t, int64_t node) {
    return node < t->n ? 1 : t->size[node - t->n];
}

static void enqueue(walk *w, int64_t node, int32_t cluster) {
    w->cluster[node] = cluster;
    w->queue[w->n_queue++] = node;
}

/* All rows under node leave the cluster. */
static void fall_out(walk *w, int64_t node, int32_t cluster, double lambda) {
    const hn_dendrogram *t = w->tree;
    int64_t top = 0;
    w->stack[top++] = node;
    while (top > 0) {
        node = w->stack[--top];
        if (node < t->n) {
            w->c->row_parent[node] = cluster;
            w->c->row_lambda[node] = lambda;
            continue;
        }
        w->stack[top++] = t->children[2 * (node - t->n)];
        w->stack[top++] = t->children[2 * (node - t->n) + 1];
    }
}

static int32_t new_cluster(hn_condensed *c, int32_t parent, double birth, int64_t size) {
    int32_t number = (int32_t)c->m++;
    c->parent[number] = parent;
    c->birth[number] = birth;
    c->size[number] = size;
    if (parent >= 0) c->has_children[parent] = true;
    return number;
}

static void open_node(walk *w, int64_t node, int64_t least) {
    const hn_dendrogram *t = w->tree;
    hn_condensed *c = w->c;
    int64_t i = node - t->n, side[2] = {t->children[2 * i], t->children[2 * i + 1]};
    int32_t cluster = w->cluster[node];
    double lambda = lambda_of(t->height[i]);
    bool large[2] = {size_of(t, side[0]) >= least, size_of(t, side[1]) >= least};
    for (int k = 0; k < 2; k++) {
        int64_t size = size_of(t, side[k]);
        bool leaves = !large[k] || large[1 - k]; /* else the cluster goes on in it */
        if (leaves) {
            c->stability[cluster] += (lambda - c->birth[cluster]) * (double)size;
            if (lambda > c->death[cluster]) c->death[cluster] = lambda;
        }
        if (!large[k])
            fall_out(w, side[k], cluster, lambda);
        else
            enqueue(w, side[k], leaves ? new_cluster(c, cluster, lambda, size) : cluster);
    }
}

hone_status hn_condense(hone_ctx *ctx, const hn_dendrogram *t, int64_t least,
                        hn_condensed *ret_condensed) {
    hn_condensed c = {.n = t->n};
    walk w = {.tree = t, .c = &c};
    int64_t most = 2 * t->n;
    HN_TRY(HN_SCRATCH_NEW(ctx, c.parent, most));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.birth, most));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.death, most));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.stability, most));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.size, most));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.has_children, most));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.row_parent, c.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.row_lambda, c.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, w.queue, most));
    HN_TRY(HN_SCRATCH_NEW(ctx, w.cluster, most));
    HN_TRY(HN_SCRATCH_NEW(ctx, w.stack, most));
    new_cluster(&c, -1, 0, c.n);
    enqueue(&w, most - 2, 0); /* the last merge; of a single row the row */
    for (int64_t q = 0; q < w.n_queue; q++) {
        if (w.queue[q] >= c.n)
            open_node(&w, w.queue[q], least);
        else
            fall_out(&w, w.queue[q], w.cluster[w.queue[q]], 0);
    }
    *ret_condensed = c;
    return HONE_OK;
}

/* ---- which are taken ------------------------------------------------------------------------ */

static void drop_below(const hn_condensed *c, int64_t top, bool *selected) {
    /* A parent comes before its children: below is whoever's parent is below. */
    for (int64_t i = top + 1; i < c->m; i++) {
        int32_t up = c->parent[i];
        while (up > top) up = c->parent[up];
        if (up == top) selected[i] = false;
    }
}

/* Most excess of mass: a cluster rather than all below it, if it is as stable as they are together. */
static hone_status by_mass(hone_ctx *ctx, const hn_condensed *c, const hn_selection *how,
                           bool *selected) {
    HN_SCRATCH(ctx);
    double *below, *worth;
    HN_TRY(HN_SCRATCH_NEW(ctx, below, c->m));
    HN_TRY(HN_SCRATCH_NEW(ctx, worth, c->m));
    int64_t last = how->allow_single ? 0 : 1;
    for (int64_t i = c->m - 1; i >= last; i--) {
        bool large = how->max_cluster_size > 0 && c->size[i] > how->max_cluster_size;
        selected[i] = !(below[i] > c->stability[i]) && !large;
        worth[i] = selected[i] ? c->stability[i] : below[i];
        if (c->parent[i] >= 0) below[c->parent[i]] += worth[i];
    }
    for (int64_t i = 0; i < c->m; i++) { /* from the top: what is taken hides what is below */
        int32_t up = c->parent[i];
        below[i] = up >= 0 && (below[up] < 0 || selected[up]) ? -1 : 0;
        if (below[i] < 0) selected[i] = false;
    }
    return HONE_OK;
}

/* Upwards from a cluster that is born too near, to the first that is not. */
static int32_t climb(const hn_condensed *c, int32_t at, const hn_selection *how) {
    for (;;) {
        int32_t up = c->parent[at];
        if (up <= 0) return how->allow_single ? 0 : at;
        if (1 / c->birth[up] > how->epsilon) return up;
        at = up;
    }
}

static void join_near(const hn_condensed *c, const hn_selection *how, bool *selected) {
    for (int64_t i = c->m - 1; i > 0; i--) {
        if (!selected[i] || !(1 / c->birth[i] < how->epsilon)) continue;
        int32_t top = climb(c, (int32_t)i, how);
        selected[i] = false;
        selected[top] = true;
    }
    for (int64_t i = 0; i < c->m; i++)
        if (selected[i]) drop_below(c, i, selected);
}

hone_status hn_condensed_select(hone_ctx *ctx, const hn_condensed *c, const hn_selection *how,
                                bool *ret_selected) {
    memset(ret_selected, 0, (size_t)c->m * sizeof *ret_selected);
    if (how->leaves) {
        for (int64_t i = 1; i < c->m; i++) ret_selected[i] = !c->has_children[i];
        if (c->m == 1) ret_selected[0] = true;
    } else {
        HN_TRY(by_mass(ctx, c, how, ret_selected));
    }
    if (how->epsilon > 0 && c->m > 1) join_near(c, how, ret_selected);
    return HONE_OK;
}
