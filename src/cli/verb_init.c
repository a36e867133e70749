/* verb_init.c - a commented recipe for a table, ready to edit. */
#include "cli/report.h"
#include "flow/infer.h"
#include <string.h>

typedef struct options {
    const char *data, *output;
    hn_texts target;
    bool force;
} options;

static const hone_param items[] = {
    HN_PARAM(options, data, .positional = true, .required = true, .display = "TABLE",
             .doc = "The table that the recipe is for: a file or a pattern in quotes."),
    HN_PARAM(options, target, .display = "COLUMN", .whole = true,
             .doc = "The column to predict, or several; none for clustering."),
    HN_PARAM(options, output, .letter = 'o', .display = "FILE",
             .doc = "Where to write the recipe; by default the table's name with .yaml, in this "
                    "folder; - is "
                    "standard output."),
    HN_PARAM(options, force, .letter = 'f', .doc = "Write over a file that is there."),
};
static const hn_params params = HN_PARAMS(options, items);

static hone_status say(hn_cli *cli, const char *path, const char *text) {
    if (cli->common.json) {
        hn_json_doc *doc;
        HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
        hn_json_mut *root = yyjson_mut_obj(doc);
        if (path)
            yyjson_mut_obj_add_str(doc, root, "recipe_path", path);
        else
            yyjson_mut_obj_add_str(doc, root, "recipe", text);
        return hn_out_json(cli, root, true);
    }
    if (!path) {
        hn_str_put(&cli->out, text);
    } else if (!cli->common.quiet) {
        hn_str_put(&cli->out, "wrote ");
        hn_put_styled(cli, HN_BOLD, path);
        hn_str_printf(&cli->out, "; look it over, then: hone train --recipe %s\n", path);
    }
    return hn_str_status(&cli->out);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_ctx *ctx = cli->ctx;
    const char *path =
        o->output ? o->output
                  : hn_arena_printf(ctx, &cli->arena, "%s.yaml", hn_stem(cli, o->data, "recipe"));
    if (!path) return HONE_ERROR_MEMORY;
    bool to_file = strcmp(path, "-") != 0;
    if (to_file && !o->force && hn_file_exists(path)) {
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "output", .file = path),
            "hone init: '%s' is there already; take --force to write over it, or -o another name",
            path);
    }
    if (to_file) HN_TRY(hn_check_writable(cli, path));
    hone_table *table;
    double seconds;
    char *text = NULL;
    HN_TRY(hn_data_open(cli, o->data, &table, &seconds));
    hone_status status = hn_infer_init(ctx, &cli->arena, table, o->data, &o->target, &text);
    hone_table_free(ctx, table);
    if (status != HONE_OK) return status;
    if (to_file) HN_TRY(hn_write_file(ctx, path, text, strlen(text)));
    return say(cli, to_file ? path : NULL, text);
}

const hn_verb hn_verb_init = {
    .name = "init",
    .summary = "write a commented recipe for a table",
    .doc = "Looks at the table as 'hone train' would and writes down what it would do: roles, "
           "split, steps, "
           "model and metrics, each with the reason, ready to edit and train.",
    .example = "hone init churn.csv --target Churn\n"
               "hone train --recipe churn.yaml",
    .params = &params,
    .exits = {[0] = "done: the recipe is written"},
    .run = run,
};
