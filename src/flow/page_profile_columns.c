/* page_profile_columns.c - a card for each column of a profile. */
#include "flow/page_profile.h"
#include <math.h>
#include <string.h>

enum { BARS = 8 };

static void put_fact(hn_profile_page *p, const char *name, const char *value) {
    hn_str_put(p->out, "<div><dt>");
    hn_put_escaped(p->out, name);
    hn_str_put(p->out, "</dt><dd>");
    hn_put_escaped(p->out, value);
    hn_str_put(p->out, "</dd></div>");
}

static void put_number_fact(hn_profile_page *p, hn_json *object, const char *key,
                            const char *name) {
    put_fact(p, name, hn_profile_figure(p, hn_json_number(object, key)));
}

/* A count, with its share of the values present where it is not none. */
static void put_share_fact(hn_profile_page *p, hn_json *column, const char *key) {
    double present = hn_json_number(column, "rows") - hn_json_number(column, "missing");
    double count = hn_json_number(column, key);
    hn_str said;
    hn_str_init(&said, p->ctx, p->ctx->scratch);
    hn_page_figure(&said, count);
    if (count > 0) hn_str_printf(&said, " · %s", hn_profile_percent(p, count / present));
    put_fact(p, key, said.text != NULL ? said.text : "");
}

static void put_examples(hn_profile_page *p, hn_json *list) {
    size_t i, max;
    hn_json *top;
    hn_str_put(p->out, "<p>Every value differs. For example: ");
    yyjson_arr_foreach(list, i, max, top) {
        char cut[400];
        if (i == 4) break;
        hn_cut_text(cut, sizeof cut, hn_profile_value(p, yyjson_obj_get(top, "value")), 70);
        hn_str_put(p->out, i > 0 ? "; " : "");
        hn_put_escaped(p->out, cut);
    }
    hn_str_put(p->out, "</p>");
}

/* Returns how many of the counts are shown. */
static double put_bars(hn_profile_page *p, hn_json *list, size_t most_shown, double all) {
    double most = 0, shown = 0;
    size_t i, max;
    hn_json *top;
    yyjson_arr_foreach(list, i, max, top) most = fmax(most, hn_json_number(top, "count"));
    hn_page_bars_begin(p->out);
    yyjson_arr_foreach(list, i, max, top) {
        double count = hn_json_number(top, "count");
        hn_str said, name;
        if (i == most_shown) break;
        hn_str_init(&said, p->ctx, p->ctx->scratch);
        hn_str_init(&name, p->ctx, p->ctx->scratch);
        hn_page_figure(&said, count);
        hn_str_printf(&said, " · %s", hn_profile_percent(p, count / all));
        hn_str_put(&name, hn_profile_value(p, yyjson_obj_get(top, "value")));
        hn_page_bar(p->out, name.text, count / most, said.text);
        shown += count;
    }
    hn_page_bars_end(p->out);
    return shown;
}

static void put_top(hn_profile_page *p, hn_json *column, size_t most_shown) {
    hn_json *list = yyjson_obj_get(column, "top");
    size_t max = yyjson_arr_size(list);
    double most = hn_json_number(yyjson_arr_get_first(list), "count");
    double present = hn_json_number(column, "rows") - hn_json_number(column, "missing");
    if (most == 1 && present > 1) { /* nothing to count */
        put_examples(p, list);
        return;
    }
    double shown = put_bars(p, list, most_shown, present);
    double others =
        hn_json_number(column, "distinct") - (double)(max < most_shown ? max : most_shown);
    if (others > 0) {
        hn_str said;
        hn_str_init(&said, p->ctx, p->ctx->scratch);
        hn_str_put(&said, "and ");
        hn_page_figure(&said, others);
        hn_str_put(&said, others == 1 ? " other value in " : " other values in ");
        hn_page_figure(&said, present - shown);
        hn_str_put(&said, present - shown == 1 ? " row" : " rows");
        hn_page_text(p->out, said.text);
    }
}

static void put_quantiles(hn_profile_page *p, hn_json *column) {
    static const char *const keys[] = {"0",  "1",  "5",  "10", "25", "50",
                                       "75", "90", "95", "99", "100"};
    static const char *const names[] = {"min",  "1 %",  "5 %",  "10 %", "25 %", "median",
                                        "75 %", "90 %", "95 %", "99 %", "max"};
    hn_json *quantiles = yyjson_obj_get(column, "quantiles"),
            *out = yyjson_obj_get(column, "outliers");
    hn_str_put(p->out, "<details><summary>More figures</summary><dl>");
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        put_number_fact(p, quantiles, keys[k], names[k]);
    put_number_fact(p, column, "iqr", "interquartile range");
    put_number_fact(p, column, "mad", "median abs. deviation");
    put_number_fact(p, column, "variance", "variance");
    put_number_fact(p, column, "variation", "sd ÷ mean");
    put_number_fact(p, column, "skewness", "skewness");
    put_number_fact(p, column, "kurtosis", "excess kurtosis");
    put_number_fact(p, column, "negatives", "negative");
    put_number_fact(p, column, "infinite", "infinite");
    put_number_fact(p, out, "iqr", "beyond 1.5 IQR");
    put_number_fact(p, out, "z", "beyond 3 sd");
    put_number_fact(p, column, "once", "once");
    hn_str_put(p->out, "</dl>");
    hn_page_text(p->out, "Most frequent values");
    put_top(p, column, BARS);
    double present = hn_json_number(column, "rows") - hn_json_number(column, "missing");
    hn_page_text(p->out, "Smallest values");
    put_bars(p, yyjson_obj_get(column, "lowest"), BARS, present);
    hn_page_text(p->out, "Largest values");
    put_bars(p, yyjson_obj_get(column, "highest"), BARS, present);
    hn_str_put(p->out, "</details>");
}

static void put_head_facts(hn_profile_page *p, hn_json *column) {
    double rows = hn_json_number(column, "rows"), missing = hn_json_number(column, "missing");
    hn_str_put(p->out, "<dl>");
    put_fact(p, "missing", missing > 0 ? hn_profile_percent(p, missing / rows) : "none");
    put_number_fact(p, column, "distinct", "distinct");
    double tells = hn_profile_association(p, hn_json_text(column, "name"));
    if (isfinite(tells)) put_fact(p, "tells about target", hn_profile_figure(p, tells));
}

static hone_status put_number_card(hn_profile_page *p, hn_json *column) {
    hn_json *quantiles = yyjson_obj_get(column, "quantiles");
    put_head_facts(p, column);
    put_number_fact(p, column, "mean", "mean");
    put_number_fact(p, column, "sd", "sd");
    put_number_fact(p, quantiles, "0", "min");
    put_number_fact(p, quantiles, "50", "median");
    put_number_fact(p, quantiles, "100", "max");
    put_share_fact(p, column, "zeros");
    hn_str_put(p->out, "</dl>");
    HN_TRY(hn_draw_histogram(&p->drawer, column, p->plots));
    if (p->plots->n_series > 0) hn_plot_svg(p->out, p->plots);
    HN_TRY(hn_draw_log_histogram(&p->drawer, column, p->plots));
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

static hone_status put_time_card(hn_profile_page *p, hn_json *column) {
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

static void put_words(hn_profile_page *p, hn_json *words) {
    double texts = hn_json_number(words, "texts"), all;
    hn_json *overview = yyjson_obj_get(p->profile, "overview");
    hn_str said;
    hn_str_init(&said, p->ctx, p->ctx->scratch);
    all = hn_json_number(overview, "rows");
    hn_str_put(p->out, "<details><summary>Most frequent words</summary>");
    hn_page_figure(&said, hn_json_number(words, "distinct"));
    hn_str_put(&said, " different words, ");
    hn_page_figure(&said, hn_json_number(words, "total"));
    hn_str_put(&said, " in all");
    if (texts < all) {
        hn_str_put(&said, ", of ");
        hn_page_figure(&said, texts);
        hn_str_put(&said, " texts");
    }
    if (said.text != NULL) hn_page_text(p->out, said.text);
    put_bars(p, yyjson_obj_get(words, "top"), BARS, hn_json_number(words, "total"));
    hn_str_put(p->out, "</details>");
}

static void put_name_card(hn_profile_page *p, hn_json *column) {
    hn_json *length = yyjson_obj_get(column, "length"), *words = yyjson_obj_get(column, "words");
    put_head_facts(p, column);
    put_number_fact(p, column, "once", "once");
    if (strcmp(hn_json_text(column, "type"), "bool") != 0) {
        hn_str_clear(&p->text);
        hn_page_figure(&p->text, hn_json_number(length, "shortest"));
        hn_str_put(&p->text, " – ");
        hn_page_figure(&p->text, hn_json_number(length, "longest"));
        put_fact(p, "characters", p->text.text);
    }
    if (words != NULL) {
        put_number_fact(p, length, "mean", "mean length");
        put_number_fact(p, words, "mean", "words, mean");
        put_number_fact(p, words, "most", "words, most");
    }
    hn_str_put(p->out, "</dl>");
    put_top(p, column, BARS);
    if (words != NULL) put_words(p, words);
}

static hone_status put_card(hn_profile_page *p, hn_json *column, size_t index) {
    const char *sort = hn_json_text(column, "sort");
    hn_str_printf(p->out, "<article id=\"c-%zu\" data-column=\"", index);
    hn_put_escaped(p->out, hn_json_text(column, "name"));
    hn_str_put(p->out, "\"><h3>");
    hn_put_escaped(p->out, hn_json_text(column, "name"));
    hn_str_printf(p->out, "</h3><p>%s</p>", hn_json_text(column, "type"));
    hn_profile_tags(p, hn_json_text(column, "name"));
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

hone_status hn_profile_cards(hn_profile_page *p) {
    size_t i, max;
    hn_json *column;
    hn_page_section(p->out, "cards", "Column by column");
    hn_str_put(p->out, "<div class=\"cards\">\n");
    yyjson_arr_foreach(yyjson_obj_get(p->profile, "columns"), i, max, column) {
        if (i == HN_CARDS) break;
        HN_SCRATCH(p->ctx);
        p->drawer.arena = p->ctx->scratch;
        HN_TRY(put_card(p, column, i));
    }
    p->drawer.arena = p->ctx->scratch;
    hn_str_put(p->out, "</div>\n");
    return HONE_OK;
}
