/* plots.c - from the figures of reports to plots. */
#include "flow/plots.h"
#include <math.h>
#include <string.h>

typedef struct maker {
    hone_ctx *ctx;
    hn_arena *arena;
    hn_plot *plots;
    int n;
} maker;

/* A list of numbers; null is NaN. */
static hone_status numbers(maker *m, hn_json *list, double **ret_values, int64_t *ret_n) {
    size_t i, max;
    hn_json *item;
    HN_TRY(HN_NEW(m->ctx, m->arena, *ret_values, yyjson_arr_size(list) + 1));
    yyjson_arr_foreach(list, i, max, item)(*ret_values)[i] =
        yyjson_is_num(item) ? yyjson_get_num(item) : (double)NAN;
    *ret_n = (int64_t)yyjson_arr_size(list);
    return HONE_OK;
}

/* One member of each object of a list. */
static hone_status members(maker *m, hn_json *list, const char *key, double **ret_values,
                           int64_t *ret_n) {
    size_t i, max;
    hn_json *item;
    HN_TRY(HN_NEW(m->ctx, m->arena, *ret_values, yyjson_arr_size(list) + 1));
    yyjson_arr_foreach(list, i, max, item)(*ret_values)[i] =
        yyjson_get_num(yyjson_obj_get(item, key));
    *ret_n = (int64_t)yyjson_arr_size(list);
    return HONE_OK;
}

static hone_status label_of(maker *m, hn_json *entry, const char *figure, const char *called,
                            const char **ret_text) {
    hn_json *class = yyjson_obj_get(entry, "class"), *value = yyjson_obj_get(entry, figure);
    const char *name = yyjson_is_str(class) ? yyjson_get_str(class) : "class";
    char figure_text[32];
    hn_format_double(floor(yyjson_get_num(value) * 1000 + 0.5) / 1000, figure_text);
    *ret_text = value != NULL
                    ? hn_arena_printf(m->ctx, m->arena, "%s (%s %s)", name, called, figure_text)
                    : hn_arena_strdup(m->ctx, m->arena, name);
    return *ret_text != NULL ? HONE_OK : HONE_ERROR_MEMORY;
}

static hn_plot *new_plot(maker *m, const char *name, const char *title, const char *x,
                         const char *y) {
    hn_plot *plot = &m->plots[m->n++];
    *plot = hn_plot_make(name, title, x, y);
    return plot;
}

static void unit_square(hn_plot *plot) {
    plot->x_low = plot->y_low = 0;
    plot->x_high = plot->y_high = 1;
}

static void diagonal(hn_plot *plot, double low, double high) {
    plot->guide = true;
    plot->guide_x[0] = plot->guide_y[0] = low;
    plot->guide_x[1] = plot->guide_y[1] = high;
}

/* A curve per class of a list of reports. */
static hone_status add_curves(maker *m, hn_json *list, const char *x, const char *y,
                              const char *figure, const char *called, hn_plot *plot) {
    size_t i, max;
    hn_json *entry;
    yyjson_arr_foreach(list, i, max, entry) {
        double *xs, *ys;
        int64_t n, same;
        const char *label;
        HN_TRY(numbers(m, yyjson_obj_get(entry, x), &xs, &n));
        HN_TRY(numbers(m, yyjson_obj_get(entry, y), &ys, &same));
        HN_TRY(label_of(m, entry, figure, called, &label));
        hn_plot_add(plot, HN_MARK_LINE, label, xs, ys, n < same ? n : same);
    }
    return HONE_OK;
}

/* ---- classes --------------------------------------------------------------------------------- */

static hone_status plot_roc(maker *m, hn_json *reports) {
    hn_json *list = yyjson_obj_get(reports, "roc");
    if (yyjson_arr_size(list) == 0) return HONE_OK;
    hn_plot *plot = new_plot(m, "roc", "ROC curve", "false alarms: share of the other rows taken",
                             "share of the class found");
    plot->doc =
        "Each point is a threshold. The further above the dashed line of guessing, the better.";
    unit_square(plot);
    diagonal(plot, 0, 1);
    return add_curves(m, list, "false_positive_rate", "true_positive_rate", "auc", "area", plot);
}

static hone_status plot_pr(maker *m, hn_json *reports) {
    hn_json *list = yyjson_obj_get(reports, "pr");
    if (yyjson_arr_size(list) == 0) return HONE_OK;
    hn_plot *plot = new_plot(m, "precision_recall", "Precision and recall",
                             "recall: share of the class found", "precision: share of those right");
    plot->doc = "What finding more of a class costs in wrong alarms.";
    unit_square(plot);
    return add_curves(m, list, "recall", "precision", "average_precision", "average", plot);
}

static hone_status plot_gain(maker *m, hn_json *reports) {
    hn_json *list = yyjson_obj_get(reports, "gain"), *entry;
    size_t i, max;
    if (yyjson_arr_size(list) == 0) return HONE_OK;
    hn_plot *plot = new_plot(m, "gain", "Cumulative gain", "share of rows, highest scores first",
                             "share of the class among them");
    plot->doc = "Taking this share of the rows, best first, finds that share of the class.";
    unit_square(plot);
    diagonal(plot, 0, 1);
    HN_TRY(add_curves(m, list, "share", "gain", "", "", plot));
    plot = new_plot(m, "lift", "Lift", "share of rows, highest scores first",
                    "times as many as among random rows");
    plot->x_low = 0;
    plot->x_high = 1;
    plot->guide = true;
    plot->guide_x[1] = 1;
    plot->guide_y[0] = plot->guide_y[1] = 1;
    yyjson_arr_foreach(list, i, max, entry) {
        double *share, *gain;
        int64_t n, kept = 0;
        const char *label;
        HN_TRY(numbers(m, yyjson_obj_get(entry, "share"), &share, &n));
        HN_TRY(numbers(m, yyjson_obj_get(entry, "gain"), &gain, &n));
        HN_TRY(label_of(m, entry, "", "", &label));
        for (int64_t p = 0; p < n; p++) { /* the first hundredth is noise */
            if (!(share[p] >= 0.01)) continue;
            share[kept] = share[p];
            gain[kept++] = gain[p] / share[p];
        }
        hn_plot_add(plot, HN_MARK_LINE, label, share, gain, kept);
    }
    return HONE_OK;
}

static hone_status add_bins(maker *m, hn_json *bins, const char *name, hn_plot *plot) {
    double *x, *y;
    int64_t n;
    HN_TRY(members(m, bins, "predicted", &x, &n));
    HN_TRY(members(m, bins, "observed", &y, &n));
    hn_plot_add(plot, HN_MARK_LINE, name, x, y, n);
    return HONE_OK;
}

static hone_status plot_calibration(maker *m, hn_json *reports) {
    hn_json *calibration = yyjson_obj_get(reports, "calibration"), *entry;
    size_t i, max;
    if (calibration == NULL) return HONE_OK;
    hn_plot *plot = new_plot(m, "calibration", "Calibration", "predicted probability",
                             "share of rows where it happened");
    plot->doc = "On the dashed line, 70 % means 70 %. Below it the model is too sure.";
    unit_square(plot);
    diagonal(plot, 0, 1);
    hn_json *classes = yyjson_obj_get(calibration, "classes");
    if (yyjson_arr_size(classes) == 0)
        return add_bins(m, yyjson_obj_get(calibration, "uniform"),
                        yyjson_get_str(yyjson_obj_get(calibration, "of")), plot);
    yyjson_arr_foreach(classes, i, max, entry) {
        const char *label;
        HN_TRY(label_of(m, entry, "", "", &label));
        HN_TRY(add_bins(m, yyjson_obj_get(entry, "uniform"), label, plot));
    }
    return HONE_OK;
}

static hone_status plot_decision(maker *m, hn_json *reports) {
    static const struct {
        const char *key, *name, *title, *x, *over, *y;
    } plots[] = {
        {"cost", "cost", "Cost", "threshold", "threshold", "cost per row"},
        {"profit", "profit", "Profit", "share of rows treated, highest scores first", "share",
         "profit of treating them"},
        {"roi", "roi", "Return on what is spent", "share of rows treated, highest scores first",
         "share", "profit per unit spent"},
    };
    hn_json *curve = yyjson_obj_get(yyjson_obj_get(reports, "decision"), "curve");
    hn_json *chosen = yyjson_obj_get(yyjson_obj_get(reports, "decision"), "chosen");
    for (size_t p = 0; p < sizeof plots / sizeof *plots; p++) {
        hn_json *list = yyjson_obj_get(curve, plots[p].key);
        if (list == NULL || m->n == HN_PLOTS_MOST) continue;
        double *x, *y;
        int64_t n, same;
        hn_plot *plot = new_plot(m, plots[p].name, plots[p].title, plots[p].x, plots[p].y);
        HN_TRY(numbers(m, yyjson_obj_get(curve, plots[p].over), &x, &n));
        HN_TRY(numbers(m, list, &y, &same));
        hn_plot_add(plot, HN_MARK_LINE, "at each threshold", x, y, n < same ? n : same);
        double *point;
        HN_TRY(HN_NEW(m->ctx, m->arena, point, 2));
        hn_json *at = yyjson_obj_get(chosen, plots[p].over);
        hn_json *value = yyjson_obj_get(chosen, plots[p].key);
        if (at == NULL || value == NULL) continue;
        point[0] = yyjson_get_num(at);
        point[1] = yyjson_get_num(value);
        hn_plot_add(plot, HN_MARK_POINT, "as decided", &point[0], &point[1], 1);
    }
    return HONE_OK;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void range_of(const double *values, int64_t n, double *low, double *high) {
    for (int64_t i = 0; i < n; i++) {
        if (!(values[i] >= *low)) *low = values[i];
        if (!(values[i] <= *high)) *high = values[i];
    }
}

static hone_status plot_predicted(maker *m, hn_json *reports) {
    hn_json *points = yyjson_obj_get(reports, "predicted");
    double *actual, *predicted, *error, low = (double)NAN, high = (double)NAN;
    int64_t n;
    if (points == NULL) return HONE_OK;
    HN_TRY(numbers(m, yyjson_obj_get(points, "actual"), &actual, &n));
    HN_TRY(numbers(m, yyjson_obj_get(points, "predicted"), &predicted, &n));
    HN_TRY(HN_NEW(m->ctx, m->arena, error, n + 1));
    for (int64_t i = 0; i < n; i++) error[i] = actual[i] - predicted[i];
    hn_plot *plot = new_plot(m, "predicted", "Actual and predicted", "predicted", "actual");
    plot->doc = "Some of the rows. On the dashed line an answer is right.";
    hn_plot_add(plot, HN_MARK_POINT, NULL, predicted, actual, n);
    range_of(actual, n, &low, &high);
    range_of(predicted, n, &low, &high);
    diagonal(plot, low, high);
    plot = new_plot(m, "residuals", "Residuals", "predicted", "actual minus predicted");
    plot->doc = "A bend or a fan tells what the model has missed.";
    hn_plot_add(plot, HN_MARK_POINT, NULL, predicted, error, n);
    low = high = (double)NAN;
    range_of(predicted, n, &low, &high);
    plot->guide = true;
    plot->guide_x[0] = low;
    plot->guide_x[1] = high;
    return HONE_OK;
}

static hone_status plot_histogram(maker *m, hn_json *reports) {
    hn_json *histogram = yyjson_obj_get(yyjson_obj_get(reports, "residuals"), "histogram");
    double *edges, *weight;
    int64_t n, n_edges;
    if (histogram == NULL) return HONE_OK;
    HN_TRY(numbers(m, yyjson_obj_get(histogram, "edges"), &edges, &n_edges));
    HN_TRY(numbers(m, yyjson_obj_get(histogram, "weight"), &weight, &n));
    if (n_edges != n + 1) return HONE_OK;
    hn_plot *plot = new_plot(m, "residual_histogram", "Errors", "actual minus predicted", "rows");
    plot->doc = "Between the first and the last hundredth; what lies beyond counts at the ends.";
    hn_plot_add(plot, HN_MARK_BAR, NULL, edges, weight, n)->x2 = edges + 1;
    return HONE_OK;
}

/* ---- learning curve -------------------------------------------------------------------------- */

static hone_status add_band(maker *m, hn_json *points, const char *part, const char *name,
                            hn_plot *plot) {
    double *x, *mean, *spread, *low, *high;
    int64_t n;
    size_t i, max;
    hn_json *point;
    HN_TRY(members(m, points, "rows", &x, &n));
    HN_TRY(HN_NEW(m->ctx, m->arena, mean, n + 1));
    HN_TRY(HN_NEW(m->ctx, m->arena, spread, n + 1));
    HN_TRY(HN_NEW(m->ctx, m->arena, low, n + 1));
    HN_TRY(HN_NEW(m->ctx, m->arena, high, n + 1));
    yyjson_arr_foreach(points, i, max, point) {
        hn_json *figures = yyjson_obj_get(point, part);
        mean[i] = yyjson_get_num(yyjson_obj_get(figures, "mean"));
        spread[i] = yyjson_get_num(yyjson_obj_get(figures, "sd"));
        low[i] = mean[i] - spread[i];
        high[i] = mean[i] + spread[i];
    }
    hn_series *series = hn_plot_add(plot, HN_MARK_LINE, name, x, mean, n);
    series->low = low;
    series->high = high;
    return HONE_OK;
}

static hone_status plot_learning(maker *m, hn_json *reports) {
    hn_json *learning = yyjson_obj_get(reports, "learning");
    hn_json *points = yyjson_obj_get(learning, "points");
    if (yyjson_arr_size(points) == 0) return HONE_OK;
    const char *metric = yyjson_get_str(yyjson_obj_get(learning, "metric"));
    char *y = hn_arena_strdup(m->ctx, m->arena, metric != NULL ? metric : "score");
    if (y == NULL) return HONE_ERROR_MEMORY;
    hn_plot *plot = new_plot(m, "learning", "Learning curve", "rows learned from", y);
    plot->doc = "Means over the folds; bands are a standard deviation wide on each side.";
    HN_TRY(add_band(m, points, "train", "rows learned from", plot));
    return add_band(m, points, "test", "rows held out", plot);
}

/* ---- whole ----------------------------------------------------------------------------------- */

hone_status hn_plots_of(hone_ctx *ctx, hn_arena *arena, hn_json *reports, hn_plot *ret_plots,
                        int *ret_n) {
    maker m = {.ctx = ctx, .arena = arena, .plots = ret_plots};
    HN_TRY(plot_roc(&m, reports));
    HN_TRY(plot_pr(&m, reports));
    HN_TRY(plot_calibration(&m, reports));
    HN_TRY(plot_gain(&m, reports));
    HN_TRY(plot_predicted(&m, reports));
    HN_TRY(plot_histogram(&m, reports));
    HN_TRY(plot_learning(&m, reports));
    HN_TRY(plot_decision(&m, reports));
    *ret_n = m.n;
    return HONE_OK;
}

hone_status hn_plots_json(hone_ctx *ctx, const hn_json_mut *reports, hn_json_doc *doc,
                          hn_json_mut *object) {
    HN_SCRATCH(ctx);
    hn_plot *plots;
    int n;
    hn_json *frozen;
    HN_TRY(HN_SCRATCH_NEW(ctx, plots, HN_PLOTS_MOST));
    HN_TRY(hn_json_freeze(ctx, ctx->scratch, reports, &frozen));
    HN_TRY(hn_plots_of(ctx, ctx->scratch, frozen, plots, &n));
    hn_json_mut *all = yyjson_mut_obj_add_obj(doc, object, "plots");
    for (int p = 0; p < n; p++) {
        hn_json_mut *spec;
        HN_TRY(hn_plot_vega(ctx, &plots[p], doc, &spec));
        yyjson_mut_obj_add_val(doc, all, plots[p].name, spec);
    }
    return HONE_OK;
}
