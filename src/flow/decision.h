/* decision.h - from probabilities to a class: the largest wins, or a threshold, or the least expected
 * cost. A recipe's section `decision` says which; what was chosen is a fact of the model, and whoever
 * answers with the model decides by it. */
#ifndef HN_FLOW_DECISION_H
#define HN_FLOW_DECISION_H

#include "flow/recipe.h"
#include "ml/metric/metric.h"

/* At most one is set. */
typedef struct hn_decision {
    double threshold;    /* two classes: the second one from this score on; NaN: none */
    const double *costs; /* [k, k]: of answering j where i is true; NULL: none */
} hn_decision;
#define HN_LARGEST_WINS ((hn_decision){.threshold = NAN})

/* The class of one row of scores [k]; the first of equals. */
int32_t hn_decide(const hn_decision *decision, const double *scores, int32_t k);
/* scored->label anew, in arena. */
hone_status hn_decide_all(hone_ctx *ctx, const hn_decision *decision, hn_arena *arena,
                          hn_scored *scored) HONE_MUST_CHECK;

/* Whether the section says anything. */
static inline bool hn_decision_given(const hn_recipe_decision *section) {
    return section->threshold != NULL || section->costs.n > 0 || section->value != NULL ||
           section->intervention_cost != NULL || section->success_rate != NULL;
}
/* HONE_ERROR_USAGE for a section that says something: of several targets each has another. */
hone_status hn_decision_refuse(hone_ctx *ctx, const hn_recipe_decision *section) HONE_MUST_CHECK;

/* ---- what is at stake ------------------------------------------------------------------------- */

/* Arrays [n] beside the rows: what a row gains if it is of the second class and treated (times the
 * chance that treating helps), and what treating costs. */
typedef struct hn_stakes {
    const double *value, *cost, *success;
} hn_stakes;

/* The cost matrix [k, k] that the section gives by "fp", "fn", "tp", "tn" or "TRUTH:ANSWER"; NULL where it
 * gives none. */
hone_status hn_decision_costs(hone_ctx *ctx, hn_arena *arena, const hn_recipe_decision *section,
                              const hn_dictionary *classes, int32_t k,
                              const double **ret_costs) HONE_MUST_CHECK;
/* value, intervention_cost and success_rate, each a number or a column of rows; *ret_given false where no
 * value is given. rows taken: those in select, or all where it is NULL. */
hone_status hn_decision_stakes(hone_ctx *ctx, hn_arena *arena, const hn_recipe_decision *section,
                               const hn_table *rows, const int64_t *select, int64_t n,
                               hn_stakes *ret_stakes, bool *ret_given) HONE_MUST_CHECK;

/* ---- choosing --------------------------------------------------------------------------------- */

typedef struct hn_choice {
    hn_decision decision;
    const char *by; /* "given", a metric's name, "cost", "profit"; NULL: the largest wins */
    double value;   /* of what it was chosen by, on the rows it was chosen on; NaN: none */
    double usual;   /* the same where the largest probability wins */
} hn_choice;

/* By the section's threshold (a number; a metric; cost; profit) on rows that the model has not learned
 * from. costs and stakes may be NULL. HONE_ERROR_USAGE where what is asked for does not fit. */
hone_status hn_choose_decision(hone_ctx *ctx, const hn_recipe_decision *section,
                               const hn_scored *scored, const double *costs,
                               const hn_stakes *stakes, hn_choice *ret_choice) HONE_MUST_CHECK;
/* Whether rows are needed to choose: false for a number, and for nothing. */
bool hn_decision_needs_rows(const hn_recipe_decision *section, int32_t n_classes);

/* What answers cost and earn, as "decision" of a report: {"chosen": FIGURES, "largest": FIGURES where the
 * largest probability wins, "curve": {each figure: [...]} over thresholds of two classes}. FIGURES: threshold,
 * share of rows answered with the second class; cost per row by the matrix; profit, spent and roi of
 * treating those rows. Nothing where costs and stakes are NULL. */
hone_status hn_report_decision(hone_ctx *ctx, const hn_scored *scored, const hn_decision *decision,
                               const double *costs, const hn_stakes *stakes, hn_json_doc *doc,
                               hn_json_mut *reports) HONE_MUST_CHECK;

/* As a fact of the model, and back; a file's is checked: HONE_ERROR_FORMAT. */
hone_status hn_decision_to_json(hone_ctx *ctx, const hn_choice *choice, int32_t k, hn_json_doc *doc,
                                hn_json_mut **ret_object) HONE_MUST_CHECK;
hone_status hn_decision_from_json(hone_ctx *ctx, hn_arena *arena, hn_json *fact, int32_t k,
                                  hn_decision *ret_decision) HONE_MUST_CHECK;

#endif
