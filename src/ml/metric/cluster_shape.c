/* cluster_shape.c - how well rows lie in their clusters: from features and labels, without a truth.
 *
 * Rows of no cluster (label -1) don't count, nor do rows of weight 0; other weights count as repeated rows.
 * With fewer than two clusters, or a cluster for every row, the figures are not defined. */
#include "base/parallel.h"
#include "base/rng.h"
#include "ml/metric/metric.h"
#include "num/distance.h"
#include "table/rows.h"
#include <math.h>
#include <string.h>

enum { MOST_CLUSTERS = 1 << 20, SOME_ROWS = 20000, AT_ONCE = 512 };

/* The rows that count, cluster by cluster. */
typedef struct grouped {
    int64_t n, d, k;
    double *x;      /* [n, d], less the overall mean */
    double *weight; /* [n] */
    int64_t *begin; /* [k + 1] rows of each cluster */
    double *size;   /* [k] weights */
    double total;
} grouped;

/* At most `most` of the rows that count (0: all), drawn by their numbers alone. */
static hone_status choose_rows(hone_ctx *ctx, const hn_scored *s, int64_t most, int64_t *rows,
                               int64_t *ret_n) {
    int64_t n = 0;
    for (int64_t i = 0; i < s->n; i++)
        if (s->label[i] >= 0 && s->label[i] < MOST_CLUSTERS && hn_scored_weight(s, i) > 0)
            rows[n++] = i;
    if (most > 0 && n > most) {
        HN_SCRATCH(ctx);
        int64_t *chosen;
        HN_TRY(HN_SCRATCH_NEW(ctx, chosen, most));
        hn_rng rng = hn_rng_make(0, hn_stream("metric.rows", (uint64_t)n));
        hn_rng_choose(&rng, n, most, chosen);
        for (int64_t i = 0; i < most; i++) rows[i] = rows[chosen[i]];
        n = most;
    }
    *ret_n = n;
    return HONE_OK;
}

/* Numbers of clusters without gaps; where each begins. */
static hone_status number_clusters(hone_ctx *ctx, const hn_scored *s, const int64_t *rows,
                                   grouped *g, int32_t *ret_group) {
    int64_t most = 0;
    int64_t *count;
    for (int64_t i = 0; i < g->n; i++)
        if ((int64_t)s->label[rows[i]] > most) most = (int64_t)s->label[rows[i]];
    HN_TRY(HN_SCRATCH_NEW(ctx, count, most + 1));
    for (int64_t i = 0; i < g->n; i++) count[(int64_t)s->label[rows[i]]]++;
    HN_TRY(HN_SCRATCH_NEW(ctx, g->begin, most + 2));
    for (int64_t c = 0; c <= most; c++) {
        if (count[c] == 0) continue;
        g->begin[g->k + 1] = g->begin[g->k] + count[c];
        count[c] = g->k++;
    }
    for (int64_t i = 0; i < g->n; i++) ret_group[i] = (int32_t)count[(int64_t)s->label[rows[i]]];
    return HONE_OK;
}

static hone_status group(hone_ctx *ctx, const hn_scored *s, int64_t most, grouped *ret) {
    grouped g = {.d = s->x->n_columns};
    int64_t *rows, *next;
    int32_t *of;
    double *x, *mean;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, s->n + 1));
    HN_TRY(choose_rows(ctx, s, most, rows, &g.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, of, g.n + 1));
    HN_TRY(number_clusters(ctx, s, rows, &g, of));
    HN_TRY(HN_SCRATCH_NEW(ctx, x, AT_ONCE * g.d + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, g.x, g.n * g.d + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, g.weight, g.n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, g.size, g.k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, next, g.k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, g.d + 1));
    for (int64_t c = 0; c < g.k; c++) next[c] = g.begin[c];
    for (int64_t i = 0, first = 0, end = 0; i < g.n; i++) {
        double w = hn_scored_weight(s, rows[i]);
        int64_t to = next[of[i]]++;
        if (i == end) { /* as many more as stand together */
            first = i;
            while (end < g.n && end - first < AT_ONCE && rows[end] - rows[first] == end - first)
                end++;
            hn_table_rows(s->x, rows[first], rows[first] + end - first, x);
        }
        memcpy(g.x + to * g.d, x + (i - first) * g.d, (size_t)g.d * sizeof *x);
        g.weight[to] = w;
        g.size[of[i]] += w;
        g.total += w;
        for (int64_t j = 0; j < g.d; j++) mean[j] += w * g.x[to * g.d + j];
    }
    for (int64_t i = 0; i < g.n; i++)
        for (int64_t j = 0; j < g.d; j++) g.x[i * g.d + j] -= mean[j] / g.total;
    *ret = g;
    return HONE_OK;
}

/* Whether there is anything to say. */
static bool tells(const hn_scored *s, const grouped *g) {
    return s->x->n_columns > 0 && g->k >= 2 && (double)g->k < g->total;
}

/* ---- silhouette ----------------------------------------------------------------------------- */

typedef struct silhouettes {
    const grouped *g;
    double *tiles;
    double *sums; /* [chunks] */
} silhouettes;

/* One row's: how much nearer its own cluster is than the next. dists [n rounded up]. */
static double silhouette_of(const grouped *g, int64_t own, const double *squared) {
    double nearest = INFINITY, inside = 0;
    if (!(g->size[own] > 1)) return 0;
    for (int64_t c = 0; c < g->k; c++) {
        double sum = 0;
        for (int64_t i = g->begin[c]; i < g->begin[c + 1]; i++)
            sum += g->weight[i] * sqrt(squared[i]);
        if (c == own)
            inside = sum / (g->size[own] - 1);
        else if (sum / g->size[c] < nearest)
            nearest = sum / g->size[c];
    }
    double most = inside > nearest ? inside : nearest;
    return most > 0 ? (nearest - inside) / most : 0;
}

static hone_status silhouette_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const silhouettes *s = arg;
    const grouped *g = s->g;
    hn_distance euclid = {HN_DISTANCE_EUCLIDEAN, 0};
    double *squared;
    int64_t own = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, squared, hn_lanes_tiles(g->n) * HN_LANES));
    s->sums[chunk.index] = 0;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        while (i >= g->begin[own + 1]) own++;
        hn_lanes_reduced(euclid, g->x + i * g->d, g->d, s->tiles, hn_lanes_tiles(g->n), squared);
        s->sums[chunk.index] += g->weight[i] * silhouette_of(g, own, squared);
    }
    return hn_check_cancel(ctx);
}

static hone_status silhouette(hone_ctx *ctx, const hn_scored *s, double *ret_value) {
    enum { GRAIN = 32 };
    HN_SCRATCH(ctx);
    grouped g;
    silhouettes work = {.g = &g};
    HN_TRY(group(ctx, s, SOME_ROWS, &g));
    *ret_value = NAN;
    if (!tells(s, &g)) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, work.tiles, hn_lanes_tiles(g.n) * HN_LANES * g.d));
    HN_TRY(HN_SCRATCH_NEW(ctx, work.sums, hn_chunks(g.n, GRAIN)));
    hn_lanes_fill(g.x, NULL, g.n, g.d, work.tiles);
    HN_TRY(hn_parallel(ctx, g.n, GRAIN, silhouette_chunk, &work));
    *ret_value = hn_sum(work.sums, hn_chunks(g.n, GRAIN)) / g.total;
    return HONE_OK;
}

const hn_metric hn_metric_silhouette = {
    .name = "silhouette",
    .function = "silhouette_score(X, labels)",
    .aliases = "silhouette_score",
    .title = "Silhouette",
    .doc = "How much nearer rows are to their own cluster than to the next, on average: 1 is well "
           "apart, 0 is on the border, below 0 in the wrong cluster. Of more than 20,000 rows as "
           "many are drawn.",
    .references = "Rousseeuw (1987). Silhouettes: a graphical aid to the interpretation and "
                  "validation of cluster analysis.",
    .tasks = HN_TASK_CLUSTER,
    .greater_is_better = true,
    .low = -1,
    .high = 1,
    .compute = silhouette,
};

/* ---- centroids ------------------------------------------------------------------------------ */

/* Means [k, d] of the clusters, and each one's sums of distances and of squares. */
typedef struct spread {
    double *centroid, *distance, *squares;
} spread;

static hone_status find_spread(hone_ctx *ctx, const grouped *g, spread *ret) {
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->centroid, g->k * g->d));
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->distance, g->k));
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->squares, g->k));
    hn_distance euclid = {HN_DISTANCE_EUCLIDEAN, 0};
    for (int64_t c = 0; c < g->k; c++) {
        double *centroid = ret->centroid + c * g->d;
        for (int64_t i = g->begin[c]; i < g->begin[c + 1]; i++)
            for (int64_t j = 0; j < g->d; j++) centroid[j] += g->weight[i] * g->x[i * g->d + j];
        for (int64_t j = 0; j < g->d; j++) centroid[j] /= g->size[c];
        for (int64_t i = g->begin[c]; i < g->begin[c + 1]; i++) {
            double squared = hn_distance_reduced(euclid, g->x + i * g->d, centroid, g->d);
            ret->squares[c] += g->weight[i] * squared;
            ret->distance[c] += g->weight[i] * sqrt(squared);
        }
    }
    return HONE_OK;
}

static hone_status davies_bouldin(hone_ctx *ctx, const hn_scored *s, double *ret_value) {
    HN_SCRATCH(ctx);
    grouped g;
    spread at;
    hn_distance euclid = {HN_DISTANCE_EUCLIDEAN, 0};
    HN_TRY(group(ctx, s, 0, &g));
    *ret_value = NAN;
    if (!tells(s, &g)) return HONE_OK;
    HN_TRY(find_spread(ctx, &g, &at));
    double sum = 0;
    for (int64_t a = 0; a < g.k; a++) {
        double worst = 0;
        for (int64_t b = 0; b < g.k; b++) {
            double apart = sqrt(
                hn_distance_reduced(euclid, at.centroid + a * g.d, at.centroid + b * g.d, g.d));
            double within = at.distance[a] / g.size[a] + at.distance[b] / g.size[b];
            if (a != b && apart > 0 && within / apart > worst) worst = within / apart;
        }
        sum += worst;
        HN_TRY(hn_check_cancel(ctx));
    }
    *ret_value = sum / (double)g.k;
    return HONE_OK;
}

const hn_metric hn_metric_davies_bouldin = {
    .name = "davies_bouldin",
    .function = "davies_bouldin_score(X, labels)",
    .aliases = "davies_bouldin_score",
    .title = "Davies-Bouldin index",
    .doc = "How wide clusters are compared with how far their centres are apart, for each with the "
           "worst other: 0 is best.",
    .references = "Davies, Bouldin (1979). A cluster separation measure.",
    .tasks = HN_TASK_CLUSTER,
    .greater_is_better = false,
    .low = 0,
    .high = INFINITY,
    .compute = davies_bouldin,
};

static hone_status calinski_harabasz(hone_ctx *ctx, const hn_scored *s, double *ret_value) {
    HN_SCRATCH(ctx);
    grouped g;
    spread at;
    HN_TRY(group(ctx, s, 0, &g));
    *ret_value = NAN;
    if (!tells(s, &g)) return HONE_OK;
    HN_TRY(find_spread(ctx, &g, &at));
    double between = 0, within = 0;
    for (int64_t c = 0; c < g.k; c++) {
        double sum = 0; /* the overall mean is 0 */
        for (int64_t j = 0; j < g.d; j++)
            sum += at.centroid[c * g.d + j] * at.centroid[c * g.d + j];
        between += g.size[c] * sum;
        within += at.squares[c];
    }
    double k = (double)g.k;
    *ret_value = within > 0 ? between * (g.total - k) / (within * (k - 1)) : 1;
    return HONE_OK;
}

const hn_metric hn_metric_calinski_harabasz = {
    .name = "calinski_harabasz",
    .function = "calinski_harabasz_score(X, labels)",
    .aliases = "calinski_harabasz_score variance_ratio",
    .title = "Calinski-Harabasz index",
    .doc = "Variance between clusters over variance within: higher is better apart.",
    .references = "Calinski, Harabasz (1974). A dendrite method for cluster analysis.",
    .tasks = HN_TASK_CLUSTER,
    .greater_is_better = true,
    .low = 0,
    .high = INFINITY,
    .compute = calinski_harabasz,
};
