/* page_profile_beside.c - the section that sets another table beside the profile's; see explore_beside.h. */
#include "flow/page_profile.h"
#include <math.h>

enum { PLOTS = 12, ROWS = 60 };

static double at(hn_json *column, const char *key, size_t side) {
    hn_json *value = yyjson_arr_get(yyjson_obj_get(column, key), side);
    return yyjson_is_num(value) ? yyjson_get_num(value) : (double)NAN;
}

/* "3 – 4" of both tables, as figures or percent. */
static void put_two(hn_profile_page *p, hn_json *column, const char *key, bool share) {
    hn_str both;
    hn_str_init(&both, p->ctx, p->ctx->scratch);
    for (size_t side = 0; side < 2 && yyjson_obj_get(column, key) != NULL; side++) {
        double value = at(column, key, side);
        hn_str_put(&both, side ? " → " : "");
        hn_str_put(&both, share ? hn_profile_percent(p, value) : hn_profile_figure(p, value));
    }
    hn_page_cell(p->out, 'r', both.text != NULL ? both.text : "");
}

static void put_names(hn_profile_page *p, hn_json *list, const char *said) {
    size_t i, max;
    hn_json *name;
    if (yyjson_arr_size(list) == 0) return;
    hn_str_put(p->out, "<p>");
    hn_put_escaped(p->out, said);
    yyjson_arr_foreach(list, i, max, name) {
        hn_str_put(p->out, i > 0 ? ", " : " ");
        hn_profile_link(p, yyjson_get_str(name));
    }
    hn_str_put(p->out, ".</p>\n");
}

static void put_row(hn_profile_page *p, hn_json *column) {
    double distance = hn_json_number(column, "distance"), unseen = hn_json_number(column, "unseen");
    bool differs = yyjson_get_bool(yyjson_obj_get(column, "differs"));
    hn_page_row_begin(p->out);
    hn_str_put(p->out, "<td>");
    hn_profile_link(p, hn_json_text(column, "name"));
    hn_str_put(p->out, "</td>");
    hn_page_shaded(p->out, differs ? distance : 0, hn_profile_figure(p, distance));
    hn_page_cell(p->out, 'l', differs ? "beyond chance" : "");
    put_two(p, column, "missing", true);
    put_two(p, column, "mean", false);
    put_two(p, column, "median", false);
    hn_page_cell(p->out, 'r', unseen > 0 ? hn_profile_percent(p, unseen) : "");
    hn_page_row_end(p->out);
}

static hone_status put_pictures(hn_profile_page *p, hn_json *columns) {
    size_t i, max, drawn = 0;
    hn_json *column;
    hn_page_plots_begin(p->out);
    yyjson_arr_foreach(columns, i, max, column) {
        HN_SCRATCH(p->ctx);
        hn_arena *before = p->drawer.arena;
        if (drawn == PLOTS) break;
        p->drawer.arena = p->ctx->scratch;
        HN_TRY(hn_draw_beside(&p->drawer, column, p->plots));
        if (p->plots->n_series > 0) {
            hn_page_plot(p->out, p->plots);
            drawn++;
        }
        p->drawer.arena = before;
    }
    hn_page_plots_end(p->out);
    return HONE_OK;
}

hone_status hn_profile_beside(hn_profile_page *p) {
    static const char *const headers[] = {"column", "difference",         "", "missing", "mean",
                                          "median", "rows with new names"};
    hn_json *beside = yyjson_obj_get(p->profile, "beside"), *column;
    hn_json *columns = yyjson_obj_get(beside, "columns");
    size_t i, max;
    if (beside == NULL) return HONE_OK;
    hn_page_section(p->out, "beside", "Beside the other table");
    const char *source = hn_json_text(beside, "source");
    hn_str_put(p->out, *source != 0 ? "<p>The other table, " : "<p>The other table");
    hn_put_escaped(p->out, source);
    hn_str_put(p->out, *source != 0 ? ", has " : " has ");
    hn_page_figure(p->out, hn_json_number(beside, "rows"));
    hn_str_put(p->out,
               " rows. The difference runs from 0 to 1: of numbers and times the largest between "
               "the shares below a value (Kolmogorov, Smirnov), of names half of what their shares "
               "differ by. Beyond chance: as much comes about in one of 1000 pairs of tables drawn "
               "alike, and it is above 0.05.</p>\n");
    put_names(p, yyjson_obj_get(beside, "only_here"), "Not there:");
    put_names(p, yyjson_obj_get(beside, "only_there"), "Only there:");
    put_names(p, yyjson_obj_get(beside, "other_type"), "Of another type there:");
    hn_page_table_begin(p->out, "lrlrrrr", headers, 7);
    yyjson_arr_foreach(columns, i, max, column) {
        if (i == ROWS) break;
        put_row(p, column);
    }
    hn_page_table_end(p->out);
    return put_pictures(p, columns);
}
