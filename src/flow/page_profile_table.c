/* page_profile_table.c - all columns of a profile at a glance: a line each, with its distribution in small. */
#include "flow/page_profile.h"
#include <math.h>
#include <string.h>

enum { SPARK_WIDTH = 110, SPARK_HEIGHT = 24 };

static void put_rect(hn_str *out, double x, double width, double height) {
    hn_str_put(out, "<rect class=\"c0\" x=\"");
    hn_str_put_double(out, floor(100 * x + 0.5) / 100);
    hn_str_put(out, "\" y=\"");
    hn_str_put_double(out, floor(100 * (SPARK_HEIGHT - height) + 0.5) / 100);
    hn_str_put(out, "\" width=\"");
    hn_str_put_double(out, floor(100 * width + 0.5) / 100);
    hn_str_put(out, "\" height=\"");
    hn_str_put_double(out, floor(100 * height + 0.5) / 100);
    hn_str_put(out, "\"/>");
}

/* Bars of a histogram or, of names, of the most frequent ones. */
static void put_spark(hn_profile_page *p, hn_json *column) {
    hn_json *counts = yyjson_obj_get(yyjson_obj_get(column, "histogram"), "counts"), *item;
    bool names = counts == NULL;
    if (names) counts = yyjson_obj_get(column, "top");
    size_t i, max, n = yyjson_arr_size(counts);
    double most = 0;
    hn_str_put(p->out, "<td>");
    yyjson_arr_foreach(counts, i, max, item) most =
        fmax(most, names ? hn_json_number(item, "count") : yyjson_get_num(item));
    if (most > (names ? 1 : 0)) {
        double slot = SPARK_WIDTH / (double)n;
        if (slot > 14) slot = 14;
        hn_str_printf(p->out, "<svg class=\"spark\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">",
                      SPARK_WIDTH, SPARK_HEIGHT);
        yyjson_arr_foreach(counts, i, max, item) {
            double count = names ? hn_json_number(item, "count") : yyjson_get_num(item);
            if (count > 0)
                put_rect(p->out, slot * (double)i, slot > 3 ? slot - 1 : slot,
                         fmax(1, SPARK_HEIGHT * count / most));
        }
        hn_str_put(p->out, "</svg>");
    }
    hn_str_put(p->out, "</td>");
}

static void put_spread_cell(hn_profile_page *p, hn_json *column) {
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
            hn_profile_put_value(&one, yyjson_obj_get(top, "value"));
            hn_cut_text(cut, sizeof cut, one.text != NULL ? one.text : "", 18);
            hn_str_printf(&p->text, "%s%s", i > 0 ? ", " : "", cut);
        }
    }
    hn_page_cell(p->out, 'l', p->text.text != NULL ? p->text.text : "");
}

static void put_line(hn_profile_page *p, hn_json *column, hn_json *target) {
    const char *name = hn_json_text(column, "name");
    double share = hn_json_number(column, "missing") / hn_json_number(column, "rows");
    hn_str_put(p->out, "<tr data-column=\"");
    hn_put_escaped(p->out, name);
    hn_str_put(p->out, "\"><td>");
    hn_profile_link(p, name);
    hn_str_put(p->out, "</td>");
    put_spark(p, column);
    hn_page_cell(p->out, 'l', hn_json_text(column, "type"));
    hn_page_shaded(p->out, share > 0 ? share : 0, share > 0 ? hn_profile_percent(p, share) : "");
    hn_page_cell(p->out, 'r', hn_profile_figure(p, hn_json_number(column, "distinct")));
    if (target != NULL) {
        double own = hn_profile_association(p, name);
        bool itself = strcmp(name, hn_json_text(target, "column")) == 0;
        hn_page_shaded(p->out, isfinite(own) ? own : 0,
                       itself          ? "target"
                       : isfinite(own) ? hn_profile_figure(p, own)
                                       : "");
    }
    put_spread_cell(p, column);
    hn_str_put(p->out, "</tr>\n");
}

void hn_profile_columns(hn_profile_page *p) {
    static const char *const headers[] = {"column",   "distribution",       "type",  "missing",
                                          "distinct", "tells about target", "values"};
    static const char *const without[] = {"column",  "distribution", "type",
                                          "missing", "distinct",     "values"};
    hn_json *target = yyjson_obj_get(p->profile, "target"), *column;
    size_t i, max;
    hn_page_section(p->out, "columns", "Columns");
    hn_str_put(p->out,
               "<label class=\"find\" hidden>Find a column <input id=\"find\" type=\"search\" "
               "autocomplete=\"off\"></label>\n<div class=\"glance\">");
    if (target != NULL)
        hn_page_table_begin(p->out, "lllrrrl", headers, 7);
    else
        hn_page_table_begin(p->out, "lllrrl", without, 6);
    yyjson_arr_foreach(yyjson_obj_get(p->profile, "columns"), i, max, column) {
        if (i == HN_CARDS) break;
        put_line(p, column, target);
    }
    hn_page_table_end(p->out);
    hn_str_put(p->out, "</div>\n<p id=\"found-none\" hidden>No column has that in its name.</p>\n");
    if (max > HN_CARDS)
        hn_page_text(p->out, "The table has more columns than are shown here; --json has all.");
}
