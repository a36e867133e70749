/* verb_curve.c - how a model learns from more and more rows. */
#include "cli/report.h"
#include "flow/curve.h"
#include "flow/page.h"
#include <math.h>
#include <string.h>

typedef struct options {
    const char *data, *recipe, *model, *report;
    hn_texts set;
} options;

static const hone_param items[] = {
    HN_PARAM(options, data, .positional = true, .display = "TABLE",
             .doc = "A file, a pattern in quotes, or - for standard input."),
    HN_PARAM(options, recipe, .display = "FILE",
             .doc = "A recipe in YAML or JSON; flags given beside it take precedence."),
    HN_PARAM(options, model, .display = "KIND",
             .doc = "The kind of model; chosen if not given. 'hone kinds' lists them."),
    HN_PARAM(options, set, .display = "NAME=VALUE", .whole = true,
             .doc = "Set a parameter of the model; may be given many times."),
    HN_PARAM(options, report, .display = "FILE",
             .doc = "Write the curve as one HTML page that needs nothing beside it."),
};
static const hn_params params = HN_PARAMS(options, items);

/* ---- saying ---------------------------------------------------------------------------------- */

static hone_status put_cell(hn_grid *grid, double value, bool count) {
    HN_SCRATCH(grid->cli->ctx);
    hn_str str;
    hn_str_init(&str, grid->cli->ctx, grid->cli->ctx->scratch);
    if (count)
        hn_put_count(&str, (int64_t)value);
    else
        hn_put_figure(&str, value);
    HN_TRY(hn_str_status(&str));
    return hn_grid_put(grid, str.text);
}

static hone_status put_points(hn_cli *cli, hn_json *learning) {
    static const char *const headers[] = {"rows", "learned from", "held out", "spread over folds"};
    size_t i, max;
    hn_json *point;
    HN_SCRATCH(cli->ctx);
    hn_grid grid;
    hn_grid_init(&grid, cli, "rrrr");
    for (int c = 0; c < 4; c++) HN_TRY(hn_grid_put(&grid, headers[c]));
    yyjson_arr_foreach(yyjson_obj_get(learning, "points"), i, max, point) {
        hn_json *train = yyjson_obj_get(point, "train"), *test = yyjson_obj_get(point, "test");
        HN_TRY(put_cell(&grid, hn_json_number(point, "rows"), true));
        HN_TRY(put_cell(&grid, hn_json_number(train, "mean"), false));
        HN_TRY(put_cell(&grid, hn_json_number(test, "mean"), false));
        HN_TRY(put_cell(&grid, hn_json_number(test, "sd"), false));
    }
    hn_str_put_c(&cli->out, '\n');
    hn_grid_print(&grid, 2, true);
    return HONE_OK;
}

static hone_status print_report(hn_cli *cli, hn_json *found) {
    HN_SCRATCH(cli->ctx);
    hn_json *learning = yyjson_obj_get(found, "learning");
    hn_json *bias = yyjson_obj_get(found, "bias_variance");
    hn_str text;
    hn_str_init(&text, cli->ctx, cli->ctx->scratch);
    hn_put_styled(cli, HN_BOLD, hn_json_text(found, "model"));
    hn_str_printf(&cli->out, ": %s over %lld folds of ", hn_json_text(learning, "metric"),
                  (long long)yyjson_get_sint(yyjson_obj_get(learning, "folds")));
    hn_put_count(&cli->out, yyjson_get_sint(yyjson_obj_get(found, "rows")));
    hn_str_put(&cli->out, " rows; the baseline has ");
    hn_put_figure(&cli->out, hn_json_number(learning, "baseline"));
    hn_str_put_c(&cli->out, '\n');
    HN_TRY(put_points(cli, learning));
    hn_str_put_c(&cli->out, '\n');
    if (bias != NULL) {
        hn_put_figure(&text, hn_json_number(bias, "expected"));
        hn_str_printf(&text, " %s: bias ",
                      strcmp(hn_json_text(bias, "loss"), "squared") == 0
                          ? "expected squared error"
                          : "expected share of errors");
        hn_put_figure(&text, hn_json_number(bias, "bias"));
        hn_str_put(&text, ", variance ");
        hn_put_figure(&text, hn_json_number(bias, "variance"));
        hn_str_printf(&text, " (%lld fits on resampled rows)",
                      (long long)yyjson_get_sint(yyjson_obj_get(bias, "rounds")));
        HN_TRY(hn_str_status(&text));
        hn_put_fact(cli, "made of", text.text);
    }
    hn_put_fact(cli, "diagnosis", hn_json_text(yyjson_obj_get(found, "diagnosis"), "text"));
    return hn_str_status(&cli->out);
}

static hone_status say(hn_cli *cli, const options *o, hn_json_mut *built) {
    hn_json *found;
    HN_TRY(hn_json_freeze(cli->ctx, cli->ctx->scratch, built, &found));
    HN_TRY(cli->common.json ? hn_out_json(cli, built, true) : print_report(cli, found));
    if (o->report == NULL) return HONE_OK;
    hn_str page;
    hn_str_init(&page, cli->ctx, cli->ctx->scratch);
    HN_TRY(hn_page_of_curve(cli->ctx, found, &page));
    return hn_write_file(cli->ctx, o->report, page.text, page.length);
}

/* ---- running --------------------------------------------------------------------------------- */

static hone_status make_recipe(hn_cli *cli, const options *o, hn_recipe *recipe) {
    hone_ctx *ctx = cli->ctx;
    if (o->recipe)
        HN_TRY(hn_recipe_read_file(ctx, &cli->arena, o->recipe, recipe));
    else
        HN_TRY(hn_recipe_init(ctx, &cli->arena, recipe));
    HN_TRY(hn_args_replay(cli, &hn_recipe_data_params, &recipe->data));
    HN_TRY(hn_args_replay(cli, &hn_recipe_roles_params, &recipe->roles));
    HN_TRY(hn_args_replay(cli, &hn_splitting_params, &recipe->split));
    HN_TRY(hn_args_replay(cli, &hn_recipe_top_params, &recipe->top));
    HN_TRY(hn_data_source(cli, o->data, &recipe->data));
    if (o->model) HN_TRY(hn_recipe_set_model(ctx, &cli->arena, recipe, o->model));
    for (int64_t i = 0; i < o->set.n; i++)
        HN_TRY(hn_recipe_set(ctx, &cli->arena, recipe, o->set.items[i]));
    if (hn_args_given(cli, "seed")) recipe->top.seed = cli->common.seed;
    return HONE_OK;
}

static hone_status learn(hn_cli *cli, const options *o, const hn_recipe *recipe,
                         const hone_table *table) {
    HN_SCRATCH(cli->ctx);
    hn_curve_options with;
    hn_json_doc *doc;
    hn_json_mut *built;
    HN_TRY(hn_params_defaults(cli->ctx, &cli->arena, &hn_curve_params, &with));
    HN_TRY(hn_args_replay(cli, &hn_curve_params, &with));
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    HN_TRY(hn_learning_curve(cli->ctx, recipe, table, &with, doc, &built));
    return say(cli, o, built);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hn_recipe recipe;
    hone_table *table;
    double read;
    HN_TRY(make_recipe(cli, o, &recipe));
    if (o->report != NULL) HN_TRY(hn_check_writable(cli, o->report));
    HN_TRY(hn_data_read(cli, &recipe, &table, &read));
    hone_status status = learn(cli, o, &recipe, table);
    hone_table_free(cli->ctx, table);
    return status;
}

static const hn_rename data_renames[] = {{"path", NULL}, {"expect", NULL}, {NULL, NULL}};
static const hn_rename split_renames[] = {{"test", NULL}, {"validation", NULL}, {"by", "split"},
                                          {"seed", NULL}, {"folds", NULL},      {"column", NULL},
                                          {NULL, NULL}};
static const hn_rename top_renames[] = {{"seed", NULL}, {"sample", NULL}, {NULL, NULL}};

const hn_verb hn_verb_curve = {
    .name = "curve",
    .summary = "show how a model learns from more and more rows",
    .doc =
        "A learning curve by cross-validation: how well a model does on its own rows and on others "
        "after learning from a tenth, a quarter, ... all of them; whether it over- or underfits, "
        "whether more rows would help, and how much of its error is bias and how much variance.",
    .example =
        "hone curve churn.csv --target Churn --model gbdt\n"
        "hone curve churn.csv --target Churn --model logistic --set C=0.01 --report curve.html\n"
        "hone curve --recipe churn.yaml --fractions 0.05,0.2,1 --rounds 0 --json",
    .params = &params,
    .borrowed = {{"the curve", &hn_curve_params, NULL},
                 {"what columns mean", &hn_recipe_roles_params, NULL},
                 {"how rows are cut", &hn_splitting_params, split_renames},
                 {"figures", &hn_recipe_top_params, top_renames},
                 {"reading the table", &hn_recipe_data_params, data_renames}},
    .exits = {[3] = "the table or the recipe is at fault, or too few rows for the folds"},
    .run = run,
};
