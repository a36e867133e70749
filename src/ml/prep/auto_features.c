/* auto_features.c - columns made of columns, tried out: what models answer better with for rows that they have not
 * seen is kept, and what was tried is told.
 *
 * A model is fitted over folds; what it leaves unexplained is compared with each candidate, which is cheap, and the
 * most promising are added one at a time, best first. One stays if the losses of the same held-out rows become
 * smaller by more than noise. In the end all that stayed must gain on other folds, or nothing is made. */
#include "ml/prep/auto_features.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "num/sort.h"
#include "spec/judge.h"
#include <string.h>

#define TASKS (HN_TASK_CLASSIFY | HN_TASK_REGRESSION)

typedef struct auto_params {
    hn_part estimator;
    hn_texts candidates;
    int64_t max_features;
    int64_t max_tries;
    int64_t pair_columns;
    int64_t folds;
    int64_t max_rows;
    double noise;
    double min_gain;
    bool drop;
} auto_params;

static const hone_param params[] = {
    HN_PARAM(auto_params, estimator, .def = "auto", .words = HN_WORDS({"auto", 0}),
             .part_tasks = TASKS,
             .doc = "The model that must get better; auto: a few boosted trees or a linear model, "
                    "and neither worse."),
    HN_PARAM(auto_params, candidates,
             .def = "dates,texts,logs,ratios,differences,products,crosses,counts",
             .choices = HN_CHOICES("dates", "texts", "logs", "ratios", "differences", "products",
                                   "crosses", "counts"),
             .doc = "What is proposed: parts of dates, measures of texts, logarithms of skewed "
                    "amounts, combinations of two numbers, pairs of categories, how often a "
                    "category occurs."),
    HN_PARAM(auto_params, max_features, .def = "10", .range = "[0, 1000]", .unit = "columns",
             .doc = "Keep no more than these."),
    HN_PARAM(auto_params, max_tries, .def = "16", .range = "[1, 10000]",
             .doc = "Candidates that are tried with each model, the most promising."),
    HN_PARAM(auto_params, pair_columns, .def = "10", .range = "[0, 100]", .unit = "columns",
             .doc = "Pairs are made of so many numbers and categories, the most important."),
    HN_PARAM(auto_params, folds, .def = "4", .range = "[2, 100]", .aliases = HN_CHOICES("cv"),
             .doc = "Folds of the training rows over which it is judged."),
    HN_PARAM(auto_params, max_rows, .def = "6000", .range = "[50, inf)", .unit = "rows",
             .doc = "Of more rows than these, so many drawn ones judge."),
    HN_PARAM(auto_params, noise, .def = "2.5", .range = "[0, inf)",
             .doc = "A gain must be so many times its standard error."),
    HN_PARAM(auto_params, min_gain, .def = "0.002", .range = "[0, 1)",
             .doc = "And this share of the loss at least."),
    HN_PARAM(auto_params, drop, .def = "true",
             .doc =
                 "Leave out columns of dates and free text afterwards, which models don't take."),
};

typedef struct auto_state {
    int64_t n_features;
    int64_t n_proposed, n_tried, n_made; /* candidates: listed, fitted with, kept */
    int64_t n_rows;                      /* that judged */
    int64_t n_judges;
    int64_t
        confirmed; /* 1: what was kept gained on other folds too; 0: it did not, and nothing is made */
    const char **who;        /* [n_judges] */
    double *loss;            /* [n_judges, 2] on the other folds, without and with */
    double *error;           /* [n_judges] of the difference */
    const char **meaning;    /* [n_tried] an assignment, or "`name` = count of X" */
    int32_t *judge;          /* [n_tried] with whom */
    int32_t *stays;          /* [n_tried] 1: it was kept */
    double *gain;            /* [n_tried, 2] of the loss, and its standard error */
    int64_t n_counts;        /* columns whose categories are counted */
    int32_t *counted;        /* [n_counts] which */
    int64_t *count_start;    /* [n_counts + 1] */
    double *counts;          /* of their categories, by code */
    const char **count_name; /* [n_counts] */
    derive_state derived;    /* the others */
} auto_state;

/* ---- what stands beside what is tried --------------------------------------------------------- */

typedef struct search {
    hone_ctx *ctx;
    const auto_params *p;
    hone_data data; /* the rows that judge, and the columns that models take */
    hn_judge judges[HN_JUDGES];
    int n_judges;
    hn_trial trial;
    hn_candidates list;
    double *losses[HN_JUDGES];  /* [n] with what is kept so far */
    double *answers[HN_JUDGES]; /* [n, outputs] before anything is made */
    double *promise;            /* [candidates, judges] */
    int64_t *kept;              /* [n_kept] places in the list, as they were found */
    int64_t n_kept, n_tried;
    int64_t *tried; /* [n_tried] places in the list */
    int32_t *by;    /* [n_tried] judge */
    int32_t *stays; /* [n_tried] */
    double *gain;   /* [n_tried, 2] */
} search;

static bool is_taken(const hn_column *c) { return c->type != HN_TIME && c->type != HN_STRING; }

/* The columns that models take, with candidate extra (-1: none) and those kept behind; in scratch. */
static hone_status with_columns(const search *s, int64_t extra, hone_data *ret) {
    const hn_table *x = s->data.x;
    hn_table *made;
    HN_TRY(HN_SCRATCH_NEW(s->ctx, made, 1));
    HN_TRY(HN_SCRATCH_NEW(s->ctx, made->columns, x->n_columns + s->n_kept + 2));
    made->n_rows = x->n_rows;
    for (int32_t j = 0; j < x->n_columns; j++)
        if (is_taken(&x->columns[j])) made->columns[made->n_columns++] = x->columns[j];
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

static hone_status judge(const search *s, int k, int64_t extra, const hn_trial *trial,
                         double *ret_losses, double *ret_answers) {
    hone_data view;
    HN_TRY(with_columns(s, extra, &view));
    return hn_judge_losses(s->ctx, "auto_features", &s->judges[k], &view, trial, ret_losses,
                           ret_answers);
}

/* ---- promise ---------------------------------------------------------------------------------- */

enum { BINS = 16 };

/* Codes 0 .. BINS - 1 by rank, BINS where missing; categories by code. In scratch. */
static hone_status bin_column(hone_ctx *ctx, const hn_column *c, int32_t **ret_bins,
                              int64_t *ret_k) {
    int32_t *bins;
    double *values, edges[BINS];
    int64_t m = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, bins, c->n + 1));
    *ret_bins = bins;
    if (c->type == HN_CATEGORY) {
        int32_t levels = c->dictionary->n;
        for (int64_t i = 0; i < c->n; i++) {
            int32_t code = hn_column_is_null(c, i) ? HN_UNKNOWN : hn_column_code(c, i);
            bins[i] = code >= 0 && code < levels ? code : levels;
        }
        *ret_k = levels + 1;
        return HONE_OK;
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, values, c->n + 1));
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i);
        if (!isnan(v)) values[m++] = v;
    }
    HN_TRY(hn_sort_f64(ctx, values, m));
    for (int b = 1; b < BINS; b++)
        edges[b] = m > 0 ? hn_quantile_sorted(values, m, (double)b / BINS) : 0;
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i);
        int32_t b = 0;
        while (!isnan(v) && b + 1 < BINS && v > edges[b + 1]) b++;
        bins[i] = isnan(v) ? BINS : b;
    }
    *ret_k = BINS + 1;
    return HONE_OK;
}

/* What the means of bins, learned on every other row, take off the squares of left on the rest, as a share. */
static hone_status binned_promise(hone_ctx *ctx, const hn_column *c, const double *left,
                                  double *ret) {
    HN_SCRATCH(ctx);
    int32_t *bins;
    int64_t k;
    double *sum, *count, whole = 0, gained = 0;
    HN_TRY(bin_column(ctx, c, &bins, &k));
    HN_TRY(HN_SCRATCH_NEW(ctx, sum, 2 * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, count, 2 * k));
    for (int64_t i = 0; i < c->n; i++) {
        if (isnan(left[i])) continue;
        sum[(i & 1) * k + bins[i]] += left[i];
        count[(i & 1) * k + bins[i]]++;
    }
    for (int64_t i = 0; i < c->n; i++) {
        if (isnan(left[i])) continue;
        int64_t other = (1 - (i & 1)) * k + bins[i];
        double mean = sum[other] / (count[other] + 5); /* few rows say little */
        whole += left[i] * left[i];
        gained += left[i] * left[i] - (left[i] - mean) * (left[i] - mean);
    }
    *ret = whole > 0 ? gained / whole : 0;
    return HONE_OK;
}

/* The squared correlation of numbers with what is left; of categories as above. */
static hone_status straight_promise(hone_ctx *ctx, const hn_column *c, const double *left,
                                    double *ret) {
    if (c->type == HN_CATEGORY) return binned_promise(ctx, c, left, ret);
    double n = 0, mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i);
        if (isnan(v) || isnan(left[i])) continue;
        n++;
        mx += v;
        my += left[i];
    }
    mx /= n > 0 ? n : 1;
    my /= n > 0 ? n : 1;
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i) - mx, w = left[i] - my;
        if (isnan(v) || isnan(w)) continue;
        xx += v * v;
        yy += w * w;
        xy += v * w;
    }
    *ret = xx > 0 && yy > 0 ? xy * xy / (xx * yy) * n / (double)c->n : 0;
    return HONE_OK;
}

/* What judge k leaves unexplained: y less its answer; of classes, of the class `which` less its chance. */
static void fill_left(const search *s, int k, int64_t which, double *left) {
    int64_t outputs = s->data.n_classes > 0 ? s->data.n_classes : 1;
    for (int64_t i = 0; i < s->data.x->n_rows; i++) {
        double truth = s->data.n_classes > 0 ? s->data.y[i] == (double)which : s->data.y[i];
        left[i] = isnan(s->losses[k][i]) ? (double)NAN : truth - s->answers[k][i * outputs + which];
    }
}

typedef struct promising {
    const search *s;
    const double *left;
    int k;
} promising;

static hone_status promise_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const promising *p = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double own, *sum = &p->s->promise[i * HN_JUDGES + p->k];
        const hn_column *c = &p->s->list.items[i].values;
        HN_TRY(p->s->judges[p->k].plain ? straight_promise(ctx, c, p->left, &own)
                                        : binned_promise(ctx, c, p->left, &own));
        *sum += own;
    }
    return HONE_OK;
}

static hone_status find_promise(search *s) {
    enum { CLASSES = 8 };
    hone_ctx *ctx = s->ctx;
    int64_t outputs = s->data.n_classes == 2 ? 1 : s->data.n_classes > 2 ? s->data.n_classes : 1;
    double *left;
    HN_TRY(HN_SCRATCH_NEW(ctx, left, s->data.x->n_rows + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->promise, s->list.n * HN_JUDGES + 1));
    for (int k = 0; k < s->n_judges; k++)
        for (int64_t c = 0; c < outputs && c < CLASSES; c++) {
            promising p = {.s = s, .left = left, .k = k};
            HN_TRY(hn_check_cancel(ctx));
            fill_left(s, k, c, left);
            HN_TRY(hn_parallel(ctx, s->list.n, 1, promise_columns, &p));
        }
    return HONE_OK;
}

/* ---- trying ----------------------------------------------------------------------------------- */

/* Whether judge k gains enough with candidate i, and no other loses as clearly; then it stays. */
static hone_status try_candidate(search *s, int k, int64_t i) {
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
static hone_status try_all(search *s) {
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
static hone_status confirm(search *s, auto_state *state) {
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
        hn_judge_gain(&s->data, before, after, &gain, &state->error[k]);
        state->loss[2 * k] = hn_judge_mean(&s->data, before);
        state->loss[2 * k + 1] = hn_judge_mean(&s->data, after);
        gains |= gain > s->p->noise * state->error[k];
        loses |= gain < -2 * state->error[k];
    }
    state->confirmed = gains && !loses;
    return HONE_OK;
}

/* ---- fit -------------------------------------------------------------------------------------- */

/* Columns by the first judge's importances, where it has such; else as they stand. */
static hone_status rank_columns(search *s, int64_t *ret_rank) {
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
        if (!is_taken(&x->columns[j])) continue;
        int64_t rank = 0;
        for (int32_t i = 0; i < view.x->n_columns; i++)
            rank += values[i] > values[m] || (values[i] == values[m] && i < m);
        ret_rank[j] = rank;
        m++;
    }
    return HONE_OK;
}

static hone_status take_rows(hone_ctx *ctx, const auto_params *p, const hone_data *data,
                             hone_data *ret) {
    int64_t *rows;
    *ret = *data;
    if (data->x->n_rows <= p->max_rows) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, p->max_rows + 1));
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("auto_features.rows", 0));
    hn_rng_choose(&rng, data->x->n_rows, p->max_rows, rows);
    return hn_data_take(ctx, ctx->scratch, data, rows, p->max_rows, ret);
}

static hone_status look_for(search *s, const hone_data *data, auto_state *state) {
    hone_ctx *ctx = s->ctx;
    bool ideas[HN_IDEAS] = {false};
    int64_t *rank, n, outputs = data->n_classes > 0 ? data->n_classes : 1;
    double **counts;
    for (int64_t i = 0; i < s->p->candidates.n; i++)
        for (int k = 0; k < HN_IDEAS; k++)
            ideas[k] |= strcmp(s->p->candidates.items[i], hn_idea_names[k]) == 0;
    HN_TRY(take_rows(ctx, s->p, data, &s->data));
    n = s->data.x->n_rows;
    state->n_rows = n;
    HN_TRY(hn_judges(ctx, "auto_features", &s->p->estimator, &s->data, s->judges, &s->n_judges));
    HN_TRY(HN_SCRATCH_NEW(ctx, rank, data->x->n_columns + 1));
    HN_TRY(rank_columns(s, rank));
    HN_TRY(hn_candidates_list(ctx, s->data.x, ideas, rank, s->p->pair_columns, &s->list));
    HN_TRY(hn_category_counts(ctx, ctx->scratch, data->x, &counts));
    HN_TRY(hn_candidates_values(ctx, s->data.x, counts, &s->list));
    state->n_proposed = s->list.n;
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
        state->loss[2 * k] = state->loss[2 * k + 1] = hn_judge_mean(&s->data, s->losses[k]);
    }
    HN_TRY(find_promise(s));
    HN_TRY(try_all(s));
    return s->n_kept > 0 ? confirm(s, state) : HONE_OK;
}

/* Counts of all rows for the columns that are counted. */
static hone_status keep_counts(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                               auto_state *s) {
    HN_SCRATCH(ctx);
    double **counts;
    HN_TRY(HN_NEW(ctx, arena, s->count_start, s->n_counts + 1));
    for (int64_t i = 0; i < s->n_counts; i++)
        s->count_start[i + 1] = s->count_start[i] + data->x->columns[s->counted[i]].dictionary->n;
    HN_TRY(HN_NEW(ctx, arena, s->counts, s->count_start[s->n_counts] + 1));
    HN_TRY(hn_category_counts(ctx, ctx->scratch, data->x, &counts));
    for (int64_t i = 0; i < s->n_counts; i++)
        memcpy(s->counts + s->count_start[i], counts[s->counted[i]],
               (size_t)(s->count_start[i + 1] - s->count_start[i]) * sizeof *s->counts);
    return HONE_OK;
}

/* All that was tried, as text. */
static hone_status keep_tried(const search *found, hn_arena *arena, const hn_table *x,
                              auto_state *s) {
    hone_ctx *ctx = found->ctx;
    int64_t n = found->n_tried;
    s->n_tried = n;
    HN_TRY(HN_NEW(ctx, arena, s->meaning, n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->judge, n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->stays, n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->gain, 2 * n + 1));
    for (int64_t i = 0; i < n; i++) {
        const hn_candidate *c = &found->list.items[found->tried[i]];
        s->meaning[i] = c->assignment ? hn_arena_strdup(ctx, arena, c->assignment)
                                      : hn_arena_printf(ctx, arena, "`%s` = count of %s", c->name,
                                                        x->columns[c->a].name);
        if (!s->meaning[i]) return HONE_ERROR_MEMORY;
        s->judge[i] = found->by[i];
        s->stays[i] = found->stays[i] && s->confirmed;
        s->n_made += s->stays[i];
        memcpy(s->gain + 2 * i, found->gain + 2 * i, 2 * sizeof *s->gain);
    }
    return HONE_OK;
}

static hone_status keep_found(const search *found, hn_arena *arena, const hone_data *data,
                              auto_state *s) {
    hone_ctx *ctx = found->ctx;
    hn_texts made = {0}, dropped = {0};
    const hn_table *x = data->x;
    int64_t n = s->confirmed ? found->n_kept : 0;
    HN_TRY(keep_tried(found, arena, x, s));
    HN_TRY(HN_SCRATCH_NEW(ctx, made.items, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, dropped.items, x->n_columns + 1));
    HN_TRY(HN_NEW(ctx, arena, s->counted, n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->count_name, n + 1));
    for (int64_t i = 0; i < n; i++) {
        const hn_candidate *c = &found->list.items[found->kept[i]];
        if (c->assignment) {
            made.items[made.n++] = c->assignment;
            continue;
        }
        s->count_name[s->n_counts] = hn_arena_strdup(ctx, arena, c->name);
        if (!s->count_name[s->n_counts]) return HONE_ERROR_MEMORY;
        s->counted[s->n_counts++] = c->a;
    }
    for (int32_t j = 0; j < x->n_columns && found->p->drop; j++)
        if (!is_taken(&x->columns[j])) dropped.items[dropped.n++] = x->columns[j].name;
    HN_TRY(keep_counts(ctx, arena, data, s));
    return hn_derive_fit(ctx, &made, &dropped, data, arena, &s->derived);
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *state) {
    auto_state *s = state;
    HN_SCRATCH(ctx);
    search found = {.ctx = ctx, .p = values};
    s->n_features = data->x->n_columns;
    HN_TRY(HN_NEW(ctx, arena, s->loss, 2 * HN_JUDGES));
    HN_TRY(HN_NEW(ctx, arena, s->error, HN_JUDGES));
    HN_TRY(HN_NEW(ctx, arena, s->who, HN_JUDGES));
    HN_TRY(look_for(&found, data, s));
    s->n_judges = found.n_judges;
    for (int k = 0; k < found.n_judges; k++) s->who[k] = found.judges[k].part.kind->name;
    return keep_found(&found, arena, data, s);
}

/* ---- transform -------------------------------------------------------------------------------- */

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const auto_state *s = state;
    hn_table derived, out;
    HN_TRY(hn_derive_transform(ctx, &s->derived, x, arena, &derived));
    out = derived;
    HN_TRY(HN_NEW(ctx, arena, out.columns, derived.n_columns + s->n_counts + 1));
    if (derived.n_columns > 0)
        memcpy(out.columns, derived.columns, (size_t)derived.n_columns * sizeof *out.columns);
    for (int64_t i = 0; i < s->n_counts; i++) {
        double *made;
        HN_TRY(HN_NEW(ctx, arena, made, x->n_rows + 1));
        hn_category_count_column(&x->columns[s->counted[i]], s->counts + s->count_start[i],
                                 s->count_start[i + 1] - s->count_start[i], made);
        out.columns[out.n_columns++] = hn_column_of_f64(s->count_name[i], made, x->n_rows);
    }
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping ---------------------------------------------------------------------------------- */

static hone_status visit_derived(hn_visitor *v, void *state) { return hn_derive_visit(v, state); }

static hone_status visit(hn_visitor *v, void *state) {
    enum { MOST = 1 << 20 };
    auto_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_proposed", &s->n_proposed));
    HN_TRY(hn_visit(v, "n_tried", &s->n_tried));
    HN_TRY(hn_visit(v, "n_made", &s->n_made));
    HN_TRY(hn_visit(v, "n_rows", &s->n_rows));
    HN_TRY(hn_visit(v, "n_judges", &s->n_judges));
    HN_TRY(hn_visit(v, "n_counts", &s->n_counts));
    HN_TRY(hn_visit(v, "confirmed", &s->confirmed));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 0 && s->n_features < INT32_MAX / 2 && s->n_made >= 0 &&
                              s->n_made <= s->n_tried && s->n_tried <= MOST && s->n_judges >= 0 &&
                              s->n_judges <= HN_JUDGES && s->n_counts >= 0 &&
                              s->n_counts <= s->n_made,
                          "auto_features: numbers of columns"));
    HN_TRY(hn_visit_texts(v, "judges", &s->who, s->n_judges));
    HN_TRY(hn_visit(v, "losses", &s->loss, s->n_judges, (int64_t)2));
    HN_TRY(hn_visit(v, "errors", &s->error, s->n_judges));
    HN_TRY(hn_visit_texts(v, "tried", &s->meaning, s->n_tried));
    HN_TRY(hn_visit(v, "judge", &s->judge, s->n_tried));
    for (int64_t i = 0; i < s->n_tried; i++)
        HN_TRY(hn_visit_check(v, s->judge[i] >= 0 && s->judge[i] < s->n_judges,
                              "auto_features: judges"));
    HN_TRY(hn_visit(v, "stays", &s->stays, s->n_tried));
    HN_TRY(hn_visit(v, "gain", &s->gain, s->n_tried, (int64_t)2));
    HN_TRY(hn_visit(v, "counted", &s->counted, s->n_counts));
    HN_TRY(hn_visit_texts(v, "count_names", &s->count_name, s->n_counts));
    HN_TRY(hn_visit(v, "count_start", &s->count_start, s->n_counts + 1));
    for (int64_t i = 0; i <= s->n_counts; i++)
        HN_TRY(hn_visit_check(
            v,
            s->count_start[i] >= (i > 0 ? s->count_start[i - 1] : 0) &&
                s->count_start[i] < INT32_MAX && (i > 0 || s->count_start[0] == 0) &&
                (i == s->n_counts || (s->counted[i] >= 0 && s->counted[i] < s->n_features)),
            "auto_features: counts"));
    HN_TRY(hn_visit(v, "counts", &s->counts, s->count_start[s->n_counts]));
    return hn_visit_nested(v, "derived.", visit_derived, &s->derived);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    auto_state *s = state;
    HN_TRY(hn_prepare_check(ctx, "auto_features", schema->n_columns == s->n_features));
    for (int64_t i = 0; i < s->n_counts; i++)
        HN_TRY(hn_prepare_check(ctx, "auto_features",
                                schema->columns[s->counted[i]].type == HN_CATEGORY));
    return hn_derive_prepare(ctx, arena, &s->derived, schema);
}

static void done(void *state) { hn_derive_done(&((auto_state *)state)->derived); }

/* ---- telling ---------------------------------------------------------------------------------- */

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    const auto_state *s = state;
    (void)schema;
    hn_json_mut *made = yyjson_mut_obj_add_arr(doc, object, "made");
    hn_json_mut *judges = yyjson_mut_obj_add_arr(doc, object, "judges");
    hn_json_mut *tried = yyjson_mut_obj_add_arr(doc, object, "tried");
    bool ok = made && judges && tried &&
              yyjson_mut_obj_add_int(doc, object, "proposed", s->n_proposed) &&
              yyjson_mut_obj_add_int(doc, object, "rows", s->n_rows) &&
              yyjson_mut_obj_add_bool(doc, object, "confirmed", s->confirmed != 0);
    for (int64_t i = 0; ok && i < s->n_tried; i++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, tried);
        ok = one && yyjson_mut_obj_add_strcpy(doc, one, "expression", s->meaning[i]) &&
             yyjson_mut_obj_add_strcpy(doc, one, "model", s->who[s->judge[i]]) &&
             yyjson_mut_obj_add_real(doc, one, "gain", s->gain[2 * i]) &&
             yyjson_mut_obj_add_real(doc, one, "error", s->gain[2 * i + 1]) &&
             yyjson_mut_obj_add_bool(doc, one, "kept", s->stays[i] != 0) &&
             (!s->stays[i] || yyjson_mut_arr_add_strcpy(doc, made, s->meaning[i]));
    }
    for (int64_t k = 0; ok && k < s->n_judges; k++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, judges);
        ok = one && yyjson_mut_obj_add_strcpy(doc, one, "model", s->who[k]) &&
             yyjson_mut_obj_add_real(doc, one, "loss_without", s->loss[2 * k]) &&
             yyjson_mut_obj_add_real(doc, one, "loss_with", s->loss[2 * k + 1]) &&
             yyjson_mut_obj_add_real(doc, one, "error", s->error[k]);
    }
    return ok ? HONE_OK : hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory telling what was made");
}

static hone_status rules(hone_ctx *ctx, const void *state, const hn_shown *shown, hn_str *str) {
    const auto_state *s = state;
    (void)ctx, (void)shown;
    hn_str_printf(str, "%lld columns proposed, %lld tried on %lld rows, %lld kept%s\n",
                  (long long)s->n_proposed, (long long)s->n_tried, (long long)s->n_rows,
                  (long long)s->n_made,
                  s->n_made == 0 && s->n_tried > 0 ? ": none gains more than noise" : "");
    for (int64_t i = 0; i < s->n_tried; i++)
        hn_str_printf(str, "%s %s: the loss of %s fell by %.4g, error %.2g\n",
                      s->stays[i] ? "kept " : "tried", s->meaning[i], s->who[s->judge[i]],
                      s->gain[2 * i], s->gain[2 * i + 1]);
    for (int64_t k = 0; k < s->n_judges && s->n_made > 0; k++)
        hn_str_printf(str, "on other folds, %s: %.5g without them, %.5g with them\n", s->who[k],
                      s->loss[2 * k], s->loss[2 * k + 1]);
    return hn_str_status(str);
}

const hone_estimator hn_auto_features = {
    .name = "auto_features",
    .title = "Columns made of columns that models gain by",
    .class_names = "AutoFeatures",
    .family = "prep",
    .doc =
        "Proposes parts of dates, measures of texts, logarithms, ratios, differences and products "
        "of "
        "numbers, pairs and counts of categories; keeps those with which a model answers better "
        "for "
        "rows it has not seen, by more than noise, and tells what was tried and what each gained. "
        "Training rows alone decide. Missing values may stand; a ratio by 0 is one: put impute "
        "behind it for models that "
        "take none.",
    .references = "Kanter, Veeramachaneni (2015). Deep feature synthesis.\n"
                  "Zhang, Zhang, Fan, Luo, Liu, Liu, Cao, Li (2023). OpenFE.",
    .tasks = HN_TASK_NONE,
    .example = "{\"estimator\": {\"decision_tree\": {\"max_depth\": 3}}, \"folds\": 2, "
               "\"max_tries\": 3, \"noise\": 0, \"min_gain\": 0}",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE,
    .target = TASKS,
    .params = HN_PARAMS(auto_params, params),
    .state_size = sizeof(auto_state),
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .done = done,
    .report = report,
    .rules = rules,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .target = "species",
               .columns = "numeric",
               .params = "{\"max_features\": 0}",
               .metric = "columns",
               .value = 4,
               .tolerance = 0,
               .source = "nothing is made where nothing may be"}),
};
