/* counts.c - counting, scoring and storing for naive Bayes on counts; see counts.h. */
#include "ml/bayes/counts.h"
#include "num/blas.h"
#include "num/simd.h"
#include "spec/moments.h"
#include "table/rows.h"
#include <string.h>

hone_status hn_counts_init(hone_ctx *ctx, hn_arena *arena, const hone_data *data, hn_counts *s) {
    int64_t k = s->n_classes = data->n_classes, p = s->n_features = data->x->n_columns;
    s->threshold = -INFINITY;
    HN_TRY(HN_NEW(ctx, arena, s->class_count, k));
    HN_TRY(HN_NEW(ctx, arena, s->class_log_prior, k));
    HN_TRY(HN_NEW(ctx, arena, s->feature_count, k * p));
    return HN_NEW(ctx, arena, s->feature_log_prob, k * p);
}

static inline double valued(const hn_counts *s, double value) {
    return s->threshold == -INFINITY ? value : value > s->threshold;
}

/* ---- rows ----------------------------------------------------------------------------------- */

enum { ROWS = 32 };

/* A few rows at a time: as they lie in memory, or copied and held against the threshold. */
typedef struct row_reader {
    const hn_counts *s;
    const hn_table *x;
    const double *direct; /* NULL: copied to own */
    double *own;          /* [ROWS, p] */
    const double *rows;   /* the first of those asked for */
    int64_t stride;
} row_reader;

static hone_status reader_init(hone_ctx *ctx, const hn_counts *s, const hn_table *x,
                               row_reader *r) {
    *r = (row_reader){.s = s, .x = x, .stride = s->n_features};
    if (s->threshold == -INFINITY) r->direct = hn_table_as_rows(x, &r->stride);
    if (r->direct) return HONE_OK;
    r->stride = s->n_features;
    HN_TRY(HN_SCRATCH_NEW(ctx, r->own, ROWS * s->n_features));
    r->rows = r->own;
    return HONE_OK;
}

static void reader_at(row_reader *r, int64_t begin, int64_t end) {
    if (r->direct) {
        r->rows = r->direct + begin * r->stride;
        return;
    }
    hn_table_rows(r->x, begin, end, r->own);
    if (r->s->threshold == -INFINITY) return;
    for (int64_t i = 0; i < (end - begin) * r->stride; i++) r->own[i] = valued(r->s, r->own[i]);
}

/* ---- counting ------------------------------------------------------------------------------- */

typedef struct count_job {
    const hn_counts *s;
    const hone_data *data;
    double *slots; /* [chunks][k + k * p] */
} count_job;

static void count_sparse(const count_job *job, int64_t i, double w, double *count) {
    const hn_csr *m = job->data->x->csr;
    for (int64_t e = m->start[i]; e < m->start[i + 1]; e++)
        count[m->column[e]] += w * valued(job->s, m->value[e]);
}

/* A row's counts, times its weight, onto its class's. */
HN_CLONES static void add_row(double *restrict count, const double *restrict row, int64_t p,
                              double w) {
    HN_SIMD
    for (int64_t j = 0; j < p; j++) count[j] += w * row[j];
}

static hone_status count_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const count_job *job = arg;
    const hone_data *data = job->data;
    int64_t k = job->s->n_classes, p = job->s->n_features;
    double *classes = job->slots + chunk.index * (k + k * p), *features = classes + k;
    memset(classes, 0, (size_t)(k + k * p) * sizeof *classes);
    row_reader reader;
    if (!data->x->csr) HN_TRY(reader_init(ctx, job->s, data->x, &reader));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        int64_t c = (int64_t)data->y[i], in = (i - chunk.begin) % ROWS;
        double w = data->weight ? data->weight[i] : 1, *count = features + c * p;
        classes[c] += w;
        if (data->x->csr) {
            count_sparse(job, i, w, count);
            continue;
        }
        if (in == 0) reader_at(&reader, i, i + ROWS < chunk.end ? i + ROWS : chunk.end);
        add_row(count, reader.rows + in * reader.stride, p, w);
    }
    return HONE_OK;
}

hone_status hn_counts_add(hone_ctx *ctx, const hn_counts_params *p, const hone_data *data,
                          hn_counts *s) {
    HN_SCRATCH(ctx);
    int64_t k = s->n_classes, n = data->x->n_rows, slot = k + k * s->n_features;
    int64_t grain = hn_slot_grain(n, slot), chunks = hn_chunks(n, grain);
    count_job job = {.s = s, .data = data};
    HN_TRY(HN_SCRATCH_NEW(ctx, job.slots, chunks * slot));
    HN_TRY(hn_parallel(ctx, n, grain, count_chunk, &job));
    hn_slot_reduce(job.slots, chunks, slot);
    for (int64_t c = 0; c < k; c++) s->class_count[c] += job.slots[c];
    for (int64_t i = 0; i < k * s->n_features; i++) s->feature_count[i] += job.slots[k + i];
    hn_bayes_log_priors(&p->class_prior, !p->fit_prior, s->class_count, k, s->class_log_prior);
    return HONE_OK;
}

/* ---- answers -------------------------------------------------------------------------------- */

hone_status hn_counts_prepare(hone_ctx *ctx, hn_arena *arena, hn_counts *s) {
    if (s->slope) return HONE_OK;
    HN_TRY(HN_NEW(ctx, arena, s->shift, s->n_classes));
    return HN_NEW(ctx, arena, s->slope, s->n_classes * s->n_features);
}

typedef struct answer_job {
    const hn_counts *s;
    const hn_table *x;
    double *ret;
} answer_job;

static hone_status answer_dense(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const answer_job *job = arg;
    const hn_counts *s = job->s;
    int64_t k = s->n_classes;
    row_reader reader;
    HN_TRY(reader_init(ctx, s, job->x, &reader));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t n = begin + ROWS < chunk.end ? ROWS : chunk.end - begin;
        double *ret = job->ret + begin * k;
        reader_at(&reader, begin, begin + n);
        hn_dot_rows(reader.rows, reader.stride, n, s->slope, k, s->n_features, ret);
        for (int64_t i = 0; i < n; i++)
            for (int64_t c = 0; c < k; c++) ret[i * k + c] += s->shift[c];
        hn_bayes_probabilities(s->class_log_prior, n, k, ret);
    }
    return HONE_OK;
}

static hone_status answer_sparse(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const answer_job *job = arg;
    const hn_counts *s = job->s;
    const hn_csr *x = job->x->csr;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *ret = job->ret + i * s->n_classes;
        for (int64_t c = 0; c < s->n_classes; c++) {
            const double *slope = s->slope + c * s->n_features;
            double sum = 0;
            for (int64_t e = x->start[i]; e < x->start[i + 1]; e++)
                sum += valued(s, x->value[e]) * slope[x->column[e]];
            ret[c] = s->shift[c] + sum;
        }
        hn_bayes_probabilities(s->class_log_prior, 1, s->n_classes, ret);
    }
    return HONE_OK;
}

hone_status hn_counts_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                              double *ret_out) {
    return hn_parallel(ctx, x->n_rows, x->csr ? 256 : 512, x->csr ? answer_sparse : answer_dense,
                       &(answer_job){state, x, ret_out});
}

/* ---- storing and showing -------------------------------------------------------------------- */

int64_t hn_counts_outputs(const void *state) { return ((const hn_counts *)state)->n_classes; }

hone_status hn_counts_visit(hn_visitor *v, void *state) {
    hn_counts *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit_check(v, s->n_features >= 1 && s->n_features <= INT32_MAX, "bad n_features"));
    HN_TRY(hn_visit_check(v, s->n_classes >= 1 && s->n_classes <= INT32_MAX, "bad n_classes"));
    HN_TRY(hn_visit(v, "class_count", &s->class_count, s->n_classes));
    HN_TRY(hn_visit(v, "class_log_prior", &s->class_log_prior, s->n_classes));
    HN_TRY(hn_visit(v, "feature_count", &s->feature_count, s->n_classes, s->n_features));
    HN_TRY(hn_visit(v, "feature_log_prob", &s->feature_log_prob, s->n_classes, s->n_features));
    return hn_visit(v, "threshold", &s->threshold);
}

hone_status hn_counts_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object) {
    enum { MANY = 1000 }; /* features: of more, nobody reads a list */
    (void)ctx;
    const hn_counts *s = state;
    hn_bayes_report(s->class_log_prior, s->n_classes, doc, object);
    if (s->n_features > MANY) return HONE_OK;
    hn_json_mut *classes = yyjson_mut_obj_add_arr(doc, object, "feature_log_prob");
    for (int64_t c = 0; c < s->n_classes; c++) {
        hn_json_mut *features = yyjson_mut_arr_add_obj(doc, classes);
        for (int64_t j = 0; j < s->n_features; j++)
            yyjson_mut_obj_add(features, yyjson_mut_strcpy(doc, schema->columns[j].name),
                               yyjson_mut_real(doc, s->feature_log_prob[c * s->n_features + j]));
    }
    return HONE_OK;
}
