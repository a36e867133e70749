/* sparse.h - a matrix of which only the values that are not 0 are stored, row by row (CSR). A view.
 *
 * Invariants: start[i] <= start[i + 1]; the entries of row i stand at start[i] .. start[i + 1] - 1, their
 * columns ascending, none twice, each in [0, cols). start[0] need not be 0: rows begin..end of a matrix
 * are the same arrays with start moved on. */
#ifndef HN_NUM_SPARSE_H
#define HN_NUM_SPARSE_H

#include "base/ctx.h"

typedef struct hn_csr {
    int64_t rows, cols;
    const int64_t *start;  /* [rows + 1] */
    const int32_t *column; /* [entries] */
    const double *value;   /* [entries] */
} hn_csr;

static inline int64_t hn_csr_entries(const hn_csr *m) { return m->start[m->rows] - m->start[0]; }

/* A sparse row times a dense vector w [cols], in the order of columns. */
static inline double hn_csr_dot(const hn_csr *m, int64_t row, const double *w) {
    double sum = 0;
    for (int64_t k = m->start[row]; k < m->start[row + 1]; k++)
        sum += m->value[k] * w[m->column[k]];
    return sum;
}

/* HONE_ERROR_DATA unless the invariants hold: for matrices from outside. */
hone_status hn_csr_check(hone_ctx *ctx, const hn_csr *m) HONE_MUST_CHECK;
/* Rows begin..end-1, borrowed. */
hn_csr hn_csr_slice(const hn_csr *m, int64_t begin, int64_t end);
/* Rows rows[0..n-1], copied to arena. */
hone_status hn_csr_take(hone_ctx *ctx, hn_arena *arena, const hn_csr *m, const int64_t *rows,
                        int64_t n, hn_csr *ret_csr) HONE_MUST_CHECK;
/* Columns columns[0..n-1] (ascending) become columns 0..n-1; borrowed where these are all of them. */
hone_status hn_csr_select(hone_ctx *ctx, hn_arena *arena, const hn_csr *m, const int32_t *columns,
                          int32_t n, hn_csr *ret_csr) HONE_MUST_CHECK;
/* The transpose (columns become rows), in arena. */
hone_status hn_csr_transpose(hone_ctx *ctx, hn_arena *arena, const hn_csr *m,
                             hn_csr *ret_csr) HONE_MUST_CHECK;
/* Row i written out: ret [cols]. */
void hn_csr_row(const hn_csr *m, int64_t i, double *ret);

#endif
