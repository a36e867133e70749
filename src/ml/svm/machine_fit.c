/* machine_fit.c - from data to a machine: rows by class, every pair by itself, what is worth keeping. */
#include "base/rng.h"
#include "ml/svm/machine.h"

/* Rows with weight, sorted by class. */
typedef struct sorted {
    hn_points x;
    int64_t k;
    double *y, *c;  /* [n] targets, bounds */
    int64_t *row;   /* [n] where they were */
    int64_t *first; /* [k + 1] of each class */
} sorted;

static hone_status sort_rows(hone_ctx *ctx, const hone_data *data, const double *weight, double c,
                             int64_t k, sorted *ret) {
    int64_t n = data->x->n_rows;
    bool classes = data->n_classes > 0;
    sorted s = {.k = k};
    HN_TRY(HN_SCRATCH_NEW(ctx, s.y, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.c, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.row, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.first, k + 2));
    for (int64_t i = 0; i < n; i++)
        if (!weight || weight[i] > 0) s.first[(classes ? (int64_t)data->y[i] : 0) + 2]++;
    for (int64_t a = 0; a < k; a++) s.first[a + 2] += s.first[a + 1];
    for (int64_t i = 0; i < n; i++) {
        if (weight && !(weight[i] > 0)) continue;
        int64_t to = s.first[(classes ? (int64_t)data->y[i] : 0) + 1]++;
        s.row[to] = i;
        s.y[to] = data->y ? data->y[i] : 0;
        s.c[to] = c * (weight ? weight[i] : 1);
    }
    HN_TRY(hn_points_of(ctx, ctx->scratch, data->x, s.row, s.first[k], &s.x));
    *ret = s;
    return HONE_OK;
}

typedef struct pairs_job {
    const hn_svm_rules *rules;
    const sorted *rows;
    bool probability;
    int64_t *a, *b; /* [pairs] */
    double **coef;  /* [pairs] of a's rows, then b's */
    hn_machine *machine;
    int64_t *steps;
    uint8_t *converged;
} pairs_job;

static hone_status fit_pair(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const pairs_job *job = arg;
    const sorted *s = job->rows;
    hn_machine *m = job->machine;
    int64_t pair = chunk.index, a = job->a[pair], b = job->b[pair], *rows;
    int64_t na = s->first[a + 1] - s->first[a], nb = s->first[b + 1] - s->first[b];
    double *y, *c, up = s->k == 2 ? -1 : 1;
    job->converged[pair] = 1;
    if (na == 0 || nb == 0) { /* whoever is there wins */
        m->intercept[pair] = na > 0 ? up : nb > 0 ? -up : 0;
        return HONE_OK;
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, na + nb));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, na + nb));
    HN_TRY(HN_SCRATCH_NEW(ctx, c, na + nb));
    for (int64_t i = 0; i < na + nb; i++) {
        rows[i] = i < na ? s->first[a] + i : s->first[b] + i - na;
        y[i] = i < na ? up : -up;
        c[i] = s->c[rows[i]];
    }
    hn_svm_part part = {.y = y, .c = c, .coef = job->coef[pair]};
    HN_TRY(hn_points_take(ctx, ctx->scratch, &s->x, rows, na + nb, &part.x));
    HN_TRY(hn_svm_two_classes(ctx, job->rules, &part));
    m->intercept[pair] = part.bias;
    job->steps[pair] = part.steps;
    job->converged[pair] = part.converged;
    if (!job->probability) return HONE_OK;
    return hn_svm_platt(ctx, job->rules, &part, hn_stream("svm.platt", (uint64_t)pair),
                        &m->prob_a[pair], &m->prob_b[pair]);
}

/* ---- what is kept --------------------------------------------------------------------------- */

/* Arrays for the rows of which keep[i] is set. */
static hone_status allocate_vectors(hone_ctx *ctx, hn_arena *arena, const sorted *s,
                                    const uint8_t *keep, int64_t *ret_place, hn_machine *m) {
    int64_t *kept, place = 0;
    for (int64_t i = 0; i < s->x.n; i++) m->n_vectors += keep[i];
    HN_TRY(HN_SCRATCH_NEW(ctx, kept, m->n_vectors + 1));
    HN_TRY(HN_NEW(ctx, arena, m->support, m->n_vectors));
    HN_TRY(HN_NEW(ctx, arena, m->dual_coef, (s->k > 1 ? s->k - 1 : 1) * m->n_vectors));
    for (int64_t a = 0; a < s->k; a++) {
        for (int64_t i = s->first[a]; i < s->first[a + 1]; i++) {
            ret_place[i] = place;
            if (!keep[i]) continue;
            m->support[place] = s->row[i];
            kept[place++] = i;
            m->n_support[a]++;
        }
    }
    HN_TRY(hn_points_take(ctx, arena, &s->x, kept, place, &m->vectors));
    m->sparse = m->vectors.sparse;
    m->n_entries = m->sparse ? hn_csr_entries(&m->vectors.csr) : 0;
    return HONE_OK;
}

static hone_status keep_pairs(hone_ctx *ctx, hn_arena *arena, const pairs_job *job) {
    HN_SCRATCH(ctx);
    const sorted *s = job->rows;
    hn_machine *m = job->machine;
    uint8_t *keep;
    int64_t *place;
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, s->x.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, place, s->x.n));
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t pair = 0; pair < hn_machine_pairs(s->k); pair++) {
            int64_t a = job->a[pair], b = job->b[pair], na = s->first[a + 1] - s->first[a];
            int64_t nb = s->first[b + 1] - s->first[b];
            for (int64_t i = 0; i < na + nb; i++) {
                double value = job->coef[pair][i];
                int64_t row = i < na ? s->first[a] + i : s->first[b] + i - na;
                if (value == 0) continue;
                keep[row] = 1;
                if (pass == 1)
                    m->dual_coef[(i < na ? b - 1 : a) * m->n_vectors + place[row]] = value;
            }
        }
        if (pass == 0) HN_TRY(allocate_vectors(ctx, arena, s, keep, place, m));
    }
    return HONE_OK;
}

static hone_status fit_classes(hone_ctx *ctx, const hn_svm_rules *rules, const sorted *s,
                               bool probability, hn_arena *arena, hn_machine *m) {
    HN_SCRATCH(ctx);
    enum { MOST_PARTS = 8 };
    int64_t pairs = hn_machine_pairs(s->k), pair = 0;
    hn_svm_rules own = *rules; /* pairs share the cache, as many as may run at once */
    own.cache_bytes /= pairs < MOST_PARTS ? pairs : MOST_PARTS;
    pairs_job job = {.rules = &own, .rows = s, .probability = probability, .machine = m};
    HN_TRY(HN_SCRATCH_NEW(ctx, job.a, pairs));
    HN_TRY(HN_SCRATCH_NEW(ctx, job.b, pairs));
    HN_TRY(HN_SCRATCH_NEW(ctx, job.coef, pairs));
    HN_TRY(HN_SCRATCH_NEW(ctx, job.steps, pairs));
    HN_TRY(HN_SCRATCH_NEW(ctx, job.converged, pairs));
    for (int64_t a = 0; a < s->k; a++) {
        for (int64_t b = a + 1; b < s->k; b++, pair++) {
            job.a[pair] = a;
            job.b[pair] = b;
            HN_TRY(
                HN_SCRATCH_NEW(ctx, job.coef[pair],
                               s->first[a + 1] - s->first[a] + s->first[b + 1] - s->first[b] + 1));
        }
    }
    HN_TRY(hn_parallel(ctx, pairs, 1, fit_pair, &job));
    m->converged = 1;
    for (pair = 0; pair < pairs; pair++) {
        m->steps += job.steps[pair];
        m->converged &= job.converged[pair];
    }
    return keep_pairs(ctx, arena, &job);
}

static hone_status fit_single(hone_ctx *ctx, const hn_svm_rules *rules, const sorted *s,
                              bool numbers, hn_arena *arena, hn_machine *m) {
    HN_SCRATCH(ctx);
    hn_svm_part part = {.x = s->x, .y = s->y, .c = s->c};
    uint8_t *keep;
    int64_t *place;
    HN_TRY(HN_SCRATCH_NEW(ctx, part.coef, s->x.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, s->x.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, place, s->x.n));
    HN_TRY(numbers ? hn_svm_numbers(ctx, rules, &part) : hn_svm_one_class(ctx, rules, &part));
    for (int64_t i = 0; i < s->x.n; i++) keep[i] = part.coef[i] != 0;
    HN_TRY(allocate_vectors(ctx, arena, s, keep, place, m));
    for (int64_t i = 0; i < s->x.n; i++)
        if (keep[i]) m->dual_coef[place[i]] = part.coef[i];
    m->intercept[0] = part.bias;
    m->steps = part.steps;
    m->converged = part.converged;
    return HONE_OK;
}

hone_status hn_machine_fit(hone_ctx *ctx, const hn_svm_rules *rules, const hone_data *data,
                           const double *weight, double c, bool probability, hn_arena *arena,
                           hn_machine *m) {
    HN_SCRATCH(ctx);
    bool classes = data->n_classes > 0;
    int64_t k = classes ? data->n_classes : 1, pairs = hn_machine_pairs(k);
    sorted s;
    m->n_features = data->x->n_columns;
    m->n_classes = k;
    m->probability = probability;
    HN_TRY(HN_NEW(ctx, arena, m->n_support, k));
    HN_TRY(HN_NEW(ctx, arena, m->intercept, pairs));
    HN_TRY(HN_NEW(ctx, arena, m->prob_a, pairs));
    HN_TRY(HN_NEW(ctx, arena, m->prob_b, pairs));
    HN_TRY(sort_rows(ctx, data, weight, c, k, &s));
    hn_svm_rules own = *rules;
    hn_points all = s.x; /* those without weight count too */
    if (own.kernel.gamma == HN_GAMMA_SCALE && s.x.n < data->x->n_rows) {
        double *matrix;
        all = (hn_points){.n = data->x->n_rows, .p = s.x.p, .sparse = s.x.sparse};
        if (all.sparse) {
            all.csr = *data->x->csr;
        } else {
            HN_TRY(hn_table_matrix(ctx, ctx->scratch, data->x, &matrix));
            all.dense = matrix;
        }
    }
    own.kernel.gamma = hn_kernel_gamma(own.kernel.gamma, &all);
    m->kernel = own.kernel;
    return classes ? fit_classes(ctx, &own, &s, probability, arena, m)
                   : fit_single(ctx, &own, &s, data->task == HN_TASK_REGRESSION, arena, m);
}
