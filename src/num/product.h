/* product.h - rows times a matrix of weights in a written order, for scoring: no BLAS, and a row's bits do not depend
 * on the rows beside it.
 *
 * Each sum over p numbers is cut into blocks of 256: within a block numbers are added in ascending order, and so are
 * the blocks. In single precision the sums are such too: of numbers that came so. */
#ifndef HN_NUM_PRODUCT_H
#define HN_NUM_PRODUCT_H

#include <stdint.h>

/* Numbers from one row of turned weights [p, width] to the next, for k answers: whole vectors, of which those past k
 * are 0, and rows that do not all fall into the same few sets of a cache. */
int64_t hn_product_width(int64_t k);

/* ret [rows, k] = x [rows, p] w: rows of x are stride apart, w [p, hn_product_width(k)]. */
void hn_product(const double *x, int64_t stride, int64_t rows, const double *w, int64_t p,
                int64_t k, double *ret);
void hn_product_single(const float *x, int64_t stride, int64_t rows, const float *w, int64_t p,
                       int64_t k, float *ret);

/* ret [p, k] += x' w, x [rows, p] with rows stride apart, w [rows, hn_product_width(k)]: over blocks of 32 rows in
 * order, within a block in order. */
void hn_product_turned(const double *x, int64_t stride, int64_t rows, const double *w, int64_t p,
                       int64_t k, double *ret);

#endif
