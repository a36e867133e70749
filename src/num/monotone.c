/* monotone.c - see monotone.h. */
#include "num/monotone.h"
#include "num/sort.h"
#include <assert.h>
#include <math.h>

/* Points by x, those of equal x as one of their mean. y's sign is turned where it is to fall. */
static hone_status gather(hone_ctx *ctx, int64_t n, const double *x, const double *y,
                          const double *weight, double sign, int64_t *ret_n, double *ret_x,
                          hn_pool *ret_points) {
    int64_t *order, m = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    HN_TRY(hn_argsort_f64(ctx, x, n, order));
    for (int64_t i = 0; i < n; i++) {
        int64_t row = order[i];
        double w = weight ? weight[row] : 1;
        if (!(w > 0)) continue;
        if (m == 0 || x[row] != ret_x[m - 1]) {
            ret_x[m] = x[row];
            ret_points[m++] = (hn_pool){0};
        }
        ret_points[m - 1].y += w * sign * y[row];
        ret_points[m - 1].weight += w;
    }
    for (int64_t i = 0; i < m; i++) ret_points[i].y /= ret_points[i].weight;
    *ret_n = m;
    return HONE_OK;
}

/* Pools are a stack, never longer than the points that it was made of. */
int64_t hn_pool_adjacent(int64_t n, const hn_pool *points, hn_pool *pools) {
    int64_t top = 0;
    for (int64_t i = 0; i < n; i++) {
        hn_pool now = {points[i].y, points[i].weight, i + 1};
        for (; top > 0 && pools[top - 1].y >= now.y; top--) {
            const hn_pool *last = &pools[top - 1];
            double weight = last->weight + now.weight;
            now.y = (last->y * last->weight + now.y * now.weight) / weight;
            now.weight = weight;
        }
        pools[top++] = now;
    }
    return top;
}

static double within(double y, double low, double high) {
    return y < low ? low : y > high ? high : y;
}

/* Of points of one value only the first and last are needed. */
static void put(hn_monotone *f, double x, double y) {
    if (f->n >= 2 && f->y[f->n - 1] == y && f->y[f->n - 2] == y) f->n--;
    f->x[f->n] = x;
    f->y[f->n++] = y;
}

hone_status hn_monotone_fit(hone_ctx *ctx, hn_arena *arena, int64_t n, const double *x,
                            const double *y, const double *weight, bool increasing, double low,
                            double high, hn_monotone *ret_function) {
    assert(n >= 1);
    HN_SCRATCH(ctx);
    double *at, sign = increasing ? 1 : -1;
    hn_pool *points, *pools;
    int64_t m;
    HN_TRY(HN_SCRATCH_NEW(ctx, at, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, points, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, pools, n));
    HN_TRY(gather(ctx, n, x, y, weight, sign, &m, at, points));
    assert(m >= 1);
    int64_t n_pools = hn_pool_adjacent(m, points, pools), begin = 0;
    hn_monotone f = {0};
    HN_TRY(HN_NEW(ctx, arena, f.x, 2 * n_pools));
    HN_TRY(HN_NEW(ctx, arena, f.y, 2 * n_pools));
    for (int64_t p = 0; p < n_pools; p++) {
        double value = within(sign * pools[p].y, low, high);
        put(&f, at[begin], value);
        if (pools[p].end > begin + 1) put(&f, at[pools[p].end - 1], value);
        begin = pools[p].end;
    }
    *ret_function = f;
    return HONE_OK;
}

double hn_monotone_at(const hn_monotone *f, double x) {
    int64_t low = 0, high = f->n - 1;
    if (isnan(x)) return x;
    if (x <= f->x[low]) return f->y[low];
    if (x >= f->x[high]) return f->y[high];
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (f->x[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    /* Halves, so that the distance of two numbers is one too. */
    double width = 0.5 * f->x[high] - 0.5 * f->x[low];
    if (!(width > 0) || f->y[low] == f->y[high]) return f->y[low];
    return f->y[low] + (0.5 * x - 0.5 * f->x[low]) / width * (f->y[high] - f->y[low]);
}
