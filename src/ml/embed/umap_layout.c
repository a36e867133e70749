/* umap_layout.c - see umap_layout.h. */
#include "ml/embed/umap_layout.h"
#include "base/rng.h"
#include "num/math.h"
#include <assert.h>
#include <string.h>

/* ---- the curve -------------------------------------------------------------------------------- */

/* Squared distances from 2^LOW to 2^HIGH, STEPS to a doubling; between two of them values are
 * interpolated: the error is below 1e-4 of the value. */
enum { LOW = -40, HIGH = 24, STEPS = 64, PLACES = (HIGH - LOW) * STEPS };

struct hn_umap_curve {
    double attract[PLACES + 2], repel[PLACES + 2];
};

hone_status hn_umap_curve_make(hone_ctx *ctx, hn_arena *arena, double a, double b,
                               hn_umap_curve **ret_curve) {
    hn_umap_curve *curve;
    HN_TRY(HN_NEW(ctx, arena, curve, 1));
    for (int i = 0; i < PLACES + 2; i++) {
        /* The doubling's steps are even, as the bits of a double are. */
        double square = ldexp(1 + (double)(i % STEPS) / STEPS, LOW + i / STEPS);
        double power = hn_pow(square, b);
        curve->attract[i] = 2 * a * b * power / square / (1 + a * power);
        curve->repel[i] = 2 * b / ((0.001 + square) * (1 + a * power));
    }
    *ret_curve = curve;
    return HONE_OK;
}

static inline double read_curve(const double *values, double square) {
    if (!(square > ldexp(1, LOW))) return values[0];
    if (square >= ldexp(1, HIGH)) return 0;
    uint64_t bits;
    memcpy(&bits, &square, sizeof bits);
    int64_t place = (int64_t)(bits >> 46) - ((int64_t)(1023 + LOW) << 6);
    double part = (double)(bits & (((uint64_t)1 << 46) - 1)) * 0x1p-46;
    return values[place] + part * (values[place + 1] - values[place]);
}

/* Least squares over 300 distances up to 3 spreads, by Gauss and Newton with damping. */
void hn_umap_fit_curve(double spread, double min_dist, double *ret_a, double *ret_b) {
    enum { POINTS = 300, ROUNDS = 200 };
    double a = 1, b = 1, damping = 1e-3, best = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        double haa = 0, hab = 0, hbb = 0, ga = 0, gb = 0, loss = 0;
        for (int i = 0; i < POINTS; i++) {
            double d = 3 * spread * i / (POINTS - 1);
            double wanted = d < min_dist ? 1 : hn_exp(-(d - min_dist) / spread);
            double power = d > 0 ? hn_pow(d, 2 * b) : 0, value = 1 / (1 + a * power);
            double da = -power * value * value;
            double db = d > 0 ? -a * power * 2 * hn_log(d) * value * value : 0;
            double rest = wanted - value;
            haa += da * da;
            hab += da * db;
            hbb += db * db;
            ga += da * rest;
            gb += db * rest;
            loss += rest * rest;
        }
        damping = loss <= best ? damping / 3 : damping * 4;
        best = loss < best ? loss : best;
        double paa = haa * (1 + damping) + 1e-30, pbb = hbb * (1 + damping) + 1e-30;
        double determinant = paa * pbb - hab * hab;
        double step_a = (pbb * ga - hab * gb) / determinant;
        double step_b = (paa * gb - hab * ga) / determinant;
        if (fabs(step_a) < 1e-12 * a && fabs(step_b) < 1e-12 * b) break;
        while (!(a + step_a > 1e-6 && b + step_b > 1e-3)) {
            step_a /= 2;
            step_b /= 2;
        }
        a += step_a;
        b += step_b;
    }
    *ret_a = a;
    *ret_b = b;
}

/* ---- forces ----------------------------------------------------------------------------------- */

static inline double clip(double force) { return force > 4 ? 4 : force < -4 ? -4 : force; }

/* A step of place towards (or away from) other. */
static inline void pull(const hn_umap_layout *l, double rate, const double *other, double *place) {
    double square = 0;
    for (int64_t c = 0; c < l->k; c++) square += (place[c] - other[c]) * (place[c] - other[c]);
    if (!(square > 0)) return;
    double force = -read_curve(l->curve->attract, square);
    for (int64_t c = 0; c < l->k; c++) place[c] += rate * clip(force * (place[c] - other[c]));
}

static inline void push(const hn_umap_layout *l, double rate, const double *other, double *place) {
    double square = 0;
    for (int64_t c = 0; c < l->k; c++) square += (place[c] - other[c]) * (place[c] - other[c]);
    if (!(square > 0)) return;
    double force = l->repulsion * read_curve(l->curve->repel, square);
    for (int64_t c = 0; c < l->k; c++) place[c] += rate * clip(force * (place[c] - other[c]));
}

/* How often a tie of this share of the strongest has been due before epoch. */
static inline int64_t due(double share, int64_t epoch) { return (int64_t)(share * (double)epoch); }

static void push_randomly(const hn_umap_layout *l, double rate, hn_rng *rng, const double *places,
                          int64_t n, int64_t self, double *place) {
    for (int64_t s = 0; s < l->negatives; s++) {
        int64_t other = hn_rng_below(rng, n);
        if (other != self) push(l, rate, places + other * l->k, place);
    }
}

typedef struct epoch_job {
    const hn_umap_layout *layout;
    const hn_csr *graph;
    double strongest, rate;
    int64_t epoch;
    uint64_t seed;
    const double *before;
    double *after;
} epoch_job;

static hone_status move_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const epoch_job *job = arg;
    const hn_umap_layout *l = job->layout;
    int64_t k = l->k, n = job->graph->rows;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double place[HN_UMAP_DIMENSIONS];
        memcpy(place, job->before + i * k, (size_t)k * sizeof *place);
        hn_rng rng =
            hn_rng_make(job->seed, hn_stream("umap.epoch", (uint64_t)(job->epoch * n + i)));
        for (int64_t e = job->graph->start[i]; e < job->graph->start[i + 1]; e++) {
            double share = job->graph->value[e] / job->strongest;
            if (due(share, job->epoch) == due(share, job->epoch + 1)) continue;
            const double *other = job->before + job->graph->column[e] * k;
            /* Once as the tie's head and once as its tail. */
            pull(l, job->rate, other, place);
            pull(l, job->rate, other, place);
            push_randomly(l, job->rate, &rng, job->before, n, i, place);
        }
        memcpy(job->after + i * k, place, (size_t)k * sizeof *place);
    }
    return HONE_OK;
}

hone_status hn_umap_optimise(hone_ctx *ctx, const hn_umap_layout *layout, const hn_csr *graph,
                             double *places) {
    HN_SCRATCH(ctx);
    int64_t n = graph->rows, k = layout->k;
    assert(k <= HN_UMAP_DIMENSIONS);
    double *other, strongest = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, other, n * k));
    for (int64_t e = graph->start[0]; e < graph->start[n]; e++)
        if (graph->value[e] > strongest) strongest = graph->value[e];
    double *from = places, *to = other;
    for (int64_t epoch = 0; epoch < layout->epochs; epoch++) {
        double rate = layout->rate * (1 - (double)epoch / (double)layout->epochs);
        epoch_job job = {layout, graph, strongest, rate, epoch, ctx->seed, from, to};
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(hn_parallel(ctx, n, 64, move_rows, &job));
        double *old = from;
        from = to;
        to = old;
        hn_progress(ctx, "layout", epoch + 1, layout->epochs, "epochs");
    }
    if (from != places) memcpy(places, from, (size_t)(n * k) * sizeof *places);
    return HONE_OK;
}

void hn_umap_settle(const hn_umap_layout *layout, uint64_t seed, const double *places, int64_t n,
                    const int32_t *row, const double *weight, int64_t count, double *place) {
    double strongest = 0;
    for (int64_t i = 0; i < count; i++)
        if (weight[i] > strongest) strongest = weight[i];
    if (!(strongest > 0)) return;
    hn_rng rng = hn_rng_make(seed, hn_stream("umap.settle", 0));
    for (int64_t epoch = 0; epoch < layout->epochs; epoch++) {
        double rate = layout->rate * (1 - (double)epoch / (double)layout->epochs);
        for (int64_t i = 0; i < count; i++) {
            double share = weight[i] / strongest;
            if (due(share, epoch) == due(share, epoch + 1)) continue;
            pull(layout, rate, places + row[i] * layout->k, place);
            push_randomly(layout, rate, &rng, places, n, -1, place);
        }
    }
}
