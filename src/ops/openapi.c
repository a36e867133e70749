/* openapi.c - each model's row and answer as JSON Schema, each route as a path. */
#include "ops/openapi.h"
#include <string.h>

/* Categories beyond this many are not listed one by one. */
enum { MOST_CATEGORIES = 100 };

/* yyjson's builders take NULL and return NULL or false, so one check at the end is enough. */
typedef struct builder {
    hn_json_doc *doc;
    bool ok;
} builder;

static hn_json_mut *object(builder *b, hn_json_mut *parent, const char *key) {
    hn_json_mut *made = yyjson_mut_obj_add_obj(b->doc, parent, key);
    b->ok &= made != NULL;
    return made;
}

static void text(builder *b, hn_json_mut *parent, const char *key, const char *value) {
    b->ok &= yyjson_mut_obj_add_strcpy(b->doc, parent, key, value);
}

static void reference(builder *b, hn_json_mut *parent, const char *key, const char *name,
                      const char *suffix) {
    char target[512];
    snprintf(target, sizeof target, "#/components/schemas/%.400s%s", name, suffix);
    text(b, object(b, parent, key), "$ref", target);
}

/* ---- schemas --------------------------------------------------------------------------------- */

static void add_types(builder *b, hn_json_mut *schema, const char *type) {
    hn_json_mut *types = yyjson_mut_obj_add_arr(b->doc, schema, "type");
    b->ok &= yyjson_mut_arr_add_str(b->doc, types, type) &&
             yyjson_mut_arr_add_str(b->doc, types, "null");
}

static void add_column(builder *b, hn_json_mut *properties, const hn_column *column) {
    hn_json_mut *schema = object(b, properties, column->name);
    if (column->type == HN_BOOL) {
        add_types(b, schema, "boolean");
    } else if (hn_type_is_numeric(column->type)) {
        add_types(b, schema, "number");
    } else {
        add_types(b, schema, "string");
        if (column->type == HN_TIME) text(b, schema, "format", "date-time");
    }
    if (column->dictionary == NULL || column->dictionary->n > MOST_CATEGORIES) return;
    hn_json_mut *known = yyjson_mut_obj_add_arr(b->doc, schema, "examples");
    for (int32_t c = 0; c < column->dictionary->n; c++) {
        hn_slice one = hn_dictionary_text(column->dictionary, c);
        b->ok &= yyjson_mut_arr_add_strncpy(b->doc, known, one.text, one.length);
    }
}

static void add_row_schema(builder *b, hn_json_mut *schemas, const char *name,
                           const hone_model *model) {
    char key[300];
    snprintf(key, sizeof key, "%.280s.row", name);
    hn_json_mut *schema = yyjson_mut_obj(b->doc);
    b->ok &= yyjson_mut_obj_add(schemas, yyjson_mut_strcpy(b->doc, key), schema);
    text(b, schema, "type", "object");
    text(b, schema, "description", "One row by column name; a column left out is missing.");
    hn_json_mut *properties = object(b, schema, "properties");
    for (int32_t j = 0; j < model->schema.n_columns; j++)
        add_column(b, properties, &model->schema.columns[j]);
}

/* What is said of one target: its member of an object by target, or the member itself. */
static void put_prediction(builder *b, hn_json_mut *schema, const hone_model *model) {
    bool bare = model->target_type == HN_I64 || model->target_type == HN_BOOL;
    if (model->target != NULL) text(b, schema, "title", model->target);
    if (model->n_classes == 0)
        text(b, schema, "type", "number");
    else if (!bare)
        text(b, schema, "type", "string");
}

static void put_probability(builder *b, hn_json_mut *schema, const hone_model *model) {
    (void)model;
    text(b, schema, "type", "number");
    text(b, schema, "description", "Of the prediction.");
}

static void put_probabilities(builder *b, hn_json_mut *schema, const hone_model *model) {
    (void)model;
    text(b, schema, "type", "object");
    text(b, object(b, schema, "additionalProperties"), "type", "number");
}

static void add_member(builder *b, hn_json_mut *properties, const char *key,
                       const hone_model *model,
                       void (*put)(builder *, hn_json_mut *, const hone_model *)) {
    hn_json_mut *schema = object(b, properties, key);
    if (model->n_targets < 2) {
        put(b, schema, model);
        return;
    }
    text(b, schema, "type", "object");
    hn_json_mut *members = object(b, schema, "properties");
    for (int32_t t = 0; t < model->n_targets; t++) {
        hone_model view = hn_model_of_target(model, t);
        put(b, object(b, members, view.target), &view);
    }
}

static void add_answer_schema(builder *b, hn_json_mut *schemas, const char *name,
                              const hone_model *model) {
    char key[300];
    snprintf(key, sizeof key, "%.280s.answer", name);
    hn_json_mut *schema = yyjson_mut_obj(b->doc);
    b->ok &= yyjson_mut_obj_add(schemas, yyjson_mut_strcpy(b->doc, key), schema);
    text(b, schema, "type", "object");
    hn_json_mut *properties = object(b, schema, "properties");
    add_member(b, properties, "prediction", model, put_prediction);
    if (model->n_classes > 0) {
        add_member(b, properties, "probability", model, put_probability);
        add_member(b, properties, "probabilities", model, put_probabilities);
    }
    text(b, object(b, properties, "status"), "const", "success");
}

static void add_error_schema(builder *b, hn_json_mut *schemas) {
    hn_json_mut *schema = object(b, schemas, "error");
    text(b, schema, "type", "object");
    hn_json_mut *properties = object(b, schema, "properties");
    text(b, object(b, properties, "error"), "type", "string");
    text(b, object(b, properties, "column"), "type", "string");
    text(b, object(b, properties, "status"), "const", "error");
}

/* ---- paths ----------------------------------------------------------------------------------- */

static void add_json(builder *b, hn_json_mut *holder, const char *name, const char *suffix) {
    reference(b, object(b, object(b, holder, "content"), "application/json"), "schema", name,
              suffix);
}

static hn_json_mut *add_response(builder *b, hn_json_mut *operation, const char *code,
                                 const char *description) {
    hn_json_mut *responses = yyjson_mut_obj_get(operation, "responses");
    if (responses == NULL) responses = object(b, operation, "responses");
    hn_json_mut *response = object(b, responses, code);
    text(b, response, "description", description);
    return response;
}

static void add_predict(builder *b, hn_json_mut *paths, const char *path, const char *name,
                        const char *id) {
    hn_json_mut *item = yyjson_mut_obj(b->doc);
    b->ok &= yyjson_mut_obj_add(paths, yyjson_mut_strcpy(b->doc, path), item);
    hn_json_mut *operation = object(b, item, "post");
    text(b, operation, "operationId", id);
    text(b, operation, "summary", "Predict one row, or a list of rows");
    hn_json_mut *body = object(b, operation, "requestBody");
    b->ok &= yyjson_mut_obj_add_bool(b->doc, body, "required", true);
    hn_json_mut *schema =
        object(b, object(b, object(b, body, "content"), "application/json"), "schema");
    hn_json_mut *either = yyjson_mut_obj_add_arr(b->doc, schema, "anyOf");
    hn_json_mut *row = yyjson_mut_arr_add_obj(b->doc, either),
                *list = yyjson_mut_arr_add_obj(b->doc, either);
    char target[400];
    snprintf(target, sizeof target, "#/components/schemas/%.280s.row", name);
    text(b, row, "$ref", target);
    text(b, list, "type", "array");
    reference(b, list, "items", name, ".row");
    hn_json_mut *good = object(
        b,
        object(b, add_response(b, operation, "200", "The answer; for a list, {predictions: [...]}"),
               "content"),
        "application/json");
    schema = object(b, good, "schema");
    either = yyjson_mut_obj_add_arr(b->doc, schema, "anyOf");
    snprintf(target, sizeof target, "#/components/schemas/%.280s.answer", name);
    text(b, yyjson_mut_arr_add_obj(b->doc, either), "$ref", target);
    list = yyjson_mut_arr_add_obj(b->doc, either);
    text(b, list, "type", "object");
    hn_json_mut *predictions = object(b, object(b, list, "properties"), "predictions");
    text(b, predictions, "type", "array");
    reference(b, predictions, "items", name, ".answer");
    add_json(
        b,
        add_response(b, operation, "400", "A row that the model does not take; names the column"),
        "error", "");
}

static void add_get(builder *b, hn_json_mut *paths, const char *path, const char *id,
                    const char *summary) {
    hn_json_mut *operation = object(b, object(b, paths, path), "get");
    text(b, operation, "operationId", id);
    text(b, operation, "summary", summary);
    add_response(b, operation, "200", summary);
}

static void add_model(builder *b, hn_json_mut *paths, hn_json_mut *schemas, const char *name,
                      const hone_model *model) {
    char path[400], id[400];
    add_row_schema(b, schemas, name, model);
    add_answer_schema(b, schemas, name, model);
    snprintf(path, sizeof path, "/v1/models/%.300s/predict", name);
    snprintf(id, sizeof id, "predict_%.300s", name);
    add_predict(b, paths, path, name, id);
}

hone_status hn_openapi_write(hone_ctx *ctx, hn_shelf *shelf, hn_str *str) {
    HN_SCRATCH(ctx);
    builder b = {.ok = true};
    HN_TRY(hn_json_new(ctx, ctx->scratch, &b.doc));
    hn_json_mut *root = yyjson_mut_obj(b.doc);
    text(&b, root, "openapi", "3.1.0");
    hn_json_mut *info = object(&b, root, "info");
    text(&b, info, "title", "hone");
    text(&b, info, "version", HONE_VERSION);
    hn_json_mut *paths = object(&b, root, "paths"),
                *schemas = object(&b, object(&b, root, "components"), "schemas");
    add_error_schema(&b, schemas);
    add_get(&b, paths, "/health", "health", "Whether the server answers");
    add_get(&b, paths, "/metrics", "metrics", "Counters in Prometheus text format");
    add_get(&b, paths, "/v1/models", "models", "Names of the models served");
    pthread_rwlock_rdlock(&shelf->lock);
    for (int64_t i = 0, listed = 0; i < shelf->n; i++) {
        if (shelf->entries[i].served == NULL) continue;
        const hn_shelf_entry *entry = &shelf->entries[i];
        if (listed++ == 0) add_predict(&b, paths, "/predict", entry->name, "predict");
        add_model(&b, paths, schemas, entry->name, entry->served->model);
    }
    pthread_rwlock_unlock(&shelf->lock);
    if (!b.ok) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing the API description");
    char *out;
    size_t length;
    HN_TRY(hn_json_write(ctx, ctx->scratch, root, true, &out, &length));
    hn_str_put_n(str, out, length);
    return hn_str_status(str);
}
