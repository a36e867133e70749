/* explore.c - a profile of a table, put together; see explore.h. */
#include "flow/explore_parts.h"
#include "base/utf8.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "flow/infer.h"
#include "table/frequency.h"
#include <string.h>

static const hone_param items[] = {
    HN_PARAM(hn_explore_options, target, .display = "COLUMN",
             .doc = "The column to be predicted: each feature is shown against it."),
    HN_PARAM(hn_explore_options, sample, .def = "10000", .range = "[10, 10000000]", .unit = "rows",
             .doc = "Rows drawn for what is expensive: densities, associations, points. Counts and "
                    "statistics of columns are of all rows."),
    HN_PARAM(hn_explore_options, most, .def = "30", .range = "[2, 200]", .unit = "columns",
             .doc = "Columns compared pair by pair; the most relevant where there are more."),
    HN_PARAM(hn_explore_options, rows, .def = "5", .range = "[0, 1000]", .unit = "rows",
             .doc = "Rows shown from the table's beginning and end."),
};
const hn_params hn_explore_params = HN_PARAMS(hn_explore_options, items);

/* ---- JSON ------------------------------------------------------------------------------------ */

void hn_add_real(hn_json_doc *doc, hn_json_mut *object, const char *key, double value) {
    if (isfinite(value))
        yyjson_mut_obj_add_real(doc, object, key, value);
    else
        yyjson_mut_obj_add_null(doc, object, key);
}

void hn_add_reals(hn_json_doc *doc, hn_json_mut *object, const char *key, const double *values,
                  int64_t n) {
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, key);
    for (int64_t i = 0; i < n; i++)
        isfinite(values[i]) ? yyjson_mut_arr_add_real(doc, list, values[i])
                            : yyjson_mut_arr_add_null(doc, list);
}

void hn_add_ints(hn_json_doc *doc, hn_json_mut *object, const char *key, const int64_t *values,
                 int64_t n) {
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, key);
    for (int64_t i = 0; i < n; i++) yyjson_mut_arr_add_int(doc, list, values[i]);
}

/* Bytes that are no UTF-8 become question marks: JSON has no other place for them. */
static void make_utf8(char *text) {
    for (unsigned char *c = (unsigned char *)text; *c != 0;) {
        int more = *c < 0x80                 ? 0
                   : *c >= 0xC2 && *c < 0xE0 ? 1
                   : *c >= 0xE0 && *c < 0xF0 ? 2
                   : *c >= 0xF0 && *c < 0xF5 ? 3
                                             : -1;
        bool good = more >= 0;
        for (int k = 1; good && k <= more; k++) good = (c[k] & 0xC0) == 0x80;
        if (good && more == 2)
            good = !(c[0] == 0xE0 && c[1] < 0xA0) && !(c[0] == 0xED && c[1] >= 0xA0);
        if (good && more == 3)
            good = !(c[0] == 0xF0 && c[1] < 0x90) && !(c[0] == 0xF4 && c[1] >= 0x90);
        if (!good) *c = '?';
        c += good ? more + 1 : 1;
    }
}

hn_json_mut *hn_text_json(const hn_explored *e, hn_slice text, size_t most) {
    bool cut = most > 0 && text.length > most;
    size_t length = cut ? hn_utf8_cut(text, most) : text.length;
    char *copy = hn_arena_alloc(e->ctx, e->arena, length + 4, 1);
    if (copy == NULL) return NULL;
    if (length > 0) memcpy(copy, text.text, length);
    for (size_t i = 0; i < length; i++)
        if (copy[i] == 0) copy[i] = '?';
    if (cut) memcpy(copy + length, "…", 4);
    make_utf8(copy);
    return yyjson_mut_str(e->doc, copy);
}

hn_json_mut *hn_cell_json(const hn_explored *e, const hn_column *column, int64_t row, size_t most) {
    if (hn_column_is_missing(column, row)) return yyjson_mut_null(e->doc);
    switch (column->type) {
    case HN_BOOL: return yyjson_mut_bool(e->doc, hn_column_double(column, row) != 0);
    case HN_I64:
        return yyjson_mut_sint(
            e->doc,
            *(const int64_t *)(const void *)((const char *)column->values + row * column->stride));
    case HN_F64:
    case HN_F32: {
        double value = hn_column_double(column, row);
        return isfinite(value) ? yyjson_mut_real(e->doc, value)
                               : yyjson_mut_str(e->doc, value > 0 ? "inf" : "-inf");
    }
    case HN_TIME: {
        char text[HN_TIME_SIZE];
        int64_t t =
            *(const int64_t *)(const void *)((const char *)column->values + row * column->stride);
        hn_time_format(t, hn_time_is_date(t), text);
        return yyjson_mut_strcpy(e->doc, text);
    }
    case HN_CATEGORY:
    case HN_STRING: return hn_text_json(e, hn_column_text(column, row), most);
    case HN_TYPE_COUNT: break;
    }
    return NULL;
}

/* ---- what columns are ------------------------------------------------------------------------ */

static hn_sort sort_of(const hn_column *column, const hn_description *d) {
    if (d->profile.n_missing == d->profile.n) return HN_SORT_EMPTY;
    if (column->type == HN_TIME) return HN_SORT_TIME;
    if (column->type == HN_STRING) return HN_SORT_TEXT;
    if (column->type == HN_CATEGORY || column->type == HN_BOOL) return HN_SORT_NAME;
    return d->n_finite == 0 ? HN_SORT_EMPTY : HN_SORT_NUMBER;
}

/* The rows that are sampled: all, or so many at random. */
static hone_status draw_rows(hn_explored *e) {
    int64_t n = e->table->n_rows;
    e->m = n < e->options->sample ? n : e->options->sample;
    HN_TRY(HN_NEW(e->ctx, e->arena, e->rows, e->m + 1));
    if (e->m == n) {
        for (int64_t i = 0; i < n; i++) e->rows[i] = i;
        return HONE_OK;
    }
    hn_rng rng = hn_rng_make(e->ctx->seed, hn_stream("explore.sample", 0));
    hn_rng_choose(&rng, n, e->m, e->rows);
    return HONE_OK;
}

/* Whether the table has a time by which its rows are ordered: autocorrelation then means something. */
static bool has_time(const hn_table *table) {
    for (int32_t j = 0; j < table->n_columns; j++)
        if (table->columns[j].type == HN_TIME) return true;
    return false;
}

static hone_status describe(hn_explored *e) {
    const hn_table *t = e->table;
    HN_TRY(HN_NEW(e->ctx, e->arena, e->columns, t->n_columns + 1));
    HN_TRY(HN_NEW(e->ctx, e->arena, e->sorts, t->n_columns + 1));
    HN_TRY(HN_NEW(e->ctx, e->arena, e->relevance, t->n_columns + 1));
    HN_TRY(draw_rows(e));
    hn_describe_options o = {
        .sample = e->m < t->n_rows ? e->rows : NULL, .n_sample = e->m, .lags = has_time(t)};
    HN_TRY(hn_describe_table(e->ctx, t, &o, e->columns));
    for (int32_t j = 0; j < t->n_columns; j++) {
        e->sorts[j] = sort_of(&t->columns[j], &e->columns[j]);
        e->relevance[j] = (double)NAN;
    }
    return HONE_OK;
}

/* The target and what kind of task it makes, as `hone train` would have it. */
static hone_status find_target(hn_explored *e) {
    HN_SCRATCH(e->ctx);
    hn_recipe recipe;
    hn_column_profile *profiles;
    hn_notes notes = {.ctx = e->ctx, .arena = e->ctx->scratch};
    e->target = -1;
    if (e->options->target == NULL) return HONE_OK;
    HN_TRY(hn_table_require(e->ctx, e->table, e->options->target, &e->target));
    if (e->sorts[e->target] == HN_SORT_EMPTY)
        return hn_fail_at(e->ctx, HONE_ERROR_DATA, HN_AT(.column = e->options->target),
                          "the target '%s' has no value in any row; name another, or none",
                          e->options->target);
    HN_TRY(hn_recipe_init(e->ctx, e->ctx->scratch, &recipe));
    recipe.roles.target = (hn_texts){.items = (const char *[]){e->options->target}, .n = 1};
    HN_TRY(HN_SCRATCH_NEW(e->ctx, profiles, e->table->n_columns + 1));
    for (int32_t j = 0; j < e->table->n_columns; j++) profiles[j] = e->columns[j].profile;
    hn_profiled profiled = {.table = e->table, .profiles = profiles};
    HN_TRY(hn_infer_task(e->ctx, &profiled, &recipe, &notes, &e->task));
    return HONE_OK;
}

hone_status hn_explore_begin(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                             const hn_explore_options *options, hn_json_doc *doc,
                             hn_explored *ret) {
    *ret = (hn_explored){
        .ctx = ctx, .arena = arena, .table = table, .options = options, .doc = doc, .target = -1};
    HN_TRY(hn_table_require_dense(ctx, table));
    HN_TRY(describe(ret));
    HN_TRY(find_target(ret));
    return hn_explore_sample(ret);
}

/* ---- overview -------------------------------------------------------------------------------- */

static hn_json_mut *list_of(hn_explored *e, hn_json_mut *object, const char *key) {
    return yyjson_mut_obj_add_arr(e->doc, object, key);
}

/* Columns that hold the same as an earlier one. */
static void put_equal(hn_explored *e, hn_json_mut *object) {
    hn_json_mut *list = list_of(e, object, "equal");
    for (int32_t b = 0; b < e->table->n_columns; b++) {
        const hn_description *second = &e->columns[b];
        if (second->profile.is_constant) continue;
        for (int32_t a = 0; a < b; a++) {
            const hn_description *first = &e->columns[a];
            if (first->profile.n_distinct != second->profile.n_distinct ||
                first->profile.n_missing != second->profile.n_missing ||
                (isfinite(first->profile.mean) && first->profile.mean != second->profile.mean) ||
                !hn_columns_equal(&e->table->columns[a], &e->table->columns[b]))
                continue;
            hn_json_mut *pair = yyjson_mut_arr_add_arr(e->doc, list);
            yyjson_mut_arr_add_str(e->doc, pair, e->table->columns[a].name);
            yyjson_mut_arr_add_str(e->doc, pair, e->table->columns[b].name);
            break;
        }
    }
}

/* So many different names that a column of each makes a table wide and thin. */
static bool has_many_levels(const hn_explored *e, int32_t j) {
    return e->sorts[j] == HN_SORT_NAME && e->columns[j].profile.n_distinct > HN_LEVELS_MOST;
}

hone_status hn_explore_overview(hn_explored *e) {
    const hn_table *t = e->table;
    hn_json_mut *o = yyjson_mut_obj_add_obj(e->doc, e->root, "overview");
    int64_t bytes = 0, missing = 0, twice, first, types[HN_TYPE_COUNT] = {0};
    HN_TRY(hn_duplicate_rows(e->ctx, t, &twice, &first));
    for (int32_t j = 0; j < t->n_columns; j++) {
        bytes += e->columns[j].bytes;
        missing += e->columns[j].profile.n_missing;
        types[t->columns[j].type]++;
    }
    yyjson_mut_obj_add_int(e->doc, o, "rows", t->n_rows);
    yyjson_mut_obj_add_int(e->doc, o, "columns", t->n_columns);
    yyjson_mut_obj_add_int(e->doc, o, "bytes", bytes);
    yyjson_mut_obj_add_int(e->doc, o, "missing", missing);
    hn_add_real(e->doc, o, "missing_share",
                (double)missing / ((double)t->n_rows * (double)t->n_columns));
    yyjson_mut_obj_add_int(e->doc, o, "duplicate_rows", twice);
    if (first >= 0) yyjson_mut_obj_add_int(e->doc, o, "first_duplicate", first);
    hn_json_mut *by_type = yyjson_mut_obj_add_obj(e->doc, o, "types");
    for (int k = 0; k < HN_TYPE_COUNT; k++)
        if (types[k] > 0)
            yyjson_mut_obj_add_int(e->doc, by_type, hn_type_name((hn_type)k), types[k]);
    static const char *const keys[] = {"empty", "constant", "id_like", "high_cardinality",
                                       "free_text"};
    for (int k = 0; k < 5; k++) {
        hn_json_mut *list = list_of(e, o, keys[k]);
        for (int32_t j = 0; j < t->n_columns; j++) {
            bool is[] = {e->sorts[j] == HN_SORT_EMPTY,
                         e->columns[j].profile.is_constant && e->sorts[j] != HN_SORT_EMPTY,
                         e->columns[j].profile.is_id_like, has_many_levels(e, j),
                         e->sorts[j] == HN_SORT_TEXT && !e->columns[j].profile.is_id_like};
            if (is[k]) yyjson_mut_arr_add_str(e->doc, list, t->columns[j].name);
        }
    }
    put_equal(e, o);
    hn_json_mut *sampled = yyjson_mut_obj_add_obj(e->doc, e->root, "sampled");
    yyjson_mut_obj_add_int(e->doc, sampled, "rows", e->m);
    yyjson_mut_obj_add_int(e->doc, sampled, "of", t->n_rows);
    return HONE_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

enum { COLUMNS_SHOWN = 60, CELL_BYTES = 120 };

hone_status hn_explore_rows(hn_explored *e) {
    const hn_table *t = e->table;
    int64_t n = t->n_rows, shown = e->options->rows, columns = t->n_columns;
    if (columns > COLUMNS_SHOWN) columns = COLUMNS_SHOWN;
    hn_json_mut *table = yyjson_mut_obj_add_obj(e->doc, e->root, "table");
    hn_json_mut *names = list_of(e, table, "columns"), *rows = list_of(e, table, "rows");
    for (int64_t j = 0; j < columns; j++) yyjson_mut_arr_add_str(e->doc, names, t->columns[j].name);
    for (int64_t i = 0; i < n; i++) {
        if (i == shown && n > 2 * shown) i = n - shown;
        if (i >= n) break;
        hn_json_mut *row = yyjson_mut_arr_add_obj(e->doc, rows);
        yyjson_mut_obj_add_int(e->doc, row, "row", i);
        hn_json_mut *cells = list_of(e, row, "cells");
        for (int64_t j = 0; j < columns; j++)
            yyjson_mut_arr_append(cells, hn_cell_json(e, &t->columns[j], i, CELL_BYTES));
    }
    return HONE_OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

hone_status hn_explore(hone_ctx *ctx, const hn_table *table, const char *source,
                       const hn_explore_options *options, hn_json_doc *doc,
                       hn_json_mut **ret_object) {
    static hone_status (*const sections[])(hn_explored * e) = {
        hn_explore_overview, hn_explore_columns,    hn_explore_missing, hn_explore_pairs,
        hn_explore_target,   hn_explore_crosstabs,  hn_explore_points,  hn_explore_any,
        hn_explore_rows,     hn_explore_duplicates, hn_explore_warnings};
    HN_SCRATCH(ctx);
    hn_explored e;
    HN_TRY(hn_explore_begin(ctx, ctx->scratch, table, options, doc, &e));
    e.source = source;
    e.root = yyjson_mut_obj(doc);
    if (e.root == NULL)
        return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory: no room for a profile");
    yyjson_mut_obj_add_strcpy(doc, e.root, "source", source != NULL ? source : "");
    if (e.target >= 0) {
        yyjson_mut_obj_add_strcpy(doc, e.root, "target_column", table->columns[e.target].name);
        yyjson_mut_obj_add_str(doc, e.root, "task", hn_task_name(e.task));
    }
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++) {
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(sections[s](&e));
    }
    /* What was made in scratch goes with it: texts are copied out with the document's values. */
    *ret_object = yyjson_mut_val_mut_copy(doc, e.root);
    return *ret_object != NULL
               ? HONE_OK
               : hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory: no room for a profile");
}
