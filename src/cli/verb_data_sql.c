/* verb_data_sql.c - a query over files. */
#include "cli/tables.h"

typedef struct options {
    const char *query, *output;
} options;

static const hone_param items[] = {
    HN_PARAM(options, query, .positional = true, .required = true,
             .doc = "One SELECT (or WITH, or FROM) over files named in quotes."),
    HN_PARAM(options, output, .letter = 'o', .display = "FILE",
             .doc = "Where to write the rows, in the format of its ending; standard output if not "
                    "given or -."),
};
static const hn_params params = HN_PARAMS(options, items);

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hn_recipe recipe;
    hone_table *table;
    double seconds;
    HN_TRY(hn_check_output(cli, o->output));
    HN_TRY(hn_recipe_init(cli->ctx, &cli->arena, &recipe));
    HN_TRY(hn_args_replay(cli, &hn_recipe_data_params, &recipe.data));
    recipe.data.sql = o->query;
    HN_TRY(hn_data_read(cli, &recipe, &table, &seconds));
    hone_status status = hn_give_table(cli, &table->view, o->output);
    hone_table_free(cli->ctx, table);
    return status;
}

const hn_verb hn_verb_data_sql = {
    .name = "data sql",
    .summary = "run a query over files",
    .doc =
        "The SQL is DuckDB's: joins, groups, windows over CSV, JSON and Parquet files, larger than "
        "memory too. Only queries that read are run. Rows come in the order that the query says: "
        "without ORDER BY, in none.",
    .example =
        "hone data sql \"select Contract, count(*) n from 'churn.csv' group by all order by n\"\n"
        "hone data sql \"from 'a.csv' join 'b.parquet' using (id)\" -o ab.parquet\n"
        "hone data sql \"select *, avg(x) over (partition by id order by t rows 3 preceding) m "
        "from "
        "'e.csv'\"",
    .params = &params,
    .borrowed = {{"reading the result", &hn_recipe_data_params, hn_query_renames}},
    .run = run,
};
