/* pca.h - the fitted state of principal components, and how more rows are merged into it. */
#ifndef HN_ML_DECOMP_PCA_H
#define HN_ML_DECOMP_PCA_H

#include "ml/decomp/projection.h"

typedef struct hn_pca_state {
    int64_t n_features, n_components;
    int64_t n_seen;             /* rows */
    int64_t whiten;             /* 0 or 1 */
    double *mean, *var;         /* [n_features]; var with n, not n - 1 */
    double *components;         /* [n_components, n_features], orthonormal rows */
    double *explained_variance; /* [n_components] */
    double *explained_ratio, *singular_values;
    double noise_variance;
    double *weights, *back; /* not stored: components with whitening, to and fro */
    hn_projection to;       /* not stored */
} hn_pca_state;

/* Exact components of the rows x (n_components is set, at most both sides of x). */
hone_status hn_pca_allocate(hone_ctx *ctx, hn_arena *arena, hn_pca_state *pca) HONE_MUST_CHECK;
/* Variances from singular values: figures of all r = min(n, p) of them; total: the sum of all squared
 * ones. Keeps the first n_components. */
void hn_pca_keep(hn_pca_state *pca, const double *singular_values, int64_t r, int64_t rank_limit,
                 double total, const double *vt);
/* Rows begin..end-1 of x become part of pca, whose n_seen may be 0 (Ross, Lim, Lin, Yang 2008, as
 * scikit-learn's IncrementalPCA does it). */
hone_status hn_pca_merge(hone_ctx *ctx, hn_pca_state *pca, const hn_table *x, int64_t begin,
                         int64_t end) HONE_MUST_CHECK;

hone_status hn_pca_transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) HONE_MUST_CHECK;
hone_status hn_pca_inverse(hone_ctx *ctx, const void *state, const hn_table *z,
                           const hn_table *schema, hn_arena *arena,
                           hn_table *ret_out) HONE_MUST_CHECK;
hone_status hn_pca_visit(hn_visitor *v, void *state) HONE_MUST_CHECK;
hone_status hn_pca_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                           const hn_table *schema) HONE_MUST_CHECK;
hn_report_fn hn_pca_report;

#endif
