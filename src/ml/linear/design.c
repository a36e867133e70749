/* design.c - filling the blocks; see design.h. */
#include "ml/linear/design.h"
#include "ml/linear/moments.h"
#include "table/rows.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { R = HN_DESIGN_ROWS };

/* Where a block begins among the numbers. */
static int64_t place(const hn_design *d, int64_t block) { return block * d->n_features * R; }

static hone_status allocate(hone_ctx *ctx, hn_arena *arena, int64_t n_blocks, int64_t n_features,
                            bool single, hn_design *d) {
    d->n_blocks = n_blocks;
    d->n_features = n_features;
    d->group = hn_chunks(n_blocks, HN_DESIGN_GROUPS);
    if (single)
        HN_TRY(HN_NEW(ctx, arena, d->single, n_blocks * R * n_features));
    else if (!d->sparse)
        HN_TRY(HN_NEW(ctx, arena, d->x, n_blocks * R * n_features));
    HN_TRY(HN_NEW(ctx, arena, d->weight, n_blocks * R));
    return HN_NEW(ctx, arena, d->y, n_blocks * R);
}

/* ---- filling -------------------------------------------------------------------------------- */

typedef struct fill_job {
    const hone_data *data;
    const double *weight;
    hn_design *design;
    hn_moment *slots; /* [groups][n_features] */
} fill_job;

/* The block's rows by column, in x. */
static void fill_block(const fill_job *job, int64_t block, double *x) {
    hn_design *d = job->design;
    int64_t begin = block * R;
    int64_t end = begin + R < d->n_rows ? begin + R : d->n_rows;
    hn_table_columns(job->data->x, begin, end, x, R);
    for (int64_t i = begin; i < end; i++) d->weight[i] = job->weight ? job->weight[i] : 1.0;
    size_t bytes = (size_t)(end - begin) * sizeof(double);
    if (job->data->y) memcpy(d->y + begin, job->data->y + begin, bytes);
}

static hone_status fill_group(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const fill_job *job = arg;
    const hn_design *d = job->design;
    int64_t size = d->n_features * R;
    double *wide = NULL;
    HN_SCRATCH(ctx);
    if (d->single) HN_TRY(HN_SCRATCH_NEW(ctx, wide, size));
    for (int64_t block = chunk.begin; block < chunk.end; block++) {
        double *x = wide ? wide : d->x + place(d, block);
        if (wide && (block + 1) * R > d->n_rows) memset(wide, 0, (size_t)size * sizeof *wide);
        fill_block(job, block, x);
        for (int64_t j = 0; j < d->n_features; j++)
            hn_moment_merge(&job->slots[chunk.index * d->n_features + j],
                            hn_moment_of(x + j * R, d->weight + block * R));
        float *to = d->single ? d->single + place(d, block) : NULL;
        for (int64_t i = 0; to && i < size; i++) to[i] = (float)x[i];
    }
    return HONE_OK;
}

static hone_status take_dense(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                              const double *weight, hn_design *d) {
    HN_TRY(HN_NEW(ctx, arena, d->sd, d->n_features));
    fill_job job = {data, weight, d, NULL};
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, job.slots, hn_design_groups(d) * d->n_features));
    HN_TRY(hn_parallel(ctx, d->n_blocks, d->group, fill_group, &job));
    for (int64_t j = 0; j < d->n_features; j++) {
        hn_moment *all = &job.slots[j];
        for (int64_t g = 1; g < hn_design_groups(d); g++)
            hn_moment_merge(all, job.slots[g * d->n_features + j]);
        d->sd[j] = sqrt(all->squares / all->weight);
    }
    return HONE_OK;
}

/* Groups are fewer where their sums would be longer than the matrix itself. */
static hone_status take_sparse(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                               const double *weight, hn_design *d) {
    int64_t groups = 4 * hn_csr_entries(d->sparse) / d->n_features;
    groups = groups < 2 ? 2 : groups > HN_DESIGN_GROUPS ? HN_DESIGN_GROUPS : groups;
    d->group = hn_chunks(d->n_blocks, groups);
    for (int64_t i = 0; i < d->n_rows; i++) {
        d->weight[i] = weight ? weight[i] : 1.0;
        d->y[i] = data->y ? data->y[i] : 0;
    }
    HN_SCRATCH(ctx);
    double *mean;
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, d->n_features));
    HN_TRY(HN_NEW(ctx, arena, d->sd, d->n_features));
    return hn_linear_moments(ctx, data->x, weight, mean, d->sd);
}

hone_status hn_design_make(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                           const double *weight, hn_design *ret_design) {
    assert(data->x->n_rows > 0 && data->x->n_columns > 0);
    hn_design d = {.n_rows = data->x->n_rows, .sparse = data->x->csr};
    HN_TRY(allocate(ctx, arena, hn_chunks(d.n_rows, R), data->x->n_columns,
                    hn_table_is_single(data->x), &d));
    HN_TRY((d.sparse ? take_sparse : take_dense)(ctx, arena, data, weight, &d));
    d.total = hn_sum(d.weight, d.n_blocks * R);
    *ret_design = d;
    return HONE_OK;
}

hone_status hn_design_thin(hone_ctx *ctx, hn_arena *arena, const hn_design *design, int64_t step,
                           hn_design *ret_design) {
    assert(step > 0 && !design->sparse);
    hn_design d = {0};
    HN_TRY(allocate(ctx, arena, hn_chunks(design->n_blocks, step), design->n_features,
                    design->single != NULL, &d));
    size_t numbers = (size_t)(d.n_features * R);
    for (int64_t b = 0; b < d.n_blocks; b++) {
        int64_t from = b * step;
        if (d.single)
            memcpy(d.single + place(&d, b), design->single + place(&d, from),
                   numbers * sizeof *d.single);
        else
            memcpy(d.x + place(&d, b), design->x + place(&d, from), numbers * sizeof *d.x);
        memcpy(d.weight + b * R, design->weight + from * R, R * sizeof(double));
        memcpy(d.y + b * R, design->y + from * R, R * sizeof(double));
    }
    /* If design's last block came along, its filling has weight 0 and does no harm here. */
    d.n_rows = d.n_blocks * R;
    d.total = hn_sum(d.weight, d.n_rows);
    *ret_design = d;
    return HONE_OK;
}

/* ---- sums over a block ---------------------------------------------------------------------- */

typedef struct span {
    int64_t begin, end;
} span;

/* The real rows of a sparse block. */
static span rows_of(const hn_design *d, int64_t block) {
    int64_t begin = block * R;
    return (span){begin, begin + R < d->n_rows ? begin + R : d->n_rows};
}

void hn_design_predict(const hn_design *d, int64_t block, const double *b, double intercept,
                       double *eta) {
    if (d->single) {
        hn_block_predict_single(d->single + place(d, block), d->n_features, b, intercept, eta);
        return;
    }
    if (d->x) {
        hn_block_predict(d->x + place(d, block), d->n_features, b, intercept, eta);
        return;
    }
    span rows = rows_of(d, block);
    for (int64_t i = rows.begin; i < rows.end; i++)
        eta[i - rows.begin] = intercept + hn_csr_dot(d->sparse, i, b);
    for (int64_t i = rows.end; i < rows.begin + R; i++) eta[i - rows.begin] = intercept;
}

void hn_design_gradient(const hn_design *d, int64_t block, const double *r, double *g) {
    if (d->single) {
        hn_block_gradient_single(d->single + place(d, block), d->n_features, r, g);
        return;
    }
    if (d->x) {
        hn_block_gradient(d->x + place(d, block), d->n_features, r, g);
        return;
    }
    span rows = rows_of(d, block);
    const hn_csr *m = d->sparse;
    for (int64_t i = rows.begin; i < rows.end; i++)
        for (int64_t k = m->start[i]; k < m->start[i + 1]; k++)
            g[m->column[k]] += r[i - rows.begin] * m->value[k];
}

void hn_design_gram(const hn_design *d, int64_t block, const double *w, double *gram, int64_t ld,
                    double *cross) {
    if (d->single) {
        hn_block_gram_single(d->single + place(d, block), d->n_features, w, gram, ld, cross);
        return;
    }
    if (d->x) {
        hn_block_gram(d->x + place(d, block), d->n_features, w, gram, ld, cross);
        return;
    }
    span rows = rows_of(d, block);
    const hn_csr *m = d->sparse;
    for (int64_t i = rows.begin; i < rows.end; i++) {
        for (int64_t k = m->start[i]; k < m->start[i + 1]; k++) {
            double wx = w[i - rows.begin] * m->value[k];
            double *row = gram + m->column[k] * ld;
            cross[m->column[k]] += wx;
            for (int64_t l = k; l < m->start[i + 1]; l++) row[m->column[l]] += wx * m->value[l];
        }
    }
}
