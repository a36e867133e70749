/* part.c - the formulations as quadratic problems: C and nu, two classes, numbers, one class. */
#include "ml/svm/machine.h"
#include "ml/svm/smo.h"
#include <string.h>

typedef struct problem {
    hn_krows rows;
    hn_smo smo;
    int32_t *row;
    uint8_t *group;
    double *lower, *upper, *linear;
} problem;

/* sides: variables for each row (2 for numbers: error above and below). */
static hone_status make_problem(hone_ctx *ctx, const hn_svm_rules *rules, const hn_svm_part *part,
                                int sides, problem *ret) {
    problem q = {0};
    int64_t rows = part->x.n, n = rows * sides;
    if (n > INT32_MAX)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s: %lld rows are too many for a kernel; take a sample or a linear model",
                       rules->kind, (long long)rows);
    HN_TRY(HN_SCRATCH_NEW(ctx, q.row, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.group, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.lower, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.upper, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.linear, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.smo.beta, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.smo.f, rows));
    HN_TRY(hn_krows_init(ctx, ctx->scratch, &rules->kernel, &part->x, rules->cache_bytes,
                         hn_smo_least_rows(rows), &q.rows));
    for (int64_t i = 0; i < n; i++) q.row[i] = (int32_t)(i % rows);
    q.smo.n = n;
    q.smo.row = q.row;
    q.smo.lower = q.lower;
    q.smo.upper = q.upper;
    q.smo.linear = q.linear;
    q.smo.tolerance = rules->tolerance;
    q.smo.max_steps = rules->max_steps;
    *ret = q;
    return HONE_OK;
}

/* A variable that may go from 0 to `bound`, up or down. */
static void set_side(problem *q, int64_t t, bool up, double bound, double linear) {
    q->lower[t] = up ? 0 : -bound;
    q->upper[t] = up ? bound : 0;
    q->linear[t] = linear;
    q->group[t] = up ? 0 : 1;
}

static hone_status solve(hone_ctx *ctx, const hn_svm_rules *rules, problem *q, hn_svm_part *part) {
    HN_TRY(hn_smo_solve(ctx, &q->rows, &q->smo));
    part->steps = q->smo.steps;
    part->converged = q->smo.converged;
    if (!part->converged)
        hn_say(ctx, HONE_LOG_WARN,
               "%s: not converged after %lld steps (a gap of %.2g, wanted %.2g); scale the "
               "features, or raise 'max_iter' or 'tolerance'",
               rules->kind, (long long)q->smo.steps, q->smo.gap, q->smo.tolerance);
    return HONE_OK;
}

static hone_status infeasible(hone_ctx *ctx, const hn_svm_rules *rules, double most) {
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "nu"),
                      "%s: with these classes (or weights) 'nu' can be at most %g, not %g",
                      rules->kind, most, rules->nu);
}

hone_status hn_svm_two_classes(hone_ctx *ctx, const hn_svm_rules *rules, hn_svm_part *part) {
    HN_SCRATCH(ctx);
    problem q;
    double total[2] = {0}, rest[2];
    HN_TRY(make_problem(ctx, rules, part, 1, &q));
    for (int64_t i = 0; i < part->x.n; i++) {
        set_side(&q, i, part->y[i] > 0, part->c[i], rules->by_nu ? 0 : part->y[i]);
        total[part->y[i] > 0] += part->c[i];
    }
    if (rules->by_nu) {
        double half = rules->nu * (total[0] + total[1]) / 2, least = fmin(total[0], total[1]);
        if (half > least * (1 + 1e-12))
            return infeasible(ctx, rules, 2 * least / (total[0] + total[1]));
        rest[0] = rest[1] = half;
        for (int64_t i = 0; i < part->x.n; i++) {
            double *left = &rest[part->y[i] > 0], take = fmin(part->c[i], *left);
            q.smo.beta[i] = part->y[i] * take;
            *left -= take;
        }
        q.smo.group = q.group;
    }
    HN_TRY(solve(ctx, rules, &q, part));
    double margin = rules->by_nu ? (q.smo.bias[1] - q.smo.bias[0]) / 2 : 1;
    if (!(margin > 0))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "nu"),
                          "%s: there is no margin between the classes at 'nu' %g; lower it",
                          rules->kind, rules->nu);
    for (int64_t i = 0; i < part->x.n; i++) part->coef[i] = q.smo.beta[i] / margin;
    part->bias = rules->by_nu ? (q.smo.bias[0] + q.smo.bias[1]) / 2 / margin : q.smo.bias[0];
    return HONE_OK;
}

hone_status hn_svm_numbers(hone_ctx *ctx, const hn_svm_rules *rules, hn_svm_part *part) {
    HN_SCRATCH(ctx);
    problem q;
    int64_t n = part->x.n;
    double rest = 0;
    HN_TRY(make_problem(ctx, rules, part, 2, &q));
    for (int64_t i = 0; i < n; i++) {
        double slack = rules->by_nu ? 0 : rules->epsilon;
        set_side(&q, i, true, part->c[i], part->y[i] - slack);
        set_side(&q, n + i, false, part->c[i], part->y[i] + slack);
        rest += rules->nu * part->c[i] / 2;
    }
    for (int64_t i = 0; rules->by_nu && i < n; i++) {
        double take = fmin(rest, part->c[i]);
        q.smo.beta[i] = take;
        q.smo.beta[n + i] = -take;
        rest -= take;
    }
    if (rules->by_nu) q.smo.group = q.group;
    HN_TRY(solve(ctx, rules, &q, part));
    for (int64_t i = 0; i < n; i++) part->coef[i] = q.smo.beta[i] + q.smo.beta[n + i];
    part->bias = rules->by_nu ? (q.smo.bias[0] + q.smo.bias[1]) / 2 : q.smo.bias[0];
    return HONE_OK;
}

hone_status hn_svm_one_class(hone_ctx *ctx, const hn_svm_rules *rules, hn_svm_part *part) {
    HN_SCRATCH(ctx);
    problem q;
    double rest = 0;
    HN_TRY(make_problem(ctx, rules, part, 1, &q));
    for (int64_t i = 0; i < part->x.n; i++) {
        set_side(&q, i, true, part->c[i], 0);
        rest += rules->nu * part->c[i];
    }
    for (int64_t i = 0; i < part->x.n; i++) {
        q.smo.beta[i] = fmin(rest, part->c[i]);
        rest -= q.smo.beta[i];
    }
    HN_TRY(solve(ctx, rules, &q, part));
    memcpy(part->coef, q.smo.beta, (size_t)part->x.n * sizeof(double));
    part->bias = q.smo.bias[0];
    return HONE_OK;
}
