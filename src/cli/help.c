/* help.c - help of the program and of its verbs, from their declarations. */
#include "cli/cli.h"
#include "cli/declare.h"
#include "cli/print.h"
#include "spec/emit.h"
#include <string.h>

enum { WIDEST = 100 }; /* longer lines are hard to read */

static int help_width(const hn_cli *cli) { return cli->width < WIDEST ? cli->width : WIDEST; }

static void put_title(hn_cli *cli, const char *title) {
    hn_put_styled(cli, HN_BOLD, title);
    hn_str_put_c(&cli->out, '\n');
}

/* Paragraphs of text, each wrapped; lines that begin with a blank stay as they are. */
static void put_paragraphs(hn_cli *cli, const char *text, int indent) {
    while (*text) {
        size_t length = strcspn(text, "\n");
        if (length > 0) {
            for (int i = 0; i < indent; i++) hn_str_put_c(&cli->out, ' ');
            char *line = hn_arena_strndup(cli->ctx, &cli->arena, text, length);
            if (line && *line == ' ')
                hn_str_printf(&cli->out, "%s\n", line);
            else if (line)
                hn_emit_wrapped(&cli->out, line, indent, indent, help_width(cli));
        } else {
            hn_str_put_c(&cli->out, '\n');
        }
        text += length + (text[length] == '\n');
    }
}

static void put_operand(hn_str *str, const hone_param *param) {
    hn_str_put(str, param->required ? " " : " [");
    const char *name = param->display;
    if (name) hn_str_put(str, name);
    for (const char *p = param->name; !name && *p; p++)
        hn_str_put_c(str, *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p == '_' ? '-' : *p);
    if (param->type == HN_PARAM_TEXTS) hn_str_put(str, "...");
    if (!param->required) hn_str_put_c(str, ']');
}

void hn_help_usage(hn_cli *cli, hn_str *str) {
    hn_str_printf(str, "hone %s%s", cli->verb->name, cli->verb->run ? "" : " VERB");
    const hn_params *own = &cli->flags[0].params;
    for (int64_t i = 0; i < own->n; i++) {
        const hone_param *param = &own->items[i];
        if (param->positional) put_operand(str, param);
    }
    hn_str_put(str, " [flags]");
}

static void put_example(hn_cli *cli, const char *example) {
    while (*example) {
        size_t length = strcspn(example, "\n");
        hn_str_put(&cli->out, "  ");
        hn_str_put_n(&cli->out, example, length);
        hn_str_put_c(&cli->out, '\n');
        example += length + (example[length] == '\n');
    }
}

/* The verbs of a group, or of the program where group is NULL. */
static void put_verbs(hn_cli *cli, const hn_verb *group) {
    int64_t n;
    const hn_verb *const *verbs = hn_verbs(&n);
    put_title(cli, "verbs");
    for (int64_t i = 0; i < n; i++) {
        if (hn_verb_is_listed(verbs[i], group))
            hn_str_printf(&cli->out, "  %-11s %s\n", hn_verb_word(verbs[i]), verbs[i]->summary);
    }
    hn_str_put_c(&cli->out, '\n');
}

static hone_status help_json(hn_cli *cli, const hn_verb *verb) {
    hn_json_doc *doc;
    hn_json_mut *object;
    HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
    HN_TRY(hn_declare_verb(cli, doc, verb, &object));
    return hn_out_json(cli, object, true);
}

hone_status hn_help_verb(hn_cli *cli, const hn_verb *verb, bool json) {
    if (json) return help_json(cli, verb);
    HN_TRY(hn_args_tables(cli, verb));
    hn_str *out = &cli->out;
    hn_str_printf(out, "hone %s: %s\n\n", verb->name, verb->summary);
    hn_str_put(out, "usage: ");
    hn_help_usage(cli, out);
    hn_str_put(out, "\n\n");
    if (verb->doc) {
        put_paragraphs(cli, verb->doc, 0);
        hn_str_put_c(out, '\n');
    }
    if (!verb->run) put_verbs(cli, verb);
    for (int i = 0; i < cli->n_flags; i++) {
        if (cli->flags[i].params.n == 0) continue;
        put_title(cli, cli->flags[i].title);
        hn_emit_help(out, &cli->flags[i].params, help_width(cli), true);
        hn_str_put_c(out, '\n');
    }
    put_title(cli, "example");
    put_example(cli, verb->example);
    hn_str_put_c(out, '\n');
    put_title(cli, "exit codes");
    for (int code = 0; code < HN_EXIT_CODES; code++) {
        const char *meaning = hn_exit_meaning(verb, code);
        if (meaning) hn_str_printf(out, "  %d  %s\n", code, meaning);
    }
    return hn_str_status(out);
}

static hone_status program_json(hn_cli *cli) {
    hn_json_doc *doc;
    HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_str(doc, root, "version", HONE_VERSION);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, root, "verbs");
    int64_t n;
    const hn_verb *const *verbs = hn_verbs(&n);
    for (int64_t i = 0; i < n; i++) {
        if (!hn_verb_is_listed(verbs[i], NULL)) continue;
        hn_json_mut *entry = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_str(doc, entry, "name", verbs[i]->name);
        yyjson_mut_obj_add_str(doc, entry, "summary", verbs[i]->summary);
    }
    return hn_out_json(cli, root, true);
}

hone_status hn_help_program(hn_cli *cli, bool json) {
    if (json) return program_json(cli);
    hn_str *out = &cli->out;
    hn_str_put(out, "hone " HONE_VERSION ": from a table to a served model, in one program\n\n"
                    "usage: hone VERB [flags]\n\n");
    put_verbs(cli, NULL);
    put_title(cli, "to begin");
    hn_str_put(out,
               "  hone train churn.csv --target Churn      train, score beside a baseline, write "
               "churn.hone\n"
               "  hone predict churn.hone new.csv          predict new rows\n"
               "  hone help train                          all flags of a verb, with an example\n");
    return hn_str_status(out);
}

/* Of a group, or of the program where group is NULL. */
static hone_status listed_names(hn_cli *cli, const hn_verb *group, const char ***ret_names,
                                size_t *ret_n) {
    int64_t n;
    const hn_verb *const *verbs = hn_verbs(&n);
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, *ret_names, n));
    *ret_n = 0;
    for (int64_t i = 0; i < n; i++) {
        if (hn_verb_is_listed(verbs[i], group)) (*ret_names)[(*ret_n)++] = hn_verb_word(verbs[i]);
    }
    return HONE_OK;
}

hone_status hn_help_unknown_verb(hn_cli *cli, const hn_verb *group, const char *name) {
    const char **names;
    size_t n;
    HN_TRY(listed_names(cli, group, &names, &n));
    const char *owner = "hone";
    if (group) owner = hn_arena_printf(cli->ctx, &cli->arena, "hone %s", group->name);
    if (!owner) return HONE_ERROR_MEMORY;
    if (!name) {
        return hn_fail(cli->ctx, HONE_ERROR_USAGE,
                       "%s: say what to do, as in '%s %s'; '%s --help' lists all", owner, owner,
                       names[0], owner);
    }
    if (name[0] == '-') {
        return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = name),
                          "%s: '%s' comes before a verb; write the verb first, as in '%s %s %s'",
                          owner, name, owner, names[0], name);
    }
    const char *near = hn_nearest(name, names, n);
    if (near) {
        return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = name),
                          "%s: there is no verb '%s'; did you mean '%s'?", owner, name, near);
    }
    return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = name),
                      "%s: there is no verb '%s'; '%s --help' lists them", owner, name, owner);
}
