/* standard_rows.h - rows as a matrix whose columns have like scales, for methods that weigh rows anew in each
 * step. With an intercept columns are centred too, and the last column is ones. */
#ifndef HN_ML_LINEAR_STANDARD_ROWS_H
#define HN_ML_LINEAR_STANDARD_ROWS_H

#include "spec/data.h"

typedef struct hn_standard_rows {
    int64_t n, p, q; /* q = p, and 1 for the intercept */
    double *x;       /* [n, q] */
    double *mean;    /* [p]; zeros without an intercept */
    double *sd;      /* [p] around the true mean */
    double *scale;   /* [p]: columns were divided by it */
    double total;    /* sum of weights */
} hn_standard_rows;

/* Memory from ctx->scratch. */
hone_status hn_standard_rows_make(hone_ctx *ctx, const hone_data *data, bool intercept,
                                  hn_standard_rows *ret_rows) HONE_MUST_CHECK;
/* b [q] on these columns to coefficients [p] and intercept on the table's. */
void hn_standard_rows_back(const hn_standard_rows *rows, const double *b, double *ret_coef,
                           double *ret_intercept);
/* Solve a x = b [q] for a [q, q] that should be positive definite, in place; lifted a little where it is not.
 * HONE_ERROR_DATA only where no lift helps. */
hone_status hn_solve_lifted(hone_ctx *ctx, int64_t q, const double *a, double *b) HONE_MUST_CHECK;

#endif
