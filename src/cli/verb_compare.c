/* verb_compare.c - several models, or kinds of model, on the same rows. */
#include "cli/report.h"
#include "flow/compare.h"
#include "flow/page.h"
#include <math.h>
#include <string.h>

typedef struct options {
    hn_texts files, models, recipes;
    const char *before, *after, *report;
    bool allow_extra;
    int64_t outer;
} options;

static const hone_param items[] = {
    HN_PARAM(options, files, .positional = true, .display = "MODEL... TABLE",
             .doc = "Model files, then a table of labelled rows that none of them has seen; or a "
                    "table alone, with --models or --recipes."),
    HN_PARAM(options, models, .display = "KIND,...",
             .doc = "Kinds to fit on the table's training part and compare on the rest; auto is "
                    "what 'hone train' would choose."),
    HN_PARAM(options, recipes, .display = "FILE,...",
             .doc = "Recipes whose steps and model are compared the same way. Columns that a "
                    "recipe's roles call id or ignore are left out for it."),
    HN_PARAM(options, before, .display = "MODEL",
             .doc = "A model file, compared with --after: what has tuning brought?"),
    HN_PARAM(options, after, .display = "MODEL", .doc = "See --before."),
    HN_PARAM(options, outer, .def = "0", .range = "[0, 1000]", .display = "FOLDS",
             .doc = "Compare on every row, each answered by what was fitted without its fold, "
                    "instead of on one held-out part. What is chosen or inferred (model, steps) is "
                    "decided anew within each: nested cross-validation."),
    HN_PARAM(options, report, .display = "FILE",
             .doc = "Write the comparison as one HTML page that needs nothing beside it."),
    HN_PARAM(options, allow_extra,
             .doc = "Leave out columns that training never saw, instead of refusing them."),
};
static const hn_params params = HN_PARAMS(options, items);

/* ---- saying ---------------------------------------------------------------------------------- */

static hone_status put_cell(hn_grid *grid, double value, bool sign) {
    HN_SCRATCH(grid->cli->ctx);
    hn_str str;
    hn_str_init(&str, grid->cli->ctx, grid->cli->ctx->scratch);
    if (isfinite(value)) {
        if (sign && value > 0) hn_str_put(&str, "+");
        hn_put_figure(&str, value);
    }
    HN_TRY(hn_str_status(&str));
    return hn_grid_put(grid, str.text);
}

static hone_status put_seconds(hn_grid *grid, double seconds) {
    HN_SCRATCH(grid->cli->ctx);
    hn_str str;
    hn_str_init(&str, grid->cli->ctx, grid->cli->ctx->scratch);
    if (isfinite(seconds)) hn_put_seconds(&str, seconds);
    HN_TRY(hn_str_status(&str));
    return hn_grid_put(grid, str.text);
}

/* Mean and standard deviation over the outer folds. */
static hone_status put_spread(hn_grid *grid, hn_json *folds) {
    HN_SCRATCH(grid->cli->ctx);
    hn_str str;
    hn_str_init(&str, grid->cli->ctx, grid->cli->ctx->scratch);
    hn_put_figure(&str, hn_json_number(folds, "mean"));
    hn_str_put(&str, " +/- ");
    hn_put_figure(&str, hn_json_number(folds, "sd"));
    HN_TRY(hn_str_status(&str));
    return hn_grid_put(grid, str.text);
}

enum { MOST_METRICS = 5 };

/* A row per model: its metrics, how far it lies behind the best, and how long it took. */
static hone_status put_models(hn_cli *cli, hn_json *found) {
    static const char aligns[] = "lrrrrrrrrrr";
    hn_json *models = yyjson_obj_get(found, "models"), *model, *key, *value;
    hn_json *metrics = yyjson_obj_get(yyjson_arr_get_first(models), "metrics");
    size_t shown =
        yyjson_obj_size(metrics) < MOST_METRICS ? yyjson_obj_size(metrics) : MOST_METRICS;
    size_t i, max, j, most;
    HN_SCRATCH(cli->ctx);
    hn_grid grid;
    hn_grid_init(&grid, cli, aligns);
    bool folds = yyjson_obj_get(yyjson_arr_get_first(models), "folds") != NULL;
    grid.columns = (int)shown + 4 + folds;
    HN_TRY(hn_grid_put(&grid, ""));
    yyjson_obj_foreach(metrics, j, most, key, value) {
        if (j < shown) HN_TRY(hn_grid_put(&grid, yyjson_get_str(key)));
    }
    if (folds) HN_TRY(hn_grid_put(&grid, "over folds"));
    HN_TRY(hn_grid_put(&grid, "behind"));
    HN_TRY(hn_grid_put(&grid, "sure"));
    HN_TRY(hn_grid_put(&grid, "fit"));
    grid.bold = 1;
    yyjson_arr_foreach(models, i, max, model) {
        hn_json *behind = yyjson_obj_get(model, "behind"), *own = yyjson_obj_get(model, "metrics");
        HN_TRY(hn_grid_put(&grid, hn_json_text(model, "name")));
        yyjson_obj_foreach(own, j, most, key, value) {
            if (j < shown) HN_TRY(put_cell(&grid, hn_json_number(own, yyjson_get_str(key)), false));
        }
        if (folds) HN_TRY(put_spread(&grid, yyjson_obj_get(model, "folds")));
        HN_TRY(put_cell(&grid, fabs(hn_json_number(behind, "value")), false));
        HN_TRY(put_cell(&grid, hn_json_number(behind, "sure"), false));
        HN_TRY(put_seconds(&grid, hn_json_number(yyjson_obj_get(model, "seconds"), "fit")));
    }
    hn_str_put_c(&cli->out, '\n');
    hn_grid_print(&grid, 2, true);
    return HONE_OK;
}

static hone_status print_report(hn_cli *cli, hn_json *found) {
    HN_SCRATCH(cli->ctx);
    hn_put_count(&cli->out, yyjson_get_sint(yyjson_obj_get(found, "rows")));
    hn_str_printf(&cli->out, " rows; best first by %s\n", hn_json_text(found, "primary"));
    HN_TRY(put_models(cli, found));
    hn_str_put_c(&cli->out, '\n');
    hn_put_fact(cli, "verdict", hn_json_text(found, "verdict"));
    hn_json *change = yyjson_obj_get(found, "change");
    if (change == NULL) return hn_str_status(&cli->out);
    hn_str text;
    hn_str_init(&text, cli->ctx, cli->ctx->scratch);
    double value = hn_json_number(change, "value");
    hn_str_printf(&text, "from %s to %s: %s", hn_json_text(change, "from"),
                  hn_json_text(change, "to"), value > 0 ? "+" : "");
    hn_put_figure(&text, value);
    hn_str_put(&text, " (95 % interval ");
    hn_put_figure(&text, hn_json_number(change, "low"));
    hn_str_put(&text, " to ");
    hn_put_figure(&text, hn_json_number(change, "high"));
    hn_str_put(&text, ")");
    HN_TRY(hn_str_status(&text));
    hn_put_fact(cli, "change", text.text);
    return hn_str_status(&cli->out);
}

static hone_status say(hn_cli *cli, const options *o, hn_json_mut *built) {
    hn_json *found;
    HN_TRY(hn_json_freeze(cli->ctx, cli->ctx->scratch, built, &found));
    HN_TRY(cli->common.json ? hn_out_json(cli, built, true) : print_report(cli, found));
    if (o->report == NULL) return HONE_OK;
    hn_str page;
    hn_str_init(&page, cli->ctx, cli->ctx->scratch);
    HN_TRY(hn_page_of_comparison(cli->ctx, found, &page));
    return hn_write_file(cli->ctx, o->report, page.text, page.length);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static hone_status conclude(hn_cli *cli, const options *o, const hn_contenders *contenders,
                            const hn_texts *names) {
    hone_ctx *ctx = cli->ctx;
    hn_metric_list metrics;
    hn_json_doc *doc;
    hn_json_mut *built;
    HN_TRY(hn_metrics_named(ctx, ctx->scratch, names, contenders->items[0].scored.task, &metrics));
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_compare(ctx, contenders, &metrics, doc, &built));
    return say(cli, o, built);
}

static hone_status ask_models(hn_cli *cli, const options *o, const hn_texts *paths,
                              hone_model **models, const hone_table *table,
                              const hn_texts *metrics) {
    HN_SCRATCH(cli->ctx);
    hn_contenders *contenders;
    HN_TRY(HN_SCRATCH_NEW(cli->ctx, contenders, 1));
    for (int64_t i = 0; i < paths->n; i++) {
        HN_TRY(hn_model_load(cli->ctx, paths->items[i], &models[i]));
        HN_TRY(hn_contend(cli->ctx, models[i], paths->items[i], table, o->allow_extra, contenders));
    }
    return conclude(cli, o, contenders, metrics);
}

/* The models are freed here, whatever came of it. */
static hone_status compare_models(hn_cli *cli, const options *o, const hn_texts *paths,
                                  const hone_table *table, const hn_texts *metrics) {
    hone_model **models;
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, models, paths->n + 1));
    hone_status status = ask_models(cli, o, paths, models, table, metrics);
    for (int64_t i = 0; i < paths->n; i++) hn_model_free(models[i]);
    return status;
}

static hone_status compare_fitted(hn_cli *cli, const options *o, const hn_recipe *recipe,
                                  const hone_table *table) {
    HN_SCRATCH(cli->ctx);
    hn_contenders *contenders;
    HN_TRY(HN_SCRATCH_NEW(cli->ctx, contenders, 1));
    uint64_t seed = cli->ctx->seed;
    cli->ctx->seed = (uint64_t)recipe->top.seed;
    hone_status status = hn_contend_fitted(cli->ctx, &cli->arena, recipe, table, &o->models,
                                           &o->recipes, o->outer, contenders);
    cli->ctx->seed = seed;
    HN_TRY(status);
    return conclude(cli, o, contenders, &recipe->top.metrics);
}

/* ---- running --------------------------------------------------------------------------------- */

static hone_status usage(hn_cli *cli, const char *message) {
    return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "files"), "hone compare: %s",
                      message);
}

/* Which of the files are models, and which is the table. */
static hone_status sort_files(hn_cli *cli, const options *o, bool fitted, hn_texts *paths,
                              const char **ret_table) {
    bool sql = hn_args_given(cli, "sql");
    int64_t n = o->files.n - (sql ? 0 : 1);
    if (n < 0) return usage(cli, "no table is named; it stands last, after the models");
    *ret_table = sql ? NULL : o->files.items[o->files.n - 1];
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, paths->items, n + 2));
    for (int64_t i = 0; i < n; i++) paths->items[paths->n++] = o->files.items[i];
    if (o->before != NULL) paths->items[paths->n++] = o->before;
    if (o->after != NULL) paths->items[paths->n++] = o->after;
    if (fitted && paths->n > 0)
        return usage(cli, "give either model files, or a table with --models or --recipes");
    if (!fitted && o->outer > 0)
        return usage(cli, "--outer fits models: name them with --models or --recipes");
    if (!fitted && paths->n < 2)
        return usage(cli, "give at least two model files and a table, or a table with --models");
    return HONE_OK;
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    bool fitted = o->models.n > 0 || o->recipes.n > 0;
    hn_recipe recipe;
    hn_texts paths = {0};
    const char *path;
    hone_table *table;
    double read;
    HN_TRY(sort_files(cli, o, fitted, &paths, &path));
    if (o->report != NULL) HN_TRY(hn_check_writable(cli, o->report));
    HN_TRY(hn_recipe_init(cli->ctx, &cli->arena, &recipe));
    HN_TRY(hn_args_replay(cli, &hn_recipe_data_params, &recipe.data));
    HN_TRY(hn_args_replay(cli, &hn_recipe_roles_params, &recipe.roles));
    HN_TRY(hn_args_replay(cli, &hn_splitting_params, &recipe.split));
    HN_TRY(hn_args_replay(cli, &hn_recipe_top_params, &recipe.top));
    if (hn_args_given(cli, "seed")) recipe.top.seed = cli->common.seed;
    HN_TRY(hn_data_source(cli, path, &recipe.data));
    HN_TRY(hn_data_read(cli, &recipe, &table, &read));
    hone_status status = fitted ? compare_fitted(cli, o, &recipe, table)
                                : compare_models(cli, o, &paths, table, &recipe.top.metrics);
    hone_table_free(cli->ctx, table);
    return status;
}

static const hn_rename data_renames[] = {{"path", NULL}, {"expect", NULL}, {NULL, NULL}};
static const hn_rename split_renames[] = {
    {"by", "split"}, {"seed", "split_seed"}, {"column", "split_column"}, {NULL, NULL}};
static const hn_rename top_renames[] = {{"seed", NULL}, {"sample", NULL}, {NULL, NULL}};

const hn_verb hn_verb_compare = {
    .name = "compare",
    .summary = "say which of several models is best, and how sure that is",
    .doc =
        "Scores models on the same rows and tells the best by the first metric. Each other model's "
        "distance from it is measured on the same resamples of the rows, so that a difference "
        "that luck could have made is told from one that it could not.\n"
        "\n"
        "With --models or --recipes the models are fitted here, on the same training part, and "
        "the baseline stands beside them.",
    .example = "hone compare old.hone new.hone test.csv\n"
               "hone compare --before churn.hone --after tuned.hone test.csv\n"
               "hone compare churn.csv --target Churn --models logistic,gbdt,random_forest\n"
               "hone compare churn.csv --target Churn --models auto,gbdt --outer 5\n"
               "hone compare churn.csv --target Churn --recipes a.yaml,b.yaml --report ab.html",
    .params = &params,
    .borrowed = {{"what columns mean, where models are fitted", &hn_recipe_roles_params, NULL},
                 {"what is held out, where models are fitted", &hn_splitting_params, split_renames},
                 {"figures", &hn_recipe_top_params, top_renames},
                 {"reading the table", &hn_recipe_data_params, data_renames}},
    .exits = {[3] = "the table, a recipe or a model file is at fault"},
    .run = run,
};
