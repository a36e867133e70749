/* param.h - one row per parameter: the declaration that flags, validation, help, JSON Schema, web form
 * and search space are derived from. It knows no algorithm.
 *
 * A parameter is tied to the struct field it fills: its offset and type are taken from the field
 * itself, so table and struct cannot disagree:
 *
 *     typedef struct { double alpha; int64_t max_iter; bool intercept; int solver; } ridge_params;
 *     static const hone_param params[] = {
 *         HN_PARAM(ridge_params, alpha, .def = "1", .range = "[0, inf)", .search = "[1e-4, 1e4] log",
 *                  .doc = "Strength of the L2 penalty."),
 *         HN_PARAM(ridge_params, solver, .def = "auto", .choices = HN_CHOICES("auto", "cholesky"),
 *                  .doc = "..."),
 *     };
 *     ... .params = HN_PARAMS(ridge_params, params) ...
 *
 * Field types: bool, int64_t (integer), double (real), int (a choice: index into choices),
 * const char * (text, NULL if not given), hn_texts (list of texts), hn_reals (list of reals),
 * hn_pairs (name to real), hn_text_groups (lists of texts), hn_part (a kind with its parameters), hn_parts (several).
 */
#ifndef HN_SPEC_PARAM_H
#define HN_SPEC_PARAM_H

#include "base/json.h"
#include "base/yaml.h"

typedef struct hn_texts {
    const char **items;
    int64_t n;
} hn_texts;

typedef struct hn_reals {
    double *items;
    int64_t n;
} hn_reals;

typedef struct hn_pairs {
    const char **names;
    double *values;
    int64_t n;
} hn_pairs;

/* Groups of names: "a,b;c,d", or [["a", "b"], ["c", "d"]]. */
typedef struct hn_text_groups {
    hn_texts *items;
    int64_t n;
} hn_text_groups;

/* A kind of the catalog with its parameters: what methods that are made of other methods take. As text
 * "gbdt", or as JSON {"gbdt": {"max_depth": 3}}. kind NULL: none is given (only where the parameter has a
 * word for that, such as auto, or no default). */
struct hone_estimator;
typedef struct hn_part {
    const struct hone_estimator *kind;
    void *params; /* kind->params.size bytes */
} hn_part;

/* Several: "gbdt,ridge", ["gbdt", {"ridge": {"alpha": 2}}], or with names {"boosted": "gbdt", ...}. */
typedef struct hn_parts {
    const char **names; /* NULL where they have none */
    hn_part *items;
    int64_t n;
} hn_parts;

/* Kinds within kinds within ..., at most. */
enum { HN_PART_DEPTH = 4 };

typedef enum hn_param_type {
    HN_PARAM_BOOL,
    HN_PARAM_INT,
    HN_PARAM_REAL,
    HN_PARAM_CHOICE,
    HN_PARAM_TEXT,
    HN_PARAM_TEXTS,
    HN_PARAM_REALS,
    HN_PARAM_PAIRS,
    HN_PARAM_GROUPS,
    HN_PARAM_PART,
    HN_PARAM_PARTS
} hn_param_type;

typedef enum hn_param_level { HN_BASIC, HN_ADVANCED, HN_EXPERT } hn_param_level;

/* A word that stands for a number: {"sqrt", -1}. Its value need not lie in the range. */
typedef struct hn_word {
    const char *word;
    double value;
} hn_word;

typedef struct hone_param {
    const char *name;
    hn_param_type type;
    size_t offset;
    const char *def;   /* default, as it would be typed; NULL: 0, false, "" absent, empty list */
    const char *range; /* legal numbers as an interval: "(0, 1]", "[1, inf)"; NULL: any finite. For
                          lists: of each item */
    const char *const
        *choices;         /* HN_PARAM_CHOICE (and texts, if only these are legal); ends with NULL */
    const hn_word *words; /* ends with {NULL, 0} */
    unsigned part_tasks;  /* parts: the kind does one of these tasks (hn_task); 0: any model */
    unsigned part_can;    /* and has these capabilities (hn_capability) */
    const char *unit;     /* "rows", "seconds"; NULL: none */
    const char *doc;      /* one line, ends with a full stop */
    const char *const *aliases; /* other names it goes by; ends with NULL */
    hn_param_level level;
    const char
        *search; /* what is worth searching: "[0.01, 0.3] log", "{3, 5, 7}"; NULL: not searched */
    char letter; /* one-letter flag of a CLI verb ('o' for -o); 0: none */
    const char *display; /* what to show for the value in help ("FILE"); NULL: by type */
    bool required;       /* must be given */
    bool positional;     /* CLI: taken by position; a list takes all that are left */
    bool secret;         /* value is never printed, logged or stored */
    bool whole;     /* list of texts: each use of the flag is one item, commas and all; in JSON one
                            item may stand alone, and is written so */
    bool literal;   /* texts: a number or truth value of JSON or YAML stands for how it prints */
    bool objective; /* Python: a function instead is data->objective */
    bool columns;   /* texts of a step: columns that it is given beside those chosen for it */
} hone_param;

#define HN_PARAM_TYPE(field)                                                                       \
    _Generic((field),                                                                              \
        bool: HN_PARAM_BOOL,                                                                       \
        int64_t: HN_PARAM_INT,                                                                     \
        double: HN_PARAM_REAL,                                                                     \
        int: HN_PARAM_CHOICE,                                                                      \
        const char *: HN_PARAM_TEXT,                                                               \
        hn_texts: HN_PARAM_TEXTS,                                                                  \
        hn_reals: HN_PARAM_REALS,                                                                  \
        hn_pairs: HN_PARAM_PAIRS,                                                                  \
        hn_text_groups: HN_PARAM_GROUPS,                                                                \
        hn_part: HN_PARAM_PART,                                                                    \
        hn_parts: HN_PARAM_PARTS)
#define HN_PARAM(struct_type, field, ...)                                                          \
    {                                                                                              \
        .name = #field, .type = HN_PARAM_TYPE(((struct_type *)0)->field),                          \
        .offset = offsetof(struct_type, field), __VA_ARGS__                                        \
    }
#define HN_CHOICES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define HN_WORDS(...) ((const hn_word[]){__VA_ARGS__, {NULL, 0}})

/* A table of parameters and the struct they fill. */
typedef struct hn_params {
    const hone_param *items;
    int64_t n;
    size_t size; /* of the struct */
    bool flags;  /* a CLI verb's: messages say --learning-rate, not 'learning_rate' */
} hn_params;
#define HN_PARAMS(struct_type, table)                                                              \
    { .items = (table), .n = sizeof(table) / sizeof *(table), .size = sizeof(struct_type) }
#define HN_NO_PARAMS                                                                               \
    { .items = NULL, .n = 0, .size = 1 }

/* ---- the engine -------------------------------------------------------------------------------
 * values is the struct; a failed call leaves it as it was. Texts and lists are copied to arena. owner
 * ("gbdt", "hone train") is for messages: "gbdt: 'learning_rate' must be a real number in (0, 1], not 2;
 * the default is 0.1". Errors are HONE_ERROR_USAGE with .param set; unknown keys name the nearest legal
 * one, items of lists are named by place ("quantiles[2]", "monotone_constraints['tenure']").
 * NaN is never legal but as a word; integers may be written as reals (1e6) up to 2^53. */

/* All defaults into values (zeroed first). A default that does not parse is a programmer's error. */
hone_status hn_params_defaults(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                               void *values) HONE_MUST_CHECK;
/* One parameter from text, as a flag has it: numbers, true/false/yes/no/1/0, choices, "a,b,c" or JSON
 * for lists, "a=1,b=-1" or JSON for pairs, "a,b;c" or JSON for groups, "gbdt" or JSON for parts. */
hone_status hn_params_set_text(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                               void *values, const char *owner, const char *key,
                               const char *text) HONE_MUST_CHECK;
/* The same, but a list grows by what text holds. */
hone_status hn_params_add_text(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                               void *values, const char *owner, const char *key,
                               const char *text) HONE_MUST_CHECK;
/* Several from a JSON object. pointer is object's JSON pointer in marks ("/model/gbdt"), so that errors
 * name line and column; marks may be NULL. */
hone_status hn_params_set_json(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                               void *values, const char *owner, hn_json *object,
                               const char *pointer, const hn_marks *marks) HONE_MUST_CHECK;
/* All values, as an object that set_json takes back to the same bits. Secrets are left out; with
 * only_changed what equals its default is left out, in parts too. */
hone_status hn_params_to_json(hone_ctx *ctx, const hn_params *params, const void *values,
                              bool only_changed, hn_json_doc *doc,
                              hn_json_mut **ret_object) HONE_MUST_CHECK;
/* What a struct filled by hand needs: every value legal, as if it had been set by text. */
hone_status hn_params_check(hone_ctx *ctx, const hn_params *params, const void *values,
                            const char *owner) HONE_MUST_CHECK;
/* HONE_ERROR_USAGE unless everything required is there (a text not NULL, a list not empty). */
hone_status hn_params_complete(hone_ctx *ctx, const hn_params *params, const void *values,
                               const char *owner) HONE_MUST_CHECK;
/* By name or alias; NULL if unknown. */
const hone_param *hn_params_find(const hn_params *params, const char *name);
/* HONE_ERROR_USAGE for an unknown key, with the nearest legal one. */
hone_status hn_params_unknown(hone_ctx *ctx, const hn_params *params, const char *owner,
                              const char *key);

/* An interval's text: bounds and whether they belong. False if it does not parse. */
typedef struct hn_interval {
    double low, high;
    bool open_low, open_high;
} hn_interval;
bool hn_interval_parse(const char *text, hn_interval *ret_interval);
bool hn_interval_has(const hn_interval *interval, double x);

/* What is worth searching: an interval, on a log scale or not, or a list of values as typed. */
typedef struct hn_search {
    bool is_list;
    hn_interval interval;
    bool log;
    hn_texts values;
} hn_search;
/* HONE_ERROR_INTERNAL if text does not parse; values are copied to arena. */
hone_status hn_search_parse(hone_ctx *ctx, hn_arena *arena, const char *text,
                            hn_search *ret_search) HONE_MUST_CHECK;

#endif
