/* calibration.c - do things predicted with chance p happen in a share p of cases? */
#include "ml/metric/report.h"

#include "num/sort.h"
#include <string.h>

enum { MOST_CLASSES = 20 };

/* Inner edges: bin b holds edges[b - 1] < chance <= edges[b]. */
static hone_status set_edges(hone_ctx *ctx, const double *chance, int64_t n, bool quantile,
                             hn_calibration_bin *bins) {
    double edges[HN_CALIBRATION_BINS + 1];
    for (int b = 0; b <= HN_CALIBRATION_BINS; b++) edges[b] = (double)b / HN_CALIBRATION_BINS;
    if (quantile && n > 0) {
        HN_SCRATCH(ctx);
        double *sorted;
        HN_TRY(HN_SCRATCH_NEW(ctx, sorted, n));
        memcpy(sorted, chance, (size_t)n * sizeof *sorted);
        HN_TRY(hn_sort_f64(ctx, sorted, n));
        for (int b = 0; b <= HN_CALIBRATION_BINS; b++)
            edges[b] = hn_quantile_sorted(sorted, n, (double)b / HN_CALIBRATION_BINS);
    }
    for (int b = 0; b < HN_CALIBRATION_BINS; b++)
        bins[b] = (hn_calibration_bin){.low = edges[b], .high = edges[b + 1]};
    return HONE_OK;
}

static int bin_of(const hn_calibration_bin *bins, double chance) {
    int b = 0;
    while (b < HN_CALIBRATION_BINS - 1 && chance > bins[b].high) b++;
    return b;
}

hone_status hn_calibration_bins(hone_ctx *ctx, const double *chance, const double *outcome,
                                const double *weight, int64_t n, bool quantile,
                                hn_calibration_bin ret_bins[HN_CALIBRATION_BINS]) {
    hn_calibration_bin bins[HN_CALIBRATION_BINS];
    HN_TRY(set_edges(ctx, chance, n, quantile, bins));
    for (int64_t i = 0; i < n; i++) {
        hn_calibration_bin *bin = &bins[bin_of(bins, chance[i])];
        double w = weight != NULL ? weight[i] : 1;
        bin->weight += w;
        bin->predicted += w * chance[i];
        bin->observed += w * outcome[i];
    }
    for (int b = 0; b < HN_CALIBRATION_BINS; b++) {
        if (!(bins[b].weight > 0)) continue;
        bins[b].predicted /= bins[b].weight;
        bins[b].observed /= bins[b].weight;
    }
    memcpy(ret_bins, bins, sizeof bins);
    return HONE_OK;
}

double hn_calibration_error(const hn_calibration_bin bins[HN_CALIBRATION_BINS]) {
    double sum = 0, total = 0;
    for (int b = 0; b < HN_CALIBRATION_BINS; b++) {
        sum += bins[b].weight * fabs(bins[b].predicted - bins[b].observed);
        total += bins[b].weight;
    }
    return total > 0 ? sum / total : (double)NAN;
}

void hn_calibration_chances(const hn_scored *scored, int32_t class, double *ret_chance,
                            double *ret_outcome) {
    int32_t k = scored->n_classes;
    for (int64_t i = 0; i < scored->n; i++) {
        const double *p = scored->proba + i * k;
        int32_t of = class >= 0 ? class : 1;
        for (int32_t c = 0; class < 0 && k > 2 && c < k; c++)
            if (c == 0 || p[c] > p[of]) of = c;
        ret_chance[i] = p[of];
        ret_outcome[i] = (int32_t)scored->y[i] == of;
    }
}

static void add_bins(hn_json_doc *doc, hn_json_mut *object, const char *name,
                     const hn_calibration_bin *bins) {
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, name);
    for (int b = 0; b < HN_CALIBRATION_BINS; b++) {
        if (!(bins[b].weight > 0)) continue;
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_real(doc, one, "low", bins[b].low);
        yyjson_mut_obj_add_real(doc, one, "high", bins[b].high);
        yyjson_mut_obj_add_real(doc, one, "predicted", bins[b].predicted);
        yyjson_mut_obj_add_real(doc, one, "observed", bins[b].observed);
        yyjson_mut_obj_add_real(doc, one, "weight", bins[b].weight);
    }
}

/* Of more than two classes, each one's bins by itself. */
static hone_status add_by_class(hone_ctx *ctx, const hn_scored *scored,
                                const hn_dictionary *classes, double *chance, double *outcome,
                                hn_json_doc *doc, hn_json_mut *calibration) {
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, calibration, "classes");
    for (int32_t k = 0; k < scored->n_classes; k++) {
        hn_calibration_bin bins[HN_CALIBRATION_BINS];
        hn_calibration_chances(scored, k, chance, outcome);
        HN_TRY(hn_calibration_bins(ctx, chance, outcome, scored->weight, scored->n, false, bins));
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_val(doc, one, "class", hn_report_label(doc, classes, k));
        add_bins(doc, one, "uniform", bins);
    }
    return HONE_OK;
}

hone_status hn_report_calibration(hone_ctx *ctx, const hn_scored *scored,
                                  const hn_dictionary *classes, hn_json_doc *doc,
                                  hn_json_mut *object) {
    HN_SCRATCH(ctx);
    double *chance, *outcome;
    HN_TRY(HN_SCRATCH_NEW(ctx, chance, scored->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, outcome, scored->n));
    hn_calibration_chances(scored, -1, chance, outcome);
    hn_calibration_bin uniform[HN_CALIBRATION_BINS], quantile[HN_CALIBRATION_BINS];
    HN_TRY(hn_calibration_bins(ctx, chance, outcome, scored->weight, scored->n, false, uniform));
    HN_TRY(hn_calibration_bins(ctx, chance, outcome, scored->weight, scored->n, true, quantile));
    hn_json_mut *calibration = yyjson_mut_obj_add_obj(doc, object, "calibration");
    yyjson_mut_obj_add_str(doc, calibration, "of",
                           scored->n_classes == 2 ? "positive class" : "most likely class");
    yyjson_mut_obj_add_real(doc, calibration, "expected_calibration_error",
                            hn_calibration_error(uniform));
    add_bins(doc, calibration, "uniform", uniform);
    add_bins(doc, calibration, "quantile", quantile);
    if (scored->n_classes == 2 || scored->n_classes > MOST_CLASSES) return HONE_OK;
    return add_by_class(ctx, scored, classes, chance, outcome, doc, calibration);
}
