/* param_parts.h - between the .c files of the parameter engine; nobody else includes it.
 *
 * Text and JSON are both turned into hn_given values, and one place (param_store.c) decides what is
 * legal, says what is not, and fills the struct. */
#ifndef HN_SPEC_PARAM_PARTS_H
#define HN_SPEC_PARAM_PARTS_H

#include "base/utf8.h"
#include "spec/param.h"

typedef enum hn_given_kind {
    HN_GIVEN_TYPED, /* text as a flag has it: may stand for a number or a truth value */
    HN_GIVEN_TEXT,  /* a JSON string: stands for a text, a choice or a word */
    HN_GIVEN_INT,
    HN_GIVEN_REAL,
    HN_GIVEN_BOOL,
    HN_GIVEN_NULL,
    HN_GIVEN_OTHER, /* text says what: "a list" */
} hn_given_kind;

typedef struct hn_given {
    hn_given_kind kind;
    hn_slice text;
    int64_t i;
    double x;
    bool b;
} hn_given;

/* One parameter about to be set. */
typedef struct hn_setting {
    hone_ctx *ctx;
    hn_arena *arena;
    const hn_params *params;
    const hone_param *param;
    const char *owner;
    hn_interval range; /* all finite numbers where the parameter has none */
    const char *file;  /* where the value stands, or NULL */
    int line, column;
    const char *pointer;   /* its JSON pointer in marks; NULL: unknown */
    const hn_marks *marks; /* NULL: none */
    int depth;             /* of parts around it */
} hn_setting;

hone_status hn_setting_begin(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                             const hone_param *param, const char *owner,
                             hn_setting *ret_setting) HONE_MUST_CHECK;
/* The value of anything but a list or pairs. */
hone_status hn_setting_store(const hn_setting *s, const hn_given *given,
                             void *values) HONE_MUST_CHECK;
/* The items of a list, or of pairs (with names [n]); with append after those already there. */
hone_status hn_setting_store_items(const hn_setting *s, const hn_given *items,
                                   const hn_slice *names, int64_t n, bool append,
                                   void *values) HONE_MUST_CHECK;
/* Whether what stands in values is legal. */
hone_status hn_setting_check(const hn_setting *s, const void *values) HONE_MUST_CHECK;
/* "OWNER: 'NAME' must be TYPE, not GIVEN; WAY OUT". item is "[2]" or "['name']", or NULL for all of
 * it. */
hone_status hn_setting_refuse(const hn_setting *s, const char *item,
                              const hn_given *given) HONE_MUST_CHECK;
/* "OWNER: 'NAME' MESSAGE". */
hone_status hn_setting_fail(const hn_setting *s, const char *item, const char *format, ...)
    __attribute__((format(printf, 3, 4))) HONE_MUST_CHECK;

/* The public ones, for the parameters of a part at this depth. */
hone_status hn_params_defaults_at(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                                  void *values, const char *owner, int depth) HONE_MUST_CHECK;
hone_status hn_params_set_json_at(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                                  void *values, const char *owner, hn_json *object,
                                  const char *pointer, const hn_marks *marks,
                                  int depth) HONE_MUST_CHECK;
/* The kind of a JSON value, for messages and for what is no part. */
hn_given hn_given_of(hn_json *json);

/* param_part.c: the same for parts (HN_PARAM_PART, HN_PARAM_PARTS). */
hone_status hn_parts_from_text(const hn_setting *s, const char *text, bool append,
                               void *values) HONE_MUST_CHECK;
hone_status hn_parts_from_json(const hn_setting *s, hn_json *json, bool append,
                               void *values) HONE_MUST_CHECK;
hone_status hn_parts_check(const hn_setting *s, const void *at) HONE_MUST_CHECK;
bool hn_parts_same(const hone_param *param, const void *left, const void *right);
/* NULL where memory is out. brief: only what differs from the defaults. */
hn_json_mut *hn_parts_json(hone_ctx *ctx, const hone_param *param, const void *at, bool brief,
                           hn_json_doc *doc);
/* The legal kind nearest to a text, or NULL. */
const char *hn_parts_nearest(hone_ctx *ctx, const hone_param *param, const char *text);

/* param_group.c: the same for groups. */
hone_status hn_text_groups_from_text(const hn_setting *s, const char *text, bool append,
                                     void *values) HONE_MUST_CHECK;
hone_status hn_text_groups_from_json(const hn_setting *s, hn_json *json, bool append,
                                     void *values) HONE_MUST_CHECK;
bool hn_text_groups_same(const hn_text_groups *x, const hn_text_groups *y);
hn_json_mut *hn_text_groups_json(const hn_text_groups *groups, hn_json_doc *doc);

/* From text, from JSON. */
hone_status hn_setting_from_text(const hn_setting *s, const char *text, bool append,
                                 void *values) HONE_MUST_CHECK;
hone_status hn_setting_from_json(const hn_setting *s, hn_json *json, bool append,
                                 void *values) HONE_MUST_CHECK;

static inline bool hn_param_is_list(const hone_param *param) {
    return param->type == HN_PARAM_TEXTS || param->type == HN_PARAM_REALS ||
           param->type == HN_PARAM_PAIRS || param->type == HN_PARAM_GROUPS ||
           param->type == HN_PARAM_PARTS;
}
static inline bool hn_param_is_part(const hone_param *param) {
    return param->type == HN_PARAM_PART || param->type == HN_PARAM_PARTS;
}
static inline void *hn_param_at(const hone_param *param, void *values) {
    return (char *)values + param->offset;
}
static inline const void *hn_param_in(const hone_param *param, const void *values) {
    return (const char *)values + param->offset;
}
/* Says that a JSON builder gave NULL, and takes the note of it in ctx back. */
static inline hone_status hn_json_out_of_memory(hone_ctx *ctx) {
    ctx->json_failed = false;
    return hn_fail(ctx, HONE_ERROR_MEMORY,
                   "out of memory: no room for a JSON document; use less data at once");
}

/* Whether two structs hold the same bits (or texts) there. */
bool hn_param_same(const hone_param *param, const void *a, const void *b);
/* Index of a text among the choices, or -1. */
int hn_param_choice(const hone_param *param, hn_slice text);
/* The word whose value is x (NaN is NaN), or NULL. */
const char *hn_param_word_of(const hone_param *param, double x);

/* Type of one item in a sentence: "a real number in (0, 1] or 'auto'". */
void hn_put_item_type(hn_str *str, const hone_param *param);
/* The name as messages and help say it: 'learning_rate', --learning-rate, FILE. */
void hn_put_param_name(hn_str *str, const hn_params *params, const hone_param *param);
/* "  one of a, b; default a" and the like, without its own separators: what people need to know
 * about the value besides doc. Nothing where there is nothing to say. */
void hn_put_value_note(hn_str *str, const hone_param *param, bool with_default);
/* What stands for the value in help: "FILE", "N"; nothing for a bool. */
void hn_put_display(hn_str *str, const hone_param *param);
/* "--learning-rate". */
void hn_put_flag(hn_str *str, const char *name);

#endif
