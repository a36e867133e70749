/* expectations.c - see expectations.h. */
#include "flow/expectations.h"

#include "base/map.h"
#include "base/os.h"
#include "flow/foreign.h"
#include "table/cast.h"
#include "table/expr.h"
#include "table/frequency.h"
#include "table/profile.h"
#include <math.h>
#include <string.h>

typedef struct column_rules {
    const char *type, *match, *in, *min, *max;
    double missing;
    bool unique, required;
    hn_texts values;
} column_rules;

static const hone_param column_table[] = {
    HN_PARAM(column_rules, type,
             .choices = HN_CHOICES("number", "integer", "text", "float64", "float32", "int64",
                                   "bool", "category", "string", "timestamp"),
             .doc = "The type it must have."),
    HN_PARAM(column_rules, min, .literal = true, .doc = "The least number, or the earliest time."),
    HN_PARAM(column_rules, max, .literal = true, .doc = "The largest number, or the latest time."),
    HN_PARAM(column_rules, missing, .def = "1", .range = "[0, 1]",
             .doc = "The largest share of missing values."),
    HN_PARAM(column_rules, unique, .def = "false", .doc = "No value comes twice."),
    HN_PARAM(column_rules, required, .def = "true", .doc = "The column must be there."),
    HN_PARAM(column_rules, values, .literal = true, .doc = "The values that are allowed."),
    HN_PARAM(column_rules, match,
             .doc = "A regular expression that every value matches, as it prints."),
    HN_PARAM(column_rules, in, .doc = "FILE:COLUMN in which every value must be found."),
};
const hn_params hn_expectations_columns = HN_PARAMS(column_rules, column_table);

typedef struct row_rules {
    double min, max;
} row_rules;
static const hone_param row_table[] = {
    HN_PARAM(row_rules, min, .def = "0", .range = "[0, inf)", .doc = "The fewest rows."),
    HN_PARAM(row_rules, max, .def = "none", .words = HN_WORDS({"none", (double)INFINITY}),
             .doc = "The most rows."),
};
const hn_params hn_expectations_rows = HN_PARAMS(row_rules, row_table);

typedef struct checker {
    hone_ctx *ctx;
    const hn_table *table;
    const char *path;
    const hn_marks *marks;
    hn_json_doc *doc;
    hn_json_mut *list;
} checker;

static hone_status no_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory checking expectations");
}

/* count 0: nothing is wrong. row from 0, -1: none in particular. */
static hone_status wrong(checker *c, const char *rule, const char *column, int64_t count,
                         int64_t row, const char *what) {
    if (count == 0) return HONE_OK;
    hn_json_mut *one = yyjson_mut_arr_add_obj(c->doc, c->list);
    char where[64] = "";
    if (row >= 0)
        snprintf(where, sizeof where, " in %lld row%s, first in row %lld", (long long)count,
                 count == 1 ? "" : "s", (long long)row + 1);
    char *text =
        hn_arena_printf(c->ctx, c->ctx->scratch, "%s%s%s%s%s", column != NULL ? "column '" : "",
                        column != NULL ? column : "", column != NULL ? "' " : "", what, where);
    bool ok = one != NULL && text != NULL && yyjson_mut_obj_add_strcpy(c->doc, one, "rule", rule) &&
              (column == NULL || yyjson_mut_obj_add_strcpy(c->doc, one, "column", column)) &&
              yyjson_mut_obj_add_int(c->doc, one, "count", count) &&
              (row < 0 || yyjson_mut_obj_add_int(c->doc, one, "row", row + 1)) &&
              yyjson_mut_obj_add_strcpy(c->doc, one, "text", text);
    return ok ? HONE_OK : no_memory(c->ctx);
}

static hone_status fault(checker *c, const char *pointer, const char *message) {
    int line, column;
    hn_marks_find(c->marks, pointer, &line, &column);
    return hn_fail_at(c->ctx, HONE_ERROR_DATA, (hn_where){.file = c->path, .row = line},
                      "%s, line %d, column %d: %s", c->path, line, column, message);
}

/* ---- one column ------------------------------------------------------------------------------ */

static bool has_type(const hn_column *column, const char *type) {
    bool number = hn_type_is_numeric(column->type);
    if (strcmp(type, "number") == 0) return number;
    if (strcmp(type, "integer") == 0) return column->type == HN_I64 || column->type == HN_BOOL;
    if (strcmp(type, "text") == 0) return column->type == HN_CATEGORY || column->type == HN_STRING;
    return strcmp(type, hn_type_name(column->type)) == 0;
}

static hone_status no_range(checker *c, const hn_column *column) {
    char said[96];
    snprintf(said, sizeof said, "holds no numbers but %s values", hn_type_name(column->type));
    return wrong(c, "range", column->name, 1, -1, said);
}

/* A bound as the column's values are: a number, or of a time its microseconds. */
static hone_status read_bound(checker *c, const hn_column *column, const char *text, double none,
                              double *ret) {
    int64_t microseconds;
    bool time = column->type == HN_TIME;
    *ret = none;
    if (text == NULL || strcmp(text, "none") == 0) return HONE_OK;
    hn_slice slice = {text, strlen(text)};
    if (time && hn_time_parse(slice, &microseconds)) {
        *ret = (double)microseconds;
        return HONE_OK;
    }
    if (!time && hn_parse_double(slice, ret)) return HONE_OK;
    return hn_fail_at(c->ctx, HONE_ERROR_DATA, (hn_where){.file = c->path, .column = column->name},
                      "%s: '%s' is no bound of column '%s', which holds %s", c->path, text,
                      column->name, time ? "times; write one, such as 2024-01-31" : "numbers");
}

static hone_status check_range(checker *c, const column_rules *r, const hn_column *column) {
    int64_t count = 0, first = -1;
    double low, high;
    HN_TRY(read_bound(c, column, r->min, -(double)INFINITY, &low));
    HN_TRY(read_bound(c, column, r->max, (double)INFINITY, &high));
    for (int64_t i = 0; i < column->n; i++) {
        double x = hn_column_double(column, i);
        if (!(x < low || x > high)) continue;
        first = first < 0 ? i : first;
        count++;
    }
    char *what =
        isfinite(low) && isfinite(high)
            ? hn_arena_printf(c->ctx, c->ctx->scratch, "is outside of %s to %s", r->min, r->max)
            : hn_arena_printf(c->ctx, c->ctx->scratch, "is %s %s",
                              isfinite(low) ? "below" : "above", isfinite(low) ? r->min : r->max);
    return what == NULL ? HONE_ERROR_MEMORY : wrong(c, "range", column->name, count, first, what);
}

static hone_status check_values(checker *c, const column_rules *r, const hn_column *column) {
    int64_t count = 0, first = -1;
    hn_map allowed;
    hn_str str;
    hn_map_init(&allowed, c->ctx, c->ctx->scratch);
    hn_str_init(&str, c->ctx, c->ctx->scratch);
    for (int64_t i = 0; i < r->values.n; i++)
        HN_TRY(hn_map_put(&allowed, (hn_slice){r->values.items[i], strlen(r->values.items[i])}, 1));
    for (int64_t i = 0; i < column->n; i++) {
        if (hn_column_is_missing(column, i)) continue;
        hn_str_clear(&str);
        hn_column_print(column, i, &str); /* they are compared as they print */
        HN_TRY(hn_str_status(&str));
        if (hn_map_get(&allowed, (hn_slice){str.text, str.length}, 0) != 0) continue;
        first = first < 0 ? i : first;
        count++;
    }
    return wrong(c, "values", column->name, count, first, "has a value that is not allowed");
}

/* n columns whose values must be found together in another file; name: of the column that asks, if one does. */
static hone_status check_foreign(checker *c, const int32_t *columns, int32_t n, const char *in,
                                 const char *name) {
    int64_t count, first;
    HN_TRY(hn_foreign_lost(c->ctx, c->path, c->table, columns, n, in, &count, &first));
    char *what = hn_arena_printf(c->ctx, c->ctx->scratch, "%s is not in %s",
                                 name != NULL ? "has a value that" : "a key", in);
    return what == NULL ? HONE_ERROR_MEMORY : wrong(c, "in", name, count, first, what);
}

/* Rows of table where a condition does not hold; where it is missing nothing is said. */
static hone_status check_condition(checker *c, const hn_table *table, const char *rule,
                                   const char *column, const char *condition, const char *what) {
    hone_ctx *ctx = c->ctx;
    HN_SCRATCH(ctx);
    hn_expr *expr;
    hn_column result;
    int64_t count = 0, first = -1;
    HN_TRY(hn_expr_compile(ctx, ctx->scratch, condition, table, &expr));
    hone_status status = HONE_OK;
    if (hn_expr_type(expr) != HN_BOOL)
        status = hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.file = c->path},
                            "%s: the check '%s' is no condition; write one, such as 'a <= b'",
                            c->path, condition);
    if (status == HONE_OK) status = hn_expr_eval(ctx, expr, table, ctx->scratch, "check", &result);
    for (int64_t i = 0; status == HONE_OK && i < result.n; i++) {
        if (hn_column_is_missing(&result, i) || hn_column_double(&result, i) != 0) continue;
        first = first < 0 ? i : first;
        count++;
    }
    hn_expr_done(expr);
    HN_TRY(status);
    return wrong(c, rule, column, count, first, what);
}

static hone_status check_match(checker *c, const column_rules *r, const hn_column *column) {
    hone_ctx *ctx = c->ctx;
    hn_column own = *column; /* as it prints, where it holds no texts */
    if (!has_type(column, "text"))
        HN_TRY(hn_column_cast(ctx, ctx->scratch, column, HN_CATEGORY, NULL, HN_MISFIT_FAILS, &own));
    hn_table alone = {.n_rows = column->n, .n_columns = 1, .columns = &own};
    hn_str text;
    own.name = "text"; /* its own may be one that no expression can write */
    hn_str_init(&text, ctx, ctx->scratch);
    hn_str_put(&text, "regex_match(text, '");
    for (const char *at = r->match; *at != '\0'; at++) {
        if (*at == '\'' || *at == '\\') hn_str_put_c(&text, '\\');
        hn_str_put_c(&text, *at);
    }
    hn_str_put(&text, "')");
    HN_TRY(hn_str_status(&text));
    char *what = hn_arena_printf(ctx, ctx->scratch, "does not match '%s'", r->match);
    return what == NULL ? HONE_ERROR_MEMORY
                        : check_condition(c, &alone, "match", column->name, text.text, what);
}

static hone_status check_unique(checker *c, const int32_t *columns, int32_t n, const char *rule,
                                const char *name, const char *what) {
    hn_table some;
    int64_t count, first;
    HN_TRY(hn_table_select(c->ctx, c->ctx->scratch, c->table, columns, n, &some));
    HN_TRY(hn_duplicate_rows(c->ctx, &some, &count, &first));
    return wrong(c, rule, name, count, first, what);
}

static hone_status check_column(checker *c, const char *name, const column_rules *r) {
    hone_ctx *ctx = c->ctx;
    HN_SCRATCH(ctx);
    int32_t j = hn_table_find(c->table, name);
    char what[128];
    if (j < 0) return r->required ? wrong(c, "required", name, 1, -1, "is not there") : HONE_OK;
    const hn_column *column = &c->table->columns[j];
    if (r->type != NULL && !has_type(column, r->type)) {
        snprintf(what, sizeof what, "is of type %s, not %s", hn_type_name(column->type), r->type);
        HN_TRY(wrong(c, "type", name, 1, -1, what));
    }
    int64_t missing = hn_column_count_missing(column);
    if ((double)missing > r->missing * (double)column->n) {
        snprintf(what, sizeof what, "lacks %.3g of its values, and %.3g is allowed",
                 (double)missing / (double)column->n, r->missing);
        HN_TRY(wrong(c, "missing", name, missing, -1, what));
    }
    if (r->min != NULL || r->max != NULL)
        HN_TRY(has_type(column, "number") || column->type == HN_TIME ? check_range(c, r, column)
                                                                     : no_range(c, column));
    if (r->values.n > 0) HN_TRY(check_values(c, r, column));
    if (r->match != NULL) HN_TRY(check_match(c, r, column));
    if (r->unique) HN_TRY(check_unique(c, &j, 1, "unique", name, "has a value again"));
    return r->in != NULL ? check_foreign(c, &j, 1, r->in, name) : HONE_OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

static hone_status as_data(hone_ctx *ctx, hone_status status) {
    if (status != HONE_ERROR_USAGE) return status;
    ctx->error.code = HONE_ERROR_DATA;
    return HONE_ERROR_DATA;
}

static hone_status check_columns(checker *c, hn_json *columns) {
    hone_ctx *ctx = c->ctx;
    if (!yyjson_is_obj(columns)) return fault(c, "/columns", "columns are 'name: {rules}' pairs");
    yyjson_obj_iter iter = yyjson_obj_iter_with(columns);
    for (hn_json *key; (key = yyjson_obj_iter_next(&iter)) != NULL;) {
        const char *name = yyjson_get_str(key);
        hn_json *value = yyjson_obj_iter_get_val(key);
        column_rules rules;
        char *pointer = hn_arena_printf(ctx, ctx->scratch, "/columns/%s", name);
        if (pointer == NULL) return HONE_ERROR_MEMORY;
        if (!yyjson_is_obj(value)) return fault(c, pointer, "a column has 'rule: value' pairs");
        HN_TRY(hn_params_defaults(ctx, ctx->scratch, &hn_expectations_columns, &rules));
        HN_TRY(as_data(ctx, hn_params_set_json(ctx, ctx->scratch, &hn_expectations_columns, &rules,
                                               name, value, pointer, c->marks)));
        HN_TRY(check_column(c, name, &rules));
    }
    return HONE_OK;
}

/* A list of columns, whose values come once together; or {columns: [a, b], in: FILE:COLUMN,COLUMN}. */
static hone_status check_key(checker *c, hn_json *key) {
    static const char form[] =
        "a key is a list of columns, or {columns: [a, b], in: 'other.csv:a,b'}";
    hn_json *in = yyjson_obj_get(key, "in"),
            *list = yyjson_is_obj(key) ? yyjson_obj_get(key, "columns") : key;
    size_t n = yyjson_arr_size(list);
    int32_t *columns;
    if (n == 0 || (yyjson_is_obj(key) && (!yyjson_is_str(in) || yyjson_obj_size(key) != 2)))
        return fault(c, "/keys", form);
    HN_TRY(HN_SCRATCH_NEW(c->ctx, columns, n));
    for (size_t k = 0; k < n; k++) {
        const char *name = yyjson_get_str(yyjson_arr_get(list, k));
        if (name == NULL) return fault(c, "/keys", form);
        HN_TRY(hn_table_require(c->ctx, c->table, name, &columns[k]));
    }
    if (in != NULL) return check_foreign(c, columns, (int32_t)n, yyjson_get_str(in), NULL);
    return check_unique(c, columns, (int32_t)n, "keys", NULL, "a key comes again");
}

static hone_status check_keys(checker *c, hn_json *keys) {
    if (!yyjson_is_arr(keys)) return fault(c, "/keys", "keys are a list of keys");
    for (size_t i = 0; i < yyjson_arr_size(keys); i++) {
        HN_SCRATCH(c->ctx);
        HN_TRY(check_key(c, yyjson_arr_get(keys, i)));
    }
    return HONE_OK;
}

static hone_status check_section(checker *c, const char *name, hn_json *value) {
    static const char *const sections[] = {"rows", "columns", "keys", "checks"};
    hone_ctx *ctx = c->ctx;
    char what[96];
    if (strcmp(name, "columns") == 0) return check_columns(c, value);
    if (strcmp(name, "keys") == 0) return check_keys(c, value);
    if (strcmp(name, "rows") == 0 && yyjson_is_obj(value)) {
        row_rules rules;
        HN_TRY(hn_params_defaults(ctx, ctx->scratch, &hn_expectations_rows, &rules));
        HN_TRY(as_data(ctx, hn_params_set_json(ctx, ctx->scratch, &hn_expectations_rows, &rules,
                                               "rows", value, "/rows", c->marks)));
        double n = (double)c->table->n_rows;
        bool few = n < rules.min;
        snprintf(what, sizeof what, "there %s %.0f row%s, and %.0f %s", n == 1 ? "is" : "are", n,
                 n == 1 ? "" : "s", few ? rules.min : rules.max,
                 few ? "are the fewest" : "the most");
        return wrong(c, "rows", NULL, n < rules.min || n > rules.max, -1, what);
    }
    if (strcmp(name, "checks") == 0 && yyjson_is_arr(value)) {
        for (size_t i = 0; i < yyjson_arr_size(value); i++) {
            const char *text = yyjson_get_str(yyjson_arr_get(value, i));
            if (text == NULL) return fault(c, "/checks", "a check is a condition");
            char *said = hn_arena_printf(ctx, ctx->scratch, "'%s' does not hold", text);
            if (said == NULL) return HONE_ERROR_MEMORY;
            HN_TRY(as_data(ctx, check_condition(c, c->table, "checks", NULL, text, said)));
        }
        return HONE_OK;
    }
    const char *nearest = hn_nearest(name, sections, sizeof sections / sizeof *sections);
    char *said = hn_arena_printf(
        ctx, ctx->scratch,
        "there is no such section '%s'%s%s%s; there are rows, columns, keys, checks", name,
        nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
        nearest != NULL ? "'" : "");
    char *pointer = hn_arena_printf(ctx, ctx->scratch, "/%s", name);
    return said == NULL || pointer == NULL ? HONE_ERROR_MEMORY : fault(c, pointer, said);
}

hone_status hn_expectations_check_text(hone_ctx *ctx, const char *text, size_t length,
                                       const char *path, const hn_table *table, hn_json_doc *doc,
                                       hn_json_mut **ret_list) {
    HN_SCRATCH(ctx);
    hn_json *root;
    hn_marks marks;
    HN_TRY(hn_table_require_dense(ctx, table));
    HN_TRY(hn_yaml_read(ctx, ctx->scratch, text, length, path, &root, &marks));
    checker c = {.ctx = ctx, .table = table, .path = path, .marks = &marks, .doc = doc};
    c.list = yyjson_mut_arr(doc);
    if (c.list == NULL) return no_memory(ctx);
    if (!yyjson_is_obj(root))
        return fault(&c, "", "expectations hold sections such as 'columns: {age: {min: 0}}'");
    yyjson_obj_iter iter = yyjson_obj_iter_with(root);
    for (hn_json *key; (key = yyjson_obj_iter_next(&iter)) != NULL;)
        HN_TRY(check_section(&c, yyjson_get_str(key), yyjson_obj_iter_get_val(key)));
    *ret_list = c.list;
    return HONE_OK;
}

hone_status hn_expectations_check(hone_ctx *ctx, const char *path, const hn_table *table,
                                  hn_json_doc *doc, hn_json_mut **ret_list) {
    HN_SCRATCH(ctx);
    char *text;
    size_t length;
    HN_TRY(hn_read_file(ctx, ctx->scratch, path, 1 << 22, &text, &length));
    return hn_expectations_check_text(ctx, text, length, path, table, doc, ret_list);
}

hn_json_mut *hn_expectations_verdict(const hn_table *table, hn_json_doc *doc, hn_json_mut *list) {
    hn_json_mut *root = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_int(doc, root, "rows", table->n_rows);
    yyjson_mut_obj_add_bool(doc, root, "valid", yyjson_mut_arr_size(list) == 0);
    yyjson_mut_obj_add_val(doc, root, "failures", list);
    return root;
}

hone_status hn_expectations_require(hone_ctx *ctx, const char *path, const hn_table *table) {
    HN_SCRATCH(ctx);
    hn_json_doc *doc;
    hn_json_mut *list;
    hn_json *found;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_expectations_check(ctx, path, table, doc, &list));
    HN_TRY(hn_json_freeze(ctx, ctx->scratch, list, &found));
    size_t n = yyjson_arr_size(found);
    if (n == 0) return HONE_OK;
    hn_json *first = yyjson_arr_get_first(found);
    const char *column = yyjson_get_str(yyjson_obj_get(first, "column"));
    return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.file = path, .column = column},
                      "the table is not as %s expects: %s%s", path,
                      yyjson_get_str(yyjson_obj_get(first, "text")),
                      n > 1 ? ", and more ('hone data validate' lists all)" : "");
}

/* ---- a first file ---------------------------------------------------------------------------- */

enum { FEW_VALUES = 20 };

static hone_status describe_column(hone_ctx *ctx, const hn_column *column,
                                   const hn_column_profile *profile, hn_json_doc *doc,
                                   hn_json_mut *rules) {
    bool ok = yyjson_mut_obj_add_str(doc, rules, "type", hn_type_name(column->type));
    if (hn_type_is_numeric(column->type) && isfinite(profile->min) && column->type != HN_BOOL)
        ok = ok && yyjson_mut_obj_add_real(doc, rules, "min", profile->min) &&
             yyjson_mut_obj_add_real(doc, rules, "max", profile->max);
    if (column->type == HN_TIME && isfinite(profile->min)) {
        char low[HN_TIME_SIZE], high[HN_TIME_SIZE];
        bool dates =
            hn_time_is_date((int64_t)profile->min) && hn_time_is_date((int64_t)profile->max);
        hn_time_format((int64_t)profile->min, dates, low);
        hn_time_format((int64_t)profile->max, dates, high);
        ok = ok && yyjson_mut_obj_add_strcpy(doc, rules, "min", low) &&
             yyjson_mut_obj_add_strcpy(doc, rules, "max", high);
    }
    double share = profile->n > 0 ? (double)profile->n_missing / (double)profile->n : 0;
    ok = ok && yyjson_mut_obj_add_real(doc, rules, "missing", ceil(share * 100) / 100);
    if (profile->is_id_like) ok = ok && yyjson_mut_obj_add_bool(doc, rules, "unique", true);
    if (ok && column->type == HN_CATEGORY && profile->n_distinct <= FEW_VALUES) {
        HN_SCRATCH(ctx);
        hn_frequency *items;
        int64_t n;
        hn_json_mut *values = yyjson_mut_obj_add_arr(doc, rules, "values");
        HN_TRY(hn_frequencies(ctx, column, &items, &n));
        for (int64_t i = 0; i < n; i++) {
            hn_slice text = hn_column_text(column, items[i].row);
            ok = ok && yyjson_mut_arr_add_strncpy(doc, values, text.text, text.length);
        }
    }
    return ok ? HONE_OK : no_memory(ctx);
}

hone_status hn_expectations_of(hone_ctx *ctx, const hn_table *table, hn_json_doc *doc,
                               hn_json_mut **ret_root) {
    HN_SCRATCH(ctx);
    hn_column_profile *profiles;
    HN_TRY(HN_SCRATCH_NEW(ctx, profiles, table->n_columns + 1));
    HN_TRY(hn_profile_table(ctx, table, profiles));
    hn_json_mut *root = yyjson_mut_obj(doc), *rows = yyjson_mut_obj_add_obj(doc, root, "rows");
    if (rows == NULL || !yyjson_mut_obj_add_int(doc, rows, "min", 1)) return no_memory(ctx);
    hn_json_mut *columns = yyjson_mut_obj_add_obj(doc, root, "columns");
    for (int32_t j = 0; j < table->n_columns; j++) {
        hn_json_mut *rules = yyjson_mut_obj(doc);
        HN_TRY(describe_column(ctx, &table->columns[j], &profiles[j], doc, rules));
        if (!yyjson_mut_obj_add(columns, yyjson_mut_strcpy(doc, table->columns[j].name), rules))
            return no_memory(ctx);
    }
    *ret_root = root;
    return HONE_OK;
}
