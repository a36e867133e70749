/* catalog.c - the table that catalog.def declares. */
#include "flow/custom.h"
#include "spec/catalog.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

#define HN_CATALOG(name) extern const hone_estimator hn_##name;
#include "flow/catalog.def"
#undef HN_CATALOG

static const hone_estimator *const catalog[] = {
#define HN_CATALOG(name) &hn_##name,
#include "flow/catalog.def"
#undef HN_CATALOG
};
enum { N_CATALOG = sizeof catalog / sizeof *catalog };

const hone_estimator *const *hn_catalog(int64_t *ret_count) {
    *ret_count = N_CATALOG;
    return catalog;
}

const hone_estimator *hn_catalog_find(const char *name) {
    for (int i = 0; i < N_CATALOG; i++)
        if (strcmp(catalog[i]->name, name) == 0) return catalog[i];
    return hn_custom_find(name);
}

/* Whether name is one of words (parted by blanks), but for case, what parts its words, and the ending that says what
 * it is in Python: "logistic-regression", "RandomForest", "svc". */
static bool is_among(const char *name, const char *words) {
    static const char *const endings[] = {"", "classifier", "regressor", "r", "er"};
    for (const char *at = words; at != NULL && *at != '\0'; at += strspn(at, " ")) {
        const char *n = name, *w = at;
        at += strcspn(at, " ");
        while (*n != '\0' && w < at) {
            if (strchr("_- ", *n) != NULL)
                n++;
            else if (*w == '_')
                w++;
            else if (tolower((unsigned char)*n) == tolower((unsigned char)*w))
                n++, w++;
            else
                break;
        }
        if (*n != '\0') continue;
        for (size_t e = 0; e < sizeof endings / sizeof *endings; e++)
            if (strlen(endings[e]) == (size_t)(at - w) &&
                strncasecmp(w, endings[e], (size_t)(at - w)) == 0)
                return true;
    }
    return false;
}

const char *hn_catalog_meant(const char *name) {
    for (int i = 0; i < N_CATALOG; i++) {
        const hone_estimator *kind = catalog[i];
        if (is_among(name, kind->name) || is_among(name, kind->class_names) ||
            is_among(name, kind->also))
            return kind->name;
    }
    return NULL;
}

hone_status hn_catalog_put(hn_str *str, bool (*is_so)(const hone_estimator *kind)) {
    const char *between = "";
    for (int i = 0; i < N_CATALOG; i++) {
        if (!is_so(catalog[i])) continue;
        hn_str_printf(str, "%s%s", between, catalog[i]->name);
        between = ", ";
    }
    return hn_str_status(str);
}

hone_status hn_catalog_require(hone_ctx *ctx, const char *name,
                               const hone_estimator **ret_estimator) {
    const hone_estimator *found = hn_catalog_find(name);
    if (found != NULL) {
        *ret_estimator = found;
        return HONE_OK;
    }
    const char *names[N_CATALOG];
    for (int i = 0; i < N_CATALOG; i++) names[i] = catalog[i]->name;
    const char *nearest = hn_catalog_meant(name);
    if (nearest == NULL) nearest = hn_nearest(name, names, N_CATALOG);
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = name),
                      "there is no kind '%s'%s%s%s; 'hone kinds' lists them", name,
                      nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                      nearest != NULL ? "'" : "");
}
