/* decision_choose.c - the threshold that serves best, and what each threshold would cost and earn. */
#include "flow/decision.h"
#include "num/sort.h"
#include <string.h>

enum { MOST_THRESHOLDS = 256, REPORTED = 64 };

/* ---- figures of a decision ------------------------------------------------------------------- */

static double mean_cost(const hn_scored *scored, const double *costs) {
    double sum = 0, total = 0;
    for (int64_t i = 0; i < scored->n; i++) {
        double weight = hn_scored_weight(scored, i);
        int64_t cell = (int64_t)scored->y[i] * scored->n_classes + (int64_t)scored->label[i];
        sum += weight * costs[cell];
        total += weight;
    }
    return total > 0 ? sum / total : (double)NAN;
}

/* What treating the rows labelled 1 costs and brings in. */
typedef struct balance {
    double spent, earned, treated, total;
} balance;

static balance balance_of(const hn_scored *scored, const hn_stakes *stakes) {
    balance b = {0};
    for (int64_t i = 0; i < scored->n; i++) {
        double weight = hn_scored_weight(scored, i);
        b.total += weight;
        if (scored->label[i] != 1) continue;
        b.treated += weight;
        b.spent += weight * stakes->cost[i];
        b.earned += weight * (scored->y[i] == 1 ? stakes->success[i] * stakes->value[i] : 0);
    }
    return b;
}

/* What a threshold is chosen by; exactly one is set. */
typedef struct aim {
    const hn_metric *metric;
    const double *costs;
    const hn_stakes *stakes;
} aim;

/* Greater is better. */
static hone_status value_of(hone_ctx *ctx, const aim *by, const hn_scored *scored,
                            double *ret_value) {
    if (by->costs != NULL) {
        *ret_value = -mean_cost(scored, by->costs);
    } else if (by->stakes != NULL) {
        balance b = balance_of(scored, by->stakes);
        *ret_value = b.earned - b.spent;
    } else {
        HN_TRY(hn_metric_compute(ctx, by->metric, scored, ret_value));
        if (!by->metric->greater_is_better) *ret_value = -*ret_value;
    }
    return HONE_OK;
}

/* ---- thresholds worth trying ----------------------------------------------------------------- */

/* The number with the fewest decimals in (low, high]: what people would have written. */
static double shortest_between(double low, double high) {
    double scale = 1;
    for (int digits = 0; digits <= 8; digits++, scale *= 10) {
        double candidate = floor(high * scale) / scale;
        if (candidate > low && candidate <= high) return candidate;
    }
    return high;
}

/* Descending: each parts the rows elsewhere. The first treats none, the last all. */
static hone_status thresholds(hone_ctx *ctx, const hn_scored *scored, int64_t most,
                              double *ret_thresholds, int64_t *ret_n) {
    HN_SCRATCH(ctx);
    double *values;
    int64_t distinct = 0, n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, scored->n + 1));
    for (int64_t i = 0; i < scored->n; i++) values[i] = scored->proba[2 * i + 1];
    HN_TRY(hn_sort_f64(ctx, values, scored->n));
    for (int64_t i = 0; i < scored->n; i++)
        if (i == 0 || values[i] != values[i - 1]) values[distinct++] = values[i];
    int64_t tried = distinct < most - 1 ? distinct : most - 1;
    for (int64_t t = 0; t < tried; t++) {
        int64_t at = tried > 1 ? distinct - 1 - t * (distinct - 1) / (tried - 1) : 0;
        double below = at > 0 ? values[at - 1] : values[at] - 1;
        if (t == 0) ret_thresholds[n++] = shortest_between(values[at], values[at] + 1);
        ret_thresholds[n++] = shortest_between(below, values[at]);
    }
    *ret_n = n;
    return HONE_OK;
}

/* ---- choosing -------------------------------------------------------------------------------- */

static bool is_word(const hn_recipe_decision *section, const char *word) {
    return section->threshold != NULL && strcmp(section->threshold, word) == 0;
}

/* What the section leaves open: costs and values are given in order to be used. */
static const char *wanted(const hn_recipe_decision *section) {
    if (section->threshold != NULL) return section->threshold;
    return section->value != NULL ? "profit" : section->costs.n > 0 ? "cost" : NULL;
}

static bool as_number(const char *text, double *ret_number) {
    return hn_parse_double((hn_slice){text, strlen(text)}, ret_number) && isfinite(*ret_number);
}

bool hn_decision_needs_rows(const hn_recipe_decision *section, int32_t n_classes) {
    const char *by = wanted(section);
    double number;
    return n_classes == 2 && by != NULL && strcmp(by, "largest") != 0 && !as_number(by, &number);
}

static hone_status only_two_classes(hone_ctx *ctx) {
    return hn_fail_at(
        ctx, HONE_ERROR_USAGE, HN_AT(.param = "threshold"),
        "a threshold parts two classes, and this model has more or none; give 'costs' "
        "for classes, or leave 'threshold' out");
}

static hone_status find_aim(hone_ctx *ctx, const char *by, const double *costs,
                            const hn_stakes *stakes, aim *ret_aim) {
    *ret_aim = (aim){0};
    if (strcmp(by, "cost") == 0) {
        if (costs == NULL)
            return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "costs"),
                              "a threshold by cost needs 'costs', such as fp=1,fn=10");
        ret_aim->costs = costs;
        return HONE_OK;
    }
    if (strcmp(by, "profit") == 0) {
        if (stakes == NULL)
            return hn_fail_at(
                ctx, HONE_ERROR_USAGE, HN_AT(.param = "value"),
                "a threshold by profit needs 'value', a number or a column: what a row "
                "of the positive class is worth when it is treated");
        ret_aim->stakes = stakes;
        return HONE_OK;
    }
    return hn_metric_require(ctx, ctx->scratch, by, HN_TASK_BINARY, &ret_aim->metric);
}

/* The best of the thresholds worth trying; of equals the middle of the first run of them. */
static hone_status best_threshold(hone_ctx *ctx, const hn_scored *scored, const aim *by,
                                  hn_choice *choice) {
    HN_SCRATCH(ctx);
    double candidates[MOST_THRESHOLDS], values[MOST_THRESHOLDS], *label;
    int64_t n, best = -1;
    bool differs = false;
    hn_scored tried = *scored;
    HN_TRY(HN_SCRATCH_NEW(ctx, label, scored->n + 1));
    HN_TRY(thresholds(ctx, scored, MOST_THRESHOLDS, candidates, &n));
    HN_TRY(value_of(ctx, by, scored, &choice->usual));
    tried.label = label;
    for (int64_t t = 0; t < n; t++) {
        HN_TRY(hn_check_cancel(ctx));
        for (int64_t i = 0; i < scored->n; i++)
            label[i] = scored->proba[2 * i + 1] >= candidates[t];
        HN_TRY(value_of(ctx, by, &tried, &values[t]));
        differs |= t > 0 && values[t] != values[t - 1];
        if (!isnan(values[t]) && (best < 0 || values[t] > values[best])) best = t;
    }
    if (best < 0 || (by->metric != NULL && !differs))
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "threshold"),
            "'%s' does not depend on the threshold here; choose by another, such as f1 "
            "or youden",
            by->metric != NULL ? by->metric->name : "the cost");
    int64_t last = best;
    while (last + 1 < n && values[last + 1] == values[best]) last++;
    choice->decision.threshold = candidates[(best + last) / 2];
    choice->value = values[best];
    bool turned = by->costs != NULL || (by->metric != NULL && !by->metric->greater_is_better);
    if (turned) {
        choice->value = -choice->value;
        choice->usual = -choice->usual;
    }
    return HONE_OK;
}

hone_status hn_choose_decision(hone_ctx *ctx, const hn_recipe_decision *section,
                               const hn_scored *scored, const double *costs,
                               const hn_stakes *stakes, hn_choice *ret_choice) {
    hn_choice choice = {.decision = HN_LARGEST_WINS, .value = NAN, .usual = NAN};
    const char *by = wanted(section);
    double number;
    aim to;
    *ret_choice = choice;
    if (by == NULL || is_word(section, "largest")) return HONE_OK;
    if (scored->n_classes != 2) {
        if (scored->n_classes == 0 || strcmp(by, "cost") != 0 || costs == NULL)
            return only_two_classes(ctx);
        choice.decision.costs = costs;
        choice.by = "cost";
    } else if (as_number(by, &number)) {
        choice.decision.threshold = number;
        choice.by = "given";
    } else {
        HN_TRY(find_aim(ctx, by, costs, stakes, &to));
        HN_TRY(best_threshold(ctx, scored, &to, &choice));
        choice.by = to.metric != NULL ? to.metric->name : to.costs != NULL ? "cost" : "profit";
    }
    *ret_choice = choice;
    return HONE_OK;
}

/* ---- report ---------------------------------------------------------------------------------- */

/* Figures of one labelling, as members of an object or as one more item of each list. */
static void put_figures(hn_json_doc *doc, hn_json_mut *object, double threshold,
                        const hn_scored *scored, const double *costs, const hn_stakes *stakes) {
    double treated = 0, total = 0;
    for (int64_t i = 0; i < scored->n; i++) {
        treated += hn_scored_weight(scored, i) * (scored->label[i] == 1);
        total += hn_scored_weight(scored, i);
    }
    if (!isnan(threshold)) yyjson_mut_obj_add_real(doc, object, "threshold", threshold);
    yyjson_mut_obj_add_real(doc, object, "share", total > 0 ? treated / total : 0);
    if (costs != NULL) yyjson_mut_obj_add_real(doc, object, "cost", mean_cost(scored, costs));
    if (stakes == NULL) return;
    balance b = balance_of(scored, stakes);
    yyjson_mut_obj_add_real(doc, object, "profit", b.earned - b.spent);
    yyjson_mut_obj_add_real(doc, object, "spent", b.spent);
    if (b.spent > 0) yyjson_mut_obj_add_real(doc, object, "roi", (b.earned - b.spent) / b.spent);
}

/* The members of each point, gathered into a list per member; null where a point lacks it. */
static bool put_lists(hn_json_doc *doc, hn_json_mut *object, hn_json_mut *points) {
    static const char *const names[] = {"threshold", "share", "cost", "profit", "spent", "roi"};
    bool ok = true;
    for (size_t m = 0; ok && m < sizeof names / sizeof *names; m++) {
        size_t i, max;
        hn_json_mut *point, *list = yyjson_mut_arr(doc);
        bool any = false;
        yyjson_mut_arr_foreach(points, i, max, point) {
            hn_json_mut *value = yyjson_mut_obj_get(point, names[m]);
            any |= value != NULL;
            ok = ok &&
                 (value != NULL ? yyjson_mut_arr_add_real(doc, list, yyjson_mut_get_real(value))
                                : yyjson_mut_arr_add_null(doc, list));
        }
        if (any) ok = ok && yyjson_mut_obj_add_val(doc, object, names[m], list);
    }
    return ok;
}

static hone_status put_curve(hone_ctx *ctx, const hn_scored *scored, const double *costs,
                             const hn_stakes *stakes, hn_json_doc *doc, hn_json_mut *object) {
    double candidates[REPORTED], *label;
    int64_t n;
    hn_scored tried = *scored;
    hn_json_mut *points = yyjson_mut_arr(doc);
    HN_TRY(HN_SCRATCH_NEW(ctx, label, scored->n + 1));
    HN_TRY(thresholds(ctx, scored, REPORTED, candidates, &n));
    tried.label = label;
    for (int64_t t = 0; t < n; t++) {
        for (int64_t i = 0; i < scored->n; i++)
            label[i] = scored->proba[2 * i + 1] >= candidates[t];
        put_figures(doc, yyjson_mut_arr_add_obj(doc, points), candidates[t], &tried, costs, stakes);
    }
    return put_lists(doc, object, points)
               ? HONE_OK
               : hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing the decision");
}

hone_status hn_report_decision(hone_ctx *ctx, const hn_scored *scored, const hn_decision *decision,
                               const double *costs, const hn_stakes *stakes, hn_json_doc *doc,
                               hn_json_mut *reports) {
    if (costs == NULL && stakes == NULL) return HONE_OK;
    HN_SCRATCH(ctx);
    hn_json_mut *object = yyjson_mut_obj_add_obj(doc, reports, "decision");
    hn_scored usual = *scored;
    hn_decision largest = HN_LARGEST_WINS;
    HN_TRY(hn_decide_all(ctx, &largest, ctx->scratch, &usual));
    put_figures(doc, yyjson_mut_obj_add_obj(doc, object, "chosen"), decision->threshold, scored,
                costs, stakes);
    put_figures(doc, yyjson_mut_obj_add_obj(doc, object, "largest"), NAN, &usual, costs, stakes);
    if (scored->n_classes != 2) return HONE_OK;
    return put_curve(ctx, scored, costs, stakes, doc, yyjson_mut_obj_add_obj(doc, object, "curve"));
}
