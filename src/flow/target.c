/* target.c - targets as class indices or values. */
#include "flow/target.h"
#include "base/map.h"
#include "table/cast.h"
#include <stdlib.h>
#include <string.h>

/* ---- values ---------------------------------------------------------------------------------- */

static hone_status one_value_only(hone_ctx *ctx, const hn_column *column) {
    return hn_fail_at(
        ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
        "the target '%s' has one value only, so there is nothing to learn; check the column "
        "or the rows that were read",
        column->name);
}

static hone_status learn_values(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                                hn_target *target) {
    if (!hn_type_is_numeric(column->type))
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
            "the target '%s' holds %s values, and regression needs numbers; mend the column or "
            "set the task to binary or multiclass",
            column->name, hn_type_name(column->type));
    HN_TRY(HN_NEW(ctx, arena, target->y, column->n + 1));
    hn_column_doubles(column, 0, column->n, target->y, 1);
    double first = NAN;
    bool differs = false;
    for (int64_t i = 0; i < column->n; i++) {
        if (isnan(target->y[i])) continue;
        if (isnan(first)) first = target->y[i];
        differs |= target->y[i] != first;
        target->n_known++;
    }
    return differs ? HONE_OK : one_value_only(ctx, column);
}

/* ---- classes --------------------------------------------------------------------------------- */

typedef struct label {
    hn_slice text;
    double number; /* NaN for texts */
} label;

static int by_value(const void *a, const void *b) {
    const label *x = a, *y = b;
    if (x->number < y->number) return -1;
    if (x->number > y->number) return 1;
    size_t shorter = x->text.length < y->text.length ? x->text.length : y->text.length;
    int order = memcmp(x->text.text, y->text.text, shorter);
    if (order != 0) return order;
    return x->text.length < y->text.length ? -1 : x->text.length > y->text.length;
}

/* The codes that occur, as labels in order. */
static hone_status sorted_labels(hone_ctx *ctx, const hn_column *codes, bool numbers,
                                 label **ret_labels, int32_t *ret_n) {
    int32_t n_codes = codes->dictionary->n, n = 0;
    bool *seen;
    label *labels;
    HN_TRY(HN_SCRATCH_NEW(ctx, seen, n_codes + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, labels, n_codes + 1));
    for (int64_t i = 0; i < codes->n; i++)
        if (!hn_column_is_missing(codes, i)) seen[hn_column_code(codes, i)] = true;
    for (int32_t c = 0; c < n_codes; c++) {
        if (!seen[c]) continue;
        label one = {.text = hn_dictionary_text(codes->dictionary, c), .number = NAN};
        if (numbers && !hn_parse_double(one.text, &one.number)) one.number = NAN;
        labels[n++] = one;
    }
    qsort(labels, (size_t)n, sizeof *labels, by_value);
    *ret_labels = labels;
    *ret_n = n;
    return HONE_OK;
}

static hone_status put_positive_last(hone_ctx *ctx, const hn_column *column, const char *positive,
                                     label *labels, int32_t n) {
    if (positive == NULL) return HONE_OK;
    for (int32_t c = 0; c < n; c++) {
        if (labels[c].text.length != strlen(positive) ||
            memcmp(labels[c].text.text, positive, strlen(positive)) != 0)
            continue;
        label chosen = labels[c];
        memmove(labels + c, labels + c + 1, (size_t)(n - 1 - c) * sizeof *labels);
        labels[n - 1] = chosen;
        return HONE_OK;
    }
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = column->name, .param = "positive"),
                      "the positive class '%s' is not among the values of '%s'", positive,
                      column->name);
}

static hone_status make_dictionary(hone_ctx *ctx, hn_arena *arena, const label *labels, int32_t n,
                                   const hn_dictionary **ret_dictionary) {
    hn_dictionary *dictionary;
    int64_t *offsets;
    char *bytes;
    size_t length = 0;
    for (int32_t c = 0; c < n; c++) length += labels[c].text.length;
    HN_TRY(HN_NEW(ctx, arena, dictionary, 1));
    HN_TRY(HN_NEW(ctx, arena, offsets, n + 1));
    HN_TRY(HN_NEW(ctx, arena, bytes, length + 1));
    for (int32_t c = 0; c < n; c++) {
        memcpy(bytes + offsets[c], labels[c].text.text, labels[c].text.length);
        offsets[c + 1] = offsets[c] + (int64_t)labels[c].text.length;
    }
    *dictionary = (hn_dictionary){.n = n, .offsets = offsets, .bytes = bytes};
    *ret_dictionary = dictionary;
    return HONE_OK;
}

/* Any column as a category of its texts. */
static hone_status as_category(hone_ctx *ctx, const hn_column *column, hn_column *ret_codes) {
    HN_TRY(
        hn_column_cast(ctx, ctx->scratch, column, HN_CATEGORY, NULL, HN_MISFIT_FAILS, ret_codes));
    if (ret_codes->type == HN_CATEGORY) return HONE_OK;
    return hn_fail_at(
        ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
        "the target '%s' has nearly as many values as rows, so there are no classes to learn; set "
        "the task to regression if it is a number",
        column->name);
}

/* Linear in the labels: dictionaries of classes are not sorted bytewise. */
static int32_t find_label(const hn_dictionary *classes, hn_slice text) {
    for (int32_t c = 0; c < classes->n; c++) {
        hn_slice one = hn_dictionary_text(classes, c);
        if (one.length == text.length && memcmp(one.text, text.text, text.length) == 0) return c;
    }
    return HN_UNKNOWN;
}

/* y by text; *ret_unseen: the first row whose class is not among classes, or -1. */
static hone_status code_rows(hone_ctx *ctx, const hn_column *codes, const hn_dictionary *classes,
                             double *y, int64_t *ret_known, int64_t *ret_unseen) {
    int32_t *by_code;
    HN_TRY(HN_SCRATCH_NEW(ctx, by_code, codes->dictionary->n + 1));
    for (int32_t c = 0; c < codes->dictionary->n; c++)
        by_code[c] = find_label(classes, hn_dictionary_text(codes->dictionary, c));
    *ret_known = 0;
    *ret_unseen = -1;
    for (int64_t i = 0; i < codes->n; i++) {
        y[i] = NAN;
        if (hn_column_is_missing(codes, i)) continue;
        int32_t class = by_code[hn_column_code(codes, i)];
        if (class == HN_UNKNOWN && *ret_unseen < 0) *ret_unseen = i;
        y[i] = class;
        (*ret_known)++;
    }
    return HONE_OK;
}

static hone_status learn_classes(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                                 hn_task task, const char *positive, hn_target *target) {
    HN_SCRATCH(ctx);
    hn_column codes;
    label *labels;
    int32_t n;
    HN_TRY(as_category(ctx, column, &codes));
    HN_TRY(sorted_labels(ctx, &codes, hn_type_is_numeric(column->type), &labels, &n));
    if (n < 2) return one_value_only(ctx, column);
    if (task == HN_TASK_BINARY && n > 2)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
            "the target '%s' has %d classes, and the task is binary; set the task to multiclass",
            column->name, (int)n);
    HN_TRY(put_positive_last(ctx, column, positive, labels, n));
    HN_TRY(make_dictionary(ctx, arena, labels, n, &target->classes));
    target->n_classes = n;
    HN_TRY(HN_NEW(ctx, arena, target->y, column->n + 1));
    int64_t unseen;
    return code_rows(ctx, &codes, target->classes, target->y, &target->n_known, &unseen);
}

hone_status hn_target_learn(hone_ctx *ctx, hn_arena *arena, const hn_column *column, hn_task task,
                            const char *positive, hn_target *ret_target) {
    hn_target target = {.type = column->type};
    if (hn_column_count_missing(column) == column->n)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
            "the target '%s' has no values at all; check the column or the rows that were read",
            column->name);
    if ((task & HN_TASK_CLASSIFY) != 0)
        HN_TRY(learn_classes(ctx, arena, column, task, positive, &target));
    else
        HN_TRY(learn_values(ctx, arena, column, &target));
    *ret_target = target;
    return HONE_OK;
}

hone_status hn_target_apply(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                            const hn_dictionary *classes, double **ret_y) {
    HN_SCRATCH(ctx);
    double *y;
    HN_TRY(HN_NEW(ctx, arena, y, column->n + 1));
    if (classes == NULL) {
        hn_column numbers;
        HN_TRY(hn_column_cast(ctx, arena, column, HN_F64, NULL, HN_MISFIT_FAILS, &numbers));
        hn_column_doubles(&numbers, 0, numbers.n, y, 1);
    } else {
        hn_column codes;
        int64_t known, unseen;
        HN_TRY(as_category(ctx, column, &codes));
        HN_TRY(code_rows(ctx, &codes, classes, y, &known, &unseen));
        if (unseen >= 0) {
            hn_slice text = hn_column_text(&codes, unseen);
            return hn_fail_at(
                ctx, HONE_ERROR_DATA, (hn_where){.column = column->name, .row = unseen},
                "column '%s', row %lld: class '%.*s' was not there in training", column->name,
                (long long)unseen + 1, (int)(text.length > 60 ? 60 : text.length), text.text);
        }
    }
    *ret_y = y;
    return HONE_OK;
}

/* ---- marks ----------------------------------------------------------------------------------- */

/* The rarer of two values; of equally frequent ones the last. */
static hone_status choose_positive(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                                   const hn_column *codes, const char **ret_positive) {
    label *labels;
    int32_t n;
    int64_t count[2] = {0};
    HN_TRY(sorted_labels(ctx, codes, hn_type_is_numeric(column->type), &labels, &n));
    if (n != 2)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.column = column->name, .param = "positive"),
            "column '%s' has %d values, so it is not clear which marks anomalies; name it with "
            "--positive or roles.positive",
            column->name, (int)n);
    for (int64_t i = 0; i < codes->n; i++) {
        if (hn_column_is_missing(codes, i)) continue;
        hn_slice text = hn_column_text(codes, i);
        count[text.length != labels[0].text.length ||
              memcmp(text.text, labels[0].text.text, text.length) != 0]++;
    }
    hn_slice rarer = labels[count[1] <= count[0]].text;
    *ret_positive = hn_arena_printf(ctx, arena, "%.*s", (int)rarer.length, rarer.text);
    return *ret_positive != NULL ? HONE_OK : HONE_ERROR_MEMORY;
}

hone_status hn_target_marks(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                            const char **positive, hn_target *ret_target) {
    HN_SCRATCH(ctx);
    hn_target target = {.type = column->type};
    hn_column codes;
    HN_TRY(as_category(ctx, column, &codes));
    if (*positive == NULL) HN_TRY(choose_positive(ctx, arena, column, &codes, positive));
    size_t length = strlen(*positive);
    HN_TRY(HN_NEW(ctx, arena, target.y, column->n + 1));
    for (int64_t i = 0; i < codes.n; i++) {
        target.y[i] = NAN;
        if (hn_column_is_missing(&codes, i)) continue;
        hn_slice text = hn_column_text(&codes, i);
        target.y[i] = text.length == length && memcmp(text.text, *positive, length) == 0;
        target.n_known++;
    }
    *ret_target = target;
    return HONE_OK;
}

/* ---- groups ---------------------------------------------------------------------------------- */

hone_status hn_group_ids(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                         int64_t **ret_ids) {
    int64_t *groups;
    HN_TRY(HN_NEW(ctx, arena, groups, column->n + 1));
    HN_SCRATCH(ctx);
    hn_map ids;
    hn_str text;
    hn_map_init(&ids, ctx, ctx->scratch);
    hn_str_init(&text, ctx, ctx->scratch);
    for (int64_t i = 0; i < column->n; i++) {
        hn_str_clear(&text);
        hn_column_print(column, i, &text);
        HN_TRY(hn_str_status(&text));
        HN_TRY(hn_map_intern(&ids, (hn_slice){text.text, text.length}, (int64_t)ids.count,
                             &groups[i]));
    }
    *ret_ids = groups;
    return HONE_OK;
}
