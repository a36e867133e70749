/* verb_data_expect.c - a first file of expectations, made from a table that meets them. */
#include "cli/tables.h"
#include "flow/expectations.h"

typedef struct options {
    const char *data;
} options;

static const hone_param items[] = {
    HN_PARAM(options, data, .positional = true, .display = "TABLE",
             .doc = "A file, a pattern in quotes, or - for standard input."),
};
static const hn_params params = HN_PARAMS(options, items);

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_table *table;
    hn_json_doc *doc;
    hn_json_mut *root;
    HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
    HN_TRY(hn_data_open_some(cli, o->data, 0, &table));
    hone_status status = hn_expectations_of(cli->ctx, &table->view, doc, &root);
    hone_table_free(cli->ctx, table);
    HN_TRY(status);
    return hn_out_json(cli, root, true);
}

const hn_verb hn_verb_data_expect = {
    .name = "data expect",
    .summary = "write expectations that a table meets",
    .doc = "Prints, as JSON that 'hone data validate --expect' takes, what a table is like: types, "
           "ranges, shares of missing values, the values of columns that have few, ids. A "
           "beginning, to be loosened or tightened by hand.",
    .example = "hone data expect churn.csv > churn-expect.json",
    .params = &params,
    .borrowed = {HN_READING_FLAGS},
    .run = run,
};
