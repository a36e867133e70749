/* curves.c - shapes that a straight line cannot part or a flat map cannot hold: moons, circles, the S curve
 * and the Swiss roll. */
#include "ml/generate/generate.h"
#include "num/math.h"

/* ---- moons and circles ----------------------------------------------------------------------- */

typedef struct plane_params {
    int64_t n_samples;
    bool shuffle;
    double noise, factor;
} plane_params;

/* Half of the rows, the lesser half, lies on the outer curve. */
static int64_t n_outer(const plane_params *p) { return p->n_samples / 2; }

static void moon(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)rng;
    const plane_params *p = arg;
    int64_t outer = n_outer(p);
    if (row < outer) {
        double t = hn_spaced(row, outer, 0, HN_PI);
        x[0] = hn_cos(t);
        x[1] = hn_sin(t);
        return;
    }
    double t = hn_spaced(row - outer, p->n_samples - outer, 0, HN_PI);
    x[0] = 1 - hn_cos(t);
    x[1] = 1 - hn_sin(t) - 0.5;
    y[0] = 1;
}

static void circle(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)rng;
    const plane_params *p = arg;
    int64_t outer = n_outer(p);
    bool inside = row >= outer;
    int64_t place = inside ? row - outer : row, n = inside ? p->n_samples - outer : outer;
    double t = (double)place * (2 * HN_PI / (double)n), size = inside ? p->factor : 1;
    x[0] = hn_cos(t) * size;
    x[1] = hn_sin(t) * size;
    y[0] = inside;
}

static hone_status make_plane(hone_ctx *ctx, hn_arena *arena, const plane_params *p,
                              hn_make_row_fn *fn, hn_made *ret_made) {
    hn_made made;
    HN_TRY(hn_made_new(ctx, arena, p->n_samples, 2, 1, &made));
    HN_TRY(hn_make_rows(ctx, &made, "generate.plane", fn, p));
    if (p->shuffle) HN_TRY(hn_made_shuffle(ctx, &made, false));
    HN_TRY(hn_add_noise(ctx, &made, p->noise, false));
    *ret_made = made;
    return HONE_OK;
}

static hone_status make_moons(hone_ctx *ctx, hn_arena *arena, const void *params,
                              hn_made *ret_made) {
    return make_plane(ctx, arena, params, moon, ret_made);
}

static hone_status make_circles(hone_ctx *ctx, hn_arena *arena, const void *params,
                                hn_made *ret_made) {
    return make_plane(ctx, arena, params, circle, ret_made);
}

#define N_SAMPLES                                                                                  \
    HN_PARAM(plane_params, n_samples, .def = "100", .range = "[1, inf)", .unit = "rows",           \
             .doc = "Rows to make.")
#define SHUFFLE HN_PARAM(plane_params, shuffle, .def = "true", .doc = "Rows in random order.")
#define NOISE                                                                                      \
    HN_PARAM(plane_params, noise, .def = "0", .range = "[0, inf)",                                 \
             .doc = "Standard deviation of what is added to the features.")

static const hone_param moons_items[] = {N_SAMPLES, SHUFFLE, NOISE};
static const hone_param circles_items[] = {
    N_SAMPLES,
    SHUFFLE,
    NOISE,
    HN_PARAM(plane_params, factor, .def = "0.8", .range = "[0, 1)",
             .doc = "Radius of the inner circle; the outer one's is 1."),
};

const hn_generator hn_make_moons = {
    .name = "moons",
    .title = "Two interleaving half circles",
    .doc = "Two classes in a plane that no straight line parts.",
    .class_name = "make_moons",
    .params = HN_PARAMS(plane_params, moons_items),
    .classes = true,
    .make = make_moons,
};

const hn_generator hn_make_circles = {
    .name = "circles",
    .title = "A circle within a circle",
    .doc = "Two classes in a plane, of which one lies around the other.",
    .class_name = "make_circles",
    .params = HN_PARAMS(plane_params, circles_items),
    .classes = true,
    .make = make_circles,
};

/* ---- sheets rolled up in space ---------------------------------------------------------------- */

typedef struct sheet_params {
    int64_t n_samples;
    double noise;
    bool hole;
} sheet_params;

static void s_curve(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)arg, (void)row;
    double t = 3 * HN_PI * (hn_rng_uniform(rng) - 0.5);
    x[0] = hn_sin(t);
    x[1] = 2.0 * hn_rng_uniform(rng);
    x[2] = (t > 0 ? 1 : t < 0 ? -1 : 0) * (hn_cos(t) - 1);
    y[0] = t;
}

static void swiss_roll(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)row;
    const sheet_params *p = arg;
    double t, height;
    if (p->hole) {
        /* Nine squares of the sheet but the one in the middle. */
        int64_t square = hn_rng_below(rng, 8);
        square += square >= 4;
        t = HN_PI * (1.5 + (double)(square / 3)) + HN_PI * hn_rng_uniform(rng);
        height = 7 * (double)(square % 3) + 7 * hn_rng_uniform(rng);
    } else {
        t = 1.5 * HN_PI * (1 + 2 * hn_rng_uniform(rng));
        height = 21 * hn_rng_uniform(rng);
    }
    x[0] = t * hn_cos(t);
    x[1] = height;
    x[2] = t * hn_sin(t);
    y[0] = t;
}

static hone_status make_sheet(hone_ctx *ctx, hn_arena *arena, const sheet_params *p,
                              hn_make_row_fn *fn, hn_made *ret_made) {
    hn_made made;
    HN_TRY(hn_made_new(ctx, arena, p->n_samples, 3, 1, &made));
    HN_TRY(hn_make_rows(ctx, &made, "generate.sheet", fn, p));
    HN_TRY(hn_add_noise(ctx, &made, p->noise, false));
    *ret_made = made;
    return HONE_OK;
}

static hone_status make_s_curve(hone_ctx *ctx, hn_arena *arena, const void *params,
                                hn_made *ret_made) {
    return make_sheet(ctx, arena, params, s_curve, ret_made);
}

static hone_status make_swiss_roll(hone_ctx *ctx, hn_arena *arena, const void *params,
                                   hn_made *ret_made) {
    return make_sheet(ctx, arena, params, swiss_roll, ret_made);
}

#define SHEET_SAMPLES                                                                              \
    HN_PARAM(sheet_params, n_samples, .def = "100", .range = "[1, inf)", .unit = "rows",           \
             .doc = "Rows to make.")
#define SHEET_NOISE                                                                                \
    HN_PARAM(sheet_params, noise, .def = "0", .range = "[0, inf)",                                 \
             .doc = "Standard deviation of what is added to the features.")

static const hone_param s_curve_items[] = {SHEET_SAMPLES, SHEET_NOISE};
static const hone_param swiss_roll_items[] = {
    SHEET_SAMPLES,
    SHEET_NOISE,
    HN_PARAM(sheet_params, hole, .doc = "Leave out the middle of the sheet."),
};

const hn_generator hn_make_s_curve = {
    .name = "s_curve",
    .title = "A sheet bent to an S",
    .doc = "Points of a flat sheet in space; the target t says how far along the curve each lies.",
    .class_name = "make_s_curve",
    .params = HN_PARAMS(sheet_params, s_curve_items),
    .target = "t",
    .make = make_s_curve,
};

const hn_generator hn_make_swiss_roll = {
    .name = "swiss_roll",
    .title = "A sheet rolled up",
    .doc = "Points of a flat sheet rolled up in space; the target t says how far along the roll "
           "each lies.",
    .class_name = "make_swiss_roll",
    .references = "S. Marsland, Machine Learning: An Algorithmic Perspective, 2nd edition, 2014",
    .params = HN_PARAMS(sheet_params, swiss_roll_items),
    .target = "t",
    .make = make_swiss_roll,
};
