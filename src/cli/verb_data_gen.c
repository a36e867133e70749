/* verb_data_gen.c - made tables: blobs, moons, Friedman's problems, ...; see spec/generator.h. */
#include "cli/tables.h"
#include "flow/declare.h"
#include "spec/emit.h"
#include "table/write.h"
#include <string.h>

typedef struct options {
    const char *name, *output;
    hn_texts set;
    bool about;
} options;

static const hone_param items[] = {
    HN_PARAM(options, name, .positional = true,
             .doc = "The generator; without one, all are listed."),
    HN_PARAM(options, set, .display = "NAME=VALUE", .whole = true,
             .doc = "Set a parameter of the generator; may be given many times."),
    HN_PARAM(options, output, .letter = 'o', .display = "FILE",
             .doc = "Where to write the table, in the format of its ending; standard output as CSV "
                    "if not given or -."),
    HN_PARAM(options, about,
             .doc = "Say what the generator makes and list its parameters, and make nothing."),
};
static const hn_params params = HN_PARAMS(options, items);

/* ---- what there is -------------------------------------------------------------------------- */

static hone_status list(hn_cli *cli) {
    int64_t n;
    const hn_generator *const *all = hn_generators(&n);
    if (cli->common.json) {
        hn_json_doc *doc;
        HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
        hn_json_mut *root = yyjson_mut_obj(doc);
        HN_TRY(hn_declare_generators(cli->ctx, doc, root, "generators"));
        return hn_out_json(cli, root, true);
    }
    for (int64_t i = 0; i < n; i++)
        hn_str_printf(&cli->out, "  %-20s %s\n", all[i]->name, all[i]->title);
    hn_str_put(&cli->out, "\n'hone data gen NAME --about' says all about one.\n");
    return hn_str_status(&cli->out);
}

static hone_status say_about(hn_cli *cli, const hn_generator *g) {
    hn_str *out = &cli->out;
    if (cli->common.json) {
        hn_json_doc *doc;
        hn_json_mut *object;
        HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
        HN_TRY(hn_declare_generator(cli->ctx, doc, g, &object));
        return hn_out_json(cli, object, true);
    }
    int width = cli->width < 100 ? cli->width : 100;
    hn_put_styled(cli, HN_BOLD, g->name);
    hn_str_printf(out, ": %s\n\n", g->title);
    hn_emit_wrapped(out, g->doc, 0, 0, width);
    hn_str_put_c(out, '\n');
    hn_put_styled(cli, HN_BOLD, "parameters");
    hn_str_put_c(out, '\n');
    hn_emit_help(out, &g->params, width, false);
    if (g->references) hn_str_printf(out, "\n%s\n", g->references);
    hn_str_put_c(out, '\n');
    hn_put_styled(cli, HN_BOLD, "example");
    hn_str_put_c(out, '\n');
    hn_str_printf(out, "  hone data gen %s", g->name);
    if (g->params.n > 0 && g->params.items[0].def != NULL)
        hn_str_printf(out, " --set %s=%s", g->params.items[0].name, g->params.items[0].def);
    hn_str_printf(out, " --seed 42 -o %s.csv\n", g->name);
    return hn_str_status(out);
}

static hone_status help_on(hn_cli *cli, const char *word, bool *ret_said) {
    int64_t n;
    const hn_generator *const *all = hn_generators(&n);
    for (int64_t i = 0; i < n && !*ret_said; i++) {
        if (strcmp(all[i]->name, word) != 0 && strcmp(all[i]->class_name, word) != 0) continue;
        HN_TRY(say_about(cli, all[i]));
        *ret_said = true;
    }
    return HONE_OK;
}

/* ---- making --------------------------------------------------------------------------------- */

/* "n_samples=300" into the generator's struct. */
static hone_status set_param(hn_cli *cli, const hn_generator *g, void *values, const char *word) {
    const char *equals = strchr(word, '=');
    if (!equals || equals == word)
        return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "set"),
                          "hone data gen: --set takes NAME=VALUE, not '%.100s'", word);
    char *key = hn_arena_strndup(cli->ctx, &cli->arena, word, (size_t)(equals - word));
    if (!key) return HONE_ERROR_MEMORY;
    return hn_params_set_text(cli->ctx, &cli->arena, &g->params, values, g->name, key, equals + 1);
}

static hone_status run(hn_cli *cli, const void *options_) {
    const options *o = options_;
    hone_ctx *ctx = cli->ctx;
    if (!o->name) return list(cli);
    const hn_generator *g;
    HN_TRY(hn_generator_require(ctx, o->name, &g));
    if (o->about) return say_about(cli, g);
    void *values = hn_arena_alloc(ctx, &cli->arena, 1, g->params.size);
    if (!values) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(ctx, &cli->arena, &g->params, values));
    for (int64_t i = 0; i < o->set.n; i++) HN_TRY(set_param(cli, g, values, o->set.items[i]));
    HN_TRY(hn_check_output(cli, o->output));
    hone_table *table;
    HN_TRY(hn_generate(ctx, g, values, &table));
    hone_status status = hn_give_table(cli, &table->view, o->output);
    hone_table_free(ctx, table);
    return status;
}

const hn_verb hn_verb_data_gen = {
    .name = "data gen",
    .summary = "make a table: blobs, moons, a regression problem, ...",
    .doc = "Generators have the names and parameters of scikit-learn's. One seed: the same table, "
           "whatever the number of threads.",
    .example =
        "hone data gen\n"
        "hone data gen blobs --set n_samples=300 --set centers=4 --set cluster_std=0.6 --seed 42 "
        "-o blobs.csv\n"
        "hone data gen classification --about",
    .params = &params,
    .run = run,
    .help_on = help_on,
};
