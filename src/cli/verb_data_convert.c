/* verb_data_convert.c - a table in another format. */
#include "cli/tables.h"

typedef struct options {
    const char *data, *output;
    hn_texts columns;
} options;

static const hone_param items[] = {
    HN_PARAM(options, data, .positional = true, .required = true, .display = "TABLE",
             .doc = "A file, a pattern in quotes, or - for standard input."),
    HN_PARAM(options, output, .positional = true, .required = true, .display = "OUT",
             .doc = "The file to write: .csv .tsv .ndjson .json (each also .gz or .zst), .parquet, "
                    ".arrow or .arrows."),
    HN_PARAM(options, columns, .display = "COLUMN,...",
             .doc = "Write these columns, in this order."),
};
static const hn_params params = HN_PARAMS(options, items);

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_table *table;
    hn_table picked;
    HN_TRY(hn_check_output(cli, o->output));
    HN_TRY(hn_data_open_some(cli, o->data, 0, &table));
    hone_status status = hn_pick_columns(cli, &table->view, &o->columns, &picked);
    if (status == HONE_OK) status = hn_give_table(cli, &picked, o->output);
    hone_table_free(cli->ctx, table);
    return status;
}

const hn_verb hn_verb_data_convert = {
    .name = "data convert",
    .summary = "write a table in another format",
    .doc =
        "The format follows the ending of OUT. In Parquet and Arrow, types stay as they are: "
        "categories as dictionaries, timestamps in microseconds; as text, numbers are written so "
        "that reading them back gives the same bits.",
    .example = "hone data convert churn.csv churn.parquet\n"
               "hone data convert 'part-*.parquet' all.csv.gz\n"
               "zcat big.json.gz | hone data convert - big.arrow --format json",
    .params = &params,
    .borrowed = {{"reading the table", &hn_recipe_data_params, hn_query_renames}},
    .exits = {[0] = "done: the table is written"},
    .run = run,
};
