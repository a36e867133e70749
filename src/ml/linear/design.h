/* design.h - the features of a linear model while it is fitted: blocks of rows, each block by column.
 *
 * A block holds HN_DESIGN_ROWS rows as [n_features][HN_DESIGN_ROWS] doubles, so that every kernel
 * runs along rows with fixed length and no tail: the last block is filled up with rows of zeros and
 * weight zero. A group is so many blocks that there are at most HN_DESIGN_GROUPS groups: the unit of
 * parallel work, and of memory for partial sums. Sums run in four lanes within a block, over blocks
 * in order, over groups in order: same bits for any thread count and any vector width.
 *
 * Why by column: a residual and a linear predictor then cost one load per element, a Gram matrix
 * fewer loads than products, and filling from a table, which is by column too, is a copy.
 *
 * A sparse matrix stays as it is: its rows are taken in the same blocks, through the same functions.
 */
#ifndef HN_ML_LINEAR_DESIGN_H
#define HN_ML_LINEAR_DESIGN_H

#include "base/parallel.h"
#include "spec/data.h"

enum { HN_DESIGN_ROWS = 128, HN_DESIGN_GROUPS = 64 };

typedef struct hn_design {
    int64_t n_rows;   /* real ones */
    int64_t n_blocks; /* of HN_DESIGN_ROWS rows */
    int64_t n_features;
    int64_t group; /* blocks in a group */
    double *x;     /* [n_blocks][n_features][HN_DESIGN_ROWS]; NULL: singles, or sparse */
    float *single; /* the same where all columns are floats: half of what each pass reads */
    const hn_csr *sparse;
    double *weight; /* [n_blocks * HN_DESIGN_ROWS]: 0 in the filling */
    double *y;      /* [n_blocks * HN_DESIGN_ROWS]: 0 in the filling */
    double total;   /* sum of weights */
    double *sd;     /* [n_features] weighted standard deviations; NULL in a thinned design */
} hn_design;

/* Everything of data into arena (usually ctx->scratch), with weight [n] for data's (NULL: ones). */
hone_status hn_design_make(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                           const double *weight, hn_design *ret_design) HONE_MUST_CHECK;
/* A copy of every step-th block of a dense one: what an optimiser can start from. */
hone_status hn_design_thin(hone_ctx *ctx, hn_arena *arena, const hn_design *design, int64_t step,
                           hn_design *ret_design) HONE_MUST_CHECK;

static inline int64_t hn_design_groups(const hn_design *design) {
    return hn_chunks(design->n_blocks, design->group);
}

/* ---- sums over one block of a design: vectors [HN_DESIGN_ROWS] ------------------------------- */

/* eta[i] = intercept + row i times b. */
void hn_design_predict(const hn_design *design, int64_t block, const double *b, double intercept,
                       double *eta);
/* g[j] += sum over i of r[i] * x[j][i]. */
void hn_design_gradient(const hn_design *design, int64_t block, const double *r, double *g);
/* As hn_block_gram. */
void hn_design_gram(const hn_design *design, int64_t block, const double *w, double *gram,
                    int64_t ld, double *cross);

/* ---- kernels over one block: vectors [HN_DESIGN_ROWS], x [n_features][HN_DESIGN_ROWS], of doubles or, with the same
 * bits, of floats that are the same numbers ------------------------------------------------------- */

/* eta[i] = intercept + b[0] * x[0][i] + b[1] * x[1][i] + ... */
void hn_block_predict(const double *x, int64_t n_features, const double *b, double intercept,
                      double *eta);
void hn_block_predict_single(const float *x, int64_t n_features, const double *b, double intercept,
                             double *eta);
/* g[j] += sum over i of r[i] * x[j][i]. */
void hn_block_gradient(const double *x, int64_t n_features, const double *r, double *g);
void hn_block_gradient_single(const float *x, int64_t n_features, const double *r, double *g);
/* gram [n_features rows of length ld] += sum over i of w[i] * x[j][i] * x[k][i] where k >= j (what
 * stands left of the diagonal is not defined), and cross[j] += sum over i of w[i] * x[j][i]. */
void hn_block_gram(const double *x, int64_t n_features, const double *w, double *gram, int64_t ld,
                   double *cross);
void hn_block_gram_single(const float *x, int64_t n_features, const double *w, double *gram,
                          int64_t ld, double *cross);
/* Sum of r, in the same lanes. */
double hn_block_sum(const double *r);

#endif
