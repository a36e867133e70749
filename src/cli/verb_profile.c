/* verb_profile.c - what a table looks like, for the terminal, as a page, as JSON. */
#include "cli/report.h"
#include "flow/explore_beside.h"
#include <math.h>
#include <string.h>

typedef struct options {
    const char *data, *compare, *output, *specs;
} options;

static const hone_param items[] = {
    HN_PARAM(options, data, .positional = true, .display = "TABLE",
             .doc = "A file, a pattern in quotes, or - for standard input."),
    HN_PARAM(options, compare, .display = "TABLE",
             .doc = "Another table to stand beside: where its columns differ from these, what is "
                    "missing there, which names are new. Training rows and later ones, say."),
    HN_PARAM(
        options, output, .letter = 'o', .display = "FILE",
        .doc =
            "Write one HTML page that needs nothing beside it; a name that ends in .json gets the "
            "numbers."),
    HN_PARAM(options, specs, .display = "FILE",
             .doc = "Write every picture's Vega-Lite specification, by name, as one JSON file."),
};
static const hn_params params = HN_PARAMS(options, items);

/* ---- saying ---------------------------------------------------------------------------------- */

static void put_range(hn_str *out, hn_json *column) {
    const char *sort = hn_json_text(column, "sort");
    if (strcmp(sort, "number") == 0) {
        hn_put_figure(out, hn_json_number(column, "min"));
        hn_str_put(out, " .. ");
        hn_put_figure(out, hn_json_number(yyjson_obj_get(column, "quantiles"), "50"));
        hn_str_put(out, " .. ");
        hn_put_figure(out, hn_json_number(column, "max"));
    } else if (strcmp(sort, "time") == 0) {
        hn_str_printf(out, "%s .. %s", hn_json_text(column, "first"), hn_json_text(column, "last"));
    } else {
        hn_json *top = yyjson_arr_get_first(yyjson_obj_get(column, "top"));
        hn_json *value = yyjson_obj_get(top, "value");
        if (yyjson_is_bool(value)) hn_str_put(out, yyjson_get_bool(value) ? "true" : "false");
        if (yyjson_is_str(value)) hn_str_printf(out, "%.24s", yyjson_get_str(value));
        if (top != NULL) hn_str_printf(out, " (%.0f %%)", 100 * hn_json_number(top, "share"));
    }
}

enum { COLUMNS_SHOWN = 100 };

static hone_status put_columns(hn_cli *cli, hn_json *profile) {
    static const char *const headers[] = {"column", "type", "missing", "distinct", "values"};
    size_t i, max;
    hn_json *column;
    HN_SCRATCH(cli->ctx);
    hn_grid grid;
    hn_str text;
    hn_str_init(&text, cli->ctx, cli->ctx->scratch);
    hn_grid_init(&grid, cli, "llrrl");
    for (int c = 0; c < 5; c++) HN_TRY(hn_grid_put(&grid, headers[c]));
    yyjson_arr_foreach(yyjson_obj_get(profile, "columns"), i, max, column) {
        if (i == COLUMNS_SHOWN) break;
        double missing = hn_json_number(column, "missing"), rows = hn_json_number(column, "rows");
        HN_TRY(hn_grid_put(&grid, hn_json_text(column, "name")));
        HN_TRY(hn_grid_put(&grid, hn_json_text(column, "type")));
        hn_str_clear(&text);
        if (missing > 0) hn_str_printf(&text, "%.3g %%", 100 * missing / rows);
        HN_TRY(hn_str_status(&text));
        HN_TRY(hn_grid_put(&grid, text.text));
        hn_str_clear(&text);
        hn_put_count(&text, yyjson_get_sint(yyjson_obj_get(column, "distinct")));
        HN_TRY(hn_str_status(&text));
        HN_TRY(hn_grid_put(&grid, text.text));
        hn_str_clear(&text);
        put_range(&text, column);
        HN_TRY(hn_str_status(&text));
        HN_TRY(hn_grid_put(&grid, text.text));
    }
    hn_str_put_c(&cli->out, '\n');
    hn_grid_print(&grid, 2, true);
    if (max > COLUMNS_SHOWN)
        hn_str_printf(&cli->out, "  ... and %zu more columns (--json has them all)\n",
                      max - COLUMNS_SHOWN);
    return HONE_OK;
}

static hone_status put_features(hn_cli *cli, hn_json *target) {
    size_t i, max;
    hn_json *feature;
    HN_SCRATCH(cli->ctx);
    hn_grid grid;
    hn_str text;
    if (target == NULL) return HONE_OK;
    hn_str_init(&text, cli->ctx, cli->ctx->scratch);
    hn_grid_init(&grid, cli, "lrl");
    hn_str_printf(&cli->out, "\nwhat tells most about %s\n", hn_json_text(target, "column"));
    yyjson_arr_foreach(yyjson_obj_get(target, "features"), i, max, feature) {
        double own = hn_json_number(feature, "association");
        if (i == 10) break;
        HN_TRY(hn_grid_put(&grid, hn_json_text(feature, "column")));
        hn_str_clear(&text);
        hn_put_figure(&text, own);
        HN_TRY(hn_str_status(&text));
        HN_TRY(hn_grid_put(&grid, text.text));
        hn_str_clear(&text);
        hn_put_bar(cli, &text, isfinite(own) ? own : 0, 24);
        HN_TRY(hn_str_status(&text));
        HN_TRY(hn_grid_put(&grid, text.text));
    }
    hn_grid_print(&grid, 2, false);
    return HONE_OK;
}

static hone_status put_warnings(hn_cli *cli, hn_json *profile) {
    size_t i, max;
    hn_json *warning;
    HN_SCRATCH(cli->ctx);
    hn_str text;
    hn_str_init(&text, cli->ctx, cli->ctx->scratch);
    hn_str_put_c(&cli->out, '\n');
    yyjson_arr_foreach(yyjson_obj_get(profile, "warnings"), i, max, warning) {
        const char *column = hn_json_text(warning, "column"), *said = hn_json_text(warning, "text");
        if (strcmp(hn_json_text(warning, "severity"), "info") == 0) continue;
        hn_str_clear(&text);
        if (*column != 0 && strncmp(said, "The ", 4) != 0) hn_str_printf(&text, "'%s' ", column);
        hn_str_put(&text, said);
        if (yyjson_obj_get(warning, "recipe") != NULL)
            hn_str_printf(&text, "  [%s]", hn_json_text(warning, "recipe"));
        HN_TRY(hn_str_status(&text));
        hn_put_fact(cli, i == 0 ? "look at" : "", text.text);
    }
    return HONE_OK;
}

/* Where the other table differs. */
static hone_status put_beside(hn_cli *cli, hn_json *beside) {
    enum { SHOWN = 10 };
    size_t i, max, shown = 0;
    hn_json *column;
    HN_SCRATCH(cli->ctx);
    hn_grid grid;
    hn_str text;
    if (beside == NULL) return HONE_OK;
    hn_str_init(&text, cli->ctx, cli->ctx->scratch);
    hn_grid_init(&grid, cli, "lrl");
    hn_str_printf(&cli->out, "\nbeside %s, of ", hn_json_text(beside, "source"));
    hn_put_count(&cli->out, yyjson_get_sint(yyjson_obj_get(beside, "rows")));
    hn_str_put(&cli->out, " rows\n");
    yyjson_arr_foreach(yyjson_obj_get(beside, "columns"), i, max, column) {
        double distance = hn_json_number(column, "distance"),
               unseen = hn_json_number(column, "unseen");
        if (shown == SHOWN || !(yyjson_get_bool(yyjson_obj_get(column, "differs")) || unseen > 0))
            continue;
        shown++;
        HN_TRY(hn_grid_put(&grid, hn_json_text(column, "name")));
        hn_str_clear(&text);
        hn_put_figure(&text, distance);
        HN_TRY(hn_str_status(&text));
        HN_TRY(hn_grid_put(&grid, text.text));
        hn_str_clear(&text);
        hn_put_bar(cli, &text, distance, 24);
        if (unseen > 0) hn_str_printf(&text, " %.2g %% of its rows have new names", 100 * unseen);
        HN_TRY(hn_str_status(&text));
        HN_TRY(hn_grid_put(&grid, text.text));
    }
    if (shown > 0)
        hn_grid_print(&grid, 2, false);
    else
        hn_str_put(&cli->out, "  no column differs beyond chance\n");
    return HONE_OK;
}

static hone_status print_report(hn_cli *cli, hn_json *profile) {
    hn_json *overview = yyjson_obj_get(profile, "overview");
    hn_json *sampled = yyjson_obj_get(profile, "sampled");
    hn_put_count(&cli->out, yyjson_get_sint(yyjson_obj_get(overview, "rows")));
    hn_str_put(&cli->out, " rows, ");
    hn_put_count(&cli->out, yyjson_get_sint(yyjson_obj_get(overview, "columns")));
    hn_str_put(&cli->out, " columns, ");
    hn_put_bytes(&cli->out, yyjson_get_sint(yyjson_obj_get(overview, "bytes")));
    hn_str_printf(&cli->out, "; %.2g %% of the cells missing, ",
                  100 * fmax(0, hn_json_number(overview, "missing_share")));
    hn_put_count(&cli->out, yyjson_get_sint(yyjson_obj_get(overview, "duplicate_rows")));
    hn_str_put(&cli->out, " rows repeated\n");
    if (hn_json_number(sampled, "rows") < hn_json_number(sampled, "of")) {
        hn_str_put(&cli->out, "densities and associations are of ");
        hn_put_count(&cli->out, yyjson_get_sint(yyjson_obj_get(sampled, "rows")));
        hn_str_put(&cli->out, " rows drawn at random; counts are of all\n");
    }
    HN_TRY(put_columns(cli, profile));
    HN_TRY(put_features(cli, yyjson_obj_get(profile, "target")));
    HN_TRY(put_beside(cli, yyjson_obj_get(profile, "beside")));
    HN_TRY(put_warnings(cli, profile));
    return hn_str_status(&cli->out);
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool ends_in(const char *path, const char *ending) {
    size_t n = strlen(path), m = strlen(ending);
    return n >= m && strcmp(path + n - m, ending) == 0;
}

static hone_status write_json(hn_cli *cli, const char *path, const hn_json_mut *value) {
    char *text;
    size_t length;
    HN_TRY(hn_json_write(cli->ctx, cli->ctx->scratch, value, false, &text, &length));
    return hn_write_file(cli->ctx, path, text, length);
}

static hone_status write_page(hn_cli *cli, const char *path, hn_json *profile) {
    hn_str page;
    hn_str_init(&page, cli->ctx, cli->ctx->scratch);
    HN_TRY(hn_page_of_profile(cli->ctx, profile, &page));
    HN_TRY(hn_write_file(cli->ctx, path, page.text, page.length));
    if (cli->common.json || cli->common.quiet) return HONE_OK;
    hn_str_printf(&cli->out, "\nwrote %s (", path);
    hn_put_bytes(&cli->out, (int64_t)page.length);
    hn_str_put(&cli->out, ")\n");
    return hn_str_status(&cli->out);
}

static hone_status say(hn_cli *cli, const options *o, hn_json_doc *doc, hn_json_mut *built) {
    hn_json *profile;
    hn_json_mut *specs;
    HN_TRY(hn_json_freeze(cli->ctx, cli->ctx->scratch, built, &profile));
    if (cli->common.json)
        HN_TRY(hn_out_json(cli, built, false));
    else if (o->output == NULL || !cli->common.quiet)
        HN_TRY(print_report(cli, profile));
    if (o->specs != NULL) {
        HN_TRY(hn_profile_plots(cli->ctx, profile, doc, &specs));
        HN_TRY(write_json(cli, o->specs, specs));
    }
    if (o->output == NULL) return HONE_OK;
    if (ends_in(o->output, ".json")) return write_json(cli, o->output, built);
    return write_page(cli, o->output, profile);
}

/* ---- running --------------------------------------------------------------------------------- */

/* Read as the first was. */
static hone_status explore_beside(hn_cli *cli, const options *o, const hone_table *table,
                                  hn_json_doc *doc, hn_json_mut *built) {
    hone_table *other;
    double seconds;
    if (o->compare == NULL) return HONE_OK;
    HN_TRY(hn_data_open(cli, o->compare, &other, &seconds));
    hone_status status =
        hn_explore_beside(cli->ctx, &table->view, &other->view, o->compare, doc, built);
    hone_table_free(cli->ctx, other);
    return status;
}

static hone_status explore(hn_cli *cli, const options *o, const hone_table *table) {
    HN_SCRATCH(cli->ctx);
    hn_explore_options with;
    hn_json_doc *doc;
    hn_json_mut *built;
    HN_TRY(hn_params_defaults(cli->ctx, &cli->arena, &hn_explore_params, &with));
    HN_TRY(hn_args_replay(cli, &hn_explore_params, &with));
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    HN_TRY(hn_explore(cli->ctx, &table->view, o->data != NULL ? o->data : table->source, &with, doc,
                      &built));
    HN_TRY(explore_beside(cli, o, table, doc, built));
    return say(cli, o, doc, built);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hn_recipe recipe;
    hone_table *table;
    double read;
    HN_TRY(hn_recipe_init(cli->ctx, &cli->arena, &recipe));
    HN_TRY(hn_args_replay(cli, &hn_recipe_data_params, &recipe.data));
    HN_TRY(hn_data_source(cli, o->data, &recipe.data));
    if (o->output != NULL) HN_TRY(hn_check_writable(cli, o->output));
    if (o->specs != NULL) HN_TRY(hn_check_writable(cli, o->specs));
    HN_TRY(hn_data_read(cli, &recipe, &table, &read));
    hone_status status = explore(cli, o, table);
    hone_table_free(cli->ctx, table);
    return status;
}

static const hn_rename data_renames[] = {{"path", NULL}, {"expect", NULL}, {NULL, NULL}};

const hn_verb hn_verb_profile = {
    .name = "profile",
    .summary = "show what a table looks like, and what hinders learning from it",
    .doc =
        "Every column's statistics, distribution, outliers and missing values; how columns hang "
        "together, by the figure that fits their types; with --target, what each feature tells "
        "about "
        "it; and warnings in plain words, each with the lines of a recipe that would mend it.\n"
        "\n"
        "Counts and statistics of columns are of all rows. What is expensive (densities, "
        "associations, points) is computed on --sample rows drawn at random, which the page says.",
    .example = "hone profile titanic.csv --target Survived -o titanic.html\n"
               "hone profile train.csv --compare test.csv -o drift.html\n"
               "hone profile 'part-*.parquet' --json > profile.json\n"
               "hone profile big.csv --sample 50000 -o big.html",
    .params = &params,
    .borrowed = {{"the profile", &hn_explore_params, NULL},
                 {"reading the table", &hn_recipe_data_params, data_renames}},
    .exits = {[3] = "the table is at fault, or has no column of that name"},
    .run = run,
};
