/* run.h - what training, comparing and learning curves begin with: a table with its roles found, its
 * target learned, its rows split. */
#ifndef HN_FLOW_RUN_H
#define HN_FLOW_RUN_H

#include "flow/infer.h"
#include "flow/model.h"
#include "flow/target.h"
#include "table/split.h"

enum { HN_RUN_TRAIN, HN_RUN_VALIDATION, HN_RUN_TEST, HN_RUN_PARTS };

typedef struct hn_run {
    hone_ctx *ctx;
    hone_model *model;
    hn_arena *arena; /* the model's */
    hn_recipe recipe;
    const hone_table *table;
    hn_table
        rows; /* the table's rows whose target is known; then others, if they teach something */
    int64_t n_known;
    hn_target target;   /* of several the first */
    hn_target *targets; /* [model->n_targets] where there are several */
    hn_notes notes;
    hone_data all, train, test; /* test.x NULL: nothing is held out */
    hone_data validation;       /* held out to choose by; x NULL: folds of train do it */
    hone_data known; /* train's rows whose target is known, its first: what can be scored */
    hn_rows parts[HN_RUN_PARTS]; /* rows of known, validation and test among all; n 0: none */
    hn_profiled features;        /* of all rows */
    double *baseline; /* [outputs]: the baseline's answer; of several targets one after the other */
    const double *costs; /* [classes, classes], or NULL */
    hn_choice choice;
    hn_json *changes; /* what the steps did (changes.h) */
} hn_run;

/* Set ctx, model (empty), arena (the model's), recipe (a copy of its own), table and notes before. Fills
 * the rest but for baseline; model gets schema, task, target and classes. Arrays live in ctx->scratch. */
hone_status hn_run_prepare(hn_run *run) HONE_MUST_CHECK;
/* The last of preparing, in parts.c: weights, groups and times of the rows of inputs, and which of them are trained
 * on, chosen by and tested with. */
hone_status hn_run_parts(hn_run *run, const hn_table *inputs) HONE_MUST_CHECK;
/* The run as one of target t alone, for figures; model is view, which is filled. */
hn_run hn_run_of_target(const hn_run *run, int32_t t, hone_model *view);
/* Choose recipe.model where none is named, and infer its steps where none are given; says why. */
hone_status hn_run_choose(hn_run *run) HONE_MUST_CHECK;
/* The baseline fitted on the training rows: its answer for any row. */
hone_status hn_run_baseline(hn_run *run) HONE_MUST_CHECK;

#endif
