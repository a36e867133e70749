/* infer.c - task and roles from what the columns look like. */
#include "flow/infer.h"
#include <string.h>

/* Integers with at most this many different values are taken as classes. */
enum { FEWEST_NAMES = 20 }; /* rows of which each has a name of its own */
enum { MAX_INTEGER_CLASSES = 20 };
hone_status hn_note(hn_notes *notes, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (notes->n == notes->capacity) {
        const char **items;
        HN_TRY(HN_NEW(notes->ctx, notes->arena, items, 2 * notes->capacity + 16));
        if (notes->n > 0) memcpy(items, notes->items, (size_t)notes->n * sizeof *items);
        notes->items = items;
        notes->capacity = 2 * notes->capacity + 16;
    }
    notes->items[notes->n] = hn_arena_strdup(notes->ctx, notes->arena, text);
    if (notes->items[notes->n] == NULL) return HONE_ERROR_MEMORY;
    hn_say(notes->ctx, HONE_LOG_INFO, "%s", text);
    notes->n++;
    return HONE_OK;
}

/* ---- task ------------------------------------------------------------------------------------ */

static bool names_classes(const hn_column *target) {
    return target->type == HN_CATEGORY || target->type == HN_STRING || target->type == HN_BOOL;
}

static bool has_few_integers(const hn_column_profile *profile) {
    return profile->is_integer && profile->n_distinct <= MAX_INTEGER_CLASSES;
}

/* quantity: a number is no class, however few there are. */
static hone_status guess_task(hone_ctx *ctx, const hn_column *target,
                              const hn_column_profile *profile, bool quantity, hn_notes *notes,
                              hn_task *ret_task) {
    bool text = names_classes(target), few = has_few_integers(profile) && !quantity;
    if (!text && !few) {
        *ret_task = HN_TASK_REGRESSION;
        return hn_note(notes,
                       "task: regression, because '%s' is a number with %lld different values",
                       target->name, (long long)profile->n_distinct);
    }
    int64_t present = profile->n - profile->n_missing;
    if (text && present >= FEWEST_NAMES && profile->n_distinct == present)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = target->name),
                          "'%s' has another value in every row, as names and ids have: there is "
                          "nothing to learn for it; predict another column",
                          target->name);
    *ret_task = profile->n_distinct <= 2 ? HN_TASK_BINARY : HN_TASK_MULTICLASS;
    return hn_note(notes, "task: %s, because '%s' %s %lld classes%s", hn_task_name(*ret_task),
                   target->name, text ? "names" : "is an integer with",
                   (long long)profile->n_distinct,
                   text ? "" : "; set the task to regression if it is a quantity");
}

/* "a, b, c and 4 more" */
static void put_columns(hn_str *str, const hn_table *table) {
    enum { SHOWN = 12 };
    int32_t shown = table->n_columns > SHOWN + 1 ? SHOWN : table->n_columns;
    for (int32_t j = 0; j < shown; j++)
        hn_str_printf(str, "%s%s", j > 0 ? ", " : "", table->columns[j].name);
    if (shown < table->n_columns)
        hn_str_printf(str, " and %d more", (int)(table->n_columns - shown));
}

/* What there is to do without a target. */
static hone_status task_without_target(hone_ctx *ctx, const hn_table *table, hn_task task,
                                       const hone_estimator *kind, hn_task *ret_task) {
    unsigned possible = task != HN_TASK_NONE ? task : kind != NULL ? kind->tasks : 0;
    possible &= HN_TASK_CLUSTER | HN_TASK_ANOMALY | HN_TASK_RULES;
    if (!possible) {
        HN_SCRATCH(ctx);
        hn_str names;
        hn_str_init(&names, ctx, ctx->scratch);
        put_columns(&names, table);
        HN_TRY(hn_str_status(&names));
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "target"),
            "no target is named; say which column to predict with --target COLUMN or "
            "roles.target, or take a kind that needs none, such as kmeans or isolation_forest; "
            "columns are %s",
            names.text);
    }
    *ret_task = possible & HN_TASK_CLUSTER   ? HN_TASK_CLUSTER
                : possible & HN_TASK_ANOMALY ? HN_TASK_ANOMALY
                                             : HN_TASK_RULES;
    return HONE_OK;
}

/* Of several targets all are numbers, or all are classes. */
static hone_status check_several(hone_ctx *ctx, const hn_recipe *recipe, hn_task first,
                                 hn_task task, const char *name) {
    bool classes = (task & HN_TASK_CLASSIFY) != 0;
    if (!classes && task != HN_TASK_REGRESSION)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "target"),
                          "the task %s takes one target, not %d; name one", hn_task_name(task),
                          (int)recipe->roles.target.n);
    if (recipe->roles.positive != NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "positive"),
                          "a positive class is for one target, and there are %d; leave it out",
                          (int)recipe->roles.target.n);
    if (classes == ((first & HN_TASK_CLASSIFY) != 0)) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "target", .column = name),
                      "the target '%s' is a matter of %s and '%s' of %s; train two models, or set "
                      "the task",
                      recipe->roles.target.items[0], classes ? "numbers" : "classes", name,
                      classes ? "classes" : "numbers");
}

hone_status hn_infer_task(hone_ctx *ctx, const hn_profiled *data, const hn_recipe *recipe,
                          hn_notes *notes, hn_task *ret_tasks) {
    static const hn_task tasks[] = {HN_TASK_NONE,       HN_TASK_BINARY,  HN_TASK_MULTICLASS,
                                    HN_TASK_REGRESSION, HN_TASK_CLUSTER, HN_TASK_ANOMALY,
                                    HN_TASK_RANK,       HN_TASK_RULES};
    hn_task given = tasks[recipe->roles.task];
    const hone_estimator *kind = recipe->model.kind;
    const hn_texts *targets = &recipe->roles.target;
    if (targets->n == 0) return task_without_target(ctx, data->table, given, kind, ret_tasks);
    /* A kind that looks for anomalies takes a target as marks to be judged by. */
    if (given == HN_TASK_NONE && kind != NULL && (kind->tasks & HN_TASK_SUPERVISED) == 0 &&
        (kind->tasks & HN_TASK_ANOMALY) != 0)
        given = HN_TASK_ANOMALY;
    bool quantity = false; /* beside a target that is a number, numbers are no classes */
    for (int64_t t = 0; t < targets->n; t++) {
        int32_t j;
        HN_TRY(hn_table_require(ctx, data->table, targets->items[t], &j));
        quantity |=
            !names_classes(&data->table->columns[j]) && !has_few_integers(&data->profiles[j]);
    }
    for (int64_t t = 0; t < targets->n; t++) {
        int32_t j;
        HN_TRY(hn_table_require(ctx, data->table, targets->items[t], &j));
        ret_tasks[t] = given;
        if (given == HN_TASK_NONE)
            HN_TRY(guess_task(ctx, &data->table->columns[j], &data->profiles[j], quantity, notes,
                              &ret_tasks[t]));
        else if (given == HN_TASK_MULTICLASS && targets->n > 1 && data->profiles[j].n_distinct <= 2)
            ret_tasks[t] = HN_TASK_BINARY;
        if (targets->n > 1)
            HN_TRY(check_several(ctx, recipe, ret_tasks[0], ret_tasks[t], targets->items[t]));
    }
    return HONE_OK;
}

/* ---- targets --------------------------------------------------------------------------------- */

static hone_status add_text(hone_ctx *ctx, hn_arena *arena, hn_texts *list, const char *text);

/* The parts of a name between commas, without the space around them. */
static hone_status cut(hone_ctx *ctx, hn_arena *arena, const char *name, hn_texts *ret_parts) {
    for (const char *at = name; at != NULL;) {
        at += strspn(at, " ");
        const char *comma = strchr(at, ',');
        size_t length = comma != NULL ? (size_t)(comma - at) : strlen(at);
        while (length > 0 && at[length - 1] == ' ') length--;
        char *part = hn_arena_strndup(ctx, arena, at, length);
        if (part == NULL) return HONE_ERROR_MEMORY;
        HN_TRY(add_text(ctx, arena, ret_parts, part));
        at = comma != NULL ? comma + 1 : NULL;
    }
    return HONE_OK;
}

hone_status hn_recipe_find_targets(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                                   hn_recipe_roles *roles) {
    hn_texts found = {0};
    for (int64_t t = 0; t < roles->target.n; t++) {
        const char *name = roles->target.items[t];
        if (hn_table_find(table, name) >= 0 || strchr(name, ',') == NULL)
            HN_TRY(add_text(ctx, arena, &found, name));
        else
            HN_TRY(cut(ctx, arena, name, &found));
    }
    for (int64_t t = 0; t < found.n; t++) {
        int32_t j;
        HN_TRY(hn_table_require(ctx, table, found.items[t], &j));
        for (int64_t k = 0; k < t; k++)
            if (strcmp(found.items[t], found.items[k]) == 0)
                return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "target"),
                                  "the target '%s' is named twice; name it once", found.items[t]);
    }
    roles->target = found;
    return HONE_OK;
}

/* ---- roles ----------------------------------------------------------------------------------- */

static hone_status add_text(hone_ctx *ctx, hn_arena *arena, hn_texts *list, const char *text) {
    const char **items;
    HN_TRY(HN_NEW(ctx, arena, items, list->n + 1));
    if (list->n > 0) memcpy(items, list->items, (size_t)list->n * sizeof *items);
    items[list->n] = hn_arena_strdup(ctx, arena, text);
    if (items[list->n] == NULL) return HONE_ERROR_MEMORY;
    *list = (hn_texts){.items = items, .n = list->n + 1};
    return HONE_OK;
}

bool hn_texts_have(const hn_texts *list, const char *name) {
    for (int64_t i = 0; i < list->n; i++)
        if (strcmp(list->items[i], name) == 0) return true;
    return false;
}

static bool same(const char *role, const char *name) {
    return role != NULL && strcmp(role, name) == 0;
}

static bool has_role(const hn_recipe *recipe, const char *name) {
    const hn_recipe_roles *roles = &recipe->roles;
    return hn_texts_have(&roles->target, name) || same(roles->weight, name) ||
           same(roles->group, name) || same(roles->time, name) || hn_texts_have(&roles->id, name) ||
           hn_texts_have(&roles->ignore, name) || same(recipe->split.column, name) ||
           same(recipe->split.until, name);
}

/* Every column that the roles name must be there. */
static hone_status check_roles(hone_ctx *ctx, const hn_table *table, const hn_recipe *recipe) {
    const hn_recipe_roles *roles = &recipe->roles;
    const char *const single[] = {roles->weight, roles->group, roles->time, recipe->split.column,
                                  recipe->split.until};
    int32_t j;
    for (int64_t t = 0; t < roles->target.n; t++)
        HN_TRY(hn_table_require(ctx, table, roles->target.items[t], &j));
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (single[i] != NULL) HN_TRY(hn_table_require(ctx, table, single[i], &j));
    for (int64_t i = 0; i < roles->id.n; i++)
        HN_TRY(hn_table_require(ctx, table, roles->id.items[i], &j));
    for (int64_t i = 0; i < roles->ignore.n; i++)
        HN_TRY(hn_table_require(ctx, table, roles->ignore.items[i], &j));
    return HONE_OK;
}

hone_status hn_infer_use(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                         const hn_column_profile *profile, hn_recipe_roles *roles, hn_notes *notes,
                         bool *ret_keep) {
    *ret_keep = false;
    if (profile->n_missing == profile->n)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
            "column '%s' has no value in any row; mend it, or leave it out with --ignore '%s' or "
            "roles.ignore",
            column->name, column->name);
    if (profile->is_id_like) {
        HN_TRY(add_text(ctx, arena, &roles->id, column->name));
        return hn_note(notes, "'%s' looks like an id: every value differs; not learned from",
                       column->name);
    }
    if (profile->is_constant && profile->n_missing == 0) {
        HN_TRY(add_text(ctx, arena, &roles->ignore, column->name));
        return hn_note(notes, "'%s' has one value only; ignored", column->name);
    }
    if (column->type == HN_STRING) {
        HN_TRY(add_text(ctx, arena, &roles->ignore, column->name));
        return hn_note(notes, "'%s' is free text; ignored (derive features from it to use it)",
                       column->name);
    }
    *ret_keep = true;
    return HONE_OK;
}

hone_status hn_infer_features(hone_ctx *ctx, hn_arena *arena, const hn_profiled *data,
                              hn_recipe *recipe, hn_notes *notes, int32_t *ret_features,
                              int32_t *ret_n) {
    HN_TRY(check_roles(ctx, data->table, recipe));
    int32_t n = 0;
    bool takes_all = hn_takes_any_type(recipe->model.kind);
    for (int32_t j = 0; j < data->table->n_columns; j++) {
        const hn_column *column = &data->table->columns[j];
        bool keep = true;
        if (has_role(recipe, column->name)) continue;
        if (recipe->infer_at == 0 && !takes_all)
            HN_TRY(
                hn_infer_use(ctx, arena, column, &data->profiles[j], &recipe->roles, notes, &keep));
        if (keep) ret_features[n++] = j;
    }
    if (n == 0)
        return hn_fail(
            ctx, HONE_ERROR_DATA,
            "no column is left to learn from: every one is the target, an id, constant or ignored; "
            "check the table and 'roles'");
    *ret_n = n;
    return HONE_OK;
}
