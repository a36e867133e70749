/* classification.c - clusters on the corners of a hypercube, with redundant, repeated and useless features and
 * wrong labels (Guyon 2003). */
#include "ml/generate/generate.h"

typedef struct params {
    int64_t n_samples, n_features, n_informative, n_redundant, n_repeated, n_classes;
    int64_t n_clusters_per_class;
    hn_reals weights;
    double flip_y, class_sep, shift, scale;
    bool hypercube, shuffle;
} params;

typedef struct clusters {
    const params *p;
    int64_t n;
    int64_t *first;    /* [n + 1]: the first row of each */
    double *centers;   /* [n, n_informative] */
    double *mixes;     /* [n, n_informative, n_informative]: what gives a cluster its covariance */
    double *redundant; /* [n_informative, n_redundant] */
    int64_t *repeated; /* [n_repeated]: the features that are copied */
    double *shifts, *scales; /* [n_features] */
} clusters;

/* ---- checking -------------------------------------------------------------------------------- */

static hone_status check(hone_ctx *ctx, const params *p) {
    if (p->n_informative + p->n_redundant + p->n_repeated > p->n_features)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_features"),
                          "classification: %lld informative, %lld redundant and %lld repeated "
                          "features are more than 'n_features' (%lld); raise it or lower them",
                          (long long)p->n_informative, (long long)p->n_redundant,
                          (long long)p->n_repeated, (long long)p->n_features);
    int64_t n = p->n_classes * p->n_clusters_per_class;
    if (p->n_informative < 62 && (n - 1) >> p->n_informative > 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_informative"),
                          "classification: %lld clusters need more than %lld informative features, "
                          "as a cube of that dimension has fewer corners; raise 'n_informative'",
                          (long long)n, (long long)p->n_informative);
    double sum = 0;
    for (int64_t k = 0; k < p->weights.n; k++) sum += p->weights.items[k];
    bool fits = p->weights.n == 0 || p->weights.n == p->n_classes ||
                (p->weights.n == p->n_classes - 1 && sum <= 1);
    if (fits) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "weights"),
                      "classification: 'weights' must be a share for each of the %lld classes, or "
                      "for all but the last, and add up to 1 at most",
                      (long long)p->n_classes);
}

/* ---- clusters -------------------------------------------------------------------------------- */

static double share_of(const params *p, int64_t class) {
    if (p->weights.n == 0) return 1 / (double)p->n_classes;
    if (class < p->weights.n) return p->weights.items[class];
    double sum = 0;
    for (int64_t k = 0; k < p->weights.n; k++) sum += p->weights.items[k];
    return 1 - sum;
}

static void share_rows(clusters *c) {
    const params *p = c->p;
    int64_t total = 0;
    for (int64_t k = 0; k < c->n; k++) {
        double share = share_of(p, k % p->n_classes) / (double)p->n_clusters_per_class;
        int64_t rows = (int64_t)((double)p->n_samples * share);
        if (rows > p->n_samples - total) rows = p->n_samples - total;
        c->first[k + 1] = rows; /* as yet how many */
        total += rows;
    }
    for (int64_t i = 0; total < p->n_samples; i++, total++) c->first[1 + i % c->n]++;
    for (int64_t k = 0; k < c->n; k++) c->first[k + 1] += c->first[k];
}

/* Different corners of the cube, in random order. */
static hone_status place_centers(hone_ctx *ctx, clusters *c) {
    HN_SCRATCH(ctx);
    const params *p = c->p;
    int64_t width = p->n_informative, *corners;
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("generate.corners", 0));
    HN_TRY(HN_SCRATCH_NEW(ctx, corners, c->n));
    /* Of a larger cube the first 2^40 corners, then turned: each further coordinate by chance. */
    int64_t bits = width < 40 ? width : 40;
    hn_rng_choose(&rng, (int64_t)1 << bits, c->n, corners);
    hn_rng_shuffle(&rng, corners, c->n);
    for (int64_t k = 0; k < c->n; k++) {
        double *center = c->centers + k * width;
        for (int64_t j = 0; j < width; j++) {
            bool up = j < bits ? corners[k] >> j & 1 : hn_rng_uniform(&rng) < 0.5;
            center[j] = up ? p->class_sep : -p->class_sep;
        }
    }
    if (p->hypercube) return HONE_OK;
    for (int64_t k = 0; k < c->n; k++) {
        double factor = hn_rng_uniform(&rng);
        for (int64_t j = 0; j < width; j++) c->centers[k * width + j] *= factor;
    }
    for (int64_t j = 0; j < width; j++) {
        double factor = hn_rng_uniform(&rng);
        for (int64_t k = 0; k < c->n; k++) c->centers[k * width + j] *= factor;
    }
    return HONE_OK;
}

static void draw_uniform(hone_ctx *ctx, const char *purpose, int64_t n, double *ret) {
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream(purpose, 0));
    for (int64_t i = 0; i < n; i++) ret[i] = 2 * hn_rng_uniform(&rng) - 1;
}

static hone_status prepare(hone_ctx *ctx, const params *p, clusters *ret_clusters) {
    clusters c = {.p = p, .n = p->n_classes * p->n_clusters_per_class};
    int64_t wide = p->n_informative;
    HN_TRY(HN_SCRATCH_NEW(ctx, c.first, c.n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.centers, c.n * wide));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.mixes, c.n * wide * wide));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.redundant, wide * p->n_redundant + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.repeated, p->n_repeated + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.shifts, p->n_features));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.scales, p->n_features));
    share_rows(&c);
    HN_TRY(place_centers(ctx, &c));
    draw_uniform(ctx, "generate.mixes", c.n * wide * wide, c.mixes);
    draw_uniform(ctx, "generate.redundant", wide * p->n_redundant, c.redundant);
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("generate.repeated", 0));
    for (int64_t j = 0; j < p->n_repeated; j++)
        c.repeated[j] = hn_rng_below(&rng, wide + p->n_redundant);
    for (int64_t j = 0; j < p->n_features; j++) {
        double shift = (2 * hn_rng_uniform(&rng) - 1) * p->class_sep;
        double scale = 1 + 100 * hn_rng_uniform(&rng);
        c.shifts[j] = isnan(p->shift) ? shift : p->shift;
        c.scales[j] = isnan(p->scale) ? scale : p->scale;
    }
    *ret_clusters = c;
    return HONE_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int64_t cluster_of(const clusters *c, int64_t row) {
    int64_t low = 0, high = c->n - 1;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (row < c->first[middle + 1])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void make_row(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    const clusters *c = arg;
    const params *p = c->p;
    int64_t own = cluster_of(c, row), wide = p->n_informative, at = wide;
    const double *mix = c->mixes + own * wide * wide;
    for (int64_t j = 0; j < wide; j++) x[j] = c->centers[own * wide + j];
    for (int64_t i = 0; i < wide; i++) {
        double z = hn_rng_normal(rng);
        for (int64_t j = 0; j < wide; j++) x[j] += z * mix[i * wide + j];
    }
    for (int64_t r = 0; r < p->n_redundant; r++, at++)
        for (int64_t i = 0; i < wide; i++) x[at] += x[i] * c->redundant[i * p->n_redundant + r];
    for (int64_t r = 0; r < p->n_repeated; r++, at++) x[at] = x[c->repeated[r]];
    for (; at < p->n_features; at++) x[at] = hn_rng_normal(rng);
    for (int64_t j = 0; j < p->n_features; j++) x[j] = (x[j] + c->shifts[j]) * c->scales[j];
    bool flips = hn_rng_uniform(rng) < p->flip_y;
    int64_t other = hn_rng_below(rng, p->n_classes);
    y[0] = (double)(flips ? other : own % p->n_classes);
}

static hone_status make(hone_ctx *ctx, hn_arena *arena, const void *values, hn_made *ret_made) {
    const params *p = values;
    HN_SCRATCH(ctx);
    hn_made made;
    clusters c;
    HN_TRY(check(ctx, p));
    HN_TRY(hn_made_new(ctx, arena, p->n_samples, p->n_features, 1, &made));
    HN_TRY(prepare(ctx, p, &c));
    HN_TRY(hn_make_rows(ctx, &made, "generate.classification", make_row, &c));
    if (p->shuffle) HN_TRY(hn_made_shuffle(ctx, &made, true));
    *ret_made = made;
    return HONE_OK;
}

static const hone_param items[] = {
    HN_PARAM(params, n_samples, .def = "100", .range = "[1, inf)", .unit = "rows",
             .doc = "Rows to make."),
    HN_PARAM(params, n_features, .def = "20", .range = "[1, 1000000]", .doc = "Features to make."),
    HN_PARAM(params, n_informative, .def = "2", .range = "[1, 10000]",
             .doc = "Features that tell the classes apart."),
    HN_PARAM(params, n_redundant, .def = "2", .range = "[0, 1000000]",
             .doc = "Features that are linear combinations of the informative ones."),
    HN_PARAM(params, n_repeated, .def = "0", .range = "[0, 1000000]",
             .doc = "Features that repeat informative or redundant ones."),
    HN_PARAM(params, n_classes, .def = "2", .range = "[1, 100000]", .doc = "How many classes."),
    HN_PARAM(params, n_clusters_per_class, .def = "2", .range = "[1, 100000]",
             .doc = "How many clusters each class is made of."),
    HN_PARAM(params, weights, .range = "[0, 1]",
             .doc = "Share of each class (the last may be left out); equal if not given."),
    HN_PARAM(params, flip_y, .def = "0.01", .range = "[0, 1]",
             .doc = "Share of rows whose class is drawn anew."),
    HN_PARAM(params, class_sep, .def = "1", .range = "[0, inf)",
             .doc = "How far the clusters are apart: half the cube's side."),
    HN_PARAM(params, hypercube, .def = "true",
             .doc = "Clusters on the corners of a cube; otherwise of a random box."),
    HN_PARAM(params, shift, .def = "0", .words = HN_WORDS({"random", (double)NAN}),
             .doc = "What is added to every feature; random: another for each."),
    HN_PARAM(params, scale, .def = "1", .words = HN_WORDS({"random", (double)NAN}),
             .doc = "What features are multiplied by after that; random: another for each."),
    HN_PARAM(params, shuffle, .def = "true", .doc = "Rows and features in random order."),
};

const hn_generator hn_make_classification = {
    .name = "classification",
    .title = "Clusters on the corners of a cube",
    .doc =
        "Normal clusters on the corners of a cube of informative features, beside them redundant, "
        "repeated and useless features, and some wrong labels.",
    .class_name = "make_classification",
    .references = "I. Guyon, Design of experiments for the NIPS 2003 variable selection benchmark, "
                  "2003",
    .params = HN_PARAMS(params, items),
    .classes = true,
    .make = make,
};
