/* nmf.c - x ~ W H without a negative number: declaration, start and the loop over steps. */
#include "ml/decomp/nmf.h"
#include "base/rng.h"
#include "num/blas.h"

#include <string.h>

enum { INIT_AUTO, INIT_RANDOM, INIT_NNDSVD, INIT_NNDSVDA };

static const hone_param params[] = {
    HN_PARAM(hn_nmf_params, n_components, .def = "all", .range = "[1, inf)",
             .words = HN_WORDS({"all", 0}), .search = "[2, 50]",
             .doc = "How many parts; all: as many as there are columns."),
    HN_PARAM(hn_nmf_params, init, .def = "auto",
             .choices = HN_CHOICES("auto", "random", "nndsvd", "nndsvda"), .level = HN_ADVANCED,
             .doc = "Where to begin: at the positive parts of singular vectors, its zeros kept "
                    "(nndsvd) or made the mean (nndsvda, and auto where it can be), or at random."),
    HN_PARAM(hn_nmf_params, solver, .def = "cd", .choices = HN_CHOICES("cd", "mu"),
             .level = HN_ADVANCED,
             .doc = "cd: coordinate descent; mu: multiplicative updates, for either loss."),
    HN_PARAM(hn_nmf_params, beta_loss, .def = "frobenius",
             .choices = HN_CHOICES("frobenius", "kullback-leibler"), .level = HN_ADVANCED,
             .doc = "What is made small: squares of differences, or the divergence of counts."),
    HN_PARAM(hn_nmf_params, tolerance, .def = "1e-4", .range = "[0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("tol"),
             .doc = "Stop when a step changes less than this share of what the first one did."),
    HN_PARAM(hn_nmf_params, max_iter, .def = "200", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Steps at most."),
    HN_PARAM(hn_nmf_params, alpha_W, .def = "0", .range = "[0, inf)", .search = "[1e-5, 1] log",
             .doc = "Penalty on W, in units of the number of columns."),
    HN_PARAM(hn_nmf_params, alpha_H, .def = "same", .range = "[0, inf)",
             .words = HN_WORDS({"same", -1}),
             .doc = "Penalty on H, in units of the number of rows; same: as alpha_W."),
    HN_PARAM(hn_nmf_params, l1_ratio, .def = "0", .range = "[0, 1]",
             .doc =
                 "Share of the penalty that is absolute, which makes zeros; the rest is squared."),
};

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const hn_nmf_params *p = values;
    const hn_table *x = data->x;
    int64_t n = x->n_rows, columns = x->n_columns, k;
    if (p->solver == HN_NMF_CD && p->beta_loss != HN_NMF_FROBENIUS)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "solver"),
                          "nmf: coordinate descent makes squares small only; set solver = mu for "
                          "beta_loss = kullback-leibler");
    bool from_vectors = p->init == INIT_NNDSVD || p->init == INIT_NNDSVDA;
    if (from_vectors)
        HN_TRY(hn_component_count(ctx, "nmf", p->n_components, n < columns ? n : columns,
                                  "the smaller of the numbers of rows and columns, where 'init' "
                                  "looks at singular vectors",
                                  &k));
    return HONE_OK;
}

/* ---- start ---------------------------------------------------------------------------------- */

/* The larger of the positive and negative parts of a pair of singular vectors (Boutsidis, Gallopoulos
 * 2008): ret_side is +1 or -1, ret_size the product of the parts' norms. */
static void larger_part(const double *u, int64_t n, int64_t step, const double *v, int64_t p,
                        double *ret_side, double *ret_u_norm, double *ret_v_norm) {
    double norm[2][2] = {{0}};
    for (int64_t i = 0; i < n; i++) norm[u[i * step] < 0][0] += u[i * step] * u[i * step];
    for (int64_t j = 0; j < p; j++) norm[v[j] < 0][1] += v[j] * v[j];
    double plus = sqrt(norm[0][0]) * sqrt(norm[0][1]), minus = sqrt(norm[1][0]) * sqrt(norm[1][1]);
    int side = plus > minus ? 0 : 1;
    *ret_side = side == 0 ? 1 : -1;
    *ret_u_norm = sqrt(norm[side][0]);
    *ret_v_norm = sqrt(norm[side][1]);
}

static hone_status start_from_vectors(hone_ctx *ctx, const hn_nmf_problem *f, double filling) {
    HN_SCRATCH(ctx);
    int64_t n = f->n, p = f->p, k = f->k;
    double *u, *s, *vt;
    HN_TRY(HN_SCRATCH_NEW(ctx, u, n * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, s, k));
    HN_TRY(HN_SCRATCH_NEW(ctx, vt, k * p));
    if ((n < p ? n : p) <= 500)
        HN_TRY(hn_svd_gram(ctx, &f->x, k, u, s, vt));
    else
        HN_TRY(hn_svd_random(ctx, &f->x, k, 10, -1, u, s, vt));
    for (int64_t c = 0; c < k; c++) {
        double side = 1, u_norm = 1, v_norm = 1, scale = sqrt(s[c]);
        const double *v = vt + c * p;
        if (c == 0) {
            for (int64_t i = 0; i < n; i++) f->w[i * k] = scale * fabs(u[i * k]);
            for (int64_t j = 0; j < p; j++) f->h[j * k] = scale * fabs(v[j]);
            continue;
        }
        larger_part(u + c, n, k, v, p, &side, &u_norm, &v_norm);
        scale = sqrt(s[c] * u_norm * v_norm);
        for (int64_t i = 0; i < n; i++) {
            double part = side * u[i * k + c];
            f->w[i * k + c] = part > 0 && u_norm > 0 ? scale * part / u_norm : 0;
        }
        for (int64_t j = 0; j < p; j++) {
            double part = side * v[j];
            f->h[j * k + c] = part > 0 && v_norm > 0 ? scale * part / v_norm : 0;
        }
    }
    for (int64_t i = 0; i < n * k; i++)
        if (f->w[i] < 1e-6) f->w[i] = filling;
    for (int64_t i = 0; i < p * k; i++)
        if (f->h[i] < 1e-6) f->h[i] = filling;
    return HONE_OK;
}

static void start_at_random(hn_nmf_problem *f, double mean, uint64_t seed) {
    double scale = sqrt(mean / (double)f->k);
    hn_rng rng = hn_rng_make(seed, hn_stream("nmf.start", 0));
    for (int64_t i = 0; i < f->p * f->k; i++) f->h[i] = scale * fabs(hn_rng_normal(&rng));
    for (int64_t i = 0; i < f->n * f->k; i++) f->w[i] = scale * fabs(hn_rng_normal(&rng));
}

static hone_status start(hone_ctx *ctx, const hn_nmf_params *p, hn_nmf_problem *f, double mean) {
    int64_t side = f->n < f->p ? f->n : f->p;
    int init = p->init != INIT_AUTO ? p->init : f->k <= side ? INIT_NNDSVDA : INIT_RANDOM;
    if (init == INIT_RANDOM) {
        start_at_random(f, mean, ctx->seed);
        return HONE_OK;
    }
    return start_from_vectors(ctx, f, init == INIT_NNDSVDA ? mean : 0);
}

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status allocate(hone_ctx *ctx, const hn_table *x, hn_nmf_problem *f, double *ret_mean) {
    double sum = 0;
    if (x->csr != NULL) {
        HN_TRY(hn_map_of_csr(ctx, x->csr, &f->x));
        sum = hn_sum(x->csr->value + x->csr->start[0], hn_csr_entries(x->csr));
    } else {
        double *matrix;
        HN_TRY(hn_table_matrix(ctx, ctx->scratch, x, &matrix));
        f->x = hn_map_of_matrix(matrix, f->n, f->p);
        sum = hn_sum(matrix, f->n * f->p);
    }
    *ret_mean = sum / ((double)f->n * (double)f->p);
    HN_TRY(HN_SCRATCH_NEW(ctx, f->w, f->n * f->k));
    return HN_SCRATCH_NEW(ctx, f->h, f->p * f->k);
}

/* The root of twice the loss: the distance between x and w h' where that is squares. */
static hone_status find_error(hone_ctx *ctx, const hn_nmf_params *p, const hn_nmf_problem *f,
                              double *ret_error) {
    double loss;
    HN_TRY(hn_nmf_loss(ctx, p->beta_loss, f, &loss));
    *ret_error = sqrt(2 * (loss > 0 ? loss : 0));
    return HONE_OK;
}

static hone_status iterate(hone_ctx *ctx, const hn_nmf_params *p, hn_nmf_problem *f,
                           int64_t *ret_steps, bool *ret_settled) {
    enum { LOOK = 10 }; /* multiplicative updates: steps between two looks at the loss */
    double first = 0, before = 0, change;
    *ret_settled = false;
    if (p->solver == HN_NMF_MU) HN_TRY(find_error(ctx, p, f, &first));
    before = first;
    for (*ret_steps = 0; *ret_steps < p->max_iter && !*ret_settled; ++*ret_steps) {
        HN_TRY(hn_check_cancel(ctx));
        hn_progress(ctx, "parts", *ret_steps, p->max_iter, "steps");
        if (p->solver == HN_NMF_CD) {
            HN_TRY(hn_nmf_descend(ctx, f, &change));
            if (*ret_steps == 0) first = change;
            *ret_settled = first == 0 || change / first <= p->tolerance;
            continue;
        }
        HN_TRY(hn_nmf_multiply(ctx, p->beta_loss, f));
        if (p->tolerance <= 0 || (*ret_steps + 1) % LOOK != 0) continue;
        double error;
        HN_TRY(find_error(ctx, p, f, &error));
        *ret_settled = !((before - error) / first >= p->tolerance);
        before = error;
    }
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const hn_nmf_params *p = values;
    hn_nmf_state *s = ret_state;
    HN_SCRATCH(ctx);
    hn_nmf_problem f = {.n = data->x->n_rows, .p = data->x->n_columns};
    bool settled;
    double mean;
    f.k = p->n_components > 0 ? p->n_components : f.p;
    hn_nmf_penalties(p, f.n, f.p, &f);
    HN_TRY(allocate(ctx, data->x, &f, &mean));
    HN_TRY(start(ctx, p, &f, mean));
    HN_TRY(iterate(ctx, p, &f, &s->iterations, &settled));
    if (!settled && p->tolerance > 0)
        hn_say(ctx, HONE_LOG_WARN,
               "nmf: still changing after %lld steps; raise max_iter or tolerance",
               (long long)p->max_iter);
    HN_TRY(find_error(ctx, p, &f, &s->error));
    s->n_features = f.p;
    s->n_components = f.k;
    s->loss = p->beta_loss;
    s->l1 = f.l1_w;
    s->l2 = f.l2_w;
    return hn_turn(ctx, arena, f.p, f.k, f.h, &s->components);
}

/* ---- hooks ---------------------------------------------------------------------------------- */

static hone_status inverse(hone_ctx *ctx, const void *state, const hn_table *z,
                           const hn_table *schema, hn_arena *arena, hn_table *ret_out) {
    const hn_nmf_state *s = state;
    return hn_project_back(ctx, s->n_features, s->n_components, NULL, s->components, z, schema,
                           arena, ret_out);
}

static hone_status visit(hn_visitor *v, void *state) {
    hn_nmf_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_components", &s->n_components));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 1 && s->n_features < INT32_MAX && s->n_components >= 1 &&
                              s->n_components < INT32_MAX,
                          "nmf: number of parts"));
    HN_TRY(hn_visit(v, "components", &s->components, s->n_components, s->n_features));
    HN_TRY(hn_visit(v, "beta_loss", &s->loss));
    HN_TRY(hn_visit(v, "l1", &s->l1));
    HN_TRY(hn_visit(v, "l2", &s->l2));
    HN_TRY(hn_visit(v, "reconstruction_err", &s->error));
    return hn_visit(v, "n_iter", &s->iterations);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const hn_nmf_state *s = state;
    yyjson_mut_obj_add_real(doc, object, "reconstruction_err", s->error);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    hn_report_components(doc, object, schema, NULL, s->n_components, s->n_features, s->components);
    return HONE_OK;
}

const hone_estimator hn_nmf = {
    .name = "nmf",
    .title = "Non-negative matrix factorisation",
    .class_names = "NMF",
    .family = "decomp",
    .doc = "Writes each row as a sum of a few parts, where neither parts nor shares are negative: "
           "for counts, intensities, amounts. Dense or sparse.",
    .references = "Lee, Seung (1999), Learning the parts of objects\n"
                  "Cichocki, Phan (2009), Fast local algorithms for large scale NMF\n"
                  "Boutsidis, Gallopoulos (2008), SVD based initialization",
    .tasks = HN_TASK_NONE,
    .can = HN_NUMERIC_ONLY | HN_CAN_SPARSE | HN_CAN_INVERT | HN_NOT_NEGATIVE,
    .params = HN_PARAMS(hn_nmf_params, params),
    .state_size = sizeof(hn_nmf_state),
    .check = check,
    .fit = fit,
    .transform = hn_nmf_transform,
    .inverse = inverse,
    .visit = visit,
    .prepare = hn_nmf_prepare,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length,petal_width",
               .params = "{\"n_components\": 2, \"tolerance\": 1e-12, \"max_iter\": 20000}",
               .metric = "squares",
               .value = 114.62926120062,
               .tolerance = 1e-5,
               .source = "scikit-learn 1.9.1, NMF(2, tol=1e-12), sum of squares"}),
};
