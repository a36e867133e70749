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

/* The rows that count, and their clusters. */
typedef struct grouped {
    const hn_scored *of;
    int64_t n, d, k;
    int64_t *row;     /* [n], ascending */
    int32_t *cluster; /* [n] */
    int64_t *begin;   /* [k + 1] where each cluster's begin, put cluster by cluster */
    double *mean;     /* [d] of all */
    double *size;     /* [k] weights */
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
static hone_status number_clusters(hone_ctx *ctx, grouped *g) {
    const double *label = g->of->label;
    int64_t most = 0;
    int64_t *count;
    for (int64_t i = 0; i < g->n; i++)
        if ((int64_t)label[g->row[i]] > most) most = (int64_t)label[g->row[i]];
    HN_TRY(HN_SCRATCH_NEW(ctx, count, most + 1));
    for (int64_t i = 0; i < g->n; i++) count[(int64_t)label[g->row[i]]]++;
    HN_TRY(HN_SCRATCH_NEW(ctx, g->begin, most + 2));
    for (int64_t c = 0; c <= most; c++) {
        if (count[c] == 0) continue;
        g->begin[g->k + 1] = g->begin[g->k] + count[c];
        count[c] = g->k++;
    }
    for (int64_t i = 0; i < g->n; i++) g->cluster[i] = (int32_t)count[(int64_t)label[g->row[i]]];
    return HONE_OK;
}

/* see gets the i-th of the rows less the mean, from the first to the last. */
static hone_status each_row(hone_ctx *ctx, const grouped *g,
                            void (*see)(void *arg, int64_t i, const double *x), void *arg) {
    HN_SCRATCH(ctx);
    double *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, AT_ONCE * g->d + 1));
    for (int64_t i = 0, end = 0; i < g->n;) {
        int64_t first = i; /* as many more as stand together */
        while (end < g->n && end - first < AT_ONCE && g->row[end] - g->row[first] == end - first)
            end++;
        hn_table_rows(g->of->x, g->row[first], g->row[first] + end - first, rows);
        for (; i < end; i++) {
            double *x = rows + (i - first) * g->d;
            for (int64_t j = 0; j < g->d; j++) x[j] -= g->mean[j];
            see(arg, i, x);
        }
        HN_TRY(hn_check_cancel(ctx));
    }
    return HONE_OK;
}

static double weight_of(const grouped *g, int64_t i) { return hn_scored_weight(g->of, g->row[i]); }

typedef struct summing {
    grouped *g;
    double *sum; /* [d] */
} summing;

static void add_row(void *arg, int64_t i, const double *x) {
    const summing *s = arg;
    double w = weight_of(s->g, i);
    s->g->size[s->g->cluster[i]] += w;
    s->g->total += w;
    for (int64_t j = 0; j < s->g->d; j++) s->sum[j] += w * x[j];
}

static hone_status group(hone_ctx *ctx, const hn_scored *s, int64_t most, grouped *ret) {
    grouped g = {.of = s, .d = s->x->n_columns};
    summing sums = {.g = &g};
    HN_TRY(HN_SCRATCH_NEW(ctx, g.row, s->n + 1));
    HN_TRY(choose_rows(ctx, s, most, g.row, &g.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, g.cluster, g.n + 1));
    HN_TRY(number_clusters(ctx, &g));
    HN_TRY(HN_SCRATCH_NEW(ctx, g.size, g.k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, g.mean, g.d + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, sums.sum, g.d + 1));
    HN_TRY(each_row(ctx, &g, add_row, &sums));
    for (int64_t j = 0; j < g.d; j++) g.mean[j] = sums.sum[j] / g.total;
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
    int64_t *next;  /* [k] where the next row of each cluster goes */
    double *x;      /* [n, d] cluster by cluster, less the mean */
    double *weight; /* [n] */
    double *tiles;
    double *sums; /* [chunks] */
} silhouettes;

static void put_row(void *arg, int64_t i, const double *x) {
    const silhouettes *s = arg;
    int64_t to = s->next[s->g->cluster[i]]++;
    memcpy(s->x + to * s->g->d, x, (size_t)s->g->d * sizeof *x);
    s->weight[to] = weight_of(s->g, i);
}

/* One row's: how much nearer its own cluster is than the next. dists [n rounded up]. */
static double silhouette_of(const silhouettes *s, int64_t own, const double *squared) {
    const grouped *g = s->g;
    double nearest = INFINITY, inside = 0;
    if (!(g->size[own] > 1)) return 0;
    for (int64_t c = 0; c < g->k; c++) {
        double sum = 0;
        for (int64_t i = g->begin[c]; i < g->begin[c + 1]; i++)
            sum += s->weight[i] * sqrt(squared[i]);
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
        hn_lanes_reduced(euclid, s->x + i * g->d, g->d, s->tiles, hn_lanes_tiles(g->n), squared);
        s->sums[chunk.index] += s->weight[i] * silhouette_of(s, own, squared);
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
    HN_TRY(HN_SCRATCH_NEW(ctx, work.next, g.k));
    HN_TRY(HN_SCRATCH_NEW(ctx, work.x, g.n * g.d));
    HN_TRY(HN_SCRATCH_NEW(ctx, work.weight, g.n));
    memcpy(work.next, g.begin, (size_t)g.k * sizeof *work.next);
    HN_TRY(each_row(ctx, &g, put_row, &work));
    HN_TRY(HN_SCRATCH_NEW(ctx, work.tiles, hn_lanes_tiles(g.n) * HN_LANES * g.d));
    HN_TRY(HN_SCRATCH_NEW(ctx, work.sums, hn_chunks(g.n, GRAIN)));
    hn_lanes_fill(work.x, NULL, g.n, g.d, work.tiles);
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
    const grouped *g;
    double *centroid, *distance, *squares;
} spread;

static void add_to_centroid(void *arg, int64_t i, const double *x) {
    const spread *s = arg;
    double w = weight_of(s->g, i), *centroid = s->centroid + s->g->cluster[i] * s->g->d;
    for (int64_t j = 0; j < s->g->d; j++) centroid[j] += w * x[j];
}

static void add_distance(void *arg, int64_t i, const double *x) {
    const spread *s = arg;
    int32_t c = s->g->cluster[i];
    hn_distance euclid = {HN_DISTANCE_EUCLIDEAN, 0};
    double squared = hn_distance_reduced(euclid, x, s->centroid + c * s->g->d, s->g->d);
    s->squares[c] += weight_of(s->g, i) * squared;
    s->distance[c] += weight_of(s->g, i) * sqrt(squared);
}

static hone_status find_spread(hone_ctx *ctx, const grouped *g, spread *ret) {
    ret->g = g;
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->centroid, g->k * g->d));
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->distance, g->k));
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->squares, g->k));
    HN_TRY(each_row(ctx, g, add_to_centroid, ret));
    for (int64_t c = 0; c < g->k; c++)
        for (int64_t j = 0; j < g->d; j++) ret->centroid[c * g->d + j] /= g->size[c];
    return each_row(ctx, g, add_distance, ret);
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
