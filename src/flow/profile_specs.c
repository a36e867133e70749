/* profile_specs.c - every picture of a profile as a Vega-Lite specification; see explore.h. */
#include "flow/profile_plots_parts.h"
#include "flow/explore.h"
#include <math.h>
#include <string.h>

static hone_status put_spec(const hn_drawer *d, const hn_plot *plot, hn_json_doc *doc,
                            hn_json_mut *object, const char *prefix) {
    hn_json_mut *spec;
    if (plot->n_series == 0) return HONE_OK;
    HN_TRY(hn_plot_vega(d->ctx, plot, doc, &spec));
    hn_json_mut *key = yyjson_mut_strcpy(doc, hn_drawn_text(d, "%s%s", prefix, plot->name));
    yyjson_mut_obj_put(object, key, spec);
    return HONE_OK;
}

hone_status hn_profile_plots(hone_ctx *ctx, hn_json *profile, hn_json_doc *doc,
                             hn_json_mut **ret_object) {
    static const struct {
        const char *key;
        bool is_signed;
    } matrices[] = {{"association", false},
                    {"pearson", true},
                    {"spearman", true},
                    {"kendall", true},
                    {"cramers_v", false},
                    {"correlation_ratio", false},
                    {"mutual_information", false},
                    {"normalized_mutual_information", false}};
    HN_SCRATCH(ctx);
    hn_drawer d = {.ctx = ctx, .arena = ctx->scratch};
    hn_json_mut *object = yyjson_mut_obj(doc), *spec;
    hn_json *item, *associations = yyjson_obj_get(profile, "associations");
    hn_plot *plots;
    size_t i, max;
    int n;
    HN_TRY(HN_SCRATCH_NEW(ctx, plots, HN_PAIRS_MOST));
    yyjson_arr_foreach(yyjson_obj_get(profile, "columns"), i, max, item) {
        HN_TRY(hn_draw_histogram(&d, item, plots));
        HN_TRY(put_spec(&d, plots, doc, object, "column:"));
    }
    for (size_t k = 0; k < sizeof matrices / sizeof *matrices; k++) {
        HN_TRY(hn_draw_matrix(&d, yyjson_obj_get(associations, "columns"),
                              yyjson_obj_get(associations, matrices[k].key), matrices[k].key,
                              matrices[k].key, matrices[k].is_signed, plots));
        HN_TRY(put_spec(&d, plots, doc, object, ""));
    }
    yyjson_arr_foreach(yyjson_obj_get(yyjson_obj_get(profile, "target"), "features"), i, max,
                       item) {
        HN_TRY(hn_draw_feature(&d, profile, item, &plots[0], &plots[1]));
        HN_TRY(put_spec(&d, &plots[0], doc, object, "target:"));
        HN_TRY(put_spec(&d, &plots[1], doc, object, "densities:"));
    }
    HN_TRY(hn_draw_missing(&d, profile, plots));
    HN_TRY(put_spec(&d, plots, doc, object, ""));
    HN_TRY(hn_draw_projection(&d, profile, plots));
    HN_TRY(put_spec(&d, plots, doc, object, ""));
    HN_TRY(hn_draw_pairs(&d, profile, plots, &n));
    if (n > 0) {
        hn_sheet sheet = {.title = "Pairs", .plots = plots, .n = n, .columns = 3};
        HN_TRY(hn_sheet_vega(ctx, &sheet, doc, &spec));
        yyjson_mut_obj_add_val(doc, object, "pairs", spec);
    }
    *ret_object = object;
    return HONE_OK;
}
