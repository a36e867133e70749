/* impute_learn.c - the values that stand for what is missing; see impute.h. */
#include "ml/prep/impute.h"
#include <string.h>

typedef struct fit_job {
    const hn_impute_params *params;
    const hn_table *x;
    hn_impute_state *state;
    const int64_t *order, *start; /* rows by group */
} fit_job;

static hone_status all_missing(hone_ctx *ctx, const hn_column *column) {
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
                      "impute: column '%s' has no value in the training rows to learn a "
                      "replacement from; drop it "
                      "(drop_constant does), or set strategy to constant",
                      column->name);
}

static hone_status usual(hone_ctx *ctx, int strategy, double *values, int64_t n, double *ret_fill) {
    hn_usual sort = strategy == HN_IMPUTE_MEAN            ? HN_USUAL_MEAN
                    : strategy == HN_IMPUTE_MOST_FREQUENT ? HN_USUAL_MODE
                                                          : HN_USUAL_MEDIAN;
    return hn_usual_value(ctx, sort, values, n, ret_fill);
}

static hone_status learn_number(hone_ctx *ctx, const fit_job *job, int32_t j,
                                const hn_column *column) {
    const hn_impute_params *p = job->params;
    hn_impute_state *s = job->state;
    double *values;
    int64_t n;
    if (p->strategy == HN_IMPUTE_CONSTANT) {
        s->fill[j] = p->fill_value;
        return HONE_OK;
    }
    HN_SCRATCH(ctx);
    HN_TRY(hn_present_values(ctx, column, &values, &n));
    if (n == 0) return all_missing(ctx, column);
    HN_TRY(usual(ctx, p->strategy, values, n, &s->fill[j]));
    for (int64_t g = 0; g < s->groups.n; g++) {
        double *fill = &s->group_fill[g * s->n + j];
        *fill = s->fill[j];
        n = 0;
        for (int64_t i = job->start[g]; i < job->start[g + 1]; i++) {
            double value = hn_column_double(column, job->order[i]);
            if (!isnan(value)) values[n++] = value;
        }
        if (n >= p->min_count) HN_TRY(usual(ctx, p->strategy, values, n, fill));
    }
    return HONE_OK;
}

/* A column keeps its type where the replacements are such values; else it becomes real. */
static hn_type type_after(const hn_impute_state *s, const hn_column *column, int64_t j) {
    bool whole = true, logical = true;
    for (int64_t g = -1; g < s->groups.n; g++) {
        double fill = g < 0 ? s->fill[j] : s->group_fill[g * s->n + j];
        whole &= fill == floor(fill) && fabs(fill) <= 9007199254740992.0;
        logical &= fill == 0 || fill == 1;
    }
    if (column->type == HN_I64 && whole) return HN_I64;
    if (column->type == HN_BOOL && logical) return HN_BOOL;
    return column->type == HN_F32 ? HN_F32 : HN_F64;
}

/* The most frequent category of n rows (rows NULL: the first n); of several the first. -1: there are fewer
 * than least values. counts are all 0, before and after. */
static int32_t most_frequent_code(const hn_column *column, const int64_t *rows, int64_t n,
                                  int64_t least, int64_t *counts) {
    int64_t present = 0;
    int32_t best = -1;
    for (int64_t i = 0; i < n; i++) {
        int64_t row = rows ? rows[i] : i;
        int32_t code = hn_column_is_null(column, row) ? HN_UNKNOWN : hn_column_code(column, row);
        if (code == HN_UNKNOWN) continue;
        counts[code]++;
        present++;
        if (best < 0 || counts[code] > counts[best] ||
            (counts[code] == counts[best] && code < best))
            best = code;
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t row = rows ? rows[i] : i;
        int32_t code = hn_column_is_null(column, row) ? HN_UNKNOWN : hn_column_code(column, row);
        if (code != HN_UNKNOWN) counts[code] = 0;
    }
    return present < least ? -1 : best;
}

static hone_status learn_codes(hone_ctx *ctx, const fit_job *job, int32_t j) {
    const hn_column *column = &job->x->columns[j];
    hn_impute_state *s = job->state;
    HN_SCRATCH(ctx);
    int64_t *counts;
    HN_TRY(HN_SCRATCH_NEW(ctx, counts, column->dictionary->n + 1));
    s->fill_code[j] = most_frequent_code(column, NULL, column->n, 1, counts);
    for (int64_t g = 0; g < s->groups.n; g++) {
        int32_t own =
            most_frequent_code(column, job->order + job->start[g],
                               job->start[g + 1] - job->start[g], job->params->min_count, counts);
        s->group_code[g * s->n + j] = own >= 0 ? own : s->fill_code[j];
    }
    return HONE_OK;
}

static hone_status learn_category(hone_ctx *ctx, const fit_job *job, int32_t j) {
    const hn_impute_params *p = job->params;
    const hn_column *column = &job->x->columns[j];
    hn_impute_state *s = job->state;
    if (p->strategy == HN_IMPUTE_MEAN || p->strategy == HN_IMPUTE_MEDIAN)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = column->name, .param = "strategy"),
                          "impute: column '%s' holds categories, which have no %s; use auto or "
                          "most_frequent, or leave "
                          "the column out",
                          column->name, p->strategy == HN_IMPUTE_MEAN ? "mean" : "median");
    const char *text = p->fill_text != NULL ? p->fill_text : "";
    if (p->strategy == HN_IMPUTE_CONSTANT)
        s->fill_code[j] = hn_dictionary_find(column->dictionary, (hn_slice){text, strlen(text)});
    else
        HN_TRY(learn_codes(ctx, job, j));
    s->extended[j] = s->fill_code[j] < 0;
    return s->extended[j] && p->strategy != HN_IMPUTE_CONSTANT ? all_missing(ctx, column) : HONE_OK;
}

static hone_status learn(hone_ctx *ctx, void *arg, int32_t j, const hn_column *cells) {
    const fit_job *job = arg;
    const hn_column *column = &job->x->columns[j];
    hn_impute_state *s = job->state;
    int indicator = job->params->indicator;
    if (s->passes[j]) {
        s->type[j] = column->type;
        return HONE_OK;
    }
    s->indicate[j] = indicator == HN_INDICATE_ALL ||
                     (indicator == HN_INDICATE_AUTO && hn_column_count_missing(cells) > 0);
    s->type[j] = HN_CATEGORY;
    s->fill_code[j] = -1;
    if (column->type == HN_CATEGORY) return learn_category(ctx, job, j);
    if (!hn_type_is_numeric(column->type))
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
            "impute: column '%s' holds %s values; it takes numbers and categories: leave it out",
            column->name, hn_type_name(column->type));
    HN_TRY(learn_number(ctx, job, j, cells));
    s->type[j] = type_after(s, column, j);
    return HONE_OK;
}

/* The dictionary with text put in at its place, which is *ret_code. */
static hone_status extend(hone_ctx *ctx, hn_arena *arena, const hn_dictionary *old, hn_slice text,
                          const hn_dictionary **ret_dictionary, int32_t *ret_code) {
    hn_dictionary *dictionary;
    int64_t *offsets, old_bytes = old->n > 0 ? old->offsets[old->n] : 0;
    char *bytes;
    int32_t place = 0;
    while (place < old->n && hn_slice_compare(hn_dictionary_text(old, place), text) < 0) place++;
    HN_TRY(HN_NEW(ctx, arena, dictionary, 1));
    HN_TRY(HN_NEW(ctx, arena, offsets, old->n + 2));
    HN_TRY(HN_NEW(ctx, arena, bytes, old_bytes + (int64_t)text.length + 1));
    int64_t at = 0;
    for (int32_t code = 0; code <= old->n; code++) {
        hn_slice next = code == place ? text : hn_dictionary_text(old, code - (code > place));
        if (next.length > 0) memcpy(bytes + at, next.text, next.length);
        at += (int64_t)next.length;
        offsets[code + 1] = at;
    }
    *dictionary = (hn_dictionary){.n = old->n + 1, .offsets = offsets, .bytes = bytes};
    *ret_dictionary = dictionary;
    *ret_code = place;
    return HONE_OK;
}

static hone_status learn_groups(hone_ctx *ctx, const hn_table *x, hn_arena *arena, fit_job *job) {
    hn_impute_state *s = job->state;
    int64_t *group, *order, *start;
    if (job->params->by.n == 0) return HONE_OK;
    HN_TRY(hn_groups_learn(ctx, arena, "impute", x, &job->params->by, &s->groups, &group));
    HN_TRY(hn_groups_order(ctx, group, x->n_rows, s->groups.n, &order, &start));
    HN_TRY(HN_NEW(ctx, arena, s->group_fill, s->groups.n * s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->group_code, s->groups.n * s->n + 1));
    for (int64_t k = 0; k < s->groups.n_by; k++) s->passes[s->groups.by[k]] = 1;
    job->order = order;
    job->start = start;
    return HONE_OK;
}

hone_status hn_impute_learn(hone_ctx *ctx, const hn_impute_params *p, const hn_table *x,
                            hn_arena *arena, hn_impute_state *s) {
    HN_SCRATCH(ctx);
    s->n = x->n_columns;
    HN_TRY(HN_NEW(ctx, arena, s->passes, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->type, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->fill, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->fill_code, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->extended, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->indicate, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->dictionary, s->n));
    fit_job job = {.params = p, .x = x, .state = s};
    HN_TRY(learn_groups(ctx, x, arena, &job));
    HN_TRY(hn_each_values(ctx, x, learn, &job));
    const char *text = p->fill_text != NULL ? p->fill_text : "";
    for (int64_t j = 0; j < s->n; j++)
        if (s->extended[j])
            HN_TRY(extend(ctx, arena, x->columns[j].dictionary, (hn_slice){text, strlen(text)},
                          &s->dictionary[j], &s->fill_code[j]));
    return HONE_OK;
}
