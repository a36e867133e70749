/* verb_predict.c - rows in, answers out. One row (--row) starts no table engine. */
#include "cli/report.h"
#include "flow/score.h"
#include "table/write.h"
#include <string.h>

typedef struct options {
    const char *model, *data, *row, *output, *history;
    hn_texts keep;
    bool allow_extra;
} options;

static const hone_param items[] = {
    HN_PARAM(options, model, .positional = true, .required = true, .doc = "A model file."),
    HN_PARAM(
        options, data, .positional = true, .display = "TABLE",
        .doc = "Rows to predict: a file, a pattern in quotes, a database, a URL, or - for standard "
               "input."),
    HN_PARAM(options, row, .display = "JSON",
             .doc = "One row as an object by column name, or a list of rows; - reads it from "
                    "standard input."),
    HN_PARAM(options, history, .display = "FILE",
             .doc = "Rows that came before those of the table, for features over time (a recipe's "
                    "data.windows); they are looked at, not answered."),
    HN_PARAM(options, output, .letter = 'o', .display = "FILE",
             .doc = "Where to write answers, in the format of its ending: .csv .tsv .ndjson .json, "
                    "also .gz "
                    "or .zst, .parquet, .arrow; standard output as CSV if not given or -."),
    HN_PARAM(options, keep, .display = "COLUMN,...",
             .doc = "Columns of the table to pass through, before the answers."),
    HN_PARAM(options, allow_extra,
             .doc = "Leave out columns that training never saw, instead of refusing them."),
};
static const hn_params params = HN_PARAMS(options, items);

/* ---- rows given as JSON --------------------------------------------------------------------- */

static hone_status predict_row(hn_cli *cli, const options *o, const hone_model *model) {
    HN_SCRATCH(cli->ctx);
    char *text = (char *)(uintptr_t)o->row;
    size_t length = strlen(text);
    if (strcmp(o->row, "-") == 0)
        HN_TRY(hn_read_file(cli->ctx, cli->ctx->scratch, "-", 0, &text, &length));
    /* With --json a list comes as an object, as the server answers it. */
    HN_TRY(hn_predict_json(cli->ctx, model, text, length, &cli->out, cli->common.json, NULL));
    hn_str_put_c(&cli->out, '\n');
    return hn_str_status(&cli->out);
}

/* ---- tables --------------------------------------------------------------------------------- */

typedef struct result {
    hn_table table;
    double read, predict;
} result;

/* The columns to keep, then the answers. */
static hone_status join_kept(hn_cli *cli, const options *o, const hn_table *rows,
                             hn_table *answers) {
    if (o->keep.n == 0) return HONE_OK;
    hn_table joined = {.n_rows = answers->n_rows};
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, joined.columns, o->keep.n + answers->n_columns));
    for (int64_t i = 0; i < o->keep.n; i++) {
        int32_t at;
        HN_TRY(hn_table_require(cli->ctx, rows, o->keep.items[i], &at));
        joined.columns[joined.n_columns++] = rows->columns[at];
    }
    for (int32_t j = 0; j < answers->n_columns; j++)
        joined.columns[joined.n_columns++] = answers->columns[j];
    *answers = joined;
    return HONE_OK;
}

static bool is_kept(const options *o, const char *name) {
    for (int64_t i = 0; i < o->keep.n; i++)
        if (strcmp(o->keep.items[i], name) == 0) return true;
    return false;
}

/* Whoever keeps a column knows that it is there, whether the model has seen it or not. */
static hone_status for_the_model(hn_cli *cli, const options *o, const hone_model *model,
                                 const hn_table *rows, hn_table *ret_rows) {
    hn_table asked = {.n_rows = rows->n_rows, .csr = rows->csr};
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, asked.columns, rows->n_columns + 1));
    for (int32_t j = 0; j < rows->n_columns; j++) {
        const char *name = rows->columns[j].name;
        if (is_kept(o, name) && hn_table_find(&model->schema, name) < 0) continue;
        asked.columns[asked.n_columns++] = rows->columns[j];
    }
    *ret_rows = asked;
    return HONE_OK;
}

static hone_status score(hn_cli *cli, const options *o, const hone_model *model,
                         const hn_table *rows, result *r) {
    double start = hn_seconds();
    hn_table inputs, asked;
    hn_answers answers;
    /* Before the work: a column that is to be kept but isn't there. */
    int32_t at;
    for (int64_t i = 0; i < o->keep.n; i++)
        HN_TRY(hn_table_require(cli->ctx, rows, o->keep.items[i], &at));
    HN_TRY(for_the_model(cli, o, model, rows, &asked));
    HN_TRY(hn_bind_table(cli->ctx, model, &asked, o->allow_extra, &cli->arena, &inputs));
    HN_TRY(hn_score(cli->ctx, model, &inputs, &cli->arena, &answers));
    HN_TRY(hn_answers_table(cli->ctx, model, &answers, &cli->arena, &r->table));
    HN_TRY(join_kept(cli, o, rows, &r->table));
    r->predict = hn_seconds() - start;
    return HONE_OK;
}

static hone_status print_rows_as_json(hn_cli *cli, const options *o, const result *r) {
    hn_str *out = &cli->out;
    hn_str_put(out, "{\"model\":");
    hn_json_put_string(out, o->model, strlen(o->model));
    hn_str_printf(out, ",\"rows\":%lld,\"predictions\":[", (long long)r->table.n_rows);
    for (int64_t i = 0; i < r->table.n_rows; i++) {
        if (i > 0) hn_str_put_c(out, ',');
        hn_write_json_row(out, &r->table, i);
    }
    hn_str_put(out, "]}\n");
    return hn_str_status(out);
}

static hone_status print_summary(hn_cli *cli, const options *o, const result *r) {
    hn_str *out = &cli->out;
    if (cli->common.json) {
        hn_str_put(out, "{\"model\":");
        hn_json_put_string(out, o->model, strlen(o->model));
        hn_str_printf(out, ",\"rows\":%lld,\"output\":", (long long)r->table.n_rows);
        hn_json_put_string(out, o->output, strlen(o->output));
        hn_str_put(out, ",\"seconds\":{\"read\":");
        hn_json_put_double(out, r->read);
        hn_str_put(out, ",\"predict\":");
        hn_json_put_double(out, r->predict);
        hn_str_put(out, "}}\n");
    } else if (!cli->common.quiet) {
        hn_str_put(out, "wrote ");
        hn_put_styled(cli, HN_BOLD, o->output);
        hn_str_put(out, ": ");
        hn_put_count(out, r->table.n_rows);
        hn_str_put(out, " rows, read in ");
        hn_put_seconds(out, r->read);
        hn_str_put(out, ", predicted in ");
        hn_put_seconds(out, r->predict);
        hn_str_put_c(out, '\n');
    }
    return hn_str_status(out);
}

static hone_status predict_table(hn_cli *cli, const options *o, const hone_model *model) {
    bool to_file = o->output && strcmp(o->output, "-") != 0;
    if (to_file) HN_TRY(hn_check_writable(cli, o->output));
    hone_table *table;
    result r = {0};
    HN_TRY(hn_data_open_for_model(cli, o->data, o->history, model, &table, &r.read));
    hone_status status = score(cli, o, model, &table->view, &r);
    if (status == HONE_OK) {
        if (!to_file && cli->common.json)
            status = print_rows_as_json(cli, o, &r);
        else
            status = hn_write_path(cli->ctx, &r.table, to_file ? o->output : "-");
    }
    if (status == HONE_OK && to_file) status = print_summary(cli, o, &r);
    hone_table_free(cli->ctx, table);
    return status;
}

/* ---- running -------------------------------------------------------------------------------- */

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    if (o->row && (o->data || hn_args_given(cli, "sql"))) {
        return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "row"),
                          "hone predict: both --row and a table are given; give one of them");
    }
    if (o->row && o->history) {
        return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "history"),
                          "hone predict: a row given as JSON brings its features over time along; "
                          "--history is for a table");
    }
    if (o->row && (o->output || o->keep.n > 0)) {
        return hn_fail_at(
            cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "row"),
            "hone predict: --row answers on standard output, all of it; take --%s away",
            o->output ? "output" : "keep");
    }
    hone_model *model;
    HN_TRY(hn_model_load(cli->ctx, o->model, &model));
    hone_status status = o->row ? predict_row(cli, o, model) : predict_table(cli, o, model);
    hn_model_free(model);
    return status;
}

static const hn_rename data_renames[] = {
    {"path", NULL}, {"expect", NULL}, {"categories", NULL}, {"numbers", NULL}, {NULL, NULL}};

const hn_verb hn_verb_predict = {
    .name = "predict",
    .summary = "answer for new rows with a model",
    .doc = "Prepares and scores rows with exactly the steps that were fitted. For classes the "
           "answers are "
           "prediction, probability (of the prediction) and one probability_CLASS each; for "
           "numbers and "
           "clusters, prediction. Columns are found by name, whatever their order.\n"
           "\n"
           "A model trained with features over time (data.windows) has them made of the table, by "
           "the same query, where the table lacks them: the table is its own past, and --history "
           "names what came before it.",
    .example =
        "hone predict churn.hone new.csv -o out.csv --keep customerID\n"
        "hone predict churn.hone --row '{\"tenure\": 3, \"Contract\": \"Month-to-month\", ...}'\n"
        "zcat new.csv.gz | hone predict churn.hone - > out.csv\n"
        "hone predict fraud.hone today.csv --history last-month.parquet",
    .params = &params,
    .borrowed = {{"reading the table", &hn_recipe_data_params, data_renames}},
    .exits = {[0] = "done: all rows are answered"},
    .run = run,
};
