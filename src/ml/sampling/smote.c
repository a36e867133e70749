/* smote.c - rows made between neighbours of a small class: everywhere (smote), where other classes are near
 * (borderline_smote), and the more the nearer they are (adasyn). */
#include "ml/sampling/near.h"
#include <math.h>

typedef struct smote_params {
    double sampling_strategy;
    int64_t k_neighbors;
    int64_t m_neighbors;
} smote_params;

#define K_NEIGHBORS(...)                                                                           \
    HN_PARAM(smote_params, k_neighbors, .def = "5", .range = "[1, 1000]", .unit = "rows",          \
             .search = "{3, 5, 10}", __VA_ARGS__)

static const hone_param smote_table[] = {
    HN_SAMPLE_OVER(smote_params),
    K_NEIGHBORS(.doc = "Rows are made between a row and one of so many nearest of its class."),
};

static hone_status smote(hone_ctx *ctx, const void *params, const hone_data *data, hn_arena *arena,
                         void *state, hn_resampled *ret_rows) {
    const smote_params *p = params;
    hn_sampler_state *s = state;
    HN_SCRATCH(ctx);
    int64_t *add;
    hn_near near;
    hn_synthetic made;
    HN_TRY(HN_SCRATCH_NEW(ctx, add, s->n_classes + 1));
    HN_TRY(hn_sample_to_add(ctx, "smote", p->sampling_strategy, s->n_classes, s->before, add));
    HN_TRY(hn_near_of(ctx, ctx->scratch, data, &near));
    HN_TRY(
        hn_smote_make(ctx, arena, "smote", &near, data, s->n_classes, add, p->k_neighbors, &made));
    HN_TRY(hn_synthetic_rows(ctx, arena, data, &near, &made, ret_rows));
    hn_sampler_made(data, ret_rows, s);
    return HONE_OK;
}

const hone_estimator hn_smote = {
    .name = "smote",
    .title = "Rows between neighbours of a small class (SMOTE)",
    .class_names = "SMOTE",
    .doc =
        "Adds rows to the smaller classes, each somewhere between a row and one of its nearest in "
        "the class; in training only. Columns should have like scales: put standard_scale before "
        "it. Columns that are not chosen for the step are the row's own.",
    .references =
        "Chawla, Bowyer, Hall, Kegelmeyer (2002). SMOTE: synthetic minority over-sampling "
        "technique.",
    .example = "{\"k_neighbors\": 2}",
    .params = HN_PARAMS(smote_params, smote_table),
    .resample = smote,
    HN_GOLDEN({.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .target = "diagnosis",
               .columns = "numeric",
               .metric = "rows_after",
               .value = 714,
               .tolerance = 0,
               .source = "imbalanced-learn 0.14.2, SMOTE()"}),
    HN_NEAR_HOOKS,
};

/* ---- where other classes are near ------------------------------------------------------------ */

static const hone_param borderline_table[] = {
    HN_SAMPLE_OVER(smote_params),
    K_NEIGHBORS(.doc = "Rows are made between a row and one of so many nearest of its class."),
    HN_PARAM(smote_params, m_neighbors, .def = "10", .range = "[1, 1000]", .unit = "rows",
             .doc = "A row is near the border if half or more, but not all, of so many nearest are "
                    "of other classes."),
};

/* Rows of class c near the border, and the k nearest of their class of each. */
static hone_status border_rows(hone_ctx *ctx, const smote_params *p, const hn_near *near,
                               hn_rows rows, hn_rows *ret_border) {
    int64_t *nearest, m = p->m_neighbors;
    hn_rows border = {.n = 0};
    HN_TRY(HN_SCRATCH_NEW(ctx, border.rows, rows.n + 1));
    HN_TRY(hn_near_find(ctx, "borderline_smote", "m_neighbors", near, rows, (hn_rows){0}, m,
                        &nearest));
    for (int64_t i = 0; i < rows.n; i++) {
        int64_t others = 0;
        for (int64_t j = 0; j < m; j++)
            others += near->y[nearest[i * m + j]] != near->y[rows.rows[i]];
        if (2 * others >= m && others < m) border.rows[border.n++] = rows.rows[i];
    }
    *ret_border = border;
    return HONE_OK;
}

static hone_status borderline(hone_ctx *ctx, const void *params, const hone_data *data,
                              hn_arena *arena, void *state, hn_resampled *ret_rows) {
    const smote_params *p = params;
    hn_sampler_state *s = state;
    HN_SCRATCH(ctx);
    int64_t *add, *nearest, more = 0;
    hn_near near;
    hn_synthetic made;
    HN_TRY(HN_SCRATCH_NEW(ctx, add, s->n_classes + 1));
    HN_TRY(hn_sample_to_add(ctx, "borderline_smote", p->sampling_strategy, s->n_classes, s->before,
                            add));
    HN_TRY(hn_near_of(ctx, ctx->scratch, data, &near));
    for (int64_t c = 0; c < s->n_classes; c++) more += add[c];
    HN_TRY(hn_synthetic_start(ctx, arena, near.n, more, &made));
    for (int64_t c = 0; c < s->n_classes; c++) {
        hn_rows rows, border;
        if (add[c] == 0) continue;
        HN_TRY(hn_rows_of_class(ctx, ctx->scratch, data, c, &rows));
        HN_TRY(border_rows(ctx, p, &near, rows, &border));
        if (border.n == 0) continue;
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream("borderline_smote", (uint64_t)c));
        HN_TRY(hn_near_find(ctx, "borderline_smote", "k_neighbors", &near, border, rows,
                            p->k_neighbors, &nearest));
        hn_synthetic_draw(&made, &rng, border, nearest, p->k_neighbors, add[c], NULL);
    }
    HN_TRY(hn_synthetic_rows(ctx, arena, data, &near, &made, ret_rows));
    hn_sampler_made(data, ret_rows, s);
    return HONE_OK;
}

const hone_estimator hn_borderline_smote = {
    .name = "borderline_smote",
    .title = "Rows between neighbours, near the border",
    .class_names = "BorderlineSMOTE",
    .doc =
        "SMOTE that makes rows only of those rows of a small class near which other classes "
        "prevail, where the border is to be learned; in training only. A class without such rows "
        "stays as it is.",
    .references = "Han, Wang, Mao (2005). Borderline-SMOTE: a new over-sampling method in "
                  "imbalanced data sets learning.",
    .example = "{\"k_neighbors\": 2, \"m_neighbors\": 4}",
    .params = HN_PARAMS(smote_params, borderline_table),
    .resample = borderline,
    HN_GOLDEN({.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .target = "diagnosis",
               .columns = "numeric",
               .metric = "rows_after",
               .value = 714,
               .tolerance = 0,
               .source = "imbalanced-learn 0.14.2, BorderlineSMOTE()"}),
    HN_NEAR_HOOKS,
};

/* ---- the more the nearer they are ------------------------------------------------------------ */

static const hone_param adasyn_table[] = {
    HN_SAMPLE_OVER(smote_params),
    HN_PARAM(smote_params, k_neighbors, .def = "5", .range = "[1, 1000]", .unit = "rows",
             .search = "{3, 5, 10}", .aliases = HN_CHOICES("n_neighbors"),
             .doc = "How many nearest rows say how near other classes are, and how many of the own "
                    "class rows are made towards."),
};

/* times [rows.n]: how many rows to make of each, about add in all, by the share of others near it. */
static hone_status share_out(hone_ctx *ctx, const smote_params *p, const hn_near *near,
                             hn_rows rows, int64_t add, int64_t **ret_times, int64_t *ret_n) {
    int64_t *nearest, *times, k = p->k_neighbors, n = 0;
    double *share, total = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, times, rows.n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, share, rows.n + 1));
    HN_TRY(hn_near_find(ctx, "adasyn", "k_neighbors", near, rows, (hn_rows){0}, k, &nearest));
    for (int64_t i = 0; i < rows.n; i++) {
        for (int64_t j = 0; j < k; j++)
            share[i] += near->y[nearest[i * k + j]] != near->y[rows.rows[i]];
        share[i] /= (double)k;
        total += share[i];
    }
    if (total == 0)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "k_neighbors"),
                          "adasyn: no row of a class to be enlarged has one of another class near, "
                          "so there is no border to add rows at; use smote, or set 'k_neighbors' "
                          "higher");
    for (int64_t i = 0; i < rows.n; i++) {
        times[i] = (int64_t)rint(share[i] / total * (double)add);
        n += times[i];
    }
    *ret_times = times;
    *ret_n = n;
    return HONE_OK;
}

static hone_status adasyn(hone_ctx *ctx, const void *params, const hone_data *data, hn_arena *arena,
                          void *state, hn_resampled *ret_rows) {
    const smote_params *p = params;
    hn_sampler_state *s = state;
    HN_SCRATCH(ctx);
    int64_t *add, *nearest, **times, more = 0, n;
    hn_near near;
    hn_synthetic made;
    hn_rows rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, add, s->n_classes + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, times, s->n_classes + 1));
    HN_TRY(hn_sample_to_add(ctx, "adasyn", p->sampling_strategy, s->n_classes, s->before, add));
    HN_TRY(hn_near_of(ctx, ctx->scratch, data, &near));
    for (int64_t c = 0; c < s->n_classes; c++) {
        if (add[c] == 0) continue;
        HN_TRY(hn_rows_of_class(ctx, ctx->scratch, data, c, &rows));
        HN_TRY(share_out(ctx, p, &near, rows, add[c], &times[c], &n));
        more += n;
    }
    HN_TRY(hn_synthetic_start(ctx, arena, near.n, more, &made));
    for (int64_t c = 0; c < s->n_classes; c++) {
        if (add[c] == 0) continue;
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream("adasyn", (uint64_t)c));
        HN_TRY(hn_rows_of_class(ctx, ctx->scratch, data, c, &rows));
        HN_TRY(hn_near_find(ctx, "adasyn", "k_neighbors", &near, rows, rows, p->k_neighbors,
                            &nearest));
        hn_synthetic_draw(&made, &rng, rows, nearest, p->k_neighbors, 0, times[c]);
    }
    HN_TRY(hn_synthetic_rows(ctx, arena, data, &near, &made, ret_rows));
    hn_sampler_made(data, ret_rows, s);
    return HONE_OK;
}

const hone_estimator hn_adasyn = {
    .name = "adasyn",
    .title = "Rows between neighbours, most where it is hard (ADASYN)",
    .class_names = "ADASYN",
    .doc =
        "SMOTE that makes the more rows of a row the more of its nearest are of other classes; in "
        "training only. Classes come to about as many rows, not exactly.",
    .references = "He, Bai, Garcia, Li (2008). ADASYN: adaptive synthetic sampling approach for "
                  "imbalanced learning.",
    .example = "{\"k_neighbors\": 2}",
    .params = HN_PARAMS(smote_params, adasyn_table),
    .resample = adasyn,
    HN_GOLDEN({.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .target = "diagnosis",
               .columns = "numeric",
               .metric = "rows_after",
               .value = 715,
               .tolerance = 0,
               .source = "imbalanced-learn 0.14.2, ADASYN()"}),
    HN_NEAR_HOOKS,
};
