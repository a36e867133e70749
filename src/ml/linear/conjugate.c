/* conjugate.c - least squares by conjugate gradients; see centered.h.
 *
 * Hestenes and Stiefel's method on the normal equations in the form that never builds them (CGLS; Bjorck 1996,
 * Numerical Methods for Least Squares Problems, 7.4). With a penalty each coefficient is measured by what its
 * column weighs, which evens out scales; without one it is not, so that from 0 the shortest solution comes out. */
#include "ml/linear/centered.h"
#include "num/blas.h"
#include <math.h>
#include <string.h>

typedef struct search {
    double *residual, *moved; /* [n]: y - x b, x times direction */
    double *slope, *step,
        *toward;    /* [p]: x' residual - alpha b, the same measured anew, direction */
    double *weight; /* [p]; NULL: ones */
} search;

/* What column j weighs: its sum of squares around the mean. */
static double weight_of(const hn_centered *c, int64_t j) {
    if (c->intercept) return c->total * c->sd[j] * c->sd[j];
    double sum = 0;
    for (int64_t i = 0; c->x && i < c->n; i++) sum += c->x[i * c->p + j] * c->x[i * c->p + j];
    if (c->x) return sum;
    for (int64_t at = c->turned.start[j]; at < c->turned.start[j + 1]; at++) {
        double v = c->turned.value[at] * (c->root ? c->root[c->turned.column[at]] : 1);
        sum += v * v;
    }
    return sum;
}

static hone_status make(hone_ctx *ctx, const hn_centered *c, double alpha, search *s) {
    HN_TRY(HN_SCRATCH_NEW(ctx, s->residual, c->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->moved, c->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->slope, c->p));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->step, c->p));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->toward, c->p));
    if (alpha == 0) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, s->weight, c->p));
    for (int64_t j = 0; j < c->p; j++) s->weight[j] = weight_of(c, j) + alpha;
    return HONE_OK;
}

/* The slope at b and its measured form; returns their product. */
static hone_status look(hone_ctx *ctx, const hn_centered *c, double alpha, const double *b,
                        search *s, double *ret_size) {
    HN_TRY(hn_centered_back(ctx, c, s->residual, s->slope));
    for (int64_t j = 0; j < c->p; j++) {
        s->slope[j] -= alpha * b[j];
        s->step[j] = s->weight ? s->slope[j] / s->weight[j] : s->slope[j];
    }
    *ret_size = hn_dot(s->slope, s->step, c->p);
    return HONE_OK;
}

hone_status hn_centered_conjugate(hone_ctx *ctx, const hn_centered *c, double alpha,
                                  double tolerance, int64_t max_iter, double *b,
                                  hn_centered_end *ret_end) {
    HN_SCRATCH(ctx);
    search s = {0};
    hn_centered_end end = {0};
    HN_TRY(make(ctx, c, alpha, &s));
    memset(b, 0, (size_t)c->p * sizeof *b);
    memcpy(s.residual, c->y, (size_t)c->n * sizeof(double));
    double size, before;
    HN_TRY(look(ctx, c, alpha, b, &s, &size));
    memcpy(s.toward, s.step, (size_t)c->p * sizeof(double));
    double least = tolerance * tolerance * hn_dot(s.slope, s.slope, c->p);
    end.converged = size == 0;
    while (!end.converged && end.iterations < max_iter) {
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(hn_centered_times(ctx, c, s.toward, s.moved));
        double curve = hn_dot(s.moved, s.moved, c->n) + alpha * hn_dot(s.toward, s.toward, c->p);
        if (!(curve > 0)) break;
        double length = size / curve;
        for (int64_t j = 0; j < c->p; j++) b[j] += length * s.toward[j];
        for (int64_t i = 0; i < c->n; i++) s.residual[i] -= length * s.moved[i];
        before = size;
        HN_TRY(look(ctx, c, alpha, b, &s, &size));
        for (int64_t j = 0; j < c->p; j++) s.toward[j] = s.step[j] + size / before * s.toward[j];
        end.iterations++;
        end.converged = hn_dot(s.slope, s.slope, c->p) <= least;
    }
    *ret_end = end;
    return HONE_OK;
}
