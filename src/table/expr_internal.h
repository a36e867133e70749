/* expr_internal.h - how an expression gets from text to answers; shared by expr_*.c alone.
 *
 *   expr_lex.c, expr_parse.c   text -> tree of nodes
 *   expr_type.c                tree -> types, conversions, literals -> program
 *   expr_eval.c                program over blocks of rows -> column
 *   expr_functions.c           the one table of functions; each names its kernel
 *   expr_math.c, expr_text*.c, expr_convert.c, expr_time.c, expr_regex.c   the kernels
 *
 * Values in a block: number double, NaN missing; text hn_slice, text NULL missing; boolean int8, -1
 * missing; timestamp int64 microseconds, INT64_MIN missing. */
#ifndef HN_TABLE_EXPR_INTERNAL_H
#define HN_TABLE_EXPR_INTERNAL_H

#include "table/expr.h"

enum {
    HN_EXPR_TEXT_MAX = 65536,   /* bytes of an expression */
    HN_EXPR_NESTING = 100,      /* parentheses, calls, signs inside each other */
    HN_EXPR_DEPTH = 2000,       /* of the tree: also of "a + b + c + ..." */
    HN_EXPR_ARGS = 1000,        /* of one call */
    HN_EXPR_VALUE_MAX = 1 << 20 /* bytes of a text that is made */
};

typedef enum hn_kind { HN_NUMBER, HN_TEXT, HN_BOOLEAN, HN_TIMESTAMP, HN_LIST, HN_NOTHING } hn_kind;

#define HN_NO_TIME INT64_MIN
enum { HN_NO_TRUTH = -1 };

/* ---- tree ----------------------------------------------------------------------------------- */

typedef enum hn_node_type {
    HN_NODE_NUMBER,
    HN_NODE_TEXT,
    HN_NODE_TRUTH,
    HN_NODE_TIME, /* a text literal that met a timestamp */
    HN_NODE_MISSING,
    HN_NODE_COLUMN,
    HN_NODE_LIST,
    HN_NODE_CALL /* operators too */
} hn_node_type;

typedef struct hn_node {
    hn_node_type node;
    size_t at;     /* offset in the expression's text */
    double number; /* HN_NODE_NUMBER; 0 or 1 for HN_NODE_TRUTH */
    int64_t time;
    hn_slice text; /* literal, column or function name */
    struct hn_node **args;
    int32_t n_args;
    int32_t depth;
    /* after typing */
    hn_kind kind;
    hn_kind any; /* of a call's arguments declared any */
    const hn_expr_function *function;
    int32_t column; /* index in the schema */
} hn_node;

/* What parsing and typing share. */
typedef struct hn_compiler {
    hone_ctx *ctx;
    hn_arena *arena; /* of what lives on */
    const char *text;
    size_t length;
    const hn_table *schema;
} hn_compiler;

/* Fails with "expression, at character N near 'word': ..." */
hone_status hn_expr_fail(const hn_compiler *c, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

typedef enum hn_token_type {
    HN_TOKEN_END,
    HN_TOKEN_NUMBER,
    HN_TOKEN_TEXT,
    HN_TOKEN_NAME,   /* a word; quoted if it was in backticks */
    HN_TOKEN_SYMBOL, /* in text, normalised: "**" is "^", "==" is "=", "<>" is "!=" */
} hn_token_type;

typedef struct hn_token {
    hn_token_type type;
    size_t at, end;
    hn_slice text;
    double number;
    bool quoted;
} hn_token;
/* The token at or after offset at. Text is in arena where it had to be rewritten. */
hone_status hn_expr_lex(const hn_compiler *c, size_t at, hn_token *ret_token) HONE_MUST_CHECK;

/* Nodes are from ctx's scratch. */
hone_status hn_expr_parse(const hn_compiler *c, hn_node **ret_root) HONE_MUST_CHECK;

/* ---- program -------------------------------------------------------------------------------- */

typedef struct hn_regex hn_regex;

/* An argument that is written out in the expression and ready before any row is seen. */
typedef struct hn_literal {
    double number; /* integer */
    int64_t n;     /* lists */
    const double *numbers;
    const hn_slice *texts;
    hn_regex *regex; /* pattern */
} hn_literal;

/* Where texts of a block are made. */
typedef struct hn_text_pool {
    hone_ctx *ctx;
    hn_arena *arena;
    char *at;
    size_t left;
} hn_text_pool;
/* length bytes; NULL (reported) where memory is out or the text is too long. */
char *hn_text_pool_take(hn_text_pool *pool, size_t length);
/* Gives back the end of what was taken last. */
static inline void hn_text_pool_give_back(hn_text_pool *pool, size_t length) {
    pool->at -= length;
    pool->left += length;
}

/* One operation over a block. */
typedef struct hn_call {
    hone_ctx *ctx;
    hn_text_pool *pool;
    int64_t n;
    hn_kind kind; /* of the arguments declared any */
    void *out;
    void *const *args; /* arrays [n]; literals are not among them */
    int32_t n_args;
    const hn_literal *literals;
} hn_call;
typedef hone_status hn_kernel(const hn_call *call);

typedef struct hn_step {
    hn_kernel *run;
    hn_kind kind; /* of the arguments declared any */
    int32_t out;
    const int32_t *args;
    int32_t n_args;
    const hn_literal *literals;
} hn_step;

/* A value that every row has; its slot is filled once. */
typedef struct hn_constant {
    hn_kind kind;
    int32_t slot;
    double number;
    int64_t time;
    hn_slice text;
} hn_constant;

/* Slots 0 .. n_inputs - 1 are the inputs', the constants' follow. */
struct hn_expr {
    hn_kind kind;
    int32_t n_inputs;
    const char **names; /* [n_inputs] */
    hn_kind *kinds;     /* [n_inputs] */
    hn_step *steps;
    int32_t n_steps;
    hn_constant *constants;
    int32_t n_constants;
    int32_t n_slots;
    int32_t max_args;
    int32_t result;    /* slot */
    hn_regex *regexes; /* list */
};

/* expr_type.c: gives every node its kind, finds each call's function and puts conversions in. */
hone_status hn_expr_type_check(const hn_compiler *c, hn_node **root) HONE_MUST_CHECK;
/* expr_program.c: the typed tree as steps. Patterns that are compiled hang on expr->regexes even
 * where it fails. */
hone_status hn_expr_emit(const hn_compiler *c, const hn_node *root, hn_expr *expr) HONE_MUST_CHECK;

hn_kind hn_kind_of(hn_type type);
const char *hn_kind_name(hn_kind kind);

/* ---- functions ------------------------------------------------------------------------------ */

struct hn_expr_rule {
    hn_kernel *run;
};

/* Operators have names that no function has ("+", "and", ...), in a table of their own. */
const hn_expr_function *hn_expr_operators(size_t *ret_count);

/* A parameter as a signature declares it. */
typedef enum hn_accepts {
    HN_ACCEPTS_NUMBER,
    HN_ACCEPTS_TEXT,
    HN_ACCEPTS_BOOLEAN,
    HN_ACCEPTS_TIMESTAMP,
    HN_ACCEPTS_ANY,     /* all of a call's alike */
    HN_ACCEPTS_LIST,    /* [any]: literals, of the same kind as the any before it */
    HN_ACCEPTS_NUMBERS, /* [number]: literals */
    HN_ACCEPTS_TEXTS,   /* [text]: literals */
    HN_ACCEPTS_INTEGER, /* a whole number, literal */
    HN_ACCEPTS_PATTERN  /* a regular expression, literal */
} hn_accepts;

typedef struct hn_parameter {
    hn_slice name;
    hn_accepts accepts;
    bool has_default;
    double fallback; /* integers only */
} hn_parameter;

enum { HN_EXPR_PARAMETERS = 8 };
typedef struct hn_signature {
    hn_parameter parameters[HN_EXPR_PARAMETERS];
    int32_t n;
    int32_t n_required;
    bool variadic; /* the last may be repeated */
    bool gives_any;
    hn_kind gives;
} hn_signature;
/* "round(x: number, digits: integer = 0) -> number". Signatures are ours: a bad one is an assert.
 */
void hn_expr_read_signature(const char *text, hn_signature *ret_signature);
static inline bool hn_accepts_literal(hn_accepts accepts) { return accepts >= HN_ACCEPTS_LIST; }
/* Of the functions and operators called name, the one that takes n_args; fails naming the nearest
 * name or what it takes. */
hone_status hn_expr_find_function(const hn_compiler *c, const hn_node *call,
                                  const hn_expr_function **ret_function) HONE_MUST_CHECK;

/* expr_regex.c */
hone_status hn_regex_compile(const hn_compiler *c, size_t at, hn_slice pattern, hn_regex *next,
                             hn_regex **ret_regex) HONE_MUST_CHECK;
void hn_regex_free_all(hn_regex *first);
int64_t hn_regex_groups(const hn_regex *regex);

/* ---- kernels, named in expr_functions.c ------------------------------------------------------ */

hn_kernel hn_kernel_add, hn_kernel_subtract, hn_kernel_multiply, hn_kernel_divide, hn_kernel_modulo,
    hn_kernel_power, hn_kernel_negate, hn_kernel_equal, hn_kernel_unequal, hn_kernel_less,
    hn_kernel_less_equal, hn_kernel_greater, hn_kernel_greater_equal, hn_kernel_is_in,
    hn_kernel_and, hn_kernel_or, hn_kernel_not, hn_kernel_if, hn_kernel_coalesce,
    hn_kernel_is_missing, hn_kernel_truth_to_number, hn_kernel_to_number, hn_kernel_abs,
    hn_kernel_sign, hn_kernel_floor, hn_kernel_ceil, hn_kernel_round, hn_kernel_sqrt, hn_kernel_exp,
    hn_kernel_log, hn_kernel_log2, hn_kernel_log10, hn_kernel_log1p, hn_kernel_expm1, hn_kernel_sin,
    hn_kernel_cos, hn_kernel_min, hn_kernel_max, hn_kernel_clip, hn_kernel_cut,
    hn_kernel_cut_labels, hn_kernel_haversine, hn_kernel_lower, hn_kernel_upper, hn_kernel_trim,
    hn_kernel_length, hn_kernel_substr, hn_kernel_concat, hn_kernel_replace, hn_kernel_starts_with,
    hn_kernel_ends_with, hn_kernel_contains, hn_kernel_split_part, hn_kernel_to_text,
    hn_kernel_to_timestamp, hn_kernel_regex_match, hn_kernel_regex_extract, hn_kernel_regex_replace,
    hn_kernel_year, hn_kernel_quarter, hn_kernel_month, hn_kernel_day, hn_kernel_hour,
    hn_kernel_minute, hn_kernel_second, hn_kernel_weekday, hn_kernel_day_of_year, hn_kernel_week,
    hn_kernel_epoch, hn_kernel_days_between, hn_kernel_nullif, hn_kernel_tan, hn_kernel_asin,
    hn_kernel_acos, hn_kernel_atan, hn_kernel_atan2, hn_kernel_tanh, hn_kernel_sigmoid,
    hn_kernel_degrees, hn_kernel_radians, hn_kernel_trunc, hn_kernel_cbrt, hn_kernel_least,
    hn_kernel_greatest, hn_kernel_sum, hn_kernel_mean, hn_kernel_regex_count,
    hn_kernel_trim_characters, hn_kernel_ltrim, hn_kernel_rtrim, hn_kernel_left, hn_kernel_right,
    hn_kernel_position, hn_kernel_count, hn_kernel_like, hn_kernel_ilike, hn_kernel_lpad,
    hn_kernel_rpad, hn_kernel_repeat, hn_kernel_reverse, hn_kernel_title, hn_kernel_parse_number,
    hn_kernel_days_in_month, hn_kernel_iso_year, hn_kernel_date_trunc, hn_kernel_date_add,
    hn_kernel_date_diff, hn_kernel_make_date, hn_kernel_to_timestamp_by, hn_kernel_format_time;

#endif
