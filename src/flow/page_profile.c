/* page_profile.c - the page of a profile, from its JSON: what it is about, what to look at, the table itself. */
#include "flow/page_profile.h"
#include <math.h>
#include <string.h>

/* ---- pieces ---------------------------------------------------------------------------------- */

const char *hn_profile_figure(hn_profile_page *p, double value) {
    hn_str_clear(&p->text);
    hn_page_figure(&p->text, value);
    return p->text.text;
}

const char *hn_profile_percent(hn_profile_page *p, double share) {
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

/* A value of a table: text, number, truth value. */
void hn_profile_put_value(hn_str *out, hn_json *value) {
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

const char *hn_profile_value(hn_profile_page *p, hn_json *value) {
    hn_str_clear(&p->text);
    hn_profile_put_value(&p->text, value);
    if (p->text.length == 0) return "(empty)";
    return p->text.text;
}

/* "c-12": a card's id. */
static int64_t index_of(hn_profile_page *p, const char *name) {
    size_t i, max;
    hn_json *column;
    yyjson_arr_foreach(yyjson_obj_get(p->profile, "columns"), i, max,
                       column) if (strcmp(hn_json_text(column, "name"), name) ==
                                   0) return (int64_t)i;
    return -1;
}

void hn_profile_link(hn_profile_page *p, const char *name) {
    int64_t at = index_of(p, name);
    if (at >= 0 && at < HN_CARDS) hn_str_printf(p->out, "<a href=\"#c-%lld\">", (long long)at);
    hn_put_escaped(p->out, name);
    if (at >= 0 && at < HN_CARDS) hn_str_put(p->out, "</a>");
}

double hn_profile_association(hn_profile_page *p, const char *column) {
    hn_json *target = yyjson_obj_get(p->profile, "target"), *feature;
    size_t i, max;
    yyjson_arr_foreach(yyjson_obj_get(target, "features"), i, max,
                       feature) if (strcmp(hn_json_text(feature, "column"), column) ==
                                    0) return hn_json_number(feature, "association");
    return (double)NAN;
}

/* ---- overview -------------------------------------------------------------------------------- */

static const char *bytes(hn_profile_page *p, double n) {
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    int unit = 0;
    for (; n >= 1000 && unit < 4; unit++) n /= 1000;
    hn_str_clear(&p->text);
    hn_str_put_double(&p->text, floor(n * (n < 10 ? 10 : 1) + 0.5) / (n < 10 ? 10 : 1));
    hn_str_printf(&p->text, " %s", units[unit]);
    return p->text.text;
}

static void put_tile(hn_profile_page *p, const char *what, const char *value) {
    hn_page_tile(p->out, value, what);
}

static void put_overview(hn_profile_page *p) {
    static const struct {
        const char *key, *title;
    } lists[] = {{"empty", "empty"},
                 {"constant", "constant"},
                 {"id_like", "identifier"},
                 {"high_cardinality", "high-cardinality"},
                 {"free_text", "free-text"}};
    hn_json *o = yyjson_obj_get(p->profile, "overview"),
            *missing = yyjson_obj_get(p->profile, "missing");
    double rows = hn_json_number(o, "rows");
    hn_page_section(p->out, "overview", "Overview");
    hn_page_tiles_begin(p->out);
    put_tile(p, "rows", hn_profile_figure(p, rows));
    put_tile(p, "columns", hn_profile_figure(p, hn_json_number(o, "columns")));
    put_tile(p, "in memory", bytes(p, hn_json_number(o, "bytes")));
    put_tile(p, "cells missing",
             hn_profile_percent(p, fmax(0, hn_json_number(o, "missing_share"))));
    put_tile(p, "complete rows", hn_profile_figure(p, hn_json_number(missing, "complete_rows")));
    put_tile(p, "duplicate rows", hn_profile_figure(p, hn_json_number(o, "duplicate_rows")));
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        double n = (double)yyjson_arr_size(yyjson_obj_get(o, lists[k].key));
        if (n == 0) continue;
        char what[64];
        snprintf(what, sizeof what, "%s %s", lists[k].title, n == 1 ? "column" : "columns");
        put_tile(p, what, hn_profile_figure(p, n));
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

/* ---- rows and recipe -------------------------------------------------------------------------- */

/* Rows of the table: their number or how often they are there, then their cells. */
static hone_status put_table(hn_profile_page *p, hn_json *rows, const char *first, const char *key,
                             double more) {
    hn_json *row, *cell, *name,
        *names = yyjson_obj_get(yyjson_obj_get(p->profile, "table"), "columns");
    const char **headers;
    char *align;
    size_t n = yyjson_arr_size(names), i, max, j, most;
    HN_TRY(HN_SCRATCH_NEW(p->ctx, headers, n + 1));
    HN_TRY(HN_SCRATCH_NEW(p->ctx, align, n + 2));
    headers[0] = first;
    align[0] = 'r';
    yyjson_arr_foreach(names, j, most, name) {
        headers[j + 1] = yyjson_get_str(name);
        hn_json *cells = yyjson_obj_get(yyjson_arr_get_first(rows), "cells");
        align[j + 1] = yyjson_is_num(yyjson_arr_get(cells, j)) ? 'r' : 'l';
    }
    hn_str_put(p->out, "<div class=\"rows\">");
    hn_page_table_begin(p->out, align, headers, (int)n + 1);
    yyjson_arr_foreach(rows, i, max, row) {
        hn_page_row_begin(p->out);
        hn_str_clear(&p->text);
        hn_str_printf(&p->text, "%.0f", hn_json_number(row, key) + more);
        hn_page_cell(p->out, 'r', p->text.text);
        yyjson_arr_foreach(yyjson_obj_get(row, "cells"), j, most, cell) {
            char cut[256];
            if (j == n) break;
            hn_cut_text(cut, sizeof cut, hn_profile_value(p, cell), 48);
            hn_page_cell(p->out, align[j + 1], cut);
        }
        hn_page_row_end(p->out);
    }
    hn_page_table_end(p->out);
    hn_str_put(p->out, "</div>\n");
    return HONE_OK;
}

static hone_status put_rows(hn_profile_page *p) {
    hn_json *table = yyjson_obj_get(p->profile, "table");
    hn_json *twice = yyjson_obj_get(p->profile, "duplicates");
    if (yyjson_arr_size(yyjson_obj_get(table, "columns")) == 0 ||
        yyjson_arr_size(yyjson_obj_get(table, "rows")) == 0)
        return HONE_OK;
    hn_page_section(p->out, "rows", "First and last rows");
    HN_TRY(put_table(p, yyjson_obj_get(table, "rows"), "row", "row", 1));
    if (yyjson_arr_size(twice) == 0) return HONE_OK;
    hn_str_put(p->out, "<h3>Rows that are there more than once</h3>\n");
    return put_table(p, twice, "times", "times", 0);
}

static void put_recipe(hn_profile_page *p) {
    const char *recipe = hn_json_text(p->profile, "recipe");
    if (*recipe == 0) return;
    hn_page_section(p->out, "recipe", "A recipe to begin with");
    hn_page_text(p->out, "What is certain is in it; the rest is inferred and said. Train with "
                         "hone train --recipe FILE, and add lines from above.");
    hn_str_put(p->out, "<pre tabindex=\"0\">");
    hn_put_escaped(p->out, recipe);
    hn_str_put(p->out, "</pre>\n");
}

static void put_contents(hn_profile_page *p) {
    const char *sections[28], **at = sections;
    hn_json *profile = p->profile;
#define SECTION(id, text) (*at++ = (id), *at++ = (text))
    SECTION("overview", "Overview");
    SECTION("notes", "What to look at");
    SECTION("columns", "Columns");
    if (yyjson_obj_get(profile, "beside") != NULL) SECTION("beside", "Beside");
    if (yyjson_obj_get(profile, "target") != NULL) SECTION("target", "Target");
    SECTION("cards", "Column by column");
    if (yyjson_arr_size(yyjson_obj_get(yyjson_obj_get(profile, "associations"), "columns")) >= 2)
        SECTION("associations", "Associations");
    if (yyjson_arr_size(yyjson_obj_get(profile, "crosstabs")) > 0)
        SECTION("crosstabs", "Cross-tabs");
    if (yyjson_arr_size(yyjson_obj_get(yyjson_obj_get(profile, "missing"), "columns")) > 0)
        SECTION("missing", "Missing");
    if (hn_profile_has_pairs(profile)) SECTION("pairs", "Pairs");
    if (yyjson_obj_get(profile, "projection") != NULL) SECTION("projection", "Projection");
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

/* ": 6 numbers, 9 categories" */
static void put_sorts(hn_str *out, hn_json *profile) {
    static const struct {
        const char *sort, *one, *many;
    } sorts[] = {{"number", "number", "numbers"},
                 {"name", "category", "categories"},
                 {"time", "time", "times"},
                 {"text", "text", "texts"},
                 {"empty", "empty", "empty"}};
    bool begun = false;
    for (size_t k = 0; k < sizeof sorts / sizeof *sorts; k++) {
        size_t i, max, n = 0;
        hn_json *column;
        yyjson_arr_foreach(yyjson_obj_get(profile, "columns"), i, max, column) n +=
            strcmp(hn_json_text(column, "sort"), sorts[k].sort) == 0;
        if (n == 0) continue;
        hn_str_printf(out, "%s%zu %s", begun ? ", " : ": ", n,
                      n == 1 ? sorts[k].one : sorts[k].many);
        begun = true;
    }
}

bool hn_profile_has_pairs(hn_json *profile) {
    return yyjson_obj_get(profile, "pairs") != NULL || yyjson_obj_get(profile, "any_two") != NULL;
}

hone_status hn_page_of_profile(hone_ctx *ctx, hn_json *profile, hn_str *out) {
    HN_SCRATCH(ctx);
    hn_profile_page p = {
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
    put_sorts(&subtitle, profile);
    HN_TRY(hn_str_status(&subtitle));
    hn_page_begin_with(out, title_of(profile), subtitle.text, hn_profile_script);
    put_contents(&p);
    put_overview(&p);
    hn_profile_notes(&p);
    HN_TRY(hn_profile_beside(&p));
    hn_profile_columns(&p);
    HN_TRY(hn_profile_target(&p));
    HN_TRY(hn_profile_cards(&p));
    HN_TRY(hn_profile_associations(&p));
    hn_profile_crosstabs(&p);
    HN_TRY(hn_profile_missing(&p));
    HN_TRY(hn_profile_points(&p));
    HN_TRY(put_rows(&p));
    put_recipe(&p);
    hn_page_script(out, hn_profile_script);
    hn_page_end_with(out,
                     "Intervals are 95 % intervals: Wilson's of shares, the normal's of means.");
    HN_TRY(hn_str_status(&p.text));
    return hn_str_status(out);
}
