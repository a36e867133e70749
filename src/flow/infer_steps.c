/* infer_steps.c - the steps that a model needs, from what it declares and what the columns are. */
#include "flow/infer.h"
#include "flow/pipeline.h"
#include <string.h>

/* Categories beyond these are put together when they become columns. */
#define ONE_HOT_MOST "64"

/* ---- a list of steps ------------------------------------------------------------------------- */

typedef struct step_list {
    hone_ctx *ctx;
    hn_arena *arena;
    hn_recipe_part items[8];
    int32_t n;
} step_list;

/* Append a step on columns (NULL: all it can take); key and value set one parameter (NULL: none). */
static hone_status add_step(step_list *list, const char *name, const char *columns, const char *key,
                            const char *value) {
    hn_recipe_part *part = &list->items[list->n];
    HN_TRY(hn_catalog_require(list->ctx, name, &part->kind));
    part->params = hn_arena_alloc(list->ctx, list->arena, 1, part->kind->params.size);
    if (part->params == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(list->ctx, list->arena, &part->kind->params, part->params));
    if (key != NULL)
        HN_TRY(hn_params_set_text(list->ctx, list->arena, &part->kind->params, part->params, name,
                                  key, value));
    if (columns != NULL) {
        HN_TRY(HN_NEW(list->ctx, list->arena, part->columns.items, 1));
        part->columns.items[0] = columns;
        part->columns.n = 1;
    }
    list->n++;
    return HONE_OK;
}

/* The list before recipe's step at. Steps that were there are another recipe's too, and stay as they are. */
static hone_status insert(const step_list *list, int32_t at, hn_recipe *recipe) {
    hn_recipe_part *steps;
    HN_TRY(HN_NEW(list->ctx, list->arena, steps, recipe->n_steps + list->n + 1));
    if (at > 0) memcpy(steps, recipe->steps, (size_t)at * sizeof *steps);
    memcpy(steps + at, list->items, (size_t)list->n * sizeof *steps);
    if (at < recipe->n_steps)
        memcpy(steps + at + list->n, recipe->steps + at,
               (size_t)(recipe->n_steps - at) * sizeof *steps);
    recipe->steps = steps;
    recipe->n_steps += list->n;
    return HONE_OK;
}

/* ---- what a model needs ---------------------------------------------------------------------- */

static const struct {
    const char *suffix, *function, *tail;
} time_parts[] = {{"days", "epoch", " / 86400"},
                  {"month", "month", ""},
                  {"weekday", "weekday", ""},
                  {"hour", "hour", ""}};

static void put_item(hn_str *list, const char *text) {
    hn_str_put(list, list->length == 0 ? "[" : ",");
    hn_json_put_string(list, text, strlen(text));
}

static hone_status put_time_parts(hone_ctx *ctx, const char *name, hn_str *expressions) {
    if (strchr(name, '`') != NULL)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.column = name),
            "the name of column '%s' holds a backtick, so that no expression can name "
            "it; rename it, or leave it out with roles.ignore",
            name);
    for (size_t p = 0; p < sizeof time_parts / sizeof *time_parts; p++) {
        char *text =
            hn_arena_printf(ctx, ctx->scratch, "`%s_%s` = %s(`%s`)%s", name, time_parts[p].suffix,
                            time_parts[p].function, name, time_parts[p].tail);
        if (text == NULL) return HONE_ERROR_MEMORY;
        put_item(expressions, text);
    }
    return HONE_OK;
}

/* Timestamps become what can be learned from: the day as a number, and where it lies in year and week. */
static hone_status add_time_steps(step_list *list, const hn_table *features) {
    HN_SCRATCH(list->ctx);
    hn_str expressions, drop;
    hn_str_init(&expressions, list->ctx, list->ctx->scratch);
    hn_str_init(&drop, list->ctx, list->ctx->scratch);
    for (int32_t j = 0; j < features->n_columns; j++) {
        if (features->columns[j].type != HN_TIME) continue;
        HN_TRY(put_time_parts(list->ctx, features->columns[j].name, &expressions));
        put_item(&drop, features->columns[j].name);
    }
    if (expressions.length == 0) return HONE_OK;
    hn_str_put_c(&expressions, ']');
    hn_str_put_c(&drop, ']');
    HN_TRY(hn_str_status(&expressions));
    HN_TRY(hn_str_status(&drop));
    HN_TRY(add_step(list, "derive", NULL, "expressions", expressions.text));
    hn_recipe_part *derive = &list->items[list->n - 1];
    return hn_params_set_text(list->ctx, list->arena, &derive->kind->params, derive->params,
                              "derive", "drop", drop.text);
}

hone_status hn_infer_steps(hone_ctx *ctx, hn_arena *arena, const hn_table *seen,
                           const hn_recipe_part *model, hn_recipe *recipe) {
    unsigned can = hn_estimator_can(model->kind, model->params);
    step_list list = {.ctx = ctx, .arena = arena};
    int32_t at = recipe->infer_at;
    recipe->infer_at = -1;
    if (at < 0 || hn_takes_any_type(model->kind)) return HONE_OK;
    HN_TRY(add_time_steps(&list, seen));
    bool categories = false, numbers = list.n > 0;
    for (int32_t j = 0; j < seen->n_columns; j++) {
        hn_type type = seen->columns[j].type;
        categories |= type == HN_CATEGORY;
        numbers |= type != HN_CATEGORY && type != HN_TIME;
    }
    if ((can & HN_CAN_MISSING) == 0 && (can & HN_IS_BASELINE) == 0 && numbers)
        HN_TRY(add_step(&list, "impute", "numeric", "indicator", "auto"));
    if ((can & HN_WANTS_SCALING) != 0 && numbers)
        HN_TRY(add_step(&list, "standard_scale", "numeric", NULL, NULL));
    if ((can & HN_CAN_CATEGORIES) == 0 && (can & HN_IS_BASELINE) == 0 && categories)
        HN_TRY(add_step(&list, "one_hot", "category", "max_categories", ONE_HOT_MOST));
    return insert(&list, at, recipe);
}

/* ---- behind steps that are given ------------------------------------------------------------- */

/* Which of table's columns teach something; the names of the others, as a JSON list. */
static hone_status sort_columns(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                                hn_notes *notes, int32_t *kept, int32_t *ret_n, hn_str *dropped) {
    hn_column_profile *profiles;
    hn_recipe_roles roles = {0}; /* where they would be put before any step */
    int32_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, profiles, table->n_columns + 1));
    HN_TRY(hn_profile_table(ctx, table, profiles));
    for (int32_t j = 0; j < table->n_columns; j++) {
        bool keep;
        HN_TRY(hn_infer_use(ctx, arena, &table->columns[j], &profiles[j], &roles, notes, &keep));
        if (keep)
            kept[n++] = j;
        else
            put_item(dropped, table->columns[j].name);
    }
    if (dropped->length > 0) hn_str_put_c(dropped, ']');
    *ret_n = n;
    return hn_str_status(dropped);
}

hone_status hn_infer_seen(hone_ctx *ctx, hn_arena *arena, const hn_table *features,
                          const hone_data *train, hn_recipe *recipe, hn_notes *notes,
                          hn_table *ret_seen) {
    if (features != NULL && recipe->infer_at <= 0) {
        *ret_seen = *features;
        return HONE_OK;
    }
    if (recipe->infer_at < 0) {
        *ret_seen = *train->x;
        return HONE_OK;
    }
    HN_SCRATCH(ctx);
    hn_arena fitted __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&fitted, ctx->allocator);
    step_list list = {.ctx = ctx, .arena = arena};
    hn_table made, rest;
    hn_str dropped;
    int32_t *kept, n;
    HN_TRY(hn_pipeline_fit_steps(ctx, recipe, recipe->infer_at, train, &fitted, &made));
    if (hn_takes_any_type(recipe->model.kind)) return hn_table_schema(ctx, arena, &made, ret_seen);
    HN_TRY(HN_SCRATCH_NEW(ctx, kept, made.n_columns + 1));
    hn_str_init(&dropped, ctx, ctx->scratch);
    HN_TRY(sort_columns(ctx, &fitted, &made, notes, kept, &n, &dropped));
    HN_TRY(hn_table_select(ctx, ctx->scratch, &made, kept, n, &rest));
    if (dropped.length > 0) {
        HN_TRY(add_step(&list, "drop_columns", NULL, "names", dropped.text));
        HN_TRY(insert(&list, recipe->infer_at, recipe));
        recipe->infer_at++;
    }
    return hn_table_schema(ctx, arena, &rest, ret_seen);
}

hone_status hn_infer_left_out(hone_ctx *ctx, hn_arena *arena, const hn_table *features,
                              const hn_recipe_roles *roles, hn_recipe *recipe) {
    HN_SCRATCH(ctx);
    step_list list = {.ctx = ctx, .arena = arena};
    hn_str names;
    hn_str_init(&names, ctx, ctx->scratch);
    for (int32_t j = 0; j < features->n_columns; j++) {
        const char *name = features->columns[j].name;
        if (hn_texts_have(&roles->id, name) || hn_texts_have(&roles->ignore, name))
            put_item(&names, name);
    }
    if (names.length == 0) return HONE_OK;
    hn_str_put_c(&names, ']');
    HN_TRY(hn_str_status(&names));
    HN_TRY(add_step(&list, "drop_columns", NULL, "names", names.text));
    HN_TRY(insert(&list, 0, recipe));
    if (recipe->infer_at >= 0) recipe->infer_at++;
    return HONE_OK;
}

/* ---- why ------------------------------------------------------------------------------------- */

hone_status hn_note_steps(hn_notes *notes, const hn_recipe *recipe, int32_t begin, int32_t end) {
    static const struct {
        const char *step, *why;
    } reasons[] = {
        {"derive", "timestamps become day, month, weekday and hour"},
        {"impute",
         "missing numbers become the column's median, and say so in a column of their own"},
        {"one_hot", "each category becomes a column"},
        {"standard_scale",
         "numbers get mean 0 and deviation 1, because the model weighs them by size"},
    };
    if (begin == end)
        return hn_note(notes, "steps: none%s; %s takes missing values and categories as they are",
                       recipe->n_steps > 0 ? " beside those given" : "", recipe->model.kind->name);
    for (int32_t i = begin; i < end; i++)
        for (size_t r = 0; r < sizeof reasons / sizeof *reasons; r++)
            if (strcmp(reasons[r].step, recipe->steps[i].kind->name) == 0)
                HN_TRY(hn_note(notes, "step %s: %s", reasons[r].step, reasons[r].why));
    return HONE_OK;
}
