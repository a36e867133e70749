/* gbdt_fit.c - parameters made into the rules of boost.h, rows chosen, the result kept. */
#include "base/rng.h"
#include "num/sort.h"
#include "ml/tree/boost.h"
#include "ml/tree/gbdt.h"
#include "ml/tree/monotone.h"
#include "ml/tree/rank.h"
#include <math.h>
#include <string.h>

hn_loss_kind hn_gbdt_loss(const hn_gbdt_params *p, const hone_data *data) {
    static const hn_loss_kind by_choice[] = {
        HN_LOSS_SQUARED, HN_LOSS_SQUARED,  HN_LOSS_ABSOLUTE, HN_LOSS_QUANTILE,
        HN_LOSS_POISSON, HN_LOSS_LOGISTIC, HN_LOSS_GAMMA,    HN_LOSS_TWEEDIE,
        HN_LOSS_HUBER,   HN_LOSS_FAIR,     HN_LOSS_MAPE,     HN_LOSS_CROSS_ENTROPY};
    if (data->objective) return HN_LOSS_CUSTOM;
    if (data->task == HN_TASK_BINARY) return HN_LOSS_LOGISTIC;
    if (data->task == HN_TASK_MULTICLASS) return HN_LOSS_SOFTMAX;
    if (data->task == HN_TASK_RANK) return HN_LOSS_RANK;
    return by_choice[p->loss];
}

bool hn_gbdt_link(const hone_objective *objective, hn_link *ret_link) {
    static const char *const names[HN_LINK_END] = {"identity", "log", "logit", "softmax"};
    const char *name = objective->link ? objective->link : names[HN_LINK_NONE];
    for (int i = 0; i < HN_LINK_END; i++) {
        if (strcmp(name, names[i]) != 0) continue;
        *ret_link = (hn_link)i;
        return true;
    }
    return false;
}

/* Newton steps of the Poisson loss overshoot where targets are 0. */
static double max_step(const hn_gbdt_params *p, hn_loss_kind kind) {
    return p->max_delta_step >= 0 ? p->max_delta_step : kind == HN_LOSS_POISSON ? 1 : 0;
}

static double alpha_of(const hn_gbdt_params *p, hn_loss_kind kind) {
    switch (kind) {
    case HN_LOSS_QUANTILE: return p->quantile;
    case HN_LOSS_HUBER: return p->huber_delta;
    case HN_LOSS_FAIR: return p->fair_c;
    case HN_LOSS_TWEEDIE: return p->tweedie_power;
    default: return 0.5;
    }
}

/* A bit for each group that a feature is in; the features of none are one more group. */
static hone_status mark_groups(hone_ctx *ctx, const hn_text_groups *groups, const hn_table *x,
                               hn_grow_rules *rules) {
    if (groups->n == 0) return HONE_OK;
    uint64_t *marks;
    int64_t words = groups->n / 64 + 1;
    HN_TRY(HN_SCRATCH_NEW(ctx, marks, x->n_columns * words));
    for (int64_t i = 0; i < groups->n; i++)
        for (int64_t j = 0; j < groups->items[i].n; j++)
            marks[hn_table_find(x, groups->items[i].items[j]) * words + i / 64] |= 1ull << (i % 64);
    for (int32_t f = 0; f < x->n_columns; f++) {
        bool any = false;
        for (int64_t w = 0; w < words; w++) any |= marks[f * words + w] != 0;
        if (!any) marks[f * words + groups->n / 64] = 1ull << (groups->n % 64);
    }
    rules->groups = marks;
    rules->group_words = (int32_t)words;
    return HONE_OK;
}

static hone_status make_rules(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data,
                              hn_boost_rules *ret_rules) {
    const int8_t *monotone;
    HN_TRY(hn_monotone_signs(ctx, &p->monotone_constraints, data->x, &monotone));
    *ret_rules = (hn_boost_rules){
        .grow = {.split = {.l1 = p->lambda_l1,
                           .l2 = p->lambda_l2,
                           .min_hessian = p->min_child_weight,
                           .min_gain = p->min_split_gain,
                           .min_rows = p->min_samples_leaf,
                           .cat_smooth = p->cat_smooth,
                           .cat_l2 = p->cat_l2,
                           .max_onehot = p->max_onehot,
                           .monotone = monotone,
                           .max_step = max_step(p, hn_gbdt_loss(p, data)),
                           .path_smooth = p->path_smooth,
                           .random_cuts = p->extra_trees},
                 .max_leaves = p->max_leaves,
                 .max_depth = p->max_depth,
                 .colsample_bytree = p->colsample_bytree,
                 .colsample_bylevel = p->colsample_bylevel,
                 .colsample_bynode = p->colsample_bynode,
                 .seed = ctx->seed},
        .iterations = p->n_estimators,
        .learning_rate = p->learning_rate,
        .subsample = p->subsample,
        .subsample_freq = p->subsample_freq,
        .patience = p->patience,
        .curve = true,
        .mode = (hn_boost_mode)p->boosting,
        .drop_rate = p->drop_rate,
        .skip_drop = p->skip_drop,
        .max_drop = p->max_drop,
        .top_rate = p->top_rate,
        .other_rate = p->other_rate,
    };
    return mark_groups(ctx, &p->interaction_constraints, data->x, &ret_rules->grow);
}

/* Weights as the loss needs them: NULL where all are 1, so that ones give the bits of none. */
static hone_status make_weights(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data,
                                const double **ret_weight) {
    const double *weight = data->weight;
    if (p->class_weight != 0) {
        double *balanced;
        HN_TRY(hn_data_balanced_weights(ctx, data, &balanced));
        weight = balanced;
    }
    bool mape = hn_gbdt_loss(p, data) == HN_LOSS_MAPE;
    if (mape || (p->scale_pos_weight != 1 && data->task == HN_TASK_BINARY)) {
        double *own;
        HN_TRY(HN_SCRATCH_NEW(ctx, own, data->x->n_rows));
        for (int64_t i = 0; i < data->x->n_rows; i++) {
            double size = fabs(data->y[i]), by_class = data->y[i] == 1 ? p->scale_pos_weight : 1;
            own[i] = (weight ? weight[i] : 1) * (mape ? 1 / (size > 1 ? size : 1) : by_class);
        }
        weight = own;
    }
    bool ones = true;
    for (int64_t i = 0; weight && ones && i < data->x->n_rows; i++) ones = weight[i] == 1;
    *ret_weight = ones ? NULL : weight;
    return HONE_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* The two parts; rows that a step has made are in none for validation, nor learned from where one that they were
 * made from is. */
static hone_status list_rows(hone_ctx *ctx, const hone_data *data, const uint8_t *is_valid,
                             hn_boost_rows *ret_rows) {
    int64_t *train, *valid, n = data->x->n_rows;
    uint8_t *barred;
    HN_TRY(HN_SCRATCH_NEW(ctx, train, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, valid, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, barred, n));
    HN_TRY(hn_data_barred(ctx, data, is_valid, barred));
    hn_boost_rows rows = {.train = train, .valid = valid};
    for (int64_t i = 0; i < n; i++) {
        if (is_valid[i] && !hn_data_is_made(data, i))
            valid[rows.n_valid++] = i;
        else if (!is_valid[i] && !barred[i])
            train[rows.n_train++] = i;
    }
    *ret_rows = rows;
    return HONE_OK;
}

/* A part for early stopping, of whole groups. */
static hone_status split_groups(hone_ctx *ctx, const hn_gbdt_params *p, const hn_rank_groups *g,
                                const hone_data *data, hn_boost_rows *ret_rows) {
    int64_t *order, wanted;
    uint8_t *is_valid;
    HN_TRY(HN_SCRATCH_NEW(ctx, is_valid, data->x->n_rows));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, g->n_groups));
    for (int64_t k = 0; k < g->n_groups; k++) order[k] = k;
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("gbdt.validation", 0));
    hn_rng_shuffle(&rng, order, g->n_groups);
    wanted = (int64_t)(p->validation_fraction * (double)g->n_groups + 0.5);
    for (int64_t k = 0; k < wanted && wanted < g->n_groups; k++)
        for (int64_t i = g->start[order[k]]; i < g->start[order[k] + 1]; i++)
            is_valid[g->rows[i]] = 1;
    return list_rows(ctx, data, is_valid, ret_rows);
}

/* Rows that were there, from the time on that leaves about the share wanted; none where all are of one time. */
static hone_status hold_out_latest(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data,
                                   uint8_t *is_valid) {
    int64_t n = data->x->n_rows, known = 0, at;
    double *times;
    HN_TRY(HN_SCRATCH_NEW(ctx, times, n + 1));
    for (int64_t i = 0; i < n; i++)
        if (!hn_data_is_made(data, i)) times[known++] = data->time[i];
    HN_TRY(hn_sort_f64(ctx, times, known));
    for (at = (int64_t)((1 - p->validation_fraction) * (double)known); at < known; at++)
        if (times[at] > times[0]) break;
    for (int64_t i = 0; at < known && i < n; i++) is_valid[i] = data->time[i] >= times[at];
    return HONE_OK;
}

/* Whole groups; none where there are fewer than two. */
static hone_status hold_out_groups(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data,
                                   uint8_t *is_valid) {
    int64_t n = data->x->n_rows, known = 0, groups = 0, *sorted;
    hn_split_keys keys = {.group = data->group, .strata = data->n_classes > 0 ? data->y : NULL};
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, n + 1));
    for (int64_t i = 0; i < n; i++)
        if (!hn_data_is_made(data, i)) sorted[known++] = data->group[i];
    HN_TRY(hn_sort_i64(ctx, sorted, known));
    for (int64_t i = 0; i < known; i++) groups += i == 0 || sorted[i] != sorted[i - 1];
    double wanted = floor(1 / p->validation_fraction + 0.5);
    int k = wanted < 2 ? 2 : wanted < (double)groups ? (int)wanted : (int)groups;
    if (groups < 2) return HONE_OK;
    hn_rows *folds;
    HN_TRY(HN_SCRATCH_NEW(ctx, folds, k));
    HN_TRY(hn_data_folds(ctx, ctx->scratch, data, &keys, k, ctx->seed, folds));
    for (int64_t i = 0; i < folds[0].n; i++) is_valid[folds[0].rows[i]] = 1;
    return HONE_OK;
}

/* A part for early stopping that is to the rest as new rows are to those learned from: later, of other groups. */
static hone_status split_by_role(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data,
                                 hn_boost_rows *ret_rows) {
    uint8_t *is_valid;
    HN_TRY(HN_SCRATCH_NEW(ctx, is_valid, data->x->n_rows + 1));
    HN_TRY(data->time ? hold_out_latest(ctx, p, data, is_valid)
                      : hold_out_groups(ctx, p, data, is_valid));
    return list_rows(ctx, data, is_valid, ret_rows);
}

/* A part for early stopping: a draw by row; within a class the lowest draws are taken. */
static hone_status split_rows(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data,
                              hn_boost_rows *ret_rows) {
    int64_t n = data->x->n_rows;
    int32_t groups = data->n_classes > 0 ? data->n_classes : 1;
    int64_t *order, *taken;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, taken, groups));
    uint8_t *is_valid;
    HN_TRY(HN_SCRATCH_NEW(ctx, is_valid, n));
    for (int64_t i = 0; i < n; i++) {
        order[i] = i;
        taken[data->n_classes > 0 ? (int64_t)data->y[i] : 0] += !hn_data_is_made(data, i);
    }
    for (int32_t g = 0; g < groups; g++)
        taken[g] = (int64_t)(p->validation_fraction * (double)taken[g] + 0.5);
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("gbdt.validation", 0));
    hn_rng_shuffle(&rng, order, n);
    for (int64_t i = 0; i < n; i++) {
        int64_t g = data->n_classes > 0 ? (int64_t)data->y[order[i]] : 0;
        if (hn_data_is_made(data, order[i])) continue;
        is_valid[order[i]] = taken[g] > 0;
        taken[g] -= taken[g] > 0;
    }
    return list_rows(ctx, data, is_valid, ret_rows);
}

static bool has_value(const hn_loss *loss) { return !loss->objective || loss->objective->losses; }

/* DART's trees change when others are added: none is the last. */
static bool may_stop(const hn_gbdt_params *p, const hn_loss *loss) {
    return p->boosting != HN_BOOST_DART && has_value(loss) && p->early_stopping != HN_STOP_OFF;
}

static bool wants_stopping(const hn_gbdt_params *p, const hn_loss *loss, int64_t n) {
    enum { FEWEST = 500 };
    if (!may_stop(p, loss)) return false;
    return p->early_stopping == HN_STOP_ON ? n >= 2
                                           : p->early_stopping == HN_STOP_AUTO && n >= FEWEST;
}

static bool wants_refit(const hn_gbdt_params *p, int64_t n) {
    enum { MOST = 100000 };
    return p->refit == 1 || (p->refit == 0 && n <= MOST);
}

/* Rows without weight are not learned from: they would count as rows of a leaf. */
static hone_status drop_weightless(hone_ctx *ctx, const double *weight, int64_t n,
                                   hn_boost_rows *rows) {
    int64_t zeros = 0;
    for (int64_t i = 0; weight && i < n; i++) zeros += !(weight[i] > 0);
    if (zeros == 0 || zeros == n) return HONE_OK;
    int64_t *train, kept = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, train, n));
    for (int64_t i = 0; i < rows->n_train; i++) {
        int64_t row = rows->train ? rows->train[i] : i;
        if (weight[row] > 0) train[kept++] = row;
    }
    rows->train = train;
    rows->n_train = kept;
    return HONE_OK;
}

/* With rows of their own to stop by: all others are learned from, once. */
static hone_status boost_validated(hone_ctx *ctx, hn_arena *arena, const hn_bins *bins,
                                   const hn_loss *loss, const hn_boost_rules *rules,
                                   const hn_boost_held *held, hn_boost_rows *rows,
                                   hn_boosted *ret_boosted) {
    double *unused;
    HN_TRY(HN_SCRATCH_NEW(ctx, unused, loss->n_scores));
    /* Whether the loss takes these targets. */
    HN_TRY(hn_loss_start(ctx, held->loss, NULL, held->loss->n, unused));
    rows->held = held;
    return hn_boost(ctx, arena, bins, loss, rules, rows, "boosting", ret_boosted);
}

static hone_status boost(hone_ctx *ctx, hn_arena *arena, const hn_gbdt_params *p,
                         const hone_data *data, const hn_loss *loss, const hn_boost_held *held,
                         const double *scores, hn_boosted *ret_boosted) {
    enum { CURVE_ROWS = 100000 };
    int64_t n = data->x->n_rows;
    hn_boost_rules rules;
    hn_bins all_bins, *bins = &all_bins;
    HN_TRY(hn_bins_make(ctx, arena, data->x, p->max_bins, ctx->seed, true, bins));
    HN_TRY(make_rules(ctx, p, data, &rules));
    rules.scores = scores;
    hn_boost_rows all = {.n_train = n}, parts = {0};
    HN_TRY(drop_weightless(ctx, loss->weight, n, &all));
    if (held) return boost_validated(ctx, arena, bins, loss, &rules, held, &all, ret_boosted);
    if (wants_stopping(p, loss, n) && loss->groups)
        HN_TRY(split_groups(ctx, p, loss->groups, data, &parts));
    else if (wants_stopping(p, loss, n) && (data->time || data->group))
        HN_TRY(split_by_role(ctx, p, data, &parts));
    else if (wants_stopping(p, loss, n))
        HN_TRY(split_rows(ctx, p, data, &parts));
    HN_TRY(drop_weightless(ctx, loss->weight, n, &parts));
    if (parts.n_valid == 0 || parts.n_train == 0) {
        rules.curve = n <= CURVE_ROWS && has_value(loss);
        rules.patience = 0;
        return hn_boost(ctx, arena, bins, loss, &rules, &all, "boosting", ret_boosted);
    }
    hn_boosted first;
    HN_TRY(hn_boost(ctx, arena, bins, loss, &rules, &parts, "boosting", &first));
    *ret_boosted = first;
    if (!wants_refit(p, n) || first.n_iterations == 0) return HONE_OK;
    rules.iterations = first.n_iterations;
    rules.curve = false;
    rules.patience = 0;
    hn_boosted second;
    HN_TRY(hn_boost(ctx, arena, bins, loss, &rules, &all, "boosting on all rows", &second));
    second.n_tried = first.n_tried;
    second.train_curve = first.train_curve;
    second.valid_curve = first.valid_curve;
    second.stopped_early = first.stopped_early;
    *ret_boosted = second;
    return HONE_OK;
}

static hone_status copy(hone_ctx *ctx, hn_arena *arena, const double *from, int64_t n,
                        double **ret) {
    HN_TRY(HN_NEW(ctx, arena, *ret, n));
    if (n > 0) memcpy(*ret, from, (size_t)n * sizeof **ret);
    return HONE_OK;
}

static hone_status keep(hone_ctx *ctx, hn_arena *arena, const hone_data *data, const hn_loss *loss,
                        const hn_boosted *boosted, hn_gbdt_state *s) {
    int32_t features = data->x->n_columns;
    hn_link link = hn_loss_fact_of(loss->kind)->link;
    if (loss->objective && !hn_gbdt_link(loss->objective, &link)) link = HN_LINK_NONE;
    s->kind = loss->kind;
    s->link = link;
    s->n_scores = loss->n_scores;
    s->outputs = hn_outputs(data->task, data->n_classes);
    s->n_iterations = boosted->n_iterations;
    s->stopped_early = boosted->stopped_early;
    s->n_train_curve = boosted->train_curve ? boosted->n_tried : 0;
    s->n_valid_curve = boosted->valid_curve ? boosted->n_tried : 0;
    HN_TRY(hn_trees_join(ctx, arena, boosted->trees, boosted->n_trees, features, 0, &s->trees));
    HN_TRY(copy(ctx, arena, boosted->start, loss->n_scores, &s->start));
    HN_TRY(copy(ctx, arena, boosted->train_curve, s->n_train_curve, &s->train_curve));
    HN_TRY(copy(ctx, arena, boosted->valid_curve, s->n_valid_curve, &s->valid_curve));
    HN_TRY(copy(ctx, arena, boosted->gain, features, &s->importances));
    s->total_gain = hn_sum(s->importances, features);
    for (int32_t j = 0; j < features; j++)
        s->importances[j] = s->total_gain > 0 ? s->importances[j] / s->total_gain : 0;
    return HONE_OK;
}

static hone_status make_loss(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data,
                             hn_loss *ret_loss) {
    hn_loss_kind kind = hn_gbdt_loss(p, data);
    *ret_loss = (hn_loss){.kind = kind,
                          .n_scores = data->task == HN_TASK_MULTICLASS ? data->n_classes : 1,
                          .n = data->x->n_rows,
                          .y = data->y,
                          .alpha = alpha_of(p, kind),
                          .objective = data->objective};
    if (data->task == HN_TASK_RANK) {
        hn_rank_groups *groups;
        HN_TRY(hn_rank_groups_make(ctx, ctx->scratch, data->group, data->y, data->x->n_rows,
                                   p->truncation, &groups));
        ret_loss->groups = groups;
    }
    return make_weights(ctx, p, data, &ret_loss->weight);
}

hone_status hn_gbdt_fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                        void *ret_state) {
    HN_SCRATCH(ctx);
    const hn_gbdt_params *p = params_;
    hn_loss loss;
    HN_TRY(make_loss(ctx, p, data, &loss));
    hn_boosted boosted;
    hn_loss held_loss;
    hn_boost_held held = {.loss = &held_loss};
    bool validated = data->validation && may_stop(p, &loss);
    if (validated) {
        held.x = data->validation->x;
        HN_TRY(make_loss(ctx, p, data->validation, &held_loss));
    }
    HN_TRY(boost(ctx, ctx->scratch, p, data, &loss, validated ? &held : NULL, NULL, &boosted));
    return keep(ctx, arena, data, &loss, &boosted, ret_state);
}

/* ---- update --------------------------------------------------------------------------------- */

/* What the model answers so far, score by score. */
static hone_status score_rows(hone_ctx *ctx, const hn_gbdt_state *s, const hn_table *x,
                              double **ret_scores) {
    int64_t n = x->n_rows;
    double *scores, *by_row;
    HN_TRY(HN_SCRATCH_NEW(ctx, scores, n * s->n_scores));
    HN_TRY(HN_SCRATCH_NEW(ctx, by_row, n * s->n_scores));
    hn_scoring scoring = {.outputs = s->n_scores, .groups = s->n_scores, .start = s->start};
    HN_TRY(hn_trees_predict(ctx, &s->trees, &scoring, x, by_row));
    for (int64_t k = 0; k < s->n_scores; k++)
        for (int64_t i = 0; i < n; i++) scores[k * n + i] = by_row[i * s->n_scores + k];
    *ret_scores = scores;
    return HONE_OK;
}

static hone_status append(hone_ctx *ctx, hn_arena *arena, const double *more, int64_t n,
                          double **values, int64_t *count) {
    double *all;
    HN_TRY(HN_NEW(ctx, arena, all, *count + n));
    if (*count > 0) memcpy(all, *values, (size_t)*count * sizeof *all);
    if (n > 0) memcpy(all + *count, more, (size_t)n * sizeof *all);
    *values = all;
    *count += n;
    return HONE_OK;
}

hone_status hn_gbdt_update(hone_ctx *ctx, const void *params_, const hone_data *data,
                           hn_arena *arena, void *state) {
    HN_SCRATCH(ctx);
    const hn_gbdt_params *p = params_;
    hn_gbdt_state *s = state;
    hn_loss loss;
    double *scores;
    hn_boosted more;
    HN_TRY(make_loss(ctx, p, data, &loss));
    if ((int64_t)loss.kind != s->kind || loss.n_scores != s->n_scores)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "loss"),
                          "gbdt: the model was fitted with another loss, or for other classes");
    HN_TRY(score_rows(ctx, s, data->x, &scores));
    HN_TRY(boost(ctx, ctx->scratch, p, data, &loss, NULL, scores, &more));
    HN_TRY(hn_trees_append(ctx, arena, more.trees, more.n_trees, &s->trees));
    int64_t tried = more.n_tried;
    HN_TRY(append(ctx, arena, more.train_curve, more.train_curve ? tried : 0, &s->train_curve,
                  &s->n_train_curve));
    HN_TRY(append(ctx, arena, more.valid_curve, more.valid_curve ? tried : 0, &s->valid_curve,
                  &s->n_valid_curve));
    double gained = hn_sum(more.gain, data->x->n_columns), total = s->total_gain + gained;
    for (int32_t j = 0; j < data->x->n_columns && total > 0; j++)
        s->importances[j] = (s->importances[j] * s->total_gain + more.gain[j]) / total;
    s->total_gain = total;
    s->n_iterations += more.n_iterations;
    s->stopped_early = more.stopped_early;
    return HONE_OK;
}
