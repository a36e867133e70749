/* lda.c - linear discriminant analysis: classes with one covariance; as a step, a projection. */
#include "base/parallel.h"
#include "ml/discriminant/covariance.h"
#include "num/blas.h"
#include "num/math.h"
#include "spec/moments.h"
#include "table/rows.h"
#include <string.h>

enum { SOLVER_SVD, SOLVER_LSQR, SOLVER_EIGEN };

typedef struct lda_params {
    int solver;
    double shrinkage;
    hn_reals priors;
    int64_t n_components;
    double tolerance;
} lda_params;

static const hone_param params[] = {
    HN_PARAM(
        lda_params, solver, .def = "svd", .choices = HN_CHOICES("svd", "lsqr", "eigen"),
        .doc = "svd leaves dependent columns out; lsqr and eigen can shrink; lsqr cannot project."),
    HN_SHRINKAGE_PARAM(lda_params),
    HN_PARAM(lda_params, priors, .range = "[0, inf)", .level = HN_ADVANCED,
             .doc = "Probabilities of the classes beforehand; empty: as often as they occur."),
    HN_PARAM(lda_params, n_components, .def = "none", .range = "[1, inf)",
             .words = HN_WORDS({"none", 0}),
             .doc = "Columns of the projection; none: one less than classes, or all features."),
    HN_PARAM(lda_params, tolerance, .def = "1e-4", .range = "[0, 1)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("tol"),
             .doc = "svd: directions with a smaller singular value are left out."),
};

typedef struct lda_state {
    int64_t n_features, n_classes;
    int64_t n_outputs; /* rows of coef: 1 for two classes */
    int64_t n_scalings, n_components;
    double *means, *priors;           /* [k, p], [k] */
    double *xbar;                     /* [p] what a projection takes away first */
    double *scalings;                 /* [n_scalings, p], the best first */
    double *explained_variance_ratio; /* [n_components] */
    double *coef, *intercept;         /* [outputs, p], [outputs] */
} lda_state;

static hone_status lda_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const lda_params *p = values;
    int64_t most =
        data->n_classes - 1 < data->x->n_columns ? data->n_classes - 1 : data->x->n_columns;
    if (p->solver == SOLVER_SVD && p->shrinkage != HN_SHRINK_NONE)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "shrinkage"),
                          "lda: solver svd does not shrink; take solver lsqr or eigen");
    if (p->n_components > most)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_components"),
                          "lda: with %d classes and %d features there are at most %lld components",
                          (int)data->n_classes, (int)data->x->n_columns, (long long)most);
    return HONE_OK;
}

/* ---- whitening ------------------------------------------------------------------------------ */

typedef struct fitting {
    const lda_params *p;
    const hone_data *data;
    const double *x; /* [n, p] */
    double *count;   /* [k] */
    lda_state *s;
    double *white; /* [rank, p]: rows that make the within-class covariance the identity */
    int64_t rank;
} fitting;

/* Rows v / sqrt(d) / scale for eigenvalues d of a [p, p] above least. */
static hone_status whiten(hone_ctx *ctx, fitting *f, double *a, const double *scale, double least) {
    int64_t p = f->s->n_features;
    double *values, *vectors;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, vectors, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, f->white, p * p));
    HN_TRY(hn_eigen_symmetric(ctx, p, a, values, vectors));
    if (least < 0) least = values[p - 1] * -least;
    f->rank = 0;
    for (int64_t r = p; r-- > 0;) {
        if (!(values[r] > least)) break;
        double *row = f->white + f->rank++ * p, factor = 1 / sqrt(values[r]);
        for (int64_t j = 0; j < p; j++)
            row[j] = vectors[r * p + j] * factor / (scale ? scale[j] : 1);
    }
    return HONE_OK;
}

/* The pooled covariance in units of its own standard deviations, so that no column drowns another. */
static hone_status within_svd(hone_ctx *ctx, fitting *f) {
    int64_t n = f->data->x->n_rows, p = f->s->n_features;
    double *rows, *within, *sd, total = hn_data_total_weight(f->data), *weight;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, within, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, sd, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, weight, n));
    for (int64_t i = 0; i < n; i++) {
        const double *mean = f->s->means + (int64_t)f->data->y[i] * p;
        weight[i] = f->data->weight ? f->data->weight[i] : 1;
        for (int64_t j = 0; j < p; j++) {
            rows[i * p + j] = f->x[i * p + j] - mean[j];
            sd[j] += weight[i] * rows[i * p + j] * rows[i * p + j];
        }
    }
    for (int64_t j = 0; j < p; j++) sd[j] = sd[j] > 0 ? sqrt(sd[j] / total) : 1;
    for (int64_t i = 0; i < n * p; i++) rows[i] *= sqrt(weight[i / p]) / sd[i % p];
    HN_TRY(hn_gram(ctx, rows, n, p, NULL, within));
    for (int64_t i = 0; i < p * p; i++) within[i] /= total;
    double tolerance = f->p->tolerance > 1e-7 ? f->p->tolerance : 1e-7;
    return whiten(ctx, f, within, sd, tolerance * tolerance);
}

/* Class covariances, shrunk each by itself, in the shares of the priors. */
static hone_status within_shrunk(hone_ctx *ctx, const fitting *f, double *ret) {
    int64_t n = f->data->x->n_rows, p = f->s->n_features;
    double *one;
    HN_TRY(HN_SCRATCH_NEW(ctx, one, p * p));
    for (int64_t c = 0; c < f->s->n_classes; c++) {
        HN_TRY(hn_covariance(ctx, f->x, n, p, f->data->y, c, f->data->weight, f->s->means + c * p,
                             f->p->shrinkage, one));
        for (int64_t i = 0; i < p * p; i++) ret[i] += f->s->priors[c] * one[i];
    }
    return HONE_OK;
}

/* ---- directions ----------------------------------------------------------------------------- */

/* Eigenvectors of between [rank, rank] (in whitened space) turned back to features, largest first. Of
 * singular values only those above least times the first; least < 0: all. */
static hone_status directions(hone_ctx *ctx, hn_arena *arena, const fitting *f, double *between,
                              double least, double *ret_values) {
    lda_state *s = f->s;
    int64_t r = f->rank, p = s->n_features;
    double *values, *vectors;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, r + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, vectors, r * r + 1));
    HN_TRY(hn_eigen_symmetric(ctx, r, between, values, vectors));
    HN_TRY(HN_NEW(ctx, arena, s->scalings, r * p + 1));
    for (int64_t d = 0; d < r; d++) {
        const double *v = vectors + (r - 1 - d) * r;
        double *row = s->scalings + d * p, value = values[r - 1 - d];
        ret_values[d] = value > 0 || least < 0 ? value : 0;
        if (least >= 0 && !(value > least * least * values[r - 1])) continue;
        s->n_scalings++;
        for (int64_t i = 0; i < r; i++)
            for (int64_t j = 0; j < p; j++) row[j] += v[i] * f->white[i * p + j];
        int64_t top = 0; /* a sign of our own: the largest coefficient is positive */
        for (int64_t j = 1; j < p; j++)
            if (fabs(row[j]) > fabs(row[top])) top = j;
        bool turn = row[top] < 0;
        for (int64_t j = 0; turn && j < p; j++) row[j] = -row[j];
    }
    return HONE_OK;
}

/* white b white' for b [p, p]. */
static hone_status sandwich(hone_ctx *ctx, const fitting *f, const double *b, double *ret) {
    int64_t r = f->rank, p = f->s->n_features;
    double *half;
    HN_TRY(HN_SCRATCH_NEW(ctx, half, r * p + 1));
    HN_TRY(hn_gemm(ctx, false, false, r, p, p, 1, f->white, p, b, p, 0, half, p));
    return hn_gemm(ctx, false, true, r, r, p, 1, half, p, f->white, p, 0, ret, r);
}

static hone_status keep_ratios(hone_ctx *ctx, hn_arena *arena, const fitting *f,
                               const double *values) {
    lda_state *s = f->s;
    int64_t most = s->n_classes - 1 < s->n_features ? s->n_classes - 1 : s->n_features;
    double total = hn_sum(values, f->rank);
    s->n_components = f->p->n_components > 0 ? f->p->n_components : most;
    if (s->n_components > s->n_scalings) s->n_components = s->n_scalings;
    HN_TRY(HN_NEW(ctx, arena, s->explained_variance_ratio, s->n_components + 1));
    /* Shrinking can make the total (a difference of two covariances) negative: then the least come first. */
    for (int64_t d = 0; d < s->n_components && total != 0; d++)
        s->explained_variance_ratio[d] = values[total > 0 ? d : f->rank - 1 - d] / total;
    return HONE_OK;
}

static hone_status solve_svd(hone_ctx *ctx, hn_arena *arena, fitting *f) {
    lda_state *s = f->s;
    int64_t p = s->n_features, k = s->n_classes;
    HN_TRY(within_svd(ctx, f));
    for (int64_t c = 0; c < k; c++)
        for (int64_t j = 0; j < p; j++) s->xbar[j] += s->priors[c] * s->means[c * p + j];
    double *centres, *between, *values;
    HN_TRY(HN_SCRATCH_NEW(ctx, centres, k * (f->rank + 1)));
    HN_TRY(HN_SCRATCH_NEW(ctx, between, f->rank * f->rank + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, f->rank + 1));
    for (int64_t c = 0; c < k; c++) {
        for (int64_t d = 0; d < f->rank; d++) {
            double sum = 0;
            for (int64_t j = 0; j < p; j++)
                sum += (s->means[c * p + j] - s->xbar[j]) * f->white[d * p + j];
            centres[c * f->rank + d] = sqrt(s->priors[c]) * sum;
        }
    }
    if (f->rank > 0) HN_TRY(hn_gram(ctx, centres, k, f->rank, NULL, between));
    HN_TRY(directions(ctx, arena, f, between, fmax(f->p->tolerance, 1e-7), values));
    return keep_ratios(ctx, arena, f, values);
}

static hone_status solve_shrunk(hone_ctx *ctx, hn_arena *arena, fitting *f) {
    lda_state *s = f->s;
    int64_t n = f->data->x->n_rows, p = s->n_features;
    double *within, *total, *between, *values, *mean, *work, count;
    HN_TRY(HN_SCRATCH_NEW(ctx, within, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, total, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, work, p * p));
    HN_TRY(within_shrunk(ctx, f, within));
    memcpy(work, within, (size_t)(p * p) * sizeof *work);
    HN_TRY(whiten(ctx, f, work, NULL, -1e-14 * (double)p));
    if (f->p->solver == SOLVER_LSQR) return HONE_OK;
    HN_TRY(hn_moments(ctx, f->data->x, NULL, f->data->weight, 1, &count, mean, NULL));
    HN_TRY(hn_covariance(ctx, f->x, n, p, NULL, 0, f->data->weight, mean, f->p->shrinkage, total));
    for (int64_t i = 0; i < p * p; i++) total[i] -= within[i];
    HN_TRY(HN_SCRATCH_NEW(ctx, between, f->rank * f->rank + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, f->rank + 1));
    HN_TRY(sandwich(ctx, f, total, between));
    HN_TRY(directions(ctx, arena, f, between, -1, values));
    return keep_ratios(ctx, arena, f, values);
}

/* ---- coefficients --------------------------------------------------------------------------- */

/* By class: (mean - from) in the space of axes [r, p], and back: coef [k, p]; intercept [k]. */
static hone_status class_scores(hone_ctx *ctx, const fitting *f, const double *axes, int64_t r,
                                const double *from, double *coef, double *intercept) {
    const lda_state *s = f->s;
    int64_t p = s->n_features;
    double *place;
    HN_TRY(HN_SCRATCH_NEW(ctx, place, r + 1));
    for (int64_t c = 0; c < s->n_classes; c++) {
        double squared = 0, shift = 0;
        for (int64_t d = 0; d < r; d++) {
            place[d] = 0;
            for (int64_t j = 0; j < p; j++)
                place[d] += (s->means[c * p + j] - from[j]) * axes[d * p + j];
            squared += place[d] * place[d];
        }
        for (int64_t d = 0; d < r; d++)
            for (int64_t j = 0; j < p; j++) coef[c * p + j] += place[d] * axes[d * p + j];
        for (int64_t j = 0; j < p; j++) shift += coef[c * p + j] * from[j];
        intercept[c] = hn_log(s->priors[c]) - 0.5 * squared - shift;
    }
    return HONE_OK;
}

static hone_status make_scores(hone_ctx *ctx, hn_arena *arena, const fitting *f) {
    lda_state *s = f->s;
    int64_t p = s->n_features, k = s->n_classes;
    double *coef, *intercept;
    s->n_outputs = k == 2 ? 1 : k;
    HN_TRY(HN_NEW(ctx, arena, s->coef, s->n_outputs * p));
    HN_TRY(HN_NEW(ctx, arena, s->intercept, s->n_outputs));
    HN_TRY(HN_SCRATCH_NEW(ctx, coef, k * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, intercept, k));
    bool by_directions = f->p->solver != SOLVER_LSQR;
    HN_TRY(class_scores(ctx, f, by_directions ? s->scalings : f->white,
                        by_directions ? s->n_scalings : f->rank, s->xbar, coef, intercept));
    if (k != 2) {
        memcpy(s->coef, coef, (size_t)(k * p) * sizeof *coef);
        memcpy(s->intercept, intercept, (size_t)k * sizeof *coef);
        return HONE_OK;
    }
    for (int64_t j = 0; j < p; j++) s->coef[j] = coef[p + j] - coef[j];
    s->intercept[0] = intercept[1] - intercept[0];
    return HONE_OK;
}

static hone_status lda_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                           hn_arena *arena, void *state) {
    HN_SCRATCH(ctx);
    lda_state *s = state;
    fitting f = {.p = values, .data = data, .s = s};
    double *x;
    int64_t p = s->n_features = data->x->n_columns, k = s->n_classes = data->n_classes;
    HN_TRY(HN_NEW(ctx, arena, s->means, k * p));
    HN_TRY(HN_NEW(ctx, arena, s->priors, k));
    HN_TRY(HN_NEW(ctx, arena, s->xbar, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.count, k));
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, data->x, &x));
    f.x = x;
    HN_TRY(hn_moments(ctx, data->x, data->y, data->weight, k, f.count, s->means, NULL));
    HN_TRY(hn_class_priors(ctx, "lda", &f.p->priors, f.count, k, s->priors));
    HN_TRY(f.p->solver == SOLVER_SVD ? solve_svd(ctx, arena, &f) : solve_shrunk(ctx, arena, &f));
    return make_scores(ctx, arena, &f);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void answer_row(const void *arg, double *row, double *work, double *ret) {
    (void)work;
    const lda_state *s = arg;
    for (int64_t o = 0; o < s->n_outputs; o++)
        ret[o] = hn_dot(row, s->coef + o * s->n_features, s->n_features) + s->intercept[o];
    if (s->n_classes != 2) {
        hn_softmax(ret, s->n_classes);
        return;
    }
    double d = ret[0];
    ret[0] = hn_sigmoid(-d);
    ret[1] = hn_sigmoid(d);
}

static hone_status lda_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                               double *ret_out) {
    const lda_state *s = state;
    return hn_each_row(ctx, x, answer_row, s, 0, s->n_classes, ret_out);
}

static void project_row(const void *arg, double *row, double *work, double *ret) {
    (void)work;
    const lda_state *s = arg;
    for (int64_t j = 0; j < s->n_features; j++) row[j] -= s->xbar[j];
    for (int64_t d = 0; d < s->n_components; d++)
        ret[d] = hn_dot(row, s->scalings + d * s->n_features, s->n_features);
}

static hone_status lda_transform(hone_ctx *ctx, const void *state, const hn_table *x,
                                 hn_arena *arena, hn_table *ret_out) {
    const lda_state *s = state;
    int64_t c = s->n_components, n = x->n_rows;
    hn_table out = {.n_rows = n, .n_columns = (int32_t)c};
    double *matrix;
    if (s->n_scalings == 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "solver"),
                          "lda: solver lsqr finds no directions to project on (nor does any where "
                          "no column varies); take svd or eigen");
    HN_TRY(HN_NEW(ctx, arena, out.columns, c));
    HN_TRY(HN_NEW(ctx, arena, matrix, n * c));
    HN_TRY(hn_each_row(ctx, x, project_row, s, 0, c, matrix));
    for (int64_t d = 0; d < c; d++) {
        char *name = hn_arena_printf(ctx, arena, "lda_%lld", (long long)d);
        if (!name) return HONE_ERROR_MEMORY;
        out.columns[d] = hn_column_of_f64(name, matrix + d, n);
        out.columns[d].stride = c * (int64_t)sizeof *matrix;
    }
    *ret_out = out;
    return HONE_OK;
}

/* ---- storing and showing -------------------------------------------------------------------- */

static int64_t lda_outputs(const void *state) { return ((const lda_state *)state)->n_classes; }

static hone_status lda_visit(hn_visitor *v, void *state) {
    lda_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit(v, "n_scalings", &s->n_scalings));
    HN_TRY(hn_visit(v, "n_components", &s->n_components));
    HN_TRY(hn_visit_check(v, s->n_features >= 1 && s->n_features <= INT32_MAX, "bad n_features"));
    HN_TRY(hn_visit_check(v, s->n_classes >= 2 && s->n_classes <= INT32_MAX, "bad n_classes"));
    HN_TRY(
        hn_visit_check(v, s->n_scalings >= 0 && s->n_scalings <= s->n_features, "bad n_scalings"));
    HN_TRY(hn_visit_check(v, s->n_components >= 0 && s->n_components <= s->n_scalings,
                          "bad n_components"));
    s->n_outputs = s->n_classes == 2 ? 1 : s->n_classes;
    HN_TRY(hn_visit(v, "means", &s->means, s->n_classes, s->n_features));
    HN_TRY(hn_visit(v, "priors", &s->priors, s->n_classes));
    HN_TRY(hn_visit(v, "xbar", &s->xbar, s->n_features));
    HN_TRY(hn_visit(v, "scalings", &s->scalings, s->n_scalings, s->n_features));
    HN_TRY(hn_visit(v, "explained_variance_ratio", &s->explained_variance_ratio, s->n_components));
    HN_TRY(hn_visit(v, "coef", &s->coef, s->n_outputs, s->n_features));
    return hn_visit(v, "intercept", &s->intercept, s->n_outputs);
}

static hone_status lda_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                              hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    (void)schema;
    const lda_state *s = state;
    hn_json_mut *ratios = yyjson_mut_obj_add_arr(doc, object, "explained_variance_ratio");
    for (int64_t d = 0; d < s->n_components; d++)
        yyjson_mut_arr_add_real(doc, ratios, s->explained_variance_ratio[d]);
    hn_json_mut *priors = yyjson_mut_obj_add_arr(doc, object, "priors");
    for (int64_t c = 0; c < s->n_classes; c++) yyjson_mut_arr_add_real(doc, priors, s->priors[c]);
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const lda_state *s = state;
    double *across;
    HN_TRY(HN_NEW(v->ctx, v->arena, across, s->n_features * s->n_scalings));
    for (int64_t j = 0; j < s->n_features; j++)
        for (int64_t i = 0; i < s->n_scalings; i++)
            across[j * s->n_scalings + i] = s->scalings[i * s->n_features + j];
    return hn_show(v, "scalings", across, s->n_features, s->n_scalings);
}

const hone_estimator hn_lda = {
    .name = "lda",
    .title = "Linear discriminant analysis",
    .class_names = "LinearDiscriminantAnalysis",
    .family = "discriminant",
    .doc =
        "Takes classes for normal clouds of one shape: straight borders in closed form, nothing to "
        "tune. As a step it projects on the directions that tell the classes apart best.",
    .references = "Fisher (1936), The use of multiple measurements in taxonomic problems\n"
                  "Ledoit, Wolf (2004), A well-conditioned estimator for large-dimensional "
                  "covariance matrices",
    .tasks = HN_TASK_CLASSIFY,
    .can = HN_CAN_WEIGHTS | HN_CAN_PROBABILITIES,
    .attributes = attributes,
    .params = HN_PARAMS(lda_params, params),
    .state_size = sizeof(lda_state),
    .check = lda_check,
    .fit = lda_fit,
    .predict = lda_predict,
    .outputs = lda_outputs,
    .transform = lda_transform,
    .visit = lda_visit,
    .report = lda_report,
    HN_GOLDEN({"tabular/wine/wine.csv", "class", NULL, NULL, "all", "log_loss",
               0.004562645009562653, 1e-9, "scikit-learn 1.9.1, LinearDiscriminantAnalysis()"}),
};
