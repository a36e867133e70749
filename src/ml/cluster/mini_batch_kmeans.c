/* mini_batch_kmeans.c - k-means by small samples: for many rows, or for rows that keep coming. */
#include "ml/cluster/kmeans_distance.h"
#include "ml/cluster/kmeans_model.h"
#include "ml/cluster/kmeans_rows.h"
#include <string.h>

typedef struct batch_params {
    int64_t n_clusters;
    int init;
    int64_t max_iter;
    int64_t batch_size;
    double tolerance;
    int64_t max_no_improvement;
    int64_t n_init;
    double reassignment_ratio;
} batch_params;

static const hone_param params[] = {
    HN_PARAM(batch_params, n_clusters, .def = "8", .range = "[1, inf)", .search = "[2, 20]",
             .aliases = HN_CHOICES("k"), .doc = "How many clusters to find."),
    HN_PARAM(batch_params, init, .def = "k-means++",
             .choices = HN_CHOICES("k-means++", "random", "first"), .level = HN_ADVANCED,
             .doc = "Where centroids begin: spread out, at random rows, or at the first rows."),
    HN_PARAM(batch_params, max_iter, .def = "100", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Passes over as many rows as there are, at most."),
    HN_PARAM(batch_params, batch_size, .def = "1024", .range = "[1, inf)", .unit = "rows",
             .level = HN_ADVANCED, .doc = "Rows drawn for a step."),
    HN_PARAM(batch_params, tolerance, .def = "0", .range = "[0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("tol"),
             .doc = "Stop when centroids move less, squared, in units of the mean variance."),
    HN_PARAM(batch_params, max_no_improvement, .def = "10", .range = "[1, inf)",
             .words = HN_WORDS({"none", 0}), .level = HN_ADVANCED,
             .doc = "Stop after so many steps that make the smoothed inertia no less."),
    HN_PARAM(batch_params, n_init, .def = "3", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "How many starts are compared on a sample; the best goes on."),
    HN_PARAM(batch_params, reassignment_ratio, .def = "0.01", .range = "[0, 1]", .level = HN_EXPERT,
             .doc = "Clusters lighter than this share of the heaviest begin anew now and then."),
};

typedef struct batch_state {
    hn_kmeans_model model; /* first; size: the weight that each centroid has seen */
    int64_t updates;
} batch_state;

static hone_status batch_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const batch_params *p = values;
    int64_t n = 0;
    for (int64_t i = 0; i < data->x->n_rows; i++) n += !data->weight || data->weight[i] > 0;
    if (p->n_clusters <= n) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "n_clusters"),
                      "mini_batch_kmeans: %lld clusters need as many rows, and there are %lld; ask "
                      "for fewer",
                      (long long)p->n_clusters, (long long)n);
}

/* ---- one step ------------------------------------------------------------------------------- */

typedef struct stepper {
    const hn_kmeans_job *job;
    int64_t d, k;
    double *centroids;   /* [k, d] */
    double *size;        /* [k] weight seen by each */
    double *tiles;       /* of the centroids */
    double *squares;     /* [k rounded up] their squared lengths */
    double *sums;        /* [k, d + 1] of a batch: weighted rows, weight */
    int32_t *label;      /* [batch] */
    double *squared;     /* [batch] */
    const int64_t *rows; /* [m] the batch */
} stepper;

static hone_status label_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const stepper *s = arg;
    _Alignas(64) double squared[HN_TILE];
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        s->squared[i] = INFINITY;
        for (int64_t first = 0; first < s->k; first += HN_TILE) {
            hn_kmeans_squared(s->job, s->rows[i], s->tiles + first * s->d, s->squares + first,
                              squared);
            for (int64_t c = 0; c < HN_TILE && first + c < s->k; c++) {
                if (!(squared[c] < s->squared[i])) continue;
                s->squared[i] = squared[c];
                s->label[i] = (int32_t)(first + c);
            }
        }
    }
    return HONE_OK;
}

/* Labels of m rows; returns their weighted inertia in *ret_inertia. */
static hone_status label_batch(hone_ctx *ctx, stepper *s, const int64_t *rows, int64_t m,
                               double *ret_inertia) {
    s->rows = rows;
    hn_tile_centroids(s->centroids, s->k, s->d, s->tiles);
    for (int64_t c = 0; c < s->k; c += HN_TILE)
        hn_tile_squares(s->tiles + c * s->d, s->d, s->squares + c);
    HN_TRY(hn_parallel(ctx, m, 256, label_chunk, s));
    *ret_inertia = 0;
    for (int64_t i = 0; i < m; i++)
        *ret_inertia += hn_kmeans_weight(s->job, rows[i]) * s->squared[i];
    return HONE_OK;
}

/* Each centroid becomes the mean of all it has ever seen (Sculley 2010). Returns the squared moves. */
static double move(stepper *s, const int64_t *rows, int64_t m) {
    int64_t d = s->d;
    double moved = 0;
    memset(s->sums, 0, (size_t)(s->k * (d + 1)) * sizeof *s->sums);
    for (int64_t i = 0; i < m; i++) {
        double w = hn_kmeans_weight(s->job, rows[i]), *to = s->sums + s->label[i] * (d + 1);
        hn_kmeans_add(s->job, rows[i], w, to);
        to[d] += w;
    }
    for (int64_t c = 0; c < s->k; c++) {
        const double *sum = s->sums + c * (d + 1);
        double *centroid = s->centroids + c * d;
        if (!(sum[d] > 0)) continue;
        s->size[c] += sum[d];
        for (int64_t j = 0; j < d; j++) {
            double by = (sum[j] - sum[d] * centroid[j]) / s->size[c];
            centroid[j] += by;
            moved += by * by;
        }
    }
    return moved;
}

/* Centroids that hardly see a row begin anew at rows of the batch. */
static void reassign(stepper *s, const int64_t *rows, int64_t m, double ratio, hn_rng *rng) {
    double most = 0, least = INFINITY;
    for (int64_t c = 0; c < s->k; c++) most = s->size[c] > most ? s->size[c] : most;
    for (int64_t c = 0; c < s->k; c++)
        if (s->size[c] >= ratio * most && s->size[c] < least) least = s->size[c];
    int64_t left = m / 2;
    for (int64_t c = 0; c < s->k && left > 0; c++) {
        if (s->size[c] >= ratio * most) continue;
        int64_t row = rows[hn_rng_below(rng, m)];
        hn_kmeans_write(s->job, row, s->centroids + c * s->d);
        s->size[c] = least;
        left--;
    }
}

static hone_status make_stepper(hone_ctx *ctx, const hn_kmeans_job *job, int64_t batch,
                                stepper *ret) {
    *ret = (stepper){.job = job, .d = job->d, .k = job->k};
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->squares, hn_tiles(job->k) * HN_TILE));
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->sums, job->k * (job->d + 1)));
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->centroids, job->k * job->d));
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->size, job->k));
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->tiles, hn_tiles(job->k) * job->d * HN_TILE));
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->label, batch));
    return HN_SCRATCH_NEW(ctx, ret->squared, batch);
}

/* ---- fit ------------------------------------------------------------------------------------ */

/* Centroids from a sample of m rows. */
static hone_status start_once(hone_ctx *ctx, const batch_params *p, const hn_kmeans_job *job,
                              int64_t m, int64_t run, double *ret_centroids) {
    HN_SCRATCH(ctx);
    int64_t *rows;
    hn_kmeans_job sample;
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("minibatch.start", (uint64_t)run));
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, m));
    hn_rng_choose(&rng, job->n, m, rows);
    HN_TRY(hn_kmeans_take(ctx, job, rows, m, &sample));
    return hn_kmeans_start(ctx, &sample, p->init, ctx->seed, (uint64_t)run, ret_centroids);
}

/* The best of some starts, each made of and judged by a sample. */
static hone_status start(hone_ctx *ctx, const batch_params *p, const hn_kmeans_job *job, stepper *s,
                         int64_t room) {
    HN_SCRATCH(ctx);
    int64_t m = 3 * p->batch_size < 3 * p->n_clusters ? 3 * p->n_clusters : 3 * p->batch_size;
    if (m > job->n || p->init == HN_KMEANS_FIRST) m = job->n;
    int64_t *judges;
    double *centroids, best = INFINITY, inertia;
    HN_TRY(HN_SCRATCH_NEW(ctx, judges, room));
    HN_TRY(HN_SCRATCH_NEW(ctx, centroids, job->k * job->d));
    for (int64_t run = 0; run < p->n_init; run++) {
        HN_TRY(start_once(ctx, p, job, m, run, s->centroids));
        hn_rng same = hn_rng_make(ctx->seed, hn_stream("minibatch.judges", 0));
        for (int64_t i = 0; i < room; i++) judges[i] = hn_rng_below(&same, job->n);
        HN_TRY(label_batch(ctx, s, judges, room, &inertia));
        if (run > 0 && !(inertia < best)) continue;
        best = inertia;
        memcpy(centroids, s->centroids, (size_t)(job->k * job->d) * sizeof *centroids);
    }
    memcpy(s->centroids, centroids, (size_t)(job->k * job->d) * sizeof *centroids);
    return HONE_OK;
}

static hone_status all_steps(hone_ctx *ctx, const batch_params *p, const hn_kmeans_job *job,
                             stepper *s, int64_t batch, hn_kmeans_result *r) {
    HN_SCRATCH(ctx);
    int64_t *rows, steps = p->max_iter * (job->n / batch + 1), stale = 0;
    double smooth = NAN, least = INFINITY, inertia;
    double share = 2 * (double)batch / (double)(job->n + 1);
    if (share > 1) share = 1;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, batch));
    for (r->iterations = 0; r->iterations < steps && !r->converged; r->iterations++) {
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream("minibatch.rows", (uint64_t)r->iterations));
        HN_TRY(hn_check_cancel(ctx));
        for (int64_t i = 0; i < batch; i++) rows[i] = hn_rng_below(&rng, job->n);
        HN_TRY(label_batch(ctx, s, rows, batch, &inertia));
        double moved = move(s, rows, batch);
        if (r->iterations % 10 == 9 && p->reassignment_ratio > 0)
            reassign(s, rows, batch, p->reassignment_ratio, &rng);
        /* The first step looks at starts, which tells nothing. */
        if (r->iterations > 0)
            smooth = isnan(smooth) ? inertia : smooth * (1 - share) + inertia * share;
        stale = smooth < least || isnan(smooth) ? 0 : stale + 1;
        least = smooth < least ? smooth : least;
        r->converged = (p->max_no_improvement > 0 && stale >= p->max_no_improvement) ||
                       (p->tolerance > 0 && r->iterations > 0 && moved <= job->tolerance);
        hn_progress(ctx, "mini-batch kmeans", r->iterations, steps, "steps");
    }
    return HONE_OK;
}

/* Labels and inertia of all rows. */
static hone_status finish(hone_ctx *ctx, stepper *s, hn_kmeans_result *r) {
    HN_SCRATCH(ctx);
    int64_t *all;
    int64_t n = s->job->n;
    HN_TRY(HN_SCRATCH_NEW(ctx, all, n));
    for (int64_t i = 0; i < n; i++) all[i] = i;
    HN_TRY(HN_SCRATCH_NEW(ctx, s->squared, n));
    s->label = r->label;
    HN_TRY(label_batch(ctx, s, all, n, &r->inertia));
    s->squared = NULL;
    return HONE_OK;
}

static hone_status batch_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                             hn_arena *arena, void *ret_state) {
    const batch_params *p = values;
    batch_state *state = ret_state;
    HN_SCRATCH(ctx);
    hn_kmeans_job job = {.k = p->n_clusters};
    double *mean, variance;
    stepper s;
    hn_kmeans_result r = {0};
    HN_TRY(hn_kmeans_rows(ctx, data->x, data->weight, true, &job, &mean, &variance));
    HN_TRY(HN_SCRATCH_NEW(ctx, r.label, job.n));
    int64_t batch = p->batch_size < job.n ? p->batch_size : job.n;
    job.tolerance = p->tolerance * variance;
    HN_TRY(make_stepper(ctx, &job, batch, &s));
    HN_TRY(start(ctx, p, &job, &s, batch));
    HN_TRY(all_steps(ctx, p, &job, &s, batch, &r));
    r.centroids = s.centroids;
    HN_TRY(finish(ctx, &s, &r));
    HN_TRY(hn_kmeans_keep(ctx, arena, &job, &r, mean, &state->model));
    return HONE_OK;
}

/* ---- more rows ------------------------------------------------------------------------------ */

static hone_status batch_update(hone_ctx *ctx, const void *values, const hone_data *data,
                                hn_arena *arena, void *state_) {
    const batch_params *p = values;
    batch_state *state = state_;
    hn_kmeans_model *m = &state->model;
    HN_SCRATCH(ctx);
    (void)arena;
    double *none, inertia;
    stepper s;
    int64_t *rows;
    hn_kmeans_job job = {.k = m->k};
    HN_TRY(hn_kmeans_rows(ctx, data->x, data->weight, false, &job, &none, &inertia));
    int64_t batch = p->batch_size < job.n ? p->batch_size : job.n;
    HN_TRY(make_stepper(ctx, &job, batch, &s));
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, batch));
    s.centroids = m->centroids;
    s.size = m->size;
    m->inertia = 0;
    for (int64_t begin = 0; begin < job.n; begin += batch) {
        int64_t n = job.n - begin < batch ? job.n - begin : batch;
        for (int64_t i = 0; i < n; i++) rows[i] = begin + i;
        HN_TRY(label_batch(ctx, &s, rows, n, &inertia));
        move(&s, rows, n);
        m->inertia += inertia;
        m->iterations++;
    }
    state->updates++;
    hn_kmeans_moved(m);
    return HONE_OK;
}

static hone_status batch_visit(hn_visitor *v, void *state) {
    HN_TRY(hn_kmeans_visit(v, state));
    return hn_visit(v, "updates", &((batch_state *)state)->updates);
}

const hone_estimator hn_mini_batch_kmeans = {
    .name = "mini_batch_kmeans",
    .title = "Mini-batch k-means",
    .class_names = "MiniBatchKMeans",
    .family = "cluster",
    .doc = "k-means that looks at a small sample at a time: nearly as good, much sooner for many "
           "rows, and able to learn from more rows later.",
    .references = "Sculley (2010), Web-scale k-means clustering",
    .tasks = HN_TASK_CLUSTER,
    .can = HN_CAN_WEIGHTS | HN_CAN_UPDATE | HN_CAN_SPARSE | HN_WANTS_SCALING,
    .params = HN_PARAMS(batch_params, params),
    .state_size = sizeof(batch_state),
    .check = batch_check,
    .fit = batch_fit,
    .update = batch_update,
    .predict = hn_kmeans_predict,
    .outputs = hn_kmeans_outputs,
    .transform = hn_kmeans_transform,
    .visit = batch_visit,
    .prepare = hn_kmeans_prepare,
    .report = hn_kmeans_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", NULL, NULL, "{\"n_clusters\":2}", "all", "inertia",
               3494.86660169, 60,
               "scikit-learn 1.9.1, StandardScaler, KMeans(2, n_init=50, tol=0).inertia_"}),
};
