/* linear_model.c - scoring, storing and showing of linear models; see linear_model.h. */
#include "ml/linear/linear_model.h"
#include "num/blas.h"
#include "num/distribution.h"
#include "num/math.h"
#include "num/product.h"
#include "num/simd.h"
#include "table/rows.h"
#include <assert.h>
#include <math.h>
#include <string.h>

hone_status hn_linear_init(hone_ctx *ctx, hn_arena *arena, hn_linear *model, int64_t n_features,
                           int64_t n_outputs, hn_link link) {
    model->n_features = n_features;
    model->n_outputs = n_outputs;
    model->link = link;
    HN_TRY(HN_NEW(ctx, arena, model->coef, n_outputs * n_features));
    HN_TRY(HN_NEW(ctx, arena, model->intercept, n_outputs));
    return HN_NEW(ctx, arena, model->sd, n_features);
}

/* ---- from sums to answers ------------------------------------------------------------------- */

/* Scores [n] to both classes' probabilities out [n, 2]. With e = exp(-|eta|) the one ahead has 1 / (1 + e), the
 * other e / (1 + e). */
HN_CLONES static void two_probabilities(const double *eta, int64_t n, double *out) {
    enum { ROWS = 64 };
    _Alignas(64) double e[ROWS];
    for (int64_t begin = 0; begin < n; begin += ROWS) {
        int64_t rows = n - begin < ROWS ? n - begin : ROWS;
        const double *from = eta + begin;
        double *to = out + 2 * begin;
        HN_SIMD for (int64_t i = 0; i < rows; i++) e[i] = -fabs(from[i]);
        hn_exp_array(e, e, rows);
        HN_SIMD for (int64_t i = 0; i < rows; i++) {
            double ahead = 1 / (1 + e[i]), behind = e[i] / (1 + e[i]);
            to[2 * i] = from[i] >= 0 ? behind : ahead;
            to[2 * i + 1] = from[i] >= 0 ? ahead : behind;
        }
    }
}

/* sums [n, n_outputs] of coefficients and features to answers; in place but for links of two classes. */
static void answer_rows(const hn_linear *m, double *sums, int64_t n, double *out) {
    int64_t k = m->n_outputs;
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < k; c++) sums[i * k + c] += m->intercept[c];
    switch ((hn_link)m->link) {
    case HN_LINK_SIGMOID: two_probabilities(sums, n, out); break;
    case HN_LINK_MARGIN:
        for (int64_t i = 0; i < n; i++) {
            out[2 * i] = -sums[i];
            out[2 * i + 1] = sums[i];
        }
        break;
    case HN_LINK_SOFTMAX: hn_softmax_rows(out, n, k); break;
    case HN_LINK_EXP: hn_exp_array(out, out, n); break;
    case HN_LINK_IDENTITY:
    case HN_LINK_COUNT: break;
    }
}

/* ---- scoring -------------------------------------------------------------------------------- */

/* Rows at a time: what is gathered and summed of them stays in the cache; from columns that lie apart as many as
 * that the next lines of each are fetched beforehand. */
enum { ROWS = 256, FEW = 64, LEAST = 8, NUMBERS = 1 << 15 };

typedef struct score_job {
    const hn_linear *model;
    const hn_table *x;
    const double *by_feature; /* coefficients [p, hn_product_width(k)] where k > 1; or NULL */
    double *out;
} score_job;

static hone_status score_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const score_job *job = arg;
    const hn_linear *m = job->model;
    int64_t p = m->n_features, answers = hn_linear_outputs(m), stride, ignored;
    int64_t most = NUMBERS / (p + 1), all = chunk.end - chunk.begin;
    const double *direct = hn_table_as_rows(job->x, &stride);
    double *gathered = NULL, two[ROWS];
    HN_SCRATCH(ctx);
    bool apart = !direct && !hn_table_as_row_floats(job->x, &ignored);
    int64_t limit = apart ? ROWS : FEW;
    most = most > limit ? limit : most < LEAST ? LEAST : most;
    if (!direct) HN_TRY(HN_SCRATCH_NEW(ctx, gathered, (most < all ? most : all) * p));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += most) {
        int64_t n = chunk.end - begin < most ? chunk.end - begin : most;
        double *out = job->out + begin * answers, *sums = answers > m->n_outputs ? two : out;
        if (gathered) hn_table_rows(job->x, begin, begin + n, gathered);
        const double *rows = gathered ? gathered : direct + begin * stride;
        if (job->by_feature)
            hn_product(rows, gathered ? p : stride, n, job->by_feature, p, m->n_outputs, sums);
        else
            hn_dot_rows(rows, gathered ? p : stride, n, m->coef, 1, p, sums);
        answer_rows(m, sums, n, out);
    }
    return HONE_OK;
}

/* As hn_csr_dot with each output. */
static void sparse_sums(const score_job *job, int64_t begin, int64_t n, double *sums) {
    const hn_csr *x = job->x->csr;
    int64_t k = job->model->n_outputs, width = hn_product_width(k);
    memset(sums, 0, (size_t)(n * k) * sizeof *sums);
    for (int64_t i = 0; i < n; i++) {
        double *sum = sums + i * k;
        for (int64_t c = 0; !job->by_feature && c < k; c++)
            sum[c] = hn_csr_dot(x, begin + i, job->model->coef + c * x->cols);
        if (!job->by_feature) continue;
        for (int64_t at = x->start[begin + i]; at < x->start[begin + i + 1]; at++) {
            const double value = x->value[at], *coef = job->by_feature + x->column[at] * width;
            HN_SIMD for (int64_t c = 0; c < k; c++) sum[c] += value * coef[c];
        }
    }
}

static hone_status score_sparse(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const score_job *job = arg;
    const hn_linear *m = job->model;
    int64_t answers = hn_linear_outputs(m);
    double two[ROWS];
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t n = chunk.end - begin < ROWS ? chunk.end - begin : ROWS;
        double *out = job->out + begin * answers, *sums = answers > m->n_outputs ? two : out;
        sparse_sums(job, begin, n, sums);
        answer_rows(m, sums, n, out);
    }
    return HONE_OK;
}

hone_status hn_linear_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                              double *ret_out) {
    enum { GRAIN = 4096, CHUNK = 1 << 18 };
    const hn_linear *m = state;
    assert(x->n_columns == m->n_features);
    score_job job = {m, x, NULL, ret_out};
    int64_t grain = CHUNK / (m->n_features + 1);
    grain = grain > GRAIN ? GRAIN : grain < ROWS ? ROWS : grain;
    HN_SCRATCH(ctx);
    double *turned = NULL;
    int64_t k = m->n_outputs, p = m->n_features, width = hn_product_width(k);
    if (k > 1 && (!x->csr || hn_csr_entries(x->csr) >= p)) {
        HN_TRY(HN_SCRATCH_NEW(ctx, turned, p * width));
        for (int64_t c = 0; c < k; c++)
            for (int64_t j = 0; j < p; j++) turned[j * width + c] = m->coef[c * p + j];
    }
    job.by_feature = turned;
    return x->csr ? hn_parallel(ctx, x->n_rows, GRAIN, score_sparse, &job)
                  : hn_parallel(ctx, x->n_rows, grain, score_chunk, &job);
}

/* The one score of two classes becomes two answers. */
int64_t hn_linear_outputs(const void *state) {
    const hn_linear *model = state;
    bool two = model->link == HN_LINK_SIGMOID || model->link == HN_LINK_MARGIN;
    return two ? 2 : model->n_outputs;
}

/* ---- storing -------------------------------------------------------------------------------- */

hone_status hn_linear_visit(hn_visitor *v, void *state) {
    hn_linear *m = state;
    HN_TRY(hn_visit(v, "n_features", &m->n_features));
    HN_TRY(hn_visit(v, "n_outputs", &m->n_outputs));
    HN_TRY(hn_visit(v, "link", &m->link));
    HN_TRY(hn_visit_check(v, m->n_features >= 0 && m->n_features <= INT32_MAX,
                          "number of features out of range"));
    HN_TRY(hn_visit_check(v, m->n_outputs >= 1 && m->n_outputs <= INT32_MAX,
                          "number of outputs out of range"));
    HN_TRY(hn_visit_check(v, m->link >= 0 && m->link < HN_LINK_COUNT, "unknown link"));
    HN_TRY(hn_visit_check(
        v, m->link == HN_LINK_SOFTMAX || m->link == HN_LINK_IDENTITY || m->n_outputs == 1,
        "several outputs of a link that has one"));
    HN_TRY(hn_visit(v, "coef", &m->coef, m->n_outputs, m->n_features));
    HN_TRY(hn_visit(v, "intercept", &m->intercept, m->n_outputs));
    return hn_visit(v, "sd", &m->sd, m->n_features);
}

hone_status hn_linear_prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    (void)arena;
    const hn_linear *m = state;
    if (m->n_features == schema->n_columns) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_FORMAT,
                   "the model has %lld coefficients for %d features; the file is damaged",
                   (long long)m->n_features, (int)schema->n_columns);
}

/* ---- showing -------------------------------------------------------------------------------- */

hone_status hn_linear_importances(hone_ctx *ctx, const void *state, double *ret_importances) {
    (void)ctx;
    const hn_linear *m = state;
    double total = 0;
    for (int64_t j = 0; j < m->n_features; j++) {
        double sum = 0;
        for (int64_t k = 0; k < m->n_outputs; k++) sum += fabs(m->coef[k * m->n_features + j]);
        ret_importances[j] = sum * m->sd[j];
        total += ret_importances[j];
    }
    for (int64_t j = 0; j < m->n_features; j++)
        ret_importances[j] = total > 0 && isfinite(total) ? ret_importances[j] / total : 0;
    return HONE_OK;
}

static hn_json_mut *named_values(const hn_table *schema, const double *values, hn_json_doc *doc) {
    hn_json_mut *object = yyjson_mut_obj(doc);
    for (int32_t j = 0; j < schema->n_columns; j++) {
        hn_json_mut *name = yyjson_mut_strcpy(doc, schema->columns[j].name);
        yyjson_mut_obj_add(object, name, yyjson_mut_real(doc, values[j]));
    }
    return object;
}

void hn_linear_report_values(const hn_table *schema, const double *values, hn_json_doc *doc,
                             hn_json_mut *object, const char *key) {
    yyjson_mut_obj_add_val(doc, object, key, named_values(schema, values, doc));
}

hone_status hn_linear_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const hn_linear *m = state;
    assert(schema->n_columns == m->n_features);
    if (m->n_outputs == 1) {
        hn_linear_report_values(schema, m->coef, doc, object, "coefficients");
        yyjson_mut_obj_add_real(doc, object, "intercept", m->intercept[0]);
        return HONE_OK;
    }
    hn_json_mut *coefs = yyjson_mut_arr(doc), *intercepts = yyjson_mut_arr(doc);
    for (int64_t k = 0; k < m->n_outputs; k++) {
        yyjson_mut_arr_append(coefs, named_values(schema, m->coef + k * m->n_features, doc));
        yyjson_mut_arr_add_real(doc, intercepts, m->intercept[k]);
    }
    yyjson_mut_obj_add_val(doc, object, "coefficients", coefs);
    yyjson_mut_obj_add_val(doc, object, "intercept", intercepts);
    return HONE_OK;
}

static hn_json_mut *inference(hn_json_doc *doc, double value, double error, double df) {
    hn_json_mut *row = yyjson_mut_obj(doc);
    double t = value / error;
    yyjson_mut_obj_add_real(doc, row, "standard_error", error);
    yyjson_mut_obj_add_real(doc, row, isinf(df) ? "z" : "t", t);
    yyjson_mut_obj_add_real(doc, row, "p", hn_student_two_sided(t, df));
    return row;
}

void hn_linear_report_errors(const hn_linear *m, const hn_linear_errors *errors,
                             const hn_table *schema, hn_json_doc *doc, hn_json_mut *object) {
    bool several = m->n_outputs > 1;
    hn_json_mut *all = yyjson_mut_arr(doc), *intercepts = yyjson_mut_arr(doc), *rows = NULL,
                *constant = NULL;
    for (int64_t k = 0; k < m->n_outputs; k++) {
        rows = yyjson_mut_obj(doc);
        for (int64_t j = 0; j < m->n_features; j++) {
            hn_json_mut *name = yyjson_mut_strcpy(doc, schema->columns[j].name);
            int64_t at = k * m->n_features + j;
            yyjson_mut_obj_add(rows, name,
                               inference(doc, m->coef[at], errors->coef[at], errors->df));
        }
        if (errors->intercept)
            constant = inference(doc, m->intercept[k], errors->intercept[k], errors->df);
        if (!several) break;
        yyjson_mut_arr_append(all, rows);
        if (constant) yyjson_mut_arr_append(intercepts, constant);
    }
    yyjson_mut_obj_add_val(doc, object, "inference", several ? all : rows);
    if (constant)
        yyjson_mut_obj_add_val(doc, object, "intercept_inference", several ? intercepts : constant);
}
