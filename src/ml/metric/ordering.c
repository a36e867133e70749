/* ordering.c - metrics of how well scores order the rows of each group: NDCG, mean average precision, mean
 * reciprocal rank, each of the whole group and of its first k.
 *
 * Rows with equal scores stand in any order: figures are their expectation over all of them (McSherry, Najork
 * 2008), so that a constant answer is worth what blind guessing is. Groups in which nothing is relevant tell
 * nothing and are left out. A group weighs as its rows do on average. */
#include "ml/metric/metric.h"

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

#define RANKING(NAME, K, SUFFIX, FIGURE, TITLE, DOC, REFERENCES)                                   \
    static hone_status NAME##_compute(hone_ctx *ctx, const hn_scored *scored, double *ret_value) { \
        return over_groups(ctx, scored, FIGURE, K, ret_value);                                     \
    }                                                                                              \
    const hn_metric hn_metric_##NAME = {                                                           \
        .name = SUFFIX,                                                                            \
        .title = TITLE,                                                                            \
        .doc = DOC,                                                                                \
        .references = REFERENCES,                                                                  \
        .tasks = HN_TASK_RANK,                                                                     \
        .greater_is_better = true,                                                                 \
        .low = 0,                                                                                  \
        .high = 1,                                                                                 \
        .compute = NAME##_compute,                                                                 \
    };

#define NDCG(NAME, K, SUFFIX, WHERE)                                                               \
    RANKING(NAME, K, SUFFIX, ndcg_of, "Normalised discounted gain " WHERE,                         \
            "Gains 2^grade - 1 of each group's rows " WHERE                                        \
            ", the less the further down, as a share of the best order's.",                        \
            "Jarvelin, Kekalainen (2002). Cumulated gain-based evaluation of IR techniques.")
#define MAP(NAME, K, SUFFIX, WHERE)                                                                \
    RANKING(NAME, K, SUFFIX, average_precision_of, "Mean average precision " WHERE,                \
            "Mean over groups of the precision at each relevant row (grade above 0) " WHERE ".",   \
            "Manning, Raghavan, Schuetze (2008). Introduction to Information Retrieval, ch. 8.")
#define MRR(NAME, K, SUFFIX, WHERE)                                                                \
    RANKING(NAME, K, SUFFIX, reciprocal_rank_of, "Mean reciprocal rank " WHERE,                    \
            "Mean over groups of 1 / the place of the first relevant row (grade above 0) " WHERE   \
            ", 0 where it is not there.",                                                          \
            "Voorhees (1999). The TREC-8 question answering track report.")

NDCG(ndcg, 0, "ndcg", "in all places")
NDCG(ndcg_1, 1, "ndcg@1", "in the first place")
NDCG(ndcg_3, 3, "ndcg@3", "in the first 3 places")
NDCG(ndcg_5, 5, "ndcg@5", "in the first 5 places")
NDCG(ndcg_10, 10, "ndcg@10", "in the first 10 places")
NDCG(ndcg_20, 20, "ndcg@20", "in the first 20 places")
MAP(map, 0, "map", "in all places")
MAP(map_1, 1, "map@1", "in the first place")
MAP(map_3, 3, "map@3", "in the first 3 places")
MAP(map_5, 5, "map@5", "in the first 5 places")
MAP(map_10, 10, "map@10", "in the first 10 places")
MAP(map_20, 20, "map@20", "in the first 20 places")
MRR(mrr, 0, "mrr", "in all places")
MRR(mrr_3, 3, "mrr@3", "in the first 3 places")
MRR(mrr_5, 5, "mrr@5", "in the first 5 places")
MRR(mrr_10, 10, "mrr@10", "in the first 10 places")
MRR(mrr_20, 20, "mrr@20", "in the first 20 places")
