/* source_kinds.c - the kinds of sources by name, ending and scheme; see source.h. */
#include "table/reading.h"

#include <string.h>
#include <strings.h>

#define HN_SOURCE(name) extern const hn_source_kind hn_source_##name;
#include "table/sources.def"
#undef HN_SOURCE

const hn_source_kind *const hn_source_kinds[] = {
#define HN_SOURCE(name) &hn_source_##name,
#include "table/sources.def"
#undef HN_SOURCE
    NULL};

const char *const hn_source_names[] = {"auto",
#define HN_SOURCE(name) #name,
#include "table/sources.def"
#undef HN_SOURCE
                                       NULL};

static bool ends_with(const char *text, size_t length, const char *ending) {
    size_t n = strlen(ending);
    return length >= n && strncasecmp(text + length - n, ending, n) == 0;
}

const hn_source_kind *hn_source_kind_named(const char *name) {
    for (const hn_source_kind *const *kind = hn_source_kinds; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0) return *kind;
    return NULL;
}

const hn_source_kind *hn_source_kind_of_ending(const char *path) {
    size_t length = strlen(path);
    if (ends_with(path, length, ".gz"))
        length -= 3;
    else if (ends_with(path, length, ".zst"))
        length -= 4;
    for (const hn_source_kind *const *kind = hn_source_kinds; *kind; kind++)
        for (const char *const *ending = (*kind)->endings; ending && *ending; ending++)
            if (ends_with(path, length, *ending)) return *kind;
    return NULL;
}

const hn_source_kind *hn_source_kind_of_scheme(const char *path) {
    for (const hn_source_kind *const *kind = hn_source_kinds; *kind; kind++)
        for (const char *const *scheme = (*kind)->schemes; scheme && *scheme; scheme++)
            if (strncasecmp(path, *scheme, strlen(*scheme)) == 0) return *kind;
    return NULL;
}

bool hn_source_is_url(const char *path) {
    return strncasecmp(path, "http://", 7) == 0 || strncasecmp(path, "https://", 8) == 0;
}

bool hn_source_takes_query(const char *path, const char *format) {
    const hn_source_kind *kind = hn_source_kind_named(format);
    if (kind == NULL) kind = hn_source_kind_of_scheme(path);
    if (kind == NULL) kind = hn_source_kind_of_ending(path);
    return kind != NULL && (kind->takes & HN_TAKES_QUERY);
}

hone_status hn_choose_table(hone_ctx *ctx, const hn_source *source, const char *const *names,
                            int64_t n, bool must_choose, int64_t *ret_index) {
    HN_SCRATCH(ctx);
    const char *what = source->kind->tables, *wanted = source->table;
    if (n == 0)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = source->shown),
                          "%s holds no %s; give a file with data", source->shown, what);
    if (wanted == NULL && (n == 1 || !must_choose)) {
        *ret_index = 0;
        return HONE_OK;
    }
    int64_t number;
    for (int64_t i = 0; wanted && i < n; i++) {
        if (strcmp(names[i], wanted) != 0) continue;
        *ret_index = i;
        return HONE_OK;
    }
    if (wanted && hn_parse_int((hn_slice){wanted, strlen(wanted)}, &number) && number >= 1 &&
        number <= n) {
        *ret_index = number - 1;
        return HONE_OK;
    }
    hn_str list;
    hn_str_init(&list, ctx, ctx->scratch);
    for (int64_t i = 0; i < n && i < 20; i++)
        hn_str_printf(&list, "%s%.64s", i ? ", " : "", names[i]);
    if (n > 20) hn_str_put(&list, ", ...");
    HN_TRY(hn_str_status(&list));
    if (wanted)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "table", .file = source->shown),
                          "%s has no %s '%.64s'; it has %s", source->shown, what, wanted,
                          list.text);
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "table", .file = source->shown),
                      "%s holds %lld %ss: %s; say which with 'table', or '%s#%s'", source->shown,
                      (long long)n, what, list.text, source->shown, names[0]);
}
