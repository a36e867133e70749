/* assigned.h - clusterings that know their rows and no rule: new rows go with the nearest row that has a
 * cluster, if it is near enough. Used by density and hierarchical clusterings. */
#ifndef HN_ML_CLUSTER_ASSIGNED_H
#define HN_ML_CLUSTER_ASSIGNED_H

#include "spec/estimator.h"
#include "spec/visit_neighbors.h"

typedef struct hn_assigned {
    int64_t n;          /* rows that speak for their cluster; 0: none, and every answer is -1 */
    int32_t *label;     /* [n] */
    double *reach;      /* [n] how far away a new row may be */
    hn_neighbors index; /* over those rows; not there if n == 0 */
} hn_assigned;

/* Of the rows of x [n, d] those whose label is not negative and that speak (NULL: all), in arena; reach
 * [n] or NULL for any distance. */
hone_status hn_assigned_make(hone_ctx *ctx, hn_arena *arena, const double *x, int64_t n, int64_t d,
                             const int32_t *label, const bool *speaks, const double *reach,
                             const hn_neighbors_options *options,
                             hn_assigned *ret_assigned) HONE_MUST_CHECK;
/* Labels of the rows of x as doubles. */
hone_status hn_assigned_predict(hone_ctx *ctx, const hn_assigned *assigned, const hn_table *x,
                                double *ret_out) HONE_MUST_CHECK;
/* Labels are checked to be below n_clusters. */
hone_status hn_assigned_visit(hn_visitor *v, hn_assigned *assigned, int64_t n_features,
                              int64_t n_clusters) HONE_MUST_CHECK;
hone_status hn_assigned_prepare(hone_ctx *ctx, hn_arena *arena,
                                hn_assigned *assigned) HONE_MUST_CHECK;

/* labels [n] as doubles in arena, for the state. */
hone_status hn_labels_keep(hone_ctx *ctx, hn_arena *arena, const int32_t *label, int64_t n,
                           double **ret_labels) HONE_MUST_CHECK;
/* "n_clusters", "n_noise" and "sizes" of a report. */
void hn_labels_report(const double *labels, int64_t n, int64_t n_clusters, hn_json_doc *doc,
                      hn_json_mut *object);

/* Parameters of the distance, as methods that look at neighbours have them. */
#define HN_CLUSTER_METRIC_PARAMS(type)                                                             \
    HN_PARAM(type, metric, .def = "euclidean", .choices = HN_CHOICES(HN_DISTANCE_ALL_NAMES),       \
             .doc = "How far two rows are apart; precomputed: columns are the rows, and hold how " \
                    "far they are."),                                                              \
        HN_PARAM(type, p, .def = "2", .range = "[1, inf)", .level = HN_ADVANCED,                   \
                 .doc = "Minkowski's power: 1 is manhattan, 2 is euclidean.")

#endif
