/* projection.h - what linear decompositions share: moments of a table, rows mapped to components and
 * back, and the number of components. */
#ifndef HN_ML_DECOMP_PROJECTION_H
#define HN_ML_DECOMP_PROJECTION_H

#include "base/parallel.h"
#include "spec/estimator.h"

/* z = (x - mean) weights', for rows x of a table, dense or sparse: made ready for rows once, after fitting or loading.
 * Rows of floats give floats where it was fitted on such: their products are summed in single precision. */
typedef struct hn_projection {
    int64_t n_features, n_components;
    const double *mean;                  /* [n_features], or NULL */
    double *weights;                     /* turned: [n_features, hn_product_width(n_components)] */
    float *mean_single, *weights_single; /* the same rounded; NULL: not fitted on floats */
} hn_projection;

/* weights [n_components, n_features]; schema: the columns fitted on. mean (NULL: 0) is borrowed. */
hone_status hn_projection_init(hone_ctx *ctx, hn_arena *arena, const hn_table *schema,
                               int64_t n_features, int64_t n_components, const double *mean,
                               const double *weights, hn_projection *ret) HONE_MUST_CHECK;
/* Columns "PREFIX_0", ... in arena. A row's bits depend on that row alone. */
hone_status hn_project(hone_ctx *ctx, const hn_projection *projection, const char *prefix,
                       const hn_table *x, hn_arena *arena, hn_table *ret_out) HONE_MUST_CHECK;
/* x = z back + mean as columns of the schema's names: back [n_components, n_features], mean NULL: 0. */
hone_status hn_project_back(hone_ctx *ctx, int64_t n_features, int64_t n_components,
                            const double *mean, const double *back, const hn_table *z,
                            const hn_table *schema, hn_arena *arena,
                            hn_table *ret_out) HONE_MUST_CHECK;
/* turned [n, k] = a [k, n] in arena. */
hone_status hn_turn(hone_ctx *ctx, hn_arena *arena, int64_t k, int64_t n, const double *a,
                    double **ret_turned) HONE_MUST_CHECK;

/* Means [p] of the columns, summed over blocks of rows in order. */
hone_status hn_column_means(hone_ctx *ctx, const hn_table *x, double *ret_mean) HONE_MUST_CHECK;
/* Sums of squares [p] of a sparse matrix's columns about mean [p]. */
void hn_sparse_squares(const hn_csr *csr, const double *mean, double *ret_squares);
/* The table as a row-major matrix less mean, in arena, and the sum of squares of each of its columns
 * (ret_squares [p]; NULL: not wanted). */
hone_status hn_centered_matrix(hone_ctx *ctx, hn_arena *arena, const hn_table *x,
                               const double *mean, double **ret_matrix,
                               double *ret_squares) HONE_MUST_CHECK;

/* n_components as asked for (0: all that can be), at most limit; HONE_ERROR_USAGE names the parameter
 * and what the limit is. */
hone_status hn_component_count(hone_ctx *ctx, const char *kind, int64_t asked, int64_t limit,
                               const char *limit_is, int64_t *ret_k) HONE_MUST_CHECK;
/* HONE_ERROR_DATA unless there are two rows. */
hone_status hn_need_two_rows(hone_ctx *ctx, const char *kind, const hn_table *x) HONE_MUST_CHECK;
/* HONE_ERROR_FORMAT unless the schema has n_features numeric columns. */
hone_status hn_projection_check(hone_ctx *ctx, const char *kind, int64_t n_features,
                                const hn_table *schema) HONE_MUST_CHECK;
/* "components": an array with, for each row of components [k, p], its number under "component", the
 * figures given (names and arrays [k], until a name is NULL), and its weights by column under
 * "weights". */
typedef struct hn_component_figure {
    const char *name;
    const double *values;
} hn_component_figure;
void hn_report_components(hn_json_doc *doc, hn_json_mut *object, const hn_table *schema,
                          const hn_component_figure *figures, int64_t k, int64_t p,
                          const double *components);

#endif
