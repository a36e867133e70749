/* random_sample.c - rows of small classes drawn again, or rows of large ones left out, at random. */
#include "base/rng.h"
#include "ml/sampling/sampling.h"

/* ---- more ------------------------------------------------------------------------------------ */

typedef struct over_params {
    double sampling_strategy;
} over_params;

static const hone_param over_table[] = {HN_SAMPLE_OVER(over_params)};

/* The rows as they are, then those drawn again, class by class. */
static hone_status over(hone_ctx *ctx, const void *params, const hone_data *data, hn_arena *arena,
                        void *state, hn_resampled *ret_rows) {
    const over_params *p = params;
    hn_sampler_state *s = state;
    HN_SCRATCH(ctx);
    int64_t *add, *source, *partner, n = data->x->n_rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, add, s->n_classes + 1));
    HN_TRY(hn_sample_to_add(ctx, "random_over_sample", p->sampling_strategy, s->n_classes,
                            s->before, add));
    for (int64_t c = 0; c < s->n_classes; c++) n += add[c];
    HN_TRY(HN_NEW(ctx, arena, source, n + 1));
    HN_TRY(HN_NEW(ctx, arena, partner, n + 1));
    int64_t at = 0;
    for (; at < data->x->n_rows; at++) {
        source[at] = at;
        partner[at] = -1;
    }
    for (int64_t c = 0; c < s->n_classes; c++) {
        hn_rows rows;
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream("over_sample", (uint64_t)c));
        HN_TRY(hn_rows_of_class(ctx, ctx->scratch, data, c, &rows));
        for (int64_t i = 0; i < add[c]; i++, at++)
            source[at] = partner[at] = rows.rows[hn_rng_below(&rng, rows.n)];
    }
    *ret_rows = (hn_resampled){.n = n, .source = source, .partner = partner};
    hn_sampler_made(data, ret_rows, s);
    return HONE_OK;
}

const hone_estimator hn_random_over_sample = {
    .name = "random_over_sample",
    .title = "Draw rows of small classes again",
    .class_names = "RandomOverSampler",
    .doc =
        "Repeats rows of the smaller classes, drawn at random, until all classes have as many; in "
        "training only. For models that overlook a rare class. Probabilities that are learned "
        "from such rows are too high for it.",
    .references = "Batista, Prati, Monard (2004). A study of the behavior of several methods for "
                  "balancing machine learning training data.",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE,
    .params = HN_PARAMS(over_params, over_table),
    .transform = hn_sampler_pass,
    .resample = over,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .target = "Survived",
               .metric = "rows_after",
               .value = 1098,
               .tolerance = 0,
               .source = "imbalanced-learn 0.14.0, RandomOverSampler()"}),
    HN_SAMPLER_HOOKS,
};

/* ---- fewer ----------------------------------------------------------------------------------- */

typedef struct under_params {
    double sampling_strategy;
    bool replacement;
} under_params;

static const hone_param under_table[] = {
    HN_SAMPLE_UNDER(under_params),
    HN_PARAM(under_params, replacement, .def = "false",
             .doc = "Draw the rows that stay with replacement, so that some come twice."),
};

/* How often each row of a class of which k stay is drawn, into times. */
static hone_status draw(hone_ctx *ctx, const under_params *p, int64_t c, hn_rows rows, int64_t k,
                        int64_t *times) {
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("under_sample", (uint64_t)c));
    int64_t *chosen;
    if (k == rows.n) {
        for (int64_t i = 0; i < rows.n; i++) times[rows.rows[i]] = 1;
        return HONE_OK;
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, chosen, k + 1));
    if (!p->replacement) hn_rng_choose(&rng, rows.n, k, chosen);
    for (int64_t i = 0; i < k; i++)
        times[rows.rows[p->replacement ? hn_rng_below(&rng, rows.n) : chosen[i]]]++;
    return HONE_OK;
}

/* Rows stay in their order; one that is drawn twice stands twice in a row. */
static hone_status under(hone_ctx *ctx, const void *params, const hone_data *data, hn_arena *arena,
                         void *state, hn_resampled *ret_rows) {
    const under_params *p = params;
    hn_sampler_state *s = state;
    HN_SCRATCH(ctx);
    int64_t *keep, *times, *source, *partner, n = 0, at = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, s->n_classes + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, times, data->x->n_rows + 1));
    HN_TRY(hn_sample_to_keep(ctx, "random_under_sample", p->sampling_strategy, s->n_classes,
                             s->before, keep));
    for (int64_t c = 0; c < s->n_classes; c++) {
        hn_rows rows;
        HN_TRY(hn_rows_of_class(ctx, ctx->scratch, data, c, &rows));
        HN_TRY(draw(ctx, p, c, rows, keep[c], times));
        n += keep[c];
    }
    HN_TRY(HN_NEW(ctx, arena, source, n + 1));
    HN_TRY(HN_NEW(ctx, arena, partner, n + 1));
    for (int64_t i = 0; i < data->x->n_rows; i++)
        for (int64_t k = 0; k < times[i]; k++, at++) {
            source[at] = i;
            partner[at] = k == 0 ? -1 : i;
        }
    *ret_rows = (hn_resampled){.n = n, .source = source, .partner = partner};
    hn_sampler_made(data, ret_rows, s);
    return HONE_OK;
}

const hone_estimator hn_random_under_sample = {
    .name = "random_under_sample",
    .title = "Leave out rows of large classes",
    .class_names = "RandomUnderSampler",
    .doc =
        "Leaves out rows of the larger classes, drawn at random, until all classes have as few; in "
        "training only. For very many rows, of which a rare class is a small part. Probabilities "
        "that are learned from what stays are too high for the rare class.",
    .references = "Batista, Prati, Monard (2004). A study of the behavior of several methods for "
                  "balancing machine learning training data.",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE,
    .params = HN_PARAMS(under_params, under_table),
    .transform = hn_sampler_pass,
    .resample = under,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .target = "Survived",
               .metric = "rows_after",
               .value = 684,
               .tolerance = 0,
               .source = "imbalanced-learn 0.14.0, RandomUnderSampler()"}),
    HN_SAMPLER_HOOKS,
};
