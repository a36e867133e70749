/* ordering.c - metrics of how well scores order the rows of each group: NDCG, mean average precision, mean
 * reciprocal rank, precision and recall, each of the whole group and of its first k.
 *
 * Rows with equal scores stand in any order: figures are their expectation over all of them (McSherry, Najork
 * 2008), so that a constant answer is worth what blind guessing is. Groups in which nothing is relevant tell
 * nothing and are left out. A group weighs as its rows do on average. */
#include "ml/metric/sums.h"

#include "num/math.h"
#include "num/sort.h"

/* One group's rows by descending score, and by descending grade. */
typedef struct ranked {
    const hn_scored *scored;
    const int64_t *rows, *ideal;
    int64_t n;
    int64_t k; /* places that count; 0: all */
} ranked;

typedef double figure_fn(const ranked *r);

static int64_t places(const ranked *r) { return r->k > 0 && r->k < r->n ? r->k : r->n; }

/* End of the run of equal scores that begins at place i. */
static int64_t tie_end(const ranked *r, int64_t i) {
    const double *value = r->scored->value;
    int64_t j = i + 1;
    while (j < r->n && value[r->rows[j]] == value[r->rows[i]]) j++;
    return j;
}

static double grade(const ranked *r, int64_t row) { return r->scored->y[row]; }

static double discount(int64_t place) { return 1 / hn_log2((double)place + 2); }

static double gain(double grade) { return hn_exp(0.69314718055994531 * grade) - 1; }

static double ndcg_of(const ranked *r) {
    double best = 0, found = 0;
    int64_t last = places(r);
    for (int64_t i = 0; i < last; i++) best += gain(grade(r, r->ideal[i])) * discount(i);
    if (!(best > 0)) return (double)NAN;
    for (int64_t i = 0, j; i < last; i = j) {
        double gains = 0, discounts = 0;
        j = tie_end(r, i);
        for (int64_t a = i; a < j; a++) gains += gain(grade(r, r->rows[a]));
        for (int64_t a = i; a < j && a < last; a++) discounts += discount(a);
        found += gains / (double)(j - i) * discounts;
    }
    return found / best;
}

static int64_t relevant_in(const ranked *r, int64_t from, int64_t to) {
    int64_t n = 0;
    for (int64_t i = from; i < to; i++) n += grade(r, r->rows[i]) > 0;
    return n;
}

static double average_precision_of(const ranked *r) {
    int64_t all = relevant_in(r, 0, r->n), last = places(r), before = 0;
    if (all == 0) return (double)NAN;
    double sum = 0;
    for (int64_t i = 0, j; i < last; i = j) {
        j = tie_end(r, i);
        double size = (double)(j - i), hits = (double)relevant_in(r, i, j);
        for (int64_t a = i; a < j && a < last && hits > 0; a++) {
            double others = size > 1 ? (double)(a - i) * (hits - 1) / (size - 1) : 0;
            sum += hits / size * ((double)before + others + 1) / (double)(a + 1);
        }
        before += (int64_t)hits;
    }
    return sum / (double)(all < last ? all : last);
}

static double reciprocal_rank_of(const ranked *r) {
    int64_t last = places(r);
    if (relevant_in(r, 0, r->n) == 0) return (double)NAN;
    for (int64_t i = 0, j; i < last; i = j) {
        j = tie_end(r, i);
        int64_t size = j - i, hits = relevant_in(r, i, j);
        if (hits == 0) continue;
        /* The chance that the first relevant one stands at each place of the tie. */
        double none = 1, sum = 0;
        for (int64_t a = i; a < j && a < last && none > 0; a++) {
            double here = (double)hits / (double)(size - (a - i));
            if (here > 1) here = 1;
            sum += none * here / (double)(a + 1);
            none *= 1 - here;
        }
        return sum;
    }
    return 0;
}

/* Relevant rows that are expected in the first places. */
static double hits_of(const ranked *r) {
    int64_t last = places(r);
    double sum = 0;
    for (int64_t i = 0, j; i < last; i = j) {
        j = tie_end(r, i);
        int64_t fit = j < last ? j - i : last - i;
        sum += (double)relevant_in(r, i, j) * (double)fit / (double)(j - i);
    }
    return sum;
}

/* Of as many as are asked for, whether the group has them or not. */
static double precision_of(const ranked *r) {
    return relevant_in(r, 0, r->n) == 0 ? (double)NAN : hits_of(r) / (double)r->k;
}

static double recall_of(const ranked *r) {
    int64_t all = relevant_in(r, 0, r->n);
    return all == 0 ? (double)NAN : hits_of(r) / (double)all;
}

static double weight_of(const ranked *r) {
    double sum = 0;
    for (int64_t i = 0; i < r->n; i++) sum += hn_scored_weight(r->scored, r->rows[i]);
    return sum / (double)r->n;
}

static hone_status over_groups(hone_ctx *ctx, const hn_scored *scored, figure_fn *figure, int64_t k,
                               double *ret_value) {
    HN_SCRATCH(ctx);
    hn_scored own = *scored;
    if (own.order == NULL) HN_TRY(hn_scored_prepare(ctx, ctx->scratch, &own));
    double sum = 0, total = 0;
    for (int64_t begin = 0, end; begin < own.n; begin = end) {
        end = hn_scored_group_end(&own, begin);
        ranked r = {&own, own.order[0] + begin, own.order[1] + begin, end - begin, k};
        double weight = weight_of(&r), value = weight > 0 ? figure(&r) : (double)NAN;
        if (isnan(value)) continue;
        sum += weight * value;
        total += weight;
    }
    *ret_value = total > 0 ? sum / total : (double)NAN;
    return HONE_OK;
}

/* ---- the metrics, by how many places count --------------------------------------------------- */

static const hn_argument places_or_all = {
    .name = "k",
    .range = "[1, inf)",
    .def = 0,
    .example = 10,
    .is_place = true,
    .doc = "How many places count; all without it.",
};

#define RANKING(NAME, FIGURE, TITLE, DOC, REFERENCES)                                              \
    static hone_status NAME##_compute(hone_ctx *ctx, const hn_metric *metric,                      \
                                      const hn_scored *scored, double *ret_value) {                \
        return over_groups(ctx, scored, FIGURE, (int64_t)metric->at, ret_value);                   \
    }                                                                                              \
    const hn_metric hn_metric_##NAME = RANKING_AT(NAME, #NAME, 0, TITLE, DOC, REFERENCES)
#define RANKING_AT(NAME, WRITTEN, K, TITLE, DOC, REFERENCES)                                       \
    {                                                                                              \
        .name = WRITTEN, .function = #NAME "(y_true, y_score)", .title = TITLE, .doc = DOC,        \
        .references = REFERENCES, .tasks = HN_TASK_RANK, .greater_is_better = true, .low = 0,      \
        .high = 1, .argument = &places_or_all, .at = K, .compute_at = NAME##_compute,              \
    }

#define NDCG_TITLE "Normalised discounted gain"
#define NDCG_DOC                                                                                   \
    "Gains 2^grade - 1 of each group's rows in the first k places, the less the further down, as " \
    "a share of the best order's."
#define NDCG_REFERENCES                                                                            \
    "Jarvelin, Kekalainen (2002). Cumulated gain-based evaluation of IR techniques."

RANKING(ndcg, ndcg_of, NDCG_TITLE, NDCG_DOC, NDCG_REFERENCES);
const hn_metric hn_metric_ndcg_10 =
    RANKING_AT(ndcg, "ndcg@10", 10, NDCG_TITLE ", k = 10", NDCG_DOC, NDCG_REFERENCES);
RANKING(map, average_precision_of, "Mean average precision",
        "Mean over groups of the precision at each relevant row (grade above 0) in the first k "
        "places.",
        "Manning, Raghavan, Schuetze (2008). Introduction to Information Retrieval, ch. 8.");
RANKING(mrr, reciprocal_rank_of, "Mean reciprocal rank",
        "Mean over groups of 1 / the place of the first relevant row (grade above 0) in the first "
        "k places, 0 where it is not there.",
        "Voorhees (1999). The TREC-8 question answering track report.");

/* ---- precision and recall of the first k: in each group, or of the positive class ------------ */

static const hn_argument first_k = {
    .name = "k",
    .range = "[1, inf)",
    .def = (double)NAN,
    .example = 10,
    .is_place = true,
    .doc = "How many of the rows with the highest scores are taken.",
};

/* OVER_K: hits of the first k as a share of k, or of all that there are. */
#define FIRST_K(NAME, WRITTEN, TITLE, OF_GROUP, OVER_K, SHARE)                                     \
    static hone_status NAME##_at(hone_ctx *ctx, const hn_metric *metric, const hn_scored *scored,  \
                                 double *ret_value) {                                              \
        double hits, all;                                                                          \
        if (scored->task == HN_TASK_RANK)                                                          \
            return over_groups(ctx, scored, OF_GROUP, (int64_t)metric->at, ret_value);             \
        HN_TRY(hn_metric_top_hits(ctx, scored, metric->at, &hits, &all));                          \
        *ret_value = all > 0 ? hits / (OVER_K ? metric->at : all) : (double)NAN;                   \
        return HONE_OK;                                                                            \
    }                                                                                              \
    const hn_metric hn_metric_##NAME##_at = {                                                      \
        .name = WRITTEN,                                                                           \
        .function = #NAME "_at(y_true, y_score)",                                                  \
        .title = TITLE,                                                                            \
        .doc = "Positive (of ranks: relevant, grade above 0) rows among the k with the highest "   \
               "scores, as a share of " SHARE "; of ranks the mean over groups.",                  \
        .references = "Manning, Raghavan, Schuetze (2008). Introduction to Information "           \
                      "Retrieval, ch. 8.",                                                         \
        .tasks = HN_TASK_BINARY | HN_TASK_RANK,                                                    \
        .greater_is_better = true,                                                                 \
        .low = 0,                                                                                  \
        .high = 1,                                                                                 \
        .argument = &first_k,                                                                      \
        .compute_at = NAME##_at,                                                                   \
    }

FIRST_K(precision, "precision@k", "Precision of the first k", precision_of, true, "k");
FIRST_K(recall, "recall@k", "Recall of the first k", recall_of, false, "all that are");
