/* verb_verify.c - does a stored model still answer as it did where it was made? */
#include "cli/report.h"
#include "flow/sample.h"
#include "flow/score.h"
#include <string.h>

typedef struct options {
    const char *model, *data;
} options;

static const hone_param items[] = {
    HN_PARAM(options, model, .positional = true, .required = true, .doc = "A model file."),
    HN_PARAM(options, data, .positional = true, .display = "TABLE",
             .doc = "Rows to answer one by one and all together, which must give the same bits; if "
                    "it is the table trained on, that is said too."),
};
static const hn_params params = HN_PARAMS(options, items);

enum { MOST_ALONE = 1000 }; /* rows answered one by one */

typedef struct findings {
    char hash[65];
    int64_t sample, same;       /* stored rows, and those answered as stored */
    int64_t rows, alone, equal; /* of the table: all, answered alone, equal to the batch */
    const char *data;           /* "trained on", "other"; NULL: no table */
} findings;

/* ---- looking --------------------------------------------------------------------------------- */

static hone_status compare_one(hone_ctx *ctx, const hone_model *model, const hn_table *inputs,
                               const hn_answers *all, int64_t i, findings *f) {
    HN_SCRATCH(ctx);
    hn_table one;
    hn_answers answer;
    HN_TRY(hn_table_slice(ctx, ctx->scratch, inputs, i, i + 1, &one));
    HN_TRY(hn_score(ctx, model, &one, ctx->scratch, &answer));
    f->equal += memcmp(answer.out, all->out + i * all->n_outputs,
                       (size_t)all->n_outputs * sizeof *all->out) == 0;
    return HONE_OK;
}

/* Rows spread over the table, each answered by itself. */
static hone_status answer_alone(hn_cli *cli, const hone_model *model, const hn_table *rows,
                                findings *f) {
    hone_ctx *ctx = cli->ctx;
    HN_SCRATCH(ctx);
    hn_table inputs;
    hn_answers all;
    HN_TRY(hn_bind_table(ctx, model, rows, true, ctx->scratch, &inputs));
    HN_TRY(hn_score(ctx, model, &inputs, ctx->scratch, &all));
    f->rows = inputs.n_rows;
    f->alone = inputs.n_rows < MOST_ALONE ? inputs.n_rows : MOST_ALONE;
    for (int64_t r = 0; r < f->alone; r++)
        HN_TRY(compare_one(ctx, model, &inputs, &all, r * (inputs.n_rows / f->alone), f));
    return HONE_OK;
}

static hone_status look_at_table(hn_cli *cli, const options *o, const hone_model *model,
                                 findings *f) {
    hone_table *table;
    double read;
    char hash[65];
    if (o->data == NULL && !hn_args_given(cli, "sql")) return HONE_OK;
    HN_TRY(hn_data_open(cli, o->data, &table, &read));
    hone_status status = hn_table_hash(cli->ctx, &table->view, hash);
    if (status == HONE_OK) status = answer_alone(cli, model, &table->view, f);
    hone_table_free(cli->ctx, table);
    const char *trained =
        yyjson_get_str(yyjson_obj_get(yyjson_obj_get(model->facts, "lineage"), "data_hash"));
    f->data = trained != NULL && strcmp(trained, hash) == 0 ? "trained on" : "other";
    return status;
}

/* ---- saying ---------------------------------------------------------------------------------- */

static bool is_sound(const findings *f) { return f->same == f->sample && f->equal == f->alone; }

static hone_status print_json(hn_cli *cli, const options *o, const findings *f) {
    HN_SCRATCH(cli->ctx);
    hn_json_doc *doc;
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_bool(doc, root, "verified", is_sound(f) && f->sample + f->alone > 0);
    yyjson_mut_obj_add_str(doc, root, "model_path", o->model);
    yyjson_mut_obj_add_str(doc, root, "model_hash", f->hash);
    hn_json_mut *sample = yyjson_mut_obj_add_obj(doc, root, "sample");
    yyjson_mut_obj_add_int(doc, sample, "rows", f->sample);
    yyjson_mut_obj_add_int(doc, sample, "same_bits", f->same);
    if (f->data != NULL) {
        hn_json_mut *table = yyjson_mut_obj_add_obj(doc, root, "table");
        yyjson_mut_obj_add_int(doc, table, "rows", f->rows);
        yyjson_mut_obj_add_bool(doc, table, "trained_on", strcmp(f->data, "trained on") == 0);
        yyjson_mut_obj_add_int(doc, table, "answered_alone", f->alone);
        yyjson_mut_obj_add_int(doc, table, "same_bits", f->equal);
    }
    return hn_out_json(cli, root, true);
}

static hone_status print_report(hn_cli *cli, const options *o, const findings *f) {
    hn_str text;
    hn_str_init(&text, cli->ctx, &cli->arena);
    hn_put_styled(cli, HN_BOLD, o->model);
    hn_str_printf(&cli->out, ": %s\n",
                  !is_sound(f) ? "does not answer as it did"
                  : f->sample + f->alone == 0
                      ? "whole, but there is nothing to compare its answers with"
                      : "verified");
    hn_put_fact(cli, "file", "whole: its checksum matches its content");
    hn_put_fact(cli, "hash", f->hash);
    if (f->sample > 0)
        hn_str_printf(&text,
                      "%lld of %lld stored rows are answered with the bits stored "
                      "beside them",
                      (long long)f->same, (long long)f->sample);
    else
        hn_str_put(&text, "none is stored; train with --sample 5 to keep some");
    hn_put_fact(cli, "sample", text.text);
    if (f->data != NULL) {
        hn_str_clear(&text);
        hn_put_count(&text, f->rows);
        hn_str_printf(&text, " rows, %s; %lld of %lld answered alone have the bits of all together",
                      strcmp(f->data, "trained on") == 0 ? "the very table that it was trained on"
                                                         : "not the table that it was trained on",
                      (long long)f->equal, (long long)f->alone);
        hn_put_fact(cli, "table", text.text);
    }
    HN_TRY(hn_str_status(&text));
    return hn_str_status(&cli->out);
}

static hone_status verify(hn_cli *cli, const options *o, const hone_model *model) {
    findings f = {.sample = 0};
    HN_TRY(hn_model_hash(cli->ctx, o->model, f.hash));
    HN_TRY(hn_sample_check(cli->ctx, model, yyjson_obj_get(model->facts, "sample"), &f.sample,
                           &f.same));
    HN_TRY(look_at_table(cli, o, model, &f));
    if (is_sound(&f)) return cli->common.json ? print_json(cli, o, &f) : print_report(cli, o, &f);
    return hn_fail_at(
        cli->ctx, HONE_ERROR_FORMAT, HN_AT(.file = o->model),
        "'%s' does not answer as it did where it was made: of %lld stored rows %lld, "
        "and of %lld rows answered alone %lld have other bits; don't use it here, and "
        "make it anew with 'hone train'",
        o->model, (long long)f.sample, (long long)(f.sample - f.same), (long long)f.alone,
        (long long)(f.alone - f.equal));
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_model *model;
    HN_TRY(hn_model_load(cli->ctx, o->model, &model));
    hone_status status = verify(cli, o, model);
    hn_model_free(model);
    return status;
}

static const hn_rename data_renames[] = {
    {"path", NULL}, {"expect", NULL}, {"categories", NULL}, {"numbers", NULL}, {NULL, NULL}};

const hn_verb hn_verb_verify = {
    .name = "verify",
    .summary = "check that a stored model answers as it did where it was made",
    .doc = "A model file keeps a few made rows with their answers. This loads the file, "
           "sends those rows through the same gate as any request, and compares the answers bit by "
           "bit: after a copy, on another machine, under a newer version of this program.\n"
           "\n"
           "With a table, rows are answered one by one and all together too.",
    .example = "hone verify churn.hone\n"
               "hone verify churn.hone churn.csv --json",
    .params = &params,
    .borrowed = {{"reading the table", &hn_recipe_data_params, data_renames}},
    .exits = {[0] = "done: the answers are the same to the bit",
              [3] = "the file is damaged, or its answers are not what they were"},
    .run = run,
};
