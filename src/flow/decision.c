/* decision.c - deciding by threshold or cost; what is at stake; a decision as a fact of the model. */
#include "flow/decision.h"
#include <string.h>

/* ---- deciding -------------------------------------------------------------------------------- */

static int32_t cheapest(const double *costs, const double *scores, int32_t k) {
    int32_t best = 0;
    double least = (double)INFINITY;
    for (int32_t answer = 0; answer < k; answer++) {
        double expected = 0;
        for (int32_t truth = 0; truth < k; truth++)
            expected += scores[truth] * costs[(int64_t)truth * k + answer];
        if (expected < least) {
            least = expected;
            best = answer;
        }
    }
    return best;
}

hone_status hn_decision_refuse(hone_ctx *ctx, const hn_recipe_decision *section) {
    if (!hn_decision_given(section)) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "decision"),
                      "thresholds, costs and values are for one target; leave them out, or train a "
                      "model for each target");
}

int32_t hn_decide(const hn_decision *decision, const double *scores, int32_t k) {
    if (k == 2 && !isnan(decision->threshold)) return scores[1] >= decision->threshold;
    if (decision->costs != NULL) return cheapest(decision->costs, scores, k);
    int32_t best = 0;
    for (int32_t c = 1; c < k; c++)
        if (scores[c] > scores[best]) best = c;
    return best;
}

hone_status hn_decide_all(hone_ctx *ctx, const hn_decision *decision, hn_arena *arena,
                          hn_scored *scored) {
    if (scored->n_classes == 0) return HONE_OK;
    double *label;
    HN_TRY(HN_NEW(ctx, arena, label, scored->n + 1));
    for (int64_t i = 0; i < scored->n; i++)
        label[i] = hn_decide(decision, scored->proba + i * scored->n_classes, scored->n_classes);
    scored->label = label;
    return HONE_OK;
}

/* ---- what is at stake ------------------------------------------------------------------------ */

static int32_t class_of(const hn_dictionary *classes, const char *text, size_t length) {
    for (int32_t c = 0; c < classes->n; c++) {
        hn_slice one = hn_dictionary_text(classes, c);
        if (one.length == length && memcmp(one.text, text, length) == 0) return c;
    }
    return -1;
}

/* "fn", or "Yes:No"; a class may have a colon in its name, so each one is tried. */
static bool cell_of(const char *name, const hn_dictionary *classes, int32_t k, int64_t *ret_cell) {
    static const char *const short_names[] = {"tn", "fp", "fn", "tp"};
    for (int64_t cell = 0; k == 2 && cell < 4; cell++) {
        if (strcmp(name, short_names[cell]) != 0) continue;
        *ret_cell = cell;
        return true;
    }
    for (const char *colon = strchr(name, ':'); colon != NULL; colon = strchr(colon + 1, ':')) {
        int32_t truth = class_of(classes, name, (size_t)(colon - name));
        int32_t answer = class_of(classes, colon + 1, strlen(colon + 1));
        if (truth < 0 || answer < 0) continue;
        *ret_cell = (int64_t)truth * k + answer;
        return true;
    }
    return false;
}

hone_status hn_decision_costs(hone_ctx *ctx, hn_arena *arena, const hn_recipe_decision *section,
                              const hn_dictionary *classes, int32_t k, const double **ret_costs) {
    *ret_costs = NULL;
    if (section->costs.n == 0) return HONE_OK;
    if (k == 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "costs"),
                          "costs are of right and wrong classes, and this model answers with "
                          "numbers; leave 'costs' out");
    double *costs;
    HN_TRY(HN_NEW(ctx, arena, costs, (int64_t)k * k));
    for (int64_t i = 0; i < section->costs.n; i++) {
        int64_t cell;
        if (!cell_of(section->costs.names[i], classes, k, &cell))
            return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "costs"),
                              "'%.80s' names no cost; write TRUTH:ANSWER with two of the classes%s",
                              section->costs.names[i], k == 2 ? ", or fp, fn, tp, tn" : "");
        costs[cell] = section->costs.values[i];
    }
    *ret_costs = costs;
    return HONE_OK;
}

/* A number, or a column's values in the rows taken. */
static hone_status read_stake(hone_ctx *ctx, hn_arena *arena, const char *what, const char *text,
                              const hn_table *rows, const int64_t *select, int64_t n,
                              const double **ret_values) {
    double number, *values;
    int32_t j = hn_table_find(rows, text);
    HN_TRY(HN_NEW(ctx, arena, values, n + 1));
    *ret_values = values;
    if (j < 0 && hn_parse_double((hn_slice){text, strlen(text)}, &number) && isfinite(number)) {
        for (int64_t i = 0; i < n; i++) values[i] = number;
        return HONE_OK;
    }
    if (j < 0) HN_TRY(hn_table_require(ctx, rows, text, &j));
    const hn_column *column = &rows->columns[j];
    for (int64_t i = 0; i < n; i++) {
        values[i] = hn_column_double(column, select != NULL ? select[i] : i);
        if (!hn_type_is_numeric(column->type) || !isfinite(values[i]))
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = text, .param = what),
                              "column '%s' cannot be the %s: it needs a number in every row", text,
                              what);
    }
    return HONE_OK;
}

hone_status hn_decision_stakes(hone_ctx *ctx, hn_arena *arena, const hn_recipe_decision *section,
                               const hn_table *rows, const int64_t *select, int64_t n,
                               hn_stakes *ret_stakes, bool *ret_given) {
    *ret_given = section->value != NULL;
    if (section->value == NULL) return HONE_OK;
    HN_TRY(read_stake(ctx, arena, "value", section->value, rows, select, n, &ret_stakes->value));
    HN_TRY(read_stake(ctx, arena, "intervention_cost",
                      section->intervention_cost != NULL ? section->intervention_cost : "0", rows,
                      select, n, &ret_stakes->cost));
    return read_stake(ctx, arena, "success_rate",
                      section->success_rate != NULL ? section->success_rate : "1", rows, select, n,
                      &ret_stakes->success);
}

/* ---- as a fact ------------------------------------------------------------------------------- */

static bool add_number(hn_json_doc *doc, hn_json_mut *object, const char *name, double value) {
    return isnan(value) || yyjson_mut_obj_add_real(doc, object, name, value);
}

hone_status hn_decision_to_json(hone_ctx *ctx, const hn_choice *choice, int32_t k, hn_json_doc *doc,
                                hn_json_mut **ret_object) {
    hn_json_mut *object = yyjson_mut_obj(doc);
    const hn_decision *decision = &choice->decision;
    bool ok = object != NULL && yyjson_mut_obj_add_strcpy(doc, object, "by", choice->by) &&
              add_number(doc, object, "threshold", decision->threshold) &&
              add_number(doc, object, "value", choice->value) &&
              add_number(doc, object, "value_without", choice->usual);
    if (ok && decision->costs != NULL) {
        hn_json_mut *costs = yyjson_mut_obj_add_arr(doc, object, "costs");
        for (int32_t c = 0; ok && c < k; c++)
            ok = yyjson_mut_arr_append(
                costs, yyjson_mut_arr_with_real(doc, decision->costs + (int64_t)c * k, (size_t)k));
    }
    if (!ok) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing the decision");
    *ret_object = object;
    return HONE_OK;
}

static hone_status damaged(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_FORMAT,
                   "the model's decision does not fit its classes; make it anew with 'hone train'");
}

hone_status hn_decision_from_json(hone_ctx *ctx, hn_arena *arena, hn_json *fact, int32_t k,
                                  hn_decision *ret_decision) {
    hn_decision decision = HN_LARGEST_WINS;
    hn_json *threshold = yyjson_obj_get(fact, "threshold"), *rows = yyjson_obj_get(fact, "costs");
    if (threshold != NULL) {
        decision.threshold = yyjson_get_num(threshold);
        if (k != 2 || !yyjson_is_num(threshold) || !isfinite(decision.threshold))
            return damaged(ctx);
    }
    if (rows != NULL) {
        double *costs;
        if (k < 2 || yyjson_arr_size(rows) != (size_t)k) return damaged(ctx);
        HN_TRY(HN_NEW(ctx, arena, costs, (int64_t)k * k));
        for (int32_t truth = 0; truth < k; truth++) {
            hn_json *row = yyjson_arr_get(rows, (size_t)truth);
            if (yyjson_arr_size(row) != (size_t)k) return damaged(ctx);
            for (int32_t answer = 0; answer < k; answer++) {
                hn_json *cell = yyjson_arr_get(row, (size_t)answer);
                double cost = yyjson_get_num(cell);
                if (!yyjson_is_num(cell) || !isfinite(cost)) return damaged(ctx);
                costs[(int64_t)truth * k + answer] = cost;
            }
        }
        decision.costs = costs;
    }
    *ret_decision = decision;
    return HONE_OK;
}
