/* l1_quadratic.c - coordinate descent, and the end of it; see l1_quadratic.h. */
#include "num/l1_quadratic.h"
#include "num/blas.h"
#include "num/simd.h"
#include <float.h>
#include <math.h>
#include <string.h>

typedef struct solver {
    const hn_l1_quadratic *q;
    double *b, *slope;
    double *signs;    /* [n] of the support's coordinates, 0 elsewhere; 2: has no penalty */
    int64_t *support; /* [n]: n_support coordinates */
    int64_t n_support, capacity; /* of a: support, as it comes to need */
    double *a, *right;           /* [support, support], [support] */
    double *b_old, *slope_old;   /* [n] */
    double *length;              /* [n]: root of A's diagonal */
    double reach;                /* sum of |b| * length */
} solver;

HN_CLONES static void add_row(double *restrict slope, const double *restrict row, double by,
                              int64_t n) {
    HN_SIMD
    for (int64_t k = 0; k < n; k++) slope[k] += by * row[k];
}

static double sign_of(double x) { return (x > 0) - (x < 0); }

/* How far coordinate i is from its optimality condition, beyond what rounding does to its slope, which
 * is a sum of terms of at most length * reach. */
static double violation(const solver *s, int64_t i) {
    double l1 = s->q->l1[i], g = s->slope[i], off;
    if (s->b[i] != 0 || l1 == 0)
        off = fabs(g + l1 * sign_of(s->b[i]));
    else
        off = (s->q->positive ? -g : fabs(g)) - l1;
    return fmax(off - 4 * DBL_EPSILON * s->length[i] * s->reach, 0);
}

static void find_reach(solver *s) {
    s->reach = 0;
    for (int64_t i = 0; i < s->q->n; i++) s->reach += fabs(s->b[i]) * s->length[i];
}

static double worst(solver *s) {
    double largest = 0;
    find_reach(s);
    for (int64_t i = 0; i < s->q->n; i++) largest = fmax(largest, violation(s, i));
    return largest;
}

/* One pass over all coordinates; returns the largest change times its curvature. */
static double sweep(solver *s) {
    const hn_l1_quadratic *q = s->q;
    double largest = 0;
    for (int64_t i = 0; i < q->n; i++) {
        double curvature = q->a[i * q->ld + i];
        if (!(curvature > 0)) continue;
        double from = s->b[i], to;
        if (from == 0 && fabs(s->slope[i]) <= q->l1[i]) continue;
        to = hn_shrink(from - s->slope[i] / curvature, q->l1[i] / curvature);
        if (q->positive && q->l1[i] > 0 && to < 0) to = 0;
        double move = to - from;
        if (move == 0) continue;
        s->b[i] = to;
        add_row(s->slope, q->a + i * q->ld, move, q->n);
        largest = fmax(largest, fabs(move) * curvature);
    }
    return largest;
}

/* ---- an exact end --------------------------------------------------------------------------- */

static void list_support(solver *s) {
    s->n_support = 0;
    for (int64_t i = 0; i < s->q->n; i++)
        if (s->signs[i] != 0 && s->q->a[i * s->q->ld + i] > 0) s->support[s->n_support++] = i;
}

/* Signs and support as b has them; whether they are others than before. */
static bool take_signs(solver *s) {
    bool news = false;
    for (int64_t i = 0; i < s->q->n; i++) {
        double sign = s->q->l1[i] == 0 ? 2 : sign_of(s->b[i]);
        news |= sign != s->signs[i];
        s->signs[i] = sign;
    }
    list_support(s);
    return news;
}

/* The step that solves for the support, signs held, in s->right; false where the system is singular. */
static hone_status solve_support(hone_ctx *ctx, solver *s, bool *ret_solved) {
    const hn_l1_quadratic *q = s->q;
    int64_t n = s->n_support;
    if (n > s->capacity) {
        s->capacity = 2 * s->capacity > n ? 2 * s->capacity : n;
        if (s->capacity > q->n) s->capacity = q->n;
        HN_TRY(HN_SCRATCH_NEW(ctx, s->a, s->capacity * s->capacity));
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t row = s->support[i];
        s->right[i] = -s->slope[row] - q->l1[row] * s->signs[row];
        for (int64_t j = 0; j < n; j++) s->a[i * n + j] = q->a[row * q->ld + s->support[j]];
    }
    double rcond = 1;
    hone_status status = hn_solve_spd(ctx, n, s->a, 1, s->right, &rcond);
    *ret_solved = status == HONE_OK && rcond > 1e-13;
    return status == HONE_ERROR_DATA ? HONE_OK : status;
}

/* At which share of its step coordinate i of the support would change its sign; INFINITY: it doesn't. */
static double leaves_at(const solver *s, int64_t i) {
    int64_t row = s->support[i];
    double from = s->b[row], to = from + s->right[i];
    if (s->q->l1[row] == 0 || sign_of(to) == s->signs[row]) return INFINITY;
    return from == 0 ? 0 : from / (from - to);
}

/* Go step of the way to the solution. What would change its sign becomes 0 and leaves. Returns by how much
 * the objective changed. */
static double go(solver *s, double step) {
    const hn_l1_quadratic *q = s->q;
    double change = 0;
    memcpy(s->b_old, s->b, (size_t)q->n * sizeof *s->b);
    memcpy(s->slope_old, s->slope, (size_t)q->n * sizeof *s->slope);
    for (int64_t i = 0; i < s->n_support; i++) {
        int64_t row = s->support[i];
        double from = s->b[row];
        double to = leaves_at(s, i) <= step ? 0 : from + step * s->right[i];
        s->b[row] = to;
        if (to != from) add_row(s->slope, q->a + row * q->ld, to - from, q->n);
        change += q->l1[row] * (fabs(to) - fabs(from));
    }
    for (int64_t i = 0; i < s->n_support; i++) {
        int64_t row = s->support[i];
        change += 0.5 * (s->slope[row] + s->slope_old[row]) * (s->b[row] - s->b_old[row]);
    }
    return change;
}

/* To the solution, or as far as signs allow: all the way if the objective falls although some
 * coordinates are cut off at 0, else to where the first of them is 0. False if some left. */
static bool go_far(solver *s) {
    double first = INFINITY;
    for (int64_t i = 0; i < s->n_support; i++) first = fmin(first, leaves_at(s, i));
    double change = go(s, 1);
    if (first > 1) return true;
    if (!(change < 0)) {
        memcpy(s->b, s->b_old, (size_t)s->q->n * sizeof *s->b);
        memcpy(s->slope, s->slope_old, (size_t)s->q->n * sizeof *s->slope);
        go(s, first);
    }
    for (int64_t i = 0; i < s->n_support; i++)
        if (s->q->l1[s->support[i]] > 0 && s->b[s->support[i]] == 0) s->signs[s->support[i]] = 0;
    list_support(s);
    return false;
}

/* The coordinates outside the support that break their condition by at least half of what the worst
 * does, up to a quarter of the support, join it with the sign they want. False if none does. */
static bool admit(solver *s) {
    double largest = 0;
    int64_t room = 1 + s->n_support / 4;
    find_reach(s);
    for (int64_t i = 0; i < s->q->n; i++)
        if (s->signs[i] == 0) largest = fmax(largest, violation(s, i));
    if (!(largest > s->q->tolerance)) return false;
    for (int64_t i = 0; i < s->q->n && room > 0; i++) {
        if (s->signs[i] != 0 || violation(s, i) < 0.5 * largest) continue;
        s->signs[i] = -sign_of(s->slope[i]);
        room--;
    }
    list_support(s);
    return true;
}

/* An active-set method (in the manner of Lawson, Hanson 1974), from where coordinate descent has come. It
 * ends at the minimum, or where it has cost too much or met a singular system. */
static hone_status finish(hone_ctx *ctx, solver *s) {
    int64_t most = 200 + 2 * s->n_support;
    for (int64_t i = 0; i < most; i++) {
        bool solved;
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(solve_support(ctx, s, &solved));
        if (!solved) return HONE_OK;
        if (go_far(s) && !admit(s)) return HONE_OK;
    }
    return HONE_OK;
}

hone_status hn_l1_quadratic_solve(hone_ctx *ctx, const hn_l1_quadratic *q, double *b, double *slope,
                                  int64_t *ret_sweeps) {
    enum { BURST = 4 };
    HN_SCRATCH(ctx);
    solver s = {.q = q, .b = b, .slope = slope};
    HN_TRY(HN_SCRATCH_NEW(ctx, s.support, q->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.right, q->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.signs, q->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.b_old, q->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.slope_old, q->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.length, q->n + 1));
    for (int64_t i = 0; i < q->n; i++) s.length[i] = sqrt(fmax(q->a[i * q->ld + i], 0));
    int64_t sweeps = 0, since = 0;
    bool tried = false;
    while (sweeps < q->max_sweeps && worst(&s) > q->tolerance) {
        HN_TRY(hn_check_cancel(ctx));
        double change = 0;
        for (int64_t i = 0; i < BURST && sweeps < q->max_sweeps; i++, sweeps++, since++)
            change = sweep(&s);
        if (change == 0 || worst(&s) <= q->tolerance)
            break; /* there, or as near as rounding lets */
        bool news = take_signs(&s);
        if (news) tried = false;
        /* Once per support, when it holds still or the sweeps since then have cost as much. */
        if (tried || (news && since < s.n_support * s.n_support / (24 * q->n))) continue;
        HN_TRY(finish(ctx, &s));
        tried = true;
        since = 0;
    }
    if (ret_sweeps) *ret_sweeps = sweeps;
    return HONE_OK;
}
