/* targets.c - see targets.h. */
#include "ml/ensemble/targets.h"
#include <stdio.h>
#include <string.h>

hone_status hn_targets_begin(hone_ctx *ctx, hn_arena *arena, const hn_part *part,
                             const hone_data *data, hn_targets *s) {
    int32_t n = hn_data_targets(data);
    s->n_features = data->x->n_columns;
    HN_TRY(hn_part_copy(ctx, arena, part, &s->part));
    HN_TRY(HN_NEW(ctx, arena, s->classes, n));
    HN_TRY(HN_NEW(ctx, arena, s->members, n));
    s->n = n;
    for (int32_t t = 0; t < n; t++) s->classes[t] = hn_data_of_target(data, t).n_classes;
    return HONE_OK;
}

int64_t hn_targets_outputs(const hn_targets *s) {
    int64_t sum = 0;
    for (int64_t t = 0; t < s->n; t++) sum += hn_targets_width(s, t);
    return sum;
}

void hn_targets_place(const hn_targets *s, int64_t t, int64_t n, const double *out, double *all) {
    int64_t total = hn_targets_outputs(s), width = hn_targets_width(s, t), first = 0;
    for (int64_t k = 0; k < t; k++) first += hn_targets_width(s, k);
    for (int64_t i = 0; i < n; i++)
        memcpy(all + i * total + first, out + i * width, (size_t)width * sizeof *out);
}

bool hn_targets_give_probabilities(const hn_targets *s) {
    for (int64_t t = 0; t < s->n; t++)
        if (s->classes[t] > 0 && !hn_child_gives_probabilities(&s->members[t])) return false;
    return true;
}

/* ---- saving ---------------------------------------------------------------------------------- */

hone_status hn_targets_visit(hn_visitor *v, hn_targets *s) {
    enum { MOST = 1 << 20 };
    int64_t sum = 0;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_targets", &s->n));
    HN_TRY(hn_visit_check(v, s->n_features >= 1 && s->n_features <= INT32_MAX,
                          "an impossible number of features"));
    HN_TRY(hn_visit_check(v, s->n >= 1 && s->n <= MOST, "an impossible number of targets"));
    HN_TRY(hn_visit(v, "n_classes", &s->classes, s->n));
    unsigned tasks = 0;
    for (int64_t t = 0; t < s->n; t++) {
        HN_TRY(hn_visit_check(
            v, s->classes[t] == 0 || (s->classes[t] >= 2 && s->classes[t] <= INT32_MAX),
            "an impossible number of classes"));
        sum += hn_targets_width(s, t);
        HN_TRY(hn_visit_check(v, sum <= INT32_MAX, "an impossible number of answers"));
        tasks |= hn_member_tasks(s->classes[t]);
    }
    HN_TRY(hn_part_visit(v, "part", tasks, &s->part));
    if (v->loading) HN_TRY(HN_NEW(v->ctx, v->arena, s->members, s->n));
    return HONE_OK;
}

hone_status hn_targets_visit_member(hn_visitor *v, hn_targets *s, int64_t t, int64_t n_features) {
    char prefix[48];
    snprintf(prefix, sizeof prefix, "estimators.%lld.", (long long)t);
    HN_TRY(hn_visit_check(v, (s->part.kind->tasks & hn_member_tasks(s->classes[t])) != 0,
                          "a part that is not for its target's task"));
    return hn_child_visit(v, prefix, &s->part, n_features, s->classes[t], &s->members[t]);
}

void hn_targets_report(const hn_targets *s, hn_json_doc *doc, hn_json_mut *object) {
    yyjson_mut_obj_add_str(doc, object, "estimator", s->part.kind->name);
    yyjson_mut_obj_add_int(doc, object, "targets", s->n);
}
