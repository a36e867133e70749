/* kmeans_rows.h - the rows of a job, dense or sparse, one at a time.
 *
 * Sparse rows are not centred, and distances to them are made of products: squared lengths less twice what
 * their entries and the centroid have in common. */
#ifndef HN_ML_CLUSTER_KMEANS_ROWS_H
#define HN_ML_CLUSTER_KMEANS_ROWS_H

#include "ml/cluster/kmeans_fit.h"
#include "table/table.h"

/* Rows of x as a job (x or csr with squares, n, d, weight) in scratch; ret_mean [d], also in scratch, is what
 * was taken away: 0 of sparse ones. *ret_variance is the mean variance of a column. */
hone_status hn_kmeans_rows(hone_ctx *ctx, const hn_table *x, const double *weight, bool center,
                           hn_kmeans_job *ret_job, double **ret_mean,
                           double *ret_variance) HONE_MUST_CHECK;
/* Squared lengths of sparse rows [m->rows], in scratch. */
hone_status hn_kmeans_squares(hone_ctx *ctx, const hn_csr *m, double **ret_squares) HONE_MUST_CHECK;
/* Rows rows[0..n-1] of job, copied to scratch. */
hone_status hn_kmeans_take(hone_ctx *ctx, const hn_kmeans_job *job, const int64_t *rows, int64_t n,
                           hn_kmeans_job *ret_job) HONE_MUST_CHECK;

/* squares [HN_TILE]: squared lengths of a tile's centroids. */
void hn_tile_squares(const double *tile, int64_t d, double *squares);
/* out [HN_TILE]: sums over row i's entries times the centroids of tile t (kmeans_distance.h). */
void hn_sparse_products(const hn_csr *m, int64_t i, const double *tile, double *out);
/* out [HN_TILE]: squared distances of row i to a tile's centroids; squares are not looked at where rows are
 * dense. */
void hn_kmeans_squared(const hn_kmeans_job *job, int64_t i, const double *tile,
                       const double *squares, double *out);
/* The same to one centroid, whose squared length is square. */
double hn_kmeans_squared_one(const hn_kmeans_job *job, int64_t i, const double *centroid,
                             double square);
/* to [d] += w * row i; and row i itself. */
void hn_kmeans_add(const hn_kmeans_job *job, int64_t i, double w, double *to);
void hn_kmeans_write(const hn_kmeans_job *job, int64_t i, double *to);

static inline double hn_kmeans_weight(const hn_kmeans_job *job, int64_t i) {
    return job->weight ? job->weight[i] : 1.0;
}

#endif
