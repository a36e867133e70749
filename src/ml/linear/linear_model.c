/* linear_model.c - scoring, storing and showing of linear models; see linear_model.h. */
#include "ml/linear/linear_model.h"
#include "num/blas.h"
#include "num/distribution.h"
#include "num/math.h"
#include "table/rows.h"
#include <assert.h>
#include <math.h>

hone_status hn_linear_init(hone_ctx *ctx, hn_arena *arena, hn_linear *model, int64_t n_features,
                           int64_t n_outputs, hn_link link) {
    model->n_features = n_features;
    model->n_outputs = n_outputs;
    model->link = link;
    HN_TRY(HN_NEW(ctx, arena, model->coef, n_outputs * n_features));
    HN_TRY(HN_NEW(ctx, arena, model->intercept, n_outputs));
    return HN_NEW(ctx, arena, model->sd, n_features);
}

/* ---- scoring -------------------------------------------------------------------------------- */

/* Sums of one row, k of them, to its answers; two for a sigmoid. */
static void answer(const hn_linear *m, double *out) {
    for (int64_t k = 0; k < m->n_outputs; k++) out[k] += m->intercept[k];
    if (m->link == HN_LINK_SOFTMAX) hn_softmax(out, m->n_outputs);
    if (m->link == HN_LINK_EXP) out[0] = hn_exp(out[0]);
    if (hn_linear_outputs(m) == m->n_outputs) return;
    double eta = out[0];
    bool margin = m->link == HN_LINK_MARGIN;
    out[0] = margin ? -eta : hn_sigmoid(-eta);
    out[1] = margin ? eta : hn_sigmoid(eta);
}

typedef struct score_job {
    const hn_linear *model;
    const hn_table *x;
    double *out;
} score_job;

/* One row [p] to its answers. */
static void score_row(const hn_linear *m, const double *row, double *out) {
    for (int64_t k = 0; k < m->n_outputs; k++)
        out[k] = hn_dot(row, m->coef + k * m->n_features, m->n_features);
    answer(m, out);
}

/* Rows are gathered from their columns a few at a time, so that one row costs no more than it must. */
static hone_status score_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { ROWS = 32 };
    const score_job *job = arg;
    const hn_linear *m = job->model;
    int64_t p = m->n_features, answers = hn_linear_outputs(m), stride;
    const double *direct = hn_table_as_rows(job->x, &stride);
    if (direct) {
        for (int64_t i = chunk.begin; i < chunk.end; i++)
            score_row(m, direct + i * stride, job->out + i * answers);
        return HONE_OK;
    }
    int64_t most = chunk.end - chunk.begin < ROWS ? chunk.end - chunk.begin : ROWS;
    HN_SCRATCH(ctx);
    double *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, most * p));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t end = begin + ROWS < chunk.end ? begin + ROWS : chunk.end;
        hn_table_rows(job->x, begin, end, rows);
        for (int64_t i = begin; i < end; i++)
            score_row(m, rows + (i - begin) * p, job->out + i * answers);
    }
    return HONE_OK;
}

static hone_status score_sparse(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const score_job *job = arg;
    const hn_linear *m = job->model;
    int64_t answers = hn_linear_outputs(m);
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *out = job->out + i * answers;
        for (int64_t k = 0; k < m->n_outputs; k++)
            out[k] = hn_csr_dot(job->x->csr, i, m->coef + k * m->n_features);
        answer(m, out);
    }
    return HONE_OK;
}

hone_status hn_linear_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                              double *ret_out) {
    const hn_linear *model = state;
    assert(x->n_columns == model->n_features);
    return hn_parallel(ctx, x->n_rows, 4096, x->csr ? score_sparse : score_chunk,
                       &(score_job){model, x, ret_out});
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
