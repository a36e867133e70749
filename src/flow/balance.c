/* balance.c - how many rows of each class are trained on, held out, and learned from once steps have changed
 * the rows. */
#include "flow/balance.h"

enum { SHOWN = 6 };

static hone_status no_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory counting the rows of each class");
}

static bool has_classes(const hn_run *r) {
    return (r->model->task & HN_TASK_CLASSIFY) != 0 && r->model->n_targets < 2;
}

/* In scratch; rows without a class are in none. */
static hone_status count(hn_run *r, const hone_data *data, int64_t **ret_counts) {
    int64_t *counts;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, counts, r->model->n_classes + 1));
    for (int64_t i = 0; data->x != NULL && i < data->x->n_rows; i++)
        if (data->y[i] >= 0) counts[(int32_t)data->y[i]]++;
    *ret_counts = counts;
    return HONE_OK;
}

static bool is_changed(const hn_run *r, const int64_t *train) {
    const int64_t *learned = r->model->pipeline.learned;
    for (int32_t c = 0; learned != NULL && c < r->model->n_classes; c++)
        if (learned[c] != train[c]) return true;
    return false;
}

/* "no 5,174 (73.5%), yes 1,869 (26.5%)"; of many classes the smallest and the largest. */
static void put_counts(hn_str *str, const hn_run *r, const int64_t *counts) {
    int32_t k = r->model->n_classes, low = 0, high = 0;
    int64_t total = 0;
    for (int32_t c = 0; c < k; c++) {
        total += counts[c];
        if (counts[c] < counts[low]) low = c;
        if (counts[c] > counts[high]) high = c;
    }
    double whole = total > 0 ? (double)total : 1;
    for (int32_t c = 0, put = 0; c < k; c++) {
        if (k > SHOWN && c != low && c != high) continue;
        hn_slice name = hn_dictionary_text(r->model->classes, c);
        hn_str_printf(str, "%s%.*s %lld (%.1f%%)", put++ > 0 ? ", " : "", (int)name.length,
                      name.text, (long long)counts[c], 100 * (double)counts[c] / whole);
    }
    if (k > SHOWN) hn_str_printf(str, " and %d classes between", (int)k - 2);
}

hone_status hn_note_balance(hn_run *r) {
    if (!has_classes(r)) return HONE_OK;
    HN_SCRATCH(r->ctx);
    int64_t *train, *test, *validation;
    hn_str str;
    HN_TRY(count(r, &r->train, &train));
    HN_TRY(count(r, &r->validation, &validation));
    HN_TRY(count(r, &r->test, &test));
    hn_str_init(&str, r->ctx, r->ctx->scratch);
    put_counts(&str, r, train);
    hn_str_put(&str, " to train");
    if (r->validation.x != NULL) {
        hn_str_put(&str, "; ");
        put_counts(&str, r, validation);
        hn_str_put(&str, " to choose by");
    }
    if (r->test.x != NULL) {
        hn_str_put(&str, "; ");
        put_counts(&str, r, test);
        hn_str_put(&str, " to test");
    }
    if (is_changed(r, train)) {
        hn_str_put(&str, "; learned from ");
        put_counts(&str, r, r->model->pipeline.learned);
    }
    HN_TRY(hn_str_status(&str));
    return hn_note(&r->notes, "classes: %s", str.text);
}

static hone_status put_part(const hn_run *r, hn_json_doc *doc, hn_json_mut *object,
                            const char *part, const int64_t *counts) {
    hn_json_mut *own = yyjson_mut_obj_add_obj(doc, object, part);
    bool ok = own != NULL;
    for (int32_t c = 0; ok && c < r->model->n_classes; c++) {
        hn_slice name = hn_dictionary_text(r->model->classes, c);
        hn_json_mut *key = yyjson_mut_strncpy(doc, name.text, name.length);
        ok = yyjson_mut_obj_add(own, key, yyjson_mut_sint(doc, counts[c]));
    }
    return ok ? HONE_OK : no_memory(r->ctx);
}

hone_status hn_put_balance(hn_run *r, hn_json_doc *doc, hn_json_mut *facts) {
    if (!has_classes(r)) return HONE_OK;
    HN_SCRATCH(r->ctx);
    int64_t *train, *test, *validation;
    HN_TRY(count(r, &r->train, &train));
    HN_TRY(count(r, &r->validation, &validation));
    HN_TRY(count(r, &r->test, &test));
    hn_json_mut *classes = yyjson_mut_obj_add_obj(doc, facts, "balance");
    if (classes == NULL) return no_memory(r->ctx);
    HN_TRY(put_part(r, doc, classes, "train", train));
    if (r->validation.x != NULL) HN_TRY(put_part(r, doc, classes, "validation", validation));
    if (r->test.x != NULL) HN_TRY(put_part(r, doc, classes, "test", test));
    return is_changed(r, train) ? put_part(r, doc, classes, "learned", r->model->pipeline.learned)
                                : HONE_OK;
}
