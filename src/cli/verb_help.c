/* verb_help.c - help and version as verbs. */
#include "cli/print.h"
#include "spec/emit.h"

typedef struct options {
    hn_texts verb;
} options;

static const hone_param items[] = {
    HN_PARAM(options, verb, .positional = true,
             .doc = "A verb, or a verb and its sub-verb; without one, all verbs are listed."),
};
static const hn_params params = HN_PARAMS(options, items);

static hone_status run_help(hn_cli *cli, const void *values) {
    const options *o = values;
    if (o->verb.n == 0) return hn_help_program(cli, cli->common.json);
    int taken = 0;
    const hn_verb *verb = hn_verb_of_words(o->verb.n, o->verb.items, &taken);
    if (taken < o->verb.n && (!verb || !verb->run))
        return hn_help_unknown_verb(cli, verb, o->verb.items[taken]);
    return hn_help_verb(cli, verb, cli->common.json);
}

static hone_status run_version(hn_cli *cli, const void *values) {
    (void)values;
    if (cli->common.json)
        hn_str_printf(&cli->out, "{\"version\":\"%s\"}\n", hone_version());
    else
        hn_str_printf(&cli->out, "hone %s\n", hone_version());
    return hn_str_status(&cli->out);
}

const hn_verb hn_verb_help = {
    .name = "help",
    .summary = "say how a verb is used",
    .example = "hone help train",
    .params = &params,
    .run = run_help,
};

const hn_verb hn_verb_version = {
    .name = "version",
    .summary = "print the version",
    .example = "hone version",
    .run = run_version,
};
