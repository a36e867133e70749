/* conformance.h - data for checking any kind against its own declaration: made by its capabilities. */
#ifndef HN_TESTS_CONFORMANCE_H
#define HN_TESTS_CONFORMANCE_H

#include "support.h"

#include "spec/catalog.h"

/* A data set that a kind can take, and nothing that it can't. */
typedef struct case_data {
    hn_arena arena;
    hn_table table;
    hone_data data;
    double *y;
    double *weight; /* ones */
    int64_t *group; /* of six rows */
} case_data;

/* What to put in besides plain numbers. */
typedef enum case_flaw {
    CASE_CLEAN,
    CASE_MISSING,   /* NaN in the first numeric column, whatever the kind can */
    CASE_INFINITE,  /* one infinity */
    CASE_ONE_CLASS, /* y constant */
    CASE_CONSTANT,  /* every column constant */
} case_flaw;

/* n rows for kind and task (HN_TASK_NONE for steps that look at no target). Missing values, categories and rows
 * without a class are there exactly where the kind can take them. */
void case_make(hone_ctx *ctx, const hone_estimator *kind, hn_task task, int64_t n, case_flaw flaw,
               case_data *ret);
/* For a kind that takes several targets a second one: the first in other rows. */
void case_add_target(hone_ctx *ctx, const hone_estimator *kind, case_data *c);
void case_done(case_data *c);

/* A fitted state with its parameters; freed with the arena. */
typedef struct case_fit {
    hn_arena arena;
    const hone_estimator *kind;
    void *params;
    void *state;
} case_fit;

/* Defaults, made small for the test (few trees), checked, fitted and prepared. */
hone_status case_fit_make(hone_ctx *ctx, const hone_estimator *kind, const hone_data *data,
                          case_fit *ret);
void case_fit_done(case_fit *fit);

/* predict, or transform as a matrix; *ret_n values from the fit's arena. */
hone_status case_answer(hone_ctx *ctx, case_fit *fit, const hone_data *data, const hn_table *x,
                        double **ret_out, int64_t *ret_n);
/* Steps that change which rows are learned from: what comes of it, as numbers; nothing for other kinds. */
hone_status case_resample(hone_ctx *ctx, case_fit *fit, const hone_data *data, double **ret_out,
                          int64_t *ret_n);
/* Hash over everything that visit names. */
uint64_t case_state_hash(hone_ctx *ctx, case_fit *fit);

#endif
