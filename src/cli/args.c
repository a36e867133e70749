/* args.c - words of the command line into options, by the verb's tables.
 *
 *     --flag value   --flag=value   --no-flag   -o value   -ovalue   -qv   positional   -- positional
 *
 * Lists grow with each use of their flag. Of other flags given twice, the last counts. */
#include "cli/cli.h"
#include <assert.h>
#include <string.h>

/* ---- tables --------------------------------------------------------------------------------- */

/* The items of a borrowed declaration under the names that they have as flags. */
static hone_status rename_items(hn_cli *cli, const hn_borrowed *from, hn_params *ret_params) {
    hone_param *items;
    int64_t n = 0;
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, items, from->params->n));
    for (int64_t i = 0; i < from->params->n; i++) {
        hone_param item = from->params->items[i];
        for (const hn_rename *r = from->renames; r && r->name; r++) {
            if (strcmp(r->name, from->params->items[i].name) == 0) item.name = r->flag;
        }
        if (item.name) items[n++] = item;
    }
    *ret_params = (hn_params){.items = items, .n = n, .size = from->params->size};
    return HONE_OK;
}

static hone_status add_table(hn_cli *cli, hn_flags flags) {
    assert(cli->n_flags < HN_FLAG_TABLES);
    flags.params.flags = true;
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, flags.given, flags.params.n));
    flags.values = hn_arena_alloc(cli->ctx, &cli->arena, 1, flags.params.size);
    if (!flags.values) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(cli->ctx, &cli->arena, &flags.params, flags.values));
    cli->flags[cli->n_flags++] = flags;
    return HONE_OK;
}

hone_status hn_args_tables(hn_cli *cli, const hn_verb *verb) {
    cli->verb = verb;
    cli->n_flags = 0;
    static const hn_params none = HN_NO_PARAMS;
    hn_flags own = {
        .params = verb->params ? *verb->params : none, .origin = verb->params, .title = "flags"};
    HN_TRY(add_table(cli, own));
    for (const hn_borrowed *b = verb->borrowed; b < verb->borrowed + HN_BORROWED && b->params;
         b++) {
        hn_flags flags = {.origin = b->params, .title = b->title};
        HN_TRY(rename_items(cli, b, &flags.params));
        HN_TRY(add_table(cli, flags));
    }
    hn_flags common = {.params = hn_common_params, .title = "flags of every verb"};
    return add_table(cli, common);
}

/* ---- finding -------------------------------------------------------------------------------- */

typedef struct reading {
    hn_cli *cli;
    const char *owner; /* "hone train" */
    int count;
    char **words;
    int at;
    int64_t n_positional;
} reading;

static const hone_param *find_in_all(hn_cli *cli, const char *name, const hn_flags **ret_flags) {
    for (int i = 0; i < cli->n_flags; i++) {
        const hone_param *param = hn_params_find(&cli->flags[i].params, name);
        if (!param || param->positional) continue;
        *ret_flags = &cli->flags[i];
        return param;
    }
    return NULL;
}

static const hone_param *find_letter(hn_cli *cli, char letter, const hn_flags **ret_flags) {
    for (int i = 0; i < cli->n_flags; i++) {
        for (int64_t j = 0; j < cli->flags[i].params.n; j++) {
            const hone_param *param = &cli->flags[i].params.items[j];
            if (param->letter != letter) continue;
            *ret_flags = &cli->flags[i];
            return param;
        }
    }
    return NULL;
}

/* Names of all tables, so that the nearest flag is found wherever it stands. */
static hone_status unknown_flag(reading *r, const char *word, const char *name) {
    hone_ctx *ctx = r->cli->ctx;
    HN_SCRATCH(ctx);
    const char **names;
    size_t n = 0;
    for (int i = 0; i < r->cli->n_flags; i++) n += (size_t)r->cli->flags[i].params.n;
    HN_TRY(HN_SCRATCH_NEW(ctx, names, n));
    n = 0;
    for (int i = 0; i < r->cli->n_flags; i++) {
        const hn_params *params = &r->cli->flags[i].params;
        for (int64_t j = 0; j < params->n; j++)
            if (!params->items[j].positional) names[n++] = params->items[j].name;
    }
    hn_str message;
    hn_str_init(&message, ctx, ctx->scratch);
    hn_str_printf(&message, "%s: there is no flag %.*s; ", r->owner, (int)strcspn(word, "="), word);
    const char *near = hn_nearest(name, names, n);
    const hn_flags *flags;
    if (near) {
        hn_str_put(&message, "did you mean --");
        for (; *near; near++) hn_str_put_c(&message, *near == '_' ? '-' : *near);
        hn_str_put_c(&message, '?');
    } else if (strncmp(name, "no_", 3) == 0 && find_in_all(r->cli, name + 3, &flags)) {
        hn_str_printf(&message, "--%s takes a value: leave it out", word + 5);
    } else {
        hn_str_printf(&message, "'%s --help' lists them", r->owner);
    }
    HN_TRY(hn_str_status(&message));
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = name), "%s", message.text);
}

/* ---- setting -------------------------------------------------------------------------------- */

static hone_status set(reading *r, const hn_flags *flags, const hone_param *param,
                       const char *text) {
    hn_cli *cli = r->cli;
    bool *given = &flags->given[param - flags->params.items];
    bool is_list = param->type == HN_PARAM_TEXTS || param->type == HN_PARAM_REALS ||
                   param->type == HN_PARAM_PAIRS || param->type == HN_PARAM_GROUPS;
    if (is_list && *given) {
        HN_TRY(hn_params_add_text(cli->ctx, &cli->arena, &flags->params, flags->values, r->owner,
                                  param->name, text));
    } else {
        /* The first use of a list takes the place of its default. */
        HN_TRY(hn_params_set_text(cli->ctx, &cli->arena, &flags->params, flags->values, r->owner,
                                  param->name, text));
    }
    *given = true;
    cli->typed[cli->n_typed++] = (hn_typed){.flags = flags, .param = param, .text = text};
    return HONE_OK;
}

/* The word after a flag that needs a value. */
static hone_status take_value(reading *r, const char *flag, const char **ret_text) {
    const char *next = r->at + 1 < r->count ? r->words[r->at + 1] : NULL;
    if (!next || (next[0] == '-' && next[1] == '-')) {
        return hn_fail_at(r->cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = flag),
                          "%s: %s needs a value; write %s VALUE or --flag=VALUE", r->owner, flag,
                          flag);
    }
    r->at++;
    *ret_text = next;
    return HONE_OK;
}

static hone_status read_long(reading *r, const char *word) {
    hn_cli *cli = r->cli;
    HN_SCRATCH(cli->ctx);
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    char *name = hn_arena_strndup(cli->ctx, cli->ctx->scratch, word + 2, length - 2);
    if (!name) return HONE_ERROR_MEMORY;
    for (char *p = name; *p; p++) *p = *p == '-' ? '_' : *p;
    const hn_flags *flags;
    const hone_param *param = find_in_all(cli, name, &flags);
    if (!param && strncmp(name, "no_", 3) == 0) {
        param = find_in_all(cli, name + 3, &flags);
        if (param && param->type == HN_PARAM_BOOL && !equals) return set(r, flags, param, "false");
        param = NULL;
    }
    if (!param) return unknown_flag(r, word, name);
    if (equals) return set(r, flags, param, equals + 1);
    if (param->type == HN_PARAM_BOOL) return set(r, flags, param, "true");
    const char *text;
    HN_TRY(take_value(r, word, &text));
    return set(r, flags, param, text);
}

static hone_status read_letters(reading *r, const char *word) {
    for (const char *p = word + 1; *p; p++) {
        const hn_flags *flags;
        const hone_param *param = find_letter(r->cli, *p, &flags);
        char flag[3] = {'-', *p, '\0'};
        if (!param) {
            return hn_fail_at(r->cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = flag),
                              "%s: there is no flag %s; '%s --help' lists them", r->owner, flag,
                              r->owner);
        }
        if (param->type == HN_PARAM_BOOL) {
            HN_TRY(set(r, flags, param, "true"));
            continue;
        }
        if (p[1]) return set(r, flags, param, p + 1 + (p[1] == '='));
        const char *text;
        HN_TRY(take_value(r, flag, &text));
        return set(r, flags, param, text);
    }
    return HONE_OK;
}

static hone_status read_positional(reading *r, const char *word) {
    const hn_flags *own = &r->cli->flags[0];
    int64_t place = 0;
    for (int64_t i = 0; i < own->params.n; i++) {
        const hone_param *param = &own->params.items[i];
        if (!param->positional) continue;
        bool takes_rest = param->type == HN_PARAM_TEXTS;
        if (place == r->n_positional || takes_rest) {
            r->n_positional += !takes_rest;
            return set(r, own, param, word);
        }
        place++;
    }
    return hn_fail_at(
        r->cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = word),
        "%s: '%s' is one word too many; '%s --help' shows what it takes, and texts with "
        "blanks need quotes",
        r->owner, word, r->owner);
}

hone_status hn_args_parse(hn_cli *cli, int count, char **words) {
    reading r = {.cli = cli, .count = count, .words = words};
    r.owner = hn_arena_printf(cli->ctx, &cli->arena, "hone %s", cli->verb->name);
    if (!r.owner) return HONE_ERROR_MEMORY;
    /* A word of letters sets as many flags as it has letters. */
    size_t most = 0;
    for (int i = 0; i < count; i++) most += strlen(words[i]) + 1;
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, cli->typed, most));
    bool only_positional = false;
    for (r.at = 0; r.at < count; r.at++) {
        const char *word = words[r.at];
        bool flag = !only_positional && word[0] == '-' && word[1] != '\0';
        if (flag && strcmp(word, "--") == 0)
            only_positional = true;
        else if (flag && word[1] == '-')
            HN_TRY(read_long(&r, word));
        else if (flag)
            HN_TRY(read_letters(&r, word));
        else
            HN_TRY(read_positional(&r, word));
    }
    for (int i = 0; i < cli->n_flags; i++) {
        HN_TRY(hn_params_complete(cli->ctx, &cli->flags[i].params, cli->flags[i].values, r.owner));
    }
    cli->common = *(const hn_common *)cli->flags[cli->n_flags - 1].values;
    return HONE_OK;
}

/* ---- asking --------------------------------------------------------------------------------- */

bool hn_args_have(int count, char **words, const char *flag, char letter) {
    for (int i = 0; i < count && strcmp(words[i], "--") != 0; i++) {
        if (strcmp(words[i], flag) == 0) return true;
        if (letter && words[i][0] == '-' && words[i][1] == letter && !words[i][2]) return true;
    }
    return false;
}

bool hn_args_given(const hn_cli *cli, const char *flag) {
    for (int64_t i = 0; i < cli->n_typed; i++) {
        if (strcmp(cli->typed[i].param->name, flag) == 0) return true;
    }
    return false;
}

hone_status hn_args_replay(hn_cli *cli, const hn_params *origin, void *values) {
    for (int64_t i = 0; i < cli->n_typed; i++) {
        const hn_typed *typed = &cli->typed[i];
        if (typed->flags->origin != origin) continue;
        bool again = false;
        for (int64_t j = 0; j < i; j++) again |= cli->typed[j].param == typed->param;
        HN_TRY((again ? hn_params_add_text
                      : hn_params_set_text)(cli->ctx, &cli->arena, &typed->flags->params, values,
                                            cli->verb->name, typed->param->name, typed->text));
    }
    return HONE_OK;
}
