/* self_training.c - a classifier that labels the rows it is sure of, and learns from these too. */
#include "spec/child.h"
#include <string.h>

enum { BY_THRESHOLD, BY_K_BEST };

typedef struct self_params {
    hn_part estimator;
    int criterion;
    double threshold;
    int64_t k_best;
    int64_t max_iter;
} self_params;

static const hone_param params[] = {
    HN_PARAM(self_params, estimator, .def = "random_forest", .part_tasks = HN_TASK_CLASSIFY,
             .part_can = HN_CAN_PROBABILITIES, .aliases = HN_CHOICES("base_estimator"),
             .doc = "The classifier; it must give probabilities."),
    HN_PARAM(self_params, criterion, .def = "threshold",
             .choices = HN_CHOICES("threshold", "k_best"),
             .doc = "Which rows are labelled in a round: all it is surer of than 'threshold', or "
                    "the 'k_best'."),
    HN_PARAM(self_params, threshold, .def = "0.75", .range = "[0, 1)", .search = "[0.6, 0.99]",
             .doc = "How probable a class must be for a row to be labelled with it."),
    HN_PARAM(self_params, k_best, .def = "10", .range = "[1, inf)", .unit = "rows",
             .doc = "How many rows are labelled in a round."),
    HN_PARAM(self_params, max_iter, .def = "10", .range = "[1, inf)",
             .words = HN_WORDS({"none", 0}),
             .doc = "Rounds at most; none goes on until no row can be labelled."),
};

typedef struct self_state {
    int64_t n_features, n_classes;
    hn_part part;
    hn_child child;
    int64_t n;             /* rows fitted on */
    int64_t *transduction; /* [n] their classes: given, found, or -1 */
    int64_t *round;        /* [n] in which each was labelled: 0 given, -1 never */
    int64_t rounds;
} self_state;

static const hn_part *self_part(const void *values, int64_t i) {
    return i == 0 ? &((const self_params *)values)->estimator : NULL;
}

/* ---- fit ------------------------------------------------------------------------------------- */

typedef struct fitting {
    const self_params *p;
    const hone_data *data;
    self_state *s;
    double *y;      /* [n] as labelled so far */
    int64_t *rows;  /* [n] of those with a label, then without */
    int64_t n_with; /* how many have one */
    double *sure;   /* [n] of those without: the probability of its likeliest class */
    int64_t *class; /* [n] and which */
} fitting;

/* Rows with a label first, each part in ascending order. */
static void list_rows(fitting *f) {
    int64_t n = f->data->x->n_rows, at = 0;
    for (int64_t i = 0; i < n; i++)
        if (f->y[i] >= 0) f->rows[at++] = i;
    f->n_with = at;
    for (int64_t i = 0; i < n; i++)
        if (f->y[i] < 0) f->rows[at++] = i;
}

/* The classifier anew, on all rows that have a label by now. */
static hone_status learn(hone_ctx *ctx, fitting *f) {
    HN_SCRATCH(ctx);
    self_state *s = f->s;
    hone_data all = *f->data, with;
    all.y = f->y;
    list_rows(f);
    HN_TRY(hn_data_take(ctx, ctx->scratch, &all, f->rows, f->n_with, &with));
    hn_child_done(&s->child);
    HN_TRY(hn_child_fit(ctx, "self_training", &s->part, &with,
                        hn_child_seed(ctx, "self_training", s->rounds), &s->child));
    if (hn_child_gives_probabilities(&s->child)) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "estimator"),
                      "self_training: %s gives no probabilities like this, so it can't say what it "
                      "is sure of; choose another 'estimator', or put it into calibrated",
                      s->part.kind->name);
}

/* How sure it is of each row without a label. */
static hone_status ask(hone_ctx *ctx, fitting *f) {
    HN_SCRATCH(ctx);
    int64_t n = f->data->x->n_rows - f->n_with, k = f->s->n_classes;
    hn_table x;
    double *out;
    HN_TRY(hn_table_take(ctx, ctx->scratch, f->data->x, f->rows + f->n_with, n, &x));
    HN_TRY(HN_SCRATCH_NEW(ctx, out, n * k));
    HN_TRY(hn_child_many(ctx, &f->s->child, hn_child_predict, &x, out));
    for (int64_t i = 0; i < n; i++) {
        f->class[i] = hn_first_largest(out + i * k, k);
        f->sure[i] = out[i * k + f->class[i]];
    }
    return HONE_OK;
}

static bool comes_before(const fitting *f, int64_t a, int64_t b) {
    return f->sure[a] != f->sure[b] ? f->sure[a] > f->sure[b] : a < b;
}

/* The least sure of the k best comes to the top of a heap of k. */
static void sink(const fitting *f, int64_t *heap, int64_t k, int64_t at) {
    for (int64_t child; (child = 2 * at + 1) < k; at = child) {
        if (child + 1 < k && comes_before(f, heap[child], heap[child + 1])) child++;
        if (!comes_before(f, heap[at], heap[child])) return;
        int64_t other = heap[at];
        heap[at] = heap[child];
        heap[child] = other;
    }
}

static hone_status choose_best(hone_ctx *ctx, const fitting *f, int64_t n, bool *chosen) {
    int64_t k = f->p->k_best < n ? f->p->k_best : n, *heap;
    HN_TRY(HN_SCRATCH_NEW(ctx, heap, k));
    for (int64_t i = 0; i < k; i++) heap[i] = i;
    for (int64_t i = k - 1; i >= 0; i--) sink(f, heap, k, i);
    for (int64_t i = k; i < n; i++) {
        if (!comes_before(f, i, heap[0])) continue;
        heap[0] = i;
        sink(f, heap, k, 0);
    }
    for (int64_t i = 0; i < k; i++) chosen[heap[i]] = true;
    return HONE_OK;
}

/* Label what it is sure of; *ret_any: whether there was such a row. */
static hone_status label(hone_ctx *ctx, fitting *f, bool *ret_any) {
    HN_SCRATCH(ctx);
    int64_t n = f->data->x->n_rows - f->n_with;
    bool *chosen;
    HN_TRY(HN_SCRATCH_NEW(ctx, chosen, n));
    if (f->p->criterion == BY_K_BEST) HN_TRY(choose_best(ctx, f, n, chosen));
    *ret_any = false;
    for (int64_t i = 0; i < n; i++) {
        if (f->p->criterion == BY_THRESHOLD) chosen[i] = f->sure[i] > f->p->threshold;
        if (!chosen[i]) continue;
        int64_t row = f->rows[f->n_with + i];
        f->y[row] = (double)f->class[i];
        f->s->round[row] = f->s->rounds;
        *ret_any = true;
    }
    return HONE_OK;
}

static hone_status go_round(hone_ctx *ctx, fitting *f) {
    self_state *s = f->s;
    int64_t n = f->data->x->n_rows;
    bool more = true;
    HN_TRY(learn(ctx, f));
    while (more && f->n_with < n && (f->p->max_iter == 0 || s->rounds < f->p->max_iter)) {
        HN_TRY(hn_check_cancel(ctx));
        hn_progress(ctx, "labelling", f->n_with, n, "rows");
        s->rounds++;
        HN_TRY(ask(ctx, f));
        HN_TRY(label(ctx, f, &more));
        if (more) HN_TRY(learn(ctx, f));
    }
    return HONE_OK;
}

static hone_status self_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                            hn_arena *arena, void *ret_state) {
    HN_SCRATCH(ctx);
    const self_params *p = values;
    self_state *s = ret_state;
    int64_t n = data->x->n_rows;
    fitting f = {.p = p, .data = data, .s = s};
    s->n_features = data->x->n_columns;
    s->n_classes = data->n_classes;
    s->n = n;
    HN_TRY(hn_part_copy(ctx, arena, &p->estimator, &s->part));
    HN_TRY(HN_NEW(ctx, arena, s->transduction, n));
    HN_TRY(HN_NEW(ctx, arena, s->round, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.y, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.rows, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.sure, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.class, n));
    memcpy(f.y, data->y, (size_t)n * sizeof *f.y);
    for (int64_t i = 0; i < n; i++) s->round[i] = data->y[i] >= 0 ? 0 : -1;
    HN_TRY(go_round(ctx, &f));
    for (int64_t i = 0; i < n; i++) s->transduction[i] = (int64_t)f.y[i];
    return HONE_OK;
}

/* ---- after the fit --------------------------------------------------------------------------- */

static hone_status self_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                double *ret_out) {
    return hn_child_predict(ctx, &((const self_state *)state)->child, x, ret_out);
}

static int64_t self_outputs(const void *state) { return ((const self_state *)state)->n_classes; }

static hone_status self_visit(hn_visitor *v, void *state) {
    self_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit(v, "n_rows", &s->n));
    HN_TRY(hn_visit_check(v, s->n_classes >= 2 && s->n_classes <= INT32_MAX && s->n >= 1,
                          "self-training of an impossible size"));
    HN_TRY(hn_visit(v, "transduction", &s->transduction, s->n));
    HN_TRY(hn_visit(v, "labeled_iter", &s->round, s->n));
    HN_TRY(hn_visit(v, "n_iter", &s->rounds));
    HN_TRY(hn_part_visit(v, "estimator", HN_TASK_CLASSIFY, &s->part));
    return hn_child_visit(v, "fitted.", &s->part, s->n_features, s->n_classes, &s->child);
}

static hone_status self_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                const hn_table *schema) {
    return hn_child_prepare(ctx, arena, &((self_state *)state)->child, schema);
}

static void self_done(void *state) { hn_child_done(&((self_state *)state)->child); }

static hone_status self_importances(hone_ctx *ctx, const void *state, double *ret_importances) {
    const self_state *s = state;
    if (s->child.state) return s->part.kind->importances(ctx, s->child.state, ret_importances);
    for (int64_t j = 0; j < s->n_features; j++) ret_importances[j] = 0;
    return HONE_OK;
}

static hone_status self_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                               hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const self_state *s = state;
    int64_t given = 0, found = 0;
    for (int64_t i = 0; i < s->n; i++) {
        given += s->round[i] == 0;
        found += s->round[i] > 0;
    }
    yyjson_mut_obj_add_str(doc, object, "estimator", s->part.kind->name);
    yyjson_mut_obj_add_int(doc, object, "rounds", s->rounds);
    yyjson_mut_obj_add_int(doc, object, "labels_given", given);
    yyjson_mut_obj_add_int(doc, object, "labels_found", found);
    yyjson_mut_obj_add_int(doc, object, "unlabelled", s->n - given - found);
    return HONE_OK;
}

static hone_status self_member(hone_ctx *ctx, const void *state, int64_t i, hn_arena *arena,
                               hn_member *ret_member) {
    (void)arena;
    const self_state *s = state;
    if (i != 0) return hn_no_member(ctx, i, 1);
    *ret_member = hn_child_as_member(&s->child);
    ret_member->name = "estimator";
    return HONE_OK;
}

const hone_estimator hn_self_training = {
    .name = "self_training",
    .title = "Self-training",
    .class_names = "SelfTrainingClassifier",
    .family = "semi",
    .doc =
        "Fits a classifier on the rows that have a label, lets it label those it is sure of, and "
        "fits it anew on these too, round by round. Take it where many rows have no label, with "
        "a classifier whose probabilities can be believed.",
    .references = "Yarowsky (1995), Unsupervised word sense disambiguation rivaling supervised "
                  "methods",
    .tasks = HN_TASK_CLASSIFY,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CAN_WEIGHTS | HN_CAN_SPARSE |
           HN_CAN_PROBABILITIES | HN_CAN_IMPORTANCES | HN_CAN_UNLABELED,
    .example = "{\"estimator\": {\"random_forest\": {\"n_estimators\": 3}}}",
    .params = HN_PARAMS(self_params, params),
    .state_size = sizeof(self_state),
    .fit = self_fit,
    .predict = self_predict,
    .outputs = self_outputs,
    .visit = self_visit,
    .member = self_member,
    .prepare = self_prepare,
    .done = self_done,
    .importances = self_importances,
    .report = self_report,
    .part = self_part,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .target = "species",
               .params = "{\"estimator\":\"logistic\"}",
               .scheme = "all",
               .metric = "log_loss",
               .value = 0.12954226886618309,
               .tolerance = 1e-6,
               .source = "scikit-learn 1.9.1, StandardScaler, "
                         "SelfTrainingClassifier(LogisticRegression(tol=1e-12))"}),
};
