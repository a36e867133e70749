/* kmeans_model.h - centroids as a fitted model: what k-means in all its forms ends with. */
#ifndef HN_ML_CLUSTER_KMEANS_MODEL_H
#define HN_ML_CLUSTER_KMEANS_MODEL_H

#include "ml/cluster/kmeans_fit.h"
#include "spec/estimator.h"

typedef struct hn_kmeans_model {
    int64_t k, d;
    double *centroids; /* [k, d] */
    double *size;      /* [k] weight of the rows of each */
    double inertia;    /* weighted sum of squared distances to the own centroid */
    int64_t iterations;
    int64_t converged;
    /* Where the number of clusters was chosen: what 2, 3, ... clusters came to. */
    int64_t tried;
    double *tried_inertia;    /* [tried] */
    double *tried_silhouette; /* [tried] simplified: see kmeans_choose */
    double *tiles;            /* not stored: see prepare; as is */
    double *squares;          /* [k rounded up] squared lengths of the centroids */
} hn_kmeans_model;

/* x [n, d] less its mean, in place; ret_mean [d]; *ret_variance is the mean variance of a column. */
hone_status hn_kmeans_center(hone_ctx *ctx, double *x, const double *weight, int64_t n, int64_t d,
                             double *ret_mean, double *ret_variance) HONE_MUST_CHECK;
/* The result with mean added back, in arena. */
hone_status hn_kmeans_keep(hone_ctx *ctx, hn_arena *arena, const hn_kmeans_job *job,
                           const hn_kmeans_result *result, const double *mean,
                           hn_kmeans_model *model) HONE_MUST_CHECK;

/* Hooks; the state is a hn_kmeans_model or begins with one. */
hone_status hn_kmeans_predict(hone_ctx *ctx, const void *state, const hn_table *x, double *ret_out);
hone_status hn_kmeans_transform(hone_ctx *ctx, const void *state, const hn_table *x,
                                hn_arena *arena, hn_table *ret_out);
int64_t hn_kmeans_outputs(const void *state);
hone_status hn_kmeans_visit(hn_visitor *v, void *state);
/* tiles and squares anew, after centroids have moved. */
void hn_kmeans_moved(hn_kmeans_model *model);
hone_status hn_kmeans_prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema);
hone_status hn_kmeans_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object);

#endif
