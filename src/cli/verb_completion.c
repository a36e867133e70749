/* verb_completion.c - scripts with which a shell completes verbs, flags and their words. */
#include "cli/declare.h"
#include "spec/emit.h"
#include <string.h>

typedef struct options {
    const char *shell;
} options;

static const hone_param items[] = {
    HN_PARAM(options, shell, .positional = true, .required = true,
             .choices = HN_CHOICES("bash", "zsh", "fish"), .doc = "The shell to complete in."),
};
static const hn_params params = HN_PARAMS(options, items);

/* ---- what a value can be -------------------------------------------------------------------- */

static void put_word(hn_str *str, const char *word) {
    if (str->length > 0) hn_str_put_c(str, ' ');
    hn_str_put(str, word);
}

/* The words that a flag of a verb takes, separated by blanks; empty where files or anything may stand. */
static void put_value_words(hn_str *str, const hn_verb *verb, const hone_param *param) {
    int64_t n;
    for (const char *const *c = param->choices; c && *c; c++) put_word(str, *c);
    if (param->choices) return;
    bool kinds = strcmp(verb->name, "kinds") == 0 && param->positional;
    bool model = strcmp(verb->name, "train") == 0 && strcmp(param->name, "model") == 0;
    if (kinds || model) {
        const hone_estimator *const *all = hn_catalog(&n);
        for (int64_t i = 0; i < n; i++)
            if (kinds || all[i]->tasks != HN_TASK_NONE) put_word(str, all[i]->name);
    }
    if (strcmp(verb->name, "data gen") == 0 && param->positional) {
        const hn_generator *const *all = hn_generators(&n);
        for (int64_t i = 0; i < n; i++) put_word(str, all[i]->name);
    }
    if (kinds || strcmp(param->name, "metrics") == 0) {
        const hn_metric *const *metrics = hn_metrics(&n);
        for (int64_t i = 0; i < n; i++) {
            char word[64]; /* "fbeta@" waits for a number; brackets would need quotes */
            size_t length = strcspn(metrics[i]->name, "@(");
            bool waits = metrics[i]->name[length] != 0;
            snprintf(word, sizeof word, "%.*s%s", (int)length, metrics[i]->name, waits ? "@" : "");
            put_word(str, word);
        }
    }
    if (strcmp(verb->name, "help") == 0 && param->positional) {
        const hn_verb *const *verbs = hn_verbs(&n);
        for (int64_t i = 0; i < n; i++)
            if (hn_verb_is_listed(verbs[i], NULL)) put_word(str, verbs[i]->name);
    }
}

typedef void put_flag_fn(hn_cli *cli, const hn_verb *verb, const hone_param *param,
                         const char *words);

/* fn for every flag of a verb that has names, with the words that its value can be. */
static hone_status each_flag(hn_cli *cli, const hn_verb *verb, put_flag_fn *fn) {
    const hn_verb *current = cli->verb;
    HN_TRY(hn_args_tables(cli, verb));
    cli->verb = current;
    hn_str words;
    hn_str_init(&words, cli->ctx, &cli->arena);
    for (int i = 0; i < cli->n_flags; i++) {
        for (int64_t j = 0; j < cli->flags[i].params.n; j++) {
            const hone_param *param = &cli->flags[i].params.items[j];
            hn_str_clear(&words);
            put_value_words(&words, verb, param);
            HN_TRY(hn_str_status(&words));
            fn(cli, verb, param, words.text);
        }
    }
    return hn_str_status(&cli->out);
}

static void put_flag_name(hn_str *str, const char *name) {
    for (; *name; name++) hn_str_put_c(str, *name == '_' ? '-' : *name);
}

/* Text inside single quotes; brackets and colons escaped for zsh. */
static void put_quoted(hn_str *str, const char *text, const char *escaped) {
    for (; *text; text++) {
        if (*text == '\'') {
            hn_str_put(str, "'\\''");
            continue;
        }
        if (strchr(escaped, *text)) hn_str_put_c(str, '\\');
        hn_str_put_c(str, *text);
    }
}

/* "train predict ...": the names in a group, or of the program's verbs. */
static void put_names(hn_cli *cli, const hn_verb *group) {
    int64_t n;
    const hn_verb *const *verbs = hn_verbs(&n);
    for (int64_t i = 0; i < n; i++)
        if (hn_verb_is_listed(verbs[i], group))
            hn_str_printf(&cli->out, "%s ", hn_verb_word(verbs[i]));
}

/* ---- bash ----------------------------------------------------------------------------------- */

static void bash_name(hn_cli *cli, const hn_verb *verb, const hone_param *param,
                      const char *words) {
    (void)verb, (void)words;
    if (param->positional) return;
    hn_str_put(&cli->out, " --");
    put_flag_name(&cli->out, param->name);
}

static void bash_value(hn_cli *cli, const hn_verb *verb, const hone_param *param,
                       const char *words) {
    if (!*words) return;
    hn_str_printf(&cli->out, "        '%s':", verb->name);
    if (!param->positional) hn_str_put(&cli->out, "--");
    if (!param->positional) put_flag_name(&cli->out, param->name);
    hn_str_printf(&cli->out, ") COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n", words);
}

static void bash_place(hn_cli *cli, const hn_verb *verb, const hone_param *param,
                       const char *words) {
    if (param->positional) bash_value(cli, verb, param, words);
}

static hone_status put_bash(hn_cli *cli) {
    int64_t n;
    const hn_verb *const *verbs = hn_verbs(&n);
    hn_str *out = &cli->out;
    hn_str_put(out, "# hone: completion for bash; emitted by 'hone completion bash'\n"
                    "_hone() {\n"
                    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
                    "    local verb=${COMP_WORDS[1]} flags=\n"
                    "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
                    "        COMPREPLY=($(compgen -W '");
    put_names(cli, NULL);
    hn_str_put(out, "--help --version' -- \"$word\"))\n"
                    "        return\n"
                    "    fi\n");
    for (int64_t i = 0; i < n; i++) {
        if (verbs[i]->run) continue;
        hn_str_printf(out, "    if [ \"$verb\" = %s ]; then\n", verbs[i]->name);
        hn_str_put(out, "        if [ \"$COMP_CWORD\" = 2 ]; then\n"
                        "            COMPREPLY=($(compgen -W '");
        put_names(cli, verbs[i]);
        hn_str_put(out, "--help' -- \"$word\"))\n"
                        "            return\n"
                        "        fi\n"
                        "        verb=\"$verb ${COMP_WORDS[2]}\"\n"
                        "    fi\n");
    }
    hn_str_put(out, "    case $verb:$before in\n");
    for (int64_t i = 0; i < n; i++)
        if (!verbs[i]->hidden) HN_TRY(each_flag(cli, verbs[i], bash_value));
    hn_str_put(out, "    esac\n"
                    "    case $verb in\n");
    for (int64_t i = 0; i < n; i++) {
        if (verbs[i]->hidden) continue;
        hn_str_printf(out, "        '%s') flags='", verbs[i]->name);
        HN_TRY(each_flag(cli, verbs[i], bash_name));
        hn_str_put(out, "' ;;\n");
    }
    /* The words of a positional stand under "verb:", which no flag matches. */
    hn_str_put(out, "    esac\n"
                    "    if [ \"${word#-}\" != \"$word\" ]; then\n"
                    "        COMPREPLY=($(compgen -W \"$flags\" -- \"$word\"))\n"
                    "        return\n"
                    "    fi\n"
                    "    case $verb: in\n");
    for (int64_t i = 0; i < n; i++)
        if (!verbs[i]->hidden) HN_TRY(each_flag(cli, verbs[i], bash_place));
    hn_str_put(out, "    esac\n"
                    "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
                    "}\n"
                    "complete -o filenames -F _hone hone\n");
    return hn_str_status(out);
}

/* ---- zsh ------------------------------------------------------------------------------------ */

static void zsh_flag(hn_cli *cli, const hn_verb *verb, const hone_param *param, const char *words) {
    (void)verb;
    hn_str *out = &cli->out;
    hn_str_put(out, " \\\n                ");
    if (param->positional) {
        hn_str_put(out, param->type == HN_PARAM_TEXTS ? "'*:" : "':");
        put_quoted(out, param->name, ":");
    } else {
        hn_str_put(out, param->type == HN_PARAM_TEXTS ? "'*--" : "'--");
        put_flag_name(out, param->name);
        hn_str_put_c(out, '[');
        put_quoted(out, param->doc, "[]:\\");
        hn_str_put_c(out, ']');
        if (param->type != HN_PARAM_BOOL) hn_str_printf(out, ":%s", param->name);
    }
    if (param->type != HN_PARAM_BOOL || param->positional) {
        if (*words)
            hn_str_printf(out, ":(%s)", words);
        else
            hn_str_put(out, ":_files");
    }
    hn_str_put_c(out, '\'');
}

/* What follows a verb: of a group, its sub-verbs and what follows each. */
static hone_status put_zsh_verbs(hn_cli *cli, const hn_verb *group) {
    int64_t n;
    const hn_verb *const *verbs = hn_verbs(&n);
    hn_str *out = &cli->out;
    hn_str_put(out, "    _arguments -C '1:verb:->verb' '*::words:->words'\n"
                    "    case $state in\n"
                    "    verb)\n"
                    "        local -a verbs=(\n");
    for (int64_t i = 0; i < n; i++) {
        if (!hn_verb_is_listed(verbs[i], group)) continue;
        hn_str_printf(out, "            '%s:", hn_verb_word(verbs[i]));
        put_quoted(out, verbs[i]->summary, "");
        hn_str_put(out, "'\n");
    }
    hn_str_put(out, "        )\n"
                    "        _describe verb verbs ;;\n"
                    "    words)\n"
                    "        case $line[1] in\n");
    for (int64_t i = 0; i < n; i++) {
        if (!hn_verb_is_listed(verbs[i], group)) continue;
        hn_str_printf(out, "        %s)\n", hn_verb_word(verbs[i]));
        if (verbs[i]->run) {
            hn_str_put(out, "            _arguments -s");
            HN_TRY(each_flag(cli, verbs[i], zsh_flag));
        } else {
            hn_str_printf(out, "            _hone_%s", verbs[i]->name);
        }
        hn_str_put(out, " ;;\n");
    }
    hn_str_put(out, "        esac ;;\n"
                    "    esac\n"
                    "}\n");
    return hn_str_status(out);
}

static hone_status put_zsh(hn_cli *cli) {
    int64_t n;
    const hn_verb *const *verbs = hn_verbs(&n);
    hn_str_put(&cli->out, "#compdef hone\n"
                          "# hone: completion for zsh; emitted by 'hone completion zsh'\n");
    for (int64_t i = 0; i < n; i++) {
        if (verbs[i]->run) continue;
        hn_str_printf(&cli->out, "_hone_%s() {\n    local state line\n", verbs[i]->name);
        HN_TRY(put_zsh_verbs(cli, verbs[i]));
    }
    hn_str_put(&cli->out, "_hone() {\n    local state line\n");
    HN_TRY(put_zsh_verbs(cli, NULL));
    hn_str_put(&cli->out, "_hone \"$@\"\n");
    return hn_str_status(&cli->out);
}

/* ---- fish ----------------------------------------------------------------------------------- */

/* The condition that all words of a verb's name have been typed. */
static void fish_seen(hn_str *out, const char *name) {
    hn_str_put(out, "__fish_seen_subcommand_from ");
    for (; *name; name++) {
        if (*name == ' ')
            hn_str_put(out, "; and __fish_seen_subcommand_from ");
        else
            hn_str_put_c(out, *name);
    }
}

/* The condition that a sub-verb of group, or a verb, may come. */
static hone_status fish_may_come(hn_cli *cli, const hn_verb *verb) {
    const char *blank = strchr(verb->name, ' ');
    hn_str *out = &cli->out;
    if (!blank) {
        hn_str_put(out, "__fish_use_subcommand");
        return HONE_OK;
    }
    char *group = hn_arena_strndup(cli->ctx, &cli->arena, verb->name, (size_t)(blank - verb->name));
    if (!group) return HONE_ERROR_MEMORY;
    fish_seen(out, group);
    hn_str_put(out, "; and not __fish_seen_subcommand_from ");
    put_names(cli, hn_verb_find(group));
    return HONE_OK;
}

static void fish_flag(hn_cli *cli, const hn_verb *verb, const hone_param *param,
                      const char *words) {
    hn_str *out = &cli->out;
    if (param->positional && !*words) return;
    hn_str_put(out, "complete -c hone -n '");
    fish_seen(out, verb->name);
    hn_str_put_c(out, '\'');
    if (!param->positional) {
        hn_str_put(out, " -l ");
        put_flag_name(out, param->name);
        if (param->letter) hn_str_printf(out, " -s %c", param->letter);
        hn_str_put(out, " -d '");
        put_quoted(out, param->doc, "");
        hn_str_put_c(out, '\'');
    }
    if (*words)
        hn_str_printf(out, " -x -a '%s'", words);
    else if (param->type != HN_PARAM_BOOL)
        hn_str_put(out, " -r");
    hn_str_put_c(out, '\n');
}

static hone_status put_fish(hn_cli *cli) {
    int64_t n;
    const hn_verb *const *verbs = hn_verbs(&n);
    hn_str *out = &cli->out;
    hn_str_put(out, "# hone: completion for fish; emitted by 'hone completion fish'\n");
    for (int64_t i = 0; i < n; i++) {
        if (verbs[i]->hidden) continue;
        hn_str_put(out, "complete -c hone -n '");
        HN_TRY(fish_may_come(cli, verbs[i]));
        hn_str_printf(out, "' -f -a %s -d '", hn_verb_word(verbs[i]));
        put_quoted(out, verbs[i]->summary, "");
        hn_str_put(out, "'\n");
        HN_TRY(each_flag(cli, verbs[i], fish_flag));
    }
    return hn_str_status(out);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    if (strcmp(o->shell, "bash") == 0)
        HN_TRY(put_bash(cli));
    else if (strcmp(o->shell, "zsh") == 0)
        HN_TRY(put_zsh(cli));
    else
        HN_TRY(put_fish(cli));
    if (!cli->common.json) return HONE_OK;
    char *script = hn_arena_strdup(cli->ctx, &cli->arena, cli->out.text);
    if (!script) return HONE_ERROR_MEMORY;
    hn_str_clear(&cli->out);
    hn_str_printf(&cli->out, "{\"shell\":\"%s\",\"script\":", o->shell);
    hn_json_put_string(&cli->out, script, strlen(script));
    hn_str_put(&cli->out, "}\n");
    return hn_str_status(&cli->out);
}

const hn_verb hn_verb_completion = {
    .name = "completion",
    .summary = "print a script that completes commands in a shell",
    .example = "hone completion bash > /etc/bash_completion.d/hone\n"
               "hone completion zsh > /usr/local/share/zsh/site-functions/_hone\n"
               "hone completion fish > ~/.config/fish/completions/hone.fish",
    .params = &params,
    .run = run,
};
