/* scatter_grid.h - forces of all points on each, in one or two dimensions, by interpolation on a grid
 * (Linderman, Rachh, Hoskins, Steinerberger, Kluger 2019): points give their weight to the nodes around them, the
 * nodes' forces on each other are a convolution, and points take theirs from the nodes around them. The work grows
 * with the points and with the layout's area, not with pairs. */
#ifndef HN_ML_EMBED_SCATTER_GRID_H
#define HN_ML_EMBED_SCATTER_GRID_H

#include "base/parallel.h"

/* For n points in d dimensions, 1 or 2. */
typedef struct hn_scatter_grid hn_scatter_grid;
hone_status hn_scatter_grid_new(hone_ctx *ctx, hn_arena *arena, int64_t n, int64_t d,
                                hn_scatter_grid **ret_grid) HONE_MUST_CHECK;
/* As hn_scatter_repulsion does: ret_force [n, d], *ret_total. y must be finite. */
hone_status hn_scatter_grid_repulsion(hone_ctx *ctx, hn_scatter_grid *grid, const double *y,
                                      double *ret_force, double *ret_total) HONE_MUST_CHECK;

#endif
