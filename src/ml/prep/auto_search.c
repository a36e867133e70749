/* auto_search.c - candidates tried out with models; see auto_search.h.
 *
 * A model is fitted over folds, and the most promising candidates are added one at a time, best first. One stays if the
 * losses of the same held-out rows become smaller by more than noise. In the end all that stayed must gain on other
 * folds, or nothing is made. */
#include "ml/prep/auto_search.h"
#include "base/rng.h"
#include <string.h>

/* The columns that models take, with candidate extra (-1: none) and those kept behind; in scratch. */
static hone_status with_columns(const hn_auto_search *s, int64_t extra, hone_data *ret) {
    const hn_table *x = s->data.x;
    hn_table *made;
    HN_TRY(HN_SCRATCH_NEW(s->ctx, made, 1));
    HN_TRY(HN_SCRATCH_NEW(s->ctx, made->columns, x->n_columns + s->n_kept + 2));
    made->n_rows = x->n_rows;
    for (int32_t j = 0; j < x->n_columns; j++)
        if (hn_model_takes(&x->columns[j])) made->columns[made->n_columns++] = x->columns[j];
    for (int64_t i = 0; i < s->n_kept; i++)
        made->columns[made->n_columns++] = s->list.items[s->kept[i]].values;
    if (extra >= 0) made->columns[made->n_columns++] = s->list.items[extra].values;
    if (made->n_columns == 0) { /* nothing that a model takes yet: it answers the same for all */
        static const double nothing[1];
        made->columns[made->n_columns++] = hn_column_of_f64("nothing", nothing, made->n_rows);
        made->columns[0].stride = 0;
    }
    *ret = s->data;
    ret->x = made;
    return HONE_OK;
}

static hone_status judge(const hn_auto_search *s, int k, int64_t extra, const hn_trial *trial,
                         double *ret_losses, double *ret_answers) {
    hone_data view;
    HN_TRY(with_columns(s, extra, &view));
    return hn_judge_losses(s->ctx, "auto_features", &s->judges[k], &view, trial, ret_losses,
                           ret_answers);
}

/* Whether judge k gains enough with candidate i, and no other loses as clearly; then it stays. */
static hone_status try_candidate(hn_auto_search *s, int k, int64_t i) {
    hone_ctx *ctx = s->ctx;
    HN_SCRATCH(ctx);
    int64_t n = s->data.x->n_rows;
    double *losses[HN_JUDGES], gain, error;
    HN_TRY(hn_check_cancel(ctx));
    for (int j = 0; j < s->n_judges; j++) HN_TRY(HN_SCRATCH_NEW(ctx, losses[j], n + 1));
    HN_TRY(judge(s, k, i, &s->trial, losses[k], NULL));
    hn_judge_gain(&s->data, s->losses[k], losses[k], &gain, &error);
    int64_t place = s->n_tried++;
    s->tried[place] = i;
    s->by[place] = k;
    s->gain[2 * place] = gain;
    s->gain[2 * place + 1] = error;
    if (!(gain > s->p->noise * error) ||
        !(gain >= s->p->min_gain * hn_judge_mean(&s->data, s->losses[k])))
        return HONE_OK;
    for (int j = 0; j < s->n_judges; j++) {
        double other, its_error;
        if (j == k) continue;
        HN_TRY(judge(s, j, i, &s->trial, losses[j], NULL));
        hn_judge_gain(&s->data, s->losses[j], losses[j], &other, &its_error);
        if (other < -2 * its_error) return HONE_OK;
    }
    for (int j = 0; j < s->n_judges; j++)
        memcpy(s->losses[j], losses[j], (size_t)n * sizeof *losses[j]);
    s->stays[place] = 1;
    s->kept[s->n_kept++] = i;
    return HONE_OK;
}

/* Best promise first, the judges in turn; of equals the first listed. */
static hone_status try_all(hn_auto_search *s) {
    hone_ctx *ctx = s->ctx;
    bool *done;
    int64_t rounds = s->p->max_tries < s->list.n ? s->p->max_tries : s->list.n;
    HN_TRY(HN_SCRATCH_NEW(ctx, done, s->list.n * HN_JUDGES + 1));
    for (int64_t round = 0; round < rounds; round++)
        for (int k = 0; k < s->n_judges && s->n_kept < s->p->max_features; k++) {
            int64_t best = -1;
            hn_progress(ctx, "auto_features", round * s->n_judges + k, rounds * s->n_judges,
                        "tries");
            for (int64_t i = 0; i < s->list.n; i++)
                if (!done[i * HN_JUDGES + k] && s->promise[i * HN_JUDGES + k] > 0 &&
                    (best < 0 || s->promise[i * HN_JUDGES + k] > s->promise[best * HN_JUDGES + k]))
                    best = i;
            if (best < 0) continue;
            done[best * HN_JUDGES + k] = true;
            bool is_kept = false;
            for (int64_t i = 0; i < s->n_kept; i++) is_kept |= s->kept[i] == best;
            if (!is_kept) HN_TRY(try_candidate(s, k, best));
        }
    return HONE_OK;
}

/* All that was kept, on folds that it was not chosen by: one judge must gain, and none lose. */
static hone_status confirm(hn_auto_search *s) {
    hone_ctx *ctx = s->ctx;
    HN_SCRATCH(ctx);
    double *before, *after;
    int64_t kept = s->n_kept, n = s->data.x->n_rows;
    bool gains = false, loses = false;
    hn_trial other;
    HN_TRY(HN_SCRATCH_NEW(ctx, before, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, after, n + 1));
    HN_TRY(hn_trial_make(ctx, "auto_features", &s->data, s->p->folds,
                         hn_child_seed(ctx, "auto_features.confirm", 0), &other));
    for (int k = 0; k < s->n_judges; k++) {
        double gain;
        s->n_kept = 0;
        HN_TRY(judge(s, k, -1, &other, before, NULL));
        s->n_kept = kept;
        HN_TRY(judge(s, k, -1, &other, after, NULL));
        hn_judge_gain(&s->data, before, after, &gain, &s->error[k]);
        s->loss[k][0] = hn_judge_mean(&s->data, before);
        s->loss[k][1] = hn_judge_mean(&s->data, after);
        gains |= gain > s->p->noise * s->error[k];
        loses |= gain < -2 * s->error[k];
    }
    s->confirmed = gains && !loses;
    return HONE_OK;
}

/* Columns by the first judge's importances, where it has such; else as they stand. */
static hone_status rank_columns(hn_auto_search *s, int64_t *ret_rank) {
    hone_ctx *ctx = s->ctx;
    HN_SCRATCH(ctx);
    const hn_table *x = s->data.x;
    hone_data view;
    hn_part part = s->judges[0].part;
    double *values;
    for (int32_t j = 0; j < x->n_columns; j++) ret_rank[j] = j;
    if (s->judges[0].plain || part.kind->importances == NULL) return HONE_OK;
    HN_TRY(with_columns(s, -1, &view));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, view.x->n_columns + 1));
    hn_child child;
    HN_TRY(hn_child_fit(ctx, "auto_features", &part, &view, hn_child_seed(ctx, "auto_features", 0),
                        &child));
    hone_status status = child.state ? part.kind->importances(ctx, child.state, values) : HONE_OK;
    hn_child_done(&child);
    HN_TRY(status);
    for (int32_t j = 0, m = 0; j < x->n_columns; j++) {
        if (!hn_model_takes(&x->columns[j])) continue;
        int64_t rank = 0;
        for (int32_t i = 0; i < view.x->n_columns; i++)
            rank += values[i] > values[m] || (values[i] == values[m] && i < m);
        ret_rank[j] = rank;
        m++;
    }
    return HONE_OK;
}

static hone_status take_rows(hone_ctx *ctx, const hn_auto_params *p, const hone_data *data,
                             hone_data *ret) {
    int64_t *rows;
    *ret = *data;
    if (data->x->n_rows <= p->max_rows) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, p->max_rows + 1));
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("auto_features.rows", 0));
    hn_rng_choose(&rng, data->x->n_rows, p->max_rows, rows);
    return hn_data_take(ctx, ctx->scratch, data, rows, p->max_rows, ret);
}

hone_status hn_auto_search_run(hn_auto_search *s, const hone_data *data) {
    hone_ctx *ctx = s->ctx;
    bool ideas[HN_IDEAS] = {false};
    int64_t *rank, n, outputs = data->n_classes > 0 ? data->n_classes : 1;
    double **counts;
    for (int64_t i = 0; i < s->p->candidates.n; i++)
        for (int k = 0; k < HN_IDEAS; k++)
            ideas[k] |= strcmp(s->p->candidates.items[i], hn_idea_names[k]) == 0;
    HN_TRY(take_rows(ctx, s->p, data, &s->data));
    n = s->data.x->n_rows;
    HN_TRY(hn_judges(ctx, "auto_features", &s->p->estimator, &s->data, s->judges, &s->n_judges));
    HN_TRY(HN_SCRATCH_NEW(ctx, rank, data->x->n_columns + 1));
    HN_TRY(rank_columns(s, rank));
    HN_TRY(hn_candidates_list(ctx, s->data.x, ideas, rank, s->p->pair_columns, &s->list));
    HN_TRY(hn_category_counts(ctx, ctx->scratch, data->x, &counts));
    HN_TRY(hn_candidates_values(ctx, s->data.x, counts, &s->list));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->kept, s->list.n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->tried, HN_JUDGES * s->list.n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->by, HN_JUDGES * s->list.n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->stays, HN_JUDGES * s->list.n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->gain, 2 * HN_JUDGES * s->list.n + 1));
    if (s->list.n == 0 || s->p->max_features == 0) return HONE_OK;
    HN_TRY(hn_trial_make(ctx, "auto_features", &s->data, s->p->folds, ctx->seed, &s->trial));
    for (int k = 0; k < s->n_judges; k++) {
        HN_TRY(HN_SCRATCH_NEW(ctx, s->losses[k], n + 1));
        HN_TRY(HN_SCRATCH_NEW(ctx, s->answers[k], n * outputs + 1));
        HN_TRY(judge(s, k, -1, &s->trial, s->losses[k], s->answers[k]));
        s->loss[k][0] = s->loss[k][1] = hn_judge_mean(&s->data, s->losses[k]);
    }
    HN_TRY(hn_auto_search_promise(s));
    HN_TRY(try_all(s));
    return s->n_kept > 0 ? confirm(s) : HONE_OK;
}
