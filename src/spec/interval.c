/* interval.c - legal ranges and search ranges as they stand in parameter tables; see param.h. */
#include "spec/param.h"
#include <math.h>
#include <string.h>

static hn_slice trim(const char *begin, const char *end) {
    while (begin < end && *begin == ' ') begin++;
    while (end > begin && end[-1] == ' ') end--;
    return (hn_slice){begin, (size_t)(end - begin)};
}

/* The interval at the beginning of text; *ret_rest is what follows its closing bracket. */
static bool parse_front(const char *text, hn_interval *ret_interval, const char **ret_rest) {
    while (*text == ' ') text++;
    if (*text != '[' && *text != '(') return false;
    const char *comma = strchr(text, ',');
    const char *close = comma ? strpbrk(comma, "])") : NULL;
    if (!close) return false;
    hn_interval found = {.open_low = *text == '(', .open_high = *close == ')'};
    if (!hn_parse_double(trim(text + 1, comma), &found.low)) return false;
    if (!hn_parse_double(trim(comma + 1, close), &found.high)) return false;
    if (!(found.low <= found.high)) return false;
    *ret_interval = found;
    *ret_rest = close + 1;
    return true;
}

bool hn_interval_parse(const char *text, hn_interval *ret_interval) {
    hn_interval found;
    const char *rest;
    if (!parse_front(text, &found, &rest)) return false;
    if (rest[strspn(rest, " ")] != '\0') return false;
    *ret_interval = found;
    return true;
}

bool hn_interval_has(const hn_interval *interval, double x) {
    bool above = interval->open_low ? x > interval->low : x >= interval->low;
    bool below = interval->open_high ? x < interval->high : x <= interval->high;
    return above && below; /* both are false for NaN */
}

static hone_status bad_search(hone_ctx *ctx, const char *text) {
    return hn_fail(ctx, HONE_ERROR_INTERNAL,
                   "'%s' is not a search range; write \"[low, high]\", \"[low, high] log\" or "
                   "\"{a, b}\"",
                   text);
}

static hone_status parse_list(hone_ctx *ctx, hn_arena *arena, const char *text, hn_search *ret) {
    const char *open = text + 1, *close = strchr(text, '}');
    if (!close || close[1] != '\0') return bad_search(ctx, text);
    int64_t n = 1;
    for (const char *p = open; p < close; p++) n += *p == ',';
    HN_TRY(HN_NEW(ctx, arena, ret->values.items, n));
    const char *begin = open;
    for (const char *p = open; p <= close; p++) {
        if (*p != ',' && p != close) continue;
        hn_slice item = trim(begin, p);
        if (item.length == 0) return bad_search(ctx, text);
        char *copy = hn_arena_strndup(ctx, arena, item.text, item.length);
        if (!copy) return HONE_ERROR_MEMORY;
        ret->values.items[ret->values.n++] = copy;
        begin = p + 1;
    }
    ret->is_list = true;
    return HONE_OK;
}

hone_status hn_search_parse(hone_ctx *ctx, hn_arena *arena, const char *text,
                            hn_search *ret_search) {
    hn_search found = {0};
    if (text[0] == '{') {
        HN_TRY(parse_list(ctx, arena, text, &found));
    } else {
        const char *rest;
        if (!parse_front(text, &found.interval, &rest)) return bad_search(ctx, text);
        rest += strspn(rest, " ");
        found.log = strcmp(rest, "log") == 0;
        bool sane = isfinite(found.interval.low) && isfinite(found.interval.high) &&
                    !(found.log && found.interval.low <= 0);
        if ((*rest != '\0' && !found.log) || !sane) return bad_search(ctx, text);
    }
    *ret_search = found;
    return HONE_OK;
}
