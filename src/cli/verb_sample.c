/* verb_sample.c - rows drawn from a model that knows how they come about. */
#include "cli/tables.h"

typedef struct options {
    const char *model, *output;
    int64_t rows;
} options;

static const hone_param items[] = {
    HN_PARAM(options, model, .positional = true, .required = true, .doc = "A model file."),
    HN_PARAM(options, rows, .letter = 'n', .def = "100", .range = "[1, 1073741824]", .unit = "rows",
             .doc = "How many to draw."),
    HN_PARAM(options, output, .letter = 'o', .display = "FILE",
             .doc =
                 "Where to write them, in the format of its ending; standard output as CSV if not "
                 "given or -."),
};
static const hn_params params = HN_PARAMS(options, items);

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_model *model;
    hone_table *table;
    HN_TRY(hn_check_output(cli, o->output));
    HN_TRY(hone_model_load(cli->ctx, o->model, &model));
    hone_status status = hone_model_sample(cli->ctx, model, o->rows, &table);
    hone_model_free(model);
    HN_TRY(status);
    status = hn_give_table(cli, &table->view, o->output);
    hone_table_free(cli->ctx, table);
    return status;
}

const hn_verb hn_verb_sample = {
    .name = "sample",
    .summary = "draw new rows from a model of how rows come about",
    .doc =
        "For kinds that describe the rows they learned from as draws, such as gaussian_mixture. "
        "Rows come in the units of the training table, as far back as the recipe's steps have an "
        "inverse; the column component says what each was drawn "
        "from. One seed: the same rows, whatever the number of threads.",
    .example = "hone train iris.csv --model gaussian_mixture --set n_components=3 -o m.hone\n"
               "hone sample m.hone -n 1000 --seed 7 -o drawn.csv",
    .params = &params,
    .run = run,
};
