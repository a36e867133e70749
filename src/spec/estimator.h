/* estimator.h - the contract. An algorithm declares itself once, in a hone_estimator; the program, the
 * server, Python, the docs and the conformance suite know it only through that.
 *
 * How to add one, in three places:
 *   1. src/ml/ROOM/NAME.c: a params struct and its table, a state struct, the hooks, and
 *      `const hone_estimator hn_NAME = {...};` with its golden records;
 *   2. one line in src/flow/catalog.def;
 *   3. a golden record in it: a figure of the reference implementation on real data.
 * The conformance suite then tests it, driven by its capabilities.
 *
 * There are two sorts. An estimator proper has tasks and a predict hook: it is fitted on hone_data and
 * answers with numbers. A step (tasks == HN_TASK_NONE) has a transform hook: it is fitted on the columns
 * chosen for it and replaces them by others. Some are both (clusterings).
 *
 * What predict writes per row, by task:
 *   binary, multiclass  n_classes numbers: probabilities, or scores of which the largest wins (of two
 *                       classes the first one's score is minus the second's)
 *   regression, rank    one number
 *   cluster             the cluster's number from 0, -1 for a row of none
 *   anomaly             one number: below 0 is an anomaly, the further the more certain
 *   rules               two: the number of what is recommended (its name is in labels), -1 for nothing,
 *                       and how sure that is, 0 to 1
 * Of several targets (HN_CAN_TARGETS) the numbers of each stand one after the other.
 * Methods that answer for the rows they were fitted on in another way than for new rows (density
 * clusterings, embeddings) keep those answers in the state: "labels" [n] as predict would write them,
 * "embedding" [n, k] as transform would.
 */
#ifndef HN_SPEC_ESTIMATOR_H
#define HN_SPEC_ESTIMATOR_H

#include "spec/data.h"
#include "spec/param.h"
#include "spec/visit.h"

typedef enum hn_capability {
    HN_CAN_MISSING = 1 << 0,       /* NaN and nulls in features */
    HN_CAN_CATEGORIES = 1 << 1,    /* category columns, unordered */
    HN_CAN_WEIGHTS = 1 << 2,       /* uses data->weight; weights of one give the bits of none */
    HN_CAN_PROBABILITIES = 1 << 3, /* predict gives class probabilities, else class scores */
    HN_CAN_UPDATE = 1 << 4,        /* has update: more rows later */
    HN_CAN_IMPORTANCES = 1 << 5,   /* has importances */
    HN_WANTS_SCALING = 1 << 6,     /* fits better when features have like scales */
    HN_IS_BASELINE = 1 << 7,       /* looks at no feature */
    HN_ANY_TYPE = 1 << 8,          /* takes strings and timestamps too */
    HN_NUMERIC_ONLY = 1 << 9,      /* steps: f64, f32, i64, bool columns only */
    HN_CATEGORY_ONLY = 1 << 10, /* steps: category (and string) columns only; models: categories, or
                                      numbers that are codes (whole, 0 and more) */
    HN_CAN_SPARSE = 1 << 11,    /* takes x->csr: see table.h */
    HN_CAN_UNLABELED = 1 << 12, /* learns from rows without a class too: their y is -1 */
    HN_NOT_NEGATIVE = 1 << 13,  /* features are counts or amounts: 0 and more */
    HN_CAN_INVERT = 1 << 14,    /* has inverse */
    HN_CAN_OBJECTIVE = 1 << 15, /* minimises data->objective where there is one */
    HN_CAN_TARGETS = 1 << 16,   /* learns several targets at once: see data->targets */
    HN_CAN_DECLINE = 1 << 17,   /* answers NaN where it has no answer for a row */
    /* Steps: look at what categories say. In rows to be answered they get the texts that training did not see too,
     * in open dictionaries (table/column.h), and may give such. */
    HN_READS_TEXT = 1 << 18,
    HN_CAN_VALIDATE = 1 << 19, /* looks at data->validation */
} hn_capability;

/* A figure that must come out. dataset is a path under the shared data's folder; it is read, split
 * 80/20 (stratified for classes) with seed 1 and scored on the test part unless scheme says "all"
 * (fitted and scored on all rows). Without the data the record is skipped.
 * Steps: fitted on all rows of `columns`, with the target if they look at one (classes where they learn from such and
 * scheme is not "regression"); metric "sum" is the sum of all output cells that
 * are not missing, "squares" the sum of their squares, "columns" the number of output columns, any
 * other name a figure of the report. */
typedef struct hn_golden {
    const char *dataset; /* "tabular/iris/iris.csv" */
    const char *target;  /* NULL for steps and clusterings */
    const char *columns; /* comma-separated; NULL: all */
    const char *params;  /* JSON object; NULL: defaults */
    const char *scheme;  /* "split" (NULL) or "all" */
    const char *metric;  /* a metric's name */
    double value;
    double tolerance;   /* absolute */
    const char *source; /* where the value comes from: "scikit-learn 1.2.1, Ridge(alpha=1)" */
} hn_golden;

/* What a fitted state is worth showing, added as members to object (coefficients, tree counts, ...). */
typedef hone_status hn_report_fn(hone_ctx *ctx, const void *state, const hn_table *schema,
                                 hn_json_doc *doc, hn_json_mut *object);

/* What rules and drawings need to know beside the state. */
typedef struct hn_shown {
    const hn_table *schema;       /* the columns that it was fitted on */
    const void *params;           /* as it was fitted with */
    int64_t rows;                 /* that it was fitted on; 0: not known */
    const hn_dictionary *classes; /* what the classes are called; NULL: it has none */
    const char *target;           /* NULL: none */
    int64_t part;                 /* which tree, component, ... of several, from 0 */
} hn_shown;

/* What a fitted state says to people, appended to str: a text for a terminal, or one SVG document.
 * HONE_ERROR_USAGE where there is no such part. */
typedef hone_status hn_show_fn(hone_ctx *ctx, const void *state, const hn_shown *shown,
                               hn_str *str);

/* One of the methods that a fitted one answers by: a model of its own. */
typedef struct hn_member {
    const char *name; /* "final_estimator", if it has a part of its own; NULL: one of several */
    const struct hone_estimator *kind;
    const void *params;     /* NULL: those of the whole */
    const void *state;      /* NULL: its rows were of one class, so there was nothing to learn */
    const int64_t *columns; /* [n_columns] which of the columns it looks at; NULL: all */
    int64_t n_columns;
    const hn_table *schema; /* instead: columns of its own, 0 rows; NULL: those of the whole */
    const int64_t *classes; /* [n_classes] which of the classes it knows; NULL: all */
    int64_t n_classes;
    int32_t target; /* of several targets: which is its own */
} hn_member;

/* What a step makes of the rows that the stages after it learn from. */
typedef struct hn_resampled {
    int64_t n;
    /* [n] the row that each comes from: its target, weight, group, time and the columns not chosen are the new row's
     * too. NULL: the rows as they are, n of them. */
    const int64_t *source;
    /* [n] -1: it is that row; else it was made from that row and this one (a copy: from the same). NULL: all
     * are rows as they were. */
    const int64_t *partner;
    const hn_table
        *x; /* [n] what stands for the chosen columns, columns as transform gives them; NULL: what
                             transform gives for source */
    const double *weight; /* [n]; NULL: those of source */
} hn_resampled;

typedef struct hone_estimator {
    const char *name;        /* "gbdt": lower case, digits, underscores */
    const char *title;       /* "Gradient-boosted decision trees" */
    const char *family;      /* what people look for it under; mostly the room's name: "tree" */
    const char *class_names; /* in Python: "Ridge", or one for classes and one for numbers:
                                "RandomForestClassifier RandomForestRegressor" */
    /* Other names that people look for it under, parted by blanks: "xgboost lightgbm". What is meant is then said, not
     * taken. NULL: none. */
    const char *also;
    const char *doc;        /* two or three sentences for people: what it does, when to take it */
    const char *references; /* papers, one per line */
    unsigned tasks;         /* of hn_task */
    unsigned can;           /* of hn_capability */
    const char
        *example; /* params (JSON) that make sense for columns a and b, where defaults don't */
    hn_params params;
    size_t state_size;
    unsigned
        target; /* steps: learns from the target of these tasks (hn_task), and needs one; 0: looks at none */

    /* Rules across parameters and against the data only; ranges are checked before. May be NULL. */
    hone_status (*check)(hone_ctx *ctx, const void *params, const hone_data *data);
    /* Fit on data. ret_state is zeroed; fitted arrays live in arena. params outlives the state only if
     * copied: keep in the state what predict needs. Same bits for any ctx->threads. */
    hone_status (*fit)(hone_ctx *ctx, const void *params, const hone_data *data, hn_arena *arena,
                       void *ret_state);
    /* Learn from more rows of the same columns and classes; may write to the state's arrays. NULL without
     * HN_CAN_UPDATE. */
    hone_status (*update)(hone_ctx *ctx, const void *params, const hone_data *data, hn_arena *arena,
                          void *state);
    /* Answer for all rows of x (the columns fitted on, same order and types, categories coded alike;
     * unknown categories possible). ret_out [n_rows, outputs] row-major, outputs = hn_outputs(...): one
     * column per class (probabilities, or scores where the largest wins), one value, or the cluster
     * number. A row's bits do not depend on the other rows: no BLAS here. No allocation but scratch. */
    hone_status (*predict)(hone_ctx *ctx, const void *state, const hn_table *x, double *ret_out);
    /* Columns that predict writes per row (of all targets), from the state alone. The loader compares it with
     * what the task asks for, so that a hostile file cannot make predict write beyond ret_out. Estimators only. */
    int64_t (*outputs)(const void *state);
    /* The k nearest of the rows fitted on to each row of x, nearest first: their numbers and distances, ret_row
     * and ret_distance [n, k]. x NULL: to each of those rows, itself left out. HONE_ERROR_USAGE where there are
     * fewer rows. NULL: it keeps no rows. */
    hone_status (*neighbors)(hone_ctx *ctx, const void *state, const hn_table *x, int64_t k,
                             int64_t *ret_row, double *ret_distance);
    /* n rows such as it was fitted on, drawn anew by ctx->seed: columns like those of schema, row-wise the same
     * bits for any n, and in ret_answer [n] what it would answer if it knew what each was drawn from (the component
     * of a mixture). NULL: it knows nothing of how rows come about. */
    hone_status (*sample)(hone_ctx *ctx, const void *state, const hn_table *schema, int64_t n,
                          hn_arena *arena, hn_table *ret_rows, double *ret_answer);
    /* Rules: what the numbers in predict's answers stand for; lives as long as the state. */
    const struct hn_dictionary *(*labels)(const void *state);
    /* With HN_CAN_PROBABILITIES: whether this state does give them, where parameters decide. NULL: it does. */
    bool (*gives_probabilities)(const void *state);
    /* Steps: the columns that stand in place of x's columns, in arena (names and dictionaries may be
     * the state's or x's). Row-wise: a row's output depends on that row alone. Numbers come in single precision
     * (f32) where they did when it was fitted, and nowhere else, however the row came in; so a step fitted on floats
     * alone may give floats. */
    hone_status (*transform)(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out);
    /* Steps: called once after fit, with the rows fitted on: which rows the stages after it learn from, and how
     * their columns look there. So rows are left out, made and weighted (samplers), and a step that learned
     * from the target can show each row what was learned from others (cross-fitted encoders). Rows to be
     * answered or scored never come here: hn_pipeline_fit alone calls it, and it is given training rows alone.
     * A step that changes which rows there are gives, as transform, the values as they came. May write to
     * state (counts for its report). Memory from arena. NULL: all rows, as transform gives them. */
    hone_status (*resample)(hone_ctx *ctx, const void *params, const hone_data *data,
                            hn_arena *arena, void *state, hn_resampled *ret_rows);
    /* Steps: the way back, as far as there is one: columns with the names of schema (those fitted on) from
     * columns z as transform gives them. NULL without HN_CAN_INVERT. */
    hone_status (*inverse)(hone_ctx *ctx, const void *state, const hn_table *z,
                           const hn_table *schema, hn_arena *arena, hn_table *ret_out);
    /* Walk over the state: see visit.h. */
    hone_status (*visit)(hn_visitor *v, void *state);
    /* What people know of such a method beside what visit names, or in another form: arrays as scikit-learn has
     * them, under its names, made in v->arena. They stand before those of the state, and are only shown. NULL: none. */
    hone_status (*attributes)(hn_visitor *v, const void *state, const hn_shown *shown);
    /* The i-th of the methods that it answers by (trees of a forest, members of an ensemble); what must be made for
     * it is made in arena. HONE_ERROR_USAGE beyond the last (hn_no_member). NULL: it has none. */
    hone_status (*member)(hone_ctx *ctx, const void *state, int64_t i, hn_arena *arena,
                          hn_member *ret_member);
    /* After loading or fitting: make what is not stored (compiled programs, lookup tables). May be NULL;
     * schema: the columns it was fitted on. */
    hone_status (*prepare)(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema);
    /* Free what is not in an arena. May be NULL. */
    void (*done)(void *state);
    /* One importance per feature, >= 0, summing to 1 (all 0 if nothing was learned). */
    hone_status (*importances)(hone_ctx *ctx, const void *state, double *ret_importances);
    hn_report_fn *report; /* may be NULL */
    hn_show_fn *rules;    /* its rules or formula in words; may be NULL */
    hn_show_fn *drawing;  /* a picture of it; may be NULL */
    /* Methods made of others: the i-th of the parts that are fitted on the same features for the same task,
     * NULL after the last. What one of them can't take (missing values, categories, weights, sparse
     * matrices) the whole can't, whatever `can` says; it wants scaling if one of them does. NULL: none. */
    const hn_part *(*part)(const void *params, int64_t i);

    const hn_golden *golden;
    int n_golden;
} hone_estimator;

#define HN_GOLDEN(...)                                                                             \
    .golden = (const hn_golden[]){__VA_ARGS__},                                                    \
    .n_golden = sizeof((const hn_golden[]){__VA_ARGS__}) / sizeof(hn_golden)

/* Names of the bits that are set, in a fixed order; NULL after the last. */
enum { HN_NAMES = 32 };
void hn_task_names(unsigned tasks, const char *ret_names[HN_NAMES]);
void hn_capability_names(unsigned can, const char *ret_names[HN_NAMES]);

/* What a kind can with these parameters: its `can`, less what its parts can't. params may be NULL where it
 * has no parts. */
unsigned hn_estimator_can(const hone_estimator *estimator, const void *params);

static inline bool hn_gives_probabilities(const hone_estimator *estimator, const void *state) {
    return (estimator->can & HN_CAN_PROBABILITIES) != 0 &&
           (estimator->gives_probabilities == NULL || estimator->gives_probabilities(state));
}

/* HONE_ERROR_USAGE: there are but n of them. */
hone_status hn_no_member(hone_ctx *ctx, int64_t i, int64_t n);

/* Columns of predict's output: n_classes for classification, 2 for rules, else 1. */
static inline int32_t hn_outputs(hn_task task, int32_t n_classes) {
    return (task & HN_TASK_CLASSIFY) != 0 ? n_classes : task == HN_TASK_RULES ? 2 : 1;
}

/* The same of all targets that data has. */
static inline int32_t hn_data_outputs(const hone_data *data) {
    int32_t outputs = 0;
    for (int32_t t = 0; t < hn_data_targets(data); t++) {
        hone_data one = hn_data_of_target(data, t);
        outputs += hn_outputs(one.task, one.n_classes);
    }
    return outputs;
}

/* A model that takes its columns as they come, whatever they are: no steps stand before it. */
static inline bool hn_takes_any_type(const hone_estimator *kind) {
    return kind != NULL && kind->tasks != HN_TASK_NONE && (kind->can & HN_ANY_TYPE) != 0;
}

/* The checks that come before every fit: task and capabilities against data, at least one row, finite
 * weights and targets, infinite features refused, missing values, categories and sparse matrices refused
 * where the estimator can't (the message names the column and the step that would help); then estimator->check;
 * then the same for each of its parts (the message names the part). Whoever takes several targets has parts
 * that see one each. */
hone_status hn_estimator_check(hone_ctx *ctx, const hone_estimator *estimator, const void *params,
                               const hone_data *data) HONE_MUST_CHECK;
/* Of these, what concerns features: for rows to be answered too. */
hone_status hn_estimator_check_features(hone_ctx *ctx, const hone_estimator *estimator,
                                        const void *params, const hn_table *x) HONE_MUST_CHECK;
/* Put "OWNER: " before the message of a failure that a part met; gives status back. */
hone_status hn_fail_in(hone_ctx *ctx, const char *owner, hone_status status);

#endif
