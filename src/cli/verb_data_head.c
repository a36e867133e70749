/* verb_data_head.c - the first rows of a table, with its types. */
#include "cli/tables.h"

typedef struct options {
    const char *data;
    hn_texts columns;
    int64_t rows;
} options;

static const hone_param items[] = {
    HN_PARAM(options, data, .positional = true, .display = "TABLE",
             .doc = "A file, a pattern in quotes, or - for standard input."),
    HN_PARAM(options, rows, .letter = 'n', .def = "10", .range = "[0, 100000]",
             .doc = "How many rows to show."),
    HN_PARAM(options, columns, .display = "COLUMN,...",
             .doc = "Show these columns, in this order."),
};
static const hn_params params = HN_PARAMS(options, items);

/* Types are judged by this many rows at least. */
static const int64_t LOOKED_AT = 20000;

static hone_status say(hn_cli *cli, const options *o, const hn_table *table, bool cut) {
    hn_table picked;
    HN_TRY(hn_pick_columns(cli, table, &o->columns, &picked));
    hn_str *out = &cli->out;
    if (cli->common.json) {
        hn_str_printf(out,
                      "{\"rows_read\":%lld,\"whole\":%s,\"columns\":", (long long)table->n_rows,
                      cut ? "false" : "true");
        HN_TRY(hn_put_columns_json(cli, &picked));
        hn_str_put(out, ",\"rows\":");
        HN_TRY(hn_put_rows_json(cli, &picked, o->rows));
        hn_str_put(out, "}\n");
        return hn_str_status(out);
    }
    HN_TRY(hn_put_rows(cli, &picked, o->rows));
    if (cli->common.quiet) return HONE_OK;
    hn_str_put_c(out, '\n');
    if (cut) hn_str_put(out, "types as judged by the first ");
    hn_put_count(out, table->n_rows);
    hn_str_printf(out, " rows, %d columns\n", (int)table->n_columns);
    return hn_str_status(out);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_table *table;
    int64_t limit = o->rows > LOOKED_AT ? o->rows : LOOKED_AT;
    /* One more than is looked at tells whether there are more. */
    HN_TRY(hn_data_open_some(cli, o->data, limit + 1, &table));
    bool cut = table->view.n_rows > limit;
    hone_status status = HONE_OK;
    if (cut) {
        hn_table some;
        status = hn_table_slice(cli->ctx, &cli->arena, &table->view, 0, limit, &some);
        if (status == HONE_OK) status = say(cli, o, &some, cut);
    } else {
        status = say(cli, o, &table->view, cut);
    }
    hone_table_free(cli->ctx, table);
    return status;
}

const hn_verb hn_verb_data_head = {
    .name = "data head",
    .summary = "show the first rows and the types",
    .doc = "Types are those that training would see, judged by the first 20,000 rows.",
    .example = "hone data head churn.csv\n"
               "hone data head churn.csv -n 3 --columns tenure,Contract,Churn\n"
               "hone data head --sql \"from 'a.csv' where amount > 100\"",
    .params = &params,
    .borrowed = {HN_READING_FLAGS},
    .run = run,
};
