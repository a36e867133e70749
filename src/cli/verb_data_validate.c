/* verb_data_validate.c - whether a table is as a file of expectations says. */
#include "cli/tables.h"
#include "flow/expectations.h"
#include "spec/emit.h"

typedef struct options {
    const char *data, *expect;
    bool rules;
} options;

static const hone_param items[] = {
    HN_PARAM(options, data, .positional = true, .display = "TABLE",
             .doc = "A file, a pattern in quotes, or - for standard input."),
    HN_PARAM(options, expect, .display = "FILE",
             .doc = "What the table must be like, in YAML or JSON: types, ranges, allowed values, "
                    "keys, conditions; 'hone data expect' writes a first one."),
    HN_PARAM(options, rules, .doc = "List the rules that such a file can hold, and check nothing."),
};
static const hn_params params = HN_PARAMS(options, items);

static hone_status say(hn_cli *cli, const hn_table *table, hn_json *found) {
    hn_str *out = &cli->out;
    size_t n = yyjson_arr_size(found);
    if (cli->common.json) {
        hn_json_doc *doc;
        HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
        hn_json_mut *root = hn_expectations_verdict(table, doc, yyjson_val_mut_copy(doc, found));
        return hn_out_json(cli, root, true);
    }
    for (size_t i = 0; i < n; i++)
        hn_str_printf(out, "%s\n",
                      yyjson_get_str(yyjson_obj_get(yyjson_arr_get(found, i), "text")));
    if (n == 0 && !cli->common.quiet) {
        hn_put_count(out, table->n_rows);
        hn_str_put(out, " rows are as expected\n");
    }
    return hn_str_status(out);
}

static hone_status validate(hn_cli *cli, const options *o, const hn_table *table) {
    hn_json_doc *doc;
    hn_json_mut *list;
    hn_json *found;
    HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
    HN_TRY(hn_expectations_check(cli->ctx, o->expect, table, doc, &list));
    HN_TRY(hn_json_freeze(cli->ctx, &cli->arena, list, &found));
    HN_TRY(say(cli, table, found));
    size_t n = yyjson_arr_size(found);
    if (n == 0) return HONE_OK;
    HN_TRY(hn_out_flush(cli));
    cli->told = cli->common.json;
    return hn_fail(cli->ctx, HONE_ERROR_DATA, "the table is not as %s expects, in %lld point%s",
                   o->expect, (long long)n, n == 1 ? "" : "s");
}

static hone_status list_rules(hn_cli *cli) {
    hn_str *out = &cli->out;
    int width = cli->width < 100 ? cli->width : 100;
    hn_str_put(out, "rows: {...}\n");
    hn_emit_help(out, &hn_expectations_rows, width, false);
    hn_str_put(out, "\ncolumns: {NAME: {...}}\n");
    hn_emit_help(out, &hn_expectations_columns, width, false);
    hn_str_put(
        out,
        "\nkeys: [[NAME, ...], ...]     no two rows have the same values there; a key that is\n"
        "                             {columns: [NAME, ...], in: 'FILE:NAME,...'} is in another "
        "file\n"
        "checks: ['a <= b', ...]      what holds in every row where it is not missing: "
        "'hone kinds functions'\n");
    return hn_str_status(out);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_table *table;
    if (o->rules) return list_rules(cli);
    if (o->expect == NULL)
        return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "expect"),
                          "hone data validate: say with --expect which file says what the table "
                          "must be like; 'hone data expect' writes a first one");
    HN_TRY(hn_data_open_some(cli, o->data, 0, &table));
    hone_status status = validate(cli, o, &table->view);
    hone_table_free(cli->ctx, table);
    return status;
}

const hn_verb hn_verb_data_validate = {
    .name = "data validate",
    .summary = "check a table against expectations",
    .doc = "Says what in a table is not as a file of expectations has it: types, ranges, allowed "
           "values, patterns, missing values, unique columns and keys, values that another file "
           "must have, conditions across columns. 'hone train' checks the same where a recipe says "
           "data: {expect: FILE}.",
    .example = "hone data expect churn.csv > churn-expect.json\n"
               "hone data validate churn.csv --expect churn-expect.json\n"
               "hone data validate --rules",
    .params = &params,
    .borrowed = {HN_READING_FLAGS},
    .exits = {[0] = "done: the table is as expected", [3] = "the table is not as expected"},
    .run = run,
};
