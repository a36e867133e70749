/* verb.h - a verb of the program, declared once: its flags, validation, help, man page, completion and
 * place in the schema are derived from the declaration.
 *
 * How to add one: src/cli/verb_NAME.c with `const hn_verb hn_verb_NAME = {...};`, and one line in
 * verbs.def. Only src/cli prints, and only through out.h.
 *
 * A verb without `run` is a group: the verbs whose names begin with its own, "data head" with "data", are
 * its sub-verbs, declared as any other: src/cli/verb_data_head.c, `hn_verb_data_head`, a line in verbs.def. */
#ifndef HN_CLI_VERB_H
#define HN_CLI_VERB_H

#include "spec/param.h"

/* The flags that every verb has. */
typedef struct hn_common {
    bool json, help, quiet, verbose;
    int64_t threads, memory, seed;
} hn_common;
extern const hn_params hn_common_params;

/* Flags taken over from a declaration that stands elsewhere, such as a recipe's section. What is not
 * renamed keeps its name; a rename to NULL leaves it out. Ends with {NULL, NULL}. */
typedef struct hn_rename {
    const char *name;
    const char *flag;
} hn_rename;
typedef struct hn_borrowed {
    const char *title; /* over its flags in help: "about the table" */
    const hn_params *params;
    const hn_rename *renames; /* NULL: none */
} hn_borrowed;

typedef struct hn_cli hn_cli;

enum { HN_EXIT_CODES = 5, HN_BORROWED = 6 };

typedef struct hn_verb {
    const char *name;                  /* "train"; of a sub-verb all its words: "data head" */
    const char *summary;               /* a line without a full stop: "make a model from a table" */
    const char *doc;                   /* paragraphs, a blank line between them */
    const char *example;               /* commands and what they do, a line each */
    const hn_params *params;           /* of the options struct; NULL: none */
    hn_borrowed borrowed[HN_BORROWED]; /* ends with one without params */
    const char *exits[HN_EXIT_CODES]; /* by exit code, where the usual meaning can be said better */
    bool hidden;                      /* not in the list of verbs */
    bool stays;                       /* runs on: what it says meanwhile is wanted */
    hone_status (*run)(hn_cli *cli, const void *options); /* NULL: a group */
    /* Help on what a word beside --help names, such as a generator; *ret_said false: it names nothing. Or NULL. */
    hone_status (*help_on)(hn_cli *cli, const char *word, bool *ret_said);
} hn_verb;

/* All verbs, in the order people see them. */
const hn_verb *const *hn_verbs(int64_t *ret_count);
/* By name; NULL if there is none. */
const hn_verb *hn_verb_find(const char *name);
/* The verb that the first words name, "data head" rather than "data", and how many words that takes; NULL
 * if the first word is none. */
const hn_verb *hn_verb_of_words(int64_t count, const char *const *words, int *ret_taken);
/* Whether people see verb in the list of group's sub-verbs, or, where group is NULL, of the program's. */
bool hn_verb_is_listed(const hn_verb *verb, const hn_verb *group);
/* A verb's name in that list: the last of its words. */
const char *hn_verb_word(const hn_verb *verb);

/* The one place where a status becomes the program's exit code. */
int hn_exit_code(hone_status status);
/* What an exit code means for a verb (NULL: for any); NULL if the program never ends with it. */
const char *hn_exit_meaning(const hn_verb *verb, int code);

#endif
