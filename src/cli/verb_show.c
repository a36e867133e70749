/* verb_show.c - what is in a model file. */
#include "cli/report.h"
#include "flow/changes.h"
#include "spec/emit.h"
#include <string.h>

typedef struct options {
    const char *model;
    bool recipe, rules, log;
    const char *drawing;
    int64_t part;
} options;

static const hone_param items[] = {
    HN_PARAM(options, model, .positional = true, .required = true, .doc = "A model file."),
    HN_PARAM(options, recipe,
             .doc = "Print the recipe as used, every section filled in, as JSON that "
                    "'hone train --recipe' takes."),
    HN_PARAM(options, rules, .doc = "Print what the model says in words: the rules of a tree."),
    HN_PARAM(options, log,
             .doc = "Print what the steps did to the training rows: cells changed, missing values "
                    "and means before and after, columns made, rows left out."),
    HN_PARAM(options, drawing, .display = "FILE",
             .doc = "Write a picture of the model (SVG) to a file, or - for standard output."),
    HN_PARAM(options, part, .def = "0", .range = "[0, inf)",
             .doc = "Of a model of several trees, the one to print or draw."),
};
static const hn_params params = HN_PARAMS(options, items);

/* ---- JSON ----------------------------------------------------------------------------------- */

static hone_status print_json(hn_cli *cli, const options *o, const hone_model *model) {
    HN_SCRATCH(cli->ctx);
    hn_json_doc *doc;
    hn_json_mut *root;
    char hash[65];
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    HN_TRY(hn_model_describe(cli->ctx, model, cli->ctx->scratch, doc, &root));
    HN_TRY(hn_model_hash(cli->ctx, o->model, hash));
    yyjson_mut_obj_add_str(doc, root, "model_path", o->model);
    yyjson_mut_obj_add_str(doc, root, "model_hash", hash);
    return hn_out_json(cli, root, true);
}

/* ---- for people ----------------------------------------------------------------------------- */

static void put_title(hn_cli *cli, const char *title) {
    hn_str_put_c(&cli->out, '\n');
    hn_put_styled(cli, HN_BOLD, title);
    hn_str_put_c(&cli->out, '\n');
}

static const char *lineage(const hone_model *model, const char *key) {
    return yyjson_get_str(yyjson_obj_get(yyjson_obj_get(model->facts, "lineage"), key));
}

static void print_head(hn_cli *cli, const options *o, const hone_model *model, const char *hash) {
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    hn_str text;
    hn_str_init(&text, cli->ctx, &cli->arena);
    hn_put_styled(cli, HN_BOLD, o->model);
    hn_str_printf(&cli->out, ": %s\n", stage->kind->title);
    hn_str_put(&text, hn_task_name(hn_model_task(model)));
    const char *does = model->task == HN_TASK_ANOMALY ? "judged by" : "predicts";
    if (model->target) hn_str_printf(&text, ", %s ", does);
    if (model->target) hn_put_target_names(&text, model);
    int32_t classes = model->n_targets > 1 ? 0 : model->n_classes;
    for (int32_t k = 0; k < classes && k < 12; k++) {
        hn_slice name = hn_dictionary_text(model->classes, k);
        hn_str_put(&text, k == 0 ? ": " : ", ");
        hn_str_put_n(&text, name.text, name.length);
    }
    if (classes > 12) hn_str_put(&text, ", ...");
    hn_put_fact(cli, "task", text.text);
    hn_str_clear(&text);
    const char *source = lineage(model, "source");
    hn_json *rows = yyjson_obj_get(model->facts, "rows");
    hn_str_printf(&text, "%s, ", source ? source : "a table");
    hn_put_count(&text, yyjson_get_sint(yyjson_obj_get(rows, "train")));
    hn_str_put(&text, " rows to train, ");
    hn_put_count(&text, yyjson_get_sint(yyjson_obj_get(rows, "test")));
    hn_str_put(&text, " to test");
    hn_put_fact(cli, "trained on", text.text);
    hn_put_fact(cli, "hash", hash);
    if (lineage(model, "data_hash")) hn_put_fact(cli, "data hash", lineage(model, "data_hash"));
    hn_str_clear(&text);
    hn_json *seed = yyjson_obj_get(yyjson_obj_get(model->facts, "lineage"), "seed");
    hn_str_printf(&text, "%lld, hone %s", (long long)yyjson_get_sint(seed),
                  lineage(model, "hone") ? lineage(model, "hone") : "?");
    hn_put_fact(cli, "seed", text.text);
}

static hone_status print_schema(hn_cli *cli, const hone_model *model) {
    HN_SCRATCH(cli->ctx);
    put_title(cli, "columns");
    hn_grid grid;
    hn_grid_init(&grid, cli, "lll");
    hn_str text;
    hn_str_init(&text, cli->ctx, cli->ctx->scratch);
    for (int32_t j = 0; j < model->schema.n_columns; j++) {
        const hn_column *column = &model->schema.columns[j];
        HN_TRY(hn_grid_put(&grid, column->name));
        HN_TRY(hn_grid_put(&grid, hn_type_name(column->type)));
        hn_str_clear(&text);
        const hn_dictionary *levels = column->dictionary;
        int32_t k = 0;
        for (; levels && k < levels->n && text.length < 40; k++) {
            hn_slice name = hn_dictionary_text(levels, k);
            hn_str_put(&text, k > 0 ? ", " : "");
            hn_str_put_n(&text, name.text, name.length < 24 ? name.length : 24);
        }
        if (levels && k < levels->n) hn_str_printf(&text, ", and %d more", (int)(levels->n - k));
        HN_TRY(hn_str_status(&text));
        HN_TRY(hn_grid_put(&grid, text.text));
    }
    hn_grid_print(&grid, 2, false);
    return HONE_OK;
}

/* {"alpha":1.0,...} as "alpha 1, ..."; only what differs from the defaults. */
static hone_status put_params(hn_cli *cli, hn_str *text, const hn_stage *stage) {
    HN_SCRATCH(cli->ctx);
    hn_json_doc *doc;
    hn_json_mut *object;
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    HN_TRY(hn_params_to_json(cli->ctx, &stage->kind->params, stage->params, true, doc, &object));
    size_t i, max;
    hn_json_mut *key, *value;
    yyjson_mut_obj_foreach(object, i, max, key, value) {
        char *shown;
        size_t length;
        HN_TRY(hn_json_write(cli->ctx, cli->ctx->scratch, value, false, &shown, &length));
        hn_str_printf(text, "%s%s = %.60s", i > 0 ? ", " : "", yyjson_mut_get_str(key), shown);
    }
    if (max == 0) hn_str_put(text, "defaults");
    return HONE_OK;
}

static hone_status print_stages(hn_cli *cli, const hone_model *model) {
    HN_SCRATCH(cli->ctx);
    put_title(cli, "steps and model");
    hn_grid grid;
    hn_grid_init(&grid, cli, "lrl");
    hn_str text;
    hn_str_init(&text, cli->ctx, cli->ctx->scratch);
    for (int32_t i = 0; i < model->pipeline.n_stages; i++) {
        const hn_stage *stage = &model->pipeline.stages[i];
        HN_TRY(hn_grid_put(&grid, stage->kind->name));
        hn_str_clear(&text);
        hn_str_printf(&text, "%d columns", (int)stage->n_inputs);
        HN_TRY(hn_grid_put(&grid, text.text));
        hn_str_clear(&text);
        HN_TRY(put_params(cli, &text, stage));
        HN_TRY(hn_str_status(&text));
        HN_TRY(hn_grid_put(&grid, text.text));
    }
    hn_grid_print(&grid, 2, false);
    return HONE_OK;
}

static hone_status print_report(hn_cli *cli, const options *o, const hone_model *model) {
    HN_SCRATCH(cli->ctx);
    char hash[65];
    HN_TRY(hn_model_hash(cli->ctx, o->model, hash));
    print_head(cli, o, model, hash);
    hn_put_notes(cli, yyjson_obj_get(model->facts, "notes"));
    HN_TRY(print_schema(cli, model));
    HN_TRY(print_stages(cli, model));
    HN_TRY(hn_put_metrics(cli, model->facts));
    HN_TRY(hn_put_details(cli, model->facts));
    hn_pairs importances;
    HN_TRY(hn_model_importances(cli->ctx, model, cli->ctx->scratch, &importances));
    HN_TRY(hn_put_importances(cli, &importances, 15));
    return hn_put_fitted(cli, model, 25);
}

static hone_status print_recipe(hn_cli *cli, const hone_model *model) {
    HN_SCRATCH(cli->ctx);
    hn_json_doc *doc;
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    return hn_out_json(cli, yyjson_val_mut_copy(doc, model->recipe), true);
}

static hone_status print_rules(hn_cli *cli, const options *o, const hone_model *model) {
    HN_SCRATCH(cli->ctx);
    if (!cli->common.json) return hn_model_rules(cli->ctx, model, o->part, &cli->out);
    hn_json_doc *doc;
    hn_str text;
    hn_str_init(&text, cli->ctx, cli->ctx->scratch);
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    HN_TRY(hn_model_rules(cli->ctx, model, o->part, &text));
    hn_json_mut *root = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_strn(doc, root, "rules", text.text, text.length);
    return hn_out_json(cli, root, true);
}

static hone_status print_log(hn_cli *cli, const hone_model *model) {
    HN_SCRATCH(cli->ctx);
    if (!cli->common.json) return hn_changes_write(cli->ctx, model, false, &cli->out);
    hn_json_doc *doc;
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc);
    hn_json *changes = yyjson_obj_get(model->facts, "changes");
    yyjson_mut_obj_add_val(doc, root, "changes",
                           changes ? yyjson_val_mut_copy(doc, changes) : yyjson_mut_arr(doc));
    return hn_out_json(cli, root, true);
}

static hone_status write_drawing(hn_cli *cli, const options *o, const hone_model *model) {
    HN_SCRATCH(cli->ctx);
    if (strcmp(o->drawing, "-") == 0) return hn_model_drawing(cli->ctx, model, o->part, &cli->out);
    hn_str svg;
    hn_str_init(&svg, cli->ctx, cli->ctx->scratch);
    HN_TRY(hn_model_drawing(cli->ctx, model, o->part, &svg));
    hn_outfile file __attribute__((cleanup(hn_outfile_abandon))) = HN_OUTFILE_CLOSED;
    HN_TRY(hn_outfile_open(cli->ctx, &file, o->drawing));
    HN_TRY(hn_outfile_write(cli->ctx, &file, svg.text, svg.length));
    return hn_outfile_commit(cli->ctx, &file);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_model *model;
    HN_TRY(hn_model_load(cli->ctx, o->model, &model));
    hone_status status = o->recipe          ? print_recipe(cli, model)
                         : o->drawing       ? write_drawing(cli, o, model)
                         : o->rules         ? print_rules(cli, o, model)
                         : o->log           ? print_log(cli, model)
                         : cli->common.json ? print_json(cli, o, model)
                                            : print_report(cli, o, model);
    hn_model_free(model);
    return status;
}

const hn_verb hn_verb_show = {
    .name = "show",
    .summary = "say what is in a model file",
    .doc = "Schema, steps, parameters, figures with intervals beside the baseline's, importances, "
           "and where "
           "the model comes from.",
    .example = "hone show churn.hone\n"
               "hone show churn.hone --json\n"
               "hone show churn.hone --rules\n"
               "hone show churn.hone --log\n"
               "hone show churn.hone --drawing churn.svg\n"
               "hone show churn.hone --recipe > churn.json && hone train --recipe churn.json",
    .params = &params,
    .exits = {[3] = "the file is no model, is damaged, or is newer than this program"},
    .run = run,
};
