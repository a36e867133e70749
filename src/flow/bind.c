/* bind.c - rows of any origin as a model's inputs: the one gate, so that what serves is what was
 * trained. */
#include "flow/score.h"
#include "flow/windows.h"
#include "table/cast.h"
#include "table/dialect.h"
#include "table/dictionary.h"
#include <string.h>

/* ---- tables ---------------------------------------------------------------------------------- */

static bool is_known(const hone_model *model, const char *name) {
    for (int64_t i = 0; i < model->known.n; i++)
        if (strcmp(model->known.items[i], name) == 0) return true;
    return false;
}

/* Names the nearest column that the model does take. */
static hone_status unknown_column(hone_ctx *ctx, const hone_model *model, const char *name,
                                  const char *way_out) {
    HN_SCRATCH(ctx);
    const char **names;
    HN_TRY(HN_SCRATCH_NEW(ctx, names, model->schema.n_columns + 1));
    for (int32_t j = 0; j < model->schema.n_columns; j++) names[j] = model->schema.columns[j].name;
    const char *nearest = hn_nearest(name, names, (size_t)model->schema.n_columns);
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = name),
                      "unknown column '%s'%s%s%s: the model was not trained with it; %s", name,
                      nearest != NULL ? " (did you mean '" : "", nearest != NULL ? nearest : "",
                      nearest != NULL ? "'?)" : "", way_out);
}

/* The recipe's window that makes a column of rows around a row; NULL: none does. */
static const char *window_of(const hone_model *model, const char *column) {
    hn_json *windows = yyjson_obj_get(yyjson_obj_get(model->recipe, "data"), "windows"), *window;
    bool one = yyjson_is_str(windows);
    size_t n = one ? 1 : yyjson_arr_size(windows);
    for (size_t i = 0; i < n; i++) {
        hn_slice name;
        window = one ? windows : yyjson_arr_get(windows, i);
        if (!yyjson_is_str(window) || !hn_window_name(yyjson_get_str(window), &name)) continue;
        if (strlen(column) == name.length && memcmp(column, name.text, name.length) == 0)
            return yyjson_get_str(window);
    }
    return NULL;
}

/* A row alone has no past: what was made of it must come along. Names all that given [columns] lacks. */
static hone_status lacks_windows(hone_ctx *ctx, const hone_model *model, const bool *given,
                                 int32_t first) {
    HN_SCRATCH(ctx);
    hn_str names;
    hn_str_init(&names, ctx, ctx->scratch);
    for (int32_t j = first; j < model->schema.n_columns; j++) {
        const char *name = model->schema.columns[j].name;
        if (given[j] || window_of(model, name) == NULL) continue;
        hn_str_printf(&names, "%s%s", names.length > 0 ? ", " : "", name);
    }
    HN_TRY(hn_str_status(&names));
    const char *name = model->schema.columns[first].name;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = name),
                      "the model was trained with features over time, which a row by itself lacks: "
                      "%s; send them along (null where there was nothing before), or answer a "
                      "table with 'hone predict TABLE --history FILE', which makes them",
                      names.text);
}

static hone_status missing_column(hone_ctx *ctx, const char *name) {
    return hn_fail_at(
        ctx, HONE_ERROR_DATA, HN_AT(.column = name),
        "column '%s' is missing: the model was trained with it; 'hone show' lists what it "
        "takes",
        name);
}

hone_status hn_bind_table(hone_ctx *ctx, const hone_model *model, const hn_table *table,
                          bool allow_extra, hn_arena *arena, hn_table *ret_inputs) {
    const hn_table *schema = &model->schema;
    HN_TRY(hn_table_require_dense(ctx, table));
    hn_table inputs = {.n_rows = table->n_rows, .n_columns = schema->n_columns};
    HN_TRY(HN_NEW(ctx, arena, inputs.columns, schema->n_columns + 1));
    HN_SCRATCH(ctx);
    hn_map index, wanted;
    bool open = hn_pipeline_reads_text(&model->pipeline);
    HN_TRY(hn_table_index(ctx, ctx->scratch, table, &index));
    HN_TRY(hn_table_index(ctx, ctx->scratch, schema, &wanted));
    for (int32_t j = 0; !allow_extra && j < table->n_columns; j++) {
        const char *name = table->columns[j].name;
        if (hn_map_get(&wanted, (hn_slice){name, strlen(name)}, -1) < 0 && !is_known(model, name))
            return unknown_column(ctx, model, name,
                                  "leave it out, or allow extra columns (--extra)");
    }
    for (int32_t j = 0; j < schema->n_columns; j++) {
        const hn_column *want = &schema->columns[j];
        int64_t found = hn_map_get(&index, (hn_slice){want->name, strlen(want->name)}, -1);
        if (found < 0) return missing_column(ctx, want->name);
        if (open && want->type == HN_CATEGORY)
            HN_TRY(hn_column_cast_open(ctx, arena, &table->columns[found], want->dictionary,
                                       &inputs.columns[j]));
        else
            HN_TRY(hn_column_cast(ctx, arena, &table->columns[found], want->type, want->dictionary,
                                  HN_MISFIT_FAILS, &inputs.columns[j]));
    }
    *ret_inputs = inputs;
    return HONE_OK;
}

/* ---- JSON ------------------------------------------------------------------------------------
 * Rows are written straight into columns of the schema's types: no table in between, because this is
 * the way of every served request. */

typedef struct row_reader {
    hone_ctx *ctx;
    const hone_model *model;
    hn_arena *arena;
    hn_table *inputs;
    bool *seen;       /* [n_columns]: some row had it */
    uint8_t **valid;  /* [n_columns]: NULL while nothing is missing */
    hn_coder *coders; /* [n_columns]: of categories, where texts are read; NULL where not */
    hn_str *strings;  /* [n_columns]: bytes of string columns */
    int64_t **offsets;
    int64_t n_rows;
} row_reader;

static const char *json_type(hn_json *value) {
    if (yyjson_is_obj(value)) return "an object";
    if (yyjson_is_arr(value)) return "a list";
    if (yyjson_is_str(value)) return "a text";
    if (yyjson_is_bool(value)) return "true or false";
    return "a number";
}

static hone_status misfit(row_reader *r, int32_t j, int64_t row, hn_json *value) {
    const hn_column *want = &r->model->schema.columns[j];
    const char *text = yyjson_get_str(value);
    return hn_fail_at(r->ctx, HONE_ERROR_DATA, (hn_where){.column = want->name, .row = row},
                      "column '%s'%s takes %s, not %s%s%.40s%s", want->name,
                      r->n_rows > 1 ? " of a row" : "",
                      want->type == HN_BOOL   ? "true or false"
                      : want->type == HN_TIME ? "a timestamp such as \"2024-05-01T13:05:00Z\""
                      : hn_type_is_numeric(want->type) ? "a number"
                                                       : "a text",
                      json_type(value), text != NULL ? " '" : "", text != NULL ? text : "",
                      text != NULL ? "'" : "");
}

static hone_status set_missing(row_reader *r, int32_t j, int64_t row) {
    hn_column *column = &r->inputs->columns[j];
    if (r->valid[j] == NULL) {
        HN_TRY(hn_valid_new(r->ctx, r->arena, r->n_rows, &r->valid[j]));
        column->valid = r->valid[j];
    }
    hn_valid_clear(r->valid[j], row);
    if (column->type == HN_F64) ((double *)(uintptr_t)column->values)[row] = NAN;
    if (column->type == HN_CATEGORY) ((int32_t *)(uintptr_t)column->values)[row] = HN_UNKNOWN;
    return HONE_OK;
}

/* A number or truth value as the text that files have for it. */
static hn_slice scalar_text(hn_json *value, char buffer[32]) {
    if (yyjson_is_str(value)) return (hn_slice){yyjson_get_str(value), yyjson_get_len(value)};
    if (yyjson_is_bool(value))
        return yyjson_get_bool(value) ? (hn_slice){"true", 4} : (hn_slice){"false", 5};
    if (yyjson_is_num(value))
        return (hn_slice){buffer, hn_format_double(yyjson_get_num(value), buffer)};
    return (hn_slice){NULL, 0};
}

static bool set_number(hn_column *column, int64_t row, double number) {
    void *values = (void *)(uintptr_t)column->values;
    if (column->type == HN_F64) {
        ((double *)values)[row] = number;
    } else if (column->type == HN_F32) {
        ((float *)values)[row] = (float)number;
    } else {
        if (number != 0 && number != 1) return false;
        ((uint8_t *)values)[row] = number != 0;
    }
    return true;
}

static hone_status set_cell(row_reader *r, int32_t j, int64_t row, hn_json *value) {
    hn_column *column = &r->inputs->columns[j];
    r->seen[j] = true;
    if (yyjson_is_null(value)) return set_missing(r, j, row);
    if (hn_type_is_numeric(column->type)) {
        bool number = yyjson_is_num(value), truth = yyjson_is_bool(value);
        double x = truth ? yyjson_get_bool(value) : number ? yyjson_get_num(value) : 0;
        return (number || truth) && set_number(column, row, x) ? HONE_OK : misfit(r, j, row, value);
    }
    char buffer[32];
    hn_slice text = scalar_text(value, buffer);
    if (text.text == NULL) return misfit(r, j, row, value);
    void *values = (void *)(uintptr_t)column->values;
    if (column->type == HN_CATEGORY) {
        /* Files are read without the space around texts, so it is not what makes a category unknown. */
        int32_t code = hn_dictionary_find(column->dictionary, text);
        if (code == HN_UNKNOWN && r->coders != NULL)
            HN_TRY(hn_coder_code(&r->coders[j], hn_trim(text), &code));
        else if (code == HN_UNKNOWN)
            code = hn_dictionary_find(column->dictionary, hn_trim(text));
        ((int32_t *)values)[row] = code;
    } else if (column->type == HN_STRING) {
        hn_str_put_n(&r->strings[j], text.text, text.length);
    } else if (!yyjson_is_str(value) || !hn_time_parse(text, (int64_t *)values + row)) {
        return misfit(r, j, row, value);
    }
    return HONE_OK;
}

static hone_status make_columns(row_reader *r) {
    const hn_table *schema = &r->model->schema;
    int32_t n = schema->n_columns;
    HN_TRY(HN_NEW(r->ctx, r->arena, r->inputs->columns, n + 1));
    HN_TRY(HN_NEW(r->ctx, r->arena, r->seen, n + 1));
    HN_TRY(HN_NEW(r->ctx, r->arena, r->valid, n + 1));
    HN_TRY(HN_NEW(r->ctx, r->arena, r->strings, n + 1));
    HN_TRY(HN_NEW(r->ctx, r->arena, r->offsets, n + 1));
    if (hn_pipeline_reads_text(&r->model->pipeline))
        HN_TRY(HN_NEW(r->ctx, r->arena, r->coders, n + 1));
    for (int32_t j = 0; j < n; j++) {
        hn_column *column = &r->inputs->columns[j];
        *column = schema->columns[j];
        if (r->coders != NULL && column->type == HN_CATEGORY)
            hn_coder_init(&r->coders[j], r->ctx, r->arena, column->dictionary);
        column->n = r->n_rows;
        if (column->type == HN_I64) column->type = HN_F64; /* every reader takes any number */
        if (column->type == HN_STRING) {
            hn_str_init(&r->strings[j], r->ctx, r->arena);
            HN_TRY(HN_NEW(r->ctx, r->arena, r->offsets[j], r->n_rows + 1));
            continue;
        }
        size_t size = hn_type_size(column->type);
        column->stride = (int64_t)size;
        column->values = hn_arena_alloc(r->ctx, r->arena, (size_t)r->n_rows + 1, size);
        if (column->values == NULL) return HONE_ERROR_MEMORY;
    }
    r->inputs->n_rows = r->n_rows;
    r->inputs->n_columns = n;
    return HONE_OK;
}

static int32_t find_column(const hn_table *schema, const char *name, int32_t expected) {
    if (expected < schema->n_columns && strcmp(schema->columns[expected].name, name) == 0)
        return expected;
    return hn_table_find(schema, name);
}

static hone_status read_object(row_reader *r, int64_t row, hn_json *object) {
    const hn_table *schema = &r->model->schema;
    int32_t expected = 0;
    bool *given;
    HN_SCRATCH(r->ctx);
    HN_TRY(HN_SCRATCH_NEW(r->ctx, given, schema->n_columns + 1));
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    for (hn_json *key; (key = yyjson_obj_iter_next(&iter)) != NULL;) {
        const char *name = yyjson_get_str(key);
        int32_t j = find_column(schema, name, expected);
        if (j < 0 && is_known(r->model, name)) continue;
        if (j < 0) return unknown_column(r->ctx, r->model, name, "leave it out");
        HN_TRY(set_cell(r, j, row, yyjson_obj_iter_get_val(key)));
        given[j] = true;
        expected = j + 1;
    }
    for (int32_t j = 0; j < schema->n_columns; j++) {
        if (given[j]) continue;
        if (window_of(r->model, schema->columns[j].name) != NULL)
            return lacks_windows(r->ctx, r->model, given, j);
        HN_TRY(set_missing(r, j, row));
    }
    return HONE_OK;
}

static hone_status read_list(row_reader *r, int64_t row, hn_json *list) {
    size_t n = yyjson_arr_size(list);
    if (n != (size_t)r->model->schema.n_columns)
        return hn_fail_at(
            r->ctx, HONE_ERROR_DATA, (hn_where){.param = "features", .row = row},
            "a row has %zu features where the model takes %d, in the order that 'hone show' "
            "lists them",
            n, (int)r->model->schema.n_columns);
    yyjson_arr_iter iter = yyjson_arr_iter_with(list);
    for (int32_t j = 0; j < r->model->schema.n_columns; j++)
        HN_TRY(set_cell(r, j, row, yyjson_arr_iter_next(&iter)));
    return HONE_OK;
}

/* {"features": [...]} unless the model itself has a column of that name. */
static hn_json *unwrap(const hone_model *model, hn_json *row) {
    hn_json *features = yyjson_obj_get(row, "features");
    if (!yyjson_is_arr(features) || hn_table_find(&model->schema, "features") >= 0) return row;
    return features;
}

static hone_status read_row(row_reader *r, int64_t row, hn_json *value) {
    value = unwrap(r->model, value);
    if (yyjson_is_obj(value))
        HN_TRY(read_object(r, row, value));
    else if (yyjson_is_arr(value))
        HN_TRY(read_list(r, row, value));
    else
        return hn_fail_at(r->ctx, HONE_ERROR_DATA, (hn_where){.row = row},
                          "a row is an object by column name or a list of features, not %s",
                          json_type(value));
    for (int32_t j = 0; j < r->inputs->n_columns; j++)
        if (r->offsets[j] != NULL) r->offsets[j][row + 1] = (int64_t)r->strings[j].length;
    return HONE_OK;
}

/* The rows of a body: where many stand in a list, *ret_list is that list; else it is one row. */
static hn_json *find_rows(const hone_model *model, hn_json *body, bool *ret_single) {
    static const char *const wrappers[] = {"rows", "instances"};
    for (size_t i = 0; yyjson_is_obj(body) && i < sizeof wrappers / sizeof *wrappers; i++) {
        hn_json *rows = yyjson_obj_get(body, wrappers[i]);
        if (yyjson_is_arr(rows) && hn_table_find(&model->schema, wrappers[i]) < 0) {
            *ret_single = false;
            return rows;
        }
    }
    hn_json *first = yyjson_arr_get_first(body);
    *ret_single =
        !(yyjson_is_arr(body) && (first == NULL || yyjson_is_obj(first) || yyjson_is_arr(first)));
    return body;
}

hone_status hn_bind_json(hone_ctx *ctx, const hone_model *model, hn_json *body, hn_arena *arena,
                         hn_table *ret_inputs, bool *ret_single) {
    bool single;
    hn_json *rows = find_rows(model, body, &single);
    hn_table inputs = {0};
    row_reader r = {.ctx = ctx,
                    .model = model,
                    .arena = arena,
                    .inputs = &inputs,
                    .n_rows = single ? 1 : (int64_t)yyjson_arr_size(rows)};
    HN_TRY(make_columns(&r));
    yyjson_arr_iter iter = {0};
    if (!single) iter = yyjson_arr_iter_with(rows);
    for (int64_t i = 0; i < r.n_rows; i++)
        HN_TRY(read_row(&r, i, single ? body : yyjson_arr_iter_next(&iter)));
    for (int32_t j = 0; j < inputs.n_columns; j++) {
        if (!r.seen[j] && r.n_rows > 0) return missing_column(ctx, inputs.columns[j].name);
        if (r.coders != NULL && inputs.columns[j].type == HN_CATEGORY)
            HN_TRY(hn_coder_finish(&r.coders[j], &inputs.columns[j].dictionary));
        if (r.offsets[j] == NULL) continue;
        HN_TRY(hn_str_status(&r.strings[j]));
        inputs.columns[j].values = r.strings[j].text;
        inputs.columns[j].offsets = r.offsets[j];
    }
    *ret_inputs = inputs;
    *ret_single = single;
    return HONE_OK;
}
