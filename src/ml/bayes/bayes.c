/* bayes.c - priors and probabilities of naive Bayes; see bayes.h. */
#include "ml/bayes/bayes.h"
#include "base/parallel.h"
#include "num/math.h"
#include <string.h>

hone_status hn_bayes_check_priors(hone_ctx *ctx, const char *kind, const char *param,
                                  const hn_reals *priors, const hone_data *data) {
    if (priors->n == 0) return HONE_OK;
    hn_where where = HN_AT(.param = param);
    if (priors->n != data->n_classes)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, where,
                          "%s: '%s' holds %lld probabilities for %d classes; give one for each",
                          kind, param, (long long)priors->n, (int)data->n_classes);
    double sum = hn_sum(priors->items, priors->n);
    if (fabs(sum - 1) <= 1e-8) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, where, "%s: '%s' sums to %g; let it sum to 1", kind,
                      param, sum);
}

void hn_bayes_log_priors(const hn_reals *given, bool uniform, const double *count, int64_t k,
                         double *ret) {
    double total = hn_sum(count, k);
    for (int64_t c = 0; c < k; c++) {
        double prior = given->n > 0 ? given->items[c] : uniform ? 1 / (double)k : count[c] / total;
        ret[c] = hn_log(prior);
    }
}

void hn_bayes_probabilities(const double *log_prior, int64_t n, int64_t k, double *scores) {
    for (int64_t i = 0; i < n; i++) {
        double *row = scores + i * k;
        bool any = false;
        for (int64_t c = 0; c < k; c++) any |= row[c] > -INFINITY;
        if (!any) memcpy(row, log_prior, (size_t)k * sizeof *row);
    }
    hn_softmax_rows(scores, n, k);
}

void hn_bayes_report(const double *log_prior, int64_t k, hn_json_doc *doc, hn_json_mut *object) {
    hn_json_mut *priors = yyjson_mut_obj_add_arr(doc, object, "class_prior");
    for (int64_t c = 0; c < k; c++) yyjson_mut_arr_add_real(doc, priors, hn_exp(log_prior[c]));
}
