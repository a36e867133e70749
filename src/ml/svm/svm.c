/* svm.c - support vector machines with kernels, declared: for classes, numbers, and one class alone. */
#include "ml/svm/machine.h"

enum { FORMULATION_C, FORMULATION_NU };

typedef struct svm_params {
    double C;
    int formulation;
    double nu, epsilon;
    int kernel;
    int64_t degree;
    double gamma, coef0;
    int class_weight;
    bool probability;
    double tolerance;
    int64_t cache_size, max_iter;
} svm_params;

#define KERNEL_PARAMS                                                                              \
    HN_PARAM(svm_params, kernel, .def = "rbf",                                                     \
             .choices = HN_CHOICES("rbf", "linear", "poly", "sigmoid"),                            \
             .doc = "What likeness is measured by."),                                              \
        HN_PARAM(svm_params, gamma, .def = "scale", .range = "(0, inf)",                           \
                 .words = HN_WORDS({"scale", HN_GAMMA_SCALE}, {"auto", HN_GAMMA_AUTO}),            \
                 .search = "[1e-4, 10] log",                                                       \
                 .doc = "Reach of rbf, factor of poly and sigmoid; scale: 1 / (features * "        \
                        "variance), auto: 1 / features."),                                         \
        HN_PARAM(svm_params, degree, .def = "3", .range = "[0, 1000]", .level = HN_ADVANCED,       \
                 .doc = "Degree of poly."),                                                        \
        HN_PARAM(svm_params, coef0, .def = "0", .level = HN_ADVANCED,                              \
                 .doc = "Added to products in poly and sigmoid.")
#define SOLVER_PARAMS                                                                              \
    HN_PARAM(svm_params, tolerance, .def = "1e-3", .range = "(0, inf)", .level = HN_ADVANCED,      \
             .aliases = HN_CHOICES("tol"),                                                         \
             .doc = "Stop when no pair of rows violates the conditions of the optimum by more."),  \
        HN_PARAM(svm_params, cache_size, .def = "200", .range = "[1, 1000000]", .unit = "MB",      \
                 .level = HN_ADVANCED, .doc = "Memory for rows of the kernel matrix."),            \
        HN_PARAM(svm_params, max_iter, .def = "none", .range = "[1, inf)",                         \
                 .words = HN_WORDS({"none", 0}), .level = HN_ADVANCED,                             \
                 .doc = "Steps at most; none: as many as it takes.")

static const hone_param params[] = {
    HN_PARAM(svm_params, C, .def = "1", .range = "(0, inf)", .search = "[1e-3, 1e3] log",
             .doc = "Price of a violation: smaller smooths more. Unused in classes by nu."),
    HN_PARAM(
        svm_params, formulation, .def = "c", .choices = HN_CHOICES("c", "nu"), .level = HN_ADVANCED,
        .doc = "c prices violations by C; nu bounds their share, and for numbers finds epsilon."),
    HN_PARAM(svm_params, nu, .def = "0.5", .range = "(0, 1]", .level = HN_ADVANCED,
             .doc = "Formulation nu: share of errors at most, of support vectors at least."),
    HN_PARAM(svm_params, epsilon, .def = "0.1", .range = "[0, inf)", .search = "[1e-3, 1] log",
             .doc = "Numbers: errors below this are free."),
    KERNEL_PARAMS,
    HN_PARAM(svm_params, class_weight, .def = "none", .choices = HN_CHOICES("none", "balanced"),
             .doc = "balanced gives every class the same total weight."),
    HN_PARAM(svm_params, probability, .def = "false",
             .doc =
                 "Answer with probabilities, fitted to held-out fifths: takes six times as long."),
    SOLVER_PARAMS,
};

static const hone_param one_class_params[] = {
    HN_PARAM(svm_params, nu, .def = "0.5", .range = "(0, 1]", .search = "[0.01, 0.5] log",
             .doc = "Share of training rows that may be anomalies at most, about."),
    KERNEL_PARAMS,
    SOLVER_PARAMS,
};

static hn_svm_rules rules_of(const char *kind, const svm_params *p) {
    return (hn_svm_rules){.kind = kind,
                          .kernel = {p->kernel, p->degree, p->gamma, p->coef0},
                          .by_nu = p->formulation == FORMULATION_NU,
                          .nu = p->nu,
                          .epsilon = p->epsilon,
                          .tolerance = p->tolerance,
                          .cache_bytes = p->cache_size << 20,
                          .max_steps = p->max_iter};
}

static hone_status svm_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const svm_params *p = values;
    if (data->n_classes == 0) {
        if (p->probability || p->class_weight)
            return hn_fail_at(ctx, HONE_ERROR_USAGE,
                              HN_AT(.param = p->probability ? "probability" : "class_weight"),
                              "svm: '%s' is for classes; leave it out",
                              p->probability ? "probability" : "class_weight");
        return HONE_OK;
    }
    double first = NAN;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        if (data->weight && data->weight[i] == 0) continue;
        if (isnan(first)) first = data->y[i];
        if (data->y[i] != first) return HONE_OK;
    }
    return hn_fail(ctx, HONE_ERROR_DATA,
                   "svm: all rows are of one class, so there is nothing to tell apart; give it "
                   "rows of at least two");
}

static hone_status svm_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                           hn_arena *arena, void *state) {
    HN_SCRATCH(ctx);
    const svm_params *p = values;
    hn_svm_rules rules = rules_of("svm", p);
    double *balanced;
    const double *weight = data->weight;
    if (p->class_weight) {
        HN_TRY(hn_data_balanced_weights(ctx, data, &balanced));
        weight = balanced;
    }
    double c = data->n_classes > 0 && rules.by_nu ? 1 : p->C;
    return hn_machine_fit(ctx, &rules, data, weight, c, p->probability, arena, state);
}

static hone_status one_class_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                 hn_arena *arena, void *state) {
    hn_svm_rules rules = rules_of("one_class_svm", values);
    return hn_machine_fit(ctx, &rules, data, data->weight, 1, false, arena, state);
}

const hone_estimator hn_svm = {
    .name = "svm",
    .title = "Support vector machine",
    .class_names = "SVC SVR",
    .family = "svm",
    .also = "nu_svc nu_svr",
    .doc =
        "Separates classes (or fits numbers) by the widest margin in the space of a kernel. Strong "
        "on some thousand rows of scaled numbers; cost grows with the square of the rows.",
    .references = "Cortes, Vapnik (1995), Support-vector networks\n"
                  "Schoelkopf, Smola, Williamson, Bartlett (2000), New support vector algorithms\n"
                  "Fan, Chen, Lin (2005), Working set selection using second order information\n"
                  "Wen, Shi, Li, He, Chen (2018), ThunderSVM",
    .tasks = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .can = HN_CAN_WEIGHTS | HN_CAN_PROBABILITIES | HN_CAN_SPARSE | HN_WANTS_SCALING,
    .attributes = hn_machine_attributes,
    .params = HN_PARAMS(svm_params, params),
    .state_size = sizeof(hn_machine),
    .check = svm_check,
    .fit = svm_fit,
    .predict = hn_machine_predict,
    .outputs = hn_machine_outputs,
    .gives_probabilities = hn_machine_gives_probabilities,
    .visit = hn_machine_visit,
    .prepare = hn_machine_prepare,
    .report = hn_machine_report,
    HN_GOLDEN({"tabular/digits/digits.csv", "digit", NULL, NULL, "all", "accuracy",
               0.996661101836394, 1e-9, "scikit-learn 1.9.1, StandardScaler, SVC()"},
              {"tabular/diabetes/diabetes.csv", "target", NULL,
               "{\"kernel\":\"linear\",\"tolerance\":1e-6}", "all", "r2", 0.5087802145512246, 1e-6,
               "scikit-learn 1.9.1, StandardScaler, SVR(kernel='linear', tol=1e-9)"}),
};

static hone_status one_class_attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    const hn_machine *m = state;
    double *offset;
    HN_TRY(HN_NEW(v->ctx, v->arena, offset, 1));
    *offset = -m->intercept[0];
    HN_TRY(hn_show(v, "offset", offset, 1));
    return hn_machine_attributes(v, state, shown);
}

const hone_estimator hn_one_class_svm = {
    .name = "one_class_svm",
    .title = "One-class support vector machine",
    .class_names = "OneClassSVM",
    .family = "svm",
    .doc =
        "Draws a boundary around where most rows lie in the space of a kernel; what falls outside "
        "is an anomaly. For some thousand rows of scaled numbers.",
    .references =
        "Schoelkopf, Platt, Shawe-Taylor, Smola, Williamson (2001), Estimating the support "
        "of a high-dimensional distribution",
    .tasks = HN_TASK_ANOMALY,
    .can = HN_CAN_WEIGHTS | HN_CAN_SPARSE | HN_WANTS_SCALING,
    .attributes = one_class_attributes,
    .params = HN_PARAMS(svm_params, one_class_params),
    .state_size = sizeof(hn_machine),
    .fit = one_class_fit,
    .predict = hn_machine_predict,
    .outputs = hn_machine_outputs,
    .visit = hn_machine_visit,
    .prepare = hn_machine_prepare,
    .report = hn_machine_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", NULL, NULL, "{\"tolerance\":1e-9}", "all",
               "intercept", -37.77562736, 1e-6,
               "scikit-learn 1.9.1, StandardScaler, OneClassSVM(tol=1e-10).intercept_"}),
};
