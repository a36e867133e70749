/* impute.c - missing values replaced by one value per column, or per column and group, learned from the others. */
#include "ml/prep/columns.h"
#include "ml/prep/groups.h"

#include "base/parallel.h"
#include "num/simd.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

typedef struct impute_params {
    int strategy;
    double fill_value;
    const char *fill_text;
    int indicator;
    hn_texts by;
    int64_t min_count;
} impute_params;

enum { AUTO, MEAN, MEDIAN, MOST_FREQUENT, CONSTANT };
enum { INDICATE_NONE, INDICATE_AUTO, INDICATE_ALL };

static const hone_param params[] = {
    HN_PARAM(
        impute_params, strategy, .def = "auto",
        .choices = HN_CHOICES("auto", "mean", "median", "most_frequent", "constant"),
        .doc =
            "What to put in; auto is the median for numbers and the most frequent category else.",
        .search = "{mean, median, most_frequent}"),
    HN_PARAM(impute_params, fill_value, .def = "0",
             .doc = "With strategy constant, the value put into numeric columns."),
    HN_PARAM(impute_params, fill_text, .def = "missing",
             .doc = "With strategy constant, the category put into columns of categories."),
    HN_PARAM(impute_params, indicator, .def = "none", .choices = HN_CHOICES("none", "auto", "all"),
             .doc = "Add a column NAME_missing that tells where a value was put in: for columns "
                    "with missing values in "
                    "training (auto), or all.",
             .search = "{none, auto}"),
    HN_PARAM(impute_params, by, .display = "COLUMN", .columns = true,
             .doc = "Learn a value for each group of rows that share the values of these columns, "
                    "which stay as they are; rows of groups that training did not see get the "
                    "value of all rows."),
    HN_PARAM(impute_params, min_count, .def = "1", .range = "[1, inf)", .unit = "rows",
             .level = HN_ADVANCED,
             .doc = "With by, groups with fewer values get the value of all rows."),
};

typedef struct impute_state {
    int64_t n;          /* columns */
    int32_t *type;      /* [n] hn_type that comes out */
    double *fill;       /* [n] numbers */
    int32_t *fill_code; /* [n] categories: code that comes out */
    uint8_t *extended;  /* [n] the constant is a category that the column did not have */
    uint8_t *indicate;  /* [n] */
    const hn_dictionary **dictionary; /* [n] of extended columns, else NULL */
    hn_groups groups;                 /* none where all rows are one */
    uint8_t *passes;                  /* [n] what rows are grouped by stays as it is */
    double *group_fill;               /* [groups.n, n] */
    int32_t *group_code;              /* [groups.n, n] */
    /* made in prepare */
    int32_t n_indicated;
    const char **indicator_name; /* [n] */
} impute_state;

/* ---- fit ------------------------------------------------------------------------------------- */

typedef struct fit_job {
    const impute_params *params;
    const hn_table *x;
    impute_state *state;
    const int64_t *order, *start; /* rows by group */
} fit_job;

static hone_status check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    (void)data;
    const impute_params *p = params_;
    if (p->by.n == 0 || p->strategy != CONSTANT) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "by"),
                      "impute: 'by' learns a value for each group, and strategy constant learns "
                      "none; leave one of them out");
}

static hone_status all_missing(hone_ctx *ctx, const hn_column *column) {
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
                      "impute: column '%s' has no value in the training rows to learn a "
                      "replacement from; drop it "
                      "(drop_constant does), or set strategy to constant",
                      column->name);
}

static hone_status usual(hone_ctx *ctx, int strategy, double *values, int64_t n, double *ret_fill) {
    hn_usual sort = strategy == MEAN            ? HN_USUAL_MEAN
                    : strategy == MOST_FREQUENT ? HN_USUAL_MODE
                                                : HN_USUAL_MEDIAN;
    return hn_usual_value(ctx, sort, values, n, ret_fill);
}

static hone_status learn_number(hone_ctx *ctx, const fit_job *job, int32_t j,
                                const hn_column *column) {
    const impute_params *p = job->params;
    impute_state *s = job->state;
    double *values;
    int64_t n;
    if (p->strategy == CONSTANT) {
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
static hn_type type_after(const impute_state *s, const hn_column *column, int64_t j) {
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
    impute_state *s = job->state;
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
    const impute_params *p = job->params;
    const hn_column *column = &job->x->columns[j];
    impute_state *s = job->state;
    if (p->strategy == MEAN || p->strategy == MEDIAN)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = column->name, .param = "strategy"),
                          "impute: column '%s' holds categories, which have no %s; use auto or "
                          "most_frequent, or leave "
                          "the column out",
                          column->name, p->strategy == MEAN ? "mean" : "median");
    const char *text = p->fill_text != NULL ? p->fill_text : "";
    if (p->strategy == CONSTANT)
        s->fill_code[j] = hn_dictionary_find(column->dictionary, (hn_slice){text, strlen(text)});
    else
        HN_TRY(learn_codes(ctx, job, j));
    s->extended[j] = s->fill_code[j] < 0;
    return s->extended[j] && p->strategy != CONSTANT ? all_missing(ctx, column) : HONE_OK;
}

static hone_status learn(hone_ctx *ctx, void *arg, int32_t j, const hn_column *cells) {
    const fit_job *job = arg;
    const hn_column *column = &job->x->columns[j];
    impute_state *s = job->state;
    int indicator = job->params->indicator;
    if (s->passes[j]) {
        s->type[j] = column->type;
        return HONE_OK;
    }
    s->indicate[j] = indicator == INDICATE_ALL ||
                     (indicator == INDICATE_AUTO && hn_column_count_missing(cells) > 0);
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

static hone_status learn_groups(hone_ctx *ctx, const hone_data *data, hn_arena *arena,
                                fit_job *job) {
    impute_state *s = job->state;
    int64_t *group, *order, *start;
    if (job->params->by.n == 0) return HONE_OK;
    HN_TRY(hn_groups_learn(ctx, arena, "impute", data->x, &job->params->by, &s->groups, &group));
    HN_TRY(hn_groups_order(ctx, group, data->x->n_rows, s->groups.n, &order, &start));
    HN_TRY(HN_NEW(ctx, arena, s->group_fill, s->groups.n * s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->group_code, s->groups.n * s->n + 1));
    for (int64_t k = 0; k < s->groups.n_by; k++) s->passes[s->groups.by[k]] = 1;
    job->order = order;
    job->start = start;
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const impute_params *p = params_;
    impute_state *s = ret_state;
    HN_SCRATCH(ctx);
    s->n = data->x->n_columns;
    HN_TRY(HN_NEW(ctx, arena, s->passes, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->type, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->fill, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->fill_code, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->extended, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->indicate, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->dictionary, s->n));
    fit_job job = {.params = p, .x = data->x, .state = s};
    HN_TRY(learn_groups(ctx, data, arena, &job));
    HN_TRY(hn_each_values(ctx, data->x, learn, &job));
    const char *text = p->fill_text != NULL ? p->fill_text : "";
    for (int64_t j = 0; j < s->n; j++)
        if (s->extended[j])
            HN_TRY(extend(ctx, arena, data->x->columns[j].dictionary,
                          (hn_slice){text, strlen(text)}, &s->dictionary[j], &s->fill_code[j]));
    return HONE_OK;
}

/* ---- transform ------------------------------------------------------------------------------- */

typedef struct fill_job {
    const impute_state *state;
    const hn_table *x;
    void **out;      /* [n] NULL: borrowed */
    uint8_t **tells; /* [n] NULL: no indicator */
    int64_t *group;  /* [n_rows]; NULL: all rows are one */
} fill_job;

static double number_for(const fill_job *job, int32_t j, int64_t i) {
    const impute_state *s = job->state;
    int64_t g = job->group != NULL ? job->group[i] : -1;
    return g < 0 ? s->fill[j] : s->group_fill[g * s->n + j];
}

static int32_t code_for(const fill_job *job, int32_t j, int64_t i) {
    const impute_state *s = job->state;
    int64_t g = job->group != NULL ? job->group[i] : -1;
    return g < 0 ? s->fill_code[j] : s->group_code[g * s->n + j];
}

static void fill_codes(const fill_job *job, int32_t j, int64_t begin, int64_t end, int32_t *out) {
    const impute_state *s = job->state;
    const hn_column *column = &job->x->columns[j];
    int32_t moved_from = s->extended[j] ? s->fill_code[j] : INT32_MAX;
    for (int64_t i = begin; i < end; i++) {
        int32_t code = hn_column_code(column, i);
        out[i] = hn_column_is_null(column, i) ? code_for(job, j, i) : code + (code >= moved_from);
    }
}

static void fill_ints(const fill_job *job, int32_t j, int64_t begin, int64_t end, int64_t *out) {
    const hn_column *column = &job->x->columns[j];
    for (int64_t i = begin; i < end; i++) {
        const int64_t *value = (const int64_t *)((const char *)column->values + i * column->stride);
        out[i] = hn_column_is_null(column, i) ? (int64_t)number_for(job, j, i) : *value;
    }
}

/* What a column comes out as. Whole numbers may come in as doubles (a row of JSON, a file where one has
 * a fraction): they stay what they are. */
static hn_type out_type(const impute_state *s, int64_t j, const hn_column *column) {
    hn_type type = (hn_type)s->type[j];
    return type == HN_I64 && column->type != HN_I64 ? HN_F64 : type;
}

/* Every other numeric type goes through doubles. */
static void fill_numbers(const fill_job *job, int32_t j, hn_type type, int64_t begin, int64_t end,
                         void *out) {
    enum { STRIP = 512 };
    const hn_column *column = &job->x->columns[j];
    double strip[STRIP], fill = job->state->fill[j];
    for (int64_t at = begin; at < end; at += STRIP) {
        int64_t n = end - at < STRIP ? end - at : STRIP;
        hn_column_doubles(column, at, at + n, strip, 1);
        if (job->group == NULL)
            for (int64_t i = 0; i < n; i++) strip[i] = isnan(strip[i]) ? fill : strip[i];
        else
            for (int64_t i = 0; i < n; i++)
                if (isnan(strip[i])) strip[i] = number_for(job, j, at + i);
        if (type == HN_F64)
            memcpy((double *)out + at, strip, (size_t)n * sizeof *strip);
        else if (type == HN_F32)
            for (int64_t i = 0; i < n; i++) ((float *)out)[at + i] = (float)strip[i];
        else
            for (int64_t i = 0; i < n; i++) ((uint8_t *)out)[at + i] = strip[i] != 0;
    }
}

static hone_status fill_cells(hone_ctx *ctx, void *arg, int32_t j, int64_t begin, int64_t end) {
    (void)ctx;
    const fill_job *job = arg;
    const impute_state *s = job->state;
    const hn_column *column = &job->x->columns[j];
    hn_type type = out_type(s, j, column);
    if (job->tells[j] != NULL)
        for (int64_t i = begin; i < end; i++) job->tells[j][i] = hn_column_is_missing(column, i);
    if (job->out[j] == NULL) return HONE_OK;
    if (type == HN_CATEGORY)
        fill_codes(job, j, begin, end, job->out[j]);
    else if (type == HN_I64)
        fill_ints(job, j, begin, end, job->out[j]);
    else
        fill_numbers(job, j, type, begin, end, job->out[j]);
    return HONE_OK;
}

/* Nothing can be missing and nothing changes: the column itself will do. */
static bool can_borrow(const impute_state *s, const hn_column *column, int64_t j) {
    if (s->passes[j]) return true;
    bool can_be_nan = column->type == HN_F64 || column->type == HN_F32;
    return column->valid == NULL && !can_be_nan && (hn_type)s->type[j] == column->type &&
           !s->extended[j];
}

static hone_status lay_out(hone_ctx *ctx, const impute_state *s, const hn_table *x, hn_arena *arena,
                           fill_job *job, hn_table *out) {
    int32_t next = (int32_t)s->n;
    for (int32_t j = 0; j < s->n; j++) {
        const hn_column *column = &x->columns[j];
        hn_type type = out_type(s, j, column);
        int64_t size = (int64_t)hn_type_size(type);
        out->columns[j] = *column;
        if (!can_borrow(s, column, j)) {
            job->out[j] = hn_arena_alloc(ctx, arena, (size_t)x->n_rows + 1, (size_t)size);
            if (job->out[j] == NULL) return HONE_ERROR_MEMORY;
            const hn_dictionary *own = s->extended[j] ? s->dictionary[j] : column->dictionary;
            out->columns[j] = (hn_column){.name = column->name,
                                          .type = type,
                                          .n = x->n_rows,
                                          .values = job->out[j],
                                          .stride = size,
                                          .dictionary = type == HN_CATEGORY ? own : NULL};
        }
        if (!s->indicate[j]) continue;
        HN_TRY(HN_NEW(ctx, arena, job->tells[j], x->n_rows + 1));
        out->columns[next++] = (hn_column){.name = s->indicator_name[j],
                                           .type = HN_BOOL,
                                           .n = x->n_rows,
                                           .values = job->tells[j],
                                           .stride = 1};
    }
    return HONE_OK;
}

static hone_status find_groups(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const fill_job *job = arg;
    return hn_groups_find(ctx, &job->state->groups, job->x, chunk.begin, chunk.end, job->group);
}

HN_CLONES static void fill_rows(const void *state, double *rows, int64_t n, int64_t p) {
    const double *restrict fill = ((const impute_state *)state)->fill;
    for (int64_t i = 0; i < n; i++) {
        double *restrict row = rows + i * p;
        HN_SIMD for (int64_t j = 0; j < p; j++) row[j] = isnan(row[j]) ? fill[j] : row[j];
    }
}

/* A row-major matrix of which nothing but gaps changes, whatever group a row is of. */
static bool stays_matrix(const impute_state *s, const hn_table *x) {
    bool stays = hn_columns_are_rows(x) && s->groups.n_by == 0 && s->n_indicated == 0;
    for (int64_t j = 0; stays && j < s->n; j++)
        stays = out_type(s, j, &x->columns[j]) == x->columns[j].type;
    return stays;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const impute_state *s = state;
    assert(x->n_columns == s->n && s->indicator_name != NULL);
    if (stays_matrix(s, x)) return hn_map_rows(ctx, s, x, fill_rows, arena, ret_out);
    HN_SCRATCH(ctx);
    fill_job job = {.state = s, .x = x};
    if (s->groups.n_by > 0) {
        HN_TRY(HN_SCRATCH_NEW(ctx, job.group, x->n_rows + 1));
        HN_TRY(hn_parallel(ctx, x->n_rows, 8192, find_groups, &job));
    }
    hn_table out = {.n_rows = x->n_rows, .n_columns = (int32_t)s->n + s->n_indicated};
    HN_TRY(HN_NEW(ctx, arena, out.columns, out.n_columns + 1));
    HN_TRY(HN_NEW(ctx, arena, job.out, s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, job.tells, s->n + 1));
    HN_TRY(lay_out(ctx, s, x, arena, &job, &out));
    HN_TRY(hn_each_cells(ctx, (int32_t)s->n, x->n_rows, fill_cells, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    impute_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit_check(v, s->n >= 0 && s->n < INT32_MAX / 2, "impute: number of columns"));
    HN_TRY(hn_visit(v, "type", &s->type, s->n));
    HN_TRY(hn_visit(v, "fill", &s->fill, s->n));
    HN_TRY(hn_visit(v, "fill_code", &s->fill_code, s->n));
    HN_TRY(hn_visit(v, "extended", &s->extended, s->n));
    HN_TRY(hn_visit(v, "indicate", &s->indicate, s->n));
    HN_TRY(hn_visit(v, "passes", &s->passes, s->n));
    HN_TRY(hn_groups_visit(v, s->n, &s->groups));
    bool grouped = s->groups.n_by > 0;
    HN_TRY(hn_visit_check(v, grouped || s->groups.n == 0, "impute: groups"));
    if (grouped) HN_TRY(hn_visit(v, "group_fill", &s->group_fill, s->groups.n, s->n));
    if (grouped) HN_TRY(hn_visit(v, "group_code", &s->group_code, s->groups.n, s->n));
    if (v->loading) HN_TRY(HN_NEW(v->ctx, v->arena, s->dictionary, s->n + 1));
    for (int64_t j = 0; j < s->n; j++) {
        char name[48];
        snprintf(name, sizeof name, "dictionary.%lld", (long long)j);
        HN_TRY(hn_visit_check(v, s->extended[j] <= 1 && s->indicate[j] <= 1, "impute: flags"));
        if (s->extended[j]) HN_TRY(hn_visit_dictionary(v, name, &s->dictionary[j]));
        HN_TRY(
            hn_visit_check(v, !s->extended[j] || s->dictionary[j] != NULL, "impute: dictionary"));
    }
    return HONE_OK;
}

/* What is put in fits the column, for all rows and every group. */
static bool fits(const impute_state *s, int64_t j, const hn_column *column) {
    int32_t type = s->type[j], n = 0;
    if (s->passes[j]) return !s->extended[j] && !s->indicate[j];
    bool codes = type == HN_CATEGORY;
    if (codes && (column->type != HN_CATEGORY || column->dictionary == NULL)) return false;
    if (codes) n = column->dictionary->n + s->extended[j];
    if (codes && s->extended[j] && s->dictionary[j]->n != n) return false;
    if (!codes && (!hn_type_is_numeric(column->type) || s->extended[j] ||
                   (type != HN_F64 && type != HN_F32 && type != HN_BOOL && type != HN_I64)))
        return false;
    for (int64_t g = -1; g < s->groups.n; g++) {
        int64_t at = g * s->n + j;
        int32_t code = g < 0 ? s->fill_code[j] : s->group_code[at];
        double fill = g < 0 ? s->fill[j] : s->group_fill[at];
        if (codes ? code < 0 || code >= n : type == HN_I64 && !(fabs(fill) <= 9007199254740992.0))
            return false;
    }
    return true;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    static const hn_slice nothing = {"", 0};
    impute_state *s = state;
    const char **names;
    int32_t n_indicated = 0;
    HN_TRY(hn_prepare_check(ctx, "impute", schema->n_columns == s->n));
    HN_TRY(HN_NEW(ctx, arena, names, s->n + 1));
    HN_SCRATCH(ctx);
    hn_namer namer;
    HN_TRY(hn_namer_init(&namer, ctx, arena, schema));
    for (int32_t j = 0; j < s->n; j++) {
        HN_TRY(hn_prepare_check(ctx, "impute", fits(s, j, &schema->columns[j])));
        if (!s->indicate[j]) continue;
        HN_TRY(hn_namer_make(&namer, schema->columns[j].name, "_missing", nothing, &names[j]));
        n_indicated++;
    }
    s->indicator_name = names;
    s->n_indicated = n_indicated;
    return hn_groups_prepare(ctx, arena, "impute", schema, &s->groups);
}

static hn_json_mut *shown_fill(const impute_state *s, const hn_table *schema, hn_json_doc *doc,
                               int64_t j, double fill, int32_t code) {
    if (s->type[j] != HN_CATEGORY) return yyjson_mut_real(doc, fill);
    hn_slice text =
        hn_dictionary_text(s->extended[j] ? s->dictionary[j] : schema->columns[j].dictionary, code);
    return yyjson_mut_strncpy(doc, text.text, text.length);
}

/* Where there are few groups, what each of them gets. */
static hone_status report_groups(hone_ctx *ctx, const impute_state *s, const hn_table *schema,
                                 hn_json_doc *doc, hn_json_mut *object) {
    enum { FEW = 60 };
    if (s->groups.n_by == 0) return HONE_OK;
    HN_SCRATCH(ctx);
    hn_str key;
    hn_str_init(&key, ctx, ctx->scratch);
    hn_json_mut *by = yyjson_mut_obj_add_arr(doc, object, "by");
    for (int64_t k = 0; k < s->groups.n_by; k++)
        yyjson_mut_arr_add_strcpy(doc, by, schema->columns[s->groups.by[k]].name);
    yyjson_mut_obj_add_int(doc, object, "groups", s->groups.n);
    if (s->groups.n > FEW) return HONE_OK;
    hn_json_mut *all = yyjson_mut_obj_add_obj(doc, object, "fill_by_group");
    for (int64_t g = 0; g < s->groups.n; g++) {
        hn_str_clear(&key);
        HN_TRY(hn_groups_print(&s->groups, schema, g, &key));
        hn_json_mut *fills = yyjson_mut_obj(doc);
        yyjson_mut_obj_add(all, yyjson_mut_strncpy(doc, key.text, key.length), fills);
        for (int32_t j = 0; j < s->n; j++)
            if (!s->passes[j])
                yyjson_mut_obj_add(fills, yyjson_mut_strcpy(doc, schema->columns[j].name),
                                   shown_fill(s, schema, doc, j, s->group_fill[g * s->n + j],
                                              s->group_code[g * s->n + j]));
    }
    return HONE_OK;
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    const impute_state *s = state;
    hn_json_mut *fills = yyjson_mut_obj_add_obj(doc, object, "fill");
    for (int32_t j = 0; j < s->n; j++)
        if (!s->passes[j])
            yyjson_mut_obj_add(fills, yyjson_mut_strcpy(doc, schema->columns[j].name),
                               shown_fill(s, schema, doc, j, s->fill[j], s->fill_code[j]));
    return report_groups(ctx, s, schema, doc, object);
}

const hone_estimator hn_impute = {
    .name = "impute",
    .title = "Fill in missing values",
    .class_names = "Imputer",
    .family = "prep",
    .doc =
        "Puts one value per column where values are missing: the mean, median or most frequent "
        "one of the training rows (or of those in the row's group), or a constant; with a column "
        "beside it that tells where, if asked. For models that don't take missing values.",
    .references = "Little, Rubin (2019). Statistical Analysis with Missing Data.",
    .tasks = HN_TASK_NONE,
    .example = "{\"by\": [\"e\"], \"indicator\": \"auto\"}",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES,
    .params = HN_PARAMS(impute_params, params),
    .state_size = sizeof(impute_state),
    .check = check,
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN(
        {.dataset = "tabular/titanic/titanic.csv",
         .columns = "Age,Fare,SibSp",
         .params = NULL,
         .metric = "sum",
         .value = 55321.1193,
         .tolerance = 1e-9,
         .source = "scikit-learn 1.9.1, SimpleImputer(strategy=median)"},
        {.dataset = "tabular/titanic/titanic.csv",
         .columns = "Age,Fare,SibSp",
         .params = "{\"strategy\": \"mean\"}",
         .metric = "sum",
         .value = 55621.863123529401,
         .tolerance = 1e-9,
         .source = "scikit-learn 1.9.1, SimpleImputer(strategy=mean)"},
        {.dataset = "tabular/titanic/titanic.csv",
         .columns = "Age,Fare,SibSp",
         .params = "{\"strategy\": \"most_frequent\", \"indicator\": \"auto\"}",
         .metric = "sum",
         .value = 54790.1193,
         .tolerance = 1e-9,
         .source = "scikit-learn 1.9.1, SimpleImputer(strategy=most_frequent, add_indicator=True)"},
        {.dataset = "tabular/titanic/titanic.csv",
         .columns = "Age,Fare",
         .params = "{\"by\": [\"Pclass\", \"Sex\"]}",
         .metric = "sum",
         .value = 57267.1193,
         .tolerance = 1e-9,
         .source = "pandas 3.1.1, fillna(groupby([Pclass, Sex]).transform(median)), Pclass and "
                   "codes of Sex beside"}),
};
