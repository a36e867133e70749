/* linear_svm.c - linear support vector machines, declared: for classes and for numbers, dense and sparse. */
#include "ml/svm/linear.h"
#include "num/blas.h"
#include "table/rows.h"
#include <string.h>

enum { PENALTY_L2, PENALTY_L1 };
enum { LOSS_AUTO, LOSS_HINGE, LOSS_SQUARED_HINGE, LOSS_EPSILON, LOSS_SQUARED_EPSILON };

typedef struct linear_svm_params {
    double C;
    int loss, penalty;
    double epsilon;
    bool intercept;
    double intercept_scaling;
    int class_weight;
    double tolerance;
    int64_t max_iter;
} linear_svm_params;

static const hone_param params[] = {
    HN_PARAM(linear_svm_params, C, .def = "1", .range = "(0, inf)", .search = "[1e-4, 1e3] log",
             .doc = "Price of a violation: smaller shrinks coefficients more."),
    HN_PARAM(linear_svm_params, loss, .def = "auto",
             .choices = HN_CHOICES("auto", "hinge", "squared_hinge", "epsilon_insensitive",
                                   "squared_epsilon_insensitive"),
             .doc = "auto: squared_hinge for classes, epsilon_insensitive for numbers."),
    HN_PARAM(linear_svm_params, penalty, .def = "l2", .choices = HN_CHOICES("l2", "l1"),
             .doc = "What keeps coefficients small; l1 (with squared_hinge) makes some of them 0."),
    HN_PARAM(linear_svm_params, epsilon, .def = "0", .range = "[0, inf)",
             .doc = "Numbers: errors below this are free."),
    HN_PARAM(linear_svm_params, intercept, .def = "true", .aliases = HN_CHOICES("fit_intercept"),
             .level = HN_ADVANCED, .doc = "Fit a constant term; it is penalised too."),
    HN_PARAM(linear_svm_params, intercept_scaling, .def = "1", .range = "(0, inf)",
             .level = HN_EXPERT,
             .doc = "Value of the feature that stands for the constant: larger penalises it less."),
    HN_PARAM(linear_svm_params, class_weight, .def = "none",
             .choices = HN_CHOICES("none", "balanced"),
             .doc = "balanced gives every class the same total weight."),
    HN_PARAM(linear_svm_params, tolerance, .def = "1e-4", .range = "(0, inf)",
             .aliases = HN_CHOICES("tol"), .level = HN_ADVANCED,
             .doc = "Stop when no row (or coefficient) is off its optimum's slope by more."),
    HN_PARAM(linear_svm_params, max_iter, .def = "1000", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Passes over the rows at most."),
};

typedef struct linear_svm_state {
    int64_t n_features, n_classes; /* n_classes 1: numbers */
    int64_t n_outputs;             /* rows of coef: 1 for two classes */
    double *coef, *intercept;      /* [outputs, p], [outputs] */
    int64_t *n_iter;               /* [outputs] */
} linear_svm_state;

static hone_status linear_svm_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const linear_svm_params *p = values;
    bool classes = data->n_classes > 0;
    hn_where loss = HN_AT(.param = "loss"), penalty = HN_AT(.param = "penalty");
    if (classes && p->loss >= LOSS_EPSILON)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, loss,
                          "linear_svm: for classes 'loss' must be hinge or squared_hinge");
    if (!classes && (p->loss == LOSS_HINGE || p->loss == LOSS_SQUARED_HINGE))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, loss,
                          "linear_svm: for numbers 'loss' must be epsilon_insensitive or "
                          "squared_epsilon_insensitive");
    if (p->penalty == PENALTY_L1 && (!classes || p->loss == LOSS_HINGE))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, penalty,
                          "linear_svm: 'penalty' l1 goes with squared_hinge only; take l2");
    if (!classes && p->class_weight)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "class_weight"),
                          "linear_svm: 'class_weight' is for classes; leave it out");
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------ */

typedef struct fitting {
    const linear_svm_params *p;
    const hone_data *data;
    const double *by_class; /* [k] factors of class_weight, or NULL */
    double *design;   /* [n, p + 1], the intercept's feature last: for Newton's method, or NULL */
    hn_svm_rows rows; /* or, for l1, columns */
    linear_svm_state *s;
    uint8_t *converged; /* [outputs] */
} fitting;

/* Does the loss have curvature everywhere? */
static bool is_squared(const fitting *f) {
    int loss = f->p->loss;
    return loss == LOSS_AUTO ? f->data->n_classes > 0
                             : loss == LOSS_SQUARED_HINGE || loss == LOSS_SQUARED_EPSILON;
}

/* Many rows of few features: Newton's method takes a handful of passes, where the dual takes hundreds. */
static hone_status take_design(hone_ctx *ctx, fitting *f) {
    enum { MOST = 1000 };
    const hn_svm_rows *r = &f->rows;
    int64_t m = r->p + 1;
    if (!is_squared(f) || r->csr || r->p > MOST || r->n < r->p) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, f->design, r->n * m));
    for (int64_t i = 0; i < r->n; i++) {
        memcpy(f->design + i * m, r->dense + i * r->p, (size_t)r->p * sizeof(double));
        f->design[i * m + r->p] = r->bias;
    }
    return HONE_OK;
}

static hone_status take_rows(hone_ctx *ctx, fitting *f) {
    const hn_table *x = f->data->x;
    hn_svm_rows r = {.n = x->n_rows, .p = x->n_columns, .csr = x->csr};
    double *dense = NULL, *turned;
    hn_csr *csr;
    if (!x->csr) HN_TRY(hn_table_matrix(ctx, ctx->scratch, x, &dense));
    r.dense = dense;
    r.bias = f->p->intercept ? f->p->intercept_scaling : 0;
    f->rows = r;
    if (f->p->penalty != PENALTY_L1) return take_design(ctx, f);
    f->rows.n = r.p;
    f->rows.p = r.n;
    if (x->csr) {
        HN_TRY(HN_SCRATCH_NEW(ctx, csr, 1));
        HN_TRY(hn_csr_transpose(ctx, ctx->scratch, x->csr, csr));
        f->rows.csr = csr;
        return HONE_OK;
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, turned, r.n * r.p));
    for (int64_t i = 0; i < r.n; i++)
        for (int64_t j = 0; j < r.p; j++) turned[j * r.n + i] = dense[i * r.p + j];
    f->rows.dense = turned;
    return HONE_OK;
}

/* Target of row i for an output: its value, or whether it is of the class. */
static double target(const fitting *f, int64_t output, int64_t i) {
    double y = f->data->y[i];
    if (f->data->n_classes == 0) return y;
    return y == (f->s->n_outputs == 1 ? 1 : (double)output) ? 1 : -1;
}

/* C of row i for an output. Of several classes only the one that is told apart is given its class's weight,
 * as LIBLINEAR does. */
static double price(const fitting *f, int64_t output, int64_t i) {
    double c = f->p->C * (f->data->weight ? f->data->weight[i] : 1);
    if (!f->by_class || (f->s->n_outputs > 1 && f->data->y[i] != (double)output)) return c;
    return c * f->by_class[(int64_t)f->data->y[i]];
}

static hone_status solve_dual(hone_ctx *ctx, const fitting *f, int64_t output, double *w,
                              bool *ret_converged) {
    const linear_svm_params *p = f->p;
    bool classes = f->data->n_classes > 0;
    bool squared = is_squared(f);
    int64_t n = f->rows.n;
    double *y, *lower, *upper, *ridge;
    HN_TRY(HN_SCRATCH_NEW(ctx, y, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, lower, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, upper, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, ridge, n));
    for (int64_t i = 0; i < n; i++) {
        double c = price(f, output, i), most = squared && c > 0 ? INFINITY : c;
        y[i] = target(f, output, i);
        upper[i] = classes && y[i] < 0 ? 0 : most;
        lower[i] = classes && y[i] > 0 ? 0 : -most;
        ridge[i] = squared && c > 0 ? 0.5 / c : 0;
    }
    hn_svm_dual d = {.rows = &f->rows,
                     .y = y,
                     .lower = lower,
                     .upper = upper,
                     .ridge = ridge,
                     .epsilon = classes ? 0 : p->epsilon,
                     .tolerance = p->tolerance,
                     .max_iter = p->max_iter,
                     .w = w,
                     .stream = hn_stream("linear_svm.order", (uint64_t)output)};
    HN_TRY(hn_svm_dual_solve(ctx, &d));
    f->s->n_iter[output] = d.iterations;
    *ret_converged = d.converged;
    return HONE_OK;
}

static hone_status solve_newton(hone_ctx *ctx, const fitting *f, int64_t output, double *w,
                                bool *ret_converged) {
    int64_t n = f->rows.n;
    double *y, *c;
    HN_TRY(HN_SCRATCH_NEW(ctx, y, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, c, n));
    for (int64_t i = 0; i < n; i++) {
        y[i] = target(f, output, i);
        c[i] = price(f, output, i);
    }
    hn_svm_newton q = {.x = f->design,
                       .y = y,
                       .c = c,
                       .n = n,
                       .m = f->rows.p + 1,
                       .classes = f->data->n_classes > 0,
                       .epsilon = f->p->epsilon,
                       .tolerance = f->p->tolerance,
                       .max_iter = f->p->max_iter,
                       .w = w};
    HN_TRY(hn_svm_newton_solve(ctx, &q));
    f->s->n_iter[output] = q.iterations;
    *ret_converged = q.converged;
    return HONE_OK;
}

static hone_status solve_primal(hone_ctx *ctx, const fitting *f, int64_t output, double *w,
                                bool *ret_converged) {
    int64_t n = f->rows.p;
    double *y, *c;
    HN_TRY(HN_SCRATCH_NEW(ctx, y, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, c, n));
    for (int64_t i = 0; i < n; i++) {
        y[i] = target(f, output, i);
        c[i] = price(f, output, i);
    }
    hn_svm_primal q = {.columns = &f->rows,
                       .y = y,
                       .c = c,
                       .bias = f->rows.bias,
                       .tolerance = f->p->tolerance,
                       .max_iter = f->p->max_iter,
                       .w = w,
                       .stream = hn_stream("linear_svm.order", (uint64_t)output)};
    HN_TRY(hn_svm_primal_solve(ctx, &q));
    f->s->n_iter[output] = q.iterations;
    *ret_converged = q.converged;
    return HONE_OK;
}

static hone_status balance(hone_ctx *ctx, fitting *f) {
    double *balanced, *by_class;
    HN_TRY(hn_data_balanced_weights(ctx, f->data, &balanced));
    HN_TRY(HN_SCRATCH_NEW(ctx, by_class, f->data->n_classes));
    for (int64_t i = 0; i < f->data->x->n_rows; i++) {
        double own = f->data->weight ? f->data->weight[i] : 1;
        if (own > 0) by_class[(int64_t)f->data->y[i]] = balanced[i] / own;
    }
    f->by_class = by_class;
    return HONE_OK;
}

static hone_status fit_output(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const fitting *f = arg;
    int64_t p = f->s->n_features, output = chunk.index;
    double *w;
    bool converged;
    HN_TRY(HN_SCRATCH_NEW(ctx, w, p + 1));
    HN_TRY(f->design                     ? solve_newton(ctx, f, output, w, &converged)
           : f->p->penalty == PENALTY_L1 ? solve_primal(ctx, f, output, w, &converged)
                                         : solve_dual(ctx, f, output, w, &converged));
    memcpy(f->s->coef + output * p, w, (size_t)p * sizeof *w);
    f->s->intercept[output] = f->rows.bias * w[p];
    f->converged[output] = converged;
    return HONE_OK;
}

static hone_status linear_svm_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                  hn_arena *arena, void *state) {
    HN_SCRATCH(ctx);
    linear_svm_state *s = state;
    fitting f = {.p = values, .data = data, .s = s};
    if (f.p->class_weight) HN_TRY(balance(ctx, &f));
    s->n_features = data->x->n_columns;
    s->n_classes = data->n_classes > 0 ? data->n_classes : 1;
    s->n_outputs = s->n_classes > 2 ? s->n_classes : 1;
    HN_TRY(HN_NEW(ctx, arena, s->coef, s->n_outputs * s->n_features));
    HN_TRY(HN_NEW(ctx, arena, s->intercept, s->n_outputs));
    HN_TRY(HN_NEW(ctx, arena, s->n_iter, s->n_outputs));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.converged, s->n_outputs));
    HN_TRY(take_rows(ctx, &f));
    HN_TRY(hn_parallel(ctx, s->n_outputs, 1, fit_output, &f));
    bool all = true;
    for (int64_t o = 0; o < s->n_outputs; o++) all &= f.converged[o];
    if (!all)
        hn_say(ctx, HONE_LOG_WARN,
               "linear_svm: not converged after %lld passes; scale the features, or raise "
               "'max_iter' or 'tolerance'",
               (long long)f.p->max_iter);
    return HONE_OK;
}

/* ---- answers -------------------------------------------------------------------------------- */

static void finish(const linear_svm_state *s, double *ret) {
    if (s->n_classes != 2) return;
    ret[1] = ret[0];
    ret[0] = -ret[1];
}

static void answer_row(const void *arg, double *row, double *work, double *ret) {
    (void)work;
    const linear_svm_state *s = arg;
    for (int64_t o = 0; o < s->n_outputs; o++)
        ret[o] = hn_dot(row, s->coef + o * s->n_features, s->n_features) + s->intercept[o];
    finish(s, ret);
}

typedef struct sparse_job {
    const linear_svm_state *s;
    const hn_csr *x;
    double *ret;
} sparse_job;

static hone_status answer_sparse(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const sparse_job *job = arg;
    const linear_svm_state *s = job->s;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *ret = job->ret + i * s->n_classes;
        for (int64_t o = 0; o < s->n_outputs; o++)
            ret[o] = hn_csr_dot(job->x, i, s->coef + o * s->n_features) + s->intercept[o];
        finish(s, ret);
    }
    return HONE_OK;
}

static hone_status linear_svm_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                      double *ret_out) {
    const linear_svm_state *s = state;
    if (!x->csr) return hn_each_row(ctx, x, answer_row, s, 0, s->n_classes, ret_out);
    return hn_parallel(ctx, x->n_rows, 256, answer_sparse, &(sparse_job){s, x->csr, ret_out});
}

static int64_t linear_svm_outputs(const void *state) {
    return ((const linear_svm_state *)state)->n_classes;
}

/* ---- storing and showing -------------------------------------------------------------------- */

static hone_status linear_svm_visit(hn_visitor *v, void *state) {
    linear_svm_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit_check(v, s->n_features >= 1 && s->n_features <= INT32_MAX, "bad n_features"));
    HN_TRY(hn_visit_check(v, s->n_classes >= 1 && s->n_classes <= INT32_MAX, "bad n_classes"));
    s->n_outputs = s->n_classes > 2 ? s->n_classes : 1;
    HN_TRY(hn_visit(v, "coef", &s->coef, s->n_outputs, s->n_features));
    HN_TRY(hn_visit(v, "intercept", &s->intercept, s->n_outputs));
    return hn_visit(v, "n_iter", &s->n_iter, s->n_outputs);
}

static hone_status linear_svm_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                     hn_json_doc *doc, hn_json_mut *object) {
    enum { MANY = 1000 };
    (void)ctx;
    const linear_svm_state *s = state;
    hn_json_mut *rows = yyjson_mut_arr(doc), *intercepts = yyjson_mut_arr(doc);
    for (int64_t o = 0; o < s->n_outputs; o++) {
        hn_json_mut *row = yyjson_mut_arr_add_obj(doc, rows);
        for (int64_t j = 0; j < s->n_features && s->n_features <= MANY; j++)
            yyjson_mut_obj_add(row, yyjson_mut_strcpy(doc, schema->columns[j].name),
                               yyjson_mut_real(doc, s->coef[o * s->n_features + j]));
        yyjson_mut_arr_add_real(doc, intercepts, s->intercept[o]);
    }
    yyjson_mut_obj_add_val(doc, object, "coefficients", rows);
    yyjson_mut_obj_add_val(doc, object, "intercept", intercepts);
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const linear_svm_state *s = state;
    int64_t most = 0;
    for (int64_t i = 1; i < s->n_outputs; i++)
        if (s->n_iter[i] > s->n_iter[most]) most = i;
    return hn_show(v, "n_iter", &s->n_iter[most]);
}

const hone_estimator hn_linear_svm = {
    .name = "linear_svm",
    .title = "Linear support vector machine",
    .class_names = "LinearSVC LinearSVR",
    .family = "svm",
    .doc = "The straight line with the widest margin, one class against the rest. Made for many "
           "rows and for wide sparse features, as texts give.",
    .references =
        "Hsieh, Chang, Lin, Keerthi, Sundararajan (2008), A dual coordinate descent method "
        "for large-scale linear SVM\n"
        "Ho, Lin (2012), Large-scale linear support vector regression\n"
        "Yuan, Chang, Hsieh, Lin (2010), A comparison of optimization methods for "
        "large-scale L1-regularized linear classification",
    .tasks = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .can = HN_CAN_WEIGHTS | HN_CAN_SPARSE | HN_WANTS_SCALING,
    .attributes = attributes,
    .params = HN_PARAMS(linear_svm_params, params),
    .state_size = sizeof(linear_svm_state),
    .check = linear_svm_check,
    .fit = linear_svm_fit,
    .predict = linear_svm_predict,
    .outputs = linear_svm_outputs,
    .visit = linear_svm_visit,
    .report = linear_svm_report,
    HN_GOLDEN(
        {"tabular/digits/digits.csv", "digit", NULL, "{\"tolerance\":1e-6}", "all", "accuracy",
         0.9944351697273233, 1e-9, "scikit-learn 1.9.1, StandardScaler, LinearSVC(tol=1e-8)"},
        {"tabular/diabetes/diabetes.csv", "target", NULL,
         "{\"epsilon\":5,\"tolerance\":1e-8,\"max_iter\":100000}", "all", "r2", 0.4072472024568019,
         1e-6, "scikit-learn 1.9.1, StandardScaler, LinearSVR(epsilon=5, tol=1e-9)"}),
};
