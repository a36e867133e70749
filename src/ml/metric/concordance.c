/* concordance.c - do predictions rise where the truth rises? Correlations, and pairs in order. */
#include "ml/metric/sums.h"

#include "num/sort.h"
#include <string.h>

/* ---- moments --------------------------------------------------------------------------------- */

/* Weighted moments of two columns. */
typedef struct moments {
    double total, mean[2], variance[2], covariance;
} moments;

static hone_status moments_of(const double *a, const double *b, const double *weight, int64_t n,
                              moments *ret) {
    moments m = {0};
    for (int64_t i = 0; i < n; i++) {
        double w = weight != NULL ? weight[i] : 1;
        m.total += w;
        m.mean[0] += w * a[i];
        m.mean[1] += w * b[i];
    }
    m.mean[0] /= m.total;
    m.mean[1] /= m.total;
    for (int64_t i = 0; i < n; i++) {
        double w = weight != NULL ? weight[i] : 1, x = a[i] - m.mean[0], y = b[i] - m.mean[1];
        m.variance[0] += w * x * x;
        m.variance[1] += w * y * y;
        m.covariance += w * x * y;
    }
    *ret = m;
    return HONE_OK;
}

static double correlation(const moments *m) {
    double spread = sqrt(m->variance[0]) * sqrt(m->variance[1]);
    return spread > 0 ? m->covariance / spread : (double)NAN;
}

static hone_status pearson(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    (void)ctx;
    moments m;
    HN_TRY(moments_of(scored->y, scored->value, scored->weight, scored->n, &m));
    *ret_value = correlation(&m);
    return HONE_OK;
}

const hn_metric hn_metric_pearson = {
    .name = "pearson",
    .title = "Pearson correlation",
    .doc =
        "Linear correlation of truth and prediction: 1 on a rising line, whatever its slope; not "
        "defined where one of them is constant.",
    .references = "Pearson (1895). Notes on regression and inheritance in the case of two parents.",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = true,
    .low = -1,
    .high = 1,
    .compute = pearson,
};

static hone_status lin_concordance(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    (void)ctx;
    moments m;
    HN_TRY(moments_of(scored->y, scored->value, scored->weight, scored->n, &m));
    double apart = m.mean[0] - m.mean[1];
    double spread = m.variance[0] + m.variance[1] + m.total * apart * apart;
    *ret_value = spread > 0 ? 2 * m.covariance / spread : (double)NAN;
    return HONE_OK;
}

const hn_metric hn_metric_lin_concordance = {
    .name = "lin_concordance",
    .title = "Lin's concordance correlation",
    .doc =
        "Correlation with the line of perfect answers: 1 only where predictions equal the truth.",
    .references = "Lin (1989). A concordance correlation coefficient to evaluate reproducibility.",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = true,
    .low = -1,
    .high = 1,
    .compute = lin_concordance,
};

/* ---- ranks ----------------------------------------------------------------------------------- */

/* Midranks by weight: the weight below, plus half of what is equal. */
static hone_status rank(hone_ctx *ctx, const double *values, const double *weight, int64_t n,
                        double *ret_rank) {
    HN_SCRATCH(ctx);
    int64_t *order;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n + 1));
    HN_TRY(hn_argsort_f64(ctx, values, n, order));
    double below = 0;
    for (int64_t i = 0, end; i < n; i = end) {
        double equal = 0;
        for (end = i; end < n && values[order[end]] == values[order[i]]; end++)
            equal += weight != NULL ? weight[order[end]] : 1;
        if (end == i) end++; /* NaN equals nothing */
        for (int64_t j = i; j < end; j++) ret_rank[order[j]] = below + equal / 2;
        below += equal;
    }
    return HONE_OK;
}

static hone_status spearman(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    HN_SCRATCH(ctx);
    double *a, *b;
    moments m;
    HN_TRY(HN_SCRATCH_NEW(ctx, a, scored->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, b, scored->n + 1));
    HN_TRY(rank(ctx, scored->y, scored->weight, scored->n, a));
    HN_TRY(rank(ctx, scored->value, scored->weight, scored->n, b));
    HN_TRY(moments_of(a, b, scored->weight, scored->n, &m));
    *ret_value = correlation(&m);
    return HONE_OK;
}

const hn_metric hn_metric_spearman = {
    .name = "spearman",
    .title = "Spearman correlation",
    .doc =
        "Correlation of the ranks of truth and prediction: 1 where predictions rise wherever the "
        "truth rises.",
    .references = "Spearman (1904). The proof and measurement of association between two things.",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = true,
    .low = -1,
    .high = 1,
    .compute = spearman,
};

/* ---- pairs in order -------------------------------------------------------------------------- */

/* Sums of weight by rank of the prediction, prefix sums in O(log n) (Fenwick 1994). */
typedef struct prefix {
    double *tree;
    int64_t n;
} prefix;

static void put(prefix *p, int64_t at, double weight) {
    for (int64_t i = at + 1; i <= p->n; i += i & -i) p->tree[i] += weight;
}

static double below(const prefix *p, int64_t at) {
    double sum = 0;
    for (int64_t i = at; i > 0; i -= i & -i) sum += p->tree[i];
    return sum;
}

/* place[i]: how many different predictions are smaller; *ret_n: how many there are. */
static hone_status places(hone_ctx *ctx, const double *values, int64_t n, int64_t *place,
                          int64_t *ret_n) {
    HN_SCRATCH(ctx);
    int64_t *order, count = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n + 1));
    HN_TRY(hn_argsort_f64(ctx, values, n, order));
    for (int64_t i = 0; i < n; i++) {
        if (i > 0 && values[order[i]] != values[order[i - 1]]) count++;
        place[order[i]] = count;
    }
    *ret_n = count + 1;
    return HONE_OK;
}

/* Rows by rising truth; each is paired with all of smaller truth, whose predictions stand in the tree. */
static hone_status concordance(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    HN_SCRATCH(ctx);
    int64_t *place, *order, n = scored->n;
    prefix sums;
    HN_TRY(HN_SCRATCH_NEW(ctx, place, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n + 1));
    HN_TRY(places(ctx, scored->value, n, place, &sums.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, sums.tree, sums.n + 1));
    HN_TRY(hn_argsort_f64(ctx, scored->y, n, order));
    double right = 0, all = 0, total = 0;
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && scored->y[order[end]] == scored->y[order[i]]; end++) {
            int64_t at = place[order[end]];
            double weight = hn_scored_weight(scored, order[end]), less = below(&sums, at);
            double equal = below(&sums, at + 1) - less;
            right += weight * (less + equal / 2);
            all += weight * total;
        }
        for (int64_t j = i; j < end; j++) {
            double weight = hn_scored_weight(scored, order[j]);
            put(&sums, place[order[j]], weight);
            total += weight;
        }
    }
    *ret_value = all > 0 ? right / all : (double)NAN;
    return HONE_OK;
}

const hn_metric hn_metric_concordance = {
    .name = "concordance",
    .title = "Concordance index",
    .doc = "Share of the pairs of rows with different truth that are predicted in the right order, "
           "ties half: 0.5 blind, 1 perfect. What the ROC area is to classes.",
    .references = "Harrell, Califf, Pryor, Lee, Rosati (1982). Evaluating the yield of medical "
                  "tests.",
    .aliases = "concordance_index c_index",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = true,
    .low = 0,
    .high = 1,
    .compute = concordance,
};
