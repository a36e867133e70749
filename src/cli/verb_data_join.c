/* verb_data_join.c - two tables as one. */
#include "cli/tables.h"
#include "table/join.h"
#include <string.h>

typedef struct options {
    const char *left, *right, *output, *time, *suffix;
    hn_texts on;
    int how;
    bool strictly;
    double at_most;
} options;

static const hone_param items[] = {
    HN_PARAM(options, left, .positional = true, .required = true, .display = "LEFT",
             .doc = "A table."),
    HN_PARAM(options, right, .positional = true, .required = true, .display = "RIGHT",
             .doc = "The table to put beside it."),
    HN_PARAM(options, on, .display = "COLUMN,...",
             .doc = "Columns that must be equal, of both tables, or LEFT=RIGHT where their names "
                    "differ; missing ones equal nothing."),
    HN_PARAM(
        options, how, .def = "inner",
        .choices = HN_CHOICES("inner", "left", "outer", "semi", "anti", "asof"),
        .doc = "Which rows: those with a partner (inner), all left ones (left), all (outer); left "
               "ones that have a partner (semi) or have none (anti), without the right columns; "
               "each left one with the latest right one that is not later (asof)."),
    HN_PARAM(options, time, .display = "COLUMN",
             .doc = "asof: when a row happened, in both tables (or LEFT=RIGHT): a time or a "
                    "number."),
    HN_PARAM(options, strictly, .doc = "asof: earlier only, not at the same time."),
    HN_PARAM(options, at_most, .def = "0", .range = "[0, inf)", .display = "AGE",
             .doc =
                 "asof: not older than that, in seconds where the column is a time; 0: any age."),
    HN_PARAM(options, suffix, .def = "_right",
             .doc = "Put after the name of a right column that the left table has too."),
    HN_PARAM(options, output, .letter = 'o', .display = "FILE",
             .doc = "Where to write the rows, in the format of its ending; standard output if not "
                    "given or -."),
};
static const hn_params params = HN_PARAMS(options, items);

static hone_status check(hn_cli *cli, const options *o) {
    bool asof = o->how == HN_JOIN_ASOF;
    if (asof && !o->time)
        return hn_fail_at(
            cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "time"),
            "hone data join: --how asof needs --time, the column that says when a row "
            "happened");
    if (!asof && (o->time || o->strictly || o->at_most > 0))
        return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "time"),
                          "hone data join: --time, --strictly and --at-most belong to --how asof");
    if (!asof && o->on.n == 0)
        return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "on"),
                          "hone data join: say with --on which columns must be equal");
    if (!*o->suffix)
        return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "suffix"),
                          "hone data join: --suffix must have a letter at least");
    return HONE_OK;
}

/* "customer=id": the right column goes by the left one's name from here on, and what was called so by another. */
static hone_status rename_right(hn_cli *cli, const options *o, const hn_table *left,
                                const char *word, hn_table *right, const char **ret_name) {
    const char *equals = strchr(word, '=');
    int32_t j;
    *ret_name = word;
    if (equals == NULL || equals == word || hn_table_find(left, word) >= 0) return HONE_OK;
    *ret_name = hn_arena_strndup(cli->ctx, &cli->arena, word, (size_t)(equals - word));
    if (*ret_name == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_table_require(cli->ctx, right, equals + 1, &j));
    int32_t other = hn_table_find(right, *ret_name);
    if (other >= 0 && other != j) {
        char *name = hn_arena_printf(cli->ctx, &cli->arena, "%s%s", *ret_name, o->suffix);
        if (name == NULL) return HONE_ERROR_MEMORY;
        right->columns[other].name = name;
    }
    right->columns[j].name = *ret_name;
    return HONE_OK;
}

static hone_status join_tables(hn_cli *cli, const options *o, const hone_table *left,
                               const hone_table *right_table) {
    hn_table right = right_table->view;
    const char **on, *time = o->time;
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, on, o->on.n + 1));
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, right.columns, right.n_columns + 1));
    memcpy(right.columns, right_table->view.columns,
           (size_t)right.n_columns * sizeof *right.columns);
    for (int64_t k = 0; k < o->on.n; k++)
        HN_TRY(rename_right(cli, o, &left->view, o->on.items[k], &right, &on[k]));
    if (time != NULL) HN_TRY(rename_right(cli, o, &left->view, time, &right, &time));
    hn_join join = {.how = (hn_join_how)o->how,
                    .on = on,
                    .n_on = o->on.n,
                    .time = time,
                    .strictly = o->strictly,
                    .at_most = o->at_most,
                    .suffix = o->suffix};
    hn_table table;
    HN_TRY(hn_table_join(cli->ctx, &cli->arena, &left->view, &right, &join, &table));
    return hn_give_table(cli, &table, o->output);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_table *left, *right;
    HN_TRY(check(cli, o));
    HN_TRY(hn_check_output(cli, o->output));
    HN_TRY(hn_data_open_some(cli, o->left, 0, &left));
    hone_status status = hn_data_open_some(cli, o->right, 0, &right);
    if (status == HONE_OK) {
        status = join_tables(cli, o, left, right);
        hone_table_free(cli->ctx, right);
    }
    hone_table_free(cli->ctx, left);
    return status;
}

const hn_verb hn_verb_data_join = {
    .name = "data join",
    .summary = "put two tables side by side by key, or by time",
    .doc = "Rows come in the order of LEFT, then of RIGHT. asof looks back only: no row gets what "
           "happened after it. For more than that, see 'hone data sql'.",
    .example = "hone data join orders.csv customers.csv --on customer_id -o both.parquet\n"
               "hone data join orders.csv people.csv --on customer=id --how left\n"
               "hone data join a.csv b.csv --on id --how anti\n"
               "hone data join trades.csv quotes.csv --on ticker --how asof --time at --at-most 60",
    .params = &params,
    .borrowed = {{"reading the tables", &hn_recipe_data_params, hn_query_renames}},
    .run = run,
};
