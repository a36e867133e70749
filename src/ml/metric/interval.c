/* interval.c - the bootstrap: draw counts, compute every metric on them, take percentiles. */
#include "ml/metric/interval.h"

#include "base/parallel.h"
#include "base/rng.h"
#include "ml/metric/sums.h"
#include "num/sort.h"
#include <assert.h>
#include <string.h>

enum { MAX_ROWS = 50000, MIN_RESAMPLES = 200, MAX_DRAWS = 10000000, GRAIN = 4 };

/* What every resample sees. side 0 is the model, side 1 the baseline. */
typedef struct job {
    hn_scored side[2];
    int n_sides;
    const hn_metric *const *metrics;
    int64_t n_metrics;
    int64_t resamples;
    uint64_t seed;
    double *values;                 /* [n_metrics, 2, resamples] */
    int64_t *group_start, n_groups; /* of ranks: in side[0].order[0] */
    double **figures; /* [n_metrics, 2] per row, of metrics that have them; else NULL */
} job;

static double *values_of(const job *j, int64_t metric, int side) {
    return j->values + (metric * 2 + side) * j->resamples;
}

/* Groups are drawn whole. */
static void draw_groups(const job *j, hn_rng *rng, double *weight) {
    const hn_scored *s = &j->side[0];
    const int64_t *order = s->order[0], *start = j->group_start;
    for (int64_t g = 0; g < j->n_groups; g++)
        weight[order[start[hn_rng_below(rng, j->n_groups)]]] += 1;
    for (int64_t g = 0; g < j->n_groups; g++)
        for (int64_t i = start[g] + 1; i < start[g + 1]; i++)
            weight[order[i]] = weight[order[start[g]]];
}

/* How often each row is drawn, times its weight. */
static void draw(const job *j, int64_t resample, double *weight) {
    const hn_scored *s = &j->side[0];
    hn_rng rng = hn_rng_make(j->seed, hn_stream("bootstrap", (uint64_t)resample));
    memset(weight, 0, (size_t)s->n * sizeof *weight);
    if (s->group != NULL)
        draw_groups(j, &rng, weight);
    else
        for (int64_t i = 0; i < s->n; i++) weight[hn_rng_below(&rng, s->n)] += 1;
    for (int64_t i = 0; s->weight != NULL && i < s->n; i++) weight[i] *= s->weight[i];
}

static hone_status one_resample(hone_ctx *ctx, const job *j, int64_t resample, double *weight) {
    draw(j, resample, weight);
    for (int side = 0; side < j->n_sides; side++) {
        hn_scored drawn = j->side[side];
        drawn.weight = weight;
        for (int64_t m = 0; m < j->n_metrics; m++) {
            double *value = values_of(j, m, side) + resample;
            const double *figures = j->figures[m * 2 + side];
            if (figures != NULL)
                HN_TRY(hn_metric_mean_of(ctx, &drawn, j->metrics[m], figures, value));
            else
                HN_TRY(hn_metric_compute(ctx, j->metrics[m], &drawn, value));
        }
    }
    return HONE_OK;
}

static hone_status some_resamples(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const job *j = arg;
    double *weight;
    HN_TRY(HN_SCRATCH_NEW(ctx, weight, j->side[0].n));
    for (int64_t r = chunk.begin; r < chunk.end; r++) HN_TRY(one_resample(ctx, j, r, weight));
    return HONE_OK;
}

/* ---- rows and resamples to take -------------------------------------------------------------- */

static hone_status take_doubles(hone_ctx *ctx, const double *values, int64_t width,
                                const int64_t *rows, int64_t n, const double **ret) {
    if (values == NULL) return HONE_OK;
    double *taken;
    HN_TRY(HN_SCRATCH_NEW(ctx, taken, n * width));
    for (int64_t i = 0; i < n; i++)
        memcpy(taken + i * width, values + rows[i] * width, (size_t)width * sizeof *taken);
    *ret = taken;
    return HONE_OK;
}

static hone_status take_rows(hone_ctx *ctx, const hn_scored *from, const int64_t *rows, int64_t n,
                             hn_scored *ret) {
    hn_scored part = {.n = n, .task = from->task, .n_classes = from->n_classes};
    HN_TRY(take_doubles(ctx, from->y, 1, rows, n, &part.y));
    HN_TRY(take_doubles(ctx, from->label, 1, rows, n, &part.label));
    HN_TRY(take_doubles(ctx, from->value, 1, rows, n, &part.value));
    HN_TRY(take_doubles(ctx, from->proba, from->n_classes, rows, n, &part.proba));
    HN_TRY(take_doubles(ctx, from->weight, 1, rows, n, &part.weight));
    *ret = part;
    return HONE_OK;
}

/* The sides as they are, or a random part of them; sorted either way. Memory from scratch. */
static hone_status set_sides(hone_ctx *ctx, const hn_scored *scored, const hn_scored *baseline,
                             job *j) {
    j->side[0] = *scored;
    j->n_sides = baseline != NULL ? 2 : 1;
    if (baseline != NULL) j->side[1] = *baseline;
    if (scored->n > MAX_ROWS && scored->group == NULL) {
        int64_t *rows;
        HN_TRY(HN_SCRATCH_NEW(ctx, rows, MAX_ROWS));
        hn_rng rng = hn_rng_make(j->seed, hn_stream("bootstrap.rows", 0));
        hn_rng_choose(&rng, scored->n, MAX_ROWS, rows);
        HN_TRY(take_rows(ctx, scored, rows, MAX_ROWS, &j->side[0]));
        if (baseline != NULL) HN_TRY(take_rows(ctx, baseline, rows, MAX_ROWS, &j->side[1]));
    }
    for (int side = 0; side < j->n_sides; side++)
        if (j->side[side].order == NULL)
            HN_TRY(hn_scored_prepare(ctx, ctx->scratch, &j->side[side]));
    const hn_scored *side = &j->side[0];
    if (side->group == NULL) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, j->group_start, side->n + 1));
    for (int64_t at = 0; at < side->n; at = j->group_start[j->n_groups]) {
        j->group_start[j->n_groups] = at;
        j->group_start[++j->n_groups] = hn_scored_group_end(side, at);
    }
    return HONE_OK;
}

/* Figures per row once, where a metric is their mean. */
static hone_status set_figures(hone_ctx *ctx, job *j) {
    HN_TRY(HN_SCRATCH_NEW(ctx, j->figures, j->n_metrics * 2 + 1));
    for (int64_t m = 0; m < j->n_metrics; m++) {
        for (int side = 0; side < j->n_sides && hn_metric_has_rows(j->metrics[m]); side++) {
            double **figures = &j->figures[m * 2 + side];
            HN_TRY(HN_SCRATCH_NEW(ctx, *figures, j->side[side].n + 1));
            hn_metric_per_row(j->metrics[m], &j->side[side], 0, j->side[side].n, *figures);
        }
    }
    return HONE_OK;
}

static int64_t affordable(int64_t n, int64_t wanted) {
    int64_t most = n > 0 ? MAX_DRAWS / n : wanted;
    if (most < MIN_RESAMPLES) most = MIN_RESAMPLES;
    return wanted < most ? wanted : most;
}

/* ---- from resamples to a range --------------------------------------------------------------- */

static const hn_range nothing = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};

/* values [n] of the resamples, n_all of which were made (the others were not defined); centre is
 * the figure on the rows that were resampled, value on all rows. values is sorted. */
static hone_status range_of(hone_ctx *ctx, double *values, int64_t n, int64_t n_all, double value,
                            double centre, double shrink, double level, hn_range *ret) {
    *ret = nothing;
    ret->value = value;
    if (n == 0 || 2 * n < n_all || isnan(value) || isnan(centre)) return HONE_OK;
    HN_TRY(hn_sort_f64(ctx, values, n));
    ret->low = hn_quantile_sorted(values, n, (1 - level) / 2);
    ret->high = hn_quantile_sorted(values, n, 1 - (1 - level) / 2);
    if (shrink != 1) {
        ret->low = value + shrink * (ret->low - centre);
        ret->high = value + shrink * (ret->high - centre);
    }
    double mean = hn_sum(values, n) / (double)n;
    for (int64_t i = 0; i < n; i++) values[i] = (values[i] - mean) * (values[i] - mean);
    ret->error = n > 1 ? shrink * sqrt(hn_sum(values, n) / (double)(n - 1)) : (double)NAN;
    return HONE_OK;
}

/* A metric's interval never leaves what the metric can be. */
static void clamp(hn_range *range, const hn_metric *metric) {
    if (range->low < metric->low) range->low = metric->low;
    if (range->high > metric->high) range->high = metric->high;
}

static int64_t keep_defined(const double *values, int64_t n, double *ret_kept) {
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++)
        if (!isnan(values[i])) ret_kept[kept++] = values[i];
    return kept;
}

/* Figures of one side: on all rows and on the resampled ones. */
typedef struct figures {
    double value, centre;
} figures;

static hone_status figures_of(hone_ctx *ctx, const hn_metric *metric, const hn_scored *scored,
                              const hn_scored *part, figures *ret) {
    HN_TRY(hn_metric_compute(ctx, metric, part, &ret->centre));
    ret->value = ret->centre;
    if (part->n != scored->n) HN_TRY(hn_metric_compute(ctx, metric, scored, &ret->value));
    return HONE_OK;
}

/* The paired difference to the baseline, and how often the model is ahead. */
static hone_status differ(hone_ctx *ctx, const job *j, int64_t m, figures own, figures other,
                          double shrink, double level, double *buffer,
                          hn_bootstrap_result *result) {
    const double *a = values_of(j, m, 0), *b = values_of(j, m, 1);
    int64_t n = 0, ahead = 0;
    for (int64_t r = 0; r < j->resamples; r++) {
        double difference = a[r] - b[r];
        if (isnan(difference)) continue;
        buffer[n++] = difference;
        ahead += j->metrics[m]->greater_is_better ? difference > 0 : difference < 0;
    }
    if (n > 0) result->ahead = (double)ahead / (double)n;
    return range_of(ctx, buffer, n, j->resamples, own.value - other.value,
                    own.centre - other.centre, shrink, level, &result->difference);
}

static hone_status conclude(hone_ctx *ctx, const job *j, int64_t m, const hn_scored *scored,
                            const hn_scored *baseline, double level, double *buffer,
                            hn_bootstrap_result *ret) {
    double shrink = j->side[0].n == scored->n ? 1 : sqrt((double)j->side[0].n / (double)scored->n);
    const hn_metric *metric = j->metrics[m];
    hn_bootstrap_result result = {
        .metric = nothing, .baseline = nothing, .difference = nothing, .ahead = (double)NAN};
    figures own, other;
    HN_TRY(figures_of(ctx, metric, scored, &j->side[0], &own));
    result.resamples = keep_defined(values_of(j, m, 0), j->resamples, buffer);
    HN_TRY(range_of(ctx, buffer, result.resamples, j->resamples, own.value, own.centre, shrink,
                    level, &result.metric));
    clamp(&result.metric, metric);
    if (baseline != NULL) {
        HN_TRY(figures_of(ctx, metric, baseline, &j->side[1], &other));
        int64_t n = keep_defined(values_of(j, m, 1), j->resamples, buffer);
        HN_TRY(range_of(ctx, buffer, n, j->resamples, other.value, other.centre, shrink, level,
                        &result.baseline));
        clamp(&result.baseline, metric);
        HN_TRY(differ(ctx, j, m, own, other, shrink, level, buffer, &result));
    }
    *ret = result;
    return HONE_OK;
}

hone_status hn_bootstrap(hone_ctx *ctx, const hn_scored *scored, const hn_scored *baseline,
                         const hn_metric *const *metrics, int64_t n_metrics,
                         const hn_bootstrap_options *options, hn_bootstrap_result *ret_results) {
    assert(baseline == NULL || baseline->n == scored->n);
    hn_bootstrap_options with = options != NULL ? *options : (hn_bootstrap_options){0};
    if (with.level == 0) with.level = 0.95;
    if (with.resamples == 0) with.resamples = 1000;
    assert(with.level > 0 && with.level < 1 && with.resamples > 0);

    HN_SCRATCH(ctx);
    job j = {.metrics = metrics, .n_metrics = n_metrics, .seed = with.seed};
    HN_TRY(set_sides(ctx, scored, baseline, &j));
    HN_TRY(set_figures(ctx, &j));
    j.resamples = affordable(j.side[0].n, with.resamples);
    double *buffer;
    HN_TRY(HN_SCRATCH_NEW(ctx, j.values, n_metrics * 2 * j.resamples));
    HN_TRY(HN_SCRATCH_NEW(ctx, buffer, j.resamples));
    if (scored->n > 0) HN_TRY(hn_parallel(ctx, j.resamples, GRAIN, some_resamples, &j));
    for (int64_t m = 0; m < n_metrics; m++)
        HN_TRY(conclude(ctx, &j, m, scored, baseline, with.level, buffer, &ret_results[m]));
    return HONE_OK;
}
