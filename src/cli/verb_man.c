/* verb_man.c - manual pages from the declarations of verbs: hone.1 and a hone-VERB.1 each. */
#include "cli/declare.h"
#include "spec/emit.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

typedef struct options {
    const char *folder;
} options;

static const hone_param items[] = {
    HN_PARAM(options, folder, .positional = true, .required = true,
             .doc = "Where to write the pages."),
};
static const hn_params params = HN_PARAMS(options, items);

static void put_head(hn_str *page, const char *title) {
    hn_str_put(page, ".TH ");
    hn_emit_roff_text(page, title);
    hn_str_printf(page, " 1 \"\" \"hone %s\" \"hone\"\n.SH NAME\n", HONE_VERSION);
}

/* Paragraphs: a blank line begins a new one; lines that begin with a blank stay lines. */
static void put_paragraphs(hn_str *page, const char *text, hn_cli *cli) {
    while (*text) {
        size_t length = strcspn(text, "\n");
        char *line = hn_arena_strndup(cli->ctx, &cli->arena, text, length);
        if (line && *line == '\0')
            hn_str_put(page, ".PP");
        else if (line)
            hn_emit_roff_text(page, line);
        hn_str_put_c(page, '\n');
        text += length + (text[length] == '\n');
    }
}

static void put_examples(hn_str *page, const char *example) {
    hn_str_put(page, ".SH EXAMPLES\n.nf\n");
    hn_emit_roff_text(page, example);
    hn_str_put(page, "\n.fi\n");
}

static void put_exit_codes(hn_str *page, const hn_verb *verb) {
    hn_str_put(page, ".SH EXIT STATUS\n");
    for (int code = 0; code < HN_EXIT_CODES; code++) {
        const char *meaning = hn_exit_meaning(verb, code);
        if (!meaning) continue;
        hn_str_printf(page, ".TP\n.B %d\n", code);
        hn_emit_roff_text(page, meaning);
        hn_str_put_c(page, '\n');
    }
}

/* "hone-data-head" of the verb "data head". */
static char *page_name(hn_cli *cli, const hn_verb *verb) {
    char *name = hn_arena_printf(cli->ctx, &cli->arena, "hone-%s", verb->name);
    for (char *p = name; p && *p; p++) *p = *p == ' ' ? '-' : *p;
    return name;
}

/* The pages of the verbs of a group, or of the program where group is NULL. */
static hone_status put_verbs(hn_cli *cli, hn_str *page, const hn_verb *group) {
    int64_t n;
    const hn_verb *const *verbs = hn_verbs(&n);
    hn_str_put(page, ".SH VERBS\n");
    for (int64_t i = 0; i < n; i++) {
        if (!hn_verb_is_listed(verbs[i], group)) continue;
        char *name = page_name(cli, verbs[i]);
        if (!name) return HONE_ERROR_MEMORY;
        hn_str_put(page, ".TP\n.BR ");
        hn_emit_roff_text(page, name);
        hn_str_put(page, " (1)\n");
        hn_emit_roff_text(page, verbs[i]->summary);
        hn_str_put_c(page, '\n');
    }
    return hn_str_status(page);
}

static hone_status put_verb_page(hn_cli *cli, hn_str *page, const hn_verb *verb) {
    const hn_verb *current = cli->verb;
    HN_TRY(hn_args_tables(cli, verb));
    char *name = page_name(cli, verb);
    char *title = name ? hn_arena_strdup(cli->ctx, &cli->arena, name) : NULL;
    if (!title) return HONE_ERROR_MEMORY;
    for (char *p = title; *p; p++) *p = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
    put_head(page, title);
    hn_emit_roff_text(page, name);
    hn_str_put(page, " \\- ");
    hn_emit_roff_text(page, verb->summary);
    hn_str_put(page, "\n.SH SYNOPSIS\n.B ");
    hn_str usage;
    hn_str_init(&usage, cli->ctx, &cli->arena);
    hn_help_usage(cli, &usage);
    hn_emit_roff_text(page, usage.text);
    hn_str_put_c(page, '\n');
    if (verb->doc) {
        hn_str_put(page, ".SH DESCRIPTION\n");
        put_paragraphs(page, verb->doc, cli);
    }
    if (!verb->run) HN_TRY(put_verbs(cli, page, verb));
    hn_str_put(page, ".SH OPTIONS\n");
    for (int i = 0; i < cli->n_flags; i++) {
        if (cli->flags[i].params.n == 0) continue;
        if (i > 0) {
            hn_str_put(page, ".SS ");
            hn_emit_roff_text(page, cli->flags[i].title);
            hn_str_put_c(page, '\n');
        }
        hn_emit_roff(page, &cli->flags[i].params);
    }
    cli->verb = current;
    put_examples(page, verb->example);
    put_exit_codes(page, verb);
    hn_str_put(page, ".SH SEE ALSO\n.BR hone (1)\n");
    return hn_str_status(page);
}

static hone_status put_main_page(hn_cli *cli, hn_str *page) {
    put_head(page, "HONE");
    hn_str_put(
        page,
        "hone \\- from a table to a served model, in one program\n"
        ".SH SYNOPSIS\n.B hone\n.I verb\n[flags]\n"
        ".SH DESCRIPTION\n"
        "hone trains models on tables, scores them honestly beside a baseline, keeps each in one "
        "file, predicts and serves.\n"
        "A verb's page says all about it.\n");
    HN_TRY(put_verbs(cli, page, NULL));
    hn_str_put(page,
               ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nIf set and not empty, nothing is coloured.\n");
    put_exit_codes(page, NULL);
    return hn_str_status(page);
}

static hone_status write_page(hn_cli *cli, const char *folder, const char *name,
                              const hn_str *page) {
    char *path = hn_arena_printf(cli->ctx, &cli->arena, "%s/%s.1", folder, name);
    if (!path) return HONE_ERROR_MEMORY;
    return hn_write_file(cli->ctx, path, page->text, page->length);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    if (mkdir(o->folder, 0777) != 0 && errno != EEXIST) {
        return hn_fail_at(cli->ctx, HONE_ERROR_IO, HN_AT(.file = o->folder),
                          "hone man: folder '%s' cannot be made: %s; name another", o->folder,
                          strerror(errno));
    }
    hn_str page;
    hn_str_init(&page, cli->ctx, &cli->arena);
    HN_TRY(put_main_page(cli, &page));
    HN_TRY(write_page(cli, o->folder, "hone", &page));
    int64_t n, written = 1;
    const hn_verb *const *verbs = hn_verbs(&n);
    for (int64_t i = 0; i < n; i++) {
        if (verbs[i]->hidden) continue;
        hn_str_clear(&page);
        HN_TRY(put_verb_page(cli, &page, verbs[i]));
        char *name = page_name(cli, verbs[i]);
        if (!name) return HONE_ERROR_MEMORY;
        HN_TRY(write_page(cli, o->folder, name, &page));
        written++;
    }
    if (cli->common.json)
        hn_str_printf(&cli->out, "{\"pages\":%lld}\n", (long long)written);
    else if (!cli->common.quiet)
        hn_str_printf(&cli->out, "wrote %lld pages to %s\n", (long long)written, o->folder);
    return hn_str_status(&cli->out);
}

const hn_verb hn_verb_man = {
    .name = "man",
    .summary = "write the manual pages to a folder",
    .example = "hone man build/man",
    .params = &params,
    .hidden = true,
    .run = run,
};
