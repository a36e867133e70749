/* smo.c - decomposition with large working sets; see smo.h. */
#include "ml/svm/smo.h"
#include "num/simd.h"
#include <assert.h>
#include <string.h>

enum {
    MOST_VARIABLES = 512,
    LEAST_VARIABLES = 4,
    PATIENCE =
        1000000 /* steps without a smaller gap: the kernel matrix, in float32, has no better answer */
};

int64_t hn_smo_least_rows(int64_t n_rows) {
    return n_rows < LEAST_VARIABLES ? n_rows : LEAST_VARIABLES;
}

/* What lives through a solution. */
typedef struct solver {
    hn_smo *smo;
    hn_krows *gram;
    int64_t q;                    /* variables in the working set at most */
    int64_t m;                    /* in it */
    int64_t n_rows;               /* of the kernel matrix that it needs */
    int32_t *set;                 /* [q] variables, those chosen latest first */
    uint8_t *in_set;              /* [n] */
    int32_t *rows;                /* [q] rows of the kernel matrix */
    int32_t *place;               /* [q] of set's variables among rows */
    int32_t *row_place;           /* [gram rows] scratch: 1 + place */
    const float **k;              /* [q] their values */
    double *change;               /* [q] of beta, by row */
    float *block;                 /* [q, q] kernel values within the set */
    double *own;                  /* [q] K(t, t) */
    double *v;                    /* [q] */
    double *beta, *lower, *upper; /* [q] */
    uint8_t *group;               /* [q] */
} solver;

static hone_status allocate(hone_ctx *ctx, solver *s) {
    int64_t q = s->q;
    HN_TRY(HN_SCRATCH_NEW(ctx, s->set, q));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->in_set, s->smo->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->rows, q));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->place, q));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->row_place, s->gram->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->k, q));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->change, q));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->block, q * q));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->own, q));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->v, q));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->beta, q));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->lower, q));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->upper, q));
    return HN_SCRATCH_NEW(ctx, s->group, q);
}

static inline double v_of(const hn_smo *p, int64_t t) { return p->linear[t] - p->f[p->row[t]]; }

/* ---- Kb ------------------------------------------------------------------------------------- */

typedef struct add_job {
    const float *const *rows;
    const double *change;
    int64_t m;
    double *f;
} add_job;

HN_CLONES static void add_rows(const add_job *job, int64_t begin, int64_t end) {
    enum { ROWS = 4, SPAN = 1024 };
    for (int64_t from = begin; from < end; from += SPAN) {
        int64_t to = from + SPAN < end ? from + SPAN : end, r = 0;
        double *f = job->f;
        for (; r + ROWS <= job->m; r += ROWS) {
            const float *a = job->rows[r], *b = job->rows[r + 1], *c = job->rows[r + 2];
            const float *d = job->rows[r + 3];
            const double *g = job->change + r;
            HN_SIMD
            for (int64_t i = from; i < to; i++)
                f[i] =
                    (((f[i] + g[0] * (double)a[i]) + g[1] * (double)b[i]) + g[2] * (double)c[i]) +
                    g[3] * (double)d[i];
        }
        for (; r < job->m; r++) {
            const float *a = job->rows[r];
            double g = job->change[r];
            HN_SIMD
            for (int64_t i = from; i < to; i++) f[i] += g * (double)a[i];
        }
    }
}

static hone_status add_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    add_rows(arg, chunk.begin, chunk.end);
    return HONE_OK;
}

/* f += change[0] * rows[0] + ..., in that order. */
static hone_status add_changes(hone_ctx *ctx, const solver *s, int64_t m) {
    enum { WORTH = 1 << 18 };
    add_job job = {s->k, s->change, m, s->smo->f};
    int64_t grain = WORTH / (m + 1) + 1024;
    return hn_parallel(ctx, s->gram->n, grain, add_chunk, &job);
}

/* f of the start. */
static hone_status first_f(hone_ctx *ctx, solver *s) {
    const hn_smo *p = s->smo;
    memset(p->f, 0, (size_t)s->gram->n * sizeof *p->f);
    HN_SCRATCH(ctx);
    double *by_row;
    HN_TRY(HN_SCRATCH_NEW(ctx, by_row, s->gram->n));
    for (int64_t t = 0; t < p->n; t++) by_row[p->row[t]] += p->beta[t];
    int64_t m = 0;
    for (int64_t i = 0; i <= s->gram->n; i++) {
        bool last = i == s->gram->n;
        if (m == s->q || (last && m > 0)) {
            HN_TRY(hn_krows_get(ctx, s->gram, s->rows, m, s->k));
            HN_TRY(add_changes(ctx, s, m));
            m = 0;
        }
        if (last || by_row[i] == 0) continue;
        s->change[m] = by_row[i];
        s->rows[m++] = (int32_t)i;
    }
    return HONE_OK;
}

/* ---- choosing the working set --------------------------------------------------------------- */

/* The largest keys of many, in a heap with the least of them on top; among equals the first stay. */
typedef struct top {
    int64_t n, most;
    double *key;
    int32_t *item;
} top;

static bool below(const top *h, int64_t a, int64_t b) {
    return h->key[a] < h->key[b] || (h->key[a] == h->key[b] && h->item[a] > h->item[b]);
}

static void swap(top *h, int64_t a, int64_t b) {
    double key = h->key[a];
    int32_t item = h->item[a];
    h->key[a] = h->key[b];
    h->item[a] = h->item[b];
    h->key[b] = key;
    h->item[b] = item;
}

static void sink(top *h) {
    for (int64_t i = 0;;) {
        int64_t least = i;
        for (int64_t c = 2 * i + 1; c <= 2 * i + 2 && c < h->n; c++)
            if (below(h, c, least)) least = c;
        if (least == i) return;
        swap(h, i, least);
        i = least;
    }
}

static void offer(top *h, double key, int32_t item) {
    if (h->n < h->most) {
        int64_t i = h->n++;
        h->key[i] = key;
        h->item[i] = item;
        for (; i > 0 && below(h, i, (i - 1) / 2); i = (i - 1) / 2) swap(h, i, (i - 1) / 2);
        return;
    }
    if (h->most == 0 || !(key > h->key[0])) return;
    h->key[0] = key;
    h->item[0] = item;
    sink(h);
}

/* Largest first: takes the heap apart. */
static void unwind(top *h) {
    int64_t n = h->n;
    while (h->n > 1) {
        swap(h, 0, --h->n);
        sink(h);
    }
    h->n = n;
}

static void include(solver *s, int32_t *set, int64_t *m, int32_t t) {
    if (s->in_set[t] || *m == s->q) return;
    s->in_set[t] = 1;
    set[(*m)++] = t;
}

/* Half of the set: the variables that violate most, as many that can grow as can shrink. The rest: those that
 * were in it, the latest first, so that they settle with the new ones. */
static hone_status choose(hone_ctx *ctx, solver *s) {
    HN_SCRATCH(ctx);
    hn_smo *p = s->smo;
    int groups = p->group ? 2 : 1;
    top up[2], low[2];
    double gap = -INFINITY;
    for (int g = 0; g < groups; g++) {
        up[g] = low[g] = (top){.most = s->q / 4 / groups > 0 ? s->q / 4 / groups : 1};
        HN_TRY(HN_SCRATCH_NEW(ctx, up[g].key, up[g].most));
        HN_TRY(HN_SCRATCH_NEW(ctx, up[g].item, up[g].most));
        HN_TRY(HN_SCRATCH_NEW(ctx, low[g].key, low[g].most));
        HN_TRY(HN_SCRATCH_NEW(ctx, low[g].item, low[g].most));
    }
    for (int64_t t = 0; t < p->n; t++) {
        int g = p->group ? p->group[t] : 0;
        double v = v_of(p, t);
        if (p->beta[t] < p->upper[t]) offer(&up[g], v, (int32_t)t);
        if (p->beta[t] > p->lower[t]) offer(&low[g], -v, (int32_t)t);
    }
    for (int64_t i = 0; i < s->m; i++) s->in_set[s->set[i]] = 0;
    int32_t *fresh;
    HN_TRY(HN_SCRATCH_NEW(ctx, fresh, s->q));
    int64_t m = 0;
    for (int g = 0; g < groups; g++) {
        unwind(&up[g]);
        unwind(&low[g]);
        double own = up[g].n > 0 && low[g].n > 0 ? up[g].key[0] + low[g].key[0] : -INFINITY;
        gap = own > gap ? own : gap;
    }
    for (int64_t i = 0; i < s->q; i++)
        for (int g = 0; g < groups; g++) {
            if (i < up[g].n) include(s, fresh, &m, up[g].item[i]);
            if (i < low[g].n) include(s, fresh, &m, low[g].item[i]);
        }
    for (int64_t i = 0; i < s->m; i++) include(s, fresh, &m, s->set[i]);
    memcpy(s->set, fresh, (size_t)m * sizeof *fresh);
    s->m = m;
    p->gap = gap;
    return HONE_OK;
}

/* ---- the problem within the set ------------------------------------------------------------- */

static hone_status gather(hone_ctx *ctx, solver *s) {
    const hn_smo *p = s->smo;
    s->n_rows = 0;
    for (int64_t i = 0; i < s->m; i++) {
        int32_t row = p->row[s->set[i]];
        if (s->row_place[row] == 0) {
            s->rows[s->n_rows] = row;
            s->row_place[row] = (int32_t)++s->n_rows;
        }
        s->place[i] = s->row_place[row] - 1;
    }
    for (int64_t r = 0; r < s->n_rows; r++) s->row_place[s->rows[r]] = 0;
    HN_TRY(hn_krows_get(ctx, s->gram, s->rows, s->n_rows, s->k));
    for (int64_t i = 0; i < s->m; i++) {
        int32_t t = s->set[i], row = p->row[t];
        const float *k = s->k[s->place[i]];
        for (int64_t j = 0; j < s->m; j++) s->block[i * s->q + j] = k[p->row[s->set[j]]];
        s->own[i] = hn_kernel_own(&s->gram->kernel, s->gram->x.squared[row]);
        s->v[i] = v_of(p, t);
        s->beta[i] = p->beta[t];
        s->lower[i] = p->lower[t];
        s->upper[i] = p->upper[t];
        s->group[i] = p->group ? p->group[t] : 0;
    }
    return HONE_OK;
}

/* The pair to move: i grows, j shrinks. Returns the gap. */
static double best_pair(const solver *s, int64_t *ret_i, int64_t *ret_j) {
    double most[2] = {-INFINITY, -INFINITY}, gap = -INFINITY, best = 0;
    int64_t up[2] = {-1, -1};
    for (int64_t t = 0; t < s->m; t++) {
        int g = s->group[t];
        if (!(s->v[t] > most[g]) || !(s->beta[t] < s->upper[t])) continue;
        most[g] = s->v[t];
        up[g] = t;
    }
    *ret_i = *ret_j = -1;
    for (int64_t t = 0; t < s->m; t++) {
        int g = s->group[t];
        if (up[g] < 0 || !(s->beta[t] > s->lower[t])) continue;
        double d = most[g] - s->v[t];
        gap = d > gap ? d : gap;
        if (!(d > 0)) continue;
        double a = s->own[up[g]] + s->own[t] - 2 * (double)s->block[up[g] * s->q + t];
        double gain = d * d / (a > 1e-12 ? a : 1e-12);
        if (!(gain > best)) continue;
        best = gain;
        *ret_i = up[g];
        *ret_j = t;
    }
    return gap;
}

static void move_pair(solver *s, int64_t i, int64_t j) {
    const float *ki = s->block + i * s->q, *kj = s->block + j * s->q;
    double a = s->own[i] + s->own[j] - 2 * (double)ki[j];
    double d = (s->v[i] - s->v[j]) / (a > 1e-12 ? a : 1e-12);
    double room_i = s->upper[i] - s->beta[i], room_j = s->beta[j] - s->lower[j];
    if (d >= room_i || d >= room_j) { /* to the bound itself, not nearly */
        d = room_i < room_j ? room_i : room_j;
        s->beta[i] = room_i <= room_j ? s->upper[i] : s->beta[i] + d;
        s->beta[j] = room_j <= room_i ? s->lower[j] : s->beta[j] - d;
    } else {
        s->beta[i] += d;
        s->beta[j] -= d;
    }
    for (int64_t t = 0; t < s->m; t++) s->v[t] -= d * ((double)ki[t] - (double)kj[t]);
}

static hone_status settle(hone_ctx *ctx, solver *s, int64_t most) {
    hn_smo *p = s->smo;
    double enough = fmax(0.1 * p->gap, 0.5 * p->tolerance);
    int64_t steps = 0;
    for (; steps < most; steps++) {
        int64_t i, j;
        double gap = best_pair(s, &i, &j);
        if (gap <= enough || i < 0) break;
        move_pair(s, i, j);
        if (steps % 4096 == 4095) HN_TRY(hn_check_cancel(ctx));
    }
    p->steps += steps;
    int64_t changed = 0;
    memset(s->change, 0, (size_t)s->n_rows * sizeof *s->change);
    for (int64_t i = 0; i < s->m; i++) {
        s->change[s->place[i]] += s->beta[i] - p->beta[s->set[i]];
        p->beta[s->set[i]] = s->beta[i];
    }
    for (int64_t r = 0; r < s->n_rows; r++) {
        if (s->change[r] == 0) continue;
        s->k[changed] = s->k[r];
        s->change[changed++] = s->change[r];
    }
    return add_changes(ctx, s, changed);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void find_bias(hn_smo *p) {
    for (int g = 0; g < 2; g++) {
        double sum = 0, free = 0, top_up = -INFINITY, least_low = INFINITY;
        for (int64_t t = 0; t < p->n; t++) {
            if ((p->group ? p->group[t] : 0) != g) continue;
            double v = v_of(p, t);
            bool grows = p->beta[t]<p->upper[t], shrinks = p->beta[t]> p->lower[t];
            if (grows && shrinks) {
                sum += v;
                free++;
            }
            if (grows) top_up = fmax(top_up, v);
            if (shrinks) least_low = fmin(least_low, v);
        }
        if (isinf(top_up)) top_up = isinf(least_low) ? 0 : least_low;
        if (isinf(least_low)) least_low = top_up;
        p->bias[g] = free > 0 ? sum / free : (top_up + least_low) / 2;
    }
}

hone_status hn_smo_solve(hone_ctx *ctx, hn_krows *gram, hn_smo *p) {
    HN_SCRATCH(ctx);
    solver s = {.smo = p, .gram = gram};
    s.q = gram->capacity < MOST_VARIABLES ? gram->capacity : MOST_VARIABLES;
    if (gram->capacity == gram->n && 2 * gram->n <= MOST_VARIABLES) s.q = 2 * gram->n;
    if (s.q > p->n) s.q = p->n;
    HN_TRY(allocate(ctx, &s));
    HN_TRY(first_f(ctx, &s));
    int64_t most = p->max_steps;
    if (most == 0) most = p->n > INT64_C(100000) ? 100 * p->n : INT64_C(10000000);
    double best = INFINITY;
    int64_t best_at = 0, patience = p->n > PATIENCE / 20 ? 20 * p->n : PATIENCE;
    for (p->steps = 0;;) {
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(choose(ctx, &s));
        hn_progress(ctx, "solving", p->steps, 0, "steps");
        p->converged = p->gap <= p->tolerance;
        if (p->gap < 0.9 * best) {
            best = p->gap;
            best_at = p->steps;
        }
        if (p->converged || p->steps >= most || p->steps - best_at > patience) break;
        int64_t before = p->steps;
        HN_TRY(gather(ctx, &s));
        HN_TRY(settle(ctx, &s, most - p->steps));
        if (p->steps == before) break; /* what is left is rounding */
    }
    find_bias(p);
    return HONE_OK;
}
