/* verb_train.c - a table in, a model file out, with honest figures about it. */
#include "cli/report.h"
#include "flow/changes.h"
#include "flow/train.h"
#include <string.h>

typedef struct options {
    const char *data, *recipe, *model, *output, *cost_table, *log;
    hn_texts set;
} options;

static const hone_param items[] = {
    HN_PARAM(options, data, .positional = true, .display = "TABLE",
             .doc =
                 "A file (csv, json, parquet, arrow, npy, xlsx, html, sqlite; also .gz or .zst), a "
                 "pattern "
                 "in quotes, a folder of images or texts, postgres://, https://, or - for standard "
                 "input."),
    HN_PARAM(options, recipe, .display = "FILE",
             .doc = "A recipe in YAML or JSON; flags given beside it take precedence."),
    HN_PARAM(options, model, .display = "KIND",
             .doc =
                 "The kind of model; chosen and said why if not given. 'hone kinds' lists them."),
    HN_PARAM(options, set, .display = "NAME=VALUE", .whole = true,
             .doc = "Set a parameter of the model, or of a step as STEP__NAME=VALUE; may be given "
                    "many times."),
    HN_PARAM(
        options, output, .letter = 'o', .display = "FILE",
        .doc = "Where to write the model; by default the table's name with .hone, in this folder."),
    HN_PARAM(options, cost_table, .display = "FILE",
             .doc =
                 "Costs from a file: CSV whose first column is the truth and whose other columns "
                 "are answers, or JSON."),
    HN_PARAM(options, log, .display = "FILE",
             .doc = "Write what the steps did to the training rows, as text, or as Markdown where "
                    "FILE ends in .md; 'hone show --log' prints it later."),
};
static const hn_params params = HN_PARAMS(options, items);

/* ---- what to do ----------------------------------------------------------------------------- */

static hone_status make_recipe(hn_cli *cli, const options *o, hn_recipe *recipe) {
    hone_ctx *ctx = cli->ctx;
    if (o->recipe)
        HN_TRY(hn_recipe_read_file(ctx, &cli->arena, o->recipe, recipe));
    else
        HN_TRY(hn_recipe_init(ctx, &cli->arena, recipe));
    HN_TRY(hn_args_replay(cli, &hn_recipe_data_params, &recipe->data));
    HN_TRY(hn_args_replay(cli, &hn_recipe_roles_params, &recipe->roles));
    HN_TRY(hn_args_replay(cli, &hn_splitting_params, &recipe->split));
    HN_TRY(hn_args_replay(cli, &hn_recipe_decision_params, &recipe->decision));
    HN_TRY(hn_args_replay(cli, &hn_recipe_top_params, &recipe->top));
    if (o->cost_table != NULL) HN_TRY(hn_costs_read(cli, o->cost_table, &recipe->decision.costs));
    HN_TRY(hn_data_source(cli, o->data, &recipe->data));
    /* Naming the recipe's own kind keeps the parameters that the recipe gives it. */
    bool same = o->model && recipe->model.kind && strcmp(o->model, recipe->model.kind->name) == 0;
    if (o->model && !same) HN_TRY(hn_recipe_set_model(ctx, &cli->arena, recipe, o->model));
    for (int64_t i = 0; i < o->set.n; i++)
        HN_TRY(hn_recipe_set(ctx, &cli->arena, recipe, o->set.items[i]));
    if (hn_args_given(cli, "seed")) recipe->top.seed = cli->common.seed;
    return HONE_OK;
}

static hone_status choose_output(hn_cli *cli, const options *o, const hn_recipe *recipe,
                                 const char **ret_path) {
    const char *from = o->recipe ? o->recipe : recipe->data.path;
    *ret_path =
        o->output ? o->output
                  : hn_arena_printf(cli->ctx, &cli->arena, "%s.hone", hn_stem(cli, from, "model"));
    if (!*ret_path) return HONE_ERROR_MEMORY;
    return hn_check_writable(cli, *ret_path);
}

/* ---- what was done -------------------------------------------------------------------------- */

typedef struct result {
    const hone_model *model;
    const char *path, *log;
    int64_t columns;
    double read, write;
    hn_seconds_spent spent;
    int64_t bytes;
} result;

static hn_json *fact(const result *r, const char *key) {
    return yyjson_obj_get(r->model->facts, key);
}

static hone_status print_json(hn_cli *cli, const result *r) {
    hone_ctx *ctx = cli->ctx;
    HN_SCRATCH(ctx);
    hn_json_doc *doc;
    hn_json_mut *values;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    const hn_stage *stage = hn_pipeline_model(&r->model->pipeline);
    HN_TRY(hn_params_to_json(ctx, &stage->kind->params, stage->params, false, doc, &values));
    hn_pairs importances;
    HN_TRY(hn_model_importances(ctx, r->model, ctx->scratch, &importances));

    /* Whatever could not be had for want of memory is noted in ctx, and hn_out_json fails. */
    hn_json_mut *root = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_str(doc, root, "task", hn_task_name(hn_model_task(r->model)));
    if (r->model->n_targets > 1) {
        hn_json_mut *names = yyjson_mut_obj_add_arr(doc, root, "target");
        for (int32_t t = 0; t < r->model->n_targets; t++)
            yyjson_mut_arr_add_str(doc, names, r->model->targets[t].name);
    } else if (r->model->target) {
        yyjson_mut_obj_add_str(doc, root, "target", r->model->target);
    }
    yyjson_mut_obj_add_str(doc, root, "model", stage->kind->name);
    yyjson_mut_obj_add_val(doc, root, "params", values);
    hn_json *rows = fact(r, "rows");
    yyjson_mut_obj_add_val(doc, root, "rows",
                           yyjson_val_mut_copy(doc, yyjson_obj_get(rows, "read")));
    yyjson_mut_obj_add_val(doc, root, "rows_train",
                           yyjson_val_mut_copy(doc, yyjson_obj_get(rows, "train")));
    hn_json *validation = yyjson_obj_get(rows, "validation");
    if (validation != NULL)
        yyjson_mut_obj_add_val(doc, root, "rows_validation", yyjson_val_mut_copy(doc, validation));
    yyjson_mut_obj_add_val(doc, root, "rows_test",
                           yyjson_val_mut_copy(doc, yyjson_obj_get(rows, "test")));
    yyjson_mut_obj_add_val(doc, root, "features", yyjson_val_mut_copy(doc, fact(r, "features")));
    static const char *const copied[] = {"balance",  "primary", "metrics", "intervals",
                                         "decision", "targets", "warnings"};
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        hn_json *value = fact(r, copied[i]);
        if (value) yyjson_mut_obj_add_val(doc, root, copied[i], yyjson_val_mut_copy(doc, value));
    }
    hn_json_mut *shares = yyjson_mut_obj_add_obj(doc, root, "importances");
    for (int64_t i = 0; i < importances.n; i++)
        yyjson_mut_obj_add_real(doc, shares, importances.names[i], importances.values[i]);
    yyjson_mut_obj_add_val(doc, root, "notes", yyjson_val_mut_copy(doc, fact(r, "notes")));
    hn_json_mut *seconds = yyjson_mut_obj_add_obj(doc, root, "seconds");
    yyjson_mut_obj_add_real(doc, seconds, "read", r->read);
    yyjson_mut_obj_add_real(doc, seconds, "prepare", r->spent.prepare);
    yyjson_mut_obj_add_real(doc, seconds, "fit", r->spent.fit);
    yyjson_mut_obj_add_real(doc, seconds, "evaluate", r->spent.evaluate);
    yyjson_mut_obj_add_real(doc, seconds, "write", r->write);
    yyjson_mut_obj_add_str(doc, root, "model_path", r->path);
    yyjson_mut_obj_add_str(doc, root, "model_hash", r->model->hash);
    return hn_out_json(cli, root, true);
}

static void print_read(hn_cli *cli, const char *source, const hone_table *table, double seconds) {
    hn_str *out = &cli->out;
    hn_put_styled(cli, HN_BOLD, source ? source : "table");
    hn_str_put(out, ": ");
    hn_put_count(out, table->view.n_rows);
    hn_str_printf(out, " rows, %d columns, read in ", (int)table->view.n_columns);
    hn_put_seconds(out, seconds);
    hn_str_put_c(out, '\n');
}

static void print_types(hn_cli *cli, const hn_table *table) {
    hn_str text;
    hn_str_init(&text, cli->ctx, &cli->arena);
    for (int type = 0; type < HN_TYPE_COUNT; type++) {
        int n = 0;
        for (int32_t j = 0; j < table->n_columns; j++) n += (int)table->columns[j].type == type;
        if (n > 0)
            hn_str_printf(&text, "%s%d %s", text.length > 0 ? ", " : "", n,
                          hn_type_name((hn_type)type));
    }
    hn_put_fact(cli, "types", text.text);
}

static hone_status print_report(hn_cli *cli, const result *r) {
    hone_ctx *ctx = cli->ctx;
    HN_SCRATCH(ctx);
    hn_str *out = &cli->out;
    hn_put_notes(cli, fact(r, "notes"));
    HN_TRY(hn_put_metrics(cli, r->model->facts));
    hn_pairs importances;
    HN_TRY(hn_model_importances(ctx, r->model, ctx->scratch, &importances));
    HN_TRY(hn_put_importances(cli, &importances, 8));
    HN_TRY(hn_put_fitted(cli, r->model, 10));
    hn_str_put(out, "\nwrote ");
    hn_put_styled(cli, HN_BOLD, r->path);
    hn_str_put(out, " (");
    hn_put_bytes(out, r->bytes);
    hn_str_put(out, "): prepared in ");
    hn_put_seconds(out, r->spent.prepare);
    hn_str_put(out, ", fitted in ");
    hn_put_seconds(out, r->spent.fit);
    hn_str_put(out, ", evaluated in ");
    hn_put_seconds(out, r->spent.evaluate);
    hn_str_put(out, "\n");
    return hn_str_status(out);
}

/* The log of changes, where it is asked for. */
static hone_status write_log(hn_cli *cli, const char *path, const hone_model *model) {
    if (path == NULL) return HONE_OK;
    HN_SCRATCH(cli->ctx);
    hn_str text;
    hn_str_init(&text, cli->ctx, cli->ctx->scratch);
    const char *end = strrchr(path, '.');
    HN_TRY(hn_changes_write(cli->ctx, model, end && strcmp(end, ".md") == 0, &text));
    hn_outfile file __attribute__((cleanup(hn_outfile_abandon))) = HN_OUTFILE_CLOSED;
    HN_TRY(hn_outfile_open(cli->ctx, &file, path));
    HN_TRY(hn_outfile_write(cli->ctx, &file, text.text, text.length));
    return hn_outfile_commit(cli->ctx, &file);
}

/* ---- running -------------------------------------------------------------------------------- */

static hone_status train(hn_cli *cli, const hn_recipe *recipe, const hone_table *table, result *r) {
    bool people = !cli->common.json && !cli->common.quiet;
    if (people) {
        print_read(cli, table->source, table, r->read);
        print_types(cli, &table->view);
        HN_TRY(hn_out_flush(cli));
    }
    hone_model *model;
    HN_TRY(hn_train(cli->ctx, recipe, table, &model, &r->spent));
    double start = hn_seconds();
    r->model = model;
    hone_status status = hn_model_save(cli->ctx, model, r->path);
    r->write = hn_seconds() - start;
    if (status == HONE_OK) status = write_log(cli, r->log, model);
    if (status == HONE_OK) {
        hn_file_stat(r->path, &r->bytes, NULL, NULL);
        status = cli->common.json ? print_json(cli, r) : people ? print_report(cli, r) : HONE_OK;
    }
    hn_model_free(model);
    return status;
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hn_recipe recipe;
    result r = {0};
    hone_table *table;
    HN_TRY(make_recipe(cli, o, &recipe));
    HN_TRY(choose_output(cli, o, &recipe, &r.path));
    r.log = o->log;
    if (o->log) HN_TRY(hn_check_writable(cli, o->log));
    HN_TRY(hn_data_read(cli, &recipe, &table, &r.read));
    hone_status status = train(cli, &recipe, table, &r);
    hone_table_free(cli->ctx, table);
    return status;
}

static const hn_rename data_renames[] = {{"path", NULL}, {NULL, NULL}};
static const hn_rename split_renames[] = {
    {"by", "split"}, {"seed", "split_seed"}, {"column", "split_column"}, {NULL, NULL}};
static const hn_rename top_renames[] = {{"seed", NULL}, {NULL, NULL}};

const hn_verb hn_verb_train = {
    .name = "train",
    .summary = "make a model from a table",
    .doc = "Reads a table, infers what is not said (task, types, steps, the kind of model) and "
           "says why, "
           "holds out a part, fits on the rest, scores on the held-out part beside a baseline, and "
           "writes "
           "one model file that needs nothing beside it.\n"
           "\n"
           "One seed, one input: the same model file, byte for byte, for any number of threads.",
    .example = "hone train churn.csv --target Churn\n"
               "hone train churn.csv --target Churn --model gbdt --set n_estimators=300 -o m.hone\n"
               "hone train concrete.csv --target strength,slump\n"
               "hone train churn.csv --target Churn --threshold cost --costs fp=50,fn=400\n"
               "hone train --recipe churn.yaml\n"
               "hone train 'part-*.parquet' --target y --test 0.3 --seed 7\n"
               "hone train --sql \"select * from 'a.csv' join 'b.parquet' using (id)\" --target y",
    .params = &params,
    .borrowed = {{"what columns mean", &hn_recipe_roles_params, NULL},
                 {"what is held out", &hn_splitting_params, split_renames},
                 {"deciding", &hn_recipe_decision_params, NULL},
                 {"figures", &hn_recipe_top_params, top_renames},
                 {"reading the table", &hn_recipe_data_params, data_renames}},
    .exits = {[0] = "done: the model is written"},
    .run = run,
};
