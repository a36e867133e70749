/* pca_state.c - what pca and incremental_pca share; see pca.h. */
#include "ml/decomp/pca.h"
#include "num/svd.h"
#include <float.h>
#include <math.h>
#include <string.h>

hone_status hn_pca_allocate(hone_ctx *ctx, hn_arena *arena, hn_pca_state *pca) {
    int64_t p = pca->n_features, k = pca->n_components;
    HN_TRY(HN_NEW(ctx, arena, pca->mean, p));
    HN_TRY(HN_NEW(ctx, arena, pca->var, p));
    HN_TRY(HN_NEW(ctx, arena, pca->components, k * p));
    HN_TRY(HN_NEW(ctx, arena, pca->explained_variance, k));
    HN_TRY(HN_NEW(ctx, arena, pca->explained_ratio, k));
    return HN_NEW(ctx, arena, pca->singular_values, k);
}

void hn_pca_keep(hn_pca_state *pca, const double *singular_values, int64_t r, int64_t rank_limit,
                 double total, const double *vt) {
    int64_t k = pca->n_components;
    double degrees = (double)(pca->n_seen - 1), rest = 0;
    for (int64_t c = 0; c < r; c++) {
        double square = singular_values[c] * singular_values[c];
        if (c >= k) {
            rest += square / degrees;
            continue;
        }
        pca->singular_values[c] = singular_values[c];
        pca->explained_variance[c] = square / degrees;
        pca->explained_ratio[c] = total > 0 ? square / total : 0;
    }
    /* Where only the leading values are known, what they leave of the total is the rest. */
    if (r == k && rank_limit > k) {
        rest = total / degrees;
        for (int64_t c = 0; c < k; c++) rest -= pca->explained_variance[c];
        rest = rest > 0 ? rest : 0;
    }
    pca->noise_variance = k < rank_limit ? rest / (double)(rank_limit - k) : 0;
    memcpy(pca->components, vt, (size_t)(k * pca->n_features) * sizeof *vt);
}

/* ---- more rows ------------------------------------------------------------------------------ */

/* Mean and variance of old and new rows together (Chan, Golub, LeVeque 1983). */
static void merge_moments(hn_pca_state *pca, const double *mean, const double *squares, int64_t n) {
    double old = (double)pca->n_seen, more = (double)n, all = old + more;
    for (int64_t j = 0; j < pca->n_features; j++) {
        double step = mean[j] - pca->mean[j];
        pca->var[j] = (old * pca->var[j] + squares[j] + step * step * (old * more / all)) / all;
        pca->mean[j] += step * (more / all);
    }
    pca->n_seen += n;
}

hone_status hn_pca_merge(hone_ctx *ctx, hn_pca_state *pca, const hn_table *x, int64_t begin,
                         int64_t end) {
    HN_SCRATCH(ctx);
    int64_t p = pca->n_features, k = pca->n_components, n = end - begin;
    int64_t head = pca->n_seen > 0 ? k + 1 : 0, rows = n + head, r = rows < p ? rows : p;
    hn_table part;
    double *mean, *squares, *matrix, *stack, *s, *vt, total = 0;
    HN_TRY(hn_table_slice(ctx, ctx->scratch, x, begin, end, &part));
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, squares, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, stack, rows * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, s, r > k ? r : k));
    HN_TRY(HN_SCRATCH_NEW(ctx, vt, (r > k ? r : k) * p));
    HN_TRY(hn_column_means(ctx, &part, mean));
    HN_TRY(hn_centered_matrix(ctx, ctx->scratch, &part, mean, &matrix, squares));
    /* What the old rows left, the new ones, and a row for the way between their means. */
    for (int64_t c = 0; c < k && head > 0; c++)
        for (int64_t j = 0; j < p; j++)
            stack[c * p + j] = pca->singular_values[c] * pca->components[c * p + j];
    memcpy(stack + (head > 0 ? k : 0) * p, matrix, (size_t)(n * p) * sizeof *stack);
    if (head > 0) {
        double old = (double)pca->n_seen, scale = sqrt(old / (old + (double)n) * (double)n);
        for (int64_t j = 0; j < p; j++)
            stack[(rows - 1) * p + j] = scale * (pca->mean[j] - mean[j]);
    }
    merge_moments(pca, mean, squares, n);
    HN_TRY(hn_svd(ctx, rows, p, stack, NULL, s, vt));
    for (int64_t j = 0; j < p; j++) total += pca->var[j] * (double)pca->n_seen;
    hn_pca_keep(pca, s, r > k ? r : k, r, total, vt);
    return HONE_OK;
}

/* ---- hooks ---------------------------------------------------------------------------------- */

hone_status hn_pca_transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const hn_pca_state *pca = state;
    return hn_project(ctx, &pca->to, "pca", x, arena, ret_out);
}

hone_status hn_pca_inverse(hone_ctx *ctx, const void *state, const hn_table *z,
                           const hn_table *schema, hn_arena *arena, hn_table *ret_out) {
    const hn_pca_state *pca = state;
    return hn_project_back(ctx, pca->n_features, pca->n_components, pca->mean, pca->back, z, schema,
                           arena, ret_out);
}

hone_status hn_pca_visit(hn_visitor *v, void *state) {
    hn_pca_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_components", &s->n_components));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 1 && s->n_features < INT32_MAX && s->n_components >= 1 &&
                              s->n_components <= s->n_features,
                          "pca: number of components"));
    HN_TRY(hn_visit(v, "n_samples_seen", &s->n_seen));
    HN_TRY(hn_visit(v, "whiten", &s->whiten));
    HN_TRY(hn_visit_check(v, s->n_seen >= 1, "pca: number of rows"));
    HN_TRY(hn_visit(v, "mean", &s->mean, s->n_features));
    HN_TRY(hn_visit(v, "var", &s->var, s->n_features));
    HN_TRY(hn_visit(v, "components", &s->components, s->n_components, s->n_features));
    HN_TRY(hn_visit(v, "explained_variance", &s->explained_variance, s->n_components));
    HN_TRY(hn_visit(v, "explained_variance_ratio", &s->explained_ratio, s->n_components));
    HN_TRY(hn_visit(v, "singular_values", &s->singular_values, s->n_components));
    return hn_visit(v, "noise_variance", &s->noise_variance);
}

hone_status hn_pca_prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    hn_pca_state *s = state;
    int64_t p = s->n_features, k = s->n_components;
    HN_TRY(hn_projection_check(ctx, "pca", p, schema));
    s->weights = s->back = s->components;
    if (!s->whiten)
        return hn_projection_init(ctx, arena, schema, p, k, s->mean, s->weights, &s->to);
    HN_TRY(HN_NEW(ctx, arena, s->weights, k * p));
    HN_TRY(HN_NEW(ctx, arena, s->back, k * p));
    for (int64_t c = 0; c < k; c++) {
        double deviation = sqrt(s->explained_variance[c]);
        if (!(deviation >= DBL_EPSILON)) deviation = DBL_EPSILON;
        for (int64_t j = 0; j < p; j++) {
            s->weights[c * p + j] = s->components[c * p + j] / deviation;
            s->back[c * p + j] = s->components[c * p + j] * deviation;
        }
    }
    return hn_projection_init(ctx, arena, schema, p, k, s->mean, s->weights, &s->to);
}

hone_status hn_pca_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const hn_pca_state *s = state;
    const hn_component_figure figures[] = {{"explained_variance", s->explained_variance},
                                           {"explained_variance_ratio", s->explained_ratio},
                                           {"singular_value", s->singular_values},
                                           {NULL, NULL}};
    double explained = 0;
    for (int64_t c = 0; c < s->n_components; c++) explained += s->explained_ratio[c];
    yyjson_mut_obj_add_int(doc, object, "rows_seen", s->n_seen);
    yyjson_mut_obj_add_real(doc, object, "explained_variance_ratio", explained);
    yyjson_mut_obj_add_real(doc, object, "noise_variance", s->noise_variance);
    hn_report_components(doc, object, schema, figures, s->n_components, s->n_features,
                         s->components);
    return HONE_OK;
}
