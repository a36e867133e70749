/* cluster_truth.c - how much two groupings of the same rows agree: clusters beside known classes.
 *
 * All from one table: weight by class (rows) and cluster (columns). Rows of no cluster are a group of their
 * own. Without a truth the figures are not defined. */
#include "ml/metric/metric.h"
#include "num/math.h"
#include <math.h>
#include <string.h>

typedef struct contingency {
    int64_t r, c;
    double *cell; /* [r, c] */
    double *row, *column, total;
} contingency;

/* Numbers of the values that occur, from 0 in their order of appearance. */
static hone_status number(hone_ctx *ctx, const hn_scored *s, const double *values, int32_t *ret,
                          int64_t *ret_count) {
    HN_SCRATCH(ctx);
    int64_t most = 0;
    int32_t *found, count = 0;
    for (int64_t i = 0; i < s->n; i++)
        if (values[i] >= (double)most) most = (int64_t)values[i] + 1;
    HN_TRY(HN_SCRATCH_NEW(ctx, found, most + 2));
    for (int64_t i = 0; i < s->n; i++) {
        ret[i] = -1;
        if (!(hn_scored_weight(s, i) > 0)) continue;
        int64_t at = values[i] >= 0 ? (int64_t)values[i] + 1 : 0;
        if (found[at] == 0) found[at] = ++count;
        ret[i] = found[at] - 1;
    }
    *ret_count = count;
    return HONE_OK;
}

static hone_status tabulate(hone_ctx *ctx, const hn_scored *s, contingency *ret) {
    contingency t = {0};
    int32_t *truth, *found;
    HN_TRY(HN_SCRATCH_NEW(ctx, truth, s->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, found, s->n + 1));
    HN_TRY(number(ctx, s, s->y, truth, &t.r));
    HN_TRY(number(ctx, s, s->label, found, &t.c));
    if (t.r > 0 && t.c > ((int64_t)1 << 28) / t.r)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "%lld classes and %lld clusters are too many to be compared", (long long)t.r,
                       (long long)t.c);
    HN_TRY(HN_SCRATCH_NEW(ctx, t.cell, t.r * t.c + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, t.row, t.r + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, t.column, t.c + 1));
    for (int64_t i = 0; i < s->n; i++) {
        if (truth[i] < 0) continue;
        double w = hn_scored_weight(s, i);
        t.cell[truth[i] * t.c + found[i]] += w;
        t.row[truth[i]] += w;
        t.column[found[i]] += w;
        t.total += w;
    }
    *ret = t;
    return HONE_OK;
}

/* ---- pairs of rows -------------------------------------------------------------------------- */

static double pairs(const double *counts, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += counts[i] * (counts[i] - 1) / 2;
    return sum;
}

static hone_status adjusted_rand(hone_ctx *ctx, const hn_scored *s, double *ret_value) {
    HN_SCRATCH(ctx);
    contingency t;
    *ret_value = NAN;
    if (!s->y) return HONE_OK;
    HN_TRY(tabulate(ctx, s, &t));
    double both = pairs(t.cell, t.r * t.c), truth = pairs(t.row, t.r), found = pairs(t.column, t.c);
    double all = t.total * (t.total - 1) / 2, by_chance = all > 0 ? truth * found / all : 0;
    double most = (truth + found) / 2;
    *ret_value = most - by_chance != 0 ? (both - by_chance) / (most - by_chance) : 1;
    return HONE_OK;
}

const hn_metric hn_metric_adjusted_rand = {
    .name = "adjusted_rand",
    .function = "adjusted_rand_score(labels_true, labels_pred)",
    .aliases = "adjusted_rand_score ari",
    .title = "Adjusted Rand index",
    .doc = "Share of pairs of rows that clusters and truth put alike, less what chance gives: 1 is "
           "the same grouping, 0 is chance.",
    .references = "Hubert, Arabie (1985). Comparing partitions.",
    .tasks = HN_TASK_CLUSTER,
    .greater_is_better = true,
    .low = -0.5,
    .high = 1,
    .compute = adjusted_rand,
};

/* ---- information ---------------------------------------------------------------------------- */

static double entropy(const double *counts, int64_t n, double total) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        if (counts[i] > 0) sum -= counts[i] / total * hn_log(counts[i] / total);
    return n <= 1 ? 0 : sum;
}

typedef struct information {
    double truth, found, shared;
} information;

static hone_status inform(hone_ctx *ctx, const hn_scored *s, information *ret) {
    HN_SCRATCH(ctx);
    contingency t;
    HN_TRY(tabulate(ctx, s, &t));
    information a = {entropy(t.row, t.r, t.total), entropy(t.column, t.c, t.total), 0};
    for (int64_t i = 0; i < t.r; i++)
        for (int64_t j = 0; j < t.c; j++) {
            double cell = t.cell[i * t.c + j];
            if (cell > 0)
                a.shared += cell / t.total * hn_log(cell / t.row[i] * (t.total / t.column[j]));
        }
    if (a.shared < 1e-15) a.shared = 0; /* rounding about nothing */
    *ret = a;
    return HONE_OK;
}

static double homogeneity_of(information a) { return a.truth > 0 ? a.shared / a.truth : 1; }
static double completeness_of(information a) { return a.found > 0 ? a.shared / a.found : 1; }

static hone_status homogeneity(hone_ctx *ctx, const hn_scored *s, double *ret_value) {
    information a;
    *ret_value = NAN;
    if (!s->y) return HONE_OK;
    HN_TRY(inform(ctx, s, &a));
    *ret_value = homogeneity_of(a);
    return HONE_OK;
}

static hone_status completeness(hone_ctx *ctx, const hn_scored *s, double *ret_value) {
    information a;
    *ret_value = NAN;
    if (!s->y) return HONE_OK;
    HN_TRY(inform(ctx, s, &a));
    *ret_value = completeness_of(a);
    return HONE_OK;
}

static hone_status v_measure(hone_ctx *ctx, const hn_scored *s, double *ret_value) {
    information a;
    *ret_value = NAN;
    if (!s->y) return HONE_OK;
    HN_TRY(inform(ctx, s, &a));
    double h = homogeneity_of(a), c = completeness_of(a);
    *ret_value = h + c > 0 ? 2 * h * c / (h + c) : 0;
    return HONE_OK;
}

static hone_status normalized_mutual_info(hone_ctx *ctx, const hn_scored *s, double *ret_value) {
    information a;
    *ret_value = NAN;
    if (!s->y) return HONE_OK;
    HN_TRY(inform(ctx, s, &a));
    double mean = (a.truth + a.found) / 2;
    *ret_value = mean > 0 ? a.shared / mean : 1;
    return HONE_OK;
}

#define HN_INFORMATION_METRIC                                                                      \
    .tasks = HN_TASK_CLUSTER, .greater_is_better = true, .low = 0, .high = 1

const hn_metric hn_metric_normalized_mutual_info = {
    .name = "normalized_mutual_info",
    .function = "normalized_mutual_info_score(labels_true, labels_pred)",
    .aliases = "normalized_mutual_info_score nmi",
    .title = "Normalised mutual information",
    .doc = "What clusters and truth tell of each other, over the mean of what each tells: 1 is the "
           "same grouping.",
    .references = "Strehl, Ghosh (2002). Cluster ensembles.",
    HN_INFORMATION_METRIC,
    .compute = normalized_mutual_info,
};
const hn_metric hn_metric_homogeneity = {
    .name = "homogeneity",
    .function = "homogeneity_score(labels_true, labels_pred)",
    .aliases = "homogeneity_score",
    .title = "Homogeneity",
    .doc = "1 where each cluster holds rows of one class only.",
    .references = "Rosenberg, Hirschberg (2007). V-measure.",
    HN_INFORMATION_METRIC,
    .compute = homogeneity,
};
const hn_metric hn_metric_completeness = {
    .name = "completeness",
    .function = "completeness_score(labels_true, labels_pred)",
    .aliases = "completeness_score",
    .title = "Completeness",
    .doc = "1 where all rows of a class are in one cluster.",
    .references = "Rosenberg, Hirschberg (2007). V-measure.",
    HN_INFORMATION_METRIC,
    .compute = completeness,
};
const hn_metric hn_metric_v_measure = {
    .name = "v_measure",
    .function = "v_measure_score(labels_true, labels_pred)",
    .aliases = "v_measure_score",
    .title = "V-measure",
    .doc = "Harmonic mean of homogeneity and completeness.",
    .references = "Rosenberg, Hirschberg (2007). V-measure.",
    HN_INFORMATION_METRIC,
    .compute = v_measure,
};
