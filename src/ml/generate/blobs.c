/* blobs.c - classes by where a row lies: blobs, shells of a normal distribution, Hastie's shell, quadrants. */
#include "ml/generate/generate.h"
#include "num/sort.h"

#define N_SAMPLES(type, standard)                                                                  \
    HN_PARAM(type, n_samples, .def = standard, .range = "[1, inf)", .unit = "rows",                \
             .doc = "Rows to make.")
#define SHUFFLE(type) HN_PARAM(type, shuffle, .def = "true", .doc = "Rows in random order.")

/* ---- blobs ----------------------------------------------------------------------------------- */

typedef struct blobs_params {
    int64_t n_samples, n_features, centers;
    hn_reals cluster_std, center_box;
    bool shuffle;
} blobs_params;

typedef struct blobs_job {
    const blobs_params *p;
    const double *centers; /* [centers, n_features] */
} blobs_job;

/* The first rows belong to the first blob, ...; what doesn't divide goes to the first ones. */
static int64_t blob_of(const blobs_params *p, int64_t row) {
    int64_t each = p->n_samples / p->centers, more = p->n_samples % p->centers;
    int64_t large = more * (each + 1);
    return row < large ? row / (each + 1) : more + (row - large) / each;
}

static void blob(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    const blobs_job *job = arg;
    int64_t own = blob_of(job->p, row), width = job->p->n_features;
    const hn_reals *sds = &job->p->cluster_std;
    double sd = sds->items[sds->n > 1 ? own : 0];
    for (int64_t j = 0; j < width; j++)
        x[j] = job->centers[own * width + j] + sd * hn_rng_normal(rng);
    y[0] = (double)own;
}

static hone_status check_blobs(hone_ctx *ctx, const blobs_params *p) {
    if (p->cluster_std.n != 1 && p->cluster_std.n != p->centers)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "cluster_std"),
            "blobs: 'cluster_std' has %lld numbers for %lld centers; give one, or one "
            "for each",
            (long long)p->cluster_std.n, (long long)p->centers);
    if (p->center_box.n == 2 && p->center_box.items[0] <= p->center_box.items[1]) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "center_box"),
                      "blobs: 'center_box' must be two numbers, the least coordinate of a center "
                      "and the largest; the default is -10,10");
}

static hone_status make_blobs(hone_ctx *ctx, hn_arena *arena, const void *params,
                              hn_made *ret_made) {
    const blobs_params *p = params;
    HN_SCRATCH(ctx);
    hn_made made;
    double *centers;
    HN_TRY(check_blobs(ctx, p));
    HN_TRY(hn_made_new(ctx, arena, p->n_samples, p->n_features, 1, &made));
    HN_TRY(HN_SCRATCH_NEW(ctx, centers, p->centers * p->n_features));
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("generate.centers", 0));
    double low = p->center_box.items[0], span = p->center_box.items[1] - low;
    for (int64_t i = 0; i < p->centers * p->n_features; i++)
        centers[i] = low + span * hn_rng_uniform(&rng);
    blobs_job job = {.p = p, .centers = centers};
    HN_TRY(hn_make_rows(ctx, &made, "generate.blobs", blob, &job));
    if (p->shuffle) HN_TRY(hn_made_shuffle(ctx, &made, false));
    *ret_made = made;
    return HONE_OK;
}

static const hone_param blobs_items[] = {
    N_SAMPLES(blobs_params, "100"),
    HN_PARAM(blobs_params, n_features, .def = "2", .range = "[1, 1000000]",
             .doc = "Features to make."),
    HN_PARAM(blobs_params, centers, .def = "3", .range = "[1, 1000000]", .doc = "How many blobs."),
    HN_PARAM(blobs_params, cluster_std, .def = "1", .range = "[0, inf)",
             .doc = "Standard deviation of all blobs, or of each."),
    HN_PARAM(blobs_params, center_box, .def = "-10,10",
             .doc = "Between which coordinates the centers lie."),
    SHUFFLE(blobs_params),
};

const hn_generator hn_make_blobs = {
    .name = "blobs",
    .title = "Gaussian blobs",
    .doc = "Clusters of normal points around random centers; the class is the blob.",
    .class_name = "make_blobs",
    .params = HN_PARAMS(blobs_params, blobs_items),
    .classes = true,
    .make = make_blobs,
};

/* ---- shells of a normal distribution --------------------------------------------------------- */

typedef struct shells_params {
    int64_t n_samples, n_features, n_classes;
    hn_reals mean;
    double cov;
    bool shuffle;
} shells_params;

static void shell_row(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)row, (void)y;
    const shells_params *p = arg;
    for (int64_t j = 0; j < p->n_features; j++)
        x[j] = (p->mean.n > 0 ? p->mean.items[j] : 0) + sqrt(p->cov) * hn_rng_normal(rng);
}

/* Rows in order of their distance from the mean, and classes by that. */
static hone_status sort_shells(hone_ctx *ctx, const shells_params *p, hn_made *made) {
    HN_SCRATCH(ctx);
    double *distances, *sorted;
    int64_t *order, n = made->n, width = made->width, each = n / p->n_classes;
    HN_TRY(HN_SCRATCH_NEW(ctx, distances, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, n * width));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < width; j++) {
            double away = made->x[i * width + j] - (p->mean.n > 0 ? p->mean.items[j] : 0);
            distances[i] += away * away;
        }
    }
    HN_TRY(hn_argsort_f64(ctx, distances, n, order));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < width; j++) sorted[i * width + j] = made->x[order[i] * width + j];
        int64_t class = each > 0 ? i / each : p->n_classes;
        made->y[i] = (double)(class < p->n_classes ? class : p->n_classes - 1);
    }
    for (int64_t i = 0; i < n * width; i++) made->x[i] = sorted[i];
    return HONE_OK;
}

static hone_status make_shells(hone_ctx *ctx, hn_arena *arena, const void *params,
                               hn_made *ret_made) {
    const shells_params *p = params;
    hn_made made;
    if (p->mean.n != 0 && p->mean.n != p->n_features)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "mean"),
                          "gaussian_quantiles: 'mean' has %lld numbers for %lld features; give one "
                          "for each, or none for zeros",
                          (long long)p->mean.n, (long long)p->n_features);
    if (p->n_samples < p->n_classes)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_samples"),
                          "gaussian_quantiles: 'n_samples' must be n_classes (%lld) at least, so "
                          "that each class has a row",
                          (long long)p->n_classes);
    HN_TRY(hn_made_new(ctx, arena, p->n_samples, p->n_features, 1, &made));
    HN_TRY(hn_make_rows(ctx, &made, "generate.shells", shell_row, p));
    HN_TRY(sort_shells(ctx, p, &made));
    if (p->shuffle) HN_TRY(hn_made_shuffle(ctx, &made, false));
    *ret_made = made;
    return HONE_OK;
}

static const hone_param shells_items[] = {
    N_SAMPLES(shells_params, "100"),
    HN_PARAM(shells_params, n_features, .def = "2", .range = "[1, 1000000]",
             .doc = "Features to make."),
    HN_PARAM(shells_params, n_classes, .def = "3", .range = "[1, 1000000]",
             .doc = "How many shells, of equally many rows."),
    HN_PARAM(shells_params, mean,
             .doc = "The center, a number for each feature; zeros if not given."),
    HN_PARAM(shells_params, cov, .def = "1", .range = "[0, inf)",
             .doc = "Variance of each feature."),
    SHUFFLE(shells_params),
};

const hn_generator hn_make_gaussian_quantiles = {
    .name = "gaussian_quantiles",
    .title = "Nested shells of a normal distribution",
    .doc = "One normal cloud, cut into classes of equal size by the distance from its center.",
    .class_name = "make_gaussian_quantiles",
    .references = "J. Zhu, H. Zou, S. Rosset, T. Hastie, Multi-class AdaBoost, 2009",
    .params = HN_PARAMS(shells_params, shells_items),
    .classes = true,
    .make = make_shells,
};

/* ---- Hastie's shell and quadrants ------------------------------------------------------------ */

typedef struct simple_params {
    int64_t n_samples;
    double noise;
} simple_params;

static void hastie_row(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)arg, (void)row;
    double square = 0;
    for (int j = 0; j < 10; j++) {
        x[j] = hn_rng_normal(rng);
        square += x[j] * x[j];
    }
    y[0] = square > 9.34 ? 1 : -1;
}

static hone_status make_hastie(hone_ctx *ctx, hn_arena *arena, const void *params,
                               hn_made *ret_made) {
    const simple_params *p = params;
    hn_made made;
    HN_TRY(hn_made_new(ctx, arena, p->n_samples, 10, 1, &made));
    HN_TRY(hn_make_rows(ctx, &made, "generate.hastie", hastie_row, p));
    *ret_made = made;
    return HONE_OK;
}

static const hone_param hastie_items[] = {N_SAMPLES(simple_params, "12000")};

const hn_generator hn_make_hastie = {
    .name = "hastie",
    .title = "Inside or outside a sphere",
    .doc = "Ten standard normal features; the class is 1 where their squares add up to more than "
           "9.34, else -1.",
    .class_name = "make_hastie_10_2",
    .references = "T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical Learning, "
                  "2nd edition, 2009, section 10",
    .params = HN_PARAMS(simple_params, hastie_items),
    .classes = true,
    .make = make_hastie,
};

static void xor_row(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)arg, (void)row;
    for (int j = 0; j < 2; j++) x[j] = 2 * hn_rng_uniform(rng) - 1;
    y[0] = (x[0] > 0) != (x[1] > 0);
}

static hone_status make_xor(hone_ctx *ctx, hn_arena *arena, const void *params, hn_made *ret_made) {
    const simple_params *p = params;
    hn_made made;
    HN_TRY(hn_made_new(ctx, arena, p->n_samples, 2, 1, &made));
    HN_TRY(hn_make_rows(ctx, &made, "generate.xor", xor_row, p));
    HN_TRY(hn_add_noise(ctx, &made, p->noise, false));
    *ret_made = made;
    return HONE_OK;
}

static const hone_param xor_items[] = {
    N_SAMPLES(simple_params, "100"),
    HN_PARAM(simple_params, noise, .def = "0", .range = "[0, inf)",
             .doc = "Standard deviation of what is added to the features."),
};

const hn_generator hn_make_xor = {
    .name = "xor",
    .title = "Exclusive or",
    .doc = "Points of a square around 0; the class is 1 where exactly one coordinate is positive.",
    .class_name = "make_xor",
    .params = HN_PARAMS(simple_params, xor_items),
    .classes = true,
    .make = make_xor,
};
