/* infer.h - what a recipe leaves open, inferred from the table and said why. */
#ifndef HN_FLOW_INFER_H
#define HN_FLOW_INFER_H

#include "flow/recipe.h"
#include "table/profile.h"

/* Sentences for people about what was decided and why, in order. */
typedef struct hn_notes {
    hone_ctx *ctx;
    hn_arena *arena;
    const char **items;
    int64_t n, capacity;
} hn_notes;
hone_status hn_note(hn_notes *notes, const char *format, ...)
    __attribute__((format(printf, 2, 3))) HONE_MUST_CHECK;

/* A table with what its columns look like. */
typedef struct hn_profiled {
    const hn_table *table;
    const hn_column_profile *profiles; /* [n_columns] */
} hn_profiled;

/* Resolve recipe->roles.task against the target columns, one task for each (one, such as HN_TASK_CLUSTER, where
 * there is no target). ret_tasks [max(targets, 1)]. */
hone_status hn_infer_task(hone_ctx *ctx, const hn_profiled *data, const hn_recipe *recipe,
                          hn_notes *notes, hn_task *ret_tasks) HONE_MUST_CHECK;
/* Whether a column teaches something. An id, a constant and free text do not: they are put into roles->id or ignore,
 * with a note; a column without any value is an error that names it. */
hone_status hn_infer_use(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                         const hn_column_profile *profile, hn_recipe_roles *roles, hn_notes *notes,
                         bool *ret_keep) HONE_MUST_CHECK;
/* The columns to learn from: all but those with a role. Unless steps stand before those inferred, ids, constants and
 * free text are put into recipe->roles.id and ignore, with a note each; a column without any value is an
 * error that names it. ret_features [n_columns] gets ascending indices. */
hone_status hn_infer_features(hone_ctx *ctx, hn_arena *arena, const hn_profiled *data,
                              hn_recipe *recipe, hn_notes *notes, int32_t *ret_features,
                              int32_t *ret_n) HONE_MUST_CHECK;
/* The columns (without rows, in arena) for which steps are inferred: features, or where steps are given before those
 * inferred, what these make of train. Of them ids, constants and free text are left out by a step that is put there,
 * with a note each. features NULL: nothing was left out yet, so all columns of train. */
hone_status hn_infer_seen(hone_ctx *ctx, hn_arena *arena, const hn_table *features,
                          const hone_data *train, hn_recipe *recipe, hn_notes *notes,
                          hn_table *ret_seen) HONE_MUST_CHECK;
/* Whether name is one of list. */
bool hn_texts_have(const hn_texts *list, const char *name);
/* Leave those of features out that roles call ids or ignore, by a first step. */
hone_status hn_infer_left_out(hone_ctx *ctx, hn_arena *arena, const hn_table *features,
                              const hn_recipe_roles *roles, hn_recipe *recipe) HONE_MUST_CHECK;
/* Put what model needs for the columns seen, by what it declares it can do, where recipe->infer_at says. Nothing is
 * left to infer then. */
hone_status hn_infer_steps(hone_ctx *ctx, hn_arena *arena, const hn_table *seen,
                           const hn_recipe_part *model, hn_recipe *recipe) HONE_MUST_CHECK;
/* Why recipe's steps begin .. end - 1 were inferred: one note each. */
hone_status hn_note_steps(hn_notes *notes, const hn_recipe *recipe, int32_t begin,
                          int32_t end) HONE_MUST_CHECK;
/* Choose recipe->model for data (training rows only) and infer its steps: the best of a few candidates by
 * cross-validation, or on validation (rows held out for that; NULL: none), where that is cheap, else gbdt. */
hone_status hn_choose_model(hone_ctx *ctx, hn_arena *arena, const hn_table *seen,
                            const hone_data *data, const hone_data *validation, hn_recipe *recipe,
                            hn_notes *notes) HONE_MUST_CHECK;

/* The commented recipe that `hone init` writes: YAML that trains as it stands. No target: clustering. */
hone_status hn_infer_init(hone_ctx *ctx, hn_arena *arena, const hone_table *table, const char *path,
                          const hn_texts *target, char **ret_yaml) HONE_MUST_CHECK;

#endif
