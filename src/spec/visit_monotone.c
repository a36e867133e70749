/* visit_monotone.c - see visit_monotone.h. */
#include "spec/visit_monotone.h"

static hone_status visit(hn_visitor *v, void *state) {
    hn_monotone *f = state;
    HN_TRY(hn_visit(v, "n", &f->n));
    HN_TRY(hn_visit_check(v, f->n >= 1, "an isotonic function without points"));
    HN_TRY(hn_visit(v, "X_thresholds", &f->x, f->n));
    HN_TRY(hn_visit(v, "y_thresholds", &f->y, f->n));
    for (int64_t i = 0; i < f->n; i++)
        HN_TRY(hn_visit_check(v, i == 0 || f->x[i] > f->x[i - 1],
                              "an isotonic function out of order"));
    return HONE_OK;
}

hone_status hn_monotone_visit(hn_visitor *v, const char *prefix, hn_monotone *function) {
    return hn_visit_nested(v, prefix, visit, function);
}
