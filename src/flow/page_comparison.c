/* page_comparison.c - the pages of a comparison and of a learning curve. */
#include "flow/page.h"
#include "flow/plots.h"
#include <math.h>
#include <string.h>

static void cell(hn_str *out, hn_str *text, double value) {
    hn_str_clear(text);
    hn_page_figure(text, value);
    hn_page_cell(out, 'r', text->text);
}

static void cell_with_range(hn_str *out, hn_str *text, double value, hn_json *range) {
    hn_str_clear(text);
    hn_page_figure(text, value);
    if (isfinite(hn_json_number(range, "low"))) {
        hn_str_put(text, " (");
        hn_page_figure(text, hn_json_number(range, "low"));
        hn_str_put(text, " – ");
        hn_page_figure(text, hn_json_number(range, "high"));
        hn_str_put(text, ")");
    }
    hn_page_cell(out, 'r', text->text);
}

/* ---- comparison ------------------------------------------------------------------------------ */

enum { MOST_METRICS = 8 };

static void put_models(hn_json *comparison, hn_str *text, hn_str *out) {
    hn_json *models = yyjson_obj_get(comparison, "models"), *model, *key, *value;
    hn_json *metrics = yyjson_obj_get(yyjson_arr_get_first(models), "metrics");
    const char *headers[MOST_METRICS + 4] = {"model"};
    size_t i, max, j, most, shown = 0;
    yyjson_obj_foreach(metrics, j, most, key, value) {
        if (shown < MOST_METRICS) headers[++shown] = yyjson_get_str(key);
    }
    headers[shown + 1] = "behind the best";
    headers[shown + 2] = "sure";
    headers[shown + 3] = "seconds to fit";
    hn_page_table_begin(out, "lrrrrrrrrrrrr", headers, (int)shown + 4);
    yyjson_arr_foreach(models, i, max, model) {
        hn_json *own = yyjson_obj_get(model, "metrics"), *behind = yyjson_obj_get(model, "behind");
        hn_page_row_begin(out);
        hn_page_cell(out, 'h', hn_json_text(model, "name"));
        for (size_t m = 1; m <= shown; m++)
            cell_with_range(out, text, hn_json_number(own, headers[m]),
                            m == 1 ? yyjson_obj_get(yyjson_obj_get(model, "intervals"), headers[m])
                                   : NULL);
        cell_with_range(out, text, hn_json_number(behind, "value"), behind);
        cell(out, text, hn_json_number(behind, "sure"));
        cell(out, text, hn_json_number(yyjson_obj_get(model, "seconds"), "fit"));
        hn_page_row_end(out);
    }
    hn_page_table_end(out);
}

hone_status hn_page_of_comparison(hone_ctx *ctx, hn_json *comparison, hn_str *out) {
    HN_SCRATCH(ctx);
    hn_str text;
    hn_str_init(&text, ctx, ctx->scratch);
    hn_str_put(&text, "On the same ");
    hn_page_figure(&text, hn_json_number(comparison, "rows"));
    hn_str_printf(&text, " rows, best first by %s.", hn_json_text(comparison, "primary"));
    HN_TRY(hn_str_status(&text));
    hn_page_begin(out, "Which model is best", text.text);
    hn_page_text(out, hn_json_text(comparison, "verdict"));
    put_models(comparison, &text, out);
    hn_page_text(out,
                 "Behind: the best model's first metric minus this one's, on the same resamples of "
                 "the rows. Sure: the share of resamples in which the best one is ahead; 0.975 and "
                 "more is called clear.");
    hn_page_end(out);
    HN_TRY(hn_str_status(&text));
    return hn_str_status(out);
}

/* ---- learning curve -------------------------------------------------------------------------- */

static void put_points(hn_json *learning, hn_str *text, hn_str *out) {
    static const char *const headers[] = {"rows", "on rows learned from", "on rows held out",
                                          "seconds to fit"};
    static const char *const parts[] = {"train", "test"};
    size_t i, max;
    hn_json *point;
    hn_page_table_begin(out, "rrrr", headers, 4);
    yyjson_arr_foreach(yyjson_obj_get(learning, "points"), i, max, point) {
        hn_page_row_begin(out);
        cell(out, text, hn_json_number(point, "rows"));
        for (size_t p = 0; p < 2; p++) {
            hn_json *part = yyjson_obj_get(point, parts[p]);
            hn_str_clear(text);
            hn_page_figure(text, hn_json_number(part, "mean"));
            hn_str_put(text, " ± ");
            hn_page_figure(text, hn_json_number(part, "sd"));
            hn_page_cell(out, 'r', text->text);
        }
        cell(out, text, hn_json_number(point, "seconds"));
        hn_page_row_end(out);
    }
    hn_page_table_end(out);
}

static void put_bias(hn_json *bias, hn_str *text, hn_str *out) {
    static const char *const headers[] = {"expected loss", "bias", "variance"};
    if (bias == NULL) return;
    hn_page_heading(out, "What its errors are made of");
    hn_str_clear(text);
    hn_str_printf(
        text,
        "From %.0f fits on resampled rows, by %s loss. Bias is what the mean of such models "
        "gets wrong (noise in the target too), variance how much they differ among "
        "themselves.",
        hn_json_number(bias, "rounds"),
        strcmp(hn_json_text(bias, "loss"), "squared") == 0 ? "squared" : "0-1");
    hn_page_text(out, text->text);
    hn_page_table_begin(out, "rrr", headers, 3);
    hn_page_row_begin(out);
    cell(out, text, hn_json_number(bias, "expected"));
    cell(out, text, hn_json_number(bias, "bias"));
    cell(out, text, hn_json_number(bias, "variance"));
    hn_page_row_end(out);
    hn_page_table_end(out);
}

hone_status hn_page_of_curve(hone_ctx *ctx, hn_json *curve, hn_str *out) {
    HN_SCRATCH(ctx);
    hn_json *learning = yyjson_obj_get(curve, "learning");
    hn_plot *plots;
    int n;
    hn_str text;
    hn_str_init(&text, ctx, ctx->scratch);
    HN_TRY(HN_SCRATCH_NEW(ctx, plots, HN_PLOTS_MOST));
    HN_TRY(hn_plots_of(ctx, ctx->scratch, curve, plots, &n));
    hn_str_printf(&text, "%s, %s over %.0f folds of ", hn_json_text(curve, "model"),
                  hn_json_text(learning, "metric"), hn_json_number(learning, "folds"));
    hn_page_figure(&text, hn_json_number(curve, "rows"));
    hn_str_put(&text, " rows; the baseline has ");
    hn_page_figure(&text, hn_json_number(learning, "baseline"));
    hn_str_put(&text, ".");
    HN_TRY(hn_str_status(&text));
    hn_page_begin(out, "Learning curve", text.text);
    hn_page_text(out, hn_json_text(yyjson_obj_get(curve, "diagnosis"), "text"));
    hn_page_plots_begin(out);
    for (int p = 0; p < n; p++) hn_page_plot(out, &plots[p]);
    hn_page_plots_end(out);
    put_points(learning, &text, out);
    put_bias(yyjson_obj_get(curve, "bias_variance"), &text, out);
    hn_page_end(out);
    HN_TRY(hn_str_status(&text));
    return hn_str_status(out);
}
