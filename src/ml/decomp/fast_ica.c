/* fast_ica.c - independent components: directions of whitened rows that look least like noise. */
#include "base/rng.h"
#include "ml/decomp/projection.h"
#include "num/blas.h"
#include "num/math.h"
#include "num/svd.h"
#include <assert.h>
#include <string.h>

enum { FUN_LOGCOSH, FUN_EXP, FUN_CUBE };
enum { PARALLEL, DEFLATION };
enum { UNIT_VARIANCE, ARBITRARY_VARIANCE };

typedef struct ica_params {
    int64_t n_components;
    int algorithm, whiten, fun;
    double alpha;
    int64_t max_iter;
    double tolerance;
} ica_params;

static const hone_param params[] = {
    HN_PARAM(ica_params, n_components, .def = "all", .range = "[1, inf)",
             .words = HN_WORDS({"all", 0}), .search = "[2, 50]",
             .doc = "How many components to find; all: as many as there are columns."),
    HN_PARAM(ica_params, algorithm, .def = "parallel",
             .choices = HN_CHOICES("parallel", "deflation"), .level = HN_ADVANCED,
             .doc = "parallel: all components at once; deflation: one after the other."),
    HN_PARAM(ica_params, whiten, .def = "unit-variance",
             .choices = HN_CHOICES("unit-variance", "arbitrary-variance"), .level = HN_ADVANCED,
             .doc = "Whether the components come out with variance 1, or 1 / n."),
    HN_PARAM(ica_params, fun, .def = "logcosh", .choices = HN_CHOICES("logcosh", "exp", "cube"),
             .level = HN_ADVANCED, .doc = "How unlike noise is measured."),
    HN_PARAM(ica_params, alpha, .def = "1", .range = "[1, 2]", .level = HN_EXPERT,
             .doc = "logcosh: its constant."),
    HN_PARAM(ica_params, max_iter, .def = "200", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Steps at most (of each component with deflation)."),
    HN_PARAM(ica_params, tolerance, .def = "1e-4", .range = "(0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("tol"), .doc = "Stop when directions turn by less."),
};

typedef struct ica_state {
    int64_t n_features, n_components;
    double *mean;       /* [n_features] */
    double *components; /* [n_components, n_features]: unmixing */
    double *mixing;     /* [n_features, n_components]: its pseudo-inverse */
    double *whitening;  /* [n_components, n_features] */
    int64_t iterations;
    hn_projection to; /* not stored */
    double *back;     /* not stored: mixing turned */
} ica_state;

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const ica_params *p = values;
    int64_t n = data->x->n_rows, columns = data->x->n_columns, k;
    HN_TRY(hn_need_two_rows(ctx, "fast_ica", data->x));
    return hn_component_count(ctx, "fast_ica", p->n_components, n < columns ? n : columns,
                              "the smaller of the numbers of rows and columns", &k);
}

/* ---- whitening ------------------------------------------------------------------------------ */

typedef struct ica {
    const ica_params *p;
    int64_t n, k;
    double *z; /* [n, k] whitened rows: mean 0, covariance 1 */
    double *parts;
    const double *w; /* [m, k] the directions looked along */
    int64_t m;
} ica;

/* whitening [k, p] from the singular vectors of the centred rows; z = rows whitening' sqrt(n). */
static hone_status whiten(hone_ctx *ctx, const hn_table *x, ica_state *s, ica *job) {
    HN_SCRATCH(ctx);
    int64_t n = job->n, p = s->n_features, k = job->k;
    double *matrix, *copy, *values, *vt, *scatter, root = sqrt((double)n);
    HN_TRY(HN_SCRATCH_NEW(ctx, values, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, vt, p * p));
    HN_TRY(hn_centered_matrix(ctx, ctx->scratch, x, s->mean, &matrix, NULL));
    if (n >= 10 * p) { /* many rows: their scatter tells the same, sooner */
        HN_TRY(HN_SCRATCH_NEW(ctx, scatter, p * p));
        HN_TRY(HN_SCRATCH_NEW(ctx, copy, p * p));
        HN_TRY(hn_gram(ctx, matrix, n, p, NULL, scatter));
        double *ascending;
        HN_TRY(HN_SCRATCH_NEW(ctx, ascending, p));
        HN_TRY(hn_eigen_symmetric(ctx, p, scatter, ascending, copy));
        for (int64_t c = 0; c < p; c++) {
            values[c] = ascending[p - 1 - c] > 0 ? sqrt(ascending[p - 1 - c]) : 0;
            memcpy(vt + c * p, copy + (p - 1 - c) * p, (size_t)p * sizeof *vt);
        }
    } else {
        HN_TRY(HN_SCRATCH_NEW(ctx, copy, n * p));
        memcpy(copy, matrix, (size_t)(n * p) * sizeof *copy);
        HN_TRY(hn_svd(ctx, n, p, copy, NULL, values, vt));
    }
    if (!(values[k - 1] > 1e-13 * values[0]))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "n_components"),
                          "fast_ica: the columns have fewer than %lld independent directions "
                          "(constant columns, or columns made of others); set 'n_components' lower",
                          (long long)k);
    assert(k <= n && k <= p);
    for (int64_t c = 0; c < k; c++) {
        double sign = vt[c * p] < 0 ? -1 : 1;
        for (int64_t j = 0; j < p; j++) s->whitening[c * p + j] = sign * vt[c * p + j] / values[c];
    }
    return hn_gemm(ctx, false, true, n, k, p, root, matrix, p, s->whitening, p, 0, job->z, k);
}

/* ---- one step over all rows ------------------------------------------------------------------ */

/* y becomes g(y); the sum of g'(y) is returned. */
static double contrast(const ica_params *p, double *y, int64_t n) {
    double slope = 0;
    if (p->fun == FUN_LOGCOSH) {
        for (int64_t i = 0; i < n; i++) y[i] *= p->alpha;
        hn_tanh_array(y, y, n);
        for (int64_t i = 0; i < n; i++) slope += p->alpha * (1 - y[i] * y[i]);
    } else if (p->fun == FUN_EXP) {
        for (int64_t i = 0; i < n; i++) {
            double square = y[i] * y[i], e = hn_exp(-square / 2);
            slope += (1 - square) * e;
            y[i] *= e;
        }
    } else {
        for (int64_t i = 0; i < n; i++) {
            double square = y[i] * y[i];
            slope += 3 * square;
            y[i] *= square;
        }
    }
    return slope;
}

/* The chunk's part of sum g(y) z' [m, k] and sum g' [m]. */
static hone_status step_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { BLOCK = 512 };
    const ica *job = arg;
    int64_t k = job->k, m = job->m;
    double *part = job->parts + chunk.index * (m * k + m), *slope = part + m * k, *y, *g;
    HN_TRY(HN_SCRATCH_NEW(ctx, y, BLOCK * m));
    HN_TRY(HN_SCRATCH_NEW(ctx, g, m * k));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += BLOCK) {
        int64_t rows = chunk.end - begin < BLOCK ? chunk.end - begin : BLOCK;
        const double *z = job->z + begin * k;
        HN_TRY(hn_gemm(ctx, false, true, m, rows, k, 1, job->w, k, z, k, 0, y, rows));
        for (int64_t c = 0; c < m; c++) slope[c] += contrast(job->p, y + c * rows, rows);
        HN_TRY(hn_gemm(ctx, false, false, m, k, rows, 1, y, rows, z, k, 0, g, k));
        for (int64_t i = 0; i < m * k; i++) part[i] += g[i];
    }
    return HONE_OK;
}

/* ret [m, k] = mean of g(w z) z' - mean of g'(w z) w. */
static hone_status step(hone_ctx *ctx, ica *job, const double *w, int64_t m, double *ret) {
    HN_SCRATCH(ctx);
    int64_t k = job->k, size = m * k + m, grain = (job->n + 31) / 32;
    if (grain < 1024) grain = 1024;
    int64_t chunks = hn_chunks(job->n, grain);
    double *sum;
    job->w = w;
    job->m = m;
    HN_TRY(HN_SCRATCH_NEW(ctx, job->parts, chunks * size));
    HN_TRY(HN_SCRATCH_NEW(ctx, sum, size));
    HN_TRY(hn_parallel(ctx, job->n, grain, step_rows, job));
    for (int64_t c = 0; c < chunks; c++)
        for (int64_t i = 0; i < size; i++) sum[i] += job->parts[c * size + i];
    for (int64_t c = 0; c < m; c++)
        for (int64_t j = 0; j < k; j++)
            ret[c * k + j] =
                sum[c * k + j] / (double)job->n - sum[m * k + c] / (double)job->n * w[c * k + j];
    return HONE_OK;
}

/* w [k, k] becomes (w w')^-1/2 w. */
static hone_status decorrelate(hone_ctx *ctx, int64_t k, double *w) {
    HN_SCRATCH(ctx);
    double *gram, *values, *vectors, *turned;
    HN_TRY(HN_SCRATCH_NEW(ctx, gram, k * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, k));
    HN_TRY(HN_SCRATCH_NEW(ctx, vectors, k * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, turned, k * k));
    HN_TRY(hn_gemm(ctx, false, true, k, k, k, 1, w, k, w, k, 0, gram, k));
    HN_TRY(hn_eigen_symmetric(ctx, k, gram, values, vectors));
    HN_TRY(hn_gemm(ctx, false, false, k, k, k, 1, vectors, k, w, k, 0, turned, k));
    for (int64_t c = 0; c < k; c++) {
        double value = values[c] > 2.3e-308 ? values[c] : 2.3e-308;
        for (int64_t j = 0; j < k; j++) turned[c * k + j] /= sqrt(value);
    }
    return hn_gemm(ctx, true, false, k, k, k, 1, vectors, k, turned, k, 0, w, k);
}

/* ---- the two ways ---------------------------------------------------------------------------- */

static hone_status all_at_once(hone_ctx *ctx, ica *job, double *w, int64_t *ret_steps,
                               bool *ret_settled) {
    HN_SCRATCH(ctx);
    int64_t k = job->k;
    double *next;
    HN_TRY(HN_SCRATCH_NEW(ctx, next, k * k));
    HN_TRY(decorrelate(ctx, k, w));
    *ret_settled = false;
    for (*ret_steps = 0; *ret_steps < job->p->max_iter && !*ret_settled; ++*ret_steps) {
        double turned = 0;
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(step(ctx, job, w, k, next));
        HN_TRY(decorrelate(ctx, k, next));
        for (int64_t c = 0; c < k; c++) {
            double turn = fabs(fabs(hn_dot(next + c * k, w + c * k, k)) - 1);
            if (turn > turned) turned = turn;
        }
        memcpy(w, next, (size_t)(k * k) * sizeof *w);
        hn_progress(ctx, "components", *ret_steps + 1, job->p->max_iter, "steps");
        *ret_settled = turned < job->p->tolerance;
    }
    return HONE_OK;
}

/* Takes the directions before it out of w, and makes its length 1. */
static void deflate(const double *before, int64_t c, int64_t k, double *w) {
    for (int64_t i = 0; i < c; i++) {
        double share = hn_dot(before + i * k, w, k);
        for (int64_t j = 0; j < k; j++) w[j] -= share * before[i * k + j];
    }
    double length = sqrt(hn_dot(w, w, k));
    for (int64_t j = 0; j < k && length > 0; j++) w[j] /= length;
}

static hone_status one_by_one(hone_ctx *ctx, ica *job, double *w, int64_t *ret_steps,
                              bool *ret_settled) {
    HN_SCRATCH(ctx);
    int64_t k = job->k;
    double *next;
    HN_TRY(HN_SCRATCH_NEW(ctx, next, k));
    *ret_steps = 0;
    *ret_settled = true;
    for (int64_t c = 0; c < k; c++) {
        double *own = w + c * k, turn = INFINITY;
        deflate(w, c, k, own);
        int64_t steps = 0;
        for (; steps < job->p->max_iter && !(turn < job->p->tolerance); steps++) {
            HN_TRY(hn_check_cancel(ctx));
            HN_TRY(step(ctx, job, own, 1, next));
            deflate(w, c, k, next);
            turn = fabs(fabs(hn_dot(next, own, k)) - 1);
            memcpy(own, next, (size_t)k * sizeof *own);
        }
        *ret_settled &= turn < job->p->tolerance;
        if (steps > *ret_steps) *ret_steps = steps;
        hn_progress(ctx, "components", c + 1, k, "components");
    }
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------ */

/* Sources z w' get variance 1 (or 1 / n, as z / sqrt(n) would give), and components follow. */
static hone_status keep(hone_ctx *ctx, const ica *job, double *w, ica_state *s) {
    HN_SCRATCH(ctx);
    int64_t n = job->n, k = job->k, p = s->n_features;
    double *sources;
    HN_TRY(HN_SCRATCH_NEW(ctx, sources, n * k));
    HN_TRY(hn_gemm(ctx, false, true, n, k, k, 1, job->z, k, w, k, 0, sources, k));
    for (int64_t c = 0; c < k && job->p->whiten == UNIT_VARIANCE; c++) {
        double mean = 0, squares = 0;
        for (int64_t i = 0; i < n; i++) mean += sources[i * k + c];
        mean /= (double)n;
        for (int64_t i = 0; i < n; i++) {
            double d = sources[i * k + c] - mean;
            squares += d * d;
        }
        double deviation = sqrt(squares) / (double)n; /* of z w' / sqrt(n) */
        for (int64_t j = 0; j < k && deviation > 0; j++) w[c * k + j] /= deviation;
    }
    HN_TRY(hn_gemm(ctx, false, false, k, p, k, 1, w, k, s->whitening, p, 0, s->components, p));
    return hn_pseudo_inverse(ctx, k, p, s->components, 1e-15, s->mixing);
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const ica_params *p = values;
    ica_state *s = ret_state;
    HN_SCRATCH(ctx);
    int64_t n = data->x->n_rows, columns = data->x->n_columns;
    ica job = {.p = p, .n = n};
    bool settled;
    double *w;
    job.k = p->n_components > 0 ? p->n_components : n < columns ? n : columns;
    s->n_features = columns;
    s->n_components = job.k;
    HN_TRY(HN_NEW(ctx, arena, s->mean, columns));
    HN_TRY(HN_NEW(ctx, arena, s->components, job.k * columns));
    HN_TRY(HN_NEW(ctx, arena, s->mixing, job.k * columns));
    HN_TRY(HN_NEW(ctx, arena, s->whitening, job.k * columns));
    HN_TRY(HN_SCRATCH_NEW(ctx, job.z, n * job.k));
    HN_TRY(HN_SCRATCH_NEW(ctx, w, job.k * job.k));
    HN_TRY(hn_column_means(ctx, data->x, s->mean));
    HN_TRY(whiten(ctx, data->x, s, &job));
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("fast_ica.start", 0));
    for (int64_t i = 0; i < job.k * job.k; i++) w[i] = hn_rng_normal(&rng);
    HN_TRY((p->algorithm == PARALLEL ? all_at_once : one_by_one)(ctx, &job, w, &s->iterations,
                                                                 &settled));
    if (!settled)
        hn_say(ctx, HONE_LOG_WARN,
               "fast_ica: directions still turned after %lld steps; raise max_iter or tolerance",
               (long long)p->max_iter);
    return keep(ctx, &job, w, s);
}

/* ---- hooks ---------------------------------------------------------------------------------- */

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const ica_state *s = state;
    return hn_project(ctx, &s->to, "ica", x, arena, ret_out);
}

static hone_status inverse(hone_ctx *ctx, const void *state, const hn_table *z,
                           const hn_table *schema, hn_arena *arena, hn_table *ret_out) {
    const ica_state *s = state;
    return hn_project_back(ctx, s->n_features, s->n_components, s->mean, s->back, z, schema, arena,
                           ret_out);
}

static hone_status visit(hn_visitor *v, void *state) {
    ica_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_components", &s->n_components));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 1 && s->n_features < INT32_MAX && s->n_components >= 1 &&
                              s->n_components <= s->n_features,
                          "fast_ica: number of components"));
    HN_TRY(hn_visit(v, "mean", &s->mean, s->n_features));
    HN_TRY(hn_visit(v, "components", &s->components, s->n_components, s->n_features));
    HN_TRY(hn_visit(v, "mixing", &s->mixing, s->n_features, s->n_components));
    HN_TRY(hn_visit(v, "whitening", &s->whitening, s->n_components, s->n_features));
    return hn_visit(v, "n_iter", &s->iterations);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    ica_state *s = state;
    HN_TRY(hn_projection_check(ctx, "fast_ica", s->n_features, schema));
    HN_TRY(hn_projection_init(ctx, arena, schema, s->n_features, s->n_components, s->mean,
                              s->components, &s->to));
    return hn_turn(ctx, arena, s->n_features, s->n_components, s->mixing, &s->back);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const ica_state *s = state;
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    hn_report_components(doc, object, schema, NULL, s->n_components, s->n_features, s->components);
    return HONE_OK;
}

const hone_estimator hn_fast_ica = {
    .name = "fast_ica",
    .title = "Independent components",
    .class_names = "FastICA",
    .family = "decomp",
    .doc = "Takes columns that are mixtures apart into sources that have as little to do with each "
           "other as can be, such as voices recorded by several microphones.",
    .references =
        "Hyvarinen, Oja (2000), Independent component analysis: algorithms and applications",
    .tasks = HN_TASK_NONE,
    .can = HN_NUMERIC_ONLY | HN_CAN_INVERT,
    .params = HN_PARAMS(ica_params, params),
    .state_size = sizeof(ica_state),
    .check = check,
    .fit = fit,
    .transform = transform,
    .inverse = inverse,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length,petal_width",
               .params = "{\"n_components\": 3}",
               .metric = "squares",
               .value = 450,
               .tolerance = 1e-6,
               .source = "scikit-learn 1.9.1, FastICA(3), sum of squares"}),
};
