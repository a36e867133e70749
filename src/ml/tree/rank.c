/* rank.c - see rank.h. */
#include "ml/tree/rank.h"
#include "num/math.h"
#include "num/sort.h"

enum { GRAIN = 16 }; /* groups of one task */

static double gain(double grade) { return hn_exp(0.69314718055994531 * grade) - 1; }
static double discount(int64_t place) { return 1 / hn_log2((double)place + 2); }

/* ---- groups --------------------------------------------------------------------------------- */

static hone_status find_best(hone_ctx *ctx, hn_rank_groups *g, const double *y) {
    for (int64_t k = 0; k < g->n_groups; k++) {
        HN_SCRATCH(ctx);
        int64_t n = g->start[k + 1] - g->start[k];
        double *grades;
        HN_TRY(HN_SCRATCH_NEW(ctx, grades, n));
        for (int64_t i = 0; i < n; i++) grades[i] = y[g->rows[g->start[k] + i]];
        HN_TRY(hn_sort_f64(ctx, grades, n));
        for (int64_t i = 0; i < n && i < g->depth; i++)
            g->best[k] += gain(grades[n - 1 - i]) * discount(i);
    }
    return HONE_OK;
}

hone_status hn_rank_groups_make(hone_ctx *ctx, hn_arena *arena, const int64_t *group,
                                const double *y, int64_t n, int64_t depth,
                                hn_rank_groups **ret_groups) {
    hn_rank_groups *g;
    double *keys;
    HN_TRY(HN_NEW(ctx, arena, g, 1));
    g->depth = depth;
    HN_TRY(HN_NEW(ctx, arena, g->start, n + 1));
    HN_TRY(HN_NEW(ctx, arena, g->rows, n));
    HN_TRY(HN_NEW(ctx, arena, keys, n));
    for (int64_t i = 0; i < n; i++) keys[i] = (double)group[i];
    HN_TRY(hn_argsort_f64(ctx, keys, n, g->rows));
    for (int64_t i = 0; i < n; i++)
        if (i == 0 || group[g->rows[i]] != group[g->rows[i - 1]]) g->start[g->n_groups++] = i;
    g->start[g->n_groups] = n;
    HN_TRY(HN_NEW(ctx, arena, g->best, g->n_groups));
    HN_TRY(find_best(ctx, g, y));
    *ret_groups = g;
    return HONE_OK;
}

/* Rows of a group by descending score; of equal scores as they stand. */
static hone_status order_group(hone_ctx *ctx, const hn_rank_groups *g, int64_t k,
                               const double *scores, int64_t **ret_order) {
    int64_t n = g->start[k + 1] - g->start[k], *order;
    const int64_t *rows = g->rows + g->start[k];
    double *keys;
    HN_TRY(HN_SCRATCH_NEW(ctx, keys, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    for (int64_t i = 0; i < n; i++) keys[i] = -scores[rows[i]];
    HN_TRY(hn_argsort_f64(ctx, keys, n, order));
    for (int64_t i = 0; i < n; i++) order[i] = rows[order[i]];
    *ret_order = order;
    return HONE_OK;
}

/* ---- gradients ------------------------------------------------------------------------------ */

typedef struct rank_job {
    const hn_loss *loss;
    const double *scores;
    double *gradient, *hessian;
    const uint8_t *wanted; /* rows; NULL: all */
    double *figures;       /* [n_groups]; NaN: does not count */
} rank_job;

/* Each pair of unlike grades, one of which is within depth, pulls apart by what swapping them would cost;
 * the nearer scores are, the more. The group's forces are evened out by their sum. */
static hone_status pull_group(hone_ctx *ctx, const rank_job *job, int64_t k) {
    const hn_loss *loss = job->loss;
    const hn_rank_groups *g = loss->groups;
    int64_t n = g->start[k + 1] - g->start[k], *order;
    for (int64_t i = g->start[k]; i < g->start[k + 1]; i++)
        job->gradient[g->rows[i]] = job->hessian[g->rows[i]] = 0;
    if (!(g->best[k] > 0) || n < 2) return HONE_OK;
    HN_TRY(order_group(ctx, g, k, job->scores, &order));
    const double *s = job->scores, *y = loss->y;
    bool differ = s[order[0]] != s[order[n - 1]];
    double sum = 0;
    for (int64_t i = 0; i < n - 1 && i < g->depth; i++)
        for (int64_t j = i + 1; j < n; j++) {
            int64_t high = order[i], low = order[j];
            if (y[high] == y[low]) continue;
            if (y[high] < y[low]) {
                high = order[j];
                low = order[i];
            }
            double apart = s[high] - s[low];
            double cost =
                (gain(y[high]) - gain(y[low])) * fabs(discount(i) - discount(j)) / g->best[k];
            if (differ) cost /= 0.01 + fabs(apart);
            double wrong = hn_sigmoid(-apart), force = cost * wrong;
            double stiff = cost * wrong * (1 - wrong);
            job->gradient[high] -= force;
            job->gradient[low] += force;
            job->hessian[high] += stiff;
            job->hessian[low] += stiff;
            sum += 2 * force;
        }
    double even = sum > 0 ? hn_log2(1 + sum) / sum : 1;
    for (int64_t i = 0; i < n; i++) {
        job->gradient[order[i]] *= even;
        job->hessian[order[i]] *= even;
    }
    return HONE_OK;
}

static hone_status pull_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    for (int64_t k = chunk.begin; k < chunk.end; k++) {
        HN_SCRATCH(ctx);
        HN_TRY(pull_group(ctx, arg, k));
    }
    return HONE_OK;
}

hone_status hn_rank_gradients(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                              double *ret) {
    rank_job job = {.loss = loss, .scores = scores, .gradient = ret, .hessian = ret + loss->n};
    return hn_parallel(ctx, loss->groups->n_groups, GRAIN, pull_chunk, &job);
}

/* ---- value ---------------------------------------------------------------------------------- */

static hone_status judge_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const rank_job *job = arg;
    const hn_rank_groups *g = job->loss->groups;
    for (int64_t k = chunk.begin; k < chunk.end; k++) {
        HN_SCRATCH(ctx);
        int64_t n = g->start[k + 1] - g->start[k], *order;
        job->figures[k] = NAN;
        if (!(g->best[k] > 0) || (job->wanted && !job->wanted[g->rows[g->start[k]]])) continue;
        HN_TRY(order_group(ctx, g, k, job->scores, &order));
        double found = 0;
        for (int64_t i = 0; i < n && i < g->depth; i++)
            found += gain(job->loss->y[order[i]]) * discount(i);
        job->figures[k] = 1 - found / g->best[k];
    }
    return HONE_OK;
}

hone_status hn_rank_value(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                          const int64_t *rows, int64_t n, double *ret_value) {
    HN_SCRATCH(ctx);
    uint8_t *wanted = NULL;
    rank_job job = {.loss = loss, .scores = scores};
    HN_TRY(HN_SCRATCH_NEW(ctx, job.figures, loss->groups->n_groups));
    if (rows) HN_TRY(HN_SCRATCH_NEW(ctx, wanted, loss->n));
    for (int64_t i = 0; rows && i < n; i++) wanted[rows[i]] = 1;
    job.wanted = wanted;
    HN_TRY(hn_parallel(ctx, loss->groups->n_groups, GRAIN, judge_chunk, &job));
    double sum = 0;
    int64_t counted = 0;
    for (int64_t k = 0; k < loss->groups->n_groups; k++) {
        if (isnan(job.figures[k])) continue;
        sum += job.figures[k];
        counted++;
    }
    *ret_value = counted > 0 ? sum / (double)counted : 0;
    return HONE_OK;
}
