/* nearest_centroid.c - each class is a point: its mean, or its median; shrunken if wanted. */
#include "base/parallel.h"
#include "num/math.h"
#include "num/sort.h"
#include "spec/estimator.h"
#include "table/rows.h"
#include <string.h>

enum { PRIORS_UNIFORM, PRIORS_EMPIRICAL };
enum { METRIC_EUCLIDEAN, METRIC_MANHATTAN };

typedef struct centroid_params {
    int metric;
    double shrink_threshold;
    int priors;
} centroid_params;

static const hone_param params[] = {
    HN_PARAM(centroid_params, metric, .def = "euclidean",
             .choices = HN_CHOICES("euclidean", "manhattan"), .search = "{euclidean, manhattan}",
             .doc = "euclidean takes each class's mean, manhattan its median."),
    HN_PARAM(centroid_params, shrink_threshold, .def = "0", .range = "[0, inf)",
             .search = "{0, 0.1, 0.5, 1, 2}",
             .doc = "Moves centroids towards the overall mean by so many deviations; what gets "
                    "there counts no more."),
    HN_PARAM(centroid_params, priors, .def = "uniform",
             .choices = HN_CHOICES("uniform", "empirical"), .level = HN_ADVANCED,
             .doc = "empirical favours large classes and weighs features by their deviation within "
                    "classes."),
};

typedef struct centroid_state {
    int64_t n_features, n_classes, metric, priors;
    double *centroids;            /* [k, d]; of a class without rows: the overall mean */
    double *class_prior;          /* [k] */
    double *within_class_std_dev; /* [d] */
    double *count;                /* [k] rows */
} centroid_state;

static hone_status centroid_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    (void)values;
    for (int64_t i = 1; i < data->x->n_rows; i++)
        if (data->y[i] != data->y[0]) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_DATA,
                   "nearest_centroid: all rows are of one class, so there is nothing to tell "
                   "apart; give it rows of at least two");
}

/* ---- rows, dense or sparse ------------------------------------------------------------------ */

typedef struct rows {
    int64_t n, d;
    const double *x;   /* [n, d]; NULL: */
    const hn_csr *csr; /* sparse */
} rows;

static hone_status rows_of(hone_ctx *ctx, const hn_table *x, rows *ret_rows) {
    double *matrix = NULL;
    if (!x->csr) HN_TRY(hn_table_matrix(ctx, ctx->scratch, x, &matrix));
    *ret_rows = (rows){x->n_rows, x->n_columns, matrix, x->csr};
    return HONE_OK;
}

/* to [d] += row i. */
static void add_row(const rows *r, int64_t i, double *to) {
    for (int64_t j = 0; r->x && j < r->d; j++) to[j] += r->x[i * r->d + j];
    for (int64_t e = r->x ? 0 : r->csr->start[i]; !r->x && e < r->csr->start[i + 1]; e++)
        to[r->csr->column[e]] += r->csr->value[e];
}

/* ---- fit ------------------------------------------------------------------------------------ */

static void find_means(const centroid_state *s, const hone_data *data, const rows *r) {
    int64_t d = s->n_features;
    for (int64_t i = 0; i < r->n; i++) add_row(r, i, s->centroids + (int64_t)data->y[i] * d);
    for (int64_t c = 0; c < s->n_classes; c++)
        for (int64_t j = 0; j < d && s->count[c] > 0; j++) s->centroids[c * d + j] /= s->count[c];
}

/* The k-th least of sorted values [n] with zeros among them. */
static double kth_of(const double *sorted, int64_t n, int64_t zeros, int64_t k) {
    int64_t below = 0;
    while (below < n && sorted[below] < 0) below++;
    return k < below ? sorted[k] : k < below + zeros ? 0 : sorted[k - zeros];
}

/* Of column j, whose values stand in value [m] with the rows' classes beside them. */
static hone_status medians_of(hone_ctx *ctx, const centroid_state *s, int64_t j,
                              const double *value, const double *label, int64_t m, double *room) {
    for (int64_t c = 0; c < s->n_classes; c++) {
        int64_t n = 0, all = (int64_t)s->count[c];
        for (int64_t i = 0; i < m; i++)
            if ((int64_t)label[i] == c) room[n++] = value[i];
        if (all == 0) continue;
        HN_TRY(hn_sort_f64(ctx, room, n));
        double low = kth_of(room, n, all - n, (all - 1) / 2),
               high = kth_of(room, n, all - n, all / 2);
        s->centroids[c * s->n_features + j] = low + (high - low) / 2;
    }
    return HONE_OK;
}

static hone_status find_medians(hone_ctx *ctx, const centroid_state *s, const hone_data *data,
                                const rows *r) {
    HN_SCRATCH(ctx);
    double *value, *label, *room;
    hn_csr columns = {0};
    HN_TRY(HN_SCRATCH_NEW(ctx, value, r->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, label, r->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, room, r->n));
    if (!r->x) HN_TRY(hn_csr_transpose(ctx, ctx->scratch, r->csr, &columns));
    for (int64_t j = 0; j < r->d; j++) {
        int64_t m = 0;
        for (int64_t i = 0; r->x && i < r->n; i++) {
            value[m] = r->x[i * r->d + j];
            label[m++] = data->y[i];
        }
        for (int64_t e = r->x ? 0 : columns.start[j]; !r->x && e < columns.start[j + 1]; e++) {
            value[m] = columns.value[e];
            label[m++] = data->y[columns.column[e]];
        }
        HN_TRY(medians_of(ctx, s, j, value, label, m, room));
    }
    return hn_check_cancel(ctx);
}

static hone_status find_deviations(hone_ctx *ctx, const centroid_state *s, const hone_data *data,
                                   const rows *r) {
    int64_t d = s->n_features, n = r->n, k = 0;
    double *sum = s->within_class_std_dev;
    for (int64_t c = 0; c < s->n_classes; c++) {
        k += s->count[c] > 0;
        /* Sparse: as if all were 0; then those that aren't. */
        for (int64_t j = 0; j < d && !r->x; j++)
            sum[j] += s->count[c] * s->centroids[c * d + j] * s->centroids[c * d + j];
    }
    for (int64_t i = 0; i < n; i++) {
        const double *centroid = s->centroids + (int64_t)data->y[i] * d;
        for (int64_t j = 0; r->x && j < d; j++) {
            double by = r->x[i * d + j] - centroid[j];
            sum[j] += by * by;
        }
        for (int64_t e = r->x ? 0 : r->csr->start[i]; !r->x && e < r->csr->start[i + 1]; e++) {
            double v = r->csr->value[e], at = centroid[r->csr->column[e]];
            sum[r->csr->column[e]] += v * (v - 2 * at);
        }
    }
    for (int64_t j = 0; j < d; j++)
        sum[j] = n > k && sum[j] > 0 ? sqrt(sum[j] / (double)(n - k)) : 0;
    return hn_check_cancel(ctx);
}

/* Tibshirani et al. 2002: soft thresholding of each centroid's standardised distance from the mean. */
static hone_status shrink(hone_ctx *ctx, const centroid_state *s, const double *mean, int64_t n,
                          double threshold) {
    HN_SCRATCH(ctx);
    int64_t d = s->n_features;
    double *sorted;
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, d));
    memcpy(sorted, s->within_class_std_dev, (size_t)d * sizeof *sorted);
    HN_TRY(hn_sort_f64(ctx, sorted, d));
    double median = hn_quantile_sorted(sorted, d, 0.5);
    for (int64_t c = 0; c < s->n_classes; c++) {
        if (s->count[c] == 0) continue;
        double m = sqrt(1 / s->count[c] - 1 / (double)n);
        for (int64_t j = 0; j < d; j++) {
            double unit = m * (s->within_class_std_dev[j] + median);
            double away = s->centroids[c * d + j] - mean[j], size = fabs(away) / unit - threshold;
            if (!(unit > 0)) continue;
            s->centroids[c * d + j] = mean[j] + (size > 0 ? copysign(size * unit, away) : 0);
        }
    }
    return HONE_OK;
}

static hone_status centroid_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                hn_arena *arena, void *ret_state) {
    const centroid_params *p = values;
    centroid_state *s = ret_state;
    HN_SCRATCH(ctx);
    int64_t n = data->x->n_rows, d = data->x->n_columns;
    double *mean;
    rows r;
    *s = (centroid_state){
        .n_features = d, .n_classes = data->n_classes, .metric = p->metric, .priors = p->priors};
    HN_TRY(rows_of(ctx, data->x, &r));
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, d));
    HN_TRY(HN_NEW(ctx, arena, s->centroids, s->n_classes * d));
    HN_TRY(HN_NEW(ctx, arena, s->class_prior, s->n_classes));
    HN_TRY(HN_NEW(ctx, arena, s->within_class_std_dev, d));
    HN_TRY(HN_NEW(ctx, arena, s->count, s->n_classes));
    for (int64_t i = 0; i < n; i++) {
        s->count[(int64_t)data->y[i]]++;
        add_row(&r, i, mean);
    }
    for (int64_t j = 0; j < d; j++) mean[j] /= (double)n;
    for (int64_t c = 0; c < s->n_classes; c++)
        s->class_prior[c] =
            p->priors == PRIORS_UNIFORM ? 1 / (double)s->n_classes : s->count[c] / (double)n;
    if (p->metric == METRIC_EUCLIDEAN)
        find_means(s, data, &r);
    else
        HN_TRY(find_medians(ctx, s, data, &r));
    HN_TRY(find_deviations(ctx, s, data, &r));
    if (p->shrink_threshold > 0) HN_TRY(shrink(ctx, s, mean, n, p->shrink_threshold));
    for (int64_t c = 0; c < s->n_classes; c++)
        if (s->count[c] == 0) memcpy(s->centroids + c * d, mean, (size_t)d * sizeof *mean);
    return HONE_OK;
}

/* ---- answers -------------------------------------------------------------------------------- */

/* Equal shares: less the distance. Else the discriminant score (Hastie, Tibshirani, Friedman 2009, eq.
 * 18.2), where features count in units of their deviation. */
static double part_of(const centroid_state *s, int64_t c, int64_t j, double v) {
    double by = v - s->centroids[c * s->n_features + j], unit = s->within_class_std_dev[j];
    if (s->priors == PRIORS_EMPIRICAL && unit > 0) by /= unit;
    return s->metric == METRIC_EUCLIDEAN ? by * by : fabs(by);
}

static double score_of(const centroid_state *s, int64_t c, double sum) {
    if (s->priors == PRIORS_UNIFORM) return s->metric == METRIC_EUCLIDEAN ? -sqrt(sum) : -sum;
    return 2 * hn_log(s->class_prior[c]) - (s->metric == METRIC_EUCLIDEAN ? sum : sum * sum);
}

/* out [k]: sums over columns to scores. */
static void answer_row(const centroid_state *s, double *out) {
    double least = 0;
    for (int64_t c = 0; c < s->n_classes; c++) {
        if (!(s->count[c] > 0)) continue;
        out[c] = score_of(s, c, out[c] > 0 ? out[c] : 0);
        least = out[c] < least ? out[c] : least;
    }
    for (int64_t c = 0; c < s->n_classes; c++) /* a class without rows never wins */
        if (!(s->count[c] > 0)) out[c] = 2 * least - 1;
    if (s->n_classes != 2) return;
    out[1] = out[1] - out[0];
    out[0] = -out[1];
}

typedef struct answers {
    const centroid_state *state;
    const hn_table *x;
    double *zero; /* sparse: [k] sums of a row of zeros */
    double *out;
} answers;

static hone_status answer_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const answers *a = arg;
    const centroid_state *s = a->state;
    const hn_csr *m = a->x->csr;
    int64_t d = s->n_features;
    HN_SCRATCH(ctx);
    double *row = NULL;
    if (!m) HN_TRY(HN_SCRATCH_NEW(ctx, row, d + 1));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *out = a->out + i * s->n_classes;
        if (!m) hn_table_rows(a->x, i, i + 1, row);
        for (int64_t c = 0; c < s->n_classes; c++) {
            out[c] = m ? a->zero[c] : 0;
            for (int64_t j = 0; !m && j < d; j++) out[c] += part_of(s, c, j, row[j]);
            for (int64_t e = m ? m->start[i] : 0; m && e < m->start[i + 1]; e++)
                out[c] += part_of(s, c, m->column[e], m->value[e]) - part_of(s, c, m->column[e], 0);
        }
        answer_row(s, out);
    }
    return HONE_OK;
}

static hone_status centroid_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                    double *ret_out) {
    const centroid_state *s = state;
    HN_SCRATCH(ctx);
    answers a = {.state = state, .x = x, .out = ret_out};
    if (x->csr) HN_TRY(HN_SCRATCH_NEW(ctx, a.zero, s->n_classes));
    for (int64_t c = 0; x->csr && c < s->n_classes; c++)
        for (int64_t j = 0; j < s->n_features; j++) a.zero[c] += part_of(s, c, j, 0);
    return hn_parallel(ctx, x->n_rows, 1024, answer_chunk, &a);
}

static int64_t centroid_outputs(const void *state) {
    return ((const centroid_state *)state)->n_classes;
}

static hone_status centroid_visit(hn_visitor *v, void *state) {
    centroid_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit(v, "metric", &s->metric));
    HN_TRY(hn_visit(v, "priors", &s->priors));
    HN_TRY(hn_visit_check(v, s->n_classes >= 2 && s->n_classes <= INT32_MAX,
                          "number of classes out of range"));
    HN_TRY(hn_visit(v, "centroids", &s->centroids, s->n_classes, s->n_features));
    HN_TRY(hn_visit(v, "class_prior", &s->class_prior, s->n_classes));
    HN_TRY(hn_visit(v, "class_count", &s->count, s->n_classes));
    return hn_visit(v, "within_class_std_dev", &s->within_class_std_dev, s->n_features);
}

static hone_status centroid_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                   hn_json_doc *doc, hn_json_mut *object) {
    const centroid_state *s = state;
    (void)ctx;
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "centroids");
    for (int64_t c = 0; c < s->n_classes; c++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        for (int64_t j = 0; j < s->n_features; j++)
            yyjson_mut_obj_add(one, yyjson_mut_strcpy(doc, schema->columns[j].name),
                               yyjson_mut_real(doc, s->centroids[c * s->n_features + j]));
    }
    return HONE_OK;
}

const hone_estimator hn_nearest_centroid = {
    .name = "nearest_centroid",
    .title = "Nearest centroid",
    .class_names = "NearestCentroid",
    .family = "neighbors",
    .doc =
        "Each class is one point, and a row is of the class whose point is nearest. Simple, fast, "
        "and with shrinking a way to choose among very many features.",
    .references = "Tibshirani, Hastie, Narasimhan, Chu (2002), Nearest shrunken centroids",
    .tasks = HN_TASK_CLASSIFY,
    .can = HN_CAN_SPARSE | HN_WANTS_SCALING,
    .params = HN_PARAMS(centroid_params, params),
    .state_size = sizeof(centroid_state),
    .check = centroid_check,
    .fit = centroid_fit,
    .predict = centroid_predict,
    .outputs = centroid_outputs,
    .visit = centroid_visit,
    .report = centroid_report,
    HN_GOLDEN({"tabular/wine/wine.csv", "class", NULL, NULL, "all", "accuracy", 0.9775280898876404,
               1e-9, "scikit-learn 1.9.1, StandardScaler, NearestCentroid()"},
              {"tabular/breast_cancer/breast_cancer.csv", "diagnosis", NULL,
               "{\"shrink_threshold\":1,\"priors\":\"empirical\"}", "all", "accuracy",
               0.9420035149384886, 1e-9,
               "scikit-learn 1.9.1, StandardScaler, NearestCentroid(shrink_threshold=1, "
               "priors='empirical')"}),
};
