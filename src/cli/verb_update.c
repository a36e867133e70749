/* verb_update.c - a model learns from more rows. */
#include "cli/report.h"
#include "flow/update.h"

typedef struct options {
    const char *model, *data, *output, *history;
    bool allow_extra;
} options;

static const hone_param items[] = {
    HN_PARAM(options, model, .positional = true, .required = true, .doc = "A model file."),
    HN_PARAM(options, data, .positional = true, .display = "TABLE",
             .doc = "New rows, with the target where the model has one: a file, a pattern in "
                    "quotes, or - for standard input."),
    HN_PARAM(options, output, .letter = 'o', .display = "FILE",
             .doc = "Where to write the model that has learned; the model file itself, which is "
                    "replaced as a whole, if not given."),
    HN_PARAM(options, history, .display = "FILE",
             .doc = "Rows that came before those of the table, for features over time; they are "
                    "looked at, not learned from."),
    HN_PARAM(options, allow_extra,
             .doc = "Leave out columns that training never saw, instead of refusing them."),
};
static const hn_params params = HN_PARAMS(options, items);

static hone_status print_json(hn_cli *cli, const options *o, const hone_model *model,
                              const char *output, hn_json_doc *doc, hn_json_mut *root) {
    yyjson_mut_obj_add_str(doc, root, "model", o->model);
    yyjson_mut_obj_add_str(doc, root, "task", hn_task_name(hn_model_task(model)));
    yyjson_mut_obj_add_str(doc, root, "model_path", output);
    yyjson_mut_obj_add_str(doc, root, "model_hash", model->hash);
    return hn_out_json(cli, root, true);
}

static hone_status print_report(hn_cli *cli, const hone_model *model, const char *output,
                                const hone_table *table, hn_json *found) {
    hn_str *out = &cli->out;
    int64_t updates = yyjson_get_sint(yyjson_obj_get(found, "updates"));
    hn_put_styled(cli, HN_BOLD, table->source ? table->source : "table");
    hn_str_put(out, ": ");
    hn_put_count(out, yyjson_get_sint(yyjson_obj_get(found, "rows")));
    hn_str_printf(out, " rows learned by %s (%s), its update %lld\n",
                  hn_pipeline_model(&model->pipeline)->kind->name,
                  hn_task_name(hn_model_task(model)), (long long)updates);
    if (yyjson_obj_get(found, "metrics") != NULL) {
        hn_str_put(out, "\nhow it did on them before\n");
        HN_TRY(hn_put_metrics(cli, found));
    }
    hn_str_put(out, "\nwrote ");
    hn_put_styled(cli, HN_BOLD, output);
    hn_str_put(out, "\n");
    return hn_str_status(out);
}

static hone_status update(hn_cli *cli, const options *o, hone_model *model,
                          const hone_table *table) {
    HN_SCRATCH(cli->ctx);
    const char *output = o->output != NULL ? o->output : o->model;
    hn_json_doc *doc;
    hn_json_mut *object;
    hn_json *found;
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    HN_TRY(hn_model_update(cli->ctx, model, table, o->allow_extra, doc, &object));
    HN_TRY(hn_model_save(cli->ctx, model, output));
    if (cli->common.json) return print_json(cli, o, model, output, doc, object);
    if (cli->common.quiet) return HONE_OK;
    HN_TRY(hn_json_freeze(cli->ctx, cli->ctx->scratch, object, &found));
    return print_report(cli, model, output, table, found);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_model *model;
    hone_table *table;
    double read;
    HN_TRY(hn_check_writable(cli, o->output != NULL ? o->output : o->model));
    HN_TRY(hn_model_load(cli->ctx, o->model, &model));
    hone_status status = hn_model_may_learn(cli->ctx, model);
    if (status == HONE_OK)
        status = hn_data_open_for_model(cli, o->data, o->history, model, &table, &read);
    if (status == HONE_OK) {
        status = update(cli, o, model, table);
        hone_table_free(cli->ctx, table);
    }
    hn_model_free(model);
    return status;
}

static const hn_rename data_renames[] = {
    {"path", NULL}, {"expect", NULL}, {"categories", NULL}, {"numbers", NULL}, {NULL, NULL}};

const hn_verb hn_verb_update = {
    .name = "update",
    .summary = "let a model learn from more rows, without forgetting",
    .doc = "A model of a kind that can go on learning (sgd, perceptron, gbdt, naive Bayes, "
           "mini_batch_kmeans, half_space_trees, ...) learns from new rows, which go through its "
           "steps as they were fitted. The rows are first scored with the model as it is: figures "
           "of rows that it has not seen.\n"
           "\n"
           "'hone serve' takes the new file up without losing a request.",
    .example = "hone update fraud.hone today.csv\n"
               "hone update fraud.hone today.csv -o fraud-2.hone --json",
    .params = &params,
    .borrowed = {{"reading the table", &hn_recipe_data_params, data_renames}},
    .exits = {[3] = "the table or the model file is at fault, or the table lacks the target"},
    .run = run,
};
