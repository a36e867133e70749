/* gaussian_mixture.c - clusters as Gaussian distributions, and how likely each row is of each. */
#include "ml/cluster/kmeans_fit.h"
#include "num/blas.h"
#include "ml/cluster/mixture.h"
#include "num/distance.h"
#include "num/math.h"
#include "spec/estimator.h"
#include "table/rows.h"
#include <string.h>

enum { INIT_KMEANS, INIT_RANDOM };

typedef struct mixture_params {
    int64_t n_components;
    int covariance_type;
    double tolerance;
    double reg_covar;
    int64_t max_iter;
    int64_t n_init;
    int init_params;
} mixture_params;

static const hone_param params[] = {
    HN_PARAM(mixture_params, n_components, .def = "2", .range = "[1, inf)", .search = "[1, 20]",
             .aliases = HN_CHOICES("n_clusters"), .doc = "How many distributions to mix."),
    HN_PARAM(mixture_params, covariance_type, .def = "full",
             .choices = HN_CHOICES("full", "tied", "diag", "spherical"),
             .search = "{full, tied, diag, spherical}",
             .doc = "What shapes they have: any, any but the same, along the axes, round."),
    HN_PARAM(mixture_params, tolerance, .def = "1e-3", .range = "[0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("tol"), .doc = "Stop when the mean log density rises by less."),
    HN_PARAM(mixture_params, reg_covar, .def = "1e-6", .range = "[0, inf)", .level = HN_ADVANCED,
             .doc = "Added to all variances, so that no distribution collapses."),
    HN_PARAM(mixture_params, max_iter, .def = "100", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Iterations at most, each time."),
    HN_PARAM(mixture_params, n_init, .def = "1", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "How often to begin anew; the likeliest is kept."),
    HN_PARAM(mixture_params, init_params, .def = "kmeans",
             .choices = HN_CHOICES("kmeans", "random"), .level = HN_ADVANCED,
             .doc = "What it begins with: clusters of k-means, or random shares."),
};

typedef struct mixture_state {
    int64_t n_features;
    hn_mixture m;
    double lower_bound, likelihood, bic, aic;
    int64_t n_iter, converged;
} mixture_state;

static hone_status mixture_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const mixture_params *p = values;
    if (p->n_components <= data->x->n_rows) return HONE_OK;
    return hn_fail_at(
        ctx, HONE_ERROR_DATA, HN_AT(.param = "n_components"),
        "gaussian_mixture: %lld components need as many rows, and there are %lld; ask "
        "for fewer",
        (long long)p->n_components, (long long)data->x->n_rows);
}

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status by_kmeans(hone_ctx *ctx, const hn_mixture_job *job, const hn_mixture *m,
                             uint64_t run, double *resp) {
    HN_SCRATCH(ctx);
    hn_kmeans_job k = {.x = job->x, .n = job->n, .d = m->d, .k = m->k, .max_iter = 300};
    hn_kmeans_result r;
    double sum = 0;
    for (int64_t i = 0; i < job->n * m->d; i++) sum += job->x[i] * job->x[i];
    k.tolerance = 1e-4 * sum / (double)(job->n * m->d);
    HN_TRY(HN_SCRATCH_NEW(ctx, r.centroids, m->k * m->d));
    HN_TRY(HN_SCRATCH_NEW(ctx, r.label, job->n));
    HN_TRY(hn_kmeans_start(ctx, &k, HN_KMEANS_PLUS_PLUS, ctx->seed, run, r.centroids));
    HN_TRY(hn_kmeans_run(ctx, &k, &r));
    memset(resp, 0, (size_t)(m->k * job->n) * sizeof *resp);
    for (int64_t i = 0; i < job->n; i++) resp[r.label[i] * job->n + i] = 1;
    return HONE_OK;
}

static void at_random(hone_ctx *ctx, const hn_mixture_job *job, const hn_mixture *m, uint64_t run,
                      double *resp) {
    for (int64_t i = 0; i < job->n; i++) {
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream("mixture.start", run << 32 | (uint64_t)i));
        double sum = 0;
        for (int64_t c = 0; c < m->k; c++)
            sum += resp[c * job->n + i] = hn_rng_uniform(&rng) + 1e-9;
        for (int64_t c = 0; c < m->k; c++) resp[c * job->n + i] /= sum;
    }
}

static hone_status best_of_runs(hone_ctx *ctx, const mixture_params *p, const hn_mixture_job *job,
                                hn_mixture *best, hn_mixture_end *ret_end) {
    HN_SCRATCH(ctx);
    hn_mixture next;
    hn_mixture_end end;
    double *resp;
    int64_t numbers = hn_mixture_numbers(best->kind, best->k, best->d);
    HN_TRY(hn_mixture_new(ctx, ctx->scratch, best->kind, best->k, best->d, &next));
    HN_TRY(HN_SCRATCH_NEW(ctx, resp, best->k * job->n));
    for (int64_t run = 0; run < p->n_init; run++) {
        if (p->init_params == INIT_KMEANS)
            HN_TRY(by_kmeans(ctx, job, best, (uint64_t)run, resp));
        else
            at_random(ctx, job, best, (uint64_t)run, resp);
        HN_TRY(hn_mixture_fit(ctx, job, resp, &next, &end));
        if (run > 0 && !(end.lower_bound > ret_end->lower_bound)) continue;
        *ret_end = end;
        memcpy(best->weights, next.weights, (size_t)best->k * sizeof(double));
        memcpy(best->means, next.means, (size_t)(best->k * best->d) * sizeof(double));
        memcpy(best->covariances, next.covariances, (size_t)numbers * sizeof(double));
        memcpy(best->precisions_cholesky, next.precisions_cholesky,
               (size_t)numbers * sizeof(double));
    }
    return HONE_OK;
}

static hone_status mixture_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                               hn_arena *arena, void *ret_state) {
    const mixture_params *p = values;
    mixture_state *s = ret_state;
    HN_SCRATCH(ctx);
    int64_t n = data->x->n_rows, d = data->x->n_columns;
    double *x, *mean;
    hn_mixture_end end;
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, data->x, &x));
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, d));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++) mean[j] += x[i * d + j] / (double)n;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++) x[i * d + j] -= mean[j];
    hn_mixture_job job = {x, n, p->max_iter, p->tolerance, p->reg_covar};
    s->n_features = d;
    HN_TRY(hn_mixture_new(ctx, arena, p->covariance_type, p->n_components, d, &s->m));
    HN_TRY(best_of_runs(ctx, p, &job, &s->m, &end));
    for (int64_t c = 0; c < s->m.k; c++)
        for (int64_t j = 0; j < d; j++) s->m.means[c * d + j] += mean[j];
    s->lower_bound = end.lower_bound;
    s->likelihood = end.likelihood;
    s->n_iter = end.iterations;
    s->converged = end.converged;
    double parameters = hn_mixture_parameters(&s->m), twice = -2 * end.likelihood * (double)n;
    s->bic = twice + parameters * hn_log((double)n);
    s->aic = twice + 2 * parameters;
    if (!end.converged)
        hn_say(ctx, HONE_LOG_WARN,
               "gaussian_mixture: not converged after %lld iterations; raise 'max_iter'",
               (long long)end.iterations);
    return HONE_OK;
}

/* ---- answers -------------------------------------------------------------------------------- */

typedef struct answers {
    const hn_mixture *m;
    const hn_table *x;
    double *label; /* [n], or NULL */
    double *resp;  /* [k, n], or NULL */
} answers;

static hone_status answer_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { ROWS = HN_MIXTURE_ROWS };
    const answers *a = arg;
    const hn_mixture *m = a->m;
    double *rows, *tile, *work, *r, log[ROWS];
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, ROWS * m->d));
    HN_TRY(HN_SCRATCH_NEW(ctx, tile, ROWS * m->d));
    HN_TRY(HN_SCRATCH_NEW(ctx, work, ROWS * m->d));
    HN_TRY(HN_SCRATCH_NEW(ctx, r, ROWS * m->k));
    for (int64_t i = chunk.begin; i < chunk.end; i += ROWS) {
        int64_t n = chunk.end - i < ROWS ? chunk.end - i : ROWS;
        hn_table_rows(a->x, i, i + n, rows);
        hn_lanes_fill(rows, NULL, n, m->d, tile);
        hn_mixture_responsibilities(m, tile, work, r, log);
        for (int64_t l = 0; a->label && l < n; l++) {
            int64_t best = 0;
            for (int64_t c = 1; c < m->k; c++)
                if (r[c * ROWS + l] > r[best * ROWS + l]) best = c;
            a->label[i + l] = (double)best;
        }
        for (int64_t c = 0; a->resp && c < m->k; c++)
            memcpy(a->resp + c * a->x->n_rows + i, r + c * ROWS, (size_t)n * sizeof *r);
    }
    return HONE_OK;
}

static hone_status mixture_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                   double *ret_out) {
    answers a = {&((const mixture_state *)state)->m, x, ret_out, NULL};
    return hn_parallel(ctx, x->n_rows, 1024, answer_chunk, &a);
}

static hone_status mixture_transform(hone_ctx *ctx, const void *state, const hn_table *x,
                                     hn_arena *arena, hn_table *ret_out) {
    const mixture_state *s = state;
    hn_table out = {.n_rows = x->n_rows, .n_columns = (int32_t)s->m.k};
    answers a = {&s->m, x, NULL, NULL};
    HN_TRY(HN_NEW(ctx, arena, out.columns, out.n_columns));
    HN_TRY(HN_NEW(ctx, arena, a.resp, s->m.k * x->n_rows + 1));
    HN_TRY(hn_parallel(ctx, x->n_rows, 1024, answer_chunk, &a));
    for (int64_t c = 0; c < s->m.k; c++) {
        char *name = hn_arena_printf(ctx, arena, "component_%lld", (long long)c);
        if (!name) return HONE_ERROR_MEMORY;
        out.columns[c] = hn_column_of_f64(name, a.resp + c * x->n_rows, x->n_rows);
    }
    *ret_out = out;
    return HONE_OK;
}

/* ---- drawing -------------------------------------------------------------------------------- */

typedef struct drawing {
    const hn_mixture *m;
    double *columns; /* [d, n] */
    double *answer;
    int64_t n;
} drawing;

static hone_status draw_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const drawing *job = arg;
    double *row;
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, row, job->m->d));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream("mixture.sample", (uint64_t)i));
        job->answer[i] = (double)hn_mixture_draw(job->m, &rng, row);
        for (int64_t j = 0; j < job->m->d; j++) job->columns[j * job->n + i] = row[j];
    }
    return HONE_OK;
}

static hone_status mixture_sample(hone_ctx *ctx, const void *state, const hn_table *schema,
                                  int64_t n, hn_arena *arena, hn_table *ret_rows,
                                  double *ret_answer) {
    const mixture_state *s = state;
    drawing job = {.m = &s->m, .answer = ret_answer, .n = n};
    hn_table rows = {.n_rows = n, .n_columns = schema->n_columns};
    HN_TRY(HN_NEW(ctx, arena, rows.columns, rows.n_columns));
    HN_TRY(HN_NEW(ctx, arena, job.columns, (size_t)n * (size_t)s->m.d));
    HN_TRY(hn_parallel(ctx, n, 1024, draw_chunk, &job));
    for (int32_t j = 0; j < rows.n_columns; j++)
        rows.columns[j] = hn_column_of_f64(schema->columns[j].name, job.columns + j * n, n);
    *ret_rows = rows;
    return HONE_OK;
}

/* ---- after the fit -------------------------------------------------------------------------- */

static int64_t mixture_outputs(const void *state) {
    (void)state;
    return 1;
}

static hone_status visit_matrices(hn_visitor *v, const char *name, const hn_mixture *m,
                                  double **field) {
    switch (m->kind) {
    case HN_MIXTURE_FULL: return hn_visit(v, name, field, m->k, m->d, m->d);
    case HN_MIXTURE_TIED: return hn_visit(v, name, field, m->d, m->d);
    case HN_MIXTURE_DIAG: return hn_visit(v, name, field, m->k, m->d);
    default: return hn_visit(v, name, field, m->k);
    }
}

static hone_status mixture_visit(hn_visitor *v, void *state) {
    mixture_state *s = state;
    hn_mixture *m = &s->m;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_components", &m->k));
    HN_TRY(hn_visit(v, "covariance_kind", &m->kind));
    m->d = s->n_features;
    bool ok = m->k >= 1 && m->k <= INT32_MAX && m->d >= 1 && m->d <= INT32_MAX && m->kind >= 0 &&
              m->kind <= HN_MIXTURE_SPHERICAL;
    HN_TRY(hn_visit_check(v, ok, "number of components out of range"));
    HN_TRY(hn_visit(v, "weights", &m->weights, m->k));
    HN_TRY(hn_visit(v, "means", &m->means, m->k, m->d));
    HN_TRY(visit_matrices(v, "covariances", m, &m->covariances));
    HN_TRY(visit_matrices(v, "precisions_cholesky", m, &m->precisions_cholesky));
    HN_TRY(hn_visit(v, "lower_bound", &s->lower_bound));
    HN_TRY(hn_visit(v, "likelihood", &s->likelihood));
    HN_TRY(hn_visit(v, "bic", &s->bic));
    HN_TRY(hn_visit(v, "aic", &s->aic));
    HN_TRY(hn_visit(v, "n_iter", &s->n_iter));
    return hn_visit(v, "converged", &s->converged);
}

static hone_status mixture_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                   const hn_table *schema) {
    mixture_state *s = state;
    (void)schema;
    HN_TRY(HN_NEW(ctx, arena, s->m.log_weights, s->m.k));
    hn_mixture_prepare(&s->m);
    return HONE_OK;
}

static hone_status mixture_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                  hn_json_doc *doc, hn_json_mut *object) {
    const mixture_state *s = state;
    (void)ctx;
    yyjson_mut_obj_add_real(doc, object, "likelihood", s->likelihood);
    yyjson_mut_obj_add_real(doc, object, "bic", s->bic);
    yyjson_mut_obj_add_real(doc, object, "aic", s->aic);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->n_iter);
    yyjson_mut_obj_add_bool(doc, object, "converged", s->converged != 0);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "components");
    for (int64_t c = 0; c < s->m.k; c++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_real(doc, one, "weight", s->m.weights[c]);
        hn_json_mut *mean = yyjson_mut_obj_add_obj(doc, one, "mean");
        for (int64_t j = 0; j < s->m.d; j++)
            yyjson_mut_obj_add(mean, yyjson_mut_strcpy(doc, schema->columns[j].name),
                               yyjson_mut_real(doc, s->m.means[c * s->m.d + j]));
    }
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const mixture_state *s = state;
    const hn_mixture *m = &s->m;
    int64_t n = hn_mixture_numbers(m->kind, m->k, m->d), d = m->d;
    double *precisions;
    HN_TRY(HN_NEW(v->ctx, v->arena, precisions, n));
    const double *root = m->precisions_cholesky;
    if (m->kind != HN_MIXTURE_FULL && m->kind != HN_MIXTURE_TIED)
        for (int64_t i = 0; i < n; i++) precisions[i] = root[i] * root[i];
    else
        for (int64_t at = 0; at < n; at += d * d)
            for (int64_t i = 0; i < d * d; i++)
                precisions[at + i] = hn_dot(root + at + i / d * d, root + at + i % d * d, d);
    return visit_matrices(v, "precisions", m, &precisions);
}

const hone_estimator hn_gaussian_mixture = {
    .name = "gaussian_mixture",
    .title = "Gaussian mixture",
    .class_names = "GaussianMixture",
    .family = "cluster",
    .also = "gmm",
    .doc = "Describes the rows by a few Gaussian distributions and says how likely each row is of "
           "each; BIC tells how many to take. As a step it gives these likelihoods as new columns.",
    .references =
        "Dempster, Laird, Rubin (1977), Maximum likelihood from incomplete data via the EM "
        "algorithm\n"
        "Schwarz (1978), Estimating the dimension of a model",
    .tasks = HN_TASK_CLUSTER,
    .can = HN_WANTS_SCALING,
    .attributes = attributes,
    .params = HN_PARAMS(mixture_params, params),
    .state_size = sizeof(mixture_state),
    .check = mixture_check,
    .fit = mixture_fit,
    .predict = mixture_predict,
    .outputs = mixture_outputs,
    .transform = mixture_transform,
    .sample = mixture_sample,
    .visit = mixture_visit,
    .prepare = mixture_prepare,
    .report = mixture_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", NULL, NULL, "{\"n_components\":1,\"reg_covar\":0}",
               "all", "bic", 10519.094209657973, 1e-5,
               "scikit-learn 1.9.1, StandardScaler, GaussianMixture(1, reg_covar=0).bic"}),
};
