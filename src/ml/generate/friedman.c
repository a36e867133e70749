/* friedman.c - Friedman's three regression problems (1991; Breiman 1996). */
#include "ml/generate/generate.h"
#include "num/math.h"

typedef struct friedman_params {
    int64_t n_samples, n_features;
    double noise;
} friedman_params;

static void friedman1(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)row;
    const friedman_params *p = arg;
    for (int64_t j = 0; j < p->n_features; j++) x[j] = hn_rng_uniform(rng);
    double bend = x[2] - 0.5;
    y[0] = 10 * hn_sin(HN_PI * x[0] * x[1]) + 20 * (bend * bend) + 10 * x[3] + 5 * x[4];
}

/* An alternating current's circuit: resistance, frequency, inductance, capacity. */
static void draw_circuit(hn_rng *rng, double *x) {
    x[0] = 100 * hn_rng_uniform(rng);
    x[1] = 520 * HN_PI * hn_rng_uniform(rng) + 40 * HN_PI;
    x[2] = hn_rng_uniform(rng);
    x[3] = 10 * hn_rng_uniform(rng) + 1;
}

static double reactance(const double *x) { return x[1] * x[2] - 1 / (x[1] * x[3]); }

static void friedman2(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)arg, (void)row;
    draw_circuit(rng, x);
    y[0] = sqrt(x[0] * x[0] + reactance(x) * reactance(x));
}

/* Through the arc sine, whose bits are ours; of large values by the reciprocal, where it is well
 * conditioned. */
static double arc_tangent(double v) {
    if (fabs(v) > 1) return (v > 0 ? HN_PI / 2 : -HN_PI / 2) - arc_tangent(1 / v);
    return hn_asin(v / sqrt(1 + v * v));
}

static void friedman3(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)arg, (void)row;
    draw_circuit(rng, x);
    y[0] = arc_tangent(reactance(x) / x[0]);
}

static hone_status make(hone_ctx *ctx, hn_arena *arena, const friedman_params *p, int64_t width,
                        hn_make_row_fn *fn, hn_made *ret_made) {
    hn_made made;
    HN_TRY(hn_made_new(ctx, arena, p->n_samples, width, 1, &made));
    HN_TRY(hn_make_rows(ctx, &made, "generate.friedman", fn, p));
    HN_TRY(hn_add_noise(ctx, &made, p->noise, true));
    *ret_made = made;
    return HONE_OK;
}

static hone_status make_1(hone_ctx *ctx, hn_arena *arena, const void *params, hn_made *ret_made) {
    const friedman_params *p = params;
    return make(ctx, arena, p, p->n_features, friedman1, ret_made);
}

static hone_status make_2(hone_ctx *ctx, hn_arena *arena, const void *params, hn_made *ret_made) {
    return make(ctx, arena, params, 4, friedman2, ret_made);
}

static hone_status make_3(hone_ctx *ctx, hn_arena *arena, const void *params, hn_made *ret_made) {
    return make(ctx, arena, params, 4, friedman3, ret_made);
}

#define N_SAMPLES                                                                                  \
    HN_PARAM(friedman_params, n_samples, .def = "100", .range = "[1, inf)", .unit = "rows",        \
             .doc = "Rows to make.")
#define NOISE                                                                                      \
    HN_PARAM(friedman_params, noise, .def = "0", .range = "[0, inf)",                              \
             .doc = "Standard deviation of what is added to the target.")

static const hone_param first_items[] = {
    N_SAMPLES,
    HN_PARAM(friedman_params, n_features, .def = "10", .range = "[5, 1000000]",
             .doc = "Features; the target depends on the first five."),
    NOISE,
};
static const hone_param items[] = {N_SAMPLES, NOISE};

#define REFERENCES                                                                                 \
    "J. H. Friedman, Multivariate adaptive regression splines, Annals of Statistics 19, 1991\n"    \
    "L. Breiman, Bagging predictors, Machine Learning 24, 1996"

const hn_generator hn_make_friedman1 = {
    .name = "friedman1",
    .title = "Friedman's first problem",
    .doc = "y = 10 sin(pi x0 x1) + 20 (x2 - 0.5)^2 + 10 x3 + 5 x4 + noise, features uniform in "
           "[0, 1).",
    .class_name = "make_friedman1",
    .references = REFERENCES,
    .params = HN_PARAMS(friedman_params, first_items),
    .make = make_1,
};

const hn_generator hn_make_friedman2 = {
    .name = "friedman2",
    .title = "Friedman's second problem",
    .doc = "The impedance of a circuit: y = sqrt(x0^2 + (x1 x2 - 1 / (x1 x3))^2) + noise.",
    .class_name = "make_friedman2",
    .references = REFERENCES,
    .params = HN_PARAMS(friedman_params, items),
    .make = make_2,
};

const hn_generator hn_make_friedman3 = {
    .name = "friedman3",
    .title = "Friedman's third problem",
    .doc = "The phase of a circuit: y = atan((x1 x2 - 1 / (x1 x3)) / x0) + noise.",
    .class_name = "make_friedman3",
    .references = REFERENCES,
    .params = HN_PARAMS(friedman_params, items),
    .make = make_3,
};
