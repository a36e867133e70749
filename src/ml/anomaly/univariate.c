/* univariate.c - outliers column by column: by standard deviations, quartiles, or median deviations. */
#include "base/parallel.h"
#include "num/simd.h"
#include "num/sort.h"
#include "spec/estimator.h"
#include "table/rows.h"

enum { METHOD_ZSCORE, METHOD_IQR, METHOD_MAD };

typedef struct univariate_params {
    int method;
    double threshold;
} univariate_params;

static const hone_param params[] = {
    HN_PARAM(
        univariate_params, method, .def = "mad", .choices = HN_CHOICES("zscore", "iqr", "mad"),
        .doc = "zscore: distance from the mean in standard deviations; iqr: beyond the quartiles, "
               "in their distance; mad: from the median, in its deviations made comparable."),
    HN_PARAM(univariate_params, threshold, .def = "auto", .range = "(0, inf)",
             .words = HN_WORDS({"auto", 0}), .search = "[1, 6]",
             .doc = "A row is an anomaly if some column is further off; auto: 3, 1.5 and 3.5."),
};

/* A value x of a column is off by (low - x) / scale or (x - high) / scale, whatever is more. */
typedef struct univariate_state {
    int64_t n_features, method;
    double threshold;
    double *low, *high, *scale; /* [p]; scale 0: the column had no values and says nothing */
} univariate_state;

/* ---- fit ------------------------------------------------------------------------------------ */

static double mean_of(const double *v, int64_t n) { return hn_sum(v, n) / (double)n; }

static double sd_of(const double *v, int64_t n) {
    double mean = mean_of(v, n), sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (v[i] - mean) * (v[i] - mean);
    return sqrt(sum / (double)n);
}

/* The median of |v - median|, v ascending: from the middle outwards deviations grow on either side. */
static double median_deviation(const double *v, int64_t n, double median) {
    int64_t left = n - 1, right = n;
    for (int64_t low = 0; low <= left;) { /* the last that is not above the median */
        int64_t middle = (low + left) / 2;
        if (v[middle] <= median)
            low = middle + 1;
        else
            left = middle - 1;
    }
    right = left + 1;
    double before = 0, here = 0;
    for (int64_t seen = 0; seen <= n / 2; seen++) {
        double below = left >= 0 ? median - v[left] : INFINITY;
        double above = right < n ? v[right] - median : INFINITY;
        before = here;
        here = below < above ? below : above;
        if (below < above)
            left--;
        else
            right++;
    }
    return n % 2 != 0 ? here : before + 0.5 * (here - before);
}

/* Median deviation from the median, times what makes it the standard deviation of normal values; where half
 * of the values are equal the mean deviation (Iglewicz, Hoaglin 1993). v is ascending. */
static double deviation_of(const double *v, int64_t n, double median) {
    double mad = median_deviation(v, n, median), sum = 0;
    if (mad > 0) return mad / 0.6745;
    for (int64_t i = 0; i < n; i++) sum += fabs(v[i] - median);
    return 1.253314 * sum / (double)n;
}

typedef struct fit_job {
    const hn_table *x;
    univariate_state *s;
} fit_job;

static hone_status fit_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const fit_job *job = arg;
    univariate_state *s = job->s;
    int64_t n = job->x->n_rows;
    double *values;
    hn_table few = {.n_rows = n,
                    .n_columns = (int32_t)(chunk.end - chunk.begin),
                    .columns = job->x->columns + chunk.begin};
    HN_TRY(HN_SCRATCH_NEW(ctx, values, few.n_columns * n + 1));
    hn_table_columns(&few, 0, n, values, n); /* of a matrix they share lines of memory */
    for (int64_t j = chunk.begin; j < chunk.end; j++) {
        int64_t m = 0;
        double *v = values + (j - chunk.begin) * n;
        for (int64_t i = 0; i < n; i++)
            if (!isnan(v[i])) v[m++] = v[i];
        if (m == 0) continue;
        double sd = sd_of(v, m), scale = sd, low = mean_of(v, m), high = low;
        if (s->method != METHOD_ZSCORE) {
            HN_TRY(hn_sort_f64(ctx, v, m));
            low = hn_quantile_sorted(v, m, s->method == METHOD_IQR ? 0.25 : 0.5);
            high = hn_quantile_sorted(v, m, s->method == METHOD_IQR ? 0.75 : 0.5);
            scale = high - low;
        }
        if (s->method == METHOD_MAD) scale = deviation_of(v, m, low);
        if (!(scale > 0)) scale = sd;              /* most values are equal */
        double least = 1e-12 * fmax(fabs(low), 1); /* all are: then any other is far off */
        s->low[j] = low;
        s->high[j] = high;
        s->scale[j] = scale > least ? scale : least;
    }
    return HONE_OK;
}

static hone_status univariate_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                  hn_arena *arena, void *state) {
    static const double usual[] = {[METHOD_ZSCORE] = 3, [METHOD_IQR] = 1.5, [METHOD_MAD] = 3.5};
    const univariate_params *p = values;
    univariate_state *s = state;
    s->n_features = data->x->n_columns;
    s->method = p->method;
    s->threshold = p->threshold > 0 ? p->threshold : usual[p->method];
    HN_TRY(HN_NEW(ctx, arena, s->low, s->n_features));
    HN_TRY(HN_NEW(ctx, arena, s->high, s->n_features));
    HN_TRY(HN_NEW(ctx, arena, s->scale, s->n_features));
    return hn_parallel(ctx, s->n_features, 4, fit_columns, &(fit_job){data->x, s});
}

/* ---- answers -------------------------------------------------------------------------------- */

/* How far off a value is; NaN where that is not known, which is no more than anything. */
HN_INLINE double off_by(double x, double low, double high, double scale) {
    double below = low - x, above = x - high, off = (below > above ? below : above) / scale;
    return scale == 0 ? -(double)INFINITY : off;
}

HN_CLONES static void answer_row(const void *arg, double *row, double *work, double *ret) {
    enum { LANES = 8 };
    (void)work;
    const univariate_state *s = arg;
    const double *low = s->low, *high = s->high, *scale = s->scale;
    double worst[LANES];
    int64_t j = 0;
    for (int l = 0; l < LANES; l++) worst[l] = -INFINITY;
    for (; j + LANES <= s->n_features; j += LANES)
        for (int l = 0; l < LANES; l++) {
            double off = off_by(row[j + l], low[j + l], high[j + l], scale[j + l]);
            worst[l] = off > worst[l] ? off : worst[l];
        }
    for (int l = 0; j < s->n_features; j++, l++) {
        double off = off_by(row[j], low[j], high[j], scale[j]);
        worst[l] = off > worst[l] ? off : worst[l];
    }
    for (int l = 1; l < LANES; l++) worst[0] = worst[l] > worst[0] ? worst[l] : worst[0];
    ret[0] = s->threshold - (isinf(worst[0]) && worst[0] < 0 ? 0 : worst[0]);
}

static hone_status univariate_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                      double *ret_out) {
    return hn_each_row(ctx, x, answer_row, state, 0, 1, ret_out);
}

static int64_t univariate_outputs(const void *state) {
    (void)state;
    return 1;
}

static hone_status univariate_visit(hn_visitor *v, void *state) {
    univariate_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit_check(v, s->n_features >= 1 && s->n_features <= INT32_MAX, "bad n_features"));
    HN_TRY(hn_visit(v, "method", &s->method));
    HN_TRY(hn_visit(v, "threshold", &s->threshold));
    HN_TRY(hn_visit(v, "low", &s->low, s->n_features));
    HN_TRY(hn_visit(v, "high", &s->high, s->n_features));
    return hn_visit(v, "scale", &s->scale, s->n_features);
}

/* "limits": by column, what is still no outlier. */
static hone_status univariate_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                     hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const univariate_state *s = state;
    hn_json_mut *limits = yyjson_mut_obj_add_obj(doc, object, "limits");
    double sum = 0;
    for (int64_t j = 0; j < s->n_features; j++) {
        hn_json_mut *pair = yyjson_mut_arr(doc);
        double low = s->low[j] - s->threshold * s->scale[j];
        double high = s->high[j] + s->threshold * s->scale[j];
        yyjson_mut_arr_add_real(doc, pair, low);
        yyjson_mut_arr_add_real(doc, pair, high);
        yyjson_mut_obj_add(limits, yyjson_mut_strcpy(doc, schema->columns[j].name), pair);
        sum += high - low;
    }
    yyjson_mut_obj_add_real(doc, object, "total_width", sum);
    return HONE_OK;
}

const hone_estimator hn_univariate_outliers = {
    .name = "univariate_outliers",
    .title = "Outliers by column",
    .class_names = "UnivariateOutliers",
    .family = "anomaly",
    .doc = "Calls a row an anomaly if one of its numbers is too far from the others of its column. "
           "Simple, quick and easy to explain; blind to unusual combinations.",
    .references = "Tukey (1977), Exploratory Data Analysis\n"
                  "Iglewicz, Hoaglin (1993), How to Detect and Handle Outliers",
    .tasks = HN_TASK_ANOMALY,
    .can = HN_CAN_MISSING,
    .params = HN_PARAMS(univariate_params, params),
    .state_size = sizeof(univariate_state),
    .fit = univariate_fit,
    .predict = univariate_predict,
    .outputs = univariate_outputs,
    .visit = univariate_visit,
    .report = univariate_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", NULL, NULL, "{\"method\":\"iqr\"}", "all",
               "total_width", 1168.982, 1e-6, "numpy, 4 (q3 - q1) summed over the columns"}),
};
