/* umap_layout.h - UMAP's layout: rows tied by the graph attract each other, random rows repel.
 *
 * In each epoch every row moves by itself, looking at where the others were before: so rows can move at
 * the same time and the layout has the same bits for any number of threads. */
#ifndef HN_ML_EMBED_UMAP_LAYOUT_H
#define HN_ML_EMBED_UMAP_LAYOUT_H

#include "base/parallel.h"
#include "num/sparse.h"

enum { HN_UMAP_DIMENSIONS = 128 };

/* The forces' factors as functions of the squared distance, tabulated. */
typedef struct hn_umap_curve hn_umap_curve;
hone_status hn_umap_curve_make(hone_ctx *ctx, hn_arena *arena, double a, double b,
                               hn_umap_curve **ret_curve) HONE_MUST_CHECK;
/* a and b so that 1 / (1 + a d^2b) is near 1 up to min_dist and then falls off with spread. */
void hn_umap_fit_curve(double spread, double min_dist, double *ret_a, double *ret_b);

typedef struct hn_umap_layout {
    const hn_umap_curve *curve;
    int64_t k;
    double rate, repulsion;
    int64_t negatives, epochs;
} hn_umap_layout;

/* places [n, k] are where rows begin and end. */
hone_status hn_umap_optimise(hone_ctx *ctx, const hn_umap_layout *layout, const hn_csr *graph,
                             double *places) HONE_MUST_CHECK;
/* One row beside n that stay: tied to row[0..count-1] with weights. */
void hn_umap_settle(const hn_umap_layout *layout, uint64_t seed, const double *places, int64_t n,
                    const int32_t *row, const double *weight, int64_t count, double *place);

#endif
