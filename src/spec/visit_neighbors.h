/* visit_neighbors.h - a nearest-neighbour index as part of a fitted state. */
#ifndef HN_SPEC_VISIT_NEIGHBORS_H
#define HN_SPEC_VISIT_NEIGHBORS_H

#include "num/neighbors.h"
#include "spec/visit.h"

/* All that is stored of index: prepared rows as "fit_x" [n, w], in a tree's tiles as "fit_x.tiles", or as the
 * arrays of a sparse matrix; after loading it is checked so that no query
 * can read outside of it. hn_neighbors_prepare comes then, in the prepare hook. */
hone_status hn_visit_neighbors(hn_visitor *v, hn_neighbors *index) HONE_MUST_CHECK;

#endif
