/* page_profile.c - the page of a profile, section by section from its JSON. */
#include "flow/explore.h"
#include "flow/page.h"
#include "flow/profile_plots.h"
#include <math.h>
#include <string.h>

enum { CARDS = 200, BARS = 8, TABLE_COLUMNS = 60 };

typedef struct page {
    hone_ctx *ctx;
    hn_drawer drawer;
    hn_json *profile;
    hn_str *out;
    hn_str text;
    hn_plot *plots; /* [HN_PAIRS_MOST] */
} page;

/* ---- pieces ---------------------------------------------------------------------------------- */

static const char *figure(page *p, double value) {
    hn_str_clear(&p->text);
    hn_page_figure(&p->text, value);
    return p->text.text;
}

static const char *percent(page *p, double share) {
    hn_str_clear(&p->text);
    if (!isfinite(share)) return "–";
    double scale = share < 0.01 ? 100 : share < 0.1 || share > 0.99 ? 10 : 1;
    double rounded = floor(100 * share * scale + 0.5) / scale;
    if (rounded == 0 && share > 0)
        hn_str_put(&p->text, "< 0.01");
    else
        hn_str_put_double(&p->text, rounded >= 100 && share < 1 ? 99.9 : rounded);
    hn_str_put(&p->text, " %");
    return p->text.text;
}

static const char *bytes(page *p, double n) {
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    int unit = 0;
    for (; n >= 1000 && unit < 4; unit++) n /= 1000;
    hn_str_clear(&p->text);
    hn_str_put_double(&p->text, floor(n * (n < 10 ? 10 : 1) + 0.5) / (n < 10 ? 10 : 1));
    hn_str_printf(&p->text, " %s", units[unit]);
    return p->text.text;
}

/* A value of a table: text, number, truth value. */
static void put_value(hn_str *out, hn_json *value) {
    if (yyjson_is_str(value)) {
        hn_str_put(out, yyjson_get_str(value));
    } else if (yyjson_is_bool(value)) {
        hn_str_put(out, yyjson_get_bool(value) ? "true" : "false");
    } else if (yyjson_is_int(value)) {
        hn_str_printf(out, "%lld", (long long)yyjson_get_sint(value));
    } else if (yyjson_is_num(value)) {
        hn_page_figure(out, yyjson_get_num(value));
    } else {
        hn_str_put(out, "–");
    }
}

static const char *value_text(page *p, hn_json *value) {
    hn_str_clear(&p->text);
    put_value(&p->text, value);
    if (p->text.length == 0) return "(empty)";
    return p->text.text;
}

static void put_fact(page *p, const char *name, const char *value) {
    hn_str_put(p->out, "<div><dt>");
    hn_put_escaped(p->out, name);
    hn_str_put(p->out, "</dt><dd>");
    hn_put_escaped(p->out, value);
    hn_str_put(p->out, "</dd></div>");
}

static void put_number_fact(page *p, hn_json *object, const char *key, const char *name) {
    put_fact(p, name, figure(p, hn_json_number(object, key)));
}

/* "c-12": a card's id. */
static int64_t index_of(page *p, const char *name) {
    size_t i, max;
    hn_json *column;
    yyjson_arr_foreach(yyjson_obj_get(p->profile, "columns"), i, max,
                       column) if (strcmp(hn_json_text(column, "name"), name) ==
                                   0) return (int64_t)i;
    return -1;
}

static void put_link(page *p, const char *name) {
    int64_t at = index_of(p, name);
    if (at >= 0 && at < CARDS) hn_str_printf(p->out, "<a href=\"#c-%lld\">", (long long)at);
    hn_put_escaped(p->out, name);
    if (at >= 0 && at < CARDS) hn_str_put(p->out, "</a>");
}

/* ---- overview -------------------------------------------------------------------------------- */

static void put_tile(page *p, const char *what, const char *value) {
    hn_page_tile(p->out, value, what);
}

static void put_overview(page *p) {
    static const struct {
        const char *key, *title;
    } lists[] = {{"empty", "without values"},
                 {"constant", "constant"},
                 {"id_like", "like an id"},
                 {"high_cardinality", "with many levels"},
                 {"free_text", "free text"}};
    hn_json *o = yyjson_obj_get(p->profile, "overview"),
            *missing = yyjson_obj_get(p->profile, "missing");
    double rows = hn_json_number(o, "rows");
    hn_page_section(p->out, "overview", "Overview");
    hn_page_tiles_begin(p->out);
    put_tile(p, "rows", figure(p, rows));
    put_tile(p, "columns", figure(p, hn_json_number(o, "columns")));
    put_tile(p, "in memory", bytes(p, hn_json_number(o, "bytes")));
    put_tile(p, "of cells missing", percent(p, fmax(0, hn_json_number(o, "missing_share"))));
    put_tile(p, "rows without gaps", figure(p, hn_json_number(missing, "complete_rows")));
    put_tile(p, "rows repeat another", figure(p, hn_json_number(o, "duplicate_rows")));
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        double n = (double)yyjson_arr_size(yyjson_obj_get(o, lists[k].key));
        if (n == 0) continue;
        char what[64];
        snprintf(what, sizeof what, "%s %s", n == 1 ? "column" : "columns", lists[k].title);
        put_tile(p, what, figure(p, n));
    }
    hn_page_tiles_end(p->out);
    hn_json *sampled = yyjson_obj_get(p->profile, "sampled");
    if (hn_json_number(sampled, "rows") < hn_json_number(sampled, "of")) {
        hn_str said;
        hn_str_init(&said, p->ctx, p->ctx->scratch);
        hn_str_put(
            &said,
            "Counts, statistics and histograms are of all rows. Densities, associations, boxes "
            "and points are of ");
        hn_page_figure(&said, hn_json_number(sampled, "rows"));
        hn_str_put(&said, " rows drawn at random.");
        hn_page_text(p->out, said.text);
    }
}

static void put_spread_cell(page *p, hn_json *column) {
    const char *sort = hn_json_text(column, "sort");
    hn_str_clear(&p->text);
    if (strcmp(sort, "number") == 0) {
        hn_page_figure(&p->text, hn_json_number(column, "min"));
        hn_str_put(&p->text, " – ");
        hn_page_figure(&p->text, hn_json_number(column, "max"));
    } else if (strcmp(sort, "time") == 0) {
        hn_str_printf(&p->text, "%.10s – %.10s", hn_json_text(column, "first"),
                      hn_json_text(column, "last"));
    } else {
        size_t i, max;
        hn_json *top;
        char cut[80];
        yyjson_arr_foreach(yyjson_obj_get(column, "top"), i, max, top) {
            hn_str one;
            if (i == 3) break;
            hn_str_init(&one, p->ctx, p->ctx->scratch);
            put_value(&one, yyjson_obj_get(top, "value"));
            hn_cut_text(cut, sizeof cut, one.text, 18);
            hn_str_printf(&p->text, "%s%s", i > 0 ? ", " : "", cut);
        }
    }
    hn_page_cell(p->out, 'l', p->text.text);
}

static void put_columns_table(page *p) {
    static const char *const headers[] = {"column", "type", "missing", "distinct", "values"};
    size_t i, max;
    hn_json *column;
    hn_page_table_begin(p->out, "llrrl", headers, 5);
    yyjson_arr_foreach(yyjson_obj_get(p->profile, "columns"), i, max, column) {
        if (i == CARDS) break;
        double share = hn_json_number(column, "missing") / hn_json_number(column, "rows");
        hn_page_row_begin(p->out);
        hn_str_put(p->out, "<td>");
        put_link(p, hn_json_text(column, "name"));
        hn_str_put(p->out, "</td>");
        hn_page_cell(p->out, 'l', hn_json_text(column, "type"));
        hn_page_shaded(p->out, share > 0 ? share : 0, share > 0 ? percent(p, share) : "");
        hn_page_cell(p->out, 'r', figure(p, hn_json_number(column, "distinct")));
        put_spread_cell(p, column);
        hn_page_row_end(p->out);
    }
    hn_page_table_end(p->out);
    if (max > CARDS)
        hn_page_text(p->out, "The table has more columns than are shown here; --json has all.");
}

/* ---- warnings -------------------------------------------------------------------------------- */

static void put_warnings_of(page *p, const char *severity) {
    size_t i, max;
    hn_json *w;
    hn_str_put(p->out, "<ul class=\"notes\">\n");
    yyjson_arr_foreach(yyjson_obj_get(p->profile, "warnings"), i, max, w) {
        const char *own = hn_json_text(w, "severity"), *column = hn_json_text(w, "column");
        const char *said = hn_json_text(w, "text");
        if ((strcmp(own, "info") == 0) != (strcmp(severity, "info") == 0)) continue;
        hn_str_printf(p->out, "<li class=\"%s\">", own);
        if (*column != 0 && strncmp(said, "The ", 4) != 0) {
            hn_str_put(p->out, "<b>");
            put_link(p, column);
            hn_str_put(p->out, "</b> ");
        }
        hn_put_escaped(p->out, said);
        if (yyjson_obj_get(w, "recipe") != NULL) {
            hn_str_put(p->out, "<code>");
            hn_put_escaped(p->out, hn_json_text(w, "recipe"));
            hn_str_put(p->out, "</code>");
        }
        hn_str_put(p->out, "</li>\n");
    }
    hn_str_put(p->out, "</ul>\n");
}

static void put_warnings(page *p) {
    size_t i, max, infos = 0, others = 0;
    hn_json *w;
    yyjson_arr_foreach(yyjson_obj_get(p->profile, "warnings"), i, max, w) *
        (strcmp(hn_json_text(w, "severity"), "info") == 0 ? &infos : &others) += 1;
    hn_page_section(p->out, "notes", "What to look at");
    if (infos + others == 0) hn_page_text(p->out, "Nothing stands out.");
    if (others > 0) put_warnings_of(p, "notice");
    if (infos == 0) return;
    hn_str_printf(p->out, "<details%s><summary>%zu more, for information</summary>\n",
                  others == 0 ? " open" : "", infos);
    put_warnings_of(p, "info");
    hn_str_put(p->out, "</details>\n");
}

/* ---- target ---------------------------------------------------------------------------------- */

static void put_classes(page *p, hn_json *target) {
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
        hn_str_printf(&said, " · %s", percent(p, n / total));
        hn_page_bar(p->out, hn_json_text(class, "name"), n / most, said.text);
    }
    hn_page_bars_end(p->out);
}

static void put_features_table(page *p, hn_json *target) {
    static const char *const headers[] = {"column", "association", "by", "mutual information",
                                          "rows"};
    size_t i, max;
    hn_json *feature;
    hn_page_table_begin(p->out, "lrlrr", headers, 5);
    yyjson_arr_foreach(yyjson_obj_get(target, "features"), i, max, feature) {
        double own = hn_json_number(feature, "association");
        hn_page_row_begin(p->out);
        hn_str_put(p->out, "<td>");
        put_link(p, hn_json_text(feature, "column"));
        hn_str_put(p->out, "</td>");
        hn_page_shaded(p->out, isfinite(own) ? own : 0, figure(p, own));
        hn_page_cell(p->out, 'l', hn_json_text(feature, "measure"));
        hn_page_cell(p->out, 'r', figure(p, hn_json_number(feature, "mutual_information")));
        hn_page_cell(p->out, 'r', figure(p, hn_json_number(feature, "n")));
        hn_page_row_end(p->out);
    }
    hn_page_table_end(p->out);
}

static hone_status put_target(page *p) {
    hn_json *target = yyjson_obj_get(p->profile, "target"), *feature;
    size_t i, max;
    if (target == NULL) return HONE_OK;
    hn_page_section(p->out, "target", "What tells about the target");
    hn_str_put(p->out, "<p>Task: ");
    hn_put_escaped(p->out, hn_json_text(target, "task"));
    hn_str_put(p->out, " of ");
    put_link(p, hn_json_text(target, "column"));
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

/* ---- cards ----------------------------------------------------------------------------------- */

static void put_examples(page *p, hn_json *list) {
    size_t i, max;
    hn_json *top;
    hn_str_put(p->out, "<p>Every value differs. For example: ");
    yyjson_arr_foreach(list, i, max, top) {
        char cut[400];
        if (i == 4) break;
        hn_cut_text(cut, sizeof cut, value_text(p, yyjson_obj_get(top, "value")), 70);
        hn_str_put(p->out, i > 0 ? "; " : "");
        hn_put_escaped(p->out, cut);
    }
    hn_str_put(p->out, "</p>");
}

static void put_top(page *p, hn_json *column, size_t most_shown) {
    size_t i, max;
    hn_json *top, *list = yyjson_obj_get(column, "top");
    double most = hn_json_number(yyjson_arr_get_first(list), "count"), shown = 0;
    double present = hn_json_number(column, "rows") - hn_json_number(column, "missing");
    if (most == 1 && present > 1) { /* nothing to count */
        put_examples(p, list);
        return;
    }
    hn_page_bars_begin(p->out);
    yyjson_arr_foreach(list, i, max, top) {
        double count = hn_json_number(top, "count");
        hn_str said, name;
        if (i == most_shown) break;
        hn_str_init(&said, p->ctx, p->ctx->scratch);
        hn_str_init(&name, p->ctx, p->ctx->scratch);
        hn_page_figure(&said, count);
        hn_str_printf(&said, " · %s", percent(p, count / present));
        hn_str_put(&name, value_text(p, yyjson_obj_get(top, "value")));
        hn_page_bar(p->out, name.text, count / most, said.text);
        shown += count;
    }
    hn_page_bars_end(p->out);
    double others =
        hn_json_number(column, "distinct") - (double)(max < most_shown ? max : most_shown);
    if (others > 0) {
        hn_str said;
        hn_str_init(&said, p->ctx, p->ctx->scratch);
        hn_str_put(&said, "and ");
        hn_page_figure(&said, others);
        hn_str_put(&said, " other values in ");
        hn_page_figure(&said, present - shown);
        hn_str_put(&said, " rows");
        hn_page_text(p->out, said.text);
    }
}

static void put_quantiles(page *p, hn_json *column) {
    static const char *const keys[] = {"0",  "1",  "5",  "10", "25", "50",
                                       "75", "90", "95", "99", "100"};
    static const char *const names[] = {"least", "1 %",  "5 %",  "10 %", "25 %",   "median",
                                        "75 %",  "90 %", "95 %", "99 %", "largest"};
    hn_json *quantiles = yyjson_obj_get(column, "quantiles"),
            *out = yyjson_obj_get(column, "outliers");
    hn_str_put(p->out, "<details><summary>More figures</summary><dl>");
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        put_number_fact(p, quantiles, keys[k], names[k]);
    put_number_fact(p, column, "iqr", "quartile distance");
    put_number_fact(p, column, "mad", "median deviation");
    put_number_fact(p, column, "variance", "variance");
    put_number_fact(p, column, "variation", "sd / mean");
    put_number_fact(p, column, "skewness", "skewness");
    put_number_fact(p, column, "kurtosis", "excess kurtosis");
    put_number_fact(p, column, "negatives", "negative");
    put_number_fact(p, column, "infinite", "infinite");
    put_number_fact(p, out, "iqr", "outliers by quartiles");
    put_number_fact(p, out, "z", "outliers by 3 sd");
    put_number_fact(p, column, "once", "values that occur once");
    hn_str_put(p->out, "</dl>");
    hn_page_text(p->out, "Most frequent values");
    put_top(p, column, BARS);
    hn_str_put(p->out, "</details>");
}

static void put_head_facts(page *p, hn_json *column) {
    double rows = hn_json_number(column, "rows"), missing = hn_json_number(column, "missing");
    hn_str_put(p->out, "<dl>");
    put_fact(p, "missing", missing > 0 ? percent(p, missing / rows) : "none");
    put_number_fact(p, column, "distinct", "distinct");
}

static hone_status put_number_card(page *p, hn_json *column) {
    hn_json *quantiles = yyjson_obj_get(column, "quantiles");
    put_head_facts(p, column);
    put_number_fact(p, column, "mean", "mean");
    put_number_fact(p, column, "sd", "deviation");
    put_number_fact(p, quantiles, "0", "least");
    put_number_fact(p, quantiles, "50", "median");
    put_number_fact(p, quantiles, "100", "largest");
    put_number_fact(p, column, "zeros", "zeros");
    hn_str_put(p->out, "</dl>");
    HN_TRY(hn_draw_histogram(&p->drawer, column, p->plots));
    if (p->plots->n_series > 0) hn_plot_svg(p->out, p->plots);
    put_quantiles(p, column);
    HN_TRY(hn_draw_lags(&p->drawer, column, p->plots));
    if (p->plots->n_series > 0) {
        hn_str_put(p->out, "<details><summary>Autocorrelation, in the order of rows</summary>");
        hn_plot_svg(p->out, p->plots);
        hn_str_put(p->out, "</details>");
    }
    return HONE_OK;
}

static hone_status put_time_card(page *p, hn_json *column) {
    put_head_facts(p, column);
    put_fact(p, "first", hn_json_text(column, "first"));
    put_fact(p, "middle", hn_json_text(column, "middle"));
    put_fact(p, "last", hn_json_text(column, "last"));
    bool rises = yyjson_get_bool(yyjson_obj_get(column, "rises"));
    put_fact(p, "order of rows",
             rises                                              ? "ascending"
             : yyjson_get_bool(yyjson_obj_get(column, "falls")) ? "descending"
                                                                : "none");
    hn_str_put(p->out, "</dl>");
    HN_TRY(hn_draw_histogram(&p->drawer, column, p->plots));
    if (p->plots->n_series > 0) hn_plot_svg(p->out, p->plots);
    return HONE_OK;
}

static void put_name_card(page *p, hn_json *column) {
    hn_json *length = yyjson_obj_get(column, "length");
    put_head_facts(p, column);
    put_number_fact(p, column, "once", "occur once");
    if (strcmp(hn_json_text(column, "type"), "bool") != 0) {
        hn_str_clear(&p->text);
        hn_page_figure(&p->text, hn_json_number(length, "shortest"));
        hn_str_put(&p->text, " – ");
        hn_page_figure(&p->text, hn_json_number(length, "longest"));
        put_fact(p, "characters", p->text.text);
    }
    hn_str_put(p->out, "</dl>");
    put_top(p, column, BARS);
}

static hone_status put_card(page *p, hn_json *column, size_t index) {
    const char *sort = hn_json_text(column, "sort");
    hn_str_printf(p->out, "<article id=\"c-%zu\"><h3>", index);
    hn_put_escaped(p->out, hn_json_text(column, "name"));
    hn_str_printf(p->out, "</h3><p>%s%s%s</p>", hn_json_text(column, "type"),
                  yyjson_get_bool(yyjson_obj_get(column, "id_like")) ? ", names its row" : "",
                  yyjson_get_bool(yyjson_obj_get(column, "constant")) && strcmp(sort, "empty") != 0
                      ? ", constant"
                      : "");
    if (strcmp(sort, "number") == 0)
        HN_TRY(put_number_card(p, column));
    else if (strcmp(sort, "time") == 0)
        HN_TRY(put_time_card(p, column));
    else if (strcmp(sort, "empty") == 0)
        hn_page_text(p->out, "No value in any row.");
    else
        put_name_card(p, column);
    hn_str_put(p->out, "</article>\n");
    return HONE_OK;
}

static hone_status put_cards(page *p) {
    size_t i, max;
    hn_json *column;
    hn_page_section(p->out, "columns", "Columns");
    hn_str_put(p->out, "<details><summary>All columns as a table</summary>\n");
    put_columns_table(p);
    hn_str_put(p->out, "</details>\n");
    hn_str_put(p->out, "<div class=\"cards\">\n");
    yyjson_arr_foreach(yyjson_obj_get(p->profile, "columns"), i, max, column) {
        if (i == CARDS) break;
        HN_SCRATCH(p->ctx);
        p->drawer.arena = p->ctx->scratch;
        HN_TRY(put_card(p, column, i));
    }
    p->drawer.arena = p->ctx->scratch;
    hn_str_put(p->out, "</div>\n");
    return HONE_OK;
}

/* ---- associations ---------------------------------------------------------------------------- */

static hone_status put_matrix(page *p, const char *key, const char *title, const char *doc,
                              bool is_signed, bool folded) {
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

static hone_status put_associations(page *p) {
    if (yyjson_arr_size(yyjson_obj_get(yyjson_obj_get(p->profile, "associations"), "columns")) < 2)
        return HONE_OK;
    hn_page_section(p->out, "associations", "How columns hang together");
    HN_TRY(put_matrix(
        p, "association", "Association, whatever the types",
        "From 0 to 1: Spearman's correlation of two numbers, without its sign; the correlation "
        "ratio of a number and a name; Cramér's V of two names, less its bias.",
        false, false));
    HN_TRY(put_matrix(p, "pearson", "Pearson: straight lines", NULL, true, true));
    HN_TRY(
        put_matrix(p, "spearman", "Spearman: ranks that rise or fall together", NULL, true, true));
    HN_TRY(put_matrix(p, "kendall", "Kendall's tau-b: pairs of rows in the same order", NULL, true,
                      true));
    HN_TRY(put_matrix(p, "cramers_v", "Cramér's V, of names", NULL, false, true));
    HN_TRY(put_matrix(p, "correlation_ratio", "Correlation ratio, of numbers among names", NULL,
                      false, true));
    return put_matrix(
        p, "normalized_mutual_information", "Mutual information, as a share of the smaller entropy",
        "Numbers are cut into tenths. It sees any shape of dependence, and some by chance "
        "where there are many levels and few rows.",
        false, true);
}

static void put_crosstab(page *p, hn_json *tab) {
    hn_json *rows = yyjson_obj_get(tab, "counts"), *row, *cell;
    hn_json *columns = yyjson_obj_get(tab, "column_names");
    const char *headers[HN_PLOT_SERIES + 1] = {""};
    size_t n = yyjson_arr_size(columns), i, max, j, most;
    if (n > HN_PLOT_SERIES - 1) return;
    hn_str_put(p->out, "<h3>");
    put_link(p, hn_json_text(tab, "rows"));
    hn_str_put(p->out, " by ");
    put_link(p, hn_json_text(tab, "columns"));
    hn_str_put(p->out, "</h3>\n");
    for (size_t k = 0; k < n; k++) headers[k + 1] = yyjson_get_str(yyjson_arr_get(columns, k));
    hn_page_table_begin(p->out, "lrrrrrrrrrrrrrrrrrrrrrrrrr", headers, (int)n + 1);
    yyjson_arr_foreach(rows, i, max, row) {
        double total = 0;
        yyjson_arr_foreach(row, j, most, cell) total += yyjson_get_num(cell);
        hn_page_row_begin(p->out);
        hn_page_cell(p->out, 'h',
                     yyjson_get_str(yyjson_arr_get(yyjson_obj_get(tab, "row_names"), i)));
        yyjson_arr_foreach(row, j, most, cell) hn_page_shaded(
            p->out, total > 0 ? yyjson_get_num(cell) / total : 0, figure(p, yyjson_get_num(cell)));
        hn_page_row_end(p->out);
    }
    hn_page_table_end(p->out);
}

static void put_crosstabs(page *p) {
    hn_json *list = yyjson_obj_get(p->profile, "crosstabs"), *tab;
    size_t i, max;
    if (yyjson_arr_size(list) == 0) return;
    hn_page_section(p->out, "crosstabs", "Names by names");
    hn_page_text(
        p->out,
        "Rows counted, all of them; the shade is the share of each line. The pairs that hang "
        "together most.");
    yyjson_arr_foreach(list, i, max, tab) put_crosstab(p, tab);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static hone_status put_missing(page *p) {
    hn_json *missing = yyjson_obj_get(p->profile, "missing");
    if (yyjson_arr_size(yyjson_obj_get(missing, "columns")) == 0) return HONE_OK;
    hn_page_section(p->out, "missing", "What is missing");
    hn_page_plots_begin(p->out);
    HN_TRY(hn_draw_missing(&p->drawer, p->profile, p->plots));
    if (p->plots->n_series > 0) hn_page_plot(p->out, p->plots);
    HN_TRY(hn_draw_matrix(&p->drawer, yyjson_obj_get(missing, "columns"),
                          yyjson_obj_get(missing, "together"), "together", "Missing together", true,
                          p->plots));
    p->plots->doc =
        "The correlation of being missing: 1 means in the same rows, −1 where the other is there.";
    if (p->plots->n_series > 0) hn_page_plot(p->out, p->plots);
    hn_page_plots_end(p->out);
    return HONE_OK;
}

static hone_status put_points(page *p) {
    int n;
    HN_TRY(hn_draw_pairs(&p->drawer, p->profile, p->plots, &n));
    if (n > 0) {
        hn_page_section(p->out, "pairs", "Pairs of the most relevant numbers");
        hn_sheet sheet = {.title = "Numbers two by two", .plots = p->plots, .n = n, .columns = 3};
        hn_page_plots_begin(p->out);
        hn_page_sheet(p->out, &sheet, "Each point is a row of the sample.");
        hn_page_plots_end(p->out);
    }
    HN_TRY(hn_draw_projection(&p->drawer, p->profile, p->plots));
    if (p->plots->n_series == 0) return HONE_OK;
    hn_page_section(p->out, "projection", "The rows on a plane");
    hn_page_plots_begin(p->out);
    hn_page_plot(p->out, p->plots);
    hn_page_plots_end(p->out);
    return HONE_OK;
}

static hone_status put_rows(page *p) {
    hn_json *table = yyjson_obj_get(p->profile, "table"), *row, *cell, *name;
    const char **headers;
    char *align;
    size_t n = yyjson_arr_size(yyjson_obj_get(table, "columns")), i, max, j, most;
    if (n == 0 || yyjson_arr_size(yyjson_obj_get(table, "rows")) == 0) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(p->ctx, headers, n + 1));
    HN_TRY(HN_SCRATCH_NEW(p->ctx, align, n + 2));
    headers[0] = "row";
    align[0] = 'r';
    yyjson_arr_foreach(yyjson_obj_get(table, "columns"), j, most, name) {
        headers[j + 1] = yyjson_get_str(name);
        align[j + 1] =
            yyjson_is_num(yyjson_arr_get(
                yyjson_obj_get(yyjson_arr_get_first(yyjson_obj_get(table, "rows")), "cells"), j))
                ? 'r'
                : 'l';
    }
    hn_page_section(p->out, "rows", "First and last rows");
    hn_page_table_begin(p->out, align, headers, (int)n + 1);
    yyjson_arr_foreach(yyjson_obj_get(table, "rows"), i, max, row) {
        hn_page_row_begin(p->out);
        hn_str_clear(&p->text);
        hn_str_printf(&p->text, "%.0f", hn_json_number(row, "row") + 1);
        hn_page_cell(p->out, 'r', p->text.text);
        yyjson_arr_foreach(yyjson_obj_get(row, "cells"), j, most, cell) {
            char cut[256];
            hn_cut_text(cut, sizeof cut, value_text(p, cell), 48);
            hn_page_cell(p->out, align[j + 1], cut);
        }
        hn_page_row_end(p->out);
    }
    hn_page_table_end(p->out);
    return HONE_OK;
}

static void put_recipe(page *p) {
    const char *recipe = hn_json_text(p->profile, "recipe");
    if (*recipe == 0) return;
    hn_page_section(p->out, "recipe", "A recipe to begin with");
    hn_page_text(p->out, "What is certain is in it; the rest is inferred and said. Train with "
                         "hone train --recipe FILE, and add lines from above.");
    hn_str_put(p->out, "<pre tabindex=\"0\">");
    hn_put_escaped(p->out, recipe);
    hn_str_put(p->out, "</pre>\n");
}

static void put_contents(page *p) {
    const char *sections[24], **at = sections;
    hn_json *profile = p->profile;
#define SECTION(id, text) (*at++ = (id), *at++ = (text))
    SECTION("overview", "Overview");
    SECTION("notes", "What to look at");
    if (yyjson_obj_get(profile, "target") != NULL) SECTION("target", "Target");
    SECTION("columns", "Columns");
    if (yyjson_arr_size(yyjson_obj_get(yyjson_obj_get(profile, "associations"), "columns")) >= 2)
        SECTION("associations", "Associations");
    if (yyjson_arr_size(yyjson_obj_get(profile, "crosstabs")) > 0) SECTION("crosstabs", "Names");
    if (yyjson_arr_size(yyjson_obj_get(yyjson_obj_get(profile, "missing"), "columns")) > 0)
        SECTION("missing", "Missing");
    if (yyjson_obj_get(profile, "pairs") != NULL) SECTION("pairs", "Pairs");
    if (yyjson_obj_get(profile, "projection") != NULL) SECTION("projection", "Plane");
    if (yyjson_arr_size(yyjson_obj_get(yyjson_obj_get(profile, "table"), "rows")) > 0)
        SECTION("rows", "Rows");
    if (yyjson_obj_get(profile, "recipe") != NULL) SECTION("recipe", "Recipe");
#undef SECTION
    *at = NULL;
    hn_page_contents(p->out, sections);
}

/* The last part of a path. */
static const char *title_of(hn_json *profile) {
    const char *source = hn_json_text(profile, "source"), *slash = strrchr(source, '/');
    return slash != NULL && slash[1] != 0 ? slash + 1 : *source != 0 ? source : "Profile";
}

hone_status hn_page_of_profile(hone_ctx *ctx, hn_json *profile, hn_str *out) {
    HN_SCRATCH(ctx);
    page p = {
        .ctx = ctx, .drawer = {.ctx = ctx, .arena = ctx->scratch}, .profile = profile, .out = out};
    hn_json *overview = yyjson_obj_get(profile, "overview");
    hn_str subtitle;
    hn_str_init(&p.text, ctx, ctx->scratch);
    hn_str_init(&subtitle, ctx, ctx->scratch);
    HN_TRY(HN_SCRATCH_NEW(ctx, p.plots, HN_PAIRS_MOST));
    hn_str_put(&subtitle, "Profile of ");
    hn_page_figure(&subtitle, hn_json_number(overview, "rows"));
    hn_str_put(&subtitle, " rows and ");
    hn_page_figure(&subtitle, hn_json_number(overview, "columns"));
    hn_str_put(&subtitle, " columns");
    HN_TRY(hn_str_status(&subtitle));
    hn_page_begin(out, title_of(profile), subtitle.text);
    put_contents(&p);
    put_overview(&p);
    put_warnings(&p);
    HN_TRY(put_target(&p));
    HN_TRY(put_cards(&p));
    HN_TRY(put_associations(&p));
    put_crosstabs(&p);
    HN_TRY(put_missing(&p));
    HN_TRY(put_points(&p));
    HN_TRY(put_rows(&p));
    put_recipe(&p);
    hn_page_end_with(out,
                     "Intervals are 95 % intervals: Wilson's of shares, the normal's of means.");
    HN_TRY(hn_str_status(&p.text));
    return hn_str_status(out);
}
