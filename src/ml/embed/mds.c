/* mds.c - multidimensional scaling: by stress (SMACOF), metric or by order alone, and classical (Torgerson). All
 * see all pairs of rows. A new row goes where its distances to the training rows are met best. */
#include "base/rng.h"
#include "ml/embed/disparities.h"
#include "ml/embed/embed.h"
#include "num/blas.h"
#include "num/svd.h"
#include "spec/visit_monotone.h"
#include <float.h>
#include <string.h>

enum { INIT_CLASSICAL, INIT_RANDOM };
enum { STRESS_AUTO, STRESS_NORMALIZED, STRESS_RAW };
enum { MOST_ROWS = 30000, MOST_ORDERED = 10000, PLACING_ROUNDS = 300 };

typedef struct mds_params {
    int64_t n_components;
    bool metric_mds;
    int metric, init, normalized_stress;
    int64_t n_init, max_iter;
    double eps;
} mds_params;

static const hone_param params[] = {
    HN_PARAM(mds_params, n_components, .def = "2", .range = "[1, 128]",
             .doc = "Dimensions of the layout."),
    HN_PARAM(mds_params, metric_mds, .def = "true",
             .doc = "Whether distances are to be kept; false (non-metric): only which are larger."),
    HN_PARAM(mds_params, metric, .def = "euclidean", .choices = HN_CHOICES(HN_DISTANCE_NAMES),
             .doc = "How distances between rows are measured."),
    HN_PARAM(mds_params, normalized_stress, .def = "auto",
             .choices = HN_CHOICES("auto", "true", "false"), .level = HN_ADVANCED,
             .doc = "Whether the stress told is Kruskal's, the root of its share of the squared "
                    "distances (0.05 "
                    "is good, 0.2 poor); auto: where metric_mds is false."),
    HN_PARAM(mds_params, init, .def = "classical_mds",
             .choices = HN_CHOICES("classical_mds", "random"), .level = HN_ADVANCED,
             .doc = "Where rows begin."),
    HN_PARAM(mds_params, n_init, .def = "1", .range = "[1, 1000]", .level = HN_ADVANCED,
             .doc = "How often to begin anew at random; the best is kept."),
    HN_PARAM(mds_params, max_iter, .def = "300", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Steps at most, each time."),
    HN_PARAM(mds_params, eps, .def = "1e-6", .range = "[0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("tolerance", "tol"),
             .doc = "Stop when the stress, as a share of all squared distances, falls by less."),
};

static const hone_param classical_table[] = {
    HN_PARAM(mds_params, n_components, .def = "2", .range = "[1, 128]",
             .doc = "Dimensions of the layout."),
    HN_PARAM(mds_params, metric, .def = "euclidean", .choices = HN_CHOICES(HN_DISTANCE_NAMES),
             .doc = "How distances between rows are measured."),
};

typedef struct mds_state {
    hn_embedding e;
    double stress;
    int64_t iterations;
    int64_t by_order;     /* 0 or 1: non-metric */
    hn_monotone function; /* then: from a distance between rows to one in the layout */
} mds_state;

static hone_status at_most(hone_ctx *ctx, const char *kind, const hn_table *x, int64_t most) {
    if (x->n_rows <= most) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_DATA,
                   "%s: it looks at all pairs of rows, and %lld rows have too many; take a sample "
                   "of %lld at most, or umap or tsne",
                   kind, (long long)x->n_rows, (long long)most);
}

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const mds_params *p = values;
    return at_most(ctx, "mds", data->x, p->metric_mds ? MOST_ROWS : MOST_ORDERED);
}

static hone_status check_classical(hone_ctx *ctx, const void *values, const hone_data *data) {
    (void)values;
    return at_most(ctx, "classical_mds", data->x, MOST_ROWS);
}

/* ---- distances -------------------------------------------------------------------------------- */

typedef struct pairs {
    int64_t n, k;
    const hn_neighbors *index;
    double *wanted; /* [n, n] */
    const double *y;
    double *next;
    double *sums;     /* by chunk */
    double *distance; /* [n, n] in the layout; only where it is to be kept */
    double *squares;  /* by chunk */
} pairs;

static hone_status measure_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const pairs *job = arg;
    int64_t n = job->n, w = job->index->w;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        HN_TRY(hn_check_cancel(ctx));
        for (int64_t j = 0; j < n; j++)
            job->wanted[i * n + j] = hn_distance_of_reduced(
                job->index->measure,
                hn_distance_reduced(job->index->measure, job->index->rows + i * w,
                                    job->index->rows + j * w, w),
                w);
    }
    return HONE_OK;
}

/* ---- classical -------------------------------------------------------------------------------- */

/* Coordinates along the leading eigenvectors of the doubly centred squared distances. */
static hone_status classical(hone_ctx *ctx, const pairs *job, double *places) {
    HN_SCRATCH(ctx);
    int64_t n = job->n, k = job->k, found = k < n ? k : n;
    double *centred, *row, *u, *s, *vt, mean = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, centred, n * n));
    HN_TRY(HN_SCRATCH_NEW(ctx, row, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, u, n * found));
    HN_TRY(HN_SCRATCH_NEW(ctx, s, found));
    HN_TRY(HN_SCRATCH_NEW(ctx, vt, found * n));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            centred[i * n + j] = job->wanted[i * n + j] * job->wanted[i * n + j];
            row[i] += centred[i * n + j] / (double)n;
        }
        mean += row[i] / (double)n;
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            centred[i * n + j] = -(centred[i * n + j] - row[i] - row[j] + mean) / 2;
    hn_linear_map map = hn_map_of_matrix(centred, n, n);
    if (n <= 300) { /* all of them, exactly */
        double *values, *vectors;
        HN_TRY(HN_SCRATCH_NEW(ctx, values, n));
        HN_TRY(HN_SCRATCH_NEW(ctx, vectors, n * n));
        HN_TRY(hn_eigen_symmetric(ctx, n, centred, values, vectors));
        for (int64_t c = 0; c < found; c++) {
            s[c] = values[n - 1 - c] > 0 ? values[n - 1 - c] : 0;
            memcpy(vt + c * n, vectors + (n - 1 - c) * n, (size_t)n * sizeof *vt);
        }
        hn_svd_signs(0, n, found, NULL, 0, vt);
    } else {
        HN_TRY(hn_svd_random(ctx, &map, found, 10, 20, u, s, vt));
        for (int64_t c = 0; c < found; c++) { /* a singular value of a negative one counts as 0 */
            double sign = 0;
            for (int64_t i = 0; i < n; i++) sign += u[i * found + c] * vt[c * n + i];
            if (sign < 0) s[c] = 0;
        }
    }
    memset(places, 0, (size_t)(n * k) * sizeof *places);
    for (int64_t c = 0; c < found; c++)
        for (int64_t i = 0; i < n; i++) places[i * k + c] = sqrt(s[c]) * vt[c * n + i];
    return HONE_OK;
}

/* ---- by stress -------------------------------------------------------------------------------- */

/* The Guttman transform of each row, and its share of the stress before. */
static hone_status guttman_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const pairs *job = arg;
    int64_t n = job->n, k = job->k;
    double stress = 0, *sum;
    HN_TRY(HN_SCRATCH_NEW(ctx, sum, k));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        const double *yi = job->y + i * k;
        memset(sum, 0, (size_t)k * sizeof *sum);
        for (int64_t j = 0; j < n; j++) {
            if (j == i) continue;
            const double *yj = job->y + j * k;
            double square = 0, wanted = job->wanted[i * n + j];
            for (int64_t c = 0; c < k; c++) square += (yi[c] - yj[c]) * (yi[c] - yj[c]);
            double distance = sqrt(square);
            stress += (distance - wanted) * (distance - wanted);
            double ratio = wanted / (distance > 1e-5 ? distance : 1e-5);
            for (int64_t c = 0; c < k; c++) sum[c] += ratio * (yi[c] - yj[c]);
        }
        for (int64_t c = 0; c < k; c++) job->next[i * k + c] = sum[c] / (double)n;
    }
    job->sums[chunk.index] = stress / 2;
    return HONE_OK;
}

/* From places on; *ret_stress is that of the places left there. */
static hone_status descend(hone_ctx *ctx, const mds_params *p, pairs *job, double *places,
                           double *ret_stress, int64_t *ret_steps) {
    enum { ROWS = 16 };
    HN_SCRATCH(ctx);
    int64_t n = job->n, k = job->k, chunks = hn_chunks(n, ROWS);
    double all = 0, before = INFINITY, stress = 0, *y, *next;
    HN_TRY(HN_SCRATCH_NEW(ctx, job->sums, chunks));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, n * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, next, n * k));
    for (int64_t i = 0; i < n * n; i++) all += job->wanted[i] * job->wanted[i] / 2;
    memcpy(y, places, (size_t)(n * k) * sizeof *y);
    for (*ret_steps = 0;; ++*ret_steps) {
        job->y = y;
        job->next = next;
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(hn_parallel(ctx, n, ROWS, guttman_rows, job));
        stress = hn_sum(job->sums, chunks);
        hn_progress(ctx, "layout", *ret_steps, p->max_iter, "steps");
        if (*ret_steps == p->max_iter || before - stress <= p->eps * all || !(stress > 0)) break;
        before = stress;
        double *old = y;
        y = next;
        next = old;
    }
    memcpy(places, y, (size_t)(n * k) * sizeof *y);
    *ret_stress = stress;
    return HONE_OK;
}

/* Distances in the layout, what they are off by, and their squares. */
static hone_status look_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const pairs *job = arg;
    int64_t n = job->n, k = job->k;
    double stress = 0, squares = 0;
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        for (int64_t j = 0; j < n; j++) {
            double square = 0;
            for (int64_t c = 0; c < k; c++) {
                double way = job->y[i * k + c] - job->y[j * k + c];
                square += way * way;
            }
            double distance = sqrt(square), rest = distance - job->wanted[i * n + j];
            if (job->distance != NULL) job->distance[i * n + j] = distance;
            stress += rest * rest;
            squares += square;
        }
    job->sums[chunk.index] = stress / 2;
    job->squares[chunk.index] = squares / 2;
    return HONE_OK;
}

static hone_status look(hone_ctx *ctx, pairs *job, const double *y, double *ret_stress,
                        double *ret_squares) {
    enum { ROWS = 16 };
    HN_SCRATCH(ctx);
    int64_t chunks = hn_chunks(job->n, ROWS);
    HN_TRY(HN_SCRATCH_NEW(ctx, job->sums, chunks));
    HN_TRY(HN_SCRATCH_NEW(ctx, job->squares, chunks));
    job->y = y;
    HN_TRY(hn_parallel(ctx, job->n, ROWS, look_rows, job));
    *ret_stress = hn_sum(job->sums, chunks);
    *ret_squares = hn_sum(job->squares, chunks);
    return HONE_OK;
}

/* The same where only the order of distances is to be kept: before each step what is wanted becomes the numbers in
 * that order that are nearest to the layout's distances. */
static hone_status descend_by_order(hone_ctx *ctx, const mds_params *p, pairs *job,
                                    hn_disparities *order, double *places, double *ret_stress,
                                    int64_t *ret_steps) {
    enum { ROWS = 16 };
    HN_SCRATCH(ctx);
    int64_t n = job->n, k = job->k;
    double before = INFINITY, squares, *next, *sums;
    HN_TRY(HN_SCRATCH_NEW(ctx, next, n * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, sums, hn_chunks(n, ROWS)));
    HN_TRY(HN_SCRATCH_NEW(ctx, job->distance, n * n));
    for (*ret_steps = 0; *ret_steps < p->max_iter;) {
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(hn_disparities_fit(ctx, order, *ret_steps > 0 ? job->distance : NULL, job->wanted));
        job->y = places;
        job->next = next;
        job->sums = sums;
        HN_TRY(hn_parallel(ctx, n, ROWS, guttman_rows, job));
        memcpy(places, next, (size_t)(n * k) * sizeof *places);
        HN_TRY(look(ctx, job, places, ret_stress, &squares));
        hn_progress(ctx, "layout", ++*ret_steps, p->max_iter, "steps");
        if (*ret_steps > 1 && !((before - *ret_stress) / squares >= p->eps)) break;
        before = *ret_stress;
    }
    job->distance = NULL;
    return HONE_OK;
}

static void begin_at_random(hone_ctx *ctx, const pairs *job, int64_t run, double *places) {
    for (int64_t i = 0; i < job->n; i++) {
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream("mds.start", (uint64_t)(run * job->n + i)));
        for (int64_t c = 0; c < job->k; c++) places[i * job->k + c] = hn_rng_uniform(&rng);
    }
}

static hone_status measure(hone_ctx *ctx, const mds_params *p, const hone_data *data,
                           hn_arena *arena, mds_state *s, pairs *job) {
    double *x;
    HN_TRY(hn_embedding_rows(ctx, arena, "mds", data->x, p->metric, 2, p->n_components, &s->e, &x));
    job->n = s->e.index.n;
    job->k = p->n_components;
    job->index = &s->e.index;
    HN_TRY(HN_SCRATCH_NEW(ctx, job->wanted, job->n * job->n));
    return hn_parallel(ctx, job->n, 16, measure_rows, job);
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const mds_params *p = values;
    mds_state *s = ret_state;
    HN_SCRATCH(ctx);
    pairs job = {0};
    HN_TRY(measure(ctx, p, data, arena, s, &job));
    hn_disparities order = {0};
    double *places, stress, squares, best = INFINITY;
    int64_t steps, runs = p->init == INIT_RANDOM ? p->n_init : 1;
    HN_TRY(HN_SCRATCH_NEW(ctx, places, job.n * job.k));
    s->by_order = !p->metric_mds;
    if (s->by_order) HN_TRY(hn_disparities_make(ctx, ctx->scratch, job.n, job.wanted, &order));
    for (int64_t run = 0; run < runs; run++) {
        if (p->init == INIT_RANDOM)
            begin_at_random(ctx, &job, run, places);
        else
            HN_TRY(classical(ctx, &job, places));
        HN_TRY(s->by_order ? descend_by_order(ctx, p, &job, &order, places, &stress, &steps)
                           : descend(ctx, p, &job, places, &stress, &steps));
        if (run > 0 && !(stress < best)) continue;
        best = s->stress = stress;
        s->iterations = steps;
        memcpy(s->e.places, places, (size_t)(job.n * job.k) * sizeof *places);
        if (s->by_order) HN_TRY(hn_disparities_function(ctx, arena, &order, &s->function));
        if (p->normalized_stress == STRESS_RAW ||
            (p->normalized_stress == STRESS_AUTO && !s->by_order))
            continue;
        HN_TRY(look(ctx, &job, places, &stress, &squares));
        s->stress = squares > 0 ? sqrt(stress / squares) : 0;
    }
    return HONE_OK;
}

static hone_status fit_classical(hone_ctx *ctx, const void *values, const hone_data *data,
                                 hn_arena *arena, void *ret_state) {
    mds_params p = *(const mds_params *)values;
    mds_state *s = ret_state;
    HN_SCRATCH(ctx);
    pairs job = {0};
    p.max_iter = 0; /* the stress is only looked at */
    HN_TRY(measure(ctx, &p, data, arena, s, &job));
    HN_TRY(classical(ctx, &job, s->e.places));
    return descend(ctx, &p, &job, s->e.places, &s->stress, &s->iterations);
}

/* ---- hooks ------------------------------------------------------------------------------------ */

/* All rows count, as near ones alone would push it away: a layout makes small distances smaller. It
 * begins at the nearest rows' mean and majorises the stress of its own distances. */
static void place(const void *state, const int32_t *row, const double *distance, int64_t count,
                  double *work, double *ret_place) {
    const mds_state *s = state;
    const hn_embedding *e = &s->e;
    int64_t k = e->n_components;
    double next[128], sum = 0;
    for (int64_t i = 0; i < count; i++) sum += work[i] = 1 / (distance[i] * distance[i]);
    for (int64_t i = 0; i < count && sum > 0; i++)
        for (int64_t c = 0; c < k; c++) ret_place[c] += work[i] / sum * e->places[row[i] * k + c];
    for (int64_t i = 0; i < count; i++) /* what the layout's distances are to be */
        work[i] = s->by_order ? hn_monotone_at(&s->function, distance[i]) : distance[i];
    for (int round = 0; round < PLACING_ROUNDS; round++) {
        double moved = 0, size = 0;
        memset(next, 0, (size_t)k * sizeof *next);
        for (int64_t i = 0; i < count; i++) {
            const double *other = e->places + row[i] * k;
            double square = 0;
            for (int64_t c = 0; c < k; c++)
                square += (ret_place[c] - other[c]) * (ret_place[c] - other[c]);
            double ratio = work[i] / (square > 1e-10 ? sqrt(square) : 1e-5);
            for (int64_t c = 0; c < k; c++) next[c] += other[c] + ratio * (ret_place[c] - other[c]);
        }
        for (int64_t c = 0; c < k; c++) {
            next[c] /= (double)count;
            moved += (next[c] - ret_place[c]) * (next[c] - ret_place[c]);
            size += next[c] * next[c];
            ret_place[c] = next[c];
        }
        if (!(moved > 1e-16 * size)) break;
    }
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const mds_state *s = state;
    return hn_embedding_transform(ctx, &s->e, "mds", x, s->e.index.n, place, s, arena, ret_out);
}

static hone_status visit(hn_visitor *v, void *state) {
    mds_state *s = state;
    HN_TRY(hn_embedding_visit(v, &s->e));
    HN_TRY(hn_visit_check(v, s->e.n_components <= 128, "mds: number of components"));
    HN_TRY(hn_visit(v, "stress", &s->stress));
    HN_TRY(hn_visit(v, "n_iter", &s->iterations));
    HN_TRY(hn_visit(v, "by_order", &s->by_order));
    return s->by_order ? hn_monotone_visit(v, "disparities", &s->function) : HONE_OK;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    mds_state *s = state;
    return hn_embedding_prepare(ctx, arena, "mds", &s->e, schema);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const mds_state *s = state;
    yyjson_mut_obj_add_real(doc, object, "stress", s->stress);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    return HONE_OK;
}

#define MDS_HOOKS                                                                                  \
    .family = "embed", .tasks = HN_TASK_NONE, .can = HN_NUMERIC_ONLY | HN_WANTS_SCALING,           \
    .state_size = sizeof(mds_state), .transform = transform, .visit = visit, .prepare = prepare,   \
    .report = report

const hone_estimator hn_mds = {
    .name = "mds",
    .title = "Multidimensional scaling",
    .class_names = "MDS",
    .doc =
        "Lays rows out in few dimensions so that all distances are as they were, as nearly as can "
        "be, or (metric_mds = false) that their order is. Looks at all pairs of rows: for small "
        "tables.",
    .references = "Borg, Groenen (2005), Modern multidimensional scaling\n"
                  "de Leeuw (1977), Applications of convex analysis to multidimensional scaling\n"
                  "Kruskal (1964), Nonmetric multidimensional scaling: a numerical method",
    .example = "{\"max_iter\": 5}",
    .params = HN_PARAMS(mds_params, params),
    .check = check,
    .fit = fit,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length,petal_width",
               .metric = "stress",
               .value = 111.07966607928795,
               .tolerance = 0.05,
               .source = "scikit-learn 1.9.1, MDS(init=\"classical_mds\", n_init=1).stress_"}),
    MDS_HOOKS,
};

const hone_estimator hn_classical_mds = {
    .name = "classical_mds",
    .title = "Classical multidimensional scaling",
    .class_names = "ClassicalMDS",
    .doc = "Lays rows out along the main directions of their distances (principal coordinates): "
           "pca's result for euclidean distances, and defined for any others.",
    .references = "Torgerson (1952), Multidimensional scaling: I. Theory and method",
    .params = HN_PARAMS(mds_params, classical_table),
    .check = check_classical,
    .fit = fit_classical,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length,petal_width",
               .metric = "squares",
               .value = 666.1659556405612,
               .tolerance = 1e-8,
               .source = "scikit-learn 1.9.1, ClassicalMDS(2), sum of squares"}),
    MDS_HOOKS,
};
