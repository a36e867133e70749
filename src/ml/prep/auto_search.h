/* auto_search.h - the columns that a model gains by, looked for: candidates are ranked by what they promise
 * (auto_promise.c) and tried with models (auto_search.c). */
#ifndef HN_ML_PREP_AUTO_SEARCH_H
#define HN_ML_PREP_AUTO_SEARCH_H

#include "ml/prep/auto_features.h"
#include "spec/judge.h"

typedef struct hn_auto_params {
    hn_part estimator;
    hn_texts candidates;
    int64_t max_features;
    int64_t max_tries;
    int64_t pair_columns;
    int64_t folds;
    int64_t max_rows;
    double noise;
    double min_gain;
    bool drop;
} hn_auto_params;

typedef struct hn_auto_search {
    hone_ctx *ctx; /* set before, as is p */
    const hn_auto_params *p;
    hone_data data; /* the rows that judge, and the columns that models take */
    hn_judge judges[HN_JUDGES];
    int n_judges;
    hn_trial trial;
    hn_candidates list;
    double *losses[HN_JUDGES];  /* [n] with what is kept so far */
    double *answers[HN_JUDGES]; /* [n, outputs] before anything is made */
    double *promise;            /* [candidates, judges] */
    int64_t *kept;              /* [n_kept] places in the list, as they were found */
    int64_t n_kept, n_tried;
    int64_t *tried;            /* [n_tried] places in the list */
    int32_t *by;               /* [n_tried] judge */
    int32_t *stays;            /* [n_tried] */
    double *gain;              /* [n_tried, 2] */
    double loss[HN_JUDGES][2]; /* on other folds, without what was kept and with it */
    double error[HN_JUDGES];   /* of the difference */
    bool confirmed;            /* it gained there too; if not, nothing is made */
} hn_auto_search;

/* Whether models take such a column. */
static inline bool hn_model_takes(const hn_column *c) {
    return c->type != HN_TIME && c->type != HN_STRING;
}
/* What to keep of all that data allows: everything but ctx and p is filled, in ctx->scratch. */
hone_status hn_auto_search_run(hn_auto_search *search, const hone_data *data) HONE_MUST_CHECK;
/* What each candidate promises each judge, by what the judge's answers leave unexplained: 0 and less is nothing. */
hone_status hn_auto_search_promise(hn_auto_search *search) HONE_MUST_CHECK;

#endif
