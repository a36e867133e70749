/* verb_data_split.c - a table into parts: training, validation, test. */
#include "cli/tables.h"
#include "table/keys.h"
#include "spec/splitting.h"
#include "table/write.h"
#include <string.h>

typedef struct options {
    const char *data, *output, *target, *group, *time;
    hn_pairs parts;
} options;

static const hone_param items[] = {
    HN_PARAM(options, data, .positional = true, .display = "TABLE",
             .doc = "A file, a pattern in quotes, or - for standard input."),
    HN_PARAM(options, parts, .display = "NAME=SHARE,...",
             .doc = "The parts and their shares, which add up to 1; train, validation and test by "
                    "--validation and --test if not given."),
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

static int choose_way(const options *o, const hn_splitting *how) {
    if (how->by != HN_BY_AUTO) return how->by;
    if (how->column) return HN_BY_COLUMN;
    if (o->time) return HN_BY_TIME;
    if (o->group) return o->target ? HN_BY_STRATIFIED_GROUP : HN_BY_GROUP;
    return o->target ? HN_BY_STRATIFIED : HN_BY_RANDOM;
}

static hone_status need(hn_cli *cli, const char *given, const char *by, const char *flag) {
    if (given) return HONE_OK;
    return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = flag),
                      "hone data split: --by %s needs --%s", by, flag);
}

static hone_status find_strata(hn_cli *cli, const options *o, const hn_table *table,
                               hn_split_keys *keys) {
    int64_t *numbers, n;
    double *values;
    HN_TRY(need(cli, o->target, "stratified", "target"));
    HN_TRY(number_rows(cli, table, o->target, &numbers, &n));
    if (n > 1000 && n > table->n_rows / 2)
        return hn_fail_at(cli->ctx, HONE_ERROR_DATA, HN_AT(.column = o->target),
                          "column '%s' has %lld different values in %lld rows: these are no "
                          "classes; take --by random",
                          o->target, (long long)n, (long long)table->n_rows);
    HN_TRY(HN_SCRATCH_NEW(cli->ctx, values, table->n_rows + 1));
    for (int64_t i = 0; i < table->n_rows; i++) values[i] = (double)numbers[i];
    keys->strata = values;
    return HONE_OK;
}

static hone_status find_times(hn_cli *cli, const hn_table *table, const char *name, bool gaps,
                              const double **ret_times) {
    int32_t at;
    double *values;
    HN_TRY(hn_table_require(cli->ctx, table, name, &at));
    HN_TRY(HN_SCRATCH_NEW(cli->ctx, values, table->n_rows + 1));
    hn_times_of(&table->columns[at], values);
    for (int64_t i = 0; !gaps && i < table->n_rows; i++)
        if (isnan(values[i]))
            return hn_fail_at(cli->ctx, HONE_ERROR_DATA, ((hn_where){.column = name, .row = i}),
                              "column '%s' has no time in row %lld; leave such rows out first",
                              name, (long long)i + 1);
    *ret_times = values;
    return HONE_OK;
}

static hone_status find_keys(hn_cli *cli, const options *o, const hn_splitting *how,
                             const hn_table *table, hn_split_keys *ret_keys) {
    int way = choose_way(o, how);
    int64_t *numbers, n;
    hn_split_keys keys = {0};
    if (way == HN_BY_STRATIFIED || way == HN_BY_STRATIFIED_GROUP)
        HN_TRY(find_strata(cli, o, table, &keys));
    if (way == HN_BY_GROUP || way == HN_BY_STRATIFIED_GROUP) {
        HN_TRY(need(cli, o->group, "group", "group"));
        HN_TRY(number_rows(cli, table, o->group, &numbers, &n));
        keys.group = numbers;
    }
    if (way == HN_BY_TIME) {
        HN_TRY(need(cli, o->time, "time", "time"));
        HN_TRY(find_times(cli, table, o->time, false, &keys.time));
        if (how->until) HN_TRY(find_times(cli, table, how->until, true, &keys.until));
    }
    if (way == HN_BY_COLUMN) HN_TRY(need(cli, how->column, "column", "column"));
    *ret_keys = keys;
    return HONE_OK;
}

/* ---- saying --------------------------------------------------------------------------------- */

typedef struct result {
    const char *names[MOST_PARTS], *paths[MOST_PARTS];
    hn_rows parts[MOST_PARTS];
    int n;
    int64_t purged;              /* rows too near to a later part */
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
    if (r->purged > 0) {
        hn_put_count(&cli->out, r->purged);
        hn_str_put(&cli->out, " rows too near to a later part are in none\n");
    }
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

static hone_status too_many(hn_cli *cli, const char *flag) {
    return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = flag),
                      "hone data split: there can be %d parts at most", MOST_PARTS);
}

/* Names and shares as --parts has them, else train, validation and test. */
static hone_status set_parts(hn_cli *cli, const options *o, const hn_splitting *how, result *r,
                             double *shares) {
    double sum = 0;
    if (o->parts.n > MOST_PARTS) return too_many(cli, "parts");
    for (int64_t p = 0; p < o->parts.n; p++) {
        r->names[r->n] = o->parts.names[p];
        shares[r->n++] = o->parts.values[p];
        sum += o->parts.values[p];
        if (!(o->parts.values[p] > 0))
            return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "parts"),
                              "hone data split: the share of '%s' must be above 0",
                              o->parts.names[p]);
    }
    if (o->parts.n > 0 && fabs(sum - 1) >= 1e-9)
        return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "parts"),
                          "hone data split: the shares add up to %g, not to 1", sum);
    if (o->parts.n > 0) return HONE_OK;
    static const char *const names[] = {"train", "validation", "test"};
    const double usual[] = {1 - how->validation - how->test, how->validation, how->test};
    if (usual[0] < 1e-9)
        return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "validation"),
                          "hone data split: --validation and --test leave nothing to train on");
    for (int p = 0; p < 3; p++) {
        if (usual[p] <= 0) continue;
        r->names[r->n] = names[p];
        shares[r->n++] = usual[p];
    }
    return HONE_OK;
}

/* Rows by what a column says of them; parts that it never names are left out. */
static hone_status split_by_column(hn_cli *cli, const char *name, const hn_table *table,
                                   result *r) {
    static const char *const names[] = {"train", "validation", "test"};
    hn_rows parts[3] = {{0}};
    hn_str text;
    int32_t at;
    HN_TRY(hn_table_require(cli->ctx, table, name, &at));
    hn_str_init(&text, cli->ctx, &cli->arena);
    for (int p = 0; p < 3; p++)
        HN_TRY(HN_NEW(cli->ctx, &cli->arena, parts[p].rows, table->n_rows + 1));
    for (int64_t i = 0; i < table->n_rows; i++) {
        hn_str_clear(&text);
        hn_column_print(&table->columns[at], i, &text);
        HN_TRY(hn_str_status(&text));
        int part = hn_part_of_word((hn_slice){text.text, text.length});
        if (part < 0)
            return hn_fail_at(cli->ctx, HONE_ERROR_DATA, ((hn_where){.column = name, .row = i}),
                              "column '%s' says '%.40s' of row %lld, where a part is train, "
                              "validation or test",
                              name, text.length > 0 ? text.text : "", (long long)i + 1);
        parts[part].rows[parts[part].n++] = i;
    }
    r->n = 0;
    for (int p = 0; p < 3; p++) {
        if (parts[p].n == 0) continue;
        r->names[r->n] = names[p];
        r->parts[r->n++] = parts[p];
    }
    return HONE_OK;
}

/* Two parts for each pair: 1-train, 1-test, 2-train, ... */
static hone_status split_in_pairs(hn_cli *cli, const hn_splitting *how, const hn_split_keys *keys,
                                  int64_t n_rows, result *r) {
    hone_ctx *ctx = cli->ctx;
    hn_cuts cuts;
    HN_TRY(hn_cuts_make(ctx, &cli->arena, n_rows, keys, how, ctx->seed, &cuts));
    if (2 * cuts.n > MOST_PARTS || cuts.n > MOST_PARTS) return too_many(cli, "folds");
    r->n = 0;
    for (int64_t i = 0; i < cuts.n; i++) {
        HN_TRY(hn_cuts_take(ctx, &cli->arena, &cuts, i, &r->parts[r->n], &r->parts[r->n + 1]));
        for (int half = 0; half < 2; half++) {
            r->names[r->n] = hn_arena_printf(ctx, &cli->arena, "%lld-%s", (long long)i + 1,
                                             half == 0 ? "train" : "test");
            if (!r->names[r->n++]) return HONE_ERROR_MEMORY;
        }
    }
    return HONE_OK;
}

static bool wants_pairs(const hn_cli *cli) {
    static const char *const flags[] = {"cross",     "folds",  "repeats", "leave_out", "held_out",
                                        "test_rows", "window", "embargo", "shuffle"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (hn_args_given(cli, flags[i])) return true;
    return false;
}

static hone_status write_part(hone_ctx *ctx, const hn_table *table, const hn_rows *rows,
                              const char *path) {
    HN_SCRATCH(ctx);
    hn_table part;
    HN_TRY(hn_table_take(ctx, ctx->scratch, table, rows->rows, rows->n, &part));
    return hn_write_path(ctx, &part, path);
}

static hone_status split(hn_cli *cli, const options *o, const hn_splitting *how,
                         const hn_table *table, result *r, const double *shares) {
    hone_ctx *ctx = cli->ctx;
    HN_SCRATCH(ctx);
    hn_split_keys keys;
    HN_TRY(find_keys(cli, o, how, table, &keys));
    if (choose_way(o, how) == HN_BY_COLUMN) {
        HN_TRY(split_by_column(cli, how->column, table, r));
    } else if (wants_pairs(cli)) {
        HN_TRY(split_in_pairs(cli, how, &keys, table->n_rows, r));
    } else {
        HN_TRY(hn_split_ratios(ctx, &cli->arena, table->n_rows, &keys, shares, r->n, ctx->seed,
                               r->parts));
        r->purged = hn_parts_purge(&keys, how, r->parts, r->n);
    }
    HN_TRY(name_parts(cli, o, r));
    HN_TRY(find_classes(cli, o, table, r));
    for (int p = 0; p < r->n; p++) HN_TRY(write_part(ctx, table, &r->parts[p], r->paths[p]));
    if (cli->common.json) return say_json(cli, r);
    return cli->common.quiet ? HONE_OK : say(cli, r, table->n_rows);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_table *table;
    hn_splitting how;
    result r = {.n = 0};
    double shares[MOST_PARTS];
    HN_TRY(hn_params_defaults(cli->ctx, &cli->arena, &hn_splitting_params, &how));
    HN_TRY(hn_args_replay(cli, &hn_splitting_params, &how));
    HN_TRY(set_parts(cli, o, &how, &r, shares));
    HN_TRY(name_parts(cli, o, &r));
    HN_TRY(hn_data_open_some(cli, o->data, 0, &table));
    hone_status status = split(cli, o, &how, &table->view, &r, shares);
    hone_table_free(cli->ctx, table);
    return status;
}

static const hn_rename split_renames[] = {{"seed", NULL}, {NULL, NULL}};

const hn_verb hn_verb_data_split = {
    .name = "data split",
    .summary = "cut a table into parts, such as for training and test",
    .doc =
        "Which row goes where is a function of the table and the seed. The class balance of every "
        "part is shown where the target has at most 20 values.\n"
        "\n"
        "With --folds, --cross and the like pairs are written, 1-train, 1-test, 2-train and so on: "
        "folds, walks forward in time, rows or groups left out, draws.",
    .example =
        "hone data split churn.csv --target Churn\n"
        "hone data split churn.csv --parts train=0.7,valid=0.15,test=0.15 -o 'churn/{}.parquet'\n"
        "hone data split churn.csv --target Churn --validation 0.2 --test 0.2\n"
        "hone data split visits.csv --time at --parts past=0.8,future=0.2\n"
        "hone data split visits.csv --time at --folds 4 --gap 7 --window 90 -o 'walk-{}.csv'",
    .params = &params,
    .borrowed = {{"how rows are cut", &hn_splitting_params, split_renames}, HN_READING_FLAGS},
    .exits = {[0] = "done: all parts are written"},
    .run = run,
};
