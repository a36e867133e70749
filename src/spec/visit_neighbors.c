/* visit_neighbors.c - see visit_neighbors.h. */
#include "spec/visit_neighbors.h"
#include <math.h>

static hone_status visit_hnsw(hn_visitor *v, hn_neighbors *index) {
    hn_hnsw *h = &index->hnsw;
    HN_TRY(hn_visit(v, "hnsw.links", &h->links));
    HN_TRY(hn_visit(v, "hnsw.ef", &h->ef));
    HN_TRY(hn_visit(v, "hnsw.entry", &h->entry));
    HN_TRY(hn_visit(v, "hnsw.n_upper", &h->n_upper));
    bool ok = h->links >= 1 && h->links <= INT32_MAX / 2 && h->ef >= 1 && h->ef <= INT32_MAX;
    HN_TRY(hn_visit_check(v, ok && h->n_upper >= 0, "number of links out of range"));
    HN_TRY(hn_visit(v, "hnsw.level", &h->level, index->n));
    HN_TRY(hn_visit(v, "hnsw.lowest", &h->lowest, index->n, 2 * h->links));
    return hn_visit(v, "hnsw.upper", &h->upper, h->n_upper, h->links);
}

static hone_status visit_tree(hn_visitor *v, hn_neighbors *index, int64_t w) {
    HN_TRY(hn_visit(v, "tree.levels", &index->levels));
    HN_TRY(hn_visit_check(v, index->levels >= 1 && index->levels <= 32, "depth out of range"));
    int64_t nodes = hn_neighbors_nodes(index->levels);
    HN_TRY(hn_visit(v, "tree.order", &index->order, index->n));
    if (index->method == HN_NEIGHBORS_KD_TREE) {
        HN_TRY(hn_visit(v, "tree.low", &index->low, nodes, w));
        return hn_visit(v, "tree.high", &index->high, nodes, w);
    }
    HN_TRY(hn_visit(v, "tree.center", &index->center, nodes, w));
    return hn_visit(v, "tree.radius", &index->radius, nodes);
}

static hone_status visit_rows(hn_visitor *v, hn_neighbors *index, int64_t w) {
    int64_t n = index->n;
    switch (index->form) {
    case HN_NEIGHBORS_FLOATS: return hn_visit(v, "fit_x", &index->floats, n, w);
    case HN_NEIGHBORS_TILES:
        return hn_visit(v, "fit_x.tiles", &index->tiles, hn_lanes_tiles(n), w, (int64_t)HN_LANES);
    case HN_NEIGHBORS_SPARSE:
        HN_TRY(hn_visit(v, "fit_x.entries", &index->n_entries));
        HN_TRY(hn_visit_check(v, index->n_entries >= 0, "number of entries out of range"));
        HN_TRY(hn_visit(v, "fit_x.indptr", &index->start, n + 1));
        HN_TRY(hn_visit(v, "fit_x.indices", &index->column, index->n_entries));
        return hn_visit(v, "fit_x.data", &index->value, index->n_entries);
    default: return hn_visit(v, "fit_x", &index->rows, n, w);
    }
}

/* Trees keep tiles and nothing else does; sparse rows are measured all. */
static bool form_fits(const hn_neighbors *index) {
    bool tree = index->method == HN_NEIGHBORS_KD_TREE || index->method == HN_NEIGHBORS_BALL_TREE;
    if (index->form < 0 || index->form >= HN_NEIGHBORS_FORMS) return false;
    if (tree != (index->form == HN_NEIGHBORS_TILES)) return false;
    return index->form != HN_NEIGHBORS_SPARSE || index->method == HN_NEIGHBORS_BRUTE;
}

hone_status hn_visit_neighbors(hn_visitor *v, hn_neighbors *index) {
    HN_TRY(hn_visit(v, "n_samples_fit", &index->n));
    HN_TRY(hn_visit(v, "index.d", &index->d));
    HN_TRY(hn_visit(v, "index.distance", &index->distance));
    HN_TRY(hn_visit(v, "index.method", &index->method));
    HN_TRY(hn_visit(v, "index.form", &index->form));
    HN_TRY(hn_visit(v, "index.p", &index->p));
    bool ok = index->n >= 1 && index->n <= INT32_MAX && index->d >= 0 && index->d < INT32_MAX;
    HN_TRY(hn_visit_check(v, ok, "number of rows out of range"));
    ok = index->distance >= 0 && index->distance < HN_DISTANCE_COUNT && index->method > 0 &&
         index->method < HN_NEIGHBORS_METHODS;
    HN_TRY(hn_visit_check(v, ok, "no such distance or method"));
    HN_TRY(hn_visit_check(v, form_fits(index), "rows in no form of the method's"));
    HN_TRY(hn_visit_check(v, index->distance != HN_DISTANCE_MINKOWSKI || index->p >= 1,
                          "no such power"));
    int64_t w = hn_distance_width((hn_distance){(hn_distance_kind)index->distance, 0}, index->d);
    HN_TRY(visit_rows(v, index, w));
    if (index->method == HN_NEIGHBORS_HNSW)
        HN_TRY(visit_hnsw(v, index));
    else if (index->form == HN_NEIGHBORS_TILES)
        HN_TRY(visit_tree(v, index, w));
    return hn_visit_check(v, hn_neighbors_sound(index), "an index that points nowhere");
}
