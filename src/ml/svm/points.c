/* points.c - rows, dense or sparse; see points.h.
 *
 * A sparse row meets all others by feature: each of its entries is added to the rows that have that feature.
 * So nothing is multiplied by 0, and a product's bits depend on its two rows alone. */
#include "ml/svm/points.h"
#include "num/blas.h"
#include "table/rows.h"
#include <string.h>

hone_status hn_points_take(hone_ctx *ctx, hn_arena *arena, const hn_points *points,
                           const int64_t *rows, int64_t n, hn_points *ret_points) {
    int64_t p = points->p;
    hn_points taken = {.n = n, .p = p, .sparse = points->sparse};
    if (!points->sparse) {
        double *dense;
        HN_TRY(HN_NEW(ctx, arena, dense, n * p + 1));
        for (int64_t i = 0; i < n; i++)
            memcpy(dense + i * p, points->dense + rows[i] * p, (size_t)p * sizeof *dense);
        taken.dense = dense;
    } else {
        HN_TRY(hn_csr_take(ctx, arena, &points->csr, rows, n, &taken.csr));
    }
    *ret_points = taken;
    return HONE_OK;
}

hone_status hn_points_of(hone_ctx *ctx, hn_arena *arena, const hn_table *x, const int64_t *rows,
                         int64_t n, hn_points *ret_points) {
    int64_t p = x->n_columns;
    hn_points taken = {.n = n, .p = p, .sparse = x->csr != NULL};
    if (x->csr) {
        HN_TRY(hn_csr_take(ctx, arena, x->csr, rows, n, &taken.csr));
    } else {
        double *dense;
        HN_TRY(HN_NEW(ctx, arena, dense, n * p + 1));
        for (int64_t i = 0; i < n; i++) hn_table_rows(x, rows[i], rows[i] + 1, dense + i * p);
        taken.dense = dense;
    }
    *ret_points = taken;
    return HONE_OK;
}

hone_status hn_points_index(hone_ctx *ctx, hn_arena *arena, hn_points *points) {
    HN_TRY(HN_NEW(ctx, arena, points->squared, points->n + 1));
    for (int64_t i = 0; i < points->n; i++) {
        if (!points->sparse) {
            const double *row = points->dense + i * points->p;
            points->squared[i] = hn_dot(row, row, points->p);
            continue;
        }
        for (int64_t e = points->csr.start[i]; e < points->csr.start[i + 1]; e++)
            points->squared[i] += points->csr.value[e] * points->csr.value[e];
    }
    return points->sparse ? hn_csr_transpose(ctx, arena, &points->csr, &points->by_feature)
                          : HONE_OK;
}

void hn_points_sparse_products(const hn_points *points, const int32_t *column, const double *value,
                               int64_t n, double *ret) {
    const hn_csr *t = &points->by_feature;
    memset(ret, 0, (size_t)points->n * sizeof *ret);
    for (int64_t e = 0; e < n; e++) {
        double by = value[e];
        if (by == 0) continue;
        for (int64_t k = t->start[column[e]]; k < t->start[column[e] + 1]; k++)
            ret[t->column[k]] += by * t->value[k];
    }
}

void hn_points_products(const hn_points *points, const hn_points *other, int64_t at, double *ret) {
    if (!points->sparse) {
        const double *row = other->dense + at * points->p;
        for (int64_t i = 0; i < points->n; i++)
            ret[i] = hn_dot(row, points->dense + i * points->p, points->p);
        return;
    }
    int64_t begin = other->csr.start[at];
    hn_points_sparse_products(points, other->csr.column + begin, other->csr.value + begin,
                              other->csr.start[at + 1] - begin, ret);
}
