/* page_profile_any.c - two columns of the reader's choice as a picture. The page holds the rows; page_profile.js draws
 * them, and without scripts the section is not there. */
#include "flow/page_profile.h"
#include <page_profile_js.h> /* made by the build from page_profile.js */
#include <math.h>
#include <string.h>

const char *const hn_profile_script = script;

/* As JSON within a page: no text in it can end the element. */
static hone_status put_json(hn_profile_page *p, hn_json *value) {
    char *text;
    size_t length;
    hn_json_doc *doc;
    HN_TRY(hn_json_new(p->ctx, p->ctx->scratch, &doc));
    HN_TRY(hn_json_write(p->ctx, p->ctx->scratch, yyjson_val_mut_copy(doc, value), false, &text,
                         &length));
    for (; *text != 0; text++) {
        size_t plain = strcspn(text, "<>&");
        hn_str_put_n(p->out, text, plain);
        text += plain;
        if (*text == 0) break;
        hn_str_printf(p->out, "\\u%04x", *text);
    }
    return HONE_OK;
}

/* A matrix of associations to three decimals. */
static void put_matrix(hn_profile_page *p, const char *key, hn_json *rows) {
    size_t i, max, j, most;
    hn_json *row, *cell;
    hn_str_put(p->out, ",\"");
    hn_str_put(p->out, key);
    hn_str_put(p->out, "\":[");
    yyjson_arr_foreach(rows, i, max, row) {
        hn_str_put(p->out, i > 0 ? ",[" : "[");
        yyjson_arr_foreach(row, j, most, cell) {
            if (j > 0) hn_str_put_c(p->out, ',');
            if (yyjson_is_num(cell))
                hn_str_put_double(p->out, floor(1000 * yyjson_get_num(cell) + 0.5) / 1000 + 0.0);
            else
                hn_str_put(p->out, "null");
        }
        hn_str_put_c(p->out, ']');
    }
    hn_str_put_c(p->out, ']');
}

static int64_t place_of(hn_json *columns, const char *name) {
    size_t i, max;
    hn_json *column;
    yyjson_arr_foreach(columns, i, max, column) if (strcmp(hn_json_text(column, "name"), name) ==
                                                    0) return (int64_t)i;
    return -1;
}

/* What is shown first: the target upright over what tells most of it, else the first two. */
static void put_choice(hn_profile_page *p, hn_json *columns) {
    hn_json *target = yyjson_obj_get(p->profile, "target"), *feature;
    hn_json *pairs = yyjson_obj_get(yyjson_obj_get(p->profile, "pairs"), "columns");
    int64_t first = 0, second = 1, color = -1,
            own = place_of(columns, hn_json_text(target, "column"));
    size_t i, max;
    bool classes = yyjson_obj_get(target, "classes") != NULL;
    if (yyjson_arr_size(pairs) >= 2) {
        first = place_of(columns, yyjson_get_str(yyjson_arr_get(pairs, 0)));
        second = place_of(columns, yyjson_get_str(yyjson_arr_get(pairs, 1)));
    } else {
        yyjson_arr_foreach(yyjson_obj_get(target, "features"), i, max, feature) {
            int64_t at = place_of(columns, hn_json_text(feature, "column"));
            if (at < 0 || own < 0) continue;
            first = at, second = own;
            break;
        }
    }
    if (classes)
        color = own;
    else if (own >= 0)
        second = own, first = first == own ? (own > 0 ? 0 : 1) : first;
    if (first < 0) first = 0;
    if (second < 0) second = 1;
    hn_str_printf(p->out, ",\"first\":%lld,\"second\":%lld,\"color\":%lld", (long long)first,
                  (long long)second, (long long)color);
}

hone_status hn_profile_any(hn_profile_page *p) {
    HN_SCRATCH(p->ctx);
    hn_json *any = yyjson_obj_get(p->profile, "any_two");
    hn_json *columns = yyjson_obj_get(any, "columns");
    hn_json *figures = yyjson_obj_get(p->profile, "associations");
    if (yyjson_arr_size(columns) < 2) return HONE_OK;
    hn_str_put(
        p->out,
        "<div id=\"any\" hidden><div class=\"choose\">"
        "<label>across <select id=\"any-x\"></select></label>"
        "<label>up <select id=\"any-y\"></select></label>"
        "<label>coloured by <select id=\"any-c\"></select></label>"
        "<button type=\"button\" id=\"any-swap\">swap</button></div>\n"
        "<figure><div id=\"any-plot\"></div><ul class=\"key\" id=\"any-key\"></ul>"
        "<p id=\"any-said\" aria-live=\"polite\"></p></figure></div>\n"
        "<noscript><p>Any two columns are drawn by a script, which this browser does not run.</p>"
        "</noscript><script type=\"application/json\" id=\"any-data\">{\"rows\":");
    HN_TRY(put_json(p, yyjson_obj_get(any, "rows")));
    hn_str_put(p->out, ",\"columns\":");
    HN_TRY(put_json(p, columns));
    hn_str_put(p->out, ",\"figures\":{\"columns\":");
    HN_TRY(put_json(p, yyjson_obj_get(figures, "columns")));
    static const char *const keys[] = {"association", "pearson", "spearman"};
    for (int k = 0; k < 3; k++) put_matrix(p, keys[k], yyjson_obj_get(figures, keys[k]));
    hn_str_put_c(p->out, '}');
    put_choice(p, columns);
    hn_str_put(p->out, "}</script>\n");
    return HONE_OK;
}
