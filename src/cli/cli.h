/* cli.h - one run of the program: what the verb, its flags and the terminal are. */
#ifndef HN_CLI_CLI_H
#define HN_CLI_CLI_H

#include "base/os.h"
#include "cli/verb.h"

/* A table of flags being filled: the verb's own, a borrowed one, or the common one. */
typedef struct hn_flags {
    hn_params params; /* of a borrowed one: a copy under the names it has here */
    const hn_params *origin;
    const char *title;
    void *values;
    bool *given; /* [params.n] */
} hn_flags;

/* A flag as it was typed, so that it can be set once more in another struct. */
typedef struct hn_typed {
    const hn_flags *flags;
    const hone_param *param;
    const char *text;
} hn_typed;

enum { HN_FLAG_TABLES = HN_BORROWED + 2 };

struct hn_cli {
    hone_ctx *ctx;
    hn_arena arena; /* of the whole run */
    hn_str out;     /* standard output, until hn_out_flush */
    const hn_verb *verb;
    hn_common common;
    hn_flags flags[HN_FLAG_TABLES]; /* own, borrowed ..., common */
    int n_flags;
    hn_typed *typed;
    int64_t n_typed;
    bool out_terminal, err_terminal;
    bool out_colour, err_colour;
    bool unicode; /* block characters may be printed */
    int width;    /* of the terminal, 80 where there is none */
    bool told; /* with --json: what is wrong stands in the result, and needs no object of its own */
};

/* ---- args.c --------------------------------------------------------------------------------- */

/* The flag tables of a verb, with defaults: what help, man pages and completion are made of. */
hone_status hn_args_tables(hn_cli *cli, const hn_verb *verb) HONE_MUST_CHECK;
/* After hn_args_tables: read the words after the verb. */
hone_status hn_args_parse(hn_cli *cli, int count, char **words) HONE_MUST_CHECK;
/* Whether --json or --help stands among the words; for use before they can be read. */
bool hn_args_have(int count, char **words, const char *flag, char letter);
/* Whether a flag was typed. */
bool hn_args_given(const hn_cli *cli, const char *flag);
/* Set what was typed of a borrowed table in another struct of the same declaration. */
hone_status hn_args_replay(hn_cli *cli, const hn_params *origin, void *values) HONE_MUST_CHECK;

/* ---- help.c --------------------------------------------------------------------------------- */

/* "hone train [TABLE] [flags]"; after hn_args_tables. */
void hn_help_usage(hn_cli *cli, hn_str *str);
/* Help of a verb; of the program. As JSON: its declaration. */
hone_status hn_help_verb(hn_cli *cli, const hn_verb *verb, bool json) HONE_MUST_CHECK;
hone_status hn_help_program(hn_cli *cli, bool json) HONE_MUST_CHECK;
/* HONE_ERROR_USAGE that names the nearest verb of the group (NULL: of the program); name NULL: none was given. */
hone_status hn_help_unknown_verb(hn_cli *cli, const hn_verb *group, const char *name);

/* ---- progress.c ----------------------------------------------------------------------------- */

/* Callbacks for the ctx; user is the hn_cli. The bar is drawn on a terminal only. */
void hn_bar_progress(void *user, const char *what, int64_t done, int64_t total, const char *unit);
void hn_bar_log(void *user, hone_log_level level, const char *message);
/* Take the bar off the screen; free what it holds too. */
void hn_bar_clear(void);
void hn_bar_done(void);

#endif
