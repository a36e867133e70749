/* param_check.c - what stands in a struct already: whether it is legal, whether two are the same; see
 * param_parts.h. */
#include "spec/param_parts.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

int hn_param_choice(const hone_param *param, hn_slice text) {
    for (int i = 0; param->choices && param->choices[i]; i++) {
        const char *choice = param->choices[i];
        if (text.length == strlen(choice) && memcmp(text.text, choice, text.length) == 0) return i;
    }
    return -1;
}

static bool has_choice(const hone_param *param, int index) {
    int n = 0;
    while (param->choices && param->choices[n]) n++;
    return index >= 0 && index < n;
}

static hone_status check_real(const hn_setting *s, const char *item, double x) {
    if (hn_interval_has(&s->range, x) || hn_param_word_of(s->param, x)) return HONE_OK;
    return hn_setting_refuse(s, item, &(hn_given){.kind = HN_GIVEN_REAL, .x = x});
}

static hone_status check_text(const hn_setting *s, const char *item, const char *text) {
    hn_slice slice = {text, strlen(text)};
    if (!s->param->choices || hn_param_choice(s->param, slice) >= 0) return HONE_OK;
    return hn_setting_refuse(s, item, &(hn_given){.kind = HN_GIVEN_TEXT, .text = slice});
}

hone_status hn_setting_check(const hn_setting *s, const void *values) {
    const void *at = hn_param_in(s->param, values);
    char label[80];
    switch (s->param->type) {
    case HN_PARAM_BOOL:
    case HN_PARAM_GROUPS: return HONE_OK;
    case HN_PARAM_INT: {
        int64_t i = *(const int64_t *)at;
        if (hn_interval_has(&s->range, (double)i) || hn_param_word_of(s->param, (double)i))
            return HONE_OK;
        return hn_setting_refuse(s, NULL, &(hn_given){.kind = HN_GIVEN_INT, .i = i});
    }
    case HN_PARAM_REAL: return check_real(s, NULL, *(const double *)at);
    case HN_PARAM_CHOICE: {
        int index = *(const int *)at;
        if (has_choice(s->param, index)) return HONE_OK;
        return hn_setting_refuse(s, NULL, &(hn_given){.kind = HN_GIVEN_INT, .i = index});
    }
    case HN_PARAM_TEXT: {
        const char *text = *(const char *const *)at;
        return text ? check_text(s, NULL, text) : HONE_OK;
    }
    case HN_PARAM_TEXTS: {
        const hn_texts *list = at;
        for (int64_t i = 0; i < list->n; i++) {
            snprintf(label, sizeof label, "[%lld]", (long long)i);
            HN_TRY(check_text(s, label, list->items[i]));
        }
        return HONE_OK;
    }
    case HN_PARAM_REALS: {
        const hn_reals *list = at;
        for (int64_t i = 0; i < list->n; i++) {
            snprintf(label, sizeof label, "[%lld]", (long long)i);
            HN_TRY(check_real(s, label, list->items[i]));
        }
        return HONE_OK;
    }
    case HN_PARAM_PAIRS: {
        const hn_pairs *pairs = at;
        for (int64_t i = 0; i < pairs->n; i++) {
            snprintf(label, sizeof label, "['%.64s']", pairs->names[i]);
            HN_TRY(check_real(s, label, pairs->values[i]));
        }
        return HONE_OK;
    }
    case HN_PARAM_PART:
    case HN_PARAM_PARTS: return hn_parts_check(s, at);
    }
    return HONE_OK;
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_bytes(const void *a, const void *b, size_t size) {
    return size == 0 || memcmp(a, b, size) == 0;
}

bool hn_param_same(const hone_param *param, const void *a, const void *b) {
    const void *left = hn_param_in(param, a), *right = hn_param_in(param, b);
    switch (param->type) {
    case HN_PARAM_BOOL: return *(const bool *)left == *(const bool *)right;
    case HN_PARAM_INT: return same_bytes(left, right, sizeof(int64_t));
    case HN_PARAM_REAL: return same_bytes(left, right, sizeof(double));
    case HN_PARAM_CHOICE: return same_bytes(left, right, sizeof(int));
    case HN_PARAM_TEXT: return same_text(*(const char *const *)left, *(const char *const *)right);
    case HN_PARAM_TEXTS: {
        const hn_texts *x = left, *y = right;
        bool same = x->n == y->n;
        for (int64_t i = 0; same && i < x->n; i++) same = same_text(x->items[i], y->items[i]);
        return same;
    }
    case HN_PARAM_REALS: {
        const hn_reals *x = left, *y = right;
        return x->n == y->n && same_bytes(x->items, y->items, (size_t)x->n * sizeof(double));
    }
    case HN_PARAM_PAIRS: {
        const hn_pairs *x = left, *y = right;
        bool same = x->n == y->n && same_bytes(x->values, y->values, (size_t)x->n * sizeof(double));
        for (int64_t i = 0; same && i < x->n; i++) same = same_text(x->names[i], y->names[i]);
        return same;
    }
    case HN_PARAM_GROUPS: return hn_text_groups_same(left, right);
    case HN_PARAM_PART:
    case HN_PARAM_PARTS: return hn_parts_same(param, left, right);
    }
    return false;
}
