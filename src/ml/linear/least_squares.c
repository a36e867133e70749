/* least_squares.c - ordinary and weighted least squares, with standard errors.
 *
 * Where the features are well conditioned the normal equations give the answer in one pass, and steps
 * of iterative refinement bring it to full precision; elsewhere a rank-revealing QR decides. Both are
 * solved around the means, so the intercept costs no digits. A sparse matrix stays sparse: where its
 * smaller side is short the normal equations' eigenvalues decide, else it is conjugate gradients. */
#include "ml/linear/ridge_solve.h"
#include "num/blas.h"
#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { AUTO, QR, CHOLESKY };

typedef struct ols_params {
    bool intercept, positive;
    int solver;
    double rcond;
    double tolerance;
    int64_t max_iter;
} ols_params;

static const hone_param params[] = {
    HN_PARAM(ols_params, intercept, .def = "true", .aliases = HN_CHOICES("fit_intercept"),
             .doc = "Fit a constant term."),
    HN_PARAM(ols_params, positive, .def = "false",
             .doc = "No coefficient below 0; standard errors are not known then."),
    HN_PARAM(ols_params, solver, .def = "auto", .choices = HN_CHOICES("auto", "qr", "cholesky"),
             .level = HN_EXPERT,
             .doc = "How to solve; auto takes cholesky where it is exact, else qr."),
    HN_PARAM(ols_params, rcond, .def = "0", .range = "[0, 1)", .level = HN_EXPERT,
             .doc = "Directions weaker than this share of the strongest are left out; 0 means "
                    "rounding error."),
    HN_PARAM(ols_params, tolerance, .def = "1e-10", .range = "(0, inf)", .level = HN_EXPERT,
             .aliases = HN_CHOICES("tol"),
             .doc = "Large sparse matrices: stop when the gradient has shrunk to this share."),
    HN_PARAM(ols_params, max_iter, .def = "10000", .range = "[1, inf)", .level = HN_EXPERT,
             .doc = "Large sparse matrices, and 'positive': iterations at most."),
};

typedef struct ols_state {
    hn_linear linear;
    int64_t rank;       /* of the features; -1: not known, nor what follows from it */
    int64_t df;         /* rows of weight > 0, less coefficients that could be found */
    double residual_sd; /* NaN without degrees of freedom */
    double r2;
    double intercept_error;
    double *error;  /* [p] standard errors */
    int64_t n_iter; /* of conjugate gradients; 1 where it was solved at once */
} ols_state;

/* ---- solving -------------------------------------------------------------------------------- */

/* Scaled Gram matrix, inverted: ret_inverse [p, p]. *ret_good where that is safe. */
static hone_status invert_gram(hone_ctx *ctx, const hn_centered *c, double *ret_inverse,
                               bool *ret_good) {
    static const double SAFE = 1e-6;
    int64_t p = c->p;
    *ret_good = false;
    HN_SCRATCH(ctx);
    double *gram, *scale, rcond = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, gram, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, scale, p));
    HN_TRY(hn_centered_gram(ctx, c, false, gram));
    for (int64_t j = 0; j < p; j++) {
        double diagonal = gram[j * p + j];
        if (!(diagonal > DBL_MIN && diagonal < DBL_MAX)) return HONE_OK;
        scale[j] = 1 / sqrt(diagonal);
    }
    for (int64_t i = 0; i < p; i++)
        for (int64_t j = 0; j < p; j++) gram[i * p + j] *= scale[i] * scale[j];
    memset(ret_inverse, 0, (size_t)(p * p) * sizeof(double));
    for (int64_t j = 0; j < p; j++) ret_inverse[j * p + j] = 1;
    hone_status status = hn_solve_spd(ctx, p, gram, p, ret_inverse, &rcond);
    if (status == HONE_ERROR_DATA)
        return HONE_OK; /* not positive definite: QR will tell the rank */
    HN_TRY(status);
    for (int64_t i = 0; i < p; i++)
        for (int64_t j = 0; j < p; j++) ret_inverse[i * p + j] *= scale[i] * scale[j];
    *ret_good = rcond > SAFE;
    return HONE_OK;
}

/* b += inverse * x' r, r the residuals at b: from b = 0 the normal equations, then refinement. */
static hone_status refine(hone_ctx *ctx, const hn_centered *c, const double *inverse, double *b,
                          double *r) {
    HN_SCRATCH(ctx);
    double *g, rss;
    HN_TRY(HN_SCRATCH_NEW(ctx, g, c->p));
    for (int step = 0; step < 3; step++) {
        HN_TRY(hn_centered_residuals(ctx, c, b, r, &rss));
        HN_TRY(hn_centered_back(ctx, c, r, g));
        for (int64_t j = 0; j < c->p; j++) b[j] += hn_dot(inverse + j * c->p, g, c->p);
    }
    return HONE_OK;
}

/* The same of sums alone: r is not kept, but *ret_rss known. With e the error of b, its gradient is x'x e: so
 * what a step takes from the squares of the residuals is the step times the gradient. */
static hone_status refine_sums(hone_ctx *ctx, const hn_centered *c, const double *inverse,
                               double *b, double *ret_rss) {
    /* A next step would be as much smaller again: rounding. */
    static const double SETTLED = 1e-11;
    HN_SCRATCH(ctx);
    int64_t p = c->p;
    double *g;
    HN_TRY(HN_SCRATCH_NEW(ctx, g, p));
    for (int64_t j = 0; j < p; j++) b[j] = hn_dot(inverse + j * p, c->cross, p);
    for (int step = 0; step < 2; step++) {
        double most = 0, moved = 0;
        HN_TRY(hn_centered_look(ctx, c, b, g, ret_rss));
        for (int64_t j = 0; j < p; j++) {
            double by = hn_dot(inverse + j * p, g, p), root = sqrt(c->gram[j * p + j]);
            b[j] += by;
            most = fmax(most, fabs(b[j]) * root);
            moved = fmax(moved, fabs(by) * root);
            *ret_rss -= by * g[j];
        }
        *ret_rss = fmax(*ret_rss, 0);
        if (moved <= SETTLED * most) break;
    }
    return HONE_OK;
}

/* What solving gives besides coefficients and intercept. */
typedef struct solution {
    int64_t rank;    /* of the features; -1: not known */
    double *inverse; /* [p, p]: of x'x around the means; NULL: not known */
    double around;   /* the intercept's variance is this times the residuals' */
    int64_t n_iter;
} solution;

static double default_rcond(const ols_params *p, int64_t rows, int64_t cols) {
    return p->rcond > 0 ? p->rcond : DBL_EPSILON * (double)(rows > cols ? rows : cols);
}

/* Rows as they are beside a column of ones: taking the means away first would round them, which shows where
 * residuals are large and columns nearly dependent. *ret_done false where the rank is not full: which of
 * the solutions is the smallest depends on the means being away. */
static hone_status solve_bordered(hone_ctx *ctx, const ols_params *p, const hone_data *data,
                                  const hn_centered *c, hn_linear *m, solution *s, bool *ret_done) {
    HN_SCRATCH(ctx);
    int64_t q = c->p + 1, rank;
    double *rows, *x, *y, *b, *inverse;
    *ret_done = false;
    if (c->n < q) return HONE_OK;
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, data->x, &rows));
    HN_TRY(HN_SCRATCH_NEW(ctx, x, c->n * q));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, c->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, b, q));
    HN_TRY(HN_SCRATCH_NEW(ctx, inverse, q * q));
    for (int64_t i = 0; i < c->n; i++) {
        double root = c->root ? c->root[i] : 1;
        x[i * q] = root;
        for (int64_t j = 0; j < c->p; j++) x[i * q + 1 + j] = root * rows[i * c->p + j];
        y[i] = root * data->y[i];
    }
    HN_TRY(hn_solve_least_squares(ctx, x, c->n, q, y, 1, default_rcond(p, c->n, q), b, inverse,
                                  &rank));
    if (rank < q) return HONE_OK;
    *ret_done = true;
    *m->intercept = b[0];
    s->rank = c->p;
    s->around = inverse[0];
    for (int64_t j = 0; j < c->p; j++) {
        m->coef[j] = b[1 + j];
        memcpy(s->inverse + j * c->p, inverse + (1 + j) * q + 1, (size_t)c->p * sizeof *inverse);
    }
    return HONE_OK;
}

/* What the intercept's variance is times. */
static void look_around(const hn_centered *c, solution *s) {
    s->around = c->intercept ? 1 / c->total : 0;
    for (int64_t j = 0; s->inverse && j < c->p; j++)
        s->around += c->mean[j] * hn_dot(s->inverse + j * c->p, c->mean, c->p);
}

/* Rows around their means. */
static hone_status solve_centered(hone_ctx *ctx, const ols_params *p, const hn_centered *c,
                                  hn_linear *m, solution *s) {
    HN_TRY(hn_solve_least_squares(ctx, c->x, c->n, c->p, c->y, 1, default_rcond(p, c->n, c->p),
                                  m->coef, s->inverse, &s->rank));
    *m->intercept = hn_centered_intercept(c, m->coef);
    look_around(c, s);
    return HONE_OK;
}

/* ---- sparse --------------------------------------------------------------------------------- */

enum { SMALL = 1500 }; /* side of a Gram matrix worth building */

/* Of a Gram matrix [m, m] (overwritten), from the eigenvalues that stand out. */
static hone_status pseudo_inverse(hone_ctx *ctx, const ols_params *p, int64_t m, double *gram,
                                  double *ret_inverse, int64_t *ret_rank) {
    HN_SCRATCH(ctx);
    double *values, *vectors, *scaled;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, m));
    HN_TRY(HN_SCRATCH_NEW(ctx, vectors, m * m));
    HN_TRY(HN_SCRATCH_NEW(ctx, scaled, m * m));
    HN_TRY(hn_eigen_symmetric(ctx, m, gram, values, vectors));
    double least = fmax(p->rcond * p->rcond, DBL_EPSILON * (double)m) * fmax(values[m - 1], 0);
    *ret_rank = 0;
    for (int64_t k = 0; k < m; k++) {
        bool counts = values[k] > least;
        *ret_rank += counts;
        for (int64_t j = 0; counts && j < m; j++)
            scaled[k * m + j] = vectors[k * m + j] / values[k];
    }
    return hn_gemm(ctx, true, false, m, m, m, 1, scaled, m, vectors, m, 0, ret_inverse, m);
}

/* With no more features than rows b = (x'x)^-1 x'y, refined; else b = x'(x x')^-1 y. */
static hone_status solve_small_side(hone_ctx *ctx, const ols_params *p, const hn_centered *c,
                                    hn_linear *m, double *r, solution *s) {
    HN_SCRATCH(ctx);
    bool done = false, by_rows = c->p > c->n;
    int64_t side = by_rows ? c->n : c->p;
    double *gram, *inverse = s->inverse, *v;
    if (!by_rows) HN_TRY(invert_gram(ctx, c, inverse, &done));
    s->rank = c->p;
    if (!done) {
        HN_TRY(HN_SCRATCH_NEW(ctx, gram, side * side));
        if (by_rows) HN_TRY(HN_SCRATCH_NEW(ctx, inverse, side * side));
        HN_TRY(hn_centered_gram(ctx, c, by_rows, gram));
        HN_TRY(pseudo_inverse(ctx, p, side, gram, inverse, &s->rank));
    }
    if (!by_rows) return refine(ctx, c, inverse, m->coef, r);
    HN_TRY(HN_SCRATCH_NEW(ctx, v, c->n));
    HN_TRY(hn_gemv(ctx, inverse, side, side, c->y, 0, v));
    return hn_centered_back(ctx, c, v, m->coef);
}

static hone_status solve_sparse(hone_ctx *ctx, const ols_params *p, const hn_centered *c,
                                hn_linear *m, double *r, solution *s) {
    hn_centered_end end;
    if ((c->p < c->n ? c->p : c->n) <= SMALL) {
        HN_TRY(solve_small_side(ctx, p, c, m, r, s));
    } else {
        s->rank = -1;
        HN_TRY(hn_centered_conjugate(ctx, c, 0, p->tolerance, p->max_iter, m->coef, &end));
        if (end.iterations > 0) s->n_iter = end.iterations;
        if (!end.converged)
            hn_say(ctx, HONE_LOG_WARN,
                   "least_squares: not converged after %lld iterations; scale the features, take "
                   "ridge, or raise 'max_iter'",
                   (long long)end.iterations);
    }
    *m->intercept = hn_centered_intercept(c, m->coef);
    look_around(c, s);
    return HONE_OK;
}

/* Whether the normal equations are worth a try. */
static bool worth_normal(const ols_params *p, const hn_table *x) {
    bool tall = x->n_rows >= 1000 && x->n_rows >= 4 * (int64_t)x->n_columns;
    return p->solver == CHOLESKY || (p->solver == AUTO && tall);
}

static hone_status solve(hone_ctx *ctx, const ols_params *p, const hone_data *data,
                         const hn_centered *c, hn_linear *m, double *r, solution *s) {
    if (c->sparse) return solve_sparse(ctx, p, c, m, r, s);
    bool done = false;
    if (!worth_normal(p, data->x) && c->intercept)
        HN_TRY(solve_bordered(ctx, p, data, c, m, s, &done));
    return done ? HONE_OK : solve_centered(ctx, p, c, m, s);
}

/* ---- fit ------------------------------------------------------------------------------------ */

/* From sums alone: *ret_done where the normal equations are safe, and with it what comes of them. */
static hone_status solve_sums(hone_ctx *ctx, const hn_centered *c, hn_linear *m, solution *s,
                              double *ret_rss, bool *ret_done) {
    HN_TRY(invert_gram(ctx, c, s->inverse, ret_done));
    if (!*ret_done) return HONE_OK;
    s->rank = c->p;
    HN_TRY(refine_sums(ctx, c, s->inverse, m->coef, ret_rss));
    *m->intercept = hn_centered_intercept(c, m->coef);
    look_around(c, s);
    return HONE_OK;
}

/* With all rows made ready. */
static hone_status solve_rows(hone_ctx *ctx, const ols_params *p, const hone_data *data,
                              hn_centered *c, hn_linear *m, solution *s, double *ret_rss) {
    HN_SCRATCH(ctx);
    double *r, tss;
    HN_TRY(hn_centered_make(ctx, ctx->scratch, data, p->intercept, c));
    HN_TRY(HN_SCRATCH_NEW(ctx, r, c->n));
    if (p->positive) {
        s->rank = -1;
        HN_TRY(hn_ridge_positive(ctx, "least_squares", c, 0, p->max_iter, m->coef, &s->n_iter));
        *m->intercept = hn_centered_intercept(c, m->coef);
    } else {
        HN_TRY(solve(ctx, p, data, c, m, r, s));
    }
    HN_TRY(hn_centered_residuals(ctx, c, m->coef, r, ret_rss));
    HN_TRY(hn_sum_squares(ctx, c->y, c->n, &tss));
    c->squares = tss;
    memcpy(m->sd, c->sd, (size_t)c->p * sizeof(double));
    return HONE_OK;
}

static hone_status ols_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                           hn_arena *arena, void *ret_state) {
    const ols_params *p = values;
    ols_state *s = ret_state;
    HN_SCRATCH(ctx);
    hn_centered c;
    int64_t n = data->x->n_rows, columns = data->x->n_columns;
    bool sparse = data->x->csr != NULL, done = false;
    double rss;
    solution found = {.n_iter = 1};
    HN_TRY(hn_linear_init(ctx, arena, &s->linear, columns, 1, HN_LINK_IDENTITY));
    HN_TRY(HN_NEW(ctx, arena, s->error, columns));
    if (!p->positive && (!sparse || (columns <= n && columns <= SMALL)))
        HN_TRY(HN_SCRATCH_NEW(ctx, found.inverse, columns * columns));
    if (!p->positive && !sparse && worth_normal(p, data->x)) {
        HN_TRY(hn_centered_sums(ctx, ctx->scratch, data, p->intercept, &c));
        HN_TRY(solve_sums(ctx, &c, &s->linear, &found, &rss, &done));
        memcpy(s->linear.sd, c.sd, (size_t)columns * sizeof(double));
    }
    if (!done) HN_TRY(solve_rows(ctx, p, data, &c, &s->linear, &found, &rss));
    s->rank = found.rank;
    s->n_iter = found.n_iter;
    s->df = s->rank < 0 ? -1 : c.n_weighted - s->rank - (p->intercept ? 1 : 0);
    s->residual_sd = s->df > 0 ? sqrt(rss / (double)s->df) : NAN;
    s->r2 = c.squares > 0 ? 1 - rss / c.squares : NAN;
    for (int64_t j = 0; j < c.p; j++)
        s->error[j] = found.inverse ? s->residual_sd * sqrt(found.inverse[j * c.p + j]) : NAN;
    if (!found.inverse) s->residual_sd = NAN;
    s->intercept_error = p->intercept ? s->residual_sd * sqrt(found.around) : 0;
    if (s->rank >= 0 && s->rank < c.p) {
        hn_say(ctx, HONE_LOG_WARN,
               "least_squares: only %lld of %lld features are independent; the smallest of the "
               "coefficients that fit equally well are taken",
               (long long)s->rank, (long long)c.p);
    }
    return HONE_OK;
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status ols_visit(hn_visitor *v, void *state) {
    ols_state *s = state;
    HN_TRY(hn_linear_visit(v, &s->linear));
    HN_TRY(hn_visit(v, "rank", &s->rank));
    HN_TRY(hn_visit(v, "df", &s->df));
    HN_TRY(hn_visit(v, "residual_sd", &s->residual_sd));
    HN_TRY(hn_visit(v, "r2", &s->r2));
    HN_TRY(hn_visit(v, "intercept_error", &s->intercept_error));
    HN_TRY(hn_visit(v, "error", &s->error, s->linear.n_features));
    return hn_visit(v, "n_iter", &s->n_iter);
}

static hone_status ols_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                              hn_json_doc *doc, hn_json_mut *object) {
    const ols_state *s = state;
    HN_TRY(hn_linear_report(ctx, &s->linear, schema, doc, object));
    yyjson_mut_obj_add_real(doc, object, "r2", s->r2);
    if (s->rank < 0) return HONE_OK;
    hn_linear_errors errors = {s->error, &s->intercept_error, (double)s->df};
    hn_linear_report_errors(&s->linear, &errors, schema, doc, object);
    yyjson_mut_obj_add_int(doc, object, "rank", s->rank);
    yyjson_mut_obj_add_int(doc, object, "degrees_of_freedom", s->df);
    yyjson_mut_obj_add_real(doc, object, "residual_sd", s->residual_sd);
    return HONE_OK;
}

const hone_estimator hn_least_squares = {
    .name = "least_squares",
    .title = "Least squares",
    .class_names = "LinearRegression",
    .family = "linear",
    .also = "ols linear",
    .doc =
        "Linear regression without a penalty. Its report gives each coefficient's standard error, "
        "t and p-value. Take it to read what drives a number; with many or alike features ridge "
        "predicts better.",
    .references = "Golub, Van Loan (2013), Matrix Computations, chapter 5\n"
                  "Bjorck (1987), Stability analysis of the method of seminormal equations",
    .tasks = HN_TASK_REGRESSION,
    .can = HN_CAN_WEIGHTS | HN_CAN_SPARSE | HN_CAN_IMPORTANCES,
    .params = HN_PARAMS(ols_params, params),
    .state_size = sizeof(ols_state),
    .fit = ols_fit,
    .predict = hn_linear_predict,
    .outputs = hn_linear_outputs,
    .visit = ols_visit,
    .prepare = hn_linear_prepare,
    .importances = hn_linear_importances,
    .report = ols_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", "target", NULL, NULL, "all", "r2", 0.51774842222,
               1e-9, "scikit-learn 1.9.1, LinearRegression()"},
              {"tabular/boston/boston.csv", "MEDV", NULL, NULL, "all", "rmse", 4.6791912957, 1e-8,
               "scikit-learn 1.9.1, LinearRegression()"},
              {"tabular/diabetes/diabetes.csv", "target", NULL, "{\"positive\":true}", "all", "r2",
               0.48157869281185584, 1e-9, "scikit-learn 1.9.1, LinearRegression(positive=True)"}),
};
