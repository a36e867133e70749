/* select.c - which columns a part of a recipe means; and the recipe's data, read and typed. */
#include "flow/changes.h"
#include "flow/windows.h"
#include "table/cast.h"
#include <fnmatch.h>
#include <string.h>

static bool has_type_word(const char *word, hn_type type, bool *ret_is_word) {
    static const struct {
        const char *word;
        unsigned types;
    } words[] = {
        {"all", ~0u},
        {"numeric", 1u << HN_F64 | 1u << HN_F32 | 1u << HN_I64 | 1u << HN_BOOL},
        {"category", 1u << HN_CATEGORY},
        {"text", 1u << HN_STRING},
        {"time", 1u << HN_TIME},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i].word) != 0) continue;
        *ret_is_word = true;
        return (words[i].types >> type & 1) != 0;
    }
    *ret_is_word = false;
    return false;
}

/* What a step takes where its columns aren't said. A model takes all; what it can't is refused. */
static bool is_fit_for(const hone_estimator *kind, hn_type type) {
    if (kind->tasks != HN_TASK_NONE) return true;
    if ((kind->can & HN_NUMERIC_ONLY) != 0) return hn_type_is_numeric(type);
    if ((kind->can & HN_CATEGORY_ONLY) != 0) return type == HN_CATEGORY || type == HN_STRING;
    return (kind->can & HN_ANY_TYPE) != 0 || hn_type_is_numeric(type) || type == HN_CATEGORY;
}

/* Mark what one word means: a column's own name first, then a type, then a pattern. */
static hone_status mark(hone_ctx *ctx, const hn_table *table, const char *word, bool value,
                        bool *marks) {
    int32_t exact = hn_table_find(table, word);
    if (exact >= 0) {
        marks[exact] = value;
        return HONE_OK;
    }
    bool is_word = false;
    bool found = false;
    for (int32_t j = 0; j < table->n_columns; j++) {
        bool means = has_type_word(word, table->columns[j].type, &is_word);
        if (!is_word) means = fnmatch(word, table->columns[j].name, 0) == 0;
        if (means) marks[j] = value;
        found |= means;
    }
    if (found || is_word || strpbrk(word, "*?[") != NULL) return HONE_OK;
    int32_t index;
    return hn_table_require(ctx, table, word, &index); /* fails, and names the nearest */
}

/* The columns that its parameters name (keys of groups) come with those chosen for it. */
static hone_status mark_named(hone_ctx *ctx, const hn_table *table, const hn_recipe_part *part,
                              bool *marks) {
    for (int64_t k = 0; k < part->kind->params.n; k++) {
        const hone_param *param = &part->kind->params.items[k];
        if (!param->columns) continue;
        const hn_texts *names = (const hn_texts *)((const char *)part->params + param->offset);
        for (int64_t i = 0; i < names->n; i++) {
            int32_t j;
            HN_TRY(hn_table_require(ctx, table, names->items[i], &j));
            marks[j] = true;
        }
    }
    return HONE_OK;
}

hone_status hn_recipe_select(hone_ctx *ctx, hn_arena *arena, const hn_recipe_part *part,
                             const hn_table *table, int32_t **ret_indices, int32_t *ret_n) {
    HN_SCRATCH(ctx);
    bool *marks;
    HN_TRY(HN_SCRATCH_NEW(ctx, marks, table->n_columns + 1));
    bool only_exceptions = true;
    for (int64_t i = 0; i < part->columns.n; i++)
        only_exceptions &= part->columns.items[i][0] == '!';
    for (int32_t j = 0; j < table->n_columns; j++)
        marks[j] = only_exceptions && is_fit_for(part->kind, table->columns[j].type);
    for (int64_t i = 0; i < part->columns.n; i++) {
        const char *word = part->columns.items[i];
        bool except = word[0] == '!';
        HN_TRY(mark(ctx, table, word + except, !except, marks));
    }
    HN_TRY(mark_named(ctx, table, part, marks));
    int32_t *indices, n = 0;
    HN_TRY(HN_NEW(ctx, arena, indices, table->n_columns + 1));
    for (int32_t j = 0; j < table->n_columns; j++) {
        if (!marks[j]) continue;
        if (!is_fit_for(part->kind, table->columns[j].type))
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = table->columns[j].name),
                              "%s cannot take column '%s' of type %s; leave it out under 'columns'",
                              part->kind->name, table->columns[j].name,
                              hn_type_name(table->columns[j].type));
        indices[n++] = j;
    }
    *ret_indices = indices;
    *ret_n = n;
    return HONE_OK;
}

/* ---- data ------------------------------------------------------------------------------------ */

static hone_status retype(hone_ctx *ctx, hone_table *table, const hn_texts *names, hn_type type,
                          hn_cast_misfit misfit) {
    for (int64_t i = 0; i < names->n; i++) {
        int32_t j;
        HN_TRY(hn_table_require(ctx, &table->view, names->items[i], &j));
        HN_TRY(hn_column_cast(ctx, &table->arena, &table->view.columns[j], type, NULL, misfit,
                              &table->view.columns[j]));
    }
    return HONE_OK;
}

hone_status hn_recipe_apply_types(hone_ctx *ctx, const hn_recipe *recipe, hone_table *table) {
    HN_TRY(retype(ctx, table, &recipe->data.categories, HN_CATEGORY, HN_MISFIT_FAILS));
    return retype(ctx, table, &recipe->data.numbers, HN_F64, HN_MISFIT_IS_MISSING);
}

/* Where baskets are looked for, a CSV file that is no table is one list of items to a line. */
static hone_status read_path(hone_ctx *ctx, const hn_recipe *recipe, hone_read_options *options,
                             hone_table **ret_table) {
    const hone_estimator *kind = recipe->model.kind;
    hone_status status = hn_read_path(ctx, recipe->data.path, options, ret_table);
    if (status != HONE_ERROR_DATA || options->delimiter != NULL || kind == NULL ||
        (kind->tasks & HN_TASK_RULES) == 0)
        return status;
    options->delimiter = "none";
    return hn_read_path(ctx, recipe->data.path, options, ret_table);
}

hone_status hn_recipe_apply_windows(hone_ctx *ctx, const hn_recipe *recipe, const hone_table *table,
                                    hone_table **ret_made) {
    const hn_recipe_data *data = &recipe->data;
    /* limit counts the rows that come of it, not those that it is made of. */
    hn_read_options options = {.missing = data->missing, .limit = data->limit};
    hone_table *made;
    HN_TRY(hn_windows_apply(ctx, NULL, table, data, &options, &made));
    hone_status status = hn_changes_keep_fills(ctx, data, &table->view, made);
    if (status != HONE_OK) {
        hone_table_free(ctx, made);
        return status;
    }
    *ret_made = made;
    return HONE_OK;
}

hone_status hn_recipe_read_data(hone_ctx *ctx, const hn_recipe *recipe, hone_table **ret_table) {
    static const char *const headers[] = {NULL, "yes", "no"};
    const hn_recipe_data *data = &recipe->data;
    hn_read_options options = {.format = data->format ? hn_source_names[data->format] : NULL,
                               .table = data->table,
                               .query = data->path ? data->sql : NULL,
                               .delimiter = data->delimiter,
                               .quote = data->quote,
                               .escape = data->escape,
                               .comment = data->comment,
                               .decimal = data->decimal,
                               .skip_rows = data->skip_rows,
                               .range = data->range,
                               .encoding = data->encoding,
                               .header = headers[data->header],
                               .missing = data->missing,
                               .limit = data->limit};
    hone_table *table = NULL;
    bool windows = data->windows.n > 0 || data->fill.n > 0;
    if (windows) options.limit = 0;
    if (data->sql != NULL && data->path == NULL)
        HN_TRY(hn_read_sql(ctx, data->sql, &options, &table));
    else if (data->path != NULL)
        HN_TRY(read_path(ctx, recipe, &options, &table));
    else
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "data"),
                          "no data is named; give a file, or 'data: {path: FILE}' in the recipe");
    hone_status status = HONE_OK;
    if (windows) {
        hone_table *made;
        status = hn_recipe_apply_windows(ctx, recipe, table, &made);
        if (status == HONE_OK) {
            hn_table_keep(made, table); /* from which it borrows */
            table = made;
        }
    }
    if (status == HONE_OK) status = hn_recipe_apply_types(ctx, recipe, table);
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    *ret_table = table;
    return HONE_OK;
}
