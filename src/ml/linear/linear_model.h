/* linear_model.h - what all linear models share once fitted: state, scoring, report, importances.
 *
 * A state struct begins with an hn_linear, so that the hooks below serve every linear estimator.
 */
#ifndef HN_ML_LINEAR_LINEAR_MODEL_H
#define HN_ML_LINEAR_LINEAR_MODEL_H

#include "ml/linear/moments.h"
#include "spec/estimator.h"

/* What becomes of coef . x + intercept. */
typedef enum hn_link {
    HN_LINK_IDENTITY,
    HN_LINK_SIGMOID,
    HN_LINK_SOFTMAX,
    HN_LINK_EXP,
    HN_LINK_MARGIN, /* of two classes: minus the score, and the score */
    HN_LINK_COUNT
} hn_link;

typedef struct hn_linear {
    int64_t n_features; /* p */
    int64_t n_outputs;  /* k: rows of coef; one for two classes, where there are two answers */
    int64_t link;       /* hn_link */
    double *coef;       /* [k, p] */
    double *intercept;  /* [k] */
    double *sd;         /* [p] of the features where fitted, for importances */
} hn_linear;

/* Arrays of a zeroed state, in arena. */
hone_status hn_linear_init(hone_ctx *ctx, hn_arena *arena, hn_linear *model, int64_t n_features,
                           int64_t n_outputs, hn_link link) HONE_MUST_CHECK;

/* ---- hooks ---------------------------------------------------------------------------------- */

hone_status hn_linear_predict(hone_ctx *ctx, const void *state, const hn_table *x, double *ret_out);
int64_t hn_linear_outputs(const void *state);
hone_status hn_linear_visit(hn_visitor *v, void *state);
/* HONE_ERROR_FORMAT unless the state has a coefficient for each column of schema. */
hone_status hn_linear_prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema);
/* |coefficient| * sd of the feature (what one standard deviation moves the score by), averaged over
 * outputs, made to sum to 1. */
hone_status hn_linear_importances(hone_ctx *ctx, const void *state, double *ret_importances);
/* "coefficients" by feature and "intercept"; lists of these, by class, where there are several. */
hone_status hn_linear_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object);

/* values [p] by feature name, added to object under key. */
void hn_linear_report_values(const hn_table *schema, const double *values, hn_json_doc *doc,
                             hn_json_mut *object, const char *key);

/* What is known of each coefficient: standard errors, and under "inference" and "intercept_inference" (by
 * class where there are several) the error, t or, with df INFINITY, z, and the p-value. */
typedef struct hn_linear_errors {
    const double *coef;      /* [n_outputs, n_features] */
    const double *intercept; /* [n_outputs]; NULL: there is none */
    double df;
} hn_linear_errors;
void hn_linear_report_errors(const hn_linear *model, const hn_linear_errors *errors,
                             const hn_table *schema, hn_json_doc *doc, hn_json_mut *object);

#endif
