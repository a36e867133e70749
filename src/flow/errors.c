/* errors.c - rows by loss and by certainty, classes by confusion; segments are in segments.c. */
#include "flow/errors.h"
#include "flow/segments.h"
#include "ml/metric/report.h"
#include "num/sort.h"
#include "table/write.h"
#include <string.h>

/* ---- one row --------------------------------------------------------------------------------- */

static hone_status put_values(hone_ctx *ctx, const hn_table *inputs, int64_t i, hn_json_doc *doc,
                              hn_json_mut *object) {
    HN_SCRATCH(ctx);
    hn_str text;
    hn_json *values;
    hn_str_init(&text, ctx, ctx->scratch);
    hn_write_json_row(&text, inputs, i);
    HN_TRY(hn_str_status(&text));
    HN_TRY(hn_json_read(ctx, ctx->scratch, text.text, text.length, "row", &values));
    yyjson_mut_obj_add_val(doc, object, "values", yyjson_val_mut_copy(doc, values));
    return HONE_OK;
}

static void put_answer(const hn_examined *e, int64_t i, hn_json_doc *doc, hn_json_mut *object) {
    const hn_scored *s = e->scored;
    yyjson_mut_obj_add_int(doc, object, "row", e->rows[i] + 1);
    if (s->n_classes == 0) {
        yyjson_mut_obj_add_real(doc, object, "truth", s->y[i]);
        yyjson_mut_obj_add_real(doc, object, "prediction", s->value[i]);
        return;
    }
    const hn_dictionary *classes = e->model->classes;
    yyjson_mut_obj_add_val(doc, object, "truth", hn_report_label(doc, classes, (int32_t)s->y[i]));
    yyjson_mut_obj_add_val(doc, object, "prediction",
                           hn_report_label(doc, classes, (int32_t)s->label[i]));
    yyjson_mut_obj_add_real(doc, object, "probability",
                            s->proba[i * s->n_classes + (int32_t)s->y[i]]);
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* The gap between the largest and the second largest score. */
static double gap_of(const double *scores, int32_t k) {
    double first = -(double)INFINITY, second = -(double)INFINITY;
    for (int32_t c = 0; c < k; c++) {
        if (scores[c] > first) {
            second = first;
            first = scores[c];
        } else if (scores[c] > second) {
            second = scores[c];
        }
    }
    return first - second;
}

/* How bad an answer is, by what the task can tell: log loss, or how far the true class's score lies behind
 * the largest other, or the size of the error. */
static void losses_of(const hn_examined *e, bool probabilities, double *ret_loss) {
    const hn_scored *s = e->scored;
    if (s->n_classes > 0 && probabilities) {
        hn_metric_log_loss.per_row(s, 0, s->n, ret_loss);
        return;
    }
    for (int64_t i = 0; i < s->n; i++) {
        if (s->n_classes == 0) {
            ret_loss[i] = fabs(s->y[i] - s->value[i]);
            continue;
        }
        const double *scores = s->proba + i * s->n_classes;
        int32_t truth = (int32_t)s->y[i];
        double other = -(double)INFINITY;
        for (int32_t c = 0; c < s->n_classes; c++)
            if (c != truth && scores[c] > other) other = scores[c];
        ret_loss[i] = other - scores[truth];
    }
}

/* The rows with the smallest figures, each with its figure under a name. */
static hone_status put_rows(hone_ctx *ctx, const hn_examined *e, const double *figures, double sign,
                            const char *name, int64_t most, hn_json_doc *doc, hn_json_mut *list) {
    HN_SCRATCH(ctx);
    int64_t n = e->scored->n, *order;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n + 1));
    HN_TRY(hn_argsort_f64(ctx, figures, n, order));
    for (int64_t r = 0; r < n && r < most; r++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        put_answer(e, order[r], doc, one);
        yyjson_mut_obj_add_real(doc, one, name, sign * figures[order[r]]);
        HN_TRY(put_values(ctx, e->inputs, order[r], doc, one));
    }
    return HONE_OK;
}

static hone_status put_worst(hone_ctx *ctx, const hn_examined *e, int64_t most, hn_json_doc *doc,
                             hn_json_mut *object) {
    HN_SCRATCH(ctx);
    double *loss;
    const hn_stage *stage = hn_pipeline_model(&e->model->pipeline);
    bool probabilities = hn_gives_probabilities(stage->kind, stage->state);
    HN_TRY(HN_SCRATCH_NEW(ctx, loss, e->scored->n + 1));
    losses_of(e, probabilities, loss);
    for (int64_t i = 0; i < e->scored->n; i++) loss[i] = -loss[i];
    return put_rows(ctx, e, loss, -1, e->scored->n_classes > 0 ? "loss" : "error", most, doc,
                    yyjson_mut_obj_add_arr(doc, object, "worst"));
}

static hone_status put_least_certain(hone_ctx *ctx, const hn_examined *e, int64_t most,
                                     hn_json_doc *doc, hn_json_mut *object) {
    HN_SCRATCH(ctx);
    const hn_scored *s = e->scored;
    double *gap;
    HN_TRY(HN_SCRATCH_NEW(ctx, gap, s->n + 1));
    for (int64_t i = 0; i < s->n; i++) gap[i] = gap_of(s->proba + i * s->n_classes, s->n_classes);
    return put_rows(ctx, e, gap, 1, "gap", most, doc,
                    yyjson_mut_obj_add_arr(doc, object, "least_certain"));
}

/* ---- classes taken for each other ------------------------------------------------------------ */

static hone_status put_confused(hone_ctx *ctx, const hn_examined *e, int64_t most, hn_json_doc *doc,
                                hn_json_mut *object) {
    HN_SCRATCH(ctx);
    const hn_scored *s = e->scored;
    int64_t k = s->n_classes, *order;
    double *cells, *truth;
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "confused");
    if (k > 2000) return HONE_OK; /* the matrix would not be worth its memory */
    HN_TRY(HN_SCRATCH_NEW(ctx, cells, k * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, truth, k));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, k * k));
    for (int64_t i = 0; i < s->n; i++) {
        double weight = hn_scored_weight(s, i);
        truth[(int64_t)s->y[i]] += weight;
        if (s->y[i] != s->label[i]) cells[(int64_t)s->y[i] * k + (int64_t)s->label[i]] -= weight;
    }
    HN_TRY(hn_argsort_f64(ctx, cells, k * k, order));
    for (int64_t c = 0; c < k * k && c < most && cells[order[c]] < 0; c++) {
        int32_t from = (int32_t)(order[c] / k), to = (int32_t)(order[c] % k);
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_val(doc, one, "truth", hn_report_label(doc, e->model->classes, from));
        yyjson_mut_obj_add_val(doc, one, "prediction", hn_report_label(doc, e->model->classes, to));
        yyjson_mut_obj_add_real(doc, one, "weight", -cells[order[c]]);
        yyjson_mut_obj_add_real(doc, one, "share", -cells[order[c]] / truth[from]);
    }
    return HONE_OK;
}

/* ---- whole ----------------------------------------------------------------------------------- */

hone_status hn_errors_json(hone_ctx *ctx, const hn_examined *e, int64_t most, hn_json_doc *doc,
                           hn_json_mut **ret_object) {
    HN_SCRATCH(ctx);
    hn_json_mut *object = yyjson_mut_obj(doc);
    const hn_scored *s = e->scored;
    double *error;
    HN_TRY(put_worst(ctx, e, most, doc, object));
    if (s->n_classes > 0) {
        HN_TRY(put_least_certain(ctx, e, most, doc, object));
        HN_TRY(put_confused(ctx, e, most, doc, object));
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, error, s->n + 1));
    for (int64_t i = 0; i < s->n; i++)
        error[i] = s->n_classes > 0 ? s->y[i] != s->label[i] : fabs(s->y[i] - s->value[i]);
    yyjson_mut_obj_add_str(doc, object, "measure",
                           s->n_classes > 0 ? "error_rate" : "absolute_error");
    HN_TRY(hn_segments_json(ctx, e->inputs, error, s->weight, most, doc, object));
    *ret_object = object;
    return HONE_OK;
}
