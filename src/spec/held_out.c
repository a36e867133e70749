/* held_out.c - see held_out.h. */
#include "spec/held_out.h"
#include "num/math.h"

/* A class to which no chance is given costs no more than this one. */
static const double LEAST_CHANCE = 1e-15;

double hn_answers_score(const hone_data *data, const double *answers) {
    double n = 0, hits = 0, mean = 0, error = 0, spread = 0;
    int64_t k = data->n_classes;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        double w = data->weight ? data->weight[i] : 1;
        n += w;
        mean += w * data->y[i];
        if (k > 0) hits += w * ((double)hn_first_largest(answers + i * k, k) == data->y[i]);
    }
    if (!(n > 0)) return 0;
    if (k > 0) return hits / n;
    mean /= n;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        double w = data->weight ? data->weight[i] : 1;
        double off = data->y[i] - answers[i], from_mean = data->y[i] - mean;
        error += w * off * off;
        spread += w * from_mean * from_mean;
    }
    return spread > 0 ? 1 - error / spread : 0;
}

hone_status hn_held_score(hone_ctx *ctx, const char *step, const hn_part *part,
                          const hone_data *train, const hone_data *test, uint64_t seed,
                          double *ret_score) {
    HN_SCRATCH(ctx);
    hn_child child;
    double *answers;
    int64_t k = test->n_classes > 0 ? test->n_classes : 1;
    HN_TRY(HN_SCRATCH_NEW(ctx, answers, test->x->n_rows * k + 1));
    HN_TRY(hn_child_fit(ctx, step, part, train, seed, &child));
    hone_status status = hn_child_predict(ctx, &child, test->x, answers);
    hn_child_done(&child);
    HN_TRY(status);
    *ret_score = hn_answers_score(test, answers);
    return HONE_OK;
}

/* The log loss of a row whose class is right, of k classes; without chances, whether it is wrong. */
static double class_loss(const double *row, int64_t k, int64_t right, bool probable) {
    if (!probable) return (double)(hn_first_largest(row, k) != right);
    double chance = row[right] > LEAST_CHANCE ? row[right] : LEAST_CHANCE;
    return -hn_log(chance < 1 ? chance : 1);
}

double hn_answers_loss(const hone_data *data, bool probable, const double *answers,
                       double *ret_losses) {
    double n = 0, sum = 0;
    int64_t k = data->n_classes;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        double w = data->weight ? data->weight[i] : 1, off = k > 0 ? 0 : data->y[i] - answers[i];
        double loss =
            k > 0 ? class_loss(answers + i * k, k, (int64_t)data->y[i], probable) : off * off;
        if (ret_losses) ret_losses[i] = loss;
        n += w;
        sum += w * loss;
    }
    return n > 0 ? sum / n : 0;
}

hone_status hn_held_folds(hone_ctx *ctx, const char *step, const hone_data *data, int64_t k,
                          hn_rows **ret_folds) {
    hn_split_keys keys = {.time = data->time};
    hn_rows *folds;
    if (!data->time) keys.group = data->group;
    if (!data->time && data->n_classes > 0) keys.strata = data->y;
    HN_TRY(HN_SCRATCH_NEW(ctx, folds, k));
    HN_TRY(hn_fail_in(ctx, step,
                      hn_data_folds(ctx, ctx->scratch, data, &keys, (int)k, ctx->seed, folds)));
    *ret_folds = folds;
    return HONE_OK;
}

hone_status hn_held_fold(hone_ctx *ctx, const hone_data *data, hn_rows fold, hone_data *ret_train,
                         hone_data *ret_test) {
    hn_rows rest;
    HN_TRY(hn_data_except(ctx, ctx->scratch, data, fold, &rest));
    HN_TRY(hn_data_take(ctx, ctx->scratch, data, rest.rows, rest.n, ret_train));
    return hn_data_take(ctx, ctx->scratch, data, fold.rows, fold.n, ret_test);
}
