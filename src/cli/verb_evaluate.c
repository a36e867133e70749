/* verb_evaluate.c - a model's figures on rows whose truth is known. */
#include "cli/report.h"
#include "flow/train.h"

typedef struct options {
    const char *model, *data, *truth;
    hn_texts metrics;
    bool allow_extra;
} options;

static const hone_param items[] = {
    HN_PARAM(options, model, .positional = true, .required = true, .doc = "A model file."),
    HN_PARAM(
        options, data, .positional = true, .display = "TABLE",
        .doc =
            "Rows with the target in them: a file, a pattern in quotes, or - for standard input."),
    HN_PARAM(
        options, metrics, .display = "METRIC,...",
        .doc = "Metrics to compute; the task's usual ones if not given. 'hone kinds' lists them."),
    HN_PARAM(options, truth, .display = "COLUMN",
             .doc = "For a clustering: a column with a known grouping to compare it with."),
    HN_PARAM(options, allow_extra,
             .doc = "Leave out columns that training never saw, instead of refusing them."),
};
static const hn_params params = HN_PARAMS(options, items);

static hone_status print_json(hn_cli *cli, const options *o, const hone_model *model,
                              hn_json *found, double read, double spent) {
    HN_SCRATCH(cli->ctx);
    hn_json_doc *doc;
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_str(doc, root, "model", o->model);
    yyjson_mut_obj_add_str(doc, root, "task", hn_task_name(model->task));
    static const char *const copied[] = {"rows", "primary", "metrics", "intervals", "reports"};
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        hn_json *value = yyjson_obj_get(found, copied[i]);
        if (value) yyjson_mut_obj_add_val(doc, root, copied[i], yyjson_val_mut_copy(doc, value));
    }
    hn_json_mut *seconds = yyjson_mut_obj_add_obj(doc, root, "seconds");
    yyjson_mut_obj_add_real(doc, seconds, "read", read);
    yyjson_mut_obj_add_real(doc, seconds, "evaluate", spent);
    return hn_out_json(cli, root, true);
}

static hone_status print_report(hn_cli *cli, const hone_model *model, const hone_table *table,
                                hn_json *found) {
    hn_str *out = &cli->out;
    const char *kind = hn_pipeline_model(&model->pipeline)->kind->name;
    hn_put_styled(cli, HN_BOLD, table->source ? table->source : "table");
    hn_str_put(out, ": ");
    hn_put_count(out, yyjson_get_sint(yyjson_obj_get(found, "rows")));
    hn_str_printf(out, " rows scored with %s (%s)\n", kind, hn_task_name(model->task));
    HN_TRY(hn_put_metrics(cli, found));
    return hn_put_confusion(cli, yyjson_obj_get(found, "reports"));
}

static hone_status evaluate(hn_cli *cli, const options *o, const hone_model *model,
                            const hone_table *table, double read) {
    HN_SCRATCH(cli->ctx);
    double start = hn_seconds();
    hn_json_doc *doc;
    hn_json_mut *built;
    hn_json *found;
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    HN_TRY(hn_evaluate(cli->ctx, model, table, &o->metrics, o->truth, o->allow_extra, doc, &built));
    HN_TRY(hn_json_freeze(cli->ctx, cli->ctx->scratch, built, &found));
    double spent = hn_seconds() - start;
    if (cli->common.json) return print_json(cli, o, model, found, read, spent);
    return print_report(cli, model, table, found);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_model *model;
    hone_table *table;
    double read;
    HN_TRY(hn_model_load(cli->ctx, o->model, &model));
    hone_status status = hn_data_open(cli, o->data, &table, &read);
    if (status == HONE_OK) {
        status = evaluate(cli, o, model, table, read);
        hone_table_free(cli->ctx, table);
    }
    hn_model_free(model);
    return status;
}

static const hn_rename data_renames[] = {
    {"path", NULL}, {"categories", NULL}, {"numbers", NULL}, {NULL, NULL}};

const hn_verb hn_verb_evaluate = {
    .name = "evaluate",
    .summary = "score a model on rows whose truth is known",
    .doc = "Computes metrics with 95% bootstrap intervals, and beside each what the baseline "
           "fitted in "
           "training scores on the same rows.",
    .example = "hone evaluate churn.hone test.csv\n"
               "hone evaluate churn.hone test.csv --metrics roc_auc,log_loss --json",
    .params = &params,
    .borrowed = {{"reading the table", &hn_recipe_data_params, data_renames}},
    .exits = {[3] = "the table or the model file is at fault, or the table lacks the target"},
    .run = run,
};
