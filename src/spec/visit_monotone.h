/* visit_monotone.h - a monotone function's walk, for the states that keep one. */
#ifndef HN_SPEC_VISIT_MONOTONE_H
#define HN_SPEC_VISIT_MONOTONE_H

#include "num/monotone.h"
#include "spec/visit.h"

/* As NAME's "n", "X_thresholds" and "y_thresholds" under prefix. */
hone_status hn_monotone_visit(hn_visitor *v, const char *prefix,
                              hn_monotone *function) HONE_MUST_CHECK;

#endif
