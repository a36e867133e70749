/* repair.h - what the steps share that read values out of texts (numbers, times, truth values): one way of
 * reading is learned for each column, counted by cells, and what isn't read becomes missing.
 *
 * Columns of other types stay as they are, and so does one of which too few texts are read: a step that is given
 * all columns mends those that it is for. */
#ifndef HN_ML_PREP_REPAIR_H
#define HN_ML_PREP_REPAIR_H

#include "ml/prep/prep.h"

enum { HN_STAYS = -1 };

typedef struct hn_repair_state {
    int64_t n;
    int32_t *way;         /* [n] how the column is read: 0, 1, ...; or HN_STAYS */
    int64_t *n_read;      /* [n] training cells */
    int64_t *n_lost;      /* [n] training cells with a text that is not read */
    int64_t *n_decided;   /* [n] of those read, cells that the next best way doesn't read */
    const char **example; /* [n] a text that is not read; "" where there is none */
    int32_t *unit;        /* [n] what the numbers are in: hn_unit_at's; negative: as written */
    int64_t n_words;      /* words or formats that the step was given or knows */
    int64_t n_first;      /* of them, those of the first sort */
    const char **words;
} hn_repair_state;

/* One of them: how it reads column j's text in a way. value has 8 bytes: a double, microseconds, or a uint8_t. */
typedef struct hn_repair {
    const char *step;
    int32_t n_ways;
    hn_type type; /* what comes out: HN_F64, HN_TIME or HN_BOOL */
    bool (*read)(const hn_repair_state *state, int32_t j, int32_t way, hn_slice text, void *value);
} hn_repair;

/* Learns each column's way: of those from first to last the one that reads most cells, the earlier of equal ones.
 * Before it, words are set. min_read: the least share of the cells that are not missing. */
hone_status hn_repair_fit(hone_ctx *ctx, const hn_repair *repair, int32_t first, int32_t last,
                          double min_read, const hn_table *x, hn_arena *arena,
                          hn_repair_state *state) HONE_MUST_CHECK;
/* The same for column j alone; with one way only, whether it is still read enough. */
hone_status hn_repair_learn(hone_ctx *ctx, const hn_repair *repair, int32_t first, int32_t last,
                            double min_read, const hn_column *column, int32_t j, hn_arena *arena,
                            hn_repair_state *state) HONE_MUST_CHECK;
hone_status hn_repair_transform(hone_ctx *ctx, const hn_repair *repair,
                                const hn_repair_state *state, const hn_table *x, hn_arena *arena,
                                hn_table *ret_out) HONE_MUST_CHECK;
hone_status hn_repair_visit(hn_visitor *v, const hn_repair *repair,
                            hn_repair_state *state) HONE_MUST_CHECK;
hone_status hn_repair_prepare(hone_ctx *ctx, const hn_repair *repair, const hn_repair_state *state,
                              const hn_table *schema) HONE_MUST_CHECK;
/* {"columns": {NAME: {"read": 9, "lost": 1, "example": "n/a", KEY: names[way]}}}; key NULL: ways have no names. */
void hn_repair_report(const hn_repair_state *state, const hn_table *schema, const char *key,
                      const char *const *names, hn_json_doc *doc, hn_json_mut *object);

/* The different texts of a text column with how often each comes, in order: fn for each. */
typedef hone_status hn_text_fn(hone_ctx *ctx, void *arg, hn_slice text, int64_t count);
hone_status hn_each_text(hone_ctx *ctx, const hn_column *column, hn_text_fn *fn,
                         void *arg) HONE_MUST_CHECK;
static inline bool hn_is_text(const hn_column *column) {
    return column->type == HN_STRING || column->type == HN_CATEGORY;
}
/* Whether element i has a text (an unknown category has none). */
static inline bool hn_has_text(const hn_column *column, int64_t i) {
    return !hn_column_is_null(column, i) &&
           (column->type == HN_STRING || hn_column_code(column, i) != HN_UNKNOWN);
}
/* The words of the step, those of the first sort before the others. */
hone_status hn_repair_words(hone_ctx *ctx, hn_arena *arena, const hn_texts *first,
                            const hn_texts *second, hn_repair_state *state) HONE_MUST_CHECK;

/* The hooks that a step leaves to its hn_repair, and what its declaration has for them. */
#define HN_REPAIR_HOOKS(repair)                                                                    \
    static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x,              \
                                 hn_arena *arena, hn_table *ret_out) {                             \
        return hn_repair_transform(ctx, &(repair), state, x, arena, ret_out);                      \
    }                                                                                              \
    static hone_status visit(hn_visitor *v, void *state) {                                         \
        return hn_repair_visit(v, &(repair), state);                                               \
    }                                                                                              \
    static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state,                        \
                               const hn_table *schema) {                                           \
        (void)arena;                                                                               \
        return hn_repair_prepare(ctx, &(repair), state, schema);                                   \
    }
#define HN_REPAIR_DECLARED                                                                         \
    .family = "prep", .tasks = HN_TASK_NONE, .state_size = sizeof(hn_repair_state),                \
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE | HN_READS_TEXT, .check = check,       \
    .fit = fit, .transform = transform, .visit = visit, .prepare = prepare, .report = report

#endif
