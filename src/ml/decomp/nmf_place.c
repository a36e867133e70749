/* nmf_place.c - rows written in fixed parts; see nmf.h.
 *
 * Coordinate descent of one row is a chain of short sums, each waiting for the last. So several rows go side by side,
 * one to a lane; a row that has settled makes room for the next. Each lane does what its row alone would: the bits of
 * a row do not depend on those beside it. */
#include "ml/decomp/nmf.h"
#include "num/blas.h"
#include "num/simd.h"
#include "table/rows.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* Until a round changes a row by less than this of what the first one did. */
static const double SETTLED = 1e-10;
enum { ROUNDS = 10000, LANES = HN_NMF_LANES, FOURS = LANES / 4, ROWS = 64 };

typedef double four __attribute__((vector_size(32), may_alias));
typedef int64_t mask __attribute__((vector_size(32), may_alias));

typedef struct place_job {
    const hn_nmf_state *s;
    const hn_table *x;
    double *out; /* [n_rows, k] */
} place_job;

/* Rows of a chunk that were gathered and are still to be taken. */
typedef struct gathered {
    const place_job *job;
    int64_t next, begin, end, last; /* next of begin..end-1; last of the chunk */
    int64_t most;
    double *x;     /* [most, p] */
    double *cross; /* [most, k]: x times the parts */
} gathered;

/* ---- squares -------------------------------------------------------------------------------- */

HN_CLONES static void times_parts(const double *restrict x, int64_t n, int64_t p, int64_t k,
                                  const double *restrict by_feature, double *restrict cross) {
    for (int64_t i = 0; i < n; i++, x += p, cross += k) {
        HN_SIMD for (int64_t c = 0; c < k; c++) cross[c] = 0;
        for (int64_t j = 0; j < p; j++) {
            if (x[j] == 0) continue;
            HN_SIMD for (int64_t c = 0; c < k; c++) cross[c] += x[j] * by_feature[j * k + c];
        }
    }
}

static void gather(gathered *g) {
    const hn_nmf_state *s = g->job->s;
    g->begin = g->next;
    g->end = g->last - g->begin < g->most ? g->last : g->begin + g->most;
    hn_table_rows(g->job->x, g->begin, g->end, g->x);
    if (s->loss != HN_NMF_FROBENIUS) return;
    times_parts(g->x, g->end - g->begin, s->n_features, s->n_components, s->by_feature, g->cross);
}

typedef struct lanes {
    double *w, *cross;   /* [k][LANES] */
    double first[LANES]; /* what the first round changed */
    int64_t row[LANES];  /* -1: none */
    int round[LANES];
} lanes;

HN_CLONES void hn_nmf_descend_lanes(int64_t k, const double *gram, const double *cross_, double l1,
                                    double *w_, double *change_) {
    const four *cross = (const four *)(const void *)cross_;
    four *w = (four *)(void *)w_, *change = (four *)(void *)change_;
    four moved[FOURS] = {{0}};
    const mask no_sign = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    for (int64_t c = 0; c < k; c++) {
        const double *row = gram + c * k;
        four g0 = l1 - cross[c * FOURS], g1 = l1 - cross[c * FOURS + 1];
        four g2 = l1 - cross[c * FOURS + 2], g3 = l1 - cross[c * FOURS + 3];
        for (int64_t j = 0; j < k; j++) {
            const four *v = w + j * FOURS;
            g0 += row[j] * v[0];
            g1 += row[j] * v[1];
            g2 += row[j] * v[2];
            g3 += row[j] * v[3];
        }
        four gradient[FOURS] = {g0, g1, g2, g3}, *own = w + c * FOURS;
        for (int f = 0; f < FOURS; f++) {
            mask held = (own[f] == 0) & (gradient[f] > 0);
            moved[f] += (four)((mask)gradient[f] & ~held & no_sign);
            if (row[c] == 0) continue;
            four next = own[f] - gradient[f] / row[c];
            own[f] = (four)((mask)next & (next > 0));
        }
    }
    for (int f = 0; f < FOURS; f++) change[f] = moved[f];
}

/* The next row into lane l; false where there is none. */
static bool take(gathered *g, lanes *all, int l) {
    int64_t k = g->job->s->n_components;
    bool more = g->next < g->last;
    if (more && g->next == g->end) gather(g);
    for (int64_t c = 0; c < k; c++) {
        all->w[c * LANES + l] = 0;
        all->cross[c * LANES + l] = more ? g->cross[(g->next - g->begin) * k + c] : 0;
    }
    all->round[l] = 0;
    all->row[l] = more ? g->next++ : -1;
    return more;
}

static hone_status place_squares(hone_ctx *ctx, gathered *g) {
    const hn_nmf_state *s = g->job->s;
    int64_t k = s->n_components, busy = 0;
    lanes all;
    HN_TRY(HN_SCRATCH_NEW(ctx, all.w, k * LANES));
    HN_TRY(HN_SCRATCH_NEW(ctx, all.cross, k * LANES));
    double *change;
    HN_TRY(HN_SCRATCH_NEW(ctx, change, LANES));
    for (int l = 0; l < LANES; l++) busy += take(g, &all, l);
    for (int64_t turn = 1; busy > 0; turn++) {
        if (turn % 1024 == 0) HN_TRY(hn_check_cancel(ctx));
        hn_nmf_descend_lanes(k, s->gram, all.cross, s->l1, all.w, change);
        for (int l = 0; l < LANES; l++) {
            if (all.row[l] < 0) continue;
            if (all.round[l] == 0) all.first[l] = change[l];
            if (!(change[l] <= SETTLED * all.first[l]) && ++all.round[l] < ROUNDS) continue;
            double *out = g->job->out + all.row[l] * k;
            for (int64_t c = 0; c < k; c++) out[c] = all.w[c * LANES + l];
            busy -= !take(g, &all, l);
        }
    }
    return HONE_OK;
}

/* ---- divergence ----------------------------------------------------------------------------- */

static void place_divergence(const hn_nmf_state *s, const double *x, double *next, double *w) {
    int64_t k = s->n_components;
    for (int64_t c = 0; c < k; c++) w[c] = 1;
    for (int round = 0; round < ROUNDS; round++) {
        double moved = 0, size = 0;
        memset(next, 0, (size_t)k * sizeof *next);
        for (int64_t j = 0; j < s->n_features; j++) {
            if (x[j] == 0) continue;
            const double *part = s->by_feature + j * k;
            double estimate = hn_dot(w, part, k);
            double ratio = x[j] / (estimate > DBL_EPSILON ? estimate : DBL_EPSILON);
            for (int64_t c = 0; c < k; c++) next[c] += ratio * part[c];
        }
        for (int64_t c = 0; c < k; c++) {
            double below = s->sums[c] + s->l1 + s->l2 * w[c];
            double value = w[c] * next[c] / (below > DBL_EPSILON ? below : DBL_EPSILON);
            moved += fabs(value - w[c]);
            size += value;
            w[c] = value;
        }
        if (moved <= 1e-9 * size) break;
    }
}

/* ---- rows ----------------------------------------------------------------------------------- */

static hone_status place_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const place_job *job = arg;
    const hn_nmf_state *s = job->s;
    int64_t p = s->n_features, k = s->n_components, most = 32768 / p;
    gathered g = {.job = job, .next = chunk.begin, .end = chunk.begin, .last = chunk.end};
    g.most = most < 1 ? 1 : most > ROWS ? ROWS : most;
    double *work;
    HN_TRY(HN_SCRATCH_NEW(ctx, g.x, g.most * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, g.cross, g.most * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, work, k));
    if (s->loss == HN_NMF_FROBENIUS) return place_squares(ctx, &g);
    for (; g.next < g.last; g.next++) {
        HN_TRY(hn_check_cancel(ctx));
        if (g.next == g.end) gather(&g);
        place_divergence(s, g.x + (g.next - g.begin) * p, work, job->out + g.next * k);
    }
    return HONE_OK;
}

hone_status hn_nmf_transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    enum { GRAIN = 1024 };
    HN_SCRATCH(ctx);
    place_job job = {.s = state, .x = x};
    hn_table out;
    void *rows;
    HN_TRY(hn_table_numbered_rows(ctx, arena, "nmf", x->n_rows, job.s->n_components, HN_F64, &rows,
                                  &out));
    job.out = rows;
    HN_TRY(hn_parallel(ctx, x->n_rows, GRAIN, place_rows, &job));
    *ret_out = out;
    return HONE_OK;
}

hone_status hn_nmf_prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    hn_nmf_state *s = state;
    int64_t p = s->n_features, k = s->n_components;
    HN_TRY(hn_projection_check(ctx, "nmf", p, schema));
    HN_TRY(hn_turn(ctx, arena, k, p, s->components, &s->by_feature));
    HN_TRY(HN_NEW(ctx, arena, s->gram, k * k));
    HN_TRY(HN_NEW(ctx, arena, s->sums, k));
    for (int64_t i = 0; i < k; i++) {
        for (int64_t j = 0; j < k; j++)
            s->gram[i * k + j] =
                hn_dot(s->components + i * p, s->components + j * p, p) + (i == j ? s->l2 : 0);
        for (int64_t j = 0; j < p; j++) s->sums[i] += s->components[i * p + j];
    }
    return HONE_OK;
}
