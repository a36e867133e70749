/* catalog.h - the estimators and steps there are: one line each in catalog.def. */
#ifndef HN_FLOW_CATALOG_H
#define HN_FLOW_CATALOG_H

#include "spec/estimator.h"

/* All of them, in catalog.def's order. */
const hone_estimator *const *hn_catalog(int64_t *ret_count);
/* By name, steps that the caller registered among them; NULL if there is none. */
const hone_estimator *hn_catalog_find(const char *name);
/* The kind that people mean by another name ("xgboost", "LogisticRegression"); NULL: none is known. */
const char *hn_catalog_meant(const char *name);
/* "gbdt, sgd": the kinds that are so, for messages. */
hone_status hn_catalog_put(hn_str *str, bool (*is_so)(const hone_estimator *kind)) HONE_MUST_CHECK;
/* By name; HONE_ERROR_USAGE that names the nearest if there is none. */
hone_status hn_catalog_require(hone_ctx *ctx, const char *name,
                               const hone_estimator **ret_estimator) HONE_MUST_CHECK;

#endif
