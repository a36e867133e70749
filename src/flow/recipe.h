/* recipe.h - the text that declares data, roles, split, steps, model and metrics; read from YAML or
 * JSON, checked against parameter tables, written back as JSON.
 *
 *     data:    {path: churn.csv}
 *     roles:   {target: Churn, id: [customerID]}
 *     split:   {test: 0.2, by: stratified}
 *     steps:
 *       - impute:  {columns: numeric, strategy: median}
 *       - one_hot: {columns: [Contract, PaymentMethod]}
 *     model:   {gbdt: {n_estimators: 300}}
 *     metrics: [roc_auc, log_loss]
 *     seed:    7
 *
 * Every section may be left out; what is left out is inferred from the table (infer.h), but for
 * `steps: []`, which says that there are none. `auto` among the steps stands for those inferred from the table as the
 * steps before it leave it; no `steps` at all are `steps: [auto]`. */
#ifndef HN_FLOW_RECIPE_H
#define HN_FLOW_RECIPE_H

#include "spec/catalog.h"
#include "spec/splitting.h"
#include "table/read.h"

/* Where rows come from. */
typedef struct hn_recipe_data {
    const char *path; /* a file or a pattern, read as one table */
    const char *sql;
    int format; /* as in its choices: index into hn_source_names */
    const char *table;
    const char *delimiter, *quote, *escape, *comment, *decimal;
    int header; /* auto, yes, no */
    int64_t skip_rows;
    const char *range; /* of a sheet */
    const char *encoding;
    const char *missing;
    int64_t limit;
    const char *expect;  /* a file of expectations, checked before training */
    hn_texts categories; /* columns to take as categories whatever they look like */
    hn_texts numbers;    /* columns to take as numbers */
    hn_texts fill;       /* missing values from the rows before and after (windows.h) */
    hn_texts windows;    /* features over time by key (windows.h) */
} hn_recipe_data;

/* What columns mean. */
typedef struct hn_recipe_roles {
    hn_texts target;      /* one, several, or none */
    int task;             /* 0 auto, then as hn_recipe_tasks */
    const char *positive; /* binary: the class that counts as positive */
    hn_texts id;
    hn_texts ignore;
    const char *weight;
    const char *group;
    const char *time;
} hn_recipe_roles;

/* How probabilities become classes (decision.h). */
typedef struct hn_recipe_decision {
    const char
        *threshold; /* a number, a metric's name, "cost", "profit" or "largest"; NULL: by what is
                              given below, else the largest probability wins */
    hn_pairs costs;
    const char *value, *intervention_cost, *success_rate; /* each a number or a column */
} hn_recipe_decision;

/* What stands at the top besides the sections. */
typedef struct hn_recipe_top {
    hn_texts metrics; /* n == 0: the task's usual ones */
    int64_t seed;
    int64_t sample; /* made rows kept in the model with their answers */
} hn_recipe_top;

/* A step or the model: what, with which parameters, on which columns. */
typedef struct hn_recipe_part {
    const hone_estimator *kind;
    const char *name; /* what it is addressed by; NULL: by its kind */
    void *params;     /* kind->params.size bytes */
    hn_texts
        columns; /* names, patterns (num_*), types (numeric, category, text, time, all), "!" before
                         what is not meant; n == 0: all that the step can take */
} hn_recipe_part;

typedef struct hn_recipe {
    hn_recipe_data data;
    hn_recipe_roles roles;
    hn_splitting split;
    hn_recipe_decision decision;
    hn_recipe_part *steps; /* [n_steps] those that are given */
    int32_t n_steps;
    int32_t infer_at; /* 0 .. n_steps: the step before which others are inferred; -1: none are */
    hn_recipe_part model; /* kind NULL: to be chosen */
    hn_recipe_top top;
} hn_recipe;

/* Among the steps, what stands for those that are inferred. */
#define HN_STEPS_INFERRED "auto"

/* The sections' parameter tables, for the catalog's schema and for messages. */
extern const hn_params hn_recipe_data_params;
extern const hn_params hn_recipe_roles_params;
extern const hn_params hn_recipe_decision_params;
extern const hn_params hn_recipe_top_params;

/* Everything at its default; memory of texts and parameters is always arena's. */
hone_status hn_recipe_init(hone_ctx *ctx, hn_arena *arena, hn_recipe *ret_recipe) HONE_MUST_CHECK;
/* Errors name the file, line and column: "churn.yaml, line 7, column 12: gbdt: ...". */
hone_status hn_recipe_read(hone_ctx *ctx, hn_arena *arena, const char *text, size_t length,
                           const char *name, hn_recipe *ret_recipe) HONE_MUST_CHECK;
hone_status hn_recipe_read_file(hone_ctx *ctx, hn_arena *arena, const char *path,
                                hn_recipe *ret_recipe) HONE_MUST_CHECK;
/* Choose the model by name and set its parameters from "k=v" texts (after defaults or what is there); those
 * of a step as "STEP__k=v", where STEP is its name, else its kind ("impute"; "impute_2" is the second one
 * without a name). */
hone_status hn_recipe_set_model(hone_ctx *ctx, hn_arena *arena, hn_recipe *recipe,
                                const char *name) HONE_MUST_CHECK;
hone_status hn_recipe_set(hone_ctx *ctx, hn_arena *arena, hn_recipe *recipe,
                          const char *assignment) HONE_MUST_CHECK;
/* The recipe as JSON that read takes back to an equal recipe; parameters at their defaults left out
 * unless whole. */
hone_status hn_recipe_to_json(hone_ctx *ctx, const hn_recipe *recipe, bool whole, hn_json_doc *doc,
                              hn_json_mut **ret_value) HONE_MUST_CHECK;
/* The same recipe with all its memory in arena. */
hone_status hn_recipe_copy(hone_ctx *ctx, hn_arena *arena, const hn_recipe *recipe,
                           hn_recipe *ret_copy) HONE_MUST_CHECK;
/* JSON Schema of a recipe. */
hone_status hn_recipe_schema(hone_ctx *ctx, hn_json_doc *doc,
                             hn_json_mut **ret_schema) HONE_MUST_CHECK;

/* The columns a part means, ascending indices into table. */
hone_status hn_recipe_select(hone_ctx *ctx, hn_arena *arena, const hn_recipe_part *part,
                             const hn_table *table, int32_t **ret_indices,
                             int32_t *ret_n) HONE_MUST_CHECK;
/* The types that recipe->data names (categories, numbers), applied to a table in place. */
hone_status hn_recipe_apply_types(hone_ctx *ctx, const hn_recipe *recipe,
                                  hone_table *table) HONE_MUST_CHECK;
/* The rows of table with what recipe->data fills and the windows that it names; what was filled is counted
 * (changes.h). It borrows from table. */
hone_status hn_recipe_apply_windows(hone_ctx *ctx, const hn_recipe *recipe, const hone_table *table,
                                    hone_table **ret_made) HONE_MUST_CHECK;
/* roles->target as columns of table: where a name is no column but its parts between commas are, these. */
hone_status hn_recipe_find_targets(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                                   hn_recipe_roles *roles) HONE_MUST_CHECK;
/* Read the data that the recipe names, with its types applied. */
hone_status hn_recipe_read_data(hone_ctx *ctx, const hn_recipe *recipe,
                                hone_table **ret_table) HONE_MUST_CHECK;

#endif
