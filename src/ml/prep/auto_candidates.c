/* auto_candidates.c - what could be made of columns; see auto_features.h. */
#include "ml/prep/auto_features.h"
#include <stdio.h>
#include <string.h>

const char *const hn_idea_names[] = {"dates",    "texts",   "logs",   "ratios", "differences",
                                     "products", "crosses", "counts", NULL};

/* Made of one column that is written %1$s. */
typedef struct form {
    const char *name, *expression;
} form;

static const form date_forms[] = {
    {"%1$s_year", "year(`%1$s`)"},
    {"%1$s_month", "month(`%1$s`)"},
    {"%1$s_day", "day(`%1$s`)"},
    {"%1$s_weekday", "weekday(`%1$s`)"},
    {"%1$s_hour", "hour(`%1$s`)"},
    {"%1$s_month_sin", "sin(6.283185307179586 * (month(`%1$s`) - 1) / 12)"},
    {"%1$s_weekday_sin", "sin(6.283185307179586 * weekday(`%1$s`) / 7)"},
    {"%1$s_hour_sin", "sin(6.283185307179586 * hour(`%1$s`) / 24)"},
    {"%1$s_hour_cos", "cos(6.283185307179586 * hour(`%1$s`) / 24)"},
    {"%1$s_days", "epoch(`%1$s`) / 86400"},
};
static const form text_forms[] = {
    {"%1$s_length", "length(`%1$s`)"},
    {"%1$s_words", "length(regex_replace(regex_replace(`%1$s`, '\\S+', 'w'), '\\s+', ''))"},
    {"%1$s_digits", "length(regex_replace(`%1$s`, '[^0-9]+', ''))"},
    {"%1$s_upper_share", "length(regex_replace(`%1$s`, '[^A-Z]+', '')) / max(length(`%1$s`), 1)"},
    {"%1$s_first_word", "regex_extract(`%1$s`, '([A-Za-z]+)', 1)"},
    {"%1$s_first_letter", "substr(`%1$s`, 1, 1)"},
};
/* Of two: what is divided, %1$s, and by what, %2$s. */
static const form pair_forms[] = {
    {"%1$s_per_%2$s", "`%1$s` / `%2$s`"},
    {"%1$s_minus_%2$s", "`%1$s` - `%2$s`"},
    {"%1$s_times_%2$s", "`%1$s` * `%2$s`"},
    {"%1$s_and_%2$s", "concat(`%1$s`, ' & ', `%2$s`)"},
};
enum { PER, MINUS, TIMES, AND };
#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

enum { DISTINCT_LEAST = 5, CROSS_LEVELS = 60, COUNT_LEVELS = 5, TEXT_LEVELS = 30 };

/* ---- the list -------------------------------------------------------------------------------- */

typedef struct lister {
    hone_ctx *ctx;
    const hn_table *x;
    const bool *ideas;
    hn_candidates *list;
    hn_map taken;
} lister;

/* Where the name is not taken and there is room. expression NULL: a count. */
static hone_status add(lister *l, hn_idea idea, const char *name_form, const char *expression_form,
                       int32_t a, int32_t b) {
    const char *first = l->x->columns[a].name, *second = b >= 0 ? l->x->columns[b].name : "";
    hn_candidates *list = l->list;
    int64_t known, number = l->x->n_columns + list->n;
    if (!l->ideas[idea] || list->n == list->room) return HONE_OK;
    if (strchr(first, '`') != NULL || strchr(second, '`') != NULL) return HONE_OK;
    char *name = hn_arena_printf(l->ctx, l->ctx->scratch, name_form, first, second),
         *assignment = NULL;
    if (name == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_map_intern(&l->taken, (hn_slice){name, strlen(name)}, number, &known));
    if (known != number) return HONE_OK;
    if (expression_form != NULL) {
        char *expression = hn_arena_printf(l->ctx, l->ctx->scratch, expression_form, first, second);
        if (expression == NULL) return HONE_ERROR_MEMORY;
        assignment = hn_arena_printf(l->ctx, l->ctx->scratch, "`%s` = %s", name, expression);
        if (assignment == NULL) return HONE_ERROR_MEMORY;
    }
    list->items[list->n++] =
        (hn_candidate){.idea = idea, .name = name, .assignment = assignment, .a = a, .b = b};
    return HONE_OK;
}

static hone_status add_forms(lister *l, hn_idea idea, const form *forms, int n, int32_t a) {
    for (int k = 0; k < n; k++) HN_TRY(add(l, idea, forms[k].name, forms[k].expression, a, -1));
    return HONE_OK;
}

/* Different values, up to DISTINCT_LEAST, and whether they are an amount: 0 and more, and skewed to the right. */
static int judge_numbers(const hn_column *c, bool *ret_skewed) {
    double seen[DISTINCT_LEAST], n = 0, mean = 0, second = 0, third = 0, least = (double)INFINITY;
    int distinct = 0;
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i);
        if (isnan(v)) continue;
        bool is_new = distinct < DISTINCT_LEAST;
        for (int k = 0; k < distinct && is_new; k++) is_new = seen[k] != v;
        if (is_new) seen[distinct++] = v;
        n++;
        mean += (v - mean) / n;
        if (v < least) least = v;
    }
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i) - mean;
        if (isnan(v)) continue;
        second += v * v;
        third += v * v * v;
    }
    double spread = n > 0 ? second / n : 0;
    *ret_skewed = least >= 0 && spread > 0 && third / n / (spread * sqrt(spread)) > 1;
    return distinct;
}

static hone_status add_single(lister *l, int32_t j, bool *ret_number) {
    const hn_column *c = &l->x->columns[j];
    bool skewed;
    *ret_number = false;
    switch (c->type) {
    case HN_TIME: return add_forms(l, HN_IDEA_DATE, date_forms, COUNT(date_forms), j);
    case HN_STRING: return add_forms(l, HN_IDEA_TEXT, text_forms, COUNT(text_forms), j);
    case HN_CATEGORY:
        if (c->dictionary->n >= TEXT_LEVELS)
            HN_TRY(add_forms(l, HN_IDEA_TEXT, text_forms, COUNT(text_forms), j));
        return c->dictionary->n >= COUNT_LEVELS ? add(l, HN_IDEA_COUNT, "%1$s_count", NULL, j, -1)
                                                : HONE_OK;
    case HN_BOOL: return HONE_OK;
    default:
        *ret_number = judge_numbers(c, &skewed) >= DISTINCT_LEAST;
        return skewed && *ret_number ? add(l, HN_IDEA_LOG, "log_%1$s", "log1p(`%1$s`)", j, -1)
                                     : HONE_OK;
    }
}

/* Two numbers, or two categories of which there are not too many together. */
static hone_status add_pair(lister *l, int32_t a, int32_t b, bool numbers) {
    const hn_column *x = &l->x->columns[a], *y = &l->x->columns[b];
    const form *f = pair_forms;
    if (!numbers) {
        if ((int64_t)x->dictionary->n * y->dictionary->n > CROSS_LEVELS) return HONE_OK;
        return add(l, HN_IDEA_CROSS, f[AND].name, f[AND].expression, a, b);
    }
    HN_TRY(add(l, HN_IDEA_RATIO, f[PER].name, f[PER].expression, a, b));
    HN_TRY(add(l, HN_IDEA_RATIO, f[PER].name, f[PER].expression, b, a));
    HN_TRY(add(l, HN_IDEA_DIFFERENCE, f[MINUS].name, f[MINUS].expression, a, b));
    return add(l, HN_IDEA_PRODUCT, f[TIMES].name, f[TIMES].expression, a, b);
}

/* The columns of one sort among the first `most`, by rank. */
static hone_status add_pairs(lister *l, const bool *fits, const int64_t *rank, int64_t most,
                             bool numbers) {
    int64_t n = 0;
    int32_t *chosen;
    HN_TRY(HN_SCRATCH_NEW(l->ctx, chosen, l->x->n_columns + 1));
    for (int32_t j = 0; j < l->x->n_columns; j++) {
        int64_t before = 0;
        for (int32_t i = 0; i < l->x->n_columns; i++) before += fits[i] && rank[i] < rank[j];
        if (fits[j] && before < most) chosen[n++] = j;
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = i + 1; j < n; j++) HN_TRY(add_pair(l, chosen[i], chosen[j], numbers));
    return HONE_OK;
}

hone_status hn_candidates_list(hone_ctx *ctx, const hn_table *x, const bool *ideas,
                               const int64_t *rank, int64_t most, hn_candidates *ret_list) {
    lister l = {.ctx = ctx, .x = x, .ideas = ideas, .list = ret_list};
    int64_t known;
    bool *numbers, *categories;
    *ret_list = (hn_candidates){.room = (int64_t)x->n_columns * COUNT(date_forms) +
                                        4 * most * most + most * most};
    HN_TRY(HN_SCRATCH_NEW(ctx, ret_list->items, ret_list->room + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, numbers, x->n_columns + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, categories, x->n_columns + 1));
    hn_map_init(&l.taken, ctx, ctx->scratch);
    for (int32_t j = 0; j < x->n_columns; j++) {
        const char *name = x->columns[j].name;
        HN_TRY(hn_map_intern(&l.taken, (hn_slice){name, strlen(name)}, j, &known));
    }
    for (int32_t j = 0; j < x->n_columns; j++) {
        HN_TRY(add_single(&l, j, &numbers[j]));
        categories[j] = x->columns[j].type == HN_CATEGORY && x->columns[j].dictionary->n >= 2;
    }
    HN_TRY(add_pairs(&l, numbers, rank, most, true));
    return add_pairs(&l, categories, rank, most, false);
}

/* ---- counts of categories --------------------------------------------------------------------- */

hone_status hn_category_counts(hone_ctx *ctx, hn_arena *arena, const hn_table *x,
                               double ***ret_counts) {
    double **counts;
    HN_TRY(HN_NEW(ctx, arena, counts, x->n_columns + 1));
    for (int32_t j = 0; j < x->n_columns; j++) {
        const hn_column *c = &x->columns[j];
        if (c->type != HN_CATEGORY) continue;
        HN_TRY(HN_NEW(ctx, arena, counts[j], c->dictionary->n + 1));
        for (int64_t i = 0; i < c->n; i++) {
            int32_t code = hn_column_is_null(c, i) ? HN_UNKNOWN : hn_column_code(c, i);
            if (code >= 0 && code < c->dictionary->n) counts[j][code]++;
        }
    }
    *ret_counts = counts;
    return HONE_OK;
}

void hn_category_count_column(const hn_column *column, const double *counts, int64_t levels,
                              double *ret_values) {
    for (int64_t i = 0; i < column->n; i++) {
        int32_t code = hn_column_code(column, i);
        ret_values[i] = hn_column_is_null(column, i) ? (double)NAN
                        : code >= 0 && code < levels ? counts[code]
                                                     : 0;
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool has_use(const hn_column *c) {
    bool any = false;
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i);
        if (isinf(v)) return false;
        any |= !isnan(v);
    }
    return any;
}

hone_status hn_candidates_values(hone_ctx *ctx, const hn_table *x, double *const *counts,
                                 hn_candidates *list) {
    hn_texts made = {0}, none = {0};
    hone_data data = {.x = x};
    hn_table wide;
    derive_state *derived;
    int64_t kept = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, made.items, list->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, derived, 1));
    for (int64_t i = 0; i < list->n; i++)
        if (list->items[i].assignment != NULL) made.items[made.n++] = list->items[i].assignment;
    HN_TRY(hn_derive_fit(ctx, &made, &none, &data, ctx->scratch, derived));
    hone_status status = hn_derive_transform(ctx, derived, x, ctx->scratch, &wide);
    hn_derive_done(derived);
    HN_TRY(status);
    for (int64_t i = 0; i < list->n; i++) {
        hn_candidate c = list->items[i];
        if (c.assignment != NULL) {
            int32_t place = hn_table_find(&wide, c.name);
            if (place < 0) continue;
            c.values = wide.columns[place];
        } else {
            double *values;
            HN_TRY(HN_SCRATCH_NEW(ctx, values, x->n_rows + 1));
            hn_category_count_column(&x->columns[c.a], counts[c.a], x->columns[c.a].dictionary->n,
                                     values);
            c.values = hn_column_of_f64(c.name, values, x->n_rows);
        }
        if (has_use(&c.values)) list->items[kept++] = c;
    }
    list->n = kept;
    return HONE_OK;
}
