/* lasso_solve.c - see lasso_solve.h. */
#include "ml/linear/lasso_solve.h"
#include "num/blas.h"
#include "num/l1_quadratic.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Few enough columns to take all at once; and the largest Gram matrices to keep, for any number of rows and
 * for at least half as many. */
enum { FEW = 200, GRAM_ALWAYS = 2000, GRAM_MOST = 6000 };

hone_status hn_lasso_make(hone_ctx *ctx, hn_columns *columns, bool positive, double tolerance,
                          int64_t max_iter, hn_lasso_solver *ret_solver) {
    hn_lasso_solver s = {.columns = columns,
                         .positive = positive,
                         .tolerance = tolerance,
                         .max_iter = max_iter,
                         .arena = ctx->scratch};
    int64_t p = columns->p;
    HN_TRY(HN_SCRATCH_NEW(ctx, s.b, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.r, columns->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.slope, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.dead, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.l1s, p));
    s.y_squares = hn_dot(columns->y, columns->y, columns->n);
    if (p <= FEW) s.n_working = p;
    *ret_solver = s;
    return HONE_OK;
}

/* ---- where we are --------------------------------------------------------------------------- */

/* Residuals and slopes of all columns that are alive, at b. */
static hone_status compare(hone_ctx *ctx, hn_lasso_solver *s, double l2) {
    HN_TRY(hn_check_cancel(ctx));
    HN_TRY(hn_columns_residuals(ctx, s->columns, s->b, s->n_working, s->r));
    HN_TRY(hn_columns_correlate(ctx, s->columns, s->r, s->dead, s->slope));
    for (int64_t at = 0; at < s->n_working; at++) s->slope[at] -= l2 * s->b[at];
    return HONE_OK;
}

/* What counts of a slope: with positive coefficients only what pushes upwards. */
static double push(const hn_lasso_solver *s, double slope) {
    return s->positive ? slope : fabs(slope);
}

static double most(const hn_lasso_solver *s) {
    double largest = 0;
    for (int64_t at = 0; at < s->columns->p; at++) largest = fmax(largest, push(s, s->slope[at]));
    return largest;
}

/* The duality gap at b: for the dual point that is the residual scaled to be feasible (*ret_scale), and
 * with l2 also for the residual itself, whichever is smaller. *ret_safe is the first. */
static double find_gap(const hn_lasso_solver *s, double l1, double l2, double *ret_scale,
                       double *ret_safe) {
    double rr = hn_dot(s->r, s->r, s->columns->n), ry = hn_dot(s->r, s->columns->y, s->columns->n);
    double bb = hn_dot(s->b, s->b, s->n_working), b1 = 0, excess = 0, steepest = most(s);
    for (int64_t at = 0; at < s->n_working; at++) b1 += fabs(s->b[at]);
    double scale = steepest > l1 ? l1 / steepest : 1;
    *ret_scale = scale;
    *ret_safe = 0.5 * (1 + scale * scale) * (rr + l2 * bb) + l1 * b1 - scale * ry;
    if (!(l2 > 0)) return *ret_safe;
    for (int64_t at = 0; at < s->columns->p; at++) {
        double own = at < s->n_working ? s->slope[at] + l2 * s->b[at] : s->slope[at];
        double over = fmax(push(s, own) - l1, 0);
        excess += over * over;
    }
    double free = rr + l1 * b1 + 0.5 * l2 * bb - ry + excess / (2 * l2);
    return fmin(*ret_safe, free);
}

/* Columns outside the working set that no solution with this gap can use. */
static void screen(hn_lasso_solver *s, double l1, double l2, double scale, double gap) {
    double radius = sqrt(2 * fmax(gap, 0));
    for (int64_t at = s->n_working; at < s->columns->p; at++) {
        int64_t j = s->columns->order[at];
        double length = sqrt(s->columns->squares[j] + l2);
        if (scale * push(s, s->slope[at]) + length * radius < l1 * (1 - 1e-12)) s->dead[j] = true;
    }
}

/* ---- the working set ------------------------------------------------------------------------ */

typedef struct candidate {
    double push;
    int64_t column;
} candidate;

static int steeper_first(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    if (x->push != y->push) return x->push > y->push ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

/* The columns that push hardest against l1 join; false if none does. */
static hone_status grow(hone_ctx *ctx, hn_lasso_solver *s, double l1, bool *ret_grown) {
    HN_SCRATCH(ctx);
    candidate *list;
    int64_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, list, s->columns->p - s->n_working + 1));
    for (int64_t at = s->n_working; at < s->columns->p; at++) {
        double size = push(s, s->slope[at]);
        if (size > l1) list[n++] = (candidate){size, s->columns->order[at]};
    }
    *ret_grown = n > 0;
    qsort(list, (size_t)n, sizeof *list, steeper_first);
    int64_t room = s->n_working > FEW / 2 ? s->n_working : FEW / 2;
    for (int64_t i = 0; i < n && i < room; i++) {
        int64_t from = s->columns->place[list[i].column], to = s->n_working++;
        hn_columns_move(s->columns, list[i].column, to);
        double slope = s->slope[from];
        s->slope[from] = s->slope[to];
        s->slope[to] = slope;
    }
    return HONE_OK;
}

static bool gram_fits(const hn_lasso_solver *s) {
    if (s->n_working <= GRAM_ALWAYS) return true;
    return s->n_working <= GRAM_MOST && s->n_working <= 2 * s->columns->n;
}

static hone_status extend_gram(hone_ctx *ctx, hn_lasso_solver *s) {
    if (s->n_working > s->capacity) {
        int64_t capacity = s->n_working == s->columns->p ? s->n_working : 2 * s->n_working;
        if (capacity > s->columns->p) capacity = s->columns->p;
        double *gram;
        HN_TRY(HN_NEW(ctx, s->arena, gram, capacity * capacity));
        for (int64_t i = 0; i < s->n_gram; i++)
            memcpy(gram + i * capacity, s->gram + i * s->capacity,
                   (size_t)s->n_gram * sizeof *gram);
        s->gram = gram;
        s->capacity = capacity;
    }
    HN_TRY(hn_columns_gram(ctx, s->columns, s->n_gram, s->n_working, s->gram, s->capacity));
    s->n_gram = s->n_working;
    return HONE_OK;
}

/* ---- solving on it -------------------------------------------------------------------------- */

static hone_status by_gram(hone_ctx *ctx, hn_lasso_solver *s, double l1, double l2,
                           double tolerance, int64_t max_sweeps, int64_t *ret_sweeps) {
    if (s->n_gram < s->n_working) HN_TRY(extend_gram(ctx, s));
    for (int64_t at = 0; at < s->n_working; at++) {
        s->gram[at * s->capacity + at] = s->columns->squares[s->columns->order[at]] + l2;
        s->slope[at] = -s->slope[at];
        s->l1s[at] = l1;
        /* A column without a length of its own has nothing to say. */
        if (s->columns->squares[s->columns->order[at]] == 0) s->gram[at * s->capacity + at] = 0;
    }
    hn_l1_quadratic model = {.n = s->n_working,
                             .a = s->gram,
                             .ld = s->capacity,
                             .l1 = s->l1s,
                             .positive = s->positive,
                             .tolerance = tolerance,
                             .max_sweeps = max_sweeps};
    return hn_l1_quadratic_solve(ctx, &model, s->b, s->slope, ret_sweeps);
}

/* One sweep over the working set, or over what of it is not zero; returns the largest change times its
 * curvature. */
static double sweep(hn_lasso_solver *s, double l1, double l2, bool all, double *shift) {
    double largest = 0;
    for (int64_t at = 0; at < s->n_working; at++) {
        double squares = s->columns->squares[s->columns->order[at]], from = s->b[at];
        if (squares == 0 || (!all && from == 0)) continue;
        double own = hn_columns_dot(s->columns, at, s->r, *shift) + squares * from;
        double to = hn_shrink(own, l1) / (squares + l2);
        if (s->positive && to < 0) to = 0;
        if (to == from) continue;
        hn_columns_add(s->columns, at, from - to, s->r, shift);
        s->b[at] = to;
        largest = fmax(largest, fabs(to - from) * (squares + l2));
    }
    return largest;
}

/* Without a Gram matrix: the residuals are kept up to date instead. */
static hone_status by_residuals(hone_ctx *ctx, hn_lasso_solver *s, double l1, double l2,
                                double tolerance, int64_t max_sweeps, int64_t *ret_sweeps) {
    enum { OVER_SUPPORT = 10 };
    double shift = 0, change = INFINITY;
    int64_t sweeps = 0;
    for (int round = 0; round < 10 && change > tolerance && sweeps < max_sweeps; round++) {
        HN_TRY(hn_check_cancel(ctx));
        change = sweep(s, l1, l2, true, &shift);
        sweeps++;
        double inner = change;
        for (int i = 0; i < OVER_SUPPORT && inner > tolerance && sweeps < max_sweeps; i++) {
            inner = sweep(s, l1, l2, false, &shift);
            sweeps++;
        }
    }
    *ret_sweeps = sweeps;
    return HONE_OK;
}

static void put_coefficients(const hn_lasso_solver *s, double *ret_coef) {
    memset(ret_coef, 0, (size_t)s->columns->p * sizeof *ret_coef);
    for (int64_t at = 0; at < s->n_working; at++) ret_coef[s->columns->order[at]] = s->b[at];
}

hone_status hn_lasso_solve(hone_ctx *ctx, hn_lasso_solver *s, double l1, double l2,
                           double *ret_coef, hn_lasso_end *ret_end) {
    for (int64_t j = 0; j < s->columns->p; j++) s->dead[j] = s->columns->squares[j] == 0;
    double target = s->tolerance * s->y_squares, gap, scale, safe;
    double precision = 0; /* of the optimality conditions within the working set */
    int64_t sweeps = 0;
    for (;;) {
        HN_TRY(compare(ctx, s, l2));
        gap = find_gap(s, l1, l2, &scale, &safe);
        if (precision == 0) precision = 0.5 * s->tolerance * fmax(l1, 1e-3 * most(s));
        if (gap <= target || sweeps >= s->max_iter) break;
        screen(s, l1, l2, scale, safe);
        bool grown = false;
        if (s->n_working < s->columns->p) HN_TRY(grow(ctx, s, l1, &grown));
        if (!grown && sweeps > 0) precision *= 0.1;
        if (precision < 1e-17 * fmax(l1, most(s))) break; /* rounding is in the way */
        int64_t more;
        HN_TRY((gram_fits(s) ? by_gram : by_residuals)(ctx, s, l1, l2, precision,
                                                       s->max_iter - sweeps, &more));
        sweeps += more > 0 ? more : 1;
    }
    put_coefficients(s, ret_coef);
    *ret_end = (hn_lasso_end){gap / s->columns->total, sweeps, gap <= target};
    return HONE_OK;
}

hone_status hn_lasso_most(hone_ctx *ctx, hn_lasso_solver *s, double *ret_l1) {
    for (int64_t j = 0; j < s->columns->p; j++) s->dead[j] = s->columns->squares[j] == 0;
    memset(s->b, 0, (size_t)s->columns->p * sizeof *s->b);
    HN_TRY(compare(ctx, s, 0));
    *ret_l1 = most(s);
    return HONE_OK;
}
