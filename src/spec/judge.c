/* judge.c - see judge.h. */
#include "spec/judge.h"
#include "base/parallel.h"
#include <string.h>

/* ---- who judges ------------------------------------------------------------------------------ */

static hone_status add_judge(hone_ctx *ctx, const char *text, hn_judge *ret) {
    return hn_part_make(ctx, ctx->scratch, text, &ret->part);
}

hone_status hn_judges(hone_ctx *ctx, const char *step, const hn_part *asked, const hone_data *data,
                      hn_judge ret_judges[HN_JUDGES], int *ret_n) {
    int n = 0;
    memset(ret_judges, 0, HN_JUDGES * sizeof *ret_judges);
    if (asked->kind != NULL) {
        ret_judges[n++].part = *asked;
    } else {
        HN_TRY(add_judge(ctx,
                         "{\"gbdt\": {\"n_estimators\": 60, \"learning_rate\": 0.12, "
                         "\"max_leaves\": 15, \"early_stopping\": \"off\"}}",
                         &ret_judges[n++]));
        HN_TRY(add_judge(ctx, data->n_classes > 0 ? "logistic" : "ridge", &ret_judges[n++]));
    }
    for (int i = 0; i < n; i++) {
        const hn_part *part = &ret_judges[i].part;
        unsigned can = hn_estimator_can(part->kind, part->params);
        if ((part->kind->tasks & data->task) == 0)
            return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "estimator"),
                              "%s: %s does not do the task %s; choose another 'estimator'", step,
                              part->kind->name, hn_task_name(data->task));
        ret_judges[i].plain =
            (can & HN_WANTS_SCALING) != 0 || (~can & (HN_CAN_MISSING | HN_CAN_CATEGORIES)) != 0;
    }
    *ret_n = n;
    return HONE_OK;
}

/* ---- columns as plain numbers ---------------------------------------------------------------- */

enum { LEVELS = 30 }; /* categories of a column that get one of their own, the most frequent */

/* What one column becomes: a scaled number, whether it is missing, or one of its categories. */
typedef struct plain_column {
    int32_t source, level; /* level < 0: no category's */
    bool indicator;
    double mean, sd;
} plain_column;

static hone_status plan_number(const hn_column *c, int32_t j, plain_column *plan, int64_t *n) {
    double sum = 0, squares = 0, present = 0;
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i);
        if (isnan(v)) continue;
        sum += v;
        present++;
    }
    double mean = present > 0 ? sum / present : 0;
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i);
        if (!isnan(v)) squares += (v - mean) * (v - mean);
    }
    double sd = present > 0 ? sqrt(squares / present) : 0;
    plan[(*n)++] = (plain_column){.source = j, .level = -1, .mean = mean, .sd = sd > 0 ? sd : 1};
    if (present < (double)c->n)
        plan[(*n)++] = (plain_column){.source = j, .level = -1, .indicator = true};
    return HONE_OK;
}

/* The most frequent categories; of equals the first. */
static hone_status plan_category(hone_ctx *ctx, const hn_column *c, int32_t j, plain_column *plan,
                                 int64_t *n) {
    HN_SCRATCH(ctx);
    int64_t *count;
    int32_t levels = c->dictionary->n;
    HN_TRY(HN_SCRATCH_NEW(ctx, count, levels + 1));
    for (int64_t i = 0; i < c->n; i++) {
        int32_t code = hn_column_is_null(c, i) ? HN_UNKNOWN : hn_column_code(c, i);
        if (code >= 0 && code < levels) count[code]++;
    }
    for (int k = 0; k < LEVELS; k++) {
        int32_t best = -1;
        for (int32_t code = 0; code < levels; code++)
            if (count[code] > 0 && (best < 0 || count[code] > count[best])) best = code;
        if (best < 0) break;
        count[best] = 0;
        plan[(*n)++] = (plain_column){.source = j, .level = best};
    }
    return HONE_OK;
}

static double plain_value(const hn_table *x, const plain_column *p, int64_t i) {
    const hn_column *c = &x->columns[p->source];
    if (p->level >= 0) return !hn_column_is_null(c, i) && hn_column_code(c, i) == p->level;
    double v = hn_column_double(c, i);
    if (p->indicator) return isnan(v);
    return isnan(v) ? 0 : (v - p->mean) / p->sd;
}

static hone_status make_plain(hone_ctx *ctx, const hn_table *x, const plain_column *plan, int64_t n,
                              hn_table **ret_x) {
    void *made;
    HN_TRY(HN_SCRATCH_NEW(ctx, *ret_x, 1));
    HN_TRY(hn_table_numbered_rows(ctx, ctx->scratch, "c", x->n_rows, n, HN_F64, &made, *ret_x));
    double *rows = made;
    for (int64_t i = 0; i < x->n_rows; i++)
        for (int64_t k = 0; k < n; k++) rows[i * n + k] = plain_value(x, &plan[k], i);
    return HONE_OK;
}

/* Both as the training part's means and categories have it; a column of zeros where nothing is left. */
static hone_status plainly(hone_ctx *ctx, hone_data *train, hone_data *test) {
    const hn_table *x = train->x;
    plain_column *plan;
    hn_table *made;
    int64_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, plan, (int64_t)x->n_columns * LEVELS + 2));
    for (int32_t j = 0; j < x->n_columns; j++)
        HN_TRY(x->columns[j].type == HN_CATEGORY ? plan_category(ctx, &x->columns[j], j, plan, &n)
                                                 : plan_number(&x->columns[j], j, plan, &n));
    HN_TRY(make_plain(ctx, x, plan, n, &made));
    train->x = made;
    HN_TRY(make_plain(ctx, test->x, plan, n, &made));
    test->x = made;
    return HONE_OK;
}

/* ---- judging --------------------------------------------------------------------------------- */

hone_status hn_trial_make(hone_ctx *ctx, const char *step, const hone_data *data, int64_t k,
                          uint64_t seed, hn_trial *ret_trial) {
    hn_trial trial = {.k = k};
    uint64_t before = ctx->seed;
    ctx->seed = seed;
    hone_status status = hn_held_folds(ctx, step, data, k, &trial.held);
    ctx->seed = before;
    HN_TRY(status);
    HN_TRY(HN_SCRATCH_NEW(ctx, trial.rest, k));
    for (int64_t f = 0; f < k; f++)
        HN_TRY(hn_data_except(ctx, ctx->scratch, data, trial.held[f], &trial.rest[f]));
    *ret_trial = trial;
    return HONE_OK;
}

typedef struct judging {
    const char *step;
    const hn_judge *judge;
    const hone_data *data;
    const hn_trial *trial;
    double *losses, *answers;
} judging;

static hone_status judge_fold(hone_ctx *ctx, const judging *j, int64_t f) {
    HN_SCRATCH(ctx);
    hn_rows held = j->trial->held[f], rest = j->trial->rest[f];
    hone_data train, test;
    hn_child child;
    double *answers, *losses;
    int64_t k = j->data->n_classes > 0 ? j->data->n_classes : 1;
    HN_TRY(hn_data_take(ctx, ctx->scratch, j->data, rest.rows, rest.n, &train));
    HN_TRY(hn_data_take(ctx, ctx->scratch, j->data, held.rows, held.n, &test));
    if (j->judge->plain) HN_TRY(plainly(ctx, &train, &test));
    HN_TRY(hn_fail_in(ctx, j->step,
                      hn_estimator_check(ctx, j->judge->part.kind, j->judge->part.params, &train)));
    HN_TRY(HN_SCRATCH_NEW(ctx, answers, held.n * k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, losses, held.n + 1));
    HN_TRY(hn_child_fit(ctx, j->step, &j->judge->part, &train, hn_child_seed(ctx, "judge", f),
                        &child));
    hone_status status = hn_child_predict(ctx, &child, test.x, answers);
    bool probable = hn_child_gives_probabilities(&child);
    hn_child_done(&child);
    HN_TRY(status);
    hn_answers_loss(&test, probable, answers, losses);
    for (int64_t i = 0; i < held.n; i++) {
        j->losses[held.rows[i]] = losses[i];
        if (j->answers) memcpy(j->answers + held.rows[i] * k, answers + i * k, (size_t)k * 8);
    }
    return HONE_OK;
}

static hone_status judge_folds(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    for (int64_t f = chunk.begin; f < chunk.end; f++) HN_TRY(judge_fold(ctx, arg, f));
    return HONE_OK;
}

hone_status hn_judge_losses(hone_ctx *ctx, const char *step, const hn_judge *judge,
                            const hone_data *data, const hn_trial *trial, double *ret_losses,
                            double *ret_answers) {
    judging j = {step, judge, data, trial, ret_losses, ret_answers};
    for (int64_t i = 0; i < data->x->n_rows; i++) ret_losses[i] = (double)NAN;
    if (data->x->n_columns == 0)
        return hn_fail(ctx, HONE_ERROR_DATA, "%s: there is no column that a model could learn from",
                       step);
    return hn_parallel(ctx, trial->k, 1, judge_folds, &j);
}

double hn_judge_mean(const hone_data *data, const double *losses) {
    double sum = 0, n = 0;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        double w = data->weight ? data->weight[i] : 1;
        if (isnan(losses[i])) continue;
        sum += w * losses[i];
        n += w;
    }
    return n > 0 ? sum / n : 0;
}

void hn_judge_gain(const hone_data *data, const double *before, const double *after,
                   double *ret_gain, double *ret_error) {
    double sum = 0, n = 0, spread = 0;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        double w = data->weight ? data->weight[i] : 1, gain = before[i] - after[i];
        if (isnan(gain)) continue;
        sum += w * gain;
        n += w;
    }
    double mean = n > 0 ? sum / n : 0;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        double w = data->weight ? data->weight[i] : 1, gain = before[i] - after[i];
        if (!isnan(gain)) spread += w * w * (gain - mean) * (gain - mean);
    }
    *ret_gain = mean;
    *ret_error = n > 0 ? sqrt(spread) / n : 0;
}
