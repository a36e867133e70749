/* verb_data_split.c - a table into parts: training, validation, test. */
#include "cli/tables.h"
#include "table/keys.h"
#include "table/split.h"
#include "table/write.h"
#include <string.h>

typedef struct options {
    const char *data, *output, *target, *group, *time;
    hn_pairs parts;
    int by;
} options;

enum { AUTO, RANDOM, STRATIFIED, GROUP, TIME };

static const hone_param items[] = {
    HN_PARAM(options, data, .positional = true, .display = "TABLE",
             .doc = "A file, a pattern in quotes, or - for standard input."),
    HN_PARAM(options, parts, .display = "NAME=SHARE,...",
             .doc =
                 "The parts and their shares, which add up to 1; train=0.8,test=0.2 if not given."),
    HN_PARAM(options, by, .def = "auto",
             .choices = HN_CHOICES("auto", "random", "stratified", "group", "time"),
             .doc = "How rows are dealt out; auto: by time or group if these are given, else "
                    "stratified if a target is, else random."),
    HN_PARAM(options, target, .display = "COLUMN",
             .doc = "stratified: every part gets each of its values in proportion."),
    HN_PARAM(options, group, .display = "COLUMN", .doc = "Rows of one group stay together."),
    HN_PARAM(options, time, .display = "COLUMN",
             .doc = "Later rows go to later parts; rows of the same time stay together."),
    HN_PARAM(options, output, .letter = 'o', .display = "FILE",
             .doc =
                 "Where to write, with {} for the part's name, as in 'out/{}.parquet'; by default "
                 "the table's name, a dash and the part's, in this folder, as CSV."),
};
static const hn_params params = HN_PARAMS(options, items);

enum { MOST_PARTS = 64, MOST_CLASSES = 20 };

/* ---- keys ----------------------------------------------------------------------------------- */

/* Number of each row's value in a column; *ret_n values. Missing is a value too. */
static hone_status number_rows(hn_cli *cli, const hn_table *table, const char *name,
                               int64_t **ret_numbers, int64_t *ret_n) {
    int32_t *places;
    HN_TRY(hn_key_places(cli->ctx, table, &name, 1, &places));
    hn_key_columns keys = {table, places};
    return hn_keys_number(cli->ctx, &keys, 1, 1, true, ret_numbers, ret_n);
}

static int choose_way(const options *o) {
    if (o->by != AUTO) return o->by;
    if (o->time) return TIME;
    if (o->group) return GROUP;
    return o->target ? STRATIFIED : RANDOM;
}

static hone_status need(hn_cli *cli, const char *given, const char *by, const char *flag) {
    if (given) return HONE_OK;
    return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = flag),
                      "hone data split: --by %s needs --%s", by, flag);
}

static hone_status find_keys(hn_cli *cli, const options *o, const hn_table *table,
                             hn_split_keys *ret_keys) {
    int way = choose_way(o);
    int64_t *numbers, n;
    double *values;
    *ret_keys = (hn_split_keys){.strata = NULL};
    if (way == STRATIFIED) {
        HN_TRY(need(cli, o->target, "stratified", "target"));
        HN_TRY(number_rows(cli, table, o->target, &numbers, &n));
        if (n > 1000 && n > table->n_rows / 2)
            return hn_fail_at(cli->ctx, HONE_ERROR_DATA, HN_AT(.column = o->target),
                              "column '%s' has %lld different values in %lld rows: these are no "
                              "classes; take --by random",
                              o->target, (long long)n, (long long)table->n_rows);
        HN_TRY(HN_SCRATCH_NEW(cli->ctx, values, table->n_rows + 1));
        for (int64_t i = 0; i < table->n_rows; i++) values[i] = (double)numbers[i];
        ret_keys->strata = values;
    } else if (way == GROUP) {
        HN_TRY(need(cli, o->group, "group", "group"));
        HN_TRY(number_rows(cli, table, o->group, &numbers, &n));
        ret_keys->group = numbers;
    } else if (way == TIME) {
        int32_t at;
        HN_TRY(need(cli, o->time, "time", "time"));
        HN_TRY(hn_table_require(cli->ctx, table, o->time, &at));
        HN_TRY(HN_SCRATCH_NEW(cli->ctx, values, table->n_rows + 1));
        hn_column_doubles(&table->columns[at], 0, table->n_rows, values, 1);
        for (int64_t i = 0; i < table->n_rows; i++)
            if (isnan(values[i]))
                return hn_fail_at(cli->ctx, HONE_ERROR_DATA,
                                  ((hn_where){.column = o->time, .row = i}),
                                  "column '%s' has no time in row %lld; leave such rows out first",
                                  o->time, (long long)i + 1);
        ret_keys->time = values;
    }
    return HONE_OK;
}

/* ---- saying --------------------------------------------------------------------------------- */

typedef struct result {
    const char *names[MOST_PARTS], *paths[MOST_PARTS];
    hn_rows parts[MOST_PARTS];
    int n;
    int64_t *classes, n_classes; /* of the target, where it has few; else NULL */
    const char *labels[MOST_CLASSES];
} result;

static hone_status find_classes(hn_cli *cli, const options *o, const hn_table *table, result *r) {
    if (!o->target) return HONE_OK;
    HN_TRY(number_rows(cli, table, o->target, &r->classes, &r->n_classes));
    if (r->n_classes > MOST_CLASSES) {
        r->classes = NULL;
        return HONE_OK;
    }
    int32_t at;
    HN_TRY(hn_table_require(cli->ctx, table, o->target, &at));
    for (int64_t i = table->n_rows - 1; i >= 0; i--) {
        hn_str text;
        if (r->labels[r->classes[i]]) continue;
        hn_str_init(&text, cli->ctx, &cli->arena);
        hn_column_print(&table->columns[at], i, &text);
        HN_TRY(hn_str_status(&text));
        r->labels[r->classes[i]] = text.length ? text.text : "missing";
    }
    return HONE_OK;
}

static int64_t count_class(const result *r, int part, int64_t class) {
    int64_t n = 0;
    for (int64_t i = 0; i < r->parts[part].n; i++) n += r->classes[r->parts[part].rows[i]] == class;
    return n;
}

static hone_status say_json(hn_cli *cli, const result *r) {
    hn_json_doc *doc;
    HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc), *list = yyjson_mut_obj_add_arr(doc, root, "parts");
    for (int p = 0; p < r->n; p++) {
        hn_json_mut *part = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_str(doc, part, "name", r->names[p]);
        yyjson_mut_obj_add_str(doc, part, "output", r->paths[p]);
        yyjson_mut_obj_add_int(doc, part, "rows", r->parts[p].n);
        if (!r->classes) continue;
        hn_json_mut *classes = yyjson_mut_obj_add_obj(doc, part, "classes");
        for (int64_t c = 0; c < r->n_classes; c++)
            yyjson_mut_obj_add_int(doc, classes, r->labels[c], count_class(r, p, c));
    }
    return hn_out_json(cli, root, true);
}

static hone_status put_share(hn_grid *grid, int64_t count, int64_t of) {
    hn_str str;
    hn_str_init(&str, grid->cli->ctx, &grid->cli->arena);
    hn_put_count(&str, count);
    hn_str_printf(&str, " (%.1f%%)", of > 0 ? 100.0 * (double)count / (double)of : 0.0);
    HN_TRY(hn_str_status(&str));
    return hn_grid_put(grid, str.text);
}

/* Rows of every part and, of a target with few classes, its balance. */
static hone_status say(hn_cli *cli, const result *r, int64_t n_rows) {
    hn_grid grid;
    char align[MOST_CLASSES + 4] = "lr";
    int64_t classes = r->classes ? r->n_classes : 0;
    memset(align + 2, 'r', (size_t)classes);
    strcat(align, "l");
    hn_grid_init(&grid, cli, align);
    HN_TRY(hn_grid_put(&grid, "part"));
    HN_TRY(hn_grid_put(&grid, "rows"));
    for (int64_t c = 0; c < classes; c++) HN_TRY(hn_grid_put(&grid, r->labels[c]));
    HN_TRY(hn_grid_put(&grid, "written to"));
    for (int p = 0; p < r->n; p++) {
        HN_TRY(hn_grid_put(&grid, r->names[p]));
        HN_TRY(put_share(&grid, r->parts[p].n, n_rows));
        for (int64_t c = 0; c < classes; c++)
            HN_TRY(put_share(&grid, count_class(r, p, c), r->parts[p].n));
        HN_TRY(hn_grid_put(&grid, r->paths[p]));
    }
    hn_grid_print(&grid, 0, true);
    return hn_str_status(&cli->out);
}

/* ---- running -------------------------------------------------------------------------------- */

static hone_status name_parts(hn_cli *cli, const options *o, result *r) {
    const char *pattern = o->output;
    if (!pattern)
        pattern =
            hn_arena_printf(cli->ctx, &cli->arena, "%s-{}.csv", hn_stem(cli, o->data, "part"));
    const char *place = pattern ? strstr(pattern, "{}") : NULL;
    if (!pattern) return HONE_ERROR_MEMORY;
    if (!place)
        return hn_fail_at(
            cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "output"),
            "hone data split: --output must have {} where the part's name goes, as in "
            "'%s-{}.csv'",
            hn_stem(cli, pattern, "part"));
    for (int p = 0; p < r->n; p++) {
        if (strpbrk(r->names[p], "/{}") || !*r->names[p])
            return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "parts"),
                              "hone data split: '%s' is no name for a part", r->names[p]);
        r->paths[p] = hn_arena_printf(cli->ctx, &cli->arena, "%.*s%s%s", (int)(place - pattern),
                                      pattern, r->names[p], place + 2);
        if (!r->paths[p]) return HONE_ERROR_MEMORY;
        HN_TRY(hn_check_writable(cli, r->paths[p]));
    }
    return HONE_OK;
}

static hone_status set_parts(hn_cli *cli, const options *o, result *r, double *shares) {
    double sum = 0;
    r->n = o->parts.n > 0 ? (int)o->parts.n : 2;
    if (o->parts.n > MOST_PARTS)
        return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "parts"),
                          "hone data split: there can be %d parts at most", MOST_PARTS);
    for (int p = 0; p < r->n; p++) {
        static const char *const usual[] = {"train", "test"};
        r->names[p] = o->parts.n > 0 ? o->parts.names[p] : usual[p];
        shares[p] = o->parts.n > 0 ? o->parts.values[p] : p == 0 ? 0.8 : 0.2;
        sum += shares[p];
        if (!(shares[p] > 0))
            return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "parts"),
                              "hone data split: the share of '%s' must be above 0", r->names[p]);
    }
    if (fabs(sum - 1) < 1e-9) return HONE_OK;
    return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "parts"),
                      "hone data split: the shares add up to %g, not to 1", sum);
}

static hone_status write_part(hone_ctx *ctx, const hn_table *table, const hn_rows *rows,
                              const char *path) {
    HN_SCRATCH(ctx);
    hn_table part;
    HN_TRY(hn_table_take(ctx, ctx->scratch, table, rows->rows, rows->n, &part));
    return hn_write_path(ctx, &part, path);
}

static hone_status split(hn_cli *cli, const options *o, const hn_table *table, result *r,
                         const double *shares) {
    hone_ctx *ctx = cli->ctx;
    HN_SCRATCH(ctx);
    hn_split_keys keys;
    HN_TRY(find_keys(cli, o, table, &keys));
    HN_TRY(
        hn_split_ratios(ctx, &cli->arena, table->n_rows, &keys, shares, r->n, ctx->seed, r->parts));
    HN_TRY(find_classes(cli, o, table, r));
    for (int p = 0; p < r->n; p++) HN_TRY(write_part(ctx, table, &r->parts[p], r->paths[p]));
    if (cli->common.json) return say_json(cli, r);
    return cli->common.quiet ? HONE_OK : say(cli, r, table->n_rows);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_table *table;
    result r = {.n = 0};
    double shares[MOST_PARTS];
    HN_TRY(set_parts(cli, o, &r, shares));
    HN_TRY(name_parts(cli, o, &r));
    HN_TRY(hn_data_open_some(cli, o->data, 0, &table));
    hone_status status = split(cli, o, &table->view, &r, shares);
    hone_table_free(cli->ctx, table);
    return status;
}

const hn_verb hn_verb_data_split = {
    .name = "data split",
    .summary = "cut a table into parts, such as for training and test",
    .doc =
        "Which row goes where is a function of the table and the seed. The class balance of every "
        "part is shown where the target has at most 20 values.",
    .example =
        "hone data split churn.csv --target Churn\n"
        "hone data split churn.csv --parts train=0.7,valid=0.15,test=0.15 -o 'churn/{}.parquet'\n"
        "hone data split visits.csv --time at --parts past=0.8,future=0.2",
    .params = &params,
    .borrowed = {HN_READING_FLAGS},
    .exits = {[0] = "done: all parts are written"},
    .run = run,
};
