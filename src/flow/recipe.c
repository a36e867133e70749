/* recipe.c - reading a recipe: sections by their parameter tables, parts by the catalog. */
#include "flow/recipe.h"
#include "base/os.h"
#include <string.h>

/* ---- the sections' declarations -------------------------------------------------------------- */

static const hone_param data_params[] = {
    HN_PARAM(
        hn_recipe_data, path, .display = "FILE",
        .doc =
            "A file, a pattern whose files are read as one table, a folder of images or texts, a "
            "database, or a URL; \"-\" is standard input."),
    HN_PARAM(
        hn_recipe_data, sql, .display = "QUERY",
        .doc =
            "A SELECT over files, such as \"from 'a.csv' join 'b.parquet' using (id)\"; beside a "
            "database, in the database's own SQL."),
    HN_PARAM(hn_recipe_data, format, .def = "auto", .choices = hn_source_names,
             .doc = "Format of the files; auto looks at name and content."),
    HN_PARAM(
        hn_recipe_data, table, .display = "NAME", .aliases = HN_CHOICES("sheet"),
        .doc = "Which of several tables, sheets or arrays, by name, or number from 1; the first or "
               "only one if not given. FILE#NAME says the same."),
    HN_PARAM(hn_recipe_data, delimiter, .level = HN_ADVANCED,
             .doc = "What separates the fields of a CSV line, or none for whole lines; sniffed if "
                    "not given."),
    HN_PARAM(hn_recipe_data, quote, .level = HN_ADVANCED, .display = "CHARACTER",
             .doc = "What CSV fields are quoted with, or none; \" if not given."),
    HN_PARAM(hn_recipe_data, escape, .level = HN_ADVANCED, .display = "CHARACTER",
             .doc =
                 "What stands before a quote within quotes in CSV; the quote itself if not given."),
    HN_PARAM(hn_recipe_data, comment, .level = HN_ADVANCED, .display = "CHARACTER",
             .doc = "Leave out what follows this character on a line of a CSV file."),
    HN_PARAM(hn_recipe_data, decimal, .level = HN_ADVANCED, .display = "CHARACTER",
             .doc = "What stands before the fraction of numbers in CSV, . or ,; the point if not "
                    "given."),
    HN_PARAM(hn_recipe_data, header, .def = "auto", .choices = HN_CHOICES("auto", "yes", "no"),
             .level = HN_ADVANCED,
             .doc = "Whether the first line of a CSV file, or row of a sheet, names the columns."),
    HN_PARAM(hn_recipe_data, skip_rows, .def = "0", .range = "[0, inf)", .unit = "rows",
             .level = HN_ADVANCED,
             .doc =
                 "Leave out so many lines of a CSV file, or rows of a sheet, before the header."),
    HN_PARAM(hn_recipe_data, range, .level = HN_ADVANCED, .display = "CELLS",
             .doc = "Cells of a sheet to read, the header among them: B3:E20, B:E, or B3 for all "
                    "from there on."),
    HN_PARAM(hn_recipe_data, encoding, .level = HN_ADVANCED, .display = "NAME",
             .doc = "Encoding of text files, such as latin-1, windows-1252 or utf-16; UTF-8 if not "
                    "given, or UTF-16 by its mark."),
    HN_PARAM(hn_recipe_data, missing, .level = HN_ADVANCED, .display = "WORDS",
             .doc = "Words that mean a missing value besides an empty field; the usual ones if not "
                    "given."),
    HN_PARAM(hn_recipe_data, limit, .def = "0", .range = "[0, inf)", .unit = "rows",
             .level = HN_ADVANCED, .doc = "Read this many rows at most; 0 reads all."),
    HN_PARAM(hn_recipe_data, expect, .display = "FILE",
             .doc = "Expectations that the table must meet before anything is learned from it; see "
                    "'hone data validate'."),
    HN_PARAM(hn_recipe_data, categories, .display = "COLUMN",
             .doc = "Columns to take as categories whatever they look like."),
    HN_PARAM(hn_recipe_data, numbers, .display = "COLUMN",
             .doc = "Columns to take as numbers; text that is no number becomes missing."),
    HN_PARAM(hn_recipe_data, fill, .display = "FILL", .whole = true, .level = HN_ADVANCED,
             .doc = "Missing values from the rows around a row, before windows and split, each as "
                    "\"column = function() by key order column\"; functions are forward and "
                    "backward (at most 3 rows: forward(3)), interpolate, and interpolate_rows."),
    HN_PARAM(hn_recipe_data, windows, .display = "WINDOW", .whole = true, .level = HN_ADVANCED,
             .doc = "Features of rows before a row, each as \"name = function(column) by key order "
                    "column\" and then nothing, \"rows 5\" or \"last 7 days\"; functions are lag, "
                    "since, count, distinct, sum, mean, std, min, max, median, first and last."),
};
const hn_params hn_recipe_data_params = HN_PARAMS(hn_recipe_data, data_params);

static const hone_param roles_params[] = {
    HN_PARAM(hn_recipe_roles, target, .display = "COLUMN", .whole = true,
             .doc = "The column to predict, or several."),
    HN_PARAM(hn_recipe_roles, task, .def = "auto",
             .choices = HN_CHOICES("auto", "binary", "multiclass", "regression", "cluster",
                                   "anomaly", "rank", "rules"),
             .doc = "What to learn; auto looks at the target's values."),
    HN_PARAM(hn_recipe_roles, positive, .display = "CLASS",
             .doc = "Binary: the class that counts as positive; the last in order if not given."),
    HN_PARAM(hn_recipe_roles, id, .display = "COLUMN",
             .doc = "Columns that name a row: not learned from, passed through on request."),
    HN_PARAM(hn_recipe_roles, ignore, .display = "COLUMN", .doc = "Columns to leave out."),
    HN_PARAM(hn_recipe_roles, weight, .display = "COLUMN",
             .doc = "How much each row counts, in fitting and in metrics."),
    HN_PARAM(hn_recipe_roles, group, .display = "COLUMN",
             .doc = "Rows that belong together: never split between train and test."),
    HN_PARAM(hn_recipe_roles, time, .display = "COLUMN",
             .doc = "When a row happened: the test part is the latest."),
};
const hn_params hn_recipe_roles_params = HN_PARAMS(hn_recipe_roles, roles_params);

static const hone_param decision_params[] = {
    HN_PARAM(hn_recipe_decision, threshold, .display = "NUMBER|METRIC|cost|profit",
             .doc = "Two classes: the positive one from this probability on. A metric's name (f1, "
                    "youden), cost or profit chooses it on training rows out of fold; largest lets "
                    "the largest probability win, as it does where nothing is given."),
    HN_PARAM(hn_recipe_decision, costs, .display = "TRUTH:ANSWER=COST,...",
             .doc = "What right and wrong answers cost, as TRUTH:ANSWER, or fp, fn, tp, tn of two "
                    "classes; 0 where not given. Answers with the least expected cost."),
    HN_PARAM(hn_recipe_decision, value, .display = "NUMBER|COLUMN",
             .doc =
                 "Two classes: what a positive row is worth when it is treated, such as the value "
                 "of a customer."),
    HN_PARAM(hn_recipe_decision, intervention_cost, .display = "NUMBER|COLUMN",
             .doc = "What treating a row costs; 0 if not given."),
    HN_PARAM(hn_recipe_decision, success_rate, .display = "NUMBER|COLUMN",
             .doc = "The chance that treating a positive row succeeds; 1 if not given."),
};
const hn_params hn_recipe_decision_params = HN_PARAMS(hn_recipe_decision, decision_params);

static const hone_param top_params[] = {
    HN_PARAM(hn_recipe_top, metrics, .display = "METRIC",
             .doc = "Metrics to compute; the first one decides between models."),
    HN_PARAM(hn_recipe_top, seed, .def = "0", .range = "[0, inf)",
             .doc = "Seed of everything random: one seed, one input, the same model."),
    HN_PARAM(hn_recipe_top, sample, .def = "5", .range = "[0, 1000]", .unit = "rows",
             .level = HN_ADVANCED,
             .doc =
                 "Rows made at random and kept in the model file with their answers, so that 'hone "
                 "verify' can tell that a loaded model answers as it did; 0 keeps none."),
};
const hn_params hn_recipe_top_params = HN_PARAMS(hn_recipe_top, top_params);

static const char *const section_names[] = {"data",     "roles",   "split", "steps", "model",
                                            "decision", "metrics", "seed",  "sample"};

/* ---- making ---------------------------------------------------------------------------------- */

hone_status hn_recipe_init(hone_ctx *ctx, hn_arena *arena, hn_recipe *ret_recipe) {
    hn_recipe recipe = {0};
    HN_TRY(hn_params_defaults(ctx, arena, &hn_recipe_data_params, &recipe.data));
    HN_TRY(hn_params_defaults(ctx, arena, &hn_recipe_roles_params, &recipe.roles));
    HN_TRY(hn_params_defaults(ctx, arena, &hn_splitting_params, &recipe.split));
    HN_TRY(hn_params_defaults(ctx, arena, &hn_recipe_decision_params, &recipe.decision));
    HN_TRY(hn_params_defaults(ctx, arena, &hn_recipe_top_params, &recipe.top));
    *ret_recipe = recipe;
    return HONE_OK;
}

static hone_status new_part(hone_ctx *ctx, hn_arena *arena, const hone_estimator *kind,
                            hn_recipe_part *ret_part) {
    hn_recipe_part part = {.kind = kind};
    part.params = hn_arena_alloc(ctx, arena, 1, kind->params.size);
    if (part.params == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(ctx, arena, &kind->params, part.params));
    *ret_part = part;
    return HONE_OK;
}

hone_status hn_recipe_set_model(hone_ctx *ctx, hn_arena *arena, hn_recipe *recipe,
                                const char *name) {
    const hone_estimator *kind;
    HN_TRY(hn_catalog_require(ctx, name, &kind));
    if (kind->tasks == HN_TASK_NONE)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "model"),
                          "'%s' is a step, not a model; put it under 'steps'", name);
    return new_part(ctx, arena, kind, &recipe->model);
}

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct reader {
    hone_ctx *ctx;
    hn_arena *arena;
    const hn_marks *marks;
} reader;

/* A fault of the recipe's text at a JSON pointer. */
static hone_status fault(reader *r, const char *pointer, const char *param, const char *message) {
    int line, column;
    hn_marks_find(r->marks, pointer, &line, &column);
    return hn_fail_at(r->ctx, HONE_ERROR_DATA,
                      (hn_where){.file = r->marks->name, .param = param, .row = line},
                      "%s, line %d, column %d: %s", r->marks->name, line, column, message);
}

/* The engine calls a bad parameter a wrong use; in a recipe's text it is the recipe's fault. */
static hone_status as_recipe_fault(reader *r, hone_status status) {
    if (status != HONE_ERROR_USAGE) return status;
    r->ctx->error.code = HONE_ERROR_DATA;
    return HONE_ERROR_DATA;
}

static hone_status set_section(reader *r, const hn_params *params, void *values, const char *owner,
                               hn_json *object, const char *pointer) {
    if (!yyjson_is_obj(object))
        return fault(r, pointer, owner, "this section holds 'name: value' pairs");
    return as_recipe_fault(
        r, hn_params_set_json(r->ctx, r->arena, params, values, owner, object, pointer, r->marks));
}

/* "columns" of a part: one text or a list of texts. */
static hone_status read_columns(reader *r, hn_json *value, const char *pointer,
                                hn_texts *ret_columns) {
    bool list = yyjson_is_arr(value);
    size_t n = list ? yyjson_arr_size(value) : 1;
    hn_texts columns = {.n = (int64_t)n};
    HN_TRY(HN_NEW(r->ctx, r->arena, columns.items, n));
    for (size_t i = 0; i < n; i++) {
        hn_json *item = list ? yyjson_arr_get(value, i) : value;
        if (!yyjson_is_str(item))
            return fault(r, pointer, "columns", "'columns' is a name or a list of names");
        columns.items[i] = hn_arena_strdup(r->ctx, r->arena, yyjson_get_str(item));
        if (columns.items[i] == NULL) return HONE_ERROR_MEMORY;
    }
    *ret_columns = columns;
    return HONE_OK;
}

/* "name" of a part: how it is addressed, as in scale__with_mean. */
static hone_status read_name(reader *r, hn_json *value, const char *pointer,
                             const char **ret_name) {
    const char *name = yyjson_get_str(value);
    if (value == NULL) return HONE_OK;
    bool ok = name != NULL && name[0] != '\0' && strstr(name, "__") == NULL;
    for (const char *at = name; ok && *at != '\0'; at++)
        ok = *at == '_' || *at == '-' || (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') ||
             (*at >= 'A' && *at <= 'Z');
    if (!ok)
        return fault(r, pointer, "name",
                     "'name' is a word of letters, digits, - and _, without two _ in a row");
    *ret_name = hn_arena_strdup(r->ctx, r->arena, name);
    return *ret_name != NULL ? HONE_OK : HONE_ERROR_MEMORY;
}

/* The members of object but "columns" and "name", which belong to the recipe and not to the kind. */
static hone_status without_own(reader *r, hn_json *object, hn_json **ret_object) {
    if (yyjson_obj_get(object, "columns") == NULL && yyjson_obj_get(object, "name") == NULL) {
        *ret_object = object;
        return HONE_OK;
    }
    hn_json_doc *doc;
    HN_TRY(hn_json_new(r->ctx, r->ctx->scratch, &doc));
    hn_json_mut *copy = yyjson_val_mut_copy(doc, object);
    if (copy == NULL) return hn_fail(r->ctx, HONE_ERROR_MEMORY, "out of memory reading the recipe");
    yyjson_mut_obj_remove_key(copy, "columns");
    yyjson_mut_obj_remove_key(copy, "name");
    return hn_json_freeze(r->ctx, r->ctx->scratch, copy, ret_object);
}

/* The catalog's message, with the place in the text before it. */
static hone_status unknown_kind(reader *r, const char *pointer, const char *name) {
    char *message = hn_arena_strdup(r->ctx, r->ctx->scratch, r->ctx->error.message);
    return message == NULL ? HONE_ERROR_MEMORY : fault(r, pointer, name, message);
}

/* "name" or {name: {parameters}}. */
static hone_status read_part(reader *r, hn_json *value, const char *pointer, bool is_step,
                             hn_recipe_part *ret_part) {
    const char *name = NULL;
    hn_json *settings = NULL;
    if (yyjson_is_str(value)) {
        name = yyjson_get_str(value);
    } else if (yyjson_is_obj(value) && yyjson_obj_size(value) == 1) {
        yyjson_obj_iter iter = yyjson_obj_iter_with(value);
        hn_json *key = yyjson_obj_iter_next(&iter);
        name = yyjson_get_str(key);
        settings = yyjson_obj_iter_get_val(key);
        if (yyjson_is_null(settings)) settings = NULL;
    } else {
        return fault(r, pointer, NULL, "expected a kind's name, or 'name: {parameters}'");
    }
    const hone_estimator *kind;
    if (hn_catalog_require(r->ctx, name, &kind) != HONE_OK) return unknown_kind(r, pointer, name);
    if (is_step ? kind->transform == NULL : kind->tasks == HN_TASK_NONE)
        return fault(r, pointer, name,
                     is_step ? "this kind is a model, not a step; name it under 'model'"
                             : "this kind is a step, not a model; put it under 'steps'");
    hn_recipe_part part;
    HN_TRY(new_part(r->ctx, r->arena, kind, &part));
    if (settings != NULL) {
        char *inner = hn_arena_printf(r->ctx, r->ctx->scratch, "%s/%s", pointer, name);
        if (inner == NULL) return HONE_ERROR_MEMORY;
        if (!yyjson_is_obj(settings))
            return fault(r, inner, name, "parameters are 'name: value' pairs");
        hn_json *columns = yyjson_obj_get(settings, "columns");
        if (columns != NULL) HN_TRY(read_columns(r, columns, inner, &part.columns));
        HN_TRY(read_name(r, yyjson_obj_get(settings, "name"), inner, &part.name));
        HN_TRY(without_own(r, settings, &settings));
        HN_TRY(as_recipe_fault(r, hn_params_set_json(r->ctx, r->arena, &kind->params, part.params,
                                                     kind->name, settings, inner, r->marks)));
    }
    *ret_part = part;
    return HONE_OK;
}

/* "auto", or "auto: {}" as steps without parameters are also written. */
static bool is_inferred(hn_json *step) {
    hn_json *settings = yyjson_obj_size(step) == 1 ? yyjson_obj_get(step, HN_STEPS_INFERRED) : NULL;
    return yyjson_equals_str(step, HN_STEPS_INFERRED) || yyjson_is_null(settings) ||
           (yyjson_is_obj(settings) && yyjson_obj_size(settings) == 0);
}

static hone_status add_step(reader *r, hn_json *value, const char *pointer, hn_recipe *recipe) {
    hn_recipe_part *step = &recipe->steps[recipe->n_steps];
    if (is_inferred(value)) {
        if (recipe->infer_at >= 0)
            return fault(r, pointer, "steps", "'auto' stands once among the steps");
        recipe->infer_at = recipe->n_steps;
        return HONE_OK;
    }
    HN_TRY(read_part(r, value, pointer, true, step));
    for (int32_t k = 0; k < recipe->n_steps && step->name != NULL; k++)
        if (recipe->steps[k].name != NULL && strcmp(step->name, recipe->steps[k].name) == 0)
            return fault(r, pointer, "name", "two steps have the same 'name'");
    recipe->n_steps++;
    return HONE_OK;
}

static hone_status read_steps(reader *r, hn_json *value, hn_recipe *recipe) {
    recipe->infer_at = -1;
    if (yyjson_is_null(value)) return HONE_OK;
    if (!yyjson_is_arr(value)) return fault(r, "/steps", "steps", "'steps' is a list");
    size_t n = yyjson_arr_size(value);
    HN_TRY(HN_NEW(r->ctx, r->arena, recipe->steps, n + 1));
    for (size_t i = 0; i < n; i++) {
        char *pointer = hn_arena_printf(r->ctx, r->ctx->scratch, "/steps/%zu", i);
        if (pointer == NULL) return HONE_ERROR_MEMORY;
        HN_TRY(add_step(r, yyjson_arr_get(value, i), pointer, recipe));
    }
    return HONE_OK;
}

static hone_status unknown_section(reader *r, const char *name) {
    const char *nearest =
        hn_nearest(name, section_names, sizeof section_names / sizeof *section_names);
    char *message = hn_arena_printf(
        r->ctx, r->ctx->scratch,
        "there is no section '%s'%s%s%s; a recipe has data, roles, split, steps, model, decision, "
        "metrics, seed, sample",
        name, nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
        nearest != NULL ? "'" : "");
    char *pointer = hn_arena_printf(r->ctx, r->ctx->scratch, "/%s", name);
    if (message == NULL || pointer == NULL) return HONE_ERROR_MEMORY;
    return fault(r, pointer, name, message);
}

static hone_status read_section(reader *r, const char *name, hn_json *value, hn_recipe *recipe) {
    if (strcmp(name, "data") == 0)
        return set_section(r, &hn_recipe_data_params, &recipe->data, name, value, "/data");
    if (strcmp(name, "roles") == 0)
        return set_section(r, &hn_recipe_roles_params, &recipe->roles, name, value, "/roles");
    if (strcmp(name, "split") == 0)
        return set_section(r, &hn_splitting_params, &recipe->split, name, value, "/split");
    if (strcmp(name, "decision") == 0)
        return set_section(r, &hn_recipe_decision_params, &recipe->decision, name, value,
                           "/decision");
    if (strcmp(name, "steps") == 0) return read_steps(r, value, recipe);
    if (strcmp(name, "model") == 0) return read_part(r, value, "/model", false, &recipe->model);
    if (hn_params_find(&hn_recipe_top_params, name) == NULL) return unknown_section(r, name);
    hn_json_doc *doc;
    HN_TRY(hn_json_new(r->ctx, r->ctx->scratch, &doc));
    hn_json_mut *one = yyjson_mut_obj(doc);
    if (one == NULL || !yyjson_mut_obj_add_val(doc, one, name, yyjson_val_mut_copy(doc, value)))
        return hn_fail(r->ctx, HONE_ERROR_MEMORY, "out of memory reading the recipe");
    hn_json *object;
    HN_TRY(hn_json_freeze(r->ctx, r->ctx->scratch, one, &object));
    return as_recipe_fault(r, hn_params_set_json(r->ctx, r->arena, &hn_recipe_top_params,
                                                 &recipe->top, "recipe", object, "", r->marks));
}

hone_status hn_recipe_read(hone_ctx *ctx, hn_arena *arena, const char *text, size_t length,
                           const char *name, hn_recipe *ret_recipe) {
    HN_SCRATCH(ctx);
    hn_json *root;
    hn_marks marks;
    HN_TRY(hn_yaml_read(ctx, ctx->scratch, text, length, name, &root, &marks));
    reader r = {.ctx = ctx, .arena = arena, .marks = &marks};
    if (!yyjson_is_obj(root))
        return fault(&r, "", NULL, "a recipe holds sections such as 'roles: {target: y}'");
    hn_recipe recipe;
    HN_TRY(hn_recipe_init(ctx, arena, &recipe));
    yyjson_obj_iter iter = yyjson_obj_iter_with(root);
    for (hn_json *key; (key = yyjson_obj_iter_next(&iter)) != NULL;)
        HN_TRY(read_section(&r, yyjson_get_str(key), yyjson_obj_iter_get_val(key), &recipe));
    if (recipe.data.path != NULL && recipe.data.sql != NULL &&
        !hn_source_takes_query(recipe.data.path, hn_source_names[recipe.data.format]))
        return fault(&r, "/data", "data", "give either 'path' or 'sql', not both");
    *ret_recipe = recipe;
    return HONE_OK;
}

hone_status hn_recipe_read_file(hone_ctx *ctx, hn_arena *arena, const char *path,
                                hn_recipe *ret_recipe) {
    HN_SCRATCH(ctx);
    char *text;
    size_t length;
    HN_TRY(hn_read_file(ctx, ctx->scratch, path, 1 << 20, &text, &length));
    return hn_recipe_read(ctx, arena, text, length, path, ret_recipe);
}
