/* label_propagation.c - labels that flow from labelled rows to those near them: propagation, which holds on to the
 * labels given, and spreading, which may doubt them. */
#include "base/parallel.h"
#include "ml/semi/graph.h"
#include "spec/child.h"
#include <math.h>
#include <string.h>

typedef struct label_params {
    int kernel;
    double gamma;
    int64_t n_neighbors;
    double alpha; /* spreading only */
    int64_t max_iter;
    double tolerance;
} label_params;

#define GRAPH_PARAMS                                                                               \
    HN_PARAM(label_params, kernel, .def = "rbf", .choices = HN_CHOICES("rbf", "knn"),              \
             .doc = "What is near: rbf weighs all rows by distance, knn the nearest alike (for "   \
                    "many rows)."),                                                                \
        HN_PARAM(label_params, gamma, .def = "20", .range = "(0, inf)",                            \
                 .search = "[0.01, 100] log",                                                      \
                 .doc = "rbf: how fast nearness falls, exp(-gamma * squared distance)."),          \
        HN_PARAM(label_params, n_neighbors, .def = "7", .range = "[1, inf)", .unit = "rows",       \
                 .search = "[3, 30]", .doc = "knn: how many rows are near.")

static const hone_param propagation_params[] = {
    GRAPH_PARAMS,
    HN_PARAM(label_params, max_iter, .def = "1000", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Iterations at most."),
    HN_PARAM(label_params, tolerance, .def = "1e-3", .range = "[0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("tol"),
             .doc = "Stop when all shares together change by less than this."),
};

static const hone_param spreading_params[] = {
    GRAPH_PARAMS,
    HN_PARAM(label_params, alpha, .def = "0.2", .range = "(0, 1)", .search = "[0.05, 0.95]",
             .doc = "How much a row takes from its neighbours rather than from the label given."),
    HN_PARAM(label_params, max_iter, .def = "30", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Iterations at most."),
    HN_PARAM(label_params, tolerance, .def = "1e-3", .range = "[0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("tol"),
             .doc = "Stop when all shares together change by less than this."),
};

typedef struct label_state {
    hn_graph graph;
    int64_t n_classes;
    double *shares;        /* [n, n_classes] of each row fitted on; 0 where no label comes */
    double *prior;         /* [n_classes] of the labels given: what is answered where none comes */
    int64_t *transduction; /* [n] the class of each row fitted on */
    int64_t iterations;
} label_state;

/* ---- fit ------------------------------------------------------------------------------------- */

/* Rows sum to 1 (or stay 0). */
static void normalise(double *shares, int64_t n, int64_t k) {
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t c = 0; c < k; c++) sum += shares[i * k + c];
        for (int64_t c = 0; c < k && sum > 0; c++) shares[i * k + c] /= sum;
    }
}

static void begin(const hone_data *data, label_state *s) {
    int64_t k = s->n_classes, labelled = 0;
    for (int64_t i = 0; i < s->graph.n; i++) {
        if (data->y[i] < 0) continue;
        s->shares[i * k + (int64_t)data->y[i]] = 1;
        s->prior[(int64_t)data->y[i]] += 1;
        labelled++;
    }
    for (int64_t c = 0; c < k; c++) s->prior[c] /= (double)labelled;
}

/* One step: next = what comes along the edges from now, and what is held on to. */
static hone_status step(hone_ctx *ctx, const hn_edges *edges, const hone_data *data,
                        const label_params *p, bool spreading, int64_t k, const double *now,
                        double *next) {
    HN_TRY(hn_edges_times(ctx, edges, now, k, next));
    if (!spreading) normalise(next, edges->n, k);
    for (int64_t i = 0; i < edges->n; i++) {
        double *row = next + i * k;
        for (int64_t c = 0; c < k; c++) {
            double given = data->y[i] == (double)c;
            if (spreading)
                row[c] = p->alpha * row[c] + (1 - p->alpha) * given;
            else if (data->y[i] >= 0)
                row[c] = given;
        }
    }
    return HONE_OK;
}

static hone_status flow(hone_ctx *ctx, const char *name, const label_params *p, bool spreading,
                        const hone_data *data, label_state *s) {
    int64_t cells = s->graph.n * s->n_classes;
    hn_edges edges;
    double *next, *change, *before;
    HN_TRY(hn_graph_edges(ctx, &s->graph, spreading, &edges));
    HN_TRY(HN_SCRATCH_NEW(ctx, next, cells));
    HN_TRY(HN_SCRATCH_NEW(ctx, before, cells));
    HN_TRY(HN_SCRATCH_NEW(ctx, change, cells));
    for (; s->iterations < p->max_iter; s->iterations++) {
        HN_TRY(hn_check_cancel(ctx));
        hn_progress(ctx, name, s->iterations, p->max_iter, "iterations");
        for (int64_t i = 0; i < cells; i++) change[i] = fabs(s->shares[i] - before[i]);
        if (hn_sum(change, cells) < p->tolerance) break;
        memcpy(before, s->shares, (size_t)cells * sizeof *before);
        HN_TRY(step(ctx, &edges, data, p, spreading, s->n_classes, before, next));
        memcpy(s->shares, next, (size_t)cells * sizeof *next);
    }
    if (s->iterations == p->max_iter)
        hn_say(ctx, HONE_LOG_WARN,
               "%s: not settled after %lld iterations; raise 'max_iter', or 'tolerance'", name,
               (long long)s->iterations);
    normalise(s->shares, s->graph.n, s->n_classes);
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const char *name, const label_params *p, bool spreading,
                       const hone_data *data, hn_arena *arena, label_state *s) {
    HN_SCRATCH(ctx);
    int64_t n = data->x->n_rows, k = data->n_classes;
    s->n_classes = k;
    HN_TRY(hn_graph_make(ctx, arena, name, data->x, (hn_kernel)p->kernel, p->gamma, p->n_neighbors,
                         &s->graph));
    HN_TRY(HN_NEW(ctx, arena, s->shares, n * k));
    HN_TRY(HN_NEW(ctx, arena, s->prior, k));
    HN_TRY(HN_NEW(ctx, arena, s->transduction, n));
    begin(data, s);
    HN_TRY(flow(ctx, name, p, spreading, data, s));
    for (int64_t i = 0; i < n; i++) s->transduction[i] = hn_first_largest(s->shares + i * k, k);
    return HONE_OK;
}

static hone_status propagation_fit(hone_ctx *ctx, const void *params, const hone_data *data,
                                   hn_arena *arena, void *ret_state) {
    return fit(ctx, "label_propagation", params, false, data, arena, ret_state);
}

static hone_status spreading_fit(hone_ctx *ctx, const void *params, const hone_data *data,
                                 hn_arena *arena, void *ret_state) {
    return fit(ctx, "label_spreading", params, true, data, arena, ret_state);
}

/* ---- after the fit --------------------------------------------------------------------------- */

static hone_status label_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                 double *ret_out) {
    const label_state *s = state;
    int64_t k = s->n_classes;
    HN_TRY(hn_graph_answer(ctx, &s->graph, x, s->shares, k, ret_out));
    normalise(ret_out, x->n_rows, k);
    for (int64_t i = 0; i < x->n_rows; i++) {
        double sum = 0;
        for (int64_t c = 0; c < k; c++) sum += ret_out[i * k + c];
        for (int64_t c = 0; c < k && !(sum > 0); c++) ret_out[i * k + c] = s->prior[c];
    }
    return HONE_OK;
}

static int64_t label_outputs(const void *state) { return ((const label_state *)state)->n_classes; }

static hone_status label_visit(hn_visitor *v, void *state) {
    label_state *s = state;
    HN_TRY(hn_graph_visit(v, &s->graph));
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit_check(v, s->n_classes >= 2 && s->n_classes <= INT32_MAX,
                          "an impossible number of classes"));
    HN_TRY(hn_visit(v, "label_distributions", &s->shares, s->graph.n, s->n_classes));
    HN_TRY(hn_visit(v, "class_prior", &s->prior, s->n_classes));
    HN_TRY(hn_visit(v, "transduction", &s->transduction, s->graph.n));
    return hn_visit(v, "n_iter", &s->iterations);
}

static hone_status label_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                 const hn_table *schema) {
    (void)schema;
    return hn_graph_prepare(ctx, arena, &((label_state *)state)->graph);
}

static hone_status label_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const label_state *s = state;
    yyjson_mut_obj_add_int(doc, object, "rows", s->graph.n);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    return HONE_OK;
}

const hone_estimator hn_label_propagation = {
    .name = "label_propagation",
    .title = "Label propagation",
    .class_names = "LabelPropagation",
    .family = "semi",
    .doc = "Labels flow from the rows that have one to all others, along what is near what; labels "
           "given are held on to. Take it where few rows are labelled, and classes lie apart.",
    .references = "Zhu, Ghahramani (2002), Learning from labeled and unlabeled data with label "
                  "propagation",
    .tasks = HN_TASK_CLASSIFY,
    .can = HN_CAN_PROBABILITIES | HN_CAN_UNLABELED | HN_WANTS_SCALING,
    .params = HN_PARAMS(label_params, propagation_params),
    .state_size = sizeof(label_state),
    .fit = propagation_fit,
    .predict = label_predict,
    .outputs = label_outputs,
    .visit = label_visit,
    .prepare = label_prepare,
    .report = label_report,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .target = "species",
               .params = "{\"gamma\":0.5}",
               .scheme = "all",
               .metric = "log_loss",
               .value = 0.30825367865126196,
               .tolerance = 1e-9,
               .source = "scikit-learn 1.9.1, StandardScaler, LabelPropagation(gamma=0.5)"}),
};

const hone_estimator hn_label_spreading = {
    .name = "label_spreading",
    .title = "Label spreading",
    .class_names = "LabelSpreading",
    .family = "semi",
    .doc =
        "Labels flow from the rows that have one to all others, along what is near what; a label "
        "given may be doubted where all around it say otherwise. Take it where few rows are "
        "labelled, and some of these wrongly.",
    .references = "Zhou, Bousquet, Lal, Weston, Schoelkopf (2004), Learning with local and global "
                  "consistency",
    .tasks = HN_TASK_CLASSIFY,
    .can = HN_CAN_PROBABILITIES | HN_CAN_UNLABELED | HN_WANTS_SCALING,
    .params = HN_PARAMS(label_params, spreading_params),
    .state_size = sizeof(label_state),
    .fit = spreading_fit,
    .predict = label_predict,
    .outputs = label_outputs,
    .visit = label_visit,
    .prepare = label_prepare,
    .report = label_report,
    HN_GOLDEN({.dataset = "tabular/wine/wine.csv",
               .target = "class",
               .params = "{\"kernel\":\"knn\"}",
               .scheme = "all",
               .metric = "log_loss",
               .value = 0.09410236283908906,
               .tolerance = 1e-9,
               .source = "scikit-learn 1.9.1, StandardScaler, LabelSpreading(kernel='knn')"}),
};
