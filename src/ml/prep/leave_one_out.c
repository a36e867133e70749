/* leave_one_out.c - encodings by target where a training row's own target is left out of what it gets: of
 * all other rows (leave-one-out), or of the rows before it (as CatBoost does). */
#include "ml/prep/encode.h"

#include "base/rng.h"

typedef struct left_out_params {
    double sigma, smooth;
    int unknown;
} left_out_params;

#define NOISE                                                                                      \
    HN_PARAM(left_out_params, sigma, .def = "0", .range = "[0, inf)", .level = HN_ADVANCED,        \
             .doc = "Training rows get their number times a normal one of mean 1 and this "        \
                    "deviation.")

static double noisy(hone_ctx *ctx, double sigma, int64_t column, int64_t row, double value) {
    if (!(sigma > 0)) return value;
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("leave_one_out.noise", (uint64_t)column));
    rng.index = (uint64_t)row;
    return value * (1 + sigma * hn_rng_normal(&rng));
}

typedef struct rows_job {
    const left_out_params *params;
    const hn_encode_state *state;
    const hone_data *data;
    double *out;
} rows_job;

static hone_status each_row(hone_ctx *ctx, const void *params, const hone_data *data,
                            hn_column_fn *fn, hn_arena *arena, const void *state,
                            hn_resampled *ret_rows) {
    rows_job job = {.params = params, .state = state, .data = data};
    hn_table *out;
    HN_TRY(HN_NEW(ctx, arena, out, 1));
    HN_TRY(hn_encode_columns(ctx, state, data->x->n_rows, arena, &job.out, out));
    HN_TRY(hn_each_column(ctx, data->x->n_columns, fn, &job));
    ret_rows->n = data->x->n_rows;
    ret_rows->x = out;
    return HONE_OK;
}

/* ---- leave_one_out --------------------------------------------------------------------------- */

static const hone_param left_out_table[] = {NOISE, HN_ENCODE_UNKNOWN(left_out_params, "mean")};

/* A category of one row would say that row's target. */
static double mean_of_slot(const void *params, const hn_encode_tally *t, int64_t slot) {
    (void)params;
    return t->count[slot] > 1 ? t->sum[slot] / t->count[slot] : t->mean;
}

static hone_status fit_left_out(hone_ctx *ctx, const void *params, const hone_data *data,
                                hn_arena *arena, void *state) {
    const left_out_params *p = params;
    return hn_encode_fit(ctx, "leave_one_out", p, p->unknown, data, mean_of_slot, (double)NAN,
                         arena, state);
}

static hone_status leave_out(hone_ctx *ctx, void *arg, int32_t j) {
    const rows_job *job = arg;
    const hn_column *column = &job->data->x->columns[j];
    for (int64_t c = 0; c < job->state->k; c++) {
        HN_SCRATCH(ctx);
        int64_t at = j * job->state->k + c;
        double *y, *out = job->out + at * column->n;
        hn_encode_tally t;
        HN_TRY(hn_encode_target(ctx, job->data, job->state->k, c, &y));
        HN_TRY(hn_encode_count(ctx, column, y, NULL, 0, &t));
        for (int64_t i = 0; i < column->n; i++) {
            int64_t slot = hn_encode_slot(column, i);
            double rest = slot >= 0 ? t.count[slot] - 1 : 0;
            double value = rest > 0 ? (t.sum[slot] - y[i]) / rest : t.mean;
            out[i] = noisy(ctx, job->params->sigma, at, i, value);
        }
    }
    return HONE_OK;
}

static hone_status resample_left_out(hone_ctx *ctx, const void *params, const hone_data *data,
                                     hn_arena *arena, void *state, hn_resampled *ret_rows) {
    return each_row(ctx, params, data, leave_out, arena, state, ret_rows);
}

const hone_estimator hn_leave_one_out = {
    .name = "leave_one_out",
    .title = "Categories by the target of other rows",
    .class_names = "LeaveOneOutEncoder",
    .doc = "Turns each category into the mean of the target where it occurs; a training row gets "
           "the mean of the other rows of its category. A category of one row gets the mean of "
           "all.",
    .references = "Zhang (2015). Strategies to encode categorical variables with many categories.",
    .can = HN_ENCODE_CAN,
    .target = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .params = HN_PARAMS(left_out_params, left_out_table),
    .fit = fit_left_out,
    .resample = resample_left_out,
    HN_ENCODE_HOOKS,
    HN_GOLDEN({.dataset = "tabular/telco_churn/Telco-Customer-Churn.csv",
               .target = "Churn",
               .columns = "Contract,PaymentMethod,InternetService",
               .params = NULL,
               .metric = "squares",
               .value = 1987.981740285351,
               .tolerance = 1e-9,
               .source = "category_encoders 2.11.2, LeaveOneOutEncoder(), transform"}),
};

/* ---- ordered_target -------------------------------------------------------------------------- */

static const hone_param ordered_table[] = {
    HN_PARAM(left_out_params, smooth, .def = "1", .range = "(0, inf)", .unit = "rows",
             .aliases = HN_CHOICES("a"),
             .doc = "How many rows the mean of all counts for beside a category's own.",
             .search = "[0.5, 100] log"),
    NOISE,
    HN_ENCODE_UNKNOWN(left_out_params, "mean"),
};

static double smoothed(const void *params, const hn_encode_tally *t, int64_t slot) {
    const left_out_params *p = params;
    if (!(t->count[slot] > 1)) return t->mean;
    return (t->sum[slot] + t->mean * p->smooth) / (t->count[slot] + p->smooth);
}

static hone_status fit_ordered(hone_ctx *ctx, const void *params, const hone_data *data,
                               hn_arena *arena, void *state) {
    const left_out_params *p = params;
    return hn_encode_fit(ctx, "ordered_target", p, p->unknown, data, smoothed, (double)NAN, arena,
                         state);
}

static hone_status encode_in_order(hone_ctx *ctx, void *arg, int32_t j) {
    const rows_job *job = arg;
    const hn_column *column = &job->data->x->columns[j];
    double smooth = job->params->smooth;
    for (int64_t c = 0; c < job->state->k; c++) {
        HN_SCRATCH(ctx);
        int64_t at = j * job->state->k + c;
        double *y, *sum, *count, *out = job->out + at * column->n;
        hn_encode_tally t;
        HN_TRY(hn_encode_target(ctx, job->data, job->state->k, c, &y));
        HN_TRY(hn_encode_count(ctx, column, y, NULL, 0, &t));
        HN_TRY(HN_SCRATCH_NEW(ctx, sum, t.n));
        HN_TRY(HN_SCRATCH_NEW(ctx, count, t.n));
        for (int64_t i = 0; i < column->n; i++) {
            int64_t slot = hn_encode_slot(column, i);
            double value = t.mean;
            if (slot >= 0) {
                value = (sum[slot] + t.mean * smooth) / (count[slot] + smooth);
                sum[slot] += y[i];
                count[slot]++;
            }
            out[i] = noisy(ctx, job->params->sigma, at, i, value);
        }
    }
    return HONE_OK;
}

static hone_status resample_ordered(hone_ctx *ctx, const void *params, const hone_data *data,
                                    hn_arena *arena, void *state, hn_resampled *ret_rows) {
    return each_row(ctx, params, data, encode_in_order, arena, state, ret_rows);
}

const hone_estimator hn_ordered_target = {
    .name = "ordered_target",
    .title = "Categories by the target of the rows before",
    .class_names = "CatBoostEncoder",
    .doc = "Turns each category into the mean of the target where it occurs, drawn towards the "
           "mean of all; a training row gets it from the rows of its category that stand before "
           "it. Rows in order of time are then encoded by their past alone; else shuffle them "
           "first.",
    .references = "Prokhorenkova, Gusev, Vorobev, Dorogush, Gulin (2018). CatBoost: unbiased "
                  "boosting with categorical features.",
    .can = HN_ENCODE_CAN,
    .target = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .params = HN_PARAMS(left_out_params, ordered_table),
    .fit = fit_ordered,
    .resample = resample_ordered,
    HN_ENCODE_HOOKS,
    HN_GOLDEN({.dataset = "tabular/telco_churn/Telco-Customer-Churn.csv",
               .target = "Churn",
               .columns = "Contract,PaymentMethod,InternetService",
               .params = NULL,
               .metric = "squares",
               .value = 1987.7458494067425,
               .tolerance = 1e-9,
               .source = "category_encoders 2.11.2, CatBoostEncoder(), transform"}),
};
