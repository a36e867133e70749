/* page_evaluation.c - the page of an evaluation: headline, metrics, classes, plots, decision, errors. */
#include "flow/page.h"
#include "flow/plots.h"
#include "ml/metric/metric.h"
#include <math.h>
#include <string.h>

enum { MOST_SHOWN = 12 }; /* classes of a confusion matrix that fits a page */

typedef struct writer {
    hone_ctx *ctx;
    hn_str *out;
    hn_str text; /* of the cell being made */
} writer;

static double number(hn_json *json) {
    return yyjson_is_num(json) ? yyjson_get_num(json) : (double)NAN;
}

static void cell(writer *w, double value) {
    hn_str_clear(&w->text);
    hn_page_figure(&w->text, value);
    hn_page_cell(w->out, 'r', w->text.text);
}

static void label(writer *w, hn_json *json) {
    hn_str_clear(&w->text);
    if (yyjson_is_str(json))
        hn_str_put(&w->text, yyjson_get_str(json));
    else
        hn_page_figure(&w->text, number(json));
}

static void label_cell(writer *w, char align, hn_json *json) {
    label(w, json);
    hn_page_cell(w->out, align, w->text.text);
}

/* ---- metrics --------------------------------------------------------------------------------- */

static void put_headline(writer *w, hn_json *evaluation) {
    const char *primary = yyjson_get_str(yyjson_obj_get(evaluation, "primary"));
    const hn_metric *metric = primary != NULL ? hn_metric_find(primary) : NULL;
    hn_json *metrics = yyjson_obj_get(evaluation, "metrics");
    if (metric == NULL || yyjson_obj_get(metrics, "baseline") == NULL) return;
    double value = hn_json_number(yyjson_obj_get(metrics, "test"), primary);
    double baseline = hn_json_number(yyjson_obj_get(metrics, "baseline"), primary);
    hn_json *interval = yyjson_obj_get(yyjson_obj_get(evaluation, "intervals"), primary);
    double ahead = hn_json_number(interval, "ahead");
    hn_str_clear(&w->text);
    hn_metric_put_title(&w->text, metric, primary);
    hn_str_put(&w->text, " is ");
    hn_page_figure(&w->text, value);
    hn_str_put(&w->text, " (95 % interval ");
    hn_page_figure(&w->text, hn_json_number(interval, "low"));
    hn_str_put(&w->text, " to ");
    hn_page_figure(&w->text, hn_json_number(interval, "high"));
    hn_str_put(&w->text, "); the baseline, which looks at no column, has ");
    hn_page_figure(&w->text, baseline);
    hn_str_put(&w->text, ahead >= 0.975    ? ". The model is clearly better than the baseline."
                         : ahead <= 0.025  ? ". The model is worse than the baseline."
                         : isfinite(ahead) ? ". The model is not clearly better than the baseline."
                                           : ".");
    hn_page_text(w->out, w->text.text);
}

static void put_metrics(writer *w, hn_json *evaluation) {
    static const char *const headers[] = {"metric", "value", "95 % interval", "baseline",
                                          "what it is"};
    hn_json *metrics = yyjson_obj_get(evaluation, "metrics"), *key, *value;
    hn_json *intervals = yyjson_obj_get(evaluation, "intervals");
    size_t i, max;
    hn_page_table_begin(w->out, "lrrrl", headers, 5);
    yyjson_obj_foreach(yyjson_obj_get(metrics, "test"), i, max, key, value) {
        const char *name = yyjson_get_str(key);
        const hn_metric *metric = hn_metric_find(name);
        hn_json *interval = yyjson_obj_get(intervals, name);
        hn_page_row_begin(w->out);
        hn_str_clear(&w->text);
        if (metric != NULL)
            hn_metric_put_title(&w->text, metric, name);
        else
            hn_str_put(&w->text, name);
        hn_page_cell(w->out, 'h', w->text.text);
        cell(w, number(value));
        hn_str_clear(&w->text);
        hn_page_figure(&w->text, hn_json_number(interval, "low"));
        hn_str_put(&w->text, " – ");
        hn_page_figure(&w->text, hn_json_number(interval, "high"));
        hn_page_cell(w->out, 'r', w->text.text);
        cell(w, hn_json_number(yyjson_obj_get(metrics, "baseline"), name));
        hn_page_cell(w->out, 'w', metric != NULL ? metric->doc : "");
        hn_page_row_end(w->out);
    }
    hn_page_table_end(w->out);
}

/* ---- classes --------------------------------------------------------------------------------- */

static void put_rates(writer *w, hn_json *entry) {
    static const char *const keys[] = {"precision", "recall", "f1", "support"};
    for (size_t k = 0; k < 4; k++) cell(w, hn_json_number(entry, keys[k]));
    hn_page_row_end(w->out);
}

static void put_classes(writer *w, hn_json *reports) {
    static const char *const headers[] = {"class", "precision", "recall", "F1", "rows"};
    hn_json *classes = yyjson_obj_get(reports, "classes"), *entry;
    hn_json *averages = yyjson_obj_get(reports, "averages");
    size_t i, max;
    if (classes == NULL) return;
    hn_page_heading(w->out, "Classes");
    hn_page_table_begin(w->out, "lrrrr", headers, 5);
    yyjson_arr_foreach(classes, i, max, entry) {
        if (i >= 100) break;
        hn_page_row_begin(w->out);
        label_cell(w, 'h', yyjson_obj_get(entry, "class"));
        put_rates(w, entry);
    }
    static const char *const names[][2] = {{"macro", "mean of the classes"},
                                           {"weighted", "mean weighted by rows"}};
    for (size_t a = 0; averages != NULL && a < 2; a++) {
        hn_page_row_begin(w->out);
        hn_page_cell(w->out, 'l', names[a][1]);
        put_rates(w, yyjson_obj_get(averages, names[a][0]));
    }
    hn_page_table_end(w->out);
}

static void put_confusion(writer *w, hn_json *reports) {
    hn_json *confusion = yyjson_obj_get(reports, "confusion");
    hn_json *classes = yyjson_obj_get(confusion, "classes"), *row, *value;
    size_t k = yyjson_arr_size(classes), i, max, j, most;
    const char *headers[MOST_SHOWN + 1] = {"truth \\ answer"};
    if (k == 0 || k > MOST_SHOWN) return;
    for (size_t c = 0; c < k; c++) {
        const char *name = yyjson_get_str(yyjson_arr_get(classes, c));
        headers[c + 1] = name != NULL ? name : "";
    }
    hn_page_heading(w->out, "Who is taken for whom");
    hn_page_text(w->out,
                 "Rows are the truth, columns the answers; the shade is the share of the row.");
    hn_page_table_begin(w->out, "lrrrrrrrrrrrr", headers, (int)k + 1);
    yyjson_arr_foreach(yyjson_obj_get(confusion, "matrix"), i, max, row) {
        double total = 0;
        yyjson_arr_foreach(row, j, most, value) total += number(value);
        hn_page_row_begin(w->out);
        hn_page_cell(w->out, 'h', headers[i + 1]);
        yyjson_arr_foreach(row, j, most, value) {
            hn_str_clear(&w->text);
            hn_page_figure(&w->text, number(value));
            hn_page_shaded(w->out, total > 0 ? number(value) / total : 0, w->text.text);
        }
        hn_page_row_end(w->out);
    }
    hn_page_table_end(w->out);
}

/* ---- decision -------------------------------------------------------------------------------- */

static void put_decision(writer *w, hn_json *evaluation) {
    hn_json *decision = yyjson_obj_get(evaluation, "decision");
    hn_json *report = yyjson_obj_get(yyjson_obj_get(evaluation, "reports"), "decision");
    if (decision == NULL && report == NULL) return;
    hn_page_heading(w->out, "Decision");
    if (yyjson_obj_get(decision, "threshold") != NULL) {
        const char *by = yyjson_get_str(yyjson_obj_get(decision, "by"));
        hn_str_clear(&w->text);
        hn_str_put(&w->text, "Rows are answered with the positive class from a probability of ");
        hn_str_put_double(&w->text, hn_json_number(decision, "threshold"));
        if (by != NULL && strcmp(by, "given") != 0)
            hn_str_printf(&w->text, " on, the best by %s%s", by,
                          yyjson_obj_get(decision, "chosen_on") != NULL ? " on these very rows"
                                                                        : "");
        else
            hn_str_put(&w->text, " on");
        hn_str_put(&w->text, ".");
        hn_page_text(w->out, w->text.text);
    } else if (yyjson_obj_get(decision, "costs") != NULL) {
        hn_page_text(w->out, "Rows are answered with the class of the least expected cost.");
    }
    if (report == NULL) return;
    static const char *const keys[] = {"share", "cost", "profit", "spent", "roi"};
    static const char *const headers[] = {"",       "share treated", "cost per row",
                                          "profit", "spent",         "ROI"};
    static const char *const rows[][2] = {{"chosen", "as decided"},
                                          {"largest", "where the largest probability wins"}};
    hn_page_table_begin(w->out, "lrrrrr", headers, 6);
    for (size_t r = 0; r < 2; r++) {
        hn_page_row_begin(w->out);
        hn_page_cell(w->out, 'h', rows[r][1]);
        for (size_t k = 0; k < 5; k++)
            cell(w, hn_json_number(yyjson_obj_get(report, rows[r][0]), keys[k]));
        hn_page_row_end(w->out);
    }
    hn_page_table_end(w->out);
}

/* ---- errors ---------------------------------------------------------------------------------- */

/* "tenure 3, Contract Month-to-month, ...": what fits. */
static void put_row_values(writer *w, hn_json *values) {
    size_t i, max;
    hn_json *key, *value;
    hn_str_clear(&w->text);
    yyjson_obj_foreach(values, i, max, key, value) {
        if (w->text.length > 220) {
            hn_str_put(&w->text, ", …");
            break;
        }
        hn_str_printf(&w->text, "%s%s ", i > 0 ? ", " : "", yyjson_get_str(key));
        if (yyjson_is_str(value))
            hn_str_put(&w->text, yyjson_get_str(value));
        else if (yyjson_is_bool(value))
            hn_str_put(&w->text, yyjson_get_bool(value) ? "true" : "false");
        else if (yyjson_is_num(value)) /* as it stands in the table: a year is no 2,009 */
            hn_str_put_double(&w->text, number(value));
        else
            hn_str_put(&w->text, "–");
    }
    hn_page_cell(w->out, 'w', w->text.text);
}

static void put_rows(writer *w, hn_json *list, const char *title, const char *what,
                     const char *figure, const char *called) {
    const char *const headers[] = {"row", "truth", "answer", called, "values"};
    size_t i, max;
    hn_json *entry;
    if (yyjson_arr_size(list) == 0) return;
    hn_page_heading(w->out, title);
    hn_page_text(w->out, what);
    hn_page_table_begin(w->out, "rllrl", headers, 5);
    yyjson_arr_foreach(list, i, max, entry) {
        hn_page_row_begin(w->out);
        cell(w, hn_json_number(entry, "row"));
        label_cell(w, 'l', yyjson_obj_get(entry, "truth"));
        label_cell(w, 'l', yyjson_obj_get(entry, "prediction"));
        cell(w, hn_json_number(entry, figure));
        put_row_values(w, yyjson_obj_get(entry, "values"));
        hn_page_row_end(w->out);
    }
    hn_page_table_end(w->out);
}

static void put_confused(writer *w, hn_json *list) {
    static const char *const headers[] = {"truth", "answer", "rows", "share of the truth's rows"};
    size_t i, max;
    hn_json *entry;
    if (yyjson_arr_size(list) == 0) return;
    hn_page_heading(w->out, "Classes most often taken for each other");
    hn_page_table_begin(w->out, "llrr", headers, 4);
    yyjson_arr_foreach(list, i, max, entry) {
        hn_page_row_begin(w->out);
        label_cell(w, 'l', yyjson_obj_get(entry, "truth"));
        label_cell(w, 'l', yyjson_obj_get(entry, "prediction"));
        cell(w, hn_json_number(entry, "weight"));
        cell(w, hn_json_number(entry, "share"));
        hn_page_row_end(w->out);
    }
    hn_page_table_end(w->out);
}

static void put_segments(writer *w, hn_json *errors) {
    static const char *const headers[] = {
        "column", "is", "rows", "mean error", "times the overall", "standard errors above"};
    hn_json *list = yyjson_obj_get(errors, "segments"), *entry;
    size_t i, max;
    hn_page_heading(w->out, "Where the model errs most");
    hn_str_clear(&w->text);
    hn_str_put(&w->text,
               strcmp(yyjson_get_str(yyjson_obj_get(errors, "measure")), "error_rate") == 0
                   ? "Share of wrong answers overall: "
                   : "Mean absolute error overall: ");
    hn_page_figure(&w->text, hn_json_number(errors, "overall"));
    hn_str_put(&w->text, yyjson_arr_size(list) > 0
                             ? ". Parts of the table where it is clearly larger:"
                             : ". No part of the table stands out.");
    hn_page_text(w->out, w->text.text);
    if (yyjson_arr_size(list) == 0) return;
    hn_page_table_begin(w->out, "llrrrr", headers, 6);
    yyjson_arr_foreach(list, i, max, entry) {
        hn_page_row_begin(w->out);
        label_cell(w, 'h', yyjson_obj_get(entry, "column"));
        label_cell(w, 'l', yyjson_obj_get(entry, "is"));
        cell(w, hn_json_number(entry, "rows"));
        cell(w, hn_json_number(entry, "error"));
        cell(w, hn_json_number(entry, "times"));
        cell(w, hn_json_number(entry, "z"));
        hn_page_row_end(w->out);
    }
    hn_page_table_end(w->out);
}

static void put_errors(writer *w, hn_json *evaluation) {
    hn_json *errors = yyjson_obj_get(evaluation, "errors");
    if (errors == NULL) return;
    bool classes = yyjson_obj_get(errors, "confused") != NULL;
    put_segments(w, errors);
    put_confused(w, yyjson_obj_get(errors, "confused"));
    put_rows(w, yyjson_obj_get(errors, "worst"), "Worst answers",
             classes ? "Surest of a wrong class: errors of the model, or of the labels."
                     : "Largest errors: of the model, or of the data.",
             classes ? "loss" : "error", classes ? "log loss" : "error");
    put_rows(w, yyjson_obj_get(errors, "least_certain"), "Least certain answers",
             "The two likeliest classes are nearly as likely: worth a look by people.", "gap",
             "gap");
}

/* ---- whole ----------------------------------------------------------------------------------- */

static hone_status put_plots(writer *w, hn_json *reports) {
    hn_plot *plots;
    int n;
    HN_TRY(HN_SCRATCH_NEW(w->ctx, plots, HN_PLOTS_MOST));
    HN_TRY(hn_plots_of(w->ctx, w->ctx->scratch, reports, plots, &n));
    if (n == 0) return HONE_OK;
    hn_page_heading(w->out, "Curves");
    hn_page_plots_begin(w->out);
    for (int p = 0; p < n; p++) hn_page_plot(w->out, &plots[p]);
    hn_page_plots_end(w->out);
    return HONE_OK;
}

/* All there is to say of one target. */
static hone_status put_target(writer *w, hn_json *evaluation) {
    hn_json *reports = yyjson_obj_get(evaluation, "reports");
    put_headline(w, evaluation);
    put_metrics(w, evaluation);
    put_decision(w, evaluation);
    HN_TRY(put_plots(w, reports));
    put_classes(w, reports);
    put_confusion(w, reports);
    put_errors(w, evaluation);
    return hn_str_status(w->out);
}

/* The means, then each target. */
static hone_status put_targets(writer *w, hn_json *evaluation, hn_json *targets) {
    size_t i, n;
    hn_json *key, *one;
    hn_page_heading(w->out, "Mean of the targets");
    put_metrics(w, evaluation);
    yyjson_obj_foreach(targets, i, n, key, one) {
        hn_str_clear(&w->text);
        hn_str_printf(&w->text, "Target %s", yyjson_get_str(key));
        hn_page_heading(w->out, w->text.text);
        HN_TRY(put_target(w, one));
    }
    return HONE_OK;
}

hone_status hn_page_of_evaluation(hone_ctx *ctx, hn_json *evaluation, const char *title,
                                  const char *subtitle, hn_str *out) {
    HN_SCRATCH(ctx);
    writer w = {.ctx = ctx, .out = out};
    hn_json *targets = yyjson_obj_get(evaluation, "targets");
    hn_str_init(&w.text, ctx, ctx->scratch);
    hn_page_begin(out, title, subtitle);
    HN_TRY(targets != NULL ? put_targets(&w, evaluation, targets) : put_target(&w, evaluation));
    hn_page_end(out);
    HN_TRY(hn_str_status(&w.text));
    return hn_str_status(out);
}
