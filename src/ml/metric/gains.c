/* gains.c - what is won by taking the rows with the highest scores first: lift, gain, KS, Gini. */
#include "ml/metric/sums.h"

#include <math.h>

/* Weight of positives and negatives from the top down to one score, ties together. */
typedef struct tally {
    double hits, misses;
} tally;

/* Called after each distinct score from the highest; before is what stood above it. */
typedef void tally_fn(void *arg, tally before, tally now);

static tally walk_down(const hn_scored *scored, const int64_t *order, tally_fn *visit, void *arg) {
    tally now = {0, 0}, before = {0, 0};
    for (int64_t at = scored->n - 1; at >= 0; at--) {
        int64_t row = order[at];
        double weight = hn_scored_weight(scored, row), hit = weight * (scored->y[row] == 1);
        now.hits += hit;
        now.misses += weight - hit;
        if (at > 0 && scored->proba[2 * order[at - 1] + 1] == scored->proba[2 * row + 1]) continue;
        if (visit != NULL) visit(arg, before, now);
        before = now;
    }
    return now;
}

/* The order of the positive class's scores: the prepared one, or one made in scratch. */
static hone_status find_order(hone_ctx *ctx, const hn_scored *scored, const int64_t **ret_order) {
    hn_scored own = *scored;
    if (own.order == NULL) HN_TRY(hn_scored_prepare(ctx, ctx->scratch, &own));
    *ret_order = own.order[1];
    return HONE_OK;
}

/* ---- Gini ------------------------------------------------------------------------------------ */

static hone_status gini(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    double area;
    HN_TRY(hn_metric_roc_auc.compute(ctx, scored, &area));
    *ret_value = 2 * area - 1;
    return HONE_OK;
}

const hn_metric hn_metric_gini = {
    .name = "gini",
    .function = "gini(y_true, y_score)",
    .title = "Gini coefficient",
    .doc =
        "Twice the area under the ROC curve minus one: 0 blind, 1 perfect. Also called Somers' D "
        "or accuracy ratio.",
    .references = "Somers (1962). A new asymmetric measure of association for ordinal variables.",
    .aliases = "somers_d accuracy_ratio",
    .tasks = HN_TASK_BINARY,
    .greater_is_better = true,
    .low = -1,
    .high = 1,
    .compute = gini,
};

/* ---- Kolmogorov-Smirnov ---------------------------------------------------------------------- */

typedef struct gap {
    tally all;
    double largest;
} gap;

static void widen(void *arg, tally before, tally now) {
    (void)before;
    gap *g = arg;
    double apart = fabs(now.hits / g->all.hits - now.misses / g->all.misses);
    if (apart > g->largest) g->largest = apart;
}

static hone_status ks(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    HN_SCRATCH(ctx);
    const int64_t *order;
    HN_TRY(find_order(ctx, scored, &order));
    gap g = {.all = walk_down(scored, order, NULL, NULL)};
    bool both = g.all.hits > 0 && g.all.misses > 0;
    if (both) walk_down(scored, order, widen, &g);
    *ret_value = both ? g.largest : (double)NAN;
    return HONE_OK;
}

const hn_metric hn_metric_ks = {
    .name = "ks",
    .function = "ks(y_true, y_score)",
    .title = "Kolmogorov-Smirnov distance",
    .doc = "Largest distance between the score distributions of positives and negatives: 0 blind, "
           "1 where a threshold parts them.",
    .references = "Smirnov (1948). Table for estimating the goodness of fit of empirical "
                  "distributions.",
    .tasks = HN_TASK_BINARY,
    .greater_is_better = true,
    .low = 0,
    .high = 1,
    .compute = ks,
};

/* ---- the top -------------------------------------------------------------------------------- */

/* Hits among the wanted weight with the highest scores; of a tie that the border cuts, its share. */
typedef struct top {
    double wanted, hits;
} top;

static void gather(void *arg, tally before, tally now) {
    top *t = arg;
    double above = before.hits + before.misses, weight = now.hits + now.misses - above;
    double left = t->wanted - above;
    if (left <= 0 || weight <= 0) return;
    t->hits += (now.hits - before.hits) * (left < weight ? left / weight : 1);
}

/* Positives among the top rows, which are so many or such a share of all, and among all. */
static hone_status count_top(hone_ctx *ctx, const hn_scored *scored, double wanted, bool is_share,
                             double *ret_hits, double *ret_all) {
    HN_SCRATCH(ctx);
    const int64_t *order;
    HN_TRY(find_order(ctx, scored, &order));
    tally all = walk_down(scored, order, NULL, NULL);
    top t = {.wanted = is_share ? wanted * (all.hits + all.misses) : wanted};
    walk_down(scored, order, gather, &t);
    *ret_hits = t.hits;
    *ret_all = all.hits;
    return HONE_OK;
}

hone_status hn_metric_top_hits(hone_ctx *ctx, const hn_scored *scored, double k, double *ret_hits,
                               double *ret_all) {
    return count_top(ctx, scored, k, false, ret_hits, ret_all);
}

static const hn_argument share = {
    .name = "share",
    .range = "(0, 1]",
    .def = 0.1,
    .example = 0.1,
    .doc = "Share of the rows that are taken, those with the highest scores.",
};

static hone_status gain(hone_ctx *ctx, const hn_metric *metric, const hn_scored *scored,
                        double *ret_value) {
    double hits, all;
    HN_TRY(count_top(ctx, scored, metric->at, true, &hits, &all));
    *ret_value = all > 0 ? hits / all : (double)NAN;
    return HONE_OK;
}

const hn_metric hn_metric_gain = {
    .name = "gain",
    .function = "gain(y_true, y_score)",
    .title = "Gain",
    .doc = "Share of all positives that stand among the share (a tenth) of the rows with the "
           "highest scores; that share blind.",
    .tasks = HN_TASK_BINARY,
    .greater_is_better = true,
    .low = 0,
    .high = 1,
    .argument = &share,
    .at = 0.1,
    .compute_at = gain,
};

static hone_status lift(hone_ctx *ctx, const hn_metric *metric, const hn_scored *scored,
                        double *ret_value) {
    HN_TRY(gain(ctx, metric, scored, ret_value));
    *ret_value /= metric->at;
    return HONE_OK;
}

const hn_metric hn_metric_lift = {
    .name = "lift",
    .function = "lift(y_true, y_score)",
    .title = "Lift",
    .doc = "How many times more positives stand among the share (a tenth) of the rows with the "
           "highest scores than among as many random ones; 1 blind.",
    .tasks = HN_TASK_BINARY,
    .greater_is_better = true,
    .low = 0,
    .high = (double)INFINITY,
    .argument = &share,
    .at = 0.1,
    .compute_at = lift,
};
