/* verb_evaluate.c - a model's figures on rows whose truth is known. */
#include "cli/report.h"
#include "flow/page.h"
#include "flow/train.h"

typedef struct options {
    const char *model, *data, *report, *cost_table, *history;
} options;

static const hone_param items[] = {
    HN_PARAM(options, model, .positional = true, .required = true, .doc = "A model file."),
    HN_PARAM(
        options, data, .positional = true, .display = "TABLE",
        .doc =
            "Rows with the target in them: a file, a pattern in quotes, or - for standard input."),
    HN_PARAM(options, history, .display = "FILE",
             .doc = "Rows that came before those of the table, for features over time; they are "
                    "looked at, not scored."),
    HN_PARAM(options, report, .display = "FILE",
             .doc = "Write all of it as one HTML page that needs nothing beside it."),
    HN_PARAM(options, cost_table, .display = "FILE",
             .doc =
                 "Costs from a file: CSV whose first column is the truth and whose other columns "
                 "are answers, or JSON."),
};
static const hn_params params = HN_PARAMS(options, items);

/* What is asked for, from the flags. */
typedef struct wishes {
    hn_evaluate_options with;
    hn_recipe_decision decision;
} wishes;

static hone_status read_wishes(hn_cli *cli, const options *o, wishes *ret) {
    wishes w;
    HN_TRY(hn_params_defaults(cli->ctx, &cli->arena, &hn_evaluate_params, &w.with));
    HN_TRY(hn_params_defaults(cli->ctx, &cli->arena, &hn_recipe_decision_params, &w.decision));
    HN_TRY(hn_args_replay(cli, &hn_evaluate_params, &w.with));
    HN_TRY(hn_args_replay(cli, &hn_recipe_decision_params, &w.decision));
    if (o->cost_table != NULL) HN_TRY(hn_costs_read(cli, o->cost_table, &w.decision.costs));
    /* A page without an analysis of errors would be half of one. */
    if (o->report != NULL && !hn_args_given(cli, "errors")) w.with.errors = 10;
    *ret = w;
    return HONE_OK;
}

static hone_status print_json(hn_cli *cli, const options *o, const hone_model *model,
                              hn_json *found, double read, double spent) {
    HN_SCRATCH(cli->ctx);
    hn_json_doc *doc;
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_str(doc, root, "model", o->model);
    yyjson_mut_obj_add_str(doc, root, "task", hn_task_name(hn_model_task(model)));
    static const char *const copied[] = {"rows",    "primary", "metrics", "intervals", "decision",
                                         "reports", "errors",  "plots",   "targets"};
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
    hn_str_printf(out, " rows scored with %s (%s)\n", kind, hn_task_name(hn_model_task(model)));
    HN_TRY(hn_put_metrics(cli, found));
    return hn_put_details(cli, found);
}

static hone_status write_page(hn_cli *cli, const options *o, const hone_model *model,
                              const hone_table *table, hn_json *found) {
    HN_SCRATCH(cli->ctx);
    hn_str page, subtitle;
    hn_str_init(&page, cli->ctx, cli->ctx->scratch);
    hn_str_init(&subtitle, cli->ctx, cli->ctx->scratch);
    const char *kind = hn_pipeline_model(&model->pipeline)->kind->title;
    hn_str_printf(&subtitle, "%s (%s)", kind, hn_task_name(hn_model_task(model)));
    if (model->target != NULL) hn_str_put(&subtitle, ", predicts ");
    if (model->target != NULL) hn_put_target_names(&subtitle, model);
    hn_str_put(&subtitle, ". Scored on ");
    hn_put_count(&subtitle, yyjson_get_sint(yyjson_obj_get(found, "rows")));
    hn_str_printf(&subtitle, " rows of %s.", table->source ? table->source : "a table");
    HN_TRY(hn_str_status(&subtitle));
    HN_TRY(hn_page_of_evaluation(cli->ctx, found, hn_stem(cli, o->model, "model"), subtitle.text,
                                 &page));
    HN_TRY(hn_write_file(cli->ctx, o->report, page.text, page.length));
    if (cli->common.json || cli->common.quiet) return HONE_OK;
    hn_str_put(&cli->out, "\nwrote ");
    hn_put_styled(cli, HN_BOLD, o->report);
    hn_str_put(&cli->out, " (");
    hn_put_bytes(&cli->out, (int64_t)page.length);
    hn_str_put(&cli->out, ")\n");
    return hn_str_status(&cli->out);
}

static hone_status evaluate(hn_cli *cli, const options *o, const wishes *w, const hone_model *model,
                            const hone_table *table, double read) {
    HN_SCRATCH(cli->ctx);
    double start = hn_seconds();
    hn_json_doc *doc;
    hn_json_mut *built;
    hn_json *found;
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    HN_TRY(hn_evaluate(cli->ctx, model, table, &w->with, &w->decision, doc, &built));
    HN_TRY(hn_json_freeze(cli->ctx, cli->ctx->scratch, built, &found));
    double spent = hn_seconds() - start;
    HN_TRY(cli->common.json ? print_json(cli, o, model, found, read, spent)
                            : print_report(cli, model, table, found));
    return o->report != NULL ? write_page(cli, o, model, table, found) : HONE_OK;
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_model *model;
    hone_table *table;
    double read;
    wishes w;
    HN_TRY(read_wishes(cli, o, &w));
    if (o->report != NULL) HN_TRY(hn_check_writable(cli, o->report));
    HN_TRY(hn_model_load(cli->ctx, o->model, &model));
    hone_status status = hn_data_open_for_model(cli, o->data, o->history, model, &table, &read);
    if (status == HONE_OK) {
        status = evaluate(cli, o, &w, model, table, read);
        hone_table_free(cli->ctx, table);
    }
    hn_model_free(model);
    return status;
}

static const hn_rename data_renames[] = {
    {"path", NULL}, {"expect", NULL}, {"categories", NULL}, {"numbers", NULL}, {NULL, NULL}};

const hn_verb hn_verb_evaluate = {
    .name = "evaluate",
    .summary = "score a model on rows whose truth is known",
    .doc =
        "Computes metrics with 95% bootstrap intervals, and beside each what the baseline "
        "fitted in training scores on the same rows; the classification report and the confusion "
        "matrix; on request where the model errs, what its answers cost and earn, and all of it "
        "as one page with curves.",
    .example = "hone evaluate churn.hone test.csv\n"
               "hone evaluate churn.hone test.csv --metrics roc_auc,log_loss --json\n"
               "hone evaluate churn.hone test.csv --errors 10 --report churn.html\n"
               "hone evaluate churn.hone test.csv --costs fp=50,fn=400 --threshold cost\n"
               "hone evaluate churn.hone test.csv --value MonthlyCharges --intervention-cost 5",
    .params = &params,
    .borrowed = {{"what to find out", &hn_evaluate_params, NULL},
                 {"deciding, instead of what the model says", &hn_recipe_decision_params, NULL},
                 {"reading the table", &hn_recipe_data_params, data_renames}},
    .exits = {[3] = "the table or the model file is at fault, or the table lacks the target"},
    .run = run,
};
