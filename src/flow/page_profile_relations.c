/* page_profile_relations.c - several columns of a profile together: with the target, with each other, missing
 * together, as points. */
#include "flow/page_profile.h"
#include <math.h>
#include <string.h>

/* ---- target ---------------------------------------------------------------------------------- */

static void put_classes(hn_profile_page *p, hn_json *target) {
    size_t i, max;
    hn_json *class;
    double total = 0, most = 0;
    hn_json *classes = yyjson_obj_get(target, "classes");
    yyjson_arr_foreach(classes, i, max, class) {
        double n = hn_json_number(class, "count");
        total += n;
        if (n > most) most = n;
    }
    if (classes == NULL) return;
    hn_page_bars_begin(p->out);
    yyjson_arr_foreach(classes, i, max, class) {
        double n = hn_json_number(class, "count");
        hn_str said;
        if (i == 20) break;
        hn_str_init(&said, p->ctx, p->ctx->scratch);
        hn_page_figure(&said, n);
        hn_str_printf(&said, " · %s", hn_profile_percent(p, n / total));
        hn_page_bar(p->out, hn_json_text(class, "name"), n / most, said.text);
    }
    hn_page_bars_end(p->out);
}

static void put_features_table(hn_profile_page *p, hn_json *target) {
    static const char *const headers[] = {"column", "association", "by", "mutual information",
                                          "rows"};
    size_t i, max;
    hn_json *feature;
    hn_str_put(p->out, "<div class=\"glance\">");
    hn_page_table_begin(p->out, "lrlrr", headers, 5);
    yyjson_arr_foreach(yyjson_obj_get(target, "features"), i, max, feature) {
        double own = hn_json_number(feature, "association");
        hn_page_row_begin(p->out);
        hn_str_put(p->out, "<td>");
        hn_profile_link(p, hn_json_text(feature, "column"));
        hn_str_put(p->out, "</td>");
        hn_page_shaded(p->out, isfinite(own) ? own : 0, hn_profile_figure(p, own));
        hn_page_cell(p->out, 'l', hn_json_text(feature, "measure"));
        hn_page_cell(p->out, 'r',
                     hn_profile_figure(p, hn_json_number(feature, "mutual_information")));
        hn_page_cell(p->out, 'r', hn_profile_figure(p, hn_json_number(feature, "n")));
        hn_page_row_end(p->out);
    }
    hn_page_table_end(p->out);
    hn_str_put(p->out, "</div>\n");
}

hone_status hn_profile_target(hn_profile_page *p) {
    hn_json *target = yyjson_obj_get(p->profile, "target"), *feature;
    size_t i, max;
    if (target == NULL) return HONE_OK;
    const char *task = hn_json_text(target, "task");
    hn_page_section(p->out, "target", "The target, and what tells about it");
    hn_str_put(p->out, "<p>");
    hn_profile_link(p, hn_json_text(target, "column"));
    hn_str_put(p->out, strcmp(task, "regression") == 0 ? " is a number: a task of regression"
                       : strcmp(task, "binary") == 0
                           ? " has two classes: a task of classification"
                           : " has several classes: a task of classification");
    hn_str_put(p->out,
               ". Association runs from 0 (none) to 1 (tells all), by the figure that fits the "
               "types. Mutual information, in nats, sees any shape of dependence: by nearest "
               "neighbours where there are numbers.</p>\n");
    put_classes(p, target);
    put_features_table(p, target);
    hn_page_plots_begin(p->out);
    yyjson_arr_foreach(yyjson_obj_get(target, "features"), i, max, feature) {
        HN_TRY(hn_draw_feature(&p->drawer, p->profile, feature, &p->plots[0], &p->plots[1]));
        bool curves = p->plots[1].n_series > 0;
        if (curves) hn_page_plot(p->out, &p->plots[1]);
        if (!curves && p->plots[0].n_series > 0) hn_page_plot(p->out, &p->plots[0]);
    }
    hn_page_plots_end(p->out);
    return HONE_OK;
}

/* ---- associations ---------------------------------------------------------------------------- */

static hone_status put_matrix(hn_profile_page *p, const char *key, const char *title,
                              const char *doc, bool is_signed, bool folded) {
    hn_json *all = yyjson_obj_get(p->profile, "associations");
    HN_TRY(hn_draw_matrix(&p->drawer, yyjson_obj_get(all, "columns"), yyjson_obj_get(all, key), key,
                          title, is_signed, p->plots));
    if (p->plots->n_series == 0) return HONE_OK;
    p->plots->doc = doc;
    if (folded) {
        hn_str_put(p->out, "<details><summary>");
        hn_put_escaped(p->out, title);
        hn_str_put(p->out, "</summary>");
    }
    hn_page_plots_begin(p->out);
    hn_page_plot(p->out, p->plots);
    hn_page_plots_end(p->out);
    if (folded) hn_str_put(p->out, "</details>\n");
    return HONE_OK;
}

hone_status hn_profile_associations(hn_profile_page *p) {
    if (yyjson_arr_size(yyjson_obj_get(yyjson_obj_get(p->profile, "associations"), "columns")) < 2)
        return HONE_OK;
    hn_page_section(p->out, "associations", "How columns hang together");
    HN_TRY(put_matrix(
        p, "association", "Association, whatever the types",
        "From 0 to 1: Spearman's correlation of two numbers, without its sign; the correlation "
        "ratio of a number and a category; Cramér's V of two categories, less its bias.",
        false, false));
    HN_TRY(put_matrix(p, "pearson", "Pearson: straight lines", NULL, true, true));
    HN_TRY(
        put_matrix(p, "spearman", "Spearman: ranks that rise or fall together", NULL, true, true));
    HN_TRY(put_matrix(p, "kendall", "Kendall's tau-b: pairs of rows in the same order", NULL, true,
                      true));
    HN_TRY(put_matrix(p, "cramers_v", "Cramér's V, of categories", NULL, false, true));
    HN_TRY(put_matrix(p, "correlation_ratio", "Correlation ratio, of numbers by category", NULL,
                      false, true));
    return put_matrix(
        p, "normalized_mutual_information", "Mutual information, as a share of the smaller entropy",
        "Numbers are cut into tenths. It sees any shape of dependence, and some by chance "
        "where there are many levels and few rows.",
        false, true);
}

static void put_crosstab(hn_profile_page *p, hn_json *tab) {
    hn_json *rows = yyjson_obj_get(tab, "counts"), *row, *cell;
    hn_json *columns = yyjson_obj_get(tab, "column_names");
    const char *headers[HN_PLOT_SERIES + 1] = {""};
    size_t n = yyjson_arr_size(columns), i, max, j, most;
    if (n > HN_PLOT_SERIES - 1) return;
    hn_str_put(p->out, "<h3>");
    hn_profile_link(p, hn_json_text(tab, "rows"));
    hn_str_put(p->out, " by ");
    hn_profile_link(p, hn_json_text(tab, "columns"));
    hn_str_put(p->out, "</h3>\n");
    for (size_t k = 0; k < n; k++) headers[k + 1] = yyjson_get_str(yyjson_arr_get(columns, k));
    hn_page_table_begin(p->out, "lrrrrrrrrrrrrrrrrrrrrrrrrr", headers, (int)n + 1);
    yyjson_arr_foreach(rows, i, max, row) {
        double total = 0;
        yyjson_arr_foreach(row, j, most, cell) total += yyjson_get_num(cell);
        hn_page_row_begin(p->out);
        hn_page_cell(p->out, 'h',
                     yyjson_get_str(yyjson_arr_get(yyjson_obj_get(tab, "row_names"), i)));
        yyjson_arr_foreach(row, j, most, cell)
            hn_page_shaded(p->out, total > 0 ? yyjson_get_num(cell) / total : 0,
                           hn_profile_figure(p, yyjson_get_num(cell)));
        hn_page_row_end(p->out);
    }
    hn_page_table_end(p->out);
}

void hn_profile_crosstabs(hn_profile_page *p) {
    hn_json *list = yyjson_obj_get(p->profile, "crosstabs"), *tab;
    size_t i, max;
    if (yyjson_arr_size(list) == 0) return;
    hn_page_section(p->out, "crosstabs", "Categories by categories");
    hn_page_text(
        p->out,
        "Rows counted, all of them; the shade is the share of each line. The pairs that hang "
        "together most.");
    yyjson_arr_foreach(list, i, max, tab) put_crosstab(p, tab);
}

/* ---- rows -------------------------------------------------------------------------------- */

/* How much each column misses, most first. */
static void put_missing_bars(hn_profile_page *p, hn_json *missing) {
    hn_json *columns = yyjson_obj_get(missing, "columns"),
            *counts = yyjson_obj_get(missing, "counts");
    double rows = hn_json_number(yyjson_obj_get(p->profile, "overview"), "rows");
    size_t i, max;
    hn_json *name;
    hn_page_bars_begin(p->out);
    yyjson_arr_foreach(columns, i, max, name) {
        double count = yyjson_get_num(yyjson_arr_get(counts, i));
        hn_str said;
        hn_str_init(&said, p->ctx, p->ctx->scratch);
        hn_page_figure(&said, count);
        hn_str_printf(&said, " · %s", hn_profile_percent(p, count / rows));
        hn_page_bar(p->out, yyjson_get_str(name), count / rows, said.text != NULL ? said.text : "");
    }
    hn_page_bars_end(p->out);
}

hone_status hn_profile_missing(hn_profile_page *p) {
    hn_json *missing = yyjson_obj_get(p->profile, "missing");
    if (yyjson_arr_size(yyjson_obj_get(missing, "columns")) == 0) return HONE_OK;
    hn_page_section(p->out, "missing", "What is missing");
    put_missing_bars(p, missing);
    hn_page_plots_begin(p->out);
    HN_TRY(hn_draw_missing(&p->drawer, p->profile, p->plots));
    if (p->plots->n_series > 0) hn_page_plot(p->out, p->plots);
    HN_TRY(hn_draw_matrix(&p->drawer, yyjson_obj_get(missing, "columns"),
                          yyjson_obj_get(missing, "together"), "together", "Missing together", true,
                          p->plots));
    p->plots->doc =
        "The correlation of being missing: 1 means in the same rows, −1 where the other is there.";
    if (p->plots->n_series > 0) hn_page_plot(p->out, p->plots);
    HN_TRY(hn_draw_missing_tree(&p->drawer, p->profile, p->plots));
    if (p->plots->n_series > 0) hn_page_plot(p->out, p->plots);
    hn_page_plots_end(p->out);
    return HONE_OK;
}

hone_status hn_profile_points(hn_profile_page *p) {
    int n;
    if (hn_profile_has_pairs(p->profile)) hn_page_section(p->out, "pairs", "Two by two");
    HN_TRY(hn_profile_any(p));
    HN_TRY(hn_draw_pairs(&p->drawer, p->profile, p->plots, &n));
    if (n > 0) {
        hn_sheet sheet = {
            .title = "The most relevant numbers", .plots = p->plots, .n = n, .columns = 3};
        hn_page_plots_begin(p->out);
        hn_page_sheet(p->out, &sheet, "Each point is a row of the sample.");
        hn_page_plots_end(p->out);
    }
    HN_TRY(hn_draw_projection(&p->drawer, p->profile, p->plots));
    if (p->plots->n_series == 0) return HONE_OK;
    hn_page_section(p->out, "projection", "Projection");
    hn_page_plots_begin(p->out);
    hn_page_plot(p->out, p->plots);
    hn_page_plots_end(p->out);
    return HONE_OK;
}
