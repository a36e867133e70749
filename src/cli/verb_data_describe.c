/* verb_data_describe.c - what each column of a table holds. */
#include "cli/tables.h"
#include "base/utf8.h"
#include "table/describe.h"
#include <string.h>

typedef struct options {
    const char *data;
    hn_texts columns;
    int64_t top;
} options;

static const hone_param items[] = {
    HN_PARAM(options, data, .positional = true, .display = "TABLE",
             .doc = "A file, a pattern in quotes, or - for standard input."),
    HN_PARAM(options, columns, .display = "COLUMN,...", .doc = "Describe these columns alone."),
    HN_PARAM(options, top, .def = "3", .range = "[0, 20]",
             .doc = "How many of the most frequent values to show."),
};
static const hn_params params = HN_PARAMS(options, items);

enum { QUANTILES = 5 };
static const double points[QUANTILES] = {0, 0.25, 0.5, 0.75, 1};

typedef struct frequent {
    const char *text;
    int64_t count;
} frequent;

/* What is said of a column. */
typedef struct described {
    const hn_column *column;
    hn_column_profile profile;
    double quantiles[QUANTILES];
    frequent top[HN_TOP_VALUES];
    int64_t n_top;
} described;

static bool is_text(const hn_column *column) {
    return column->type == HN_CATEGORY || column->type == HN_STRING;
}

/* A frequent value as people read it. */
static hone_status put_text(hn_cli *cli, const hn_column *column, const hn_top_value *value,
                            const char **ret_text) {
    hn_str str;
    hn_str_init(&str, cli->ctx, &cli->arena);
    if (value->row >= 0)
        hn_column_print(column, value->row, &str);
    else if (column->type == HN_TIME) {
        char text[HN_TIME_SIZE];
        int64_t time = (int64_t)value->value;
        hn_str_put_n(&str, text, hn_time_format(time, hn_time_is_date(time), text));
    } else {
        hn_str_put_double(&str, value->value);
    }
    HN_TRY(hn_str_status(&str));
    *ret_text = str.text;
    return HONE_OK;
}

static hone_status describe(hn_cli *cli, const options *o, const hn_description *from,
                            described *d) {
    d->profile = from->profile;
    for (int q = 0; q < QUANTILES; q++) {
        d->quantiles[q] = (double)NAN;
        for (int i = 0; i < HN_QUANTILES; i++)
            if (hn_quantile_levels[i] == points[q]) d->quantiles[q] = from->quantiles[i];
        if (is_text(d->column) || from->n_finite == 0) d->quantiles[q] = (double)NAN;
    }
    d->n_top = from->n_top < o->top ? from->n_top : o->top;
    for (int64_t i = 0; i < d->n_top; i++) {
        d->top[i].count = from->top[i].count;
        HN_TRY(put_text(cli, d->column, &from->top[i], &d->top[i].text));
    }
    return HONE_OK;
}

static hone_status look(hn_cli *cli, const options *o, const hn_table *table, described **ret_all) {
    described *all;
    hn_description *descriptions;
    hn_describe_options describing = {.lags = false};
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, all, (size_t)table->n_columns + 1));
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, descriptions, (size_t)table->n_columns + 1));
    HN_TRY(hn_describe_table(cli->ctx, table, &describing, descriptions));
    for (int32_t j = 0; j < table->n_columns; j++) {
        all[j].column = &table->columns[j];
        HN_TRY(describe(cli, o, &descriptions[j], &all[j]));
    }
    *ret_all = all;
    return HONE_OK;
}

/* ---- as JSON -------------------------------------------------------------------------------- */

/* A number, or of a time the time; null for NaN. */
static void add_value(hn_json_doc *doc, hn_json_mut *object, const char *key, const described *d,
                      double value) {
    char text[HN_TIME_SIZE];
    if (!isfinite(value)) {
        yyjson_mut_obj_add_null(doc, object, key);
    } else if (d->column->type == HN_TIME) {
        hn_time_format((int64_t)value, false, text);
        yyjson_mut_obj_add_strcpy(doc, object, key, text);
    } else {
        yyjson_mut_obj_add_real(doc, object, key, value);
    }
}

static void add_column(hn_json_doc *doc, hn_json_mut *list, const described *d) {
    static const char *const names[QUANTILES] = {"min", "q25", "median", "q75", "max"};
    hn_json_mut *object = yyjson_mut_arr_add_obj(doc, list);
    yyjson_mut_obj_add_str(doc, object, "name", d->column->name);
    yyjson_mut_obj_add_str(doc, object, "type", hn_type_name(d->column->type));
    yyjson_mut_obj_add_int(doc, object, "missing", d->profile.n_missing);
    yyjson_mut_obj_add_int(doc, object, "distinct", d->profile.n_distinct);
    if (!is_text(d->column)) {
        add_value(doc, object, "mean", d, d->profile.mean);
        if (isfinite(d->profile.sd) && d->column->type != HN_TIME)
            yyjson_mut_obj_add_real(doc, object, "sd", d->profile.sd);
        for (int q = 0; q < QUANTILES; q++) add_value(doc, object, names[q], d, d->quantiles[q]);
    }
    hn_json_mut *top = yyjson_mut_obj_add_arr(doc, object, "top");
    for (int64_t i = 0; i < d->n_top; i++) {
        hn_json_mut *entry = yyjson_mut_arr_add_obj(doc, top);
        yyjson_mut_obj_add_str(doc, entry, "value", d->top[i].text);
        yyjson_mut_obj_add_int(doc, entry, "count", d->top[i].count);
    }
}

static hone_status say_json(hn_cli *cli, const hn_table *table, const described *all) {
    hn_json_doc *doc;
    HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_int(doc, root, "rows", table->n_rows);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, root, "columns");
    for (int32_t j = 0; j < table->n_columns; j++) add_column(doc, list, &all[j]);
    return hn_out_json(cli, root, true);
}

/* ---- for people ----------------------------------------------------------------------------- */

static hone_status put_missing(hn_grid *grid, const described *d, hn_str *str) {
    hn_str_clear(str);
    if (d->profile.n_missing > 0) {
        hn_put_count(str, d->profile.n_missing);
        double share = 100.0 * (double)d->profile.n_missing / (double)d->profile.n;
        hn_str_printf(str, " (%d%%)", share > 0 && share < 1 ? 1 : (int)(share + 0.5));
    }
    HN_TRY(hn_str_status(str));
    return hn_grid_put(grid, str->text);
}

static hone_status put_value(hn_grid *grid, const described *d, double value, hn_str *str) {
    hn_str_clear(str);
    if (isnan(value)) {
        /* nothing to say */
    } else if (d->column->type == HN_TIME) {
        char text[HN_TIME_SIZE];
        hn_time_format((int64_t)value, hn_time_is_date((int64_t)value), text);
        hn_str_put_n(str, text, strcspn(text, "."));
    } else {
        hn_put_figure(str, value);
    }
    HN_TRY(hn_str_status(str));
    return hn_grid_put(grid, str->text);
}

/* Numbers and times: one line each. */
static hone_status put_numbers(hn_cli *cli, const described *all, int32_t n) {
    static const char *const head[] = {"",    "type", "missing", "distinct", "mean", "sd",
                                       "min", "25%",  "median",  "75%",      "max"};
    hn_grid grid;
    hn_str str;
    bool any = false;
    hn_str_init(&str, cli->ctx, &cli->arena);
    hn_grid_init(&grid, cli, "llrrrrrrrrr");
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) HN_TRY(hn_grid_put(&grid, head[i]));
    for (const described *d = all; d < all + n; d++) {
        if (is_text(d->column)) continue;
        any = true;
        HN_TRY(hn_grid_put(&grid, d->column->name));
        HN_TRY(hn_grid_put(&grid, hn_type_name(d->column->type)));
        HN_TRY(put_missing(&grid, d, &str));
        hn_str_clear(&str);
        hn_put_count(&str, d->profile.n_distinct);
        HN_TRY(hn_grid_put(&grid, str.text));
        bool time = d->column->type == HN_TIME;
        HN_TRY(put_value(&grid, d, time ? (double)NAN : d->profile.mean, &str));
        HN_TRY(put_value(&grid, d, time ? (double)NAN : d->profile.sd, &str));
        for (int q = 0; q < QUANTILES; q++) HN_TRY(put_value(&grid, d, d->quantiles[q], &str));
    }
    if (any) hn_grid_print(&grid, 0, true);
    return hn_str_status(&cli->out);
}

/* The most frequent values and how often they stand there. */
static hone_status put_top(hn_grid *grid, const described *d, hn_str *str) {
    hn_str_clear(str);
    for (int64_t i = 0; i < d->n_top; i++) {
        size_t length = strcspn(d->top[i].text, "\n");
        bool cut = length > 24 || d->top[i].text[length];
        length = hn_utf8_cut((hn_slice){d->top[i].text, length}, 24);
        hn_str_put(str, i > 0 ? ", " : "");
        hn_str_put_n(str, d->top[i].text, length);
        hn_str_put(str, cut ? "... (" : " (");
        hn_put_count(str, d->top[i].count);
        hn_str_put_c(str, ')');
    }
    HN_TRY(hn_str_status(str));
    return hn_grid_put(grid, str->text);
}

static hone_status put_texts(hn_cli *cli, const described *all, int32_t n) {
    hn_grid grid;
    hn_str str;
    bool any = false;
    hn_str_init(&str, cli->ctx, &cli->arena);
    hn_grid_init(&grid, cli, "llrrl");
    static const char *const head[] = {"", "type", "missing", "distinct", "most frequent"};
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) HN_TRY(hn_grid_put(&grid, head[i]));
    for (const described *d = all; d < all + n; d++) {
        if (!is_text(d->column)) continue;
        any = true;
        HN_TRY(hn_grid_put(&grid, d->column->name));
        HN_TRY(hn_grid_put(&grid, hn_type_name(d->column->type)));
        HN_TRY(put_missing(&grid, d, &str));
        hn_str_clear(&str);
        hn_put_count(&str, d->profile.n_distinct);
        HN_TRY(hn_grid_put(&grid, str.text));
        HN_TRY(put_top(&grid, d, &str));
    }
    if (!any) return HONE_OK;
    hn_str_put_c(&cli->out, '\n');
    hn_grid_print(&grid, 0, true);
    return hn_str_status(&cli->out);
}

static hone_status say(hn_cli *cli, const options *o, const hone_table *whole) {
    hn_table table;
    described *all;
    HN_TRY(hn_pick_columns(cli, &whole->view, &o->columns, &table));
    HN_TRY(look(cli, o, &table, &all));
    if (cli->common.json) return say_json(cli, &table, all);
    hn_put_styled(cli, HN_BOLD, whole->source ? whole->source : "table");
    hn_str_put(&cli->out, ": ");
    hn_put_count(&cli->out, table.n_rows);
    hn_str_printf(&cli->out, " rows, %d columns\n\n", (int)table.n_columns);
    HN_TRY(put_numbers(cli, all, table.n_columns));
    return put_texts(cli, all, table.n_columns);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_table *table;
    HN_TRY(hn_data_open_some(cli, o->data, 0, &table));
    hone_status status = say(cli, o, table);
    hone_table_free(cli->ctx, table);
    return status;
}

const hn_verb hn_verb_data_describe = {
    .name = "data describe",
    .summary = "say what each column holds: types, missing values, figures",
    .doc = "Counts are exact, over all rows. The standard deviation is with n - 1, quantiles are "
           "linear between values.",
    .example = "hone data describe churn.csv\n"
               "hone data describe churn.csv --columns tenure,Contract --top 10 --json",
    .params = &params,
    .borrowed = {HN_READING_FLAGS},
    .run = run,
};
