/* clean.c - rows left out where classes mix: Tomek links and edited nearest neighbours, alone or behind SMOTE. */
#include "ml/sampling/near.h"

typedef struct clean_params {
    double sampling_strategy;
    int64_t n_neighbors;
    int kind_sel;
    int64_t k_neighbors;
} clean_params;

enum { SEL_ALL, SEL_MODE };

#define EDITED_PARAMS                                                                              \
    HN_PARAM(clean_params, n_neighbors, .def = "3", .range = "[1, 1000]", .unit = "rows",          \
             .doc = "How many nearest rows are asked."),                                           \
        HN_PARAM(clean_params, kind_sel, .def = "all", .choices = HN_CHOICES("all", "mode"),       \
                 .doc = "A row stays if all of them are of its class (all), or most of them "      \
                        "(mode).")

static const hone_param tomek_table[] = {HN_SAMPLE_CLEAN(clean_params, "auto")};
static const hone_param edited_table[] = {HN_SAMPLE_CLEAN(clean_params, "auto"), EDITED_PARAMS};

/* The rows that are not dropped. */
static hone_status keep(hone_ctx *ctx, const hone_data *data, hn_arena *arena, const uint8_t *drop,
                        hn_sampler_state *s, hn_resampled *ret_rows) {
    int64_t *source, n = 0;
    HN_TRY(HN_NEW(ctx, arena, source, data->x->n_rows + 1));
    for (int64_t i = 0; i < data->x->n_rows; i++)
        if (!drop[i]) source[n++] = i;
    *ret_rows = (hn_resampled){.n = n, .source = source};
    hn_sampler_made(data, ret_rows, s);
    return HONE_OK;
}

static hone_status tomek(hone_ctx *ctx, const void *params, const hone_data *data, hn_arena *arena,
                         void *state, hn_resampled *ret_rows) {
    const clean_params *p = params;
    hn_sampler_state *s = state;
    HN_SCRATCH(ctx);
    hn_near near;
    uint8_t *drop;
    HN_TRY(hn_sample_word_only(ctx, "tomek_links", p->sampling_strategy));
    HN_TRY(HN_SCRATCH_NEW(ctx, drop, data->x->n_rows + 1));
    HN_TRY(hn_near_of(ctx, ctx->scratch, data, &near));
    HN_TRY(hn_tomek_mark(ctx, "tomek_links", &near, p->sampling_strategy, s->n_classes, s->before,
                         drop));
    return keep(ctx, data, arena, drop, s, ret_rows);
}

const hone_estimator hn_tomek_links = {
    .name = "tomek_links",
    .title = "Leave out rows of Tomek links",
    .class_names = "TomekLinks",
    .doc =
        "Leaves out rows whose nearest row is of another class and has them as its nearest: noise "
        "or a border; of the larger classes, in training only. Columns should have like scales.",
    .references = "Tomek (1976). Two modifications of CNN.",
    .params = HN_PARAMS(clean_params, tomek_table),
    .resample = tomek,
    HN_GOLDEN({.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .target = "diagnosis",
               .columns = "numeric",
               .metric = "rows_after",
               .value = 557,
               .tolerance = 0,
               .source = "imbalanced-learn 0.14.2, TomekLinks()"}),
    HN_NEAR_HOOKS,
};

static hone_status edited(hone_ctx *ctx, const void *params, const hone_data *data, hn_arena *arena,
                          void *state, hn_resampled *ret_rows) {
    const clean_params *p = params;
    hn_sampler_state *s = state;
    HN_SCRATCH(ctx);
    hn_near near;
    uint8_t *drop;
    HN_TRY(hn_sample_word_only(ctx, "edited_neighbors", p->sampling_strategy));
    HN_TRY(HN_SCRATCH_NEW(ctx, drop, data->x->n_rows + 1));
    HN_TRY(hn_near_of(ctx, ctx->scratch, data, &near));
    HN_TRY(hn_edited_mark(ctx, "edited_neighbors", &near, p->sampling_strategy, s->n_classes,
                          s->before, p->n_neighbors, p->kind_sel == SEL_MODE, drop));
    return keep(ctx, data, arena, drop, s, ret_rows);
}

const hone_estimator hn_edited_neighbors = {
    .name = "edited_neighbors",
    .title = "Leave out rows that their neighbours disagree with",
    .class_names = "EditedNearestNeighbours",
    .doc =
        "Leaves out rows of the larger classes that are not of the class of their nearest rows; in "
        "training only. Columns should have like scales.",
    .references =
        "Wilson (1972). Asymptotic properties of nearest neighbor rules using edited data.",
    .params = HN_PARAMS(clean_params, edited_table),
    .resample = edited,
    HN_GOLDEN({.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .target = "diagnosis",
               .columns = "numeric",
               .metric = "rows_after",
               .value = 532,
               .tolerance = 0,
               .source = "imbalanced-learn 0.14.2, EditedNearestNeighbours()"}),
    HN_NEAR_HOOKS,
};

/* ---- behind SMOTE ---------------------------------------------------------------------------- */

/* Rows there were and rows made, as rows of a matrix of their own. */
static hone_status grown(hone_ctx *ctx, const hn_near *near, const hn_synthetic *made,
                         hn_near *ret_grown) {
    hn_near all = {.n = made->n, .d = near->d};
    double *y;
    HN_TRY(HN_SCRATCH_NEW(ctx, all.x, made->n * near->d + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, made->n + 1));
    for (int64_t i = 0; i < made->n; i++) {
        y[i] = near->y[made->source[i]];
        for (int64_t j = 0; j < near->d; j++)
            all.x[i * near->d + j] = hn_synthetic_value(made, near, i, j);
    }
    all.y = y;
    *ret_grown = all;
    return HONE_OK;
}

static hone_status smote_then(hone_ctx *ctx, const char *step, bool links, const clean_params *p,
                              const hone_data *data, hn_arena *arena, hn_sampler_state *s,
                              hn_resampled *ret_rows) {
    HN_SCRATCH(ctx);
    int64_t *add, *count, kept = 0;
    uint8_t *drop;
    hn_near near, all;
    hn_synthetic made;
    HN_TRY(HN_SCRATCH_NEW(ctx, add, s->n_classes + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, count, s->n_classes + 1));
    HN_TRY(hn_sample_to_add(ctx, step, p->sampling_strategy, s->n_classes, s->before, add));
    HN_TRY(hn_near_of(ctx, ctx->scratch, data, &near));
    HN_TRY(hn_smote_make(ctx, arena, step, &near, data, s->n_classes, add, p->k_neighbors, &made));
    HN_TRY(grown(ctx, &near, &made, &all));
    HN_TRY(HN_SCRATCH_NEW(ctx, drop, made.n + 1));
    for (int64_t c = 0; c < s->n_classes; c++) count[c] = s->before[c] + add[c];
    HN_TRY(links ? hn_tomek_mark(ctx, step, &all, HN_SAMPLE_ALL, s->n_classes, count, drop)
                 : hn_edited_mark(ctx, step, &all, HN_SAMPLE_ALL, s->n_classes, count,
                                  p->n_neighbors, p->kind_sel == SEL_MODE, drop));
    for (int64_t i = 0; i < made.n; i++) {
        if (drop[i]) continue;
        made.source[kept] = made.source[i];
        made.partner[kept] = made.partner[i];
        made.share[kept++] = made.share[i];
    }
    made.n = kept;
    HN_TRY(hn_synthetic_rows(ctx, arena, data, &near, &made, ret_rows));
    hn_sampler_made(data, ret_rows, s);
    return HONE_OK;
}

#define K_NEIGHBORS                                                                                \
    HN_PARAM(clean_params, k_neighbors, .def = "5", .range = "[1, 1000]", .unit = "rows",          \
             .doc = "Rows are made between a row and one of so many nearest of its class.")

static const hone_param smote_tomek_table[] = {HN_SAMPLE_OVER(clean_params), K_NEIGHBORS};
static const hone_param smote_edited_table[] = {HN_SAMPLE_OVER(clean_params), K_NEIGHBORS,
                                                EDITED_PARAMS};

static hone_status smote_tomek(hone_ctx *ctx, const void *params, const hone_data *data,
                               hn_arena *arena, void *state, hn_resampled *ret_rows) {
    return smote_then(ctx, "smote_tomek", true, params, data, arena, state, ret_rows);
}

const hone_estimator hn_smote_tomek = {
    .name = "smote_tomek",
    .title = "SMOTE, then leave out Tomek links",
    .class_names = "SMOTETomek",
    .doc =
        "Adds rows to the smaller classes as smote does, then leaves out rows of all classes that "
        "form Tomek links; in training only.",
    .references =
        "Batista, Bazzan, Monard (2003). Balancing training data for automated annotation "
        "of keywords: a case study.",
    .example = "{\"k_neighbors\": 2}",
    .params = HN_PARAMS(clean_params, smote_tomek_table),
    .resample = smote_tomek,
    /* Classes of equal size: no row is made, so what is left out is the same for any seed. */
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .target = "species",
               .columns = "numeric",
               .metric = "rows_after",
               .value = 148,
               .tolerance = 0,
               .source = "imbalanced-learn 0.14.2, SMOTETomek()"}),
    HN_NEAR_HOOKS,
};

static hone_status smote_edited(hone_ctx *ctx, const void *params, const hone_data *data,
                                hn_arena *arena, void *state, hn_resampled *ret_rows) {
    return smote_then(ctx, "smote_edited", false, params, data, arena, state, ret_rows);
}

const hone_estimator hn_smote_edited = {
    .name = "smote_edited",
    .title = "SMOTE, then leave out rows that their neighbours disagree with",
    .class_names = "SMOTEENN",
    .doc =
        "Adds rows to the smaller classes as smote does, then leaves out rows of all classes that "
        "are not of the class of their nearest rows; in training only.",
    .references = "Batista, Prati, Monard (2004). A study of the behavior of several methods for "
                  "balancing machine learning training data.",
    .example = "{\"k_neighbors\": 2, \"kind_sel\": \"mode\"}",
    .params = HN_PARAMS(clean_params, smote_edited_table),
    .resample = smote_edited,
    /* Classes of equal size: no row is made, so what is left out is the same for any seed. */
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .target = "species",
               .columns = "numeric",
               .metric = "rows_after",
               .value = 139,
               .tolerance = 0,
               .source = "imbalanced-learn 0.14.2, SMOTEENN()"}),
    HN_NEAR_HOOKS,
};
