/* problem.c - the passes over the rows; see problem.h. */
#include "ml/linear/problem.h"
#include "num/math.h"
#include "num/optimize.h"
#include "num/simd.h"
#include <string.h>

enum { R = HN_DESIGN_ROWS };

/* ---- slots ---------------------------------------------------------------------------------- */

/* One group's sums: value, gradient [dim], then the upper triangle of blocks of the Hessian, each
 * [stride, stride]. */
static int64_t n_pairs(int64_t n_outputs) { return n_outputs * (n_outputs + 1) / 2; }

hone_status hn_problem_make(hone_ctx *ctx, const hn_design *design, int64_t n_outputs,
                            bool intercept, double l1, double l2, bool newton,
                            hn_problem *ret_problem) {
    hn_problem p = {.design = design,
                    .n_outputs = n_outputs,
                    .intercept = intercept,
                    .stride = design->n_features + intercept,
                    .l1 = l1,
                    .l2 = l2};
    p.dim = n_outputs * p.stride;
    p.slot = 1 + p.dim + (newton ? n_pairs(n_outputs) * p.stride * p.stride : 0);
    p.slot = (p.slot + 7) / 8 * 8;
    HN_TRY(HN_SCRATCH_NEW(ctx, p.slots, hn_design_groups(design) * p.slot));
    *ret_problem = p;
    return HONE_OK;
}

/* ---- loss of a block ------------------------------------------------------------------------ */

/* In place of eta [R]: the residual w * (mu - y); w2 gets w * mu * (1 - mu). Returns the sum of losses.
 * With e = exp(-|eta|): loss = log(1 + e) + max(eta, 0) - y eta. Where all weights are one the logs of
 * a lane's rows are taken at once, as that of a product of at most 2^(R / 8). */
HN_CLONES static double binary_block(const double *y, const double *w, bool unit, double *eta,
                                     double *w2) {
    _Alignas(64) double e[R], one[R], rest[R];
    HN_SIMD for (int i = 0; i < R; i++) e[i] = -fabs(eta[i]);
    hn_exp_array(e, e, R);
    HN_SIMD for (int i = 0; i < R; i++) {
        double ahead = 1 / (1 + e[i]), behind = e[i] / (1 + e[i]);
        double mu = eta[i] >= 0 ? ahead : behind;
        one[i] = 1 + e[i];
        rest[i] = w[i] * ((eta[i] > 0 ? eta[i] : 0) - y[i] * eta[i]);
        eta[i] = w[i] * (mu - y[i]);
        w2[i] = w[i] * (ahead * behind);
    }
    double loss = hn_block_sum(rest);
    if (unit) {
        double product[8] = {1, 1, 1, 1, 1, 1, 1, 1};
        for (int i = 0; i < R; i += 8)
            for (int lane = 0; lane < 8; lane++) product[lane] *= one[i + lane];
        hn_log_array(product, product, 8);
        for (int lane = 0; lane < 8; lane++) loss += product[lane];
        return loss;
    }
    hn_log_array(one, one, R);
    HN_SIMD for (int i = 0; i < R; i++) one[i] *= w[i];
    return loss + hn_block_sum(one);
}

/* In place of eta [k][R]: probabilities. Returns the sum of losses. */
HN_CLONES static double softmax_block(const double *y, const double *w, int64_t k, double *eta) {
    _Alignas(64) double top[R], sum[R], own[R];
    memcpy(top, eta, sizeof top);
    for (int64_t c = 1; c < k; c++)
        HN_SIMD for (int i = 0; i < R; i++) top[i] =
            eta[c * R + i] > top[i] ? eta[c * R + i] : top[i];
    for (int i = 0; i < R; i++) own[i] = eta[(int64_t)y[i] * R + i];
    memset(sum, 0, sizeof sum);
    for (int64_t c = 0; c < k; c++) {
        HN_SIMD for (int i = 0; i < R; i++) eta[c * R + i] -= top[i];
        hn_exp_array(eta + c * R, eta + c * R, R);
        HN_SIMD for (int i = 0; i < R; i++) sum[i] += eta[c * R + i];
    }
    for (int64_t c = 0; c < k; c++) HN_SIMD for (int i = 0; i < R; i++) eta[c * R + i] /= sum[i];
    hn_log_array(sum, sum, R);
    HN_SIMD for (int i = 0; i < R; i++) sum[i] = w[i] * (sum[i] + (top[i] - own[i]));
    return hn_block_sum(sum);
}

/* ---- one group ------------------------------------------------------------------------------ */

typedef struct pass_job {
    const hn_problem *problem;
    const double *theta;
    bool hessian;
} pass_job;

static void linear_predictors(const hn_problem *p, int64_t block, const double *theta,
                              double *eta) {
    int64_t features = p->design->n_features;
    for (int64_t k = 0; k < p->n_outputs; k++) {
        const double *row = theta + k * p->stride;
        hn_design_predict(p->design, block, row, p->intercept ? row[features] : 0, eta + k * R);
    }
}

static void add_gradient(const hn_problem *p, int64_t block, const double *r, double *g) {
    hn_design_gradient(p->design, block, r, g);
    if (p->intercept) g[p->design->n_features] += hn_block_sum(r);
}

static void add_hessian(const hn_problem *p, int64_t block, const double *w, double *h,
                        double *cross) {
    int64_t features = p->design->n_features;
    memset(cross, 0, (size_t)features * sizeof *cross);
    hn_design_gram(p->design, block, w, h, p->stride, cross);
    if (!p->intercept) return;
    for (int64_t j = 0; j < features; j++) h[j * p->stride + features] += cross[j];
    h[features * p->stride + features] += hn_block_sum(w);
}

static bool all_ones(const double *w) {
    for (int i = 0; i < R; i++)
        if (w[i] != 1) return false;
    return true;
}

static void single_rows(const pass_job *job, int64_t block, double *eta, double *cross,
                        double *slot) {
    const hn_problem *p = job->problem;
    const hn_design *d = p->design;
    const double *w = d->weight + block * R, *y = d->y + block * R;
    linear_predictors(p, block, job->theta, eta);
    slot[0] += p->loss ? p->loss(p->arg, y, w, eta, eta + R)
                       : binary_block(y, w, all_ones(w), eta, eta + R);
    add_gradient(p, block, eta, slot + 1);
    if (job->hessian) add_hessian(p, block, eta + R, slot + 1 + p->dim, cross);
}

static void softmax_rows(const pass_job *job, int64_t block, double *mu, double *cross,
                         double *slot) {
    const hn_problem *p = job->problem;
    const hn_design *d = p->design;
    const double *w = d->weight + block * R, *y = d->y + block * R;
    _Alignas(64) double v[R];
    linear_predictors(p, block, job->theta, mu);
    slot[0] += softmax_block(y, w, p->n_outputs, mu);
    double *h = slot + 1 + p->dim;
    for (int64_t a = 0; a < p->n_outputs; a++) {
        const double *ma = mu + a * R;
        for (int i = 0; i < R; i++) v[i] = w[i] * (ma[i] - (y[i] == (double)a ? 1.0 : 0.0));
        add_gradient(p, block, v, slot + 1 + a * p->stride);
        for (int64_t b = a; job->hessian && b < p->n_outputs; b++) {
            const double *mb = mu + b * R;
            for (int i = 0; i < R; i++) v[i] = w[i] * ma[i] * (a == b ? 1 - mb[i] : -mb[i]);
            add_hessian(p, block, v, h, cross);
            h += p->stride * p->stride;
        }
    }
}

static hone_status pass_group(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const pass_job *job = arg;
    const hn_problem *p = job->problem;
    double *slot = p->slots + chunk.index * p->slot;
    memset(slot, 0, (size_t)p->slot * sizeof(double));
    HN_SCRATCH(ctx);
    double *eta, *cross;
    HN_TRY(HN_SCRATCH_NEW(ctx, eta, (p->n_outputs + 1) * R));
    HN_TRY(HN_SCRATCH_NEW(ctx, cross, p->stride));
    for (int64_t block = chunk.begin; block < chunk.end; block++) {
        if (p->n_outputs == 1)
            single_rows(job, block, eta, cross, slot);
        else
            softmax_rows(job, block, eta, cross, slot);
    }
    return HONE_OK;
}

/* ---- all groups ----------------------------------------------------------------------------- */

/* Block (a, b) of the Hessian from its upper triangle at upper, to all four places. */
static void place_block(const hn_problem *p, const double *upper, int64_t a, int64_t b, double *h) {
    int64_t s = p->stride;
    for (int64_t i = 0; i < s; i++) {
        for (int64_t j = i; j < s; j++) {
            double value = upper[i * s + j] / p->design->total;
            h[(a * s + i) * p->dim + b * s + j] = value;
            h[(a * s + j) * p->dim + b * s + i] = value;
            h[(b * s + i) * p->dim + a * s + j] = value;
            h[(b * s + j) * p->dim + a * s + i] = value;
        }
    }
}

static void finish_hessian(const hn_problem *p, const double *upper, double *h) {
    for (int64_t a = 0; a < p->n_outputs; a++) {
        for (int64_t b = a; b < p->n_outputs; b++) {
            place_block(p, upper, a, b, h);
            upper += p->stride * p->stride;
        }
    }
    for (int64_t i = 0; i < p->dim; i++)
        if (hn_problem_penalised(p, i)) h[i * p->dim + i] += p->l2;
}

hone_status hn_problem_pass(hone_ctx *ctx, const hn_problem *problem, const double *theta,
                            double *ret_value, double *ret_gradient, double *ret_hessian) {
    const hn_problem *p = problem;
    pass_job job = {p, theta, ret_hessian != NULL};
    HN_TRY(hn_parallel(ctx, p->design->n_blocks, p->design->group, pass_group, &job));
    int64_t groups = hn_design_groups(p->design);
    int64_t used = ret_hessian ? p->slot : 1 + p->dim;
    double *sum = p->slots; /* the first group's, where the others are added in order */
    for (int64_t g = 1; g < groups; g++)
        for (int64_t i = 0; i < used; i++) sum[i] += p->slots[g * p->slot + i];
    double squares = 0;
    for (int64_t i = 0; i < p->dim; i++) {
        bool penalised = hn_problem_penalised(p, i);
        ret_gradient[i] = sum[1 + i] / p->design->total + (penalised ? p->l2 * theta[i] : 0);
        if (penalised) squares += theta[i] * theta[i];
    }
    *ret_value = sum[0] / p->design->total + p->l2 * squares / 2;
    if (ret_hessian) finish_hessian(p, sum + 1 + p->dim, ret_hessian);
    return HONE_OK;
}

/* ---- L-BFGS ---------------------------------------------------------------------------------- */

static hone_status objective(hone_ctx *ctx, void *arg, const double *x, double *ret_value,
                             double *ret_gradient) {
    HN_TRY(hn_check_cancel(ctx));
    return hn_problem_pass(ctx, arg, x, ret_value, ret_gradient, NULL);
}

hone_status hn_problem_lbfgs(hone_ctx *ctx, const hn_problem *problem, double tolerance,
                             int64_t max_iter, double *theta, hn_problem_end *ret_end) {
    HN_SCRATCH(ctx);
    double *l1 = NULL;
    if (problem->l1 > 0) {
        HN_TRY(HN_SCRATCH_NEW(ctx, l1, problem->dim));
        for (int64_t i = 0; i < problem->dim; i++)
            l1[i] = hn_problem_penalised(problem, i) ? problem->l1 : 0;
    }
    hn_minimum minimum;
    hn_problem own = *problem;
    HN_TRY(hn_lbfgs(ctx, problem->dim, theta, objective, &own, l1, tolerance, max_iter, &minimum));
    *ret_end = (hn_problem_end){.iterations = minimum.iterations,
                                .converged = minimum.converged,
                                .residual = minimum.gradient_norm,
                                .value = minimum.value};
    return HONE_OK;
}

/* ---- what else is asked of a point ---------------------------------------------------------- */

hone_status hn_problem_separates(hone_ctx *ctx, const hn_problem *problem, const double *theta,
                                 bool *ret_separates) {
    const hn_design *d = problem->design;
    int64_t outputs = problem->n_outputs;
    HN_SCRATCH(ctx);
    double *eta;
    HN_TRY(HN_SCRATCH_NEW(ctx, eta, outputs * R));
    *ret_separates = false;
    for (int64_t row = 0; row < d->n_rows; row++) {
        int64_t i = row % R;
        if (i == 0) linear_predictors(problem, row / R, theta, eta);
        if (d->weight[row] == 0) continue;
        int64_t y = (int64_t)d->y[row];
        if (outputs == 1 && !(y == 1 ? eta[i] > 0 : eta[i] < 0)) return HONE_OK;
        for (int64_t k = 0; k < outputs; k++)
            if (outputs > 1 && k != y && !(eta[y * R + i] > eta[k * R + i])) return HONE_OK;
    }
    *ret_separates = true;
    return HONE_OK;
}

double hn_problem_l1(const hn_problem *problem, const double *theta) {
    double sum = 0;
    for (int64_t i = 0; problem->l1 > 0 && i < problem->dim; i++)
        if (hn_problem_penalised(problem, i)) sum += fabs(theta[i]);
    return problem->l1 * sum;
}

double hn_problem_residual(const hn_problem *problem, const double *theta, const double *gradient) {
    double largest = 0;
    for (int64_t i = 0; i < problem->dim; i++) {
        double g = fabs(gradient[i]);
        if (problem->l1 > 0 && hn_problem_penalised(problem, i)) {
            if (theta[i] == 0)
                g = fmax(g - problem->l1, 0);
            else
                g = fabs(gradient[i] + copysign(problem->l1, theta[i]));
        }
        if (!(g <= largest)) largest = g; /* NaN too */
    }
    return largest;
}
