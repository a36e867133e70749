/* condensed.h - the tree of clusters that a dendrogram of densities comes down to (Campello, Moulavi, Sander
 * 2013; McInnes, Healy 2017): as lambda = 1 / distance rises, a cluster loses rows one by one, splits where
 * both sides are of some size, and ends. */
#ifndef HN_ML_CLUSTER_CONDENSED_H
#define HN_ML_CLUSTER_CONDENSED_H

#include "ml/cluster/dendrogram.h"

typedef struct hn_condensed {
    int64_t n;           /* rows */
    int64_t m;           /* clusters; 0 is the root, a parent comes before its children */
    int32_t *parent;     /* [m]; the root's is -1 */
    double *birth;       /* [m] lambda; the root's is 0 */
    double *death;       /* [m] the greatest lambda at which something left it */
    double *stability;   /* [m] */
    int64_t *size;       /* [m] rows at birth */
    bool *has_children;  /* [m] */
    int32_t *row_parent; /* [n] the cluster that the row left last */
    double *row_lambda;  /* [n] when */
} hn_condensed;

/* In scratch of the caller. */
hone_status hn_condense(hone_ctx *ctx, const hn_dendrogram *tree, int64_t min_cluster_size,
                        hn_condensed *ret_condensed) HONE_MUST_CHECK;

typedef struct hn_selection {
    bool leaves; /* the finest clusters, else those of most excess of mass */
    bool allow_single;
    double epsilon;           /* clusters born nearer than this are not split; 0: none */
    int64_t max_cluster_size; /* 0: none */
} hn_selection;
/* Which clusters are taken: ret_selected [m]; none lies within another. */
hone_status hn_condensed_select(hone_ctx *ctx, const hn_condensed *c, const hn_selection *how,
                                bool *ret_selected) HONE_MUST_CHECK;

#endif
