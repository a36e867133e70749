/* regression.c - numbers to predict from features by a known rule: a line, a random linear model, the sparse
 * one of Celeux and others; and features of low rank without a target. */
#include "base/parallel.h"
#include "ml/generate/generate.h"
#include "num/math.h"

/* Number i of the stream that purpose names, normal. */
static void draw_normals(uint64_t seed, const char *purpose, int64_t item, int64_t n, double *ret) {
    hn_rng rng = hn_rng_make(seed, hn_stream(purpose, (uint64_t)item));
    for (int64_t i = 0; i < n; i++) ret[i] = hn_rng_normal(&rng);
}

/* ---- a line ---------------------------------------------------------------------------------- */

typedef struct linear_params {
    int64_t n_samples;
    double slope, intercept, noise, low, high;
} linear_params;

static void line(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)row;
    const linear_params *p = arg;
    x[0] = p->low + (p->high - p->low) * hn_rng_uniform(rng);
    y[0] = p->slope * x[0] + p->intercept;
}

static hone_status make_linear(hone_ctx *ctx, hn_arena *arena, const void *params,
                               hn_made *ret_made) {
    const linear_params *p = params;
    hn_made made;
    HN_TRY(hn_made_new(ctx, arena, p->n_samples, 1, 1, &made));
    HN_TRY(hn_make_rows(ctx, &made, "generate.line", line, p));
    HN_TRY(hn_add_noise(ctx, &made, p->noise, true));
    *ret_made = made;
    return HONE_OK;
}

static const hone_param linear_items[] = {
    HN_PARAM(linear_params, n_samples, .def = "100", .range = "[1, inf)", .unit = "rows",
             .doc = "Rows to make."),
    HN_PARAM(linear_params, slope, .def = "2.5", .doc = "What y grows by for each 1 of x."),
    HN_PARAM(linear_params, intercept, .def = "1.5", .doc = "What y is where x is 0."),
    HN_PARAM(linear_params, noise, .def = "2", .range = "[0, inf)",
             .doc = "Standard deviation of what is added to the target."),
    HN_PARAM(linear_params, low, .def = "0", .doc = "The least x."),
    HN_PARAM(linear_params, high, .def = "10", .doc = "x is less than this."),
};

const hn_generator hn_make_linear = {
    .name = "linear",
    .title = "Points along a line",
    .doc = "y = slope x + intercept + noise, x uniform between low and high.",
    .class_name = "make_linear",
    .params = HN_PARAMS(linear_params, linear_items),
    .make = make_linear,
};

/* ---- low rank -------------------------------------------------------------------------------- */

typedef struct regression_params {
    int64_t n_samples, n_features, n_informative, n_targets, effective_rank;
    double bias, tail_strength, noise;
    bool shuffle;
} regression_params;

typedef struct project_job {
    double *q; /* column-major [n, k] */
    int64_t n, done;
} project_job;

/* Column number done taken out of a later one. */
static hone_status project(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const project_job *job = arg;
    const double *done = job->q + job->done * job->n;
    double *column = job->q + (job->done + 1 + chunk.index) * job->n, dot = 0;
    for (int64_t i = 0; i < job->n; i++) dot += done[i] * column[i];
    for (int64_t i = 0; i < job->n; i++) column[i] -= dot * done[i];
    return HONE_OK;
}

/* Orthonormal columns [n, k] from random ones, by modified Gram-Schmidt, twice. */
static hone_status orthonormal(hone_ctx *ctx, const char *purpose, int64_t n, int64_t k,
                               double **ret_q) {
    project_job job = {.n = n};
    HN_TRY(HN_SCRATCH_NEW(ctx, job.q, n * k + 1));
    for (int64_t j = 0; j < k; j++) draw_normals(ctx->seed, purpose, j, n, job.q + j * n);
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t j = 0; j < k; j++) {
            double *column = job.q + j * n, square = 0;
            for (int64_t i = 0; i < n; i++) square += column[i] * column[i];
            double scale = square > 0 ? 1 / sqrt(square) : 0;
            for (int64_t i = 0; i < n; i++) column[i] *= scale;
            job.done = j;
            HN_TRY(hn_check_cancel(ctx));
            if (j + 1 < k) HN_TRY(hn_parallel(ctx, k - j - 1, 1, project, &job));
        }
    }
    *ret_q = job.q;
    return HONE_OK;
}

typedef struct product_job {
    const double *u, *v, *singular; /* column-major [n, k], [width, k]; [k] */
    int64_t n, width, k;
} product_job;

static void product_row(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)rng, (void)y;
    const product_job *job = arg;
    for (int64_t r = 0; r < job->k; r++) {
        double factor = job->u[r * job->n + row] * job->singular[r];
        for (int64_t j = 0; j < job->width; j++) x[j] += factor * job->v[r * job->width + j];
    }
}

/* Features whose singular values fall off like a bell curve of width effective_rank, with a long tail. */
static hone_status fill_low_rank(hone_ctx *ctx, const regression_params *p, const hn_made *made) {
    HN_SCRATCH(ctx);
    product_job job = {.n = made->n, .width = made->width};
    job.k = job.n < job.width ? job.n : job.width;
    double *u, *v, *singular;
    HN_TRY(orthonormal(ctx, "generate.left", job.n, job.k, &u));
    HN_TRY(orthonormal(ctx, "generate.right", job.width, job.k, &v));
    HN_TRY(HN_SCRATCH_NEW(ctx, singular, job.k + 1));
    for (int64_t i = 0; i < job.k; i++) {
        double at = (double)i / (double)p->effective_rank;
        singular[i] =
            (1 - p->tail_strength) * hn_exp(-at * at) + p->tail_strength * hn_exp(-0.1 * at);
    }
    job.u = u;
    job.v = v;
    job.singular = singular;
    return hn_make_rows(ctx, made, "generate.product", product_row, &job);
}

static hone_status make_low_rank(hone_ctx *ctx, hn_arena *arena, const void *params,
                                 hn_made *ret_made) {
    const regression_params *p = params;
    hn_made made;
    HN_TRY(hn_made_new(ctx, arena, p->n_samples, p->n_features, 0, &made));
    HN_TRY(fill_low_rank(ctx, p, &made));
    *ret_made = made;
    return HONE_OK;
}

#define N_SAMPLES                                                                                  \
    HN_PARAM(regression_params, n_samples, .def = "100", .range = "[1, inf)", .unit = "rows",      \
             .doc = "Rows to make.")
#define N_FEATURES                                                                                 \
    HN_PARAM(regression_params, n_features, .def = "100", .range = "[1, 1000000]",                 \
             .doc = "Features to make.")
#define TAIL                                                                                       \
    HN_PARAM(regression_params, tail_strength, .def = "0.5", .range = "[0, 1]",                    \
             .doc = "How much of the singular values is in the long tail.")

static const hone_param low_rank_items[] = {
    N_SAMPLES,
    N_FEATURES,
    HN_PARAM(regression_params, effective_rank, .def = "10", .range = "[1, inf)",
             .doc = "About how many directions explain most of the features."),
    TAIL,
};

const hn_generator hn_make_low_rank = {
    .name = "low_rank",
    .title = "A matrix mostly of low rank",
    .doc = "Features without a target, whose singular values fall off like a bell curve with a "
           "long tail.",
    .class_name = "make_low_rank_matrix",
    .params = HN_PARAMS(regression_params, low_rank_items),
    .make = make_low_rank,
};

/* ---- a random linear model ------------------------------------------------------------------- */

static void normal_row(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)row, (void)y;
    int64_t width = *(const int64_t *)arg;
    for (int64_t j = 0; j < width; j++) x[j] = hn_rng_normal(rng);
}

typedef struct model_job {
    const regression_params *p;
    const double *weights; /* [n_informative, n_targets] */
    int64_t informative;
} model_job;

static void answer_row(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)rng, (void)row;
    const model_job *job = arg;
    int64_t targets = job->p->n_targets;
    for (int64_t t = 0; t < targets; t++) {
        double sum = 0;
        for (int64_t j = 0; j < job->informative; j++) sum += x[j] * job->weights[j * targets + t];
        y[t] = sum + job->p->bias;
    }
}

static hone_status make_regression(hone_ctx *ctx, hn_arena *arena, const void *params,
                                   hn_made *ret_made) {
    const regression_params *p = params;
    HN_SCRATCH(ctx);
    hn_made made;
    HN_TRY(hn_made_new(ctx, arena, p->n_samples, p->n_features, p->n_targets, &made));
    if (p->effective_rank > 0)
        HN_TRY(fill_low_rank(ctx, p, &made));
    else
        HN_TRY(hn_make_rows(ctx, &made, "generate.features", normal_row, &made.width));
    model_job job = {.p = p, .informative = p->n_informative};
    if (job.informative > p->n_features) job.informative = p->n_features;
    double *weights;
    HN_TRY(HN_SCRATCH_NEW(ctx, weights, job.informative * p->n_targets + 1));
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("generate.weights", 0));
    for (int64_t i = 0; i < job.informative * p->n_targets; i++)
        weights[i] = 100 * hn_rng_uniform(&rng);
    job.weights = weights;
    HN_TRY(hn_make_rows(ctx, &made, "generate.answers", answer_row, &job));
    HN_TRY(hn_add_noise(ctx, &made, p->noise, true));
    if (p->shuffle) HN_TRY(hn_made_shuffle(ctx, &made, true));
    *ret_made = made;
    return HONE_OK;
}

static const hone_param regression_items[] = {
    N_SAMPLES,
    N_FEATURES,
    HN_PARAM(regression_params, n_informative, .def = "10", .range = "[0, inf)",
             .doc = "Features that the target depends on."),
    HN_PARAM(regression_params, n_targets, .def = "1", .range = "[1, 10000]",
             .doc = "Targets to make."),
    HN_PARAM(regression_params, bias, .def = "0", .doc = "The target where all features are 0."),
    HN_PARAM(regression_params, effective_rank, .def = "none", .range = "[1, inf)",
             .words = HN_WORDS({"none", 0}),
             .doc = "About how many directions explain most of the features; none: they are "
                    "independent."),
    TAIL,
    HN_PARAM(regression_params, noise, .def = "0", .range = "[0, inf)",
             .doc = "Standard deviation of what is added to the target."),
    HN_PARAM(regression_params, shuffle, .def = "true",
             .doc = "Rows and features in random order."),
};

const hn_generator hn_make_regression = {
    .name = "regression",
    .title = "A random linear model",
    .doc = "Normal features, of which some make the target with weights between 0 and 100.",
    .class_name = "make_regression",
    .params = HN_PARAMS(regression_params, regression_items),
    .make = make_regression,
};

/* ---- sparse, uncorrelated -------------------------------------------------------------------- */

static void sparse_row(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)row;
    const regression_params *p = arg;
    for (int64_t j = 0; j < p->n_features; j++) x[j] = hn_rng_normal(rng);
    y[0] = x[0] + 2 * x[1] - 2 * x[2] - 1.5 * x[3] + hn_rng_normal(rng);
}

static hone_status make_sparse(hone_ctx *ctx, hn_arena *arena, const void *params,
                               hn_made *ret_made) {
    const regression_params *p = params;
    hn_made made;
    HN_TRY(hn_made_new(ctx, arena, p->n_samples, p->n_features, 1, &made));
    HN_TRY(hn_make_rows(ctx, &made, "generate.sparse", sparse_row, p));
    *ret_made = made;
    return HONE_OK;
}

static const hone_param sparse_items[] = {
    N_SAMPLES,
    HN_PARAM(regression_params, n_features, .def = "10", .range = "[4, 1000000]",
             .doc = "Features; the target depends on the first four."),
};

const hn_generator hn_make_sparse_uncorrelated = {
    .name = "sparse_uncorrelated",
    .title = "A sparse linear model",
    .doc = "y = x0 + 2 x1 - 2 x2 - 1.5 x3 + noise; features and noise are standard normal.",
    .class_name = "make_sparse_uncorrelated",
    .references = "G. Celeux, M. El Anbari, J.-M. Marin, C. P. Robert, Regularization in "
                  "regression, Bayesian Analysis 7, 2012",
    .params = HN_PARAMS(regression_params, sparse_items),
    .make = make_sparse,
};
