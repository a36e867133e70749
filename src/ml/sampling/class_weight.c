/* class_weight.c - no row more or less, but weights that make rare classes count as much as others. */
#include "ml/sampling/sampling.h"
#include "num/math.h"

typedef struct weight_params {
    double power;
} weight_params;

static const hone_param table[] = {
    HN_PARAM(weight_params, power, .def = "1", .range = "(0, 2]", .search = "[0.3, 1]",
             .doc = "Weights to this power: 1 makes classes equal, 0.5 goes half the way."),
};

static hone_status weigh(hone_ctx *ctx, const void *params, const hone_data *data, hn_arena *arena,
                         void *state, hn_resampled *ret_rows) {
    const weight_params *p = params;
    hn_sampler_state *s = state;
    HN_SCRATCH(ctx);
    double *weight, *by_class;
    HN_TRY(hn_data_balanced_weights(ctx, data, &by_class));
    HN_TRY(HN_NEW(ctx, arena, weight, data->x->n_rows + 1));
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        double own = data->weight ? data->weight[i] : 1;
        double share = own > 0 ? by_class[i] / own : 0;
        weight[i] = p->power == 1 ? by_class[i] : share > 0 ? own * hn_pow(share, p->power) : 0;
    }
    *ret_rows = (hn_resampled){.n = data->x->n_rows, .weight = weight};
    hn_sampler_made(data, ret_rows, s);
    return HONE_OK;
}

const hone_estimator hn_class_weight = {
    .name = "class_weight",
    .title = "Weights that balance classes",
    .class_names = "ClassWeight",
    .doc = "Gives rows the weight of their class: rows / (classes x rows of the class), times the "
           "weight "
           "that they have; in training only. For models that take weights; another refuses.",
    .references = "King, Zeng (2001). Logistic regression in rare events data.",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE,
    .params = HN_PARAMS(weight_params, table),
    .transform = hn_sampler_pass,
    .resample = weigh,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .target = "Survived",
               .metric = "rows_after",
               .value = 891,
               .tolerance = 0,
               .source = "the data: no row comes or goes"}),
    HN_SAMPLER_HOOKS,
};
