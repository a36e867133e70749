/* univariate.c - columns kept by a figure of each alone: its variance, what others tell already, or what it has
 * to do with the target. */
#include "ml/selection/selection.h"
#include "base/parallel.h"
#include "num/association.h"
#include "num/distribution.h"
#include "num/sort.h"
#include <math.h>
#include <string.h>

/* ---- variance -------------------------------------------------------------------------------- */

typedef struct variance_params {
    double threshold;
} variance_params;

static const hone_param variance_table[] = {
    HN_PARAM(variance_params, threshold, .def = "0", .range = "[0, inf)",
             .doc = "Columns whose variance is not above this are left out."),
};

/* The least of the variance and, where it is 0, the range: sums of equal numbers need not be exact. */
static double variance_of(const hn_column *column) {
    double mean = 0, sum = 0, n = 0, low = (double)INFINITY, high = -(double)INFINITY;
    for (int64_t i = 0; i < column->n; i++) {
        double v = hn_column_double(column, i);
        if (isnan(v)) continue;
        mean += v;
        n++;
        if (v < low) low = v;
        if (v > high) high = v;
    }
    if (n == 0) return (double)NAN;
    mean /= n;
    for (int64_t i = 0; i < column->n; i++) {
        double v = hn_column_double(column, i);
        if (!isnan(v)) sum += (v - mean) * (v - mean);
    }
    return high > low ? sum / n : 0;
}

static hone_status fit_variance(hone_ctx *ctx, const void *params, const hone_data *data,
                                hn_arena *arena, void *state) {
    const variance_params *p = params;
    hn_selection *s = state;
    HN_SCRATCH(ctx);
    uint8_t *keep;
    HN_TRY(hn_selection_start(ctx, arena, data, s));
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, s->n + 1));
    for (int64_t j = 0; j < s->n; j++) {
        s->scores[j] = variance_of(&data->x->columns[j]);
        keep[j] = s->scores[j] > p->threshold;
    }
    hn_selection_keep(s, keep);
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const hn_selection *s = state;
    return hn_show(v, "variances", s->scores, s->n);
}

const hone_estimator hn_variance_threshold = {
    .name = "variance_threshold",
    .title = "Drop columns that hardly vary",
    .class_names = "VarianceThreshold",
    .doc = "Leaves out columns of numbers whose variance in the training rows is not above a "
           "threshold.",
    .references = "Kuhn, Johnson (2019). Feature Engineering and Selection.",
    .can = HN_NUMERIC_ONLY | HN_CAN_MISSING,
    .attributes = attributes,
    .params = HN_PARAMS(variance_params, variance_table),
    .fit = fit_variance,
    HN_GOLDEN({.dataset = "tabular/digits/digits.csv",
               .params = "{\"threshold\": 10}",
               .metric = "columns",
               .value = 43,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, VarianceThreshold(10)"}),
    HN_SELECTION_HOOKS,
};

/* ---- what others tell already ----------------------------------------------------------------- */

typedef struct correlation_params {
    double threshold;
    int method;
} correlation_params;

enum { PEARSON, SPEARMAN };

static const hone_param correlation_table[] = {
    HN_PARAM(
        correlation_params, threshold, .def = "0.95", .range = "(0, 1]", .search = "[0.8, 0.99]",
        .doc = "Of two columns whose correlation is above this, whatever its sign, the later one "
               "is left out."),
    HN_PARAM(correlation_params, method, .def = "pearson",
             .choices = HN_CHOICES("pearson", "spearman"),
             .doc = "Of the numbers, or of their ranks."),
};

/* Rows where both are present. */
static hone_status correlation_of(hone_ctx *ctx, const hn_column *a, const hn_column *b, int method,
                                  double *ret_r) {
    HN_SCRATCH(ctx);
    double *x, *y;
    int64_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, x, a->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, a->n + 1));
    for (int64_t i = 0; i < a->n; i++) {
        double v = hn_column_double(a, i), w = hn_column_double(b, i);
        if (isnan(v) || isnan(w)) continue;
        x[n] = v;
        y[n++] = w;
    }
    return method == PEARSON ? hn_pearson(ctx, x, y, n, ret_r) : hn_spearman(ctx, x, y, n, ret_r);
}

static hone_status fit_correlation(hone_ctx *ctx, const void *params, const hone_data *data,
                                   hn_arena *arena, void *state) {
    const correlation_params *p = params;
    hn_selection *s = state;
    HN_SCRATCH(ctx);
    uint8_t *keep;
    HN_TRY(hn_selection_start(ctx, arena, data, s));
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, s->n + 1));
    for (int64_t j = 0; j < s->n; j++) {
        HN_TRY(hn_check_cancel(ctx));
        keep[j] = 1;
        s->scores[j] = 0;
        for (int64_t i = 0; i < j; i++) {
            double r;
            HN_TRY(correlation_of(ctx, &data->x->columns[i], &data->x->columns[j], p->method, &r));
            if (fabs(r) > s->scores[j]) s->scores[j] = fabs(r);
            if (fabs(r) > p->threshold) keep[j] = 0;
        }
    }
    hn_selection_keep(s, keep);
    return HONE_OK;
}

const hone_estimator hn_correlation_filter = {
    .name = "correlation_filter",
    .title = "Drop columns that another one tells",
    .class_names = "CorrelationFilter",
    .doc = "Of columns of numbers that go together closely, keeps the first: a column is left out "
           "if its "
           "correlation with any before it is above a threshold.",
    .references = "Kuhn, Johnson (2013). Applied Predictive Modeling, 3.5.",
    .can = HN_NUMERIC_ONLY | HN_CAN_MISSING,
    .params = HN_PARAMS(correlation_params, correlation_table),
    .fit = fit_correlation,
    HN_GOLDEN({.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .columns = "numeric",
               .metric = "columns",
               .value = 23,
               .tolerance = 0,
               .source = "pandas 3.1.1, corr().abs() above 0.95 in the upper triangle"}),
    HN_SELECTION_HOOKS,
};

/* ---- what has to do with the target ----------------------------------------------------------- */

typedef struct score_params {
    int score_func;
    int mode;
    int64_t k;
    double percentile;
    double alpha;
    int64_t n_neighbors;
} score_params;

enum { F_SCORE, CHI2, MUTUAL };
enum { K_BEST, PERCENTILE, FPR, FDR, FWE };

static const hone_param score_table[] = {
    HN_PARAM(
        score_params, score_func, .def = "f", .choices = HN_CHOICES("f", "chi2", "mutual_info"),
        .doc = "F of the analysis of variance (classes) or of the correlation (numbers), chi "
               "squared of sums by class (columns of counts), or mutual information by nearest "
               "neighbours."),
    HN_PARAM(
        score_params, mode, .def = "k_best",
        .choices = HN_CHOICES("k_best", "percentile", "fpr", "fdr", "fwe"),
        .doc = "Keep the k best, the best percentile, or those whose p-value says so: one by one "
               "(fpr), by the share of wrong ones (fdr, Benjamini-Hochberg), by the chance of any "
               "wrong one (fwe, Bonferroni)."),
    HN_PARAM(score_params, k, .def = "10", .range = "[0, inf)", .unit = "columns",
             .search = "[5, 50] log", .doc = "With mode k_best."),
    HN_PARAM(score_params, percentile, .def = "10", .range = "[0, 100]",
             .doc = "With mode percentile."),
    HN_PARAM(score_params, alpha, .def = "0.05", .range = "(0, 1)",
             .doc = "With modes fpr, fdr and fwe."),
    HN_PARAM(score_params, n_neighbors, .def = "3", .range = "[1, 100]",
             .doc = "With mutual_info: which neighbour's distance is the measure."),
};

typedef struct scoring {
    const score_params *p;
    const hone_data *data;
    const int32_t *classes;
    const double *shares; /* [n_classes] of rows */
    const double *y;      /* continuous, for mutual information */
    hn_selection *s;
} scoring;

static hone_status score_f(hone_ctx *ctx, const scoring *job, const double *x, int32_t j) {
    const hone_data *data = job->data;
    int64_t n = data->x->n_rows;
    if (data->n_classes > 0) {
        hn_anova anova;
        HN_TRY(hn_anova_of(ctx, x, job->classes, n, data->n_classes, &anova));
        job->s->scores[j] = anova.f;
        job->s->p_values[j] = anova.p;
        return HONE_OK;
    }
    double r;
    HN_TRY(hn_pearson(ctx, x, data->y, n, &r));
    job->s->scores[j] = r * r / (1 - r * r) * (double)(n - 2);
    job->s->p_values[j] = n > 2 ? hn_correlation_p(r, n) : (double)NAN;
    return HONE_OK;
}

static hone_status score_chi2(hone_ctx *ctx, const scoring *job, const double *x, int32_t j) {
    const hone_data *data = job->data;
    double *sums;
    HN_TRY(HN_SCRATCH_NEW(ctx, sums, data->n_classes + 1));
    for (int64_t i = 0; i < data->x->n_rows; i++) sums[job->classes[i]] += x[i];
    job->s->scores[j] = hn_chi2_of_sums(sums, job->shares, data->n_classes);
    job->s->p_values[j] = isfinite(job->s->scores[j])
                              ? hn_chi2_above(job->s->scores[j], data->n_classes - 1)
                              : (double)NAN;
    return HONE_OK;
}

static hone_status score_mutual(hone_ctx *ctx, const scoring *job, double *x, int32_t j) {
    const hone_data *data = job->data;
    int64_t n = data->x->n_rows;
    HN_TRY(hn_continuous(ctx, x, n, hn_stream("select_by_score", (uint64_t)j), x));
    return data->n_classes > 0
               ? hn_mutual_information_classes(ctx, x, job->classes, n, data->n_classes,
                                               job->p->n_neighbors, &job->s->scores[j])
               : hn_mutual_information(ctx, x, job->y, n, job->p->n_neighbors, &job->s->scores[j]);
}

static hone_status score_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const scoring *job = arg;
    for (int64_t j = chunk.begin; j < chunk.end; j++) {
        HN_SCRATCH(ctx);
        double *x;
        HN_TRY(HN_SCRATCH_NEW(ctx, x, job->data->x->n_rows + 1));
        hn_column_doubles(&job->data->x->columns[j], 0, job->data->x->n_rows, x, 1);
        int32_t column = (int32_t)j;
        HN_TRY(job->p->score_func == F_SCORE ? score_f(ctx, job, x, column)
               : job->p->score_func == CHI2  ? score_chi2(ctx, job, x, column)
                                             : score_mutual(ctx, job, x, column));
    }
    return HONE_OK;
}

static hone_status check_score(hone_ctx *ctx, const void *params, const hone_data *data) {
    const score_params *p = params;
    if (p->score_func == CHI2 && data->n_classes == 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "score_func"),
                          "select_by_score: chi2 needs a target of classes; take f or mutual_info");
    if (p->score_func == MUTUAL && p->mode >= FPR)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "mode"),
            "select_by_score: mutual_info has no p-values; take k_best or percentile");
    for (int32_t j = 0; p->score_func == CHI2 && j < data->x->n_columns; j++)
        for (int64_t i = 0; i < data->x->n_rows; i++)
            if (hn_column_double(&data->x->columns[j], i) < 0)
                return hn_fail_at(
                    ctx, HONE_ERROR_DATA, (hn_where){.column = data->x->columns[j].name, .row = i},
                    "select_by_score: chi2 is for counts and amounts, and column '%s' holds a "
                    "number below 0 in row %lld; take f or mutual_info",
                    data->x->columns[j].name, (long long)i);
    return HONE_OK;
}

/* The k best; of equals the later ones, as scikit-learn's sort has it. No score is the worst. */
static hone_status keep_best(hone_ctx *ctx, const hn_selection *s, int64_t k, uint8_t *keep) {
    double *key;
    int64_t *order;
    HN_TRY(HN_SCRATCH_NEW(ctx, key, s->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, s->n + 1));
    for (int64_t j = 0; j < s->n; j++)
        key[j] = isnan(s->scores[j]) ? -(double)INFINITY : s->scores[j];
    HN_TRY(hn_argsort_f64(ctx, key, s->n, order));
    for (int64_t i = 0; i < k && i < s->n; i++) keep[order[s->n - 1 - i]] = 1;
    return HONE_OK;
}

static hone_status keep_percentile(hone_ctx *ctx, const hn_selection *s, double percentile,
                                   uint8_t *keep) {
    double *sorted;
    int64_t above = 0, most = (int64_t)((double)s->n * percentile / 100);
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, s->n + 1));
    if (percentile == 0) return HONE_OK;
    for (int64_t j = 0; j < s->n; j++) sorted[j] = isnan(s->scores[j]) ? -1e308 : s->scores[j];
    HN_TRY(hn_sort_f64(ctx, sorted, s->n));
    double cut = hn_quantile_sorted(sorted, s->n, 1 - percentile / 100);
    for (int64_t j = 0; j < s->n; j++) {
        keep[j] = percentile == 100 || s->scores[j] > cut;
        above += keep[j];
    }
    for (int64_t j = 0; j < s->n && above < most; j++)
        if (!keep[j] && s->scores[j] == cut) {
            keep[j] = 1;
            above++;
        }
    return HONE_OK;
}

static hone_status keep_by_p(hone_ctx *ctx, const score_params *p, const hn_selection *s,
                             uint8_t *keep) {
    double cut = p->alpha, *sorted, count = (double)s->n;
    if (p->mode == FWE) cut = p->alpha / count;
    if (p->mode == FDR) {
        HN_TRY(HN_SCRATCH_NEW(ctx, sorted, s->n + 1));
        memcpy(sorted, s->p_values, (size_t)s->n * sizeof *sorted);
        HN_TRY(hn_sort_f64(ctx, sorted, s->n));
        cut = -1;
        for (int64_t j = 0; j < s->n; j++)
            if (sorted[j] <= p->alpha / count * (double)(j + 1)) cut = sorted[j];
    }
    for (int64_t j = 0; j < s->n; j++)
        keep[j] = p->mode == FDR ? s->p_values[j] <= cut : s->p_values[j] < cut;
    return HONE_OK;
}

static hone_status fit_score(hone_ctx *ctx, const void *params, const hone_data *data,
                             hn_arena *arena, void *state) {
    const score_params *p = params;
    hn_selection *s = state;
    HN_SCRATCH(ctx);
    int32_t *classes;
    double *shares, *y;
    uint8_t *keep;
    int64_t n = data->x->n_rows;
    HN_TRY(hn_selection_start(ctx, arena, data, s));
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, s->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, classes, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, shares, data->n_classes + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, n + 1));
    for (int64_t i = 0; i < n && data->n_classes > 0; i++) {
        classes[i] = (int32_t)data->y[i];
        shares[classes[i]]++;
    }
    for (int32_t c = 0; c < data->n_classes; c++) shares[c] /= (double)n;
    if (data->n_classes == 0 && p->score_func == MUTUAL)
        HN_TRY(hn_continuous(ctx, data->y, n, hn_stream("select_by_score.y", 0), y));
    scoring job = {.p = p, .data = data, .classes = classes, .shares = shares, .y = y, .s = s};
    HN_TRY(hn_parallel(ctx, s->n, 1, score_columns, &job));
    HN_TRY(p->mode == K_BEST       ? keep_best(ctx, s, p->k, keep)
           : p->mode == PERCENTILE ? keep_percentile(ctx, s, p->percentile, keep)
                                   : keep_by_p(ctx, p, s, keep));
    hn_selection_keep(s, keep);
    return HONE_OK;
}

const hone_estimator hn_select_by_score = {
    .name = "select_by_score",
    .title = "Keep columns that have to do with the target",
    .class_names = "SelectByScore",
    .doc = "Scores each column of numbers by what it alone has to do with the target, and keeps "
           "the best "
           "ones or those that are clearly better than chance.",
    .references = "Fisher (1925). Statistical Methods for Research Workers.\n"
                  "Ross (2014). Mutual information between discrete and continuous data sets.\n"
                  "Benjamini, Hochberg (1995). Controlling the false discovery rate.",
    .can = HN_NUMERIC_ONLY,
    .target = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .params = HN_PARAMS(score_params, score_table),
    .check = check_score,
    .fit = fit_score,
    HN_GOLDEN({.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .target = "diagnosis",
               .columns = "numeric",
               .params = "{\"mode\": \"fdr\", \"alpha\": 0.01}",
               .metric = "columns",
               .value = 25,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, SelectFdr(f_classif, alpha=0.01)"}),
    HN_SELECTION_HOOKS,
};
