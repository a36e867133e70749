/* catalog.c - the table that catalog.def declares. */
#include "flow/custom.h"
#include "spec/catalog.h"
#include <string.h>

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

hone_status hn_catalog_require(hone_ctx *ctx, const char *name,
                               const hone_estimator **ret_estimator) {
    const hone_estimator *found = hn_catalog_find(name);
    if (found != NULL) {
        *ret_estimator = found;
        return HONE_OK;
    }
    const char *names[N_CATALOG];
    for (int i = 0; i < N_CATALOG; i++) names[i] = catalog[i]->name;
    const char *nearest = hn_nearest(name, names, N_CATALOG);
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = name),
                      "there is no kind '%s'%s%s%s; 'hone kinds' lists them", name,
                      nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                      nearest != NULL ? "'" : "");
}
