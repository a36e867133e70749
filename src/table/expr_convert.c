/* expr_convert.c - kernels between texts and values of other kinds. */
#include "table/texts.h"
#include "table/expr_texts.h"
#include <math.h>

static double number_of(const hn_call *call, int64_t i) {
    double x = (double)NAN;
    switch (call->kind) {
    case HN_NUMBER: return ((const double *)call->args[0])[i];
    case HN_BOOLEAN: {
        int8_t truth = ((const int8_t *)call->args[0])[i];
        return truth < 0 ? (double)NAN : truth;
    }
    case HN_TIMESTAMP: {
        int64_t time = ((const int64_t *)call->args[0])[i];
        return time == HN_NO_TIME ? (double)NAN : (double)time / 1e6;
    }
    default: {
        hn_slice text = TEXTS(call, 0)[i];
        bool is_number = text.text && hn_parse_double(hn_trim_space(text), &x);
        return is_number && isfinite(x) ? x : (double)NAN;
    }
    }
}

hone_status hn_kernel_to_number(const hn_call *call) {
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) out[i] = number_of(call, i);
    return HONE_OK;
}

/* At least HN_TIME_SIZE bytes of buffer; 0 where missing. */
static size_t print(const hn_call *call, int64_t i, char *buffer) {
    switch (call->kind) {
    case HN_NUMBER: {
        double x = ((const double *)call->args[0])[i];
        return x == x ? hn_format_double(x, buffer) : 0;
    }
    case HN_BOOLEAN: {
        int8_t truth = ((const int8_t *)call->args[0])[i];
        if (truth < 0) return 0;
        memcpy(buffer, truth ? "true" : "false", 5);
        return truth ? 4 : 5;
    }
    default: {
        int64_t time = ((const int64_t *)call->args[0])[i];
        return time == HN_NO_TIME ? 0 : hn_time_format(time, hn_time_is_date(time), buffer);
    }
    }
}

hone_status hn_kernel_to_text(const hn_call *call) {
    hn_slice *out = call->out;
    if (call->kind == HN_TEXT) {
        memcpy(out, call->args[0], (size_t)call->n * sizeof *out);
        return HONE_OK;
    }
    for (int64_t i = 0; i < call->n; i++) {
        char *to = hn_text_pool_take(call->pool, HN_TIME_SIZE);
        if (!to) return call->ctx->error.code;
        size_t length = print(call, i, to);
        out[i] = length ? (hn_slice){to, length} : MISSING;
        hn_text_pool_give_back(call->pool, HN_TIME_SIZE - length);
    }
    return HONE_OK;
}

/* A number as people write it, with the point or comma that is asked for. */
hone_status hn_kernel_parse_number(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0), *decimal = call->n_args > 1 ? TEXTS(call, 1) : NULL;
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        hn_amount amount;
        char mark = decimal && decimal[i].length == 1 ? *decimal[i].text : '.';
        out[i] = (double)NAN;
        if (!text[i].text || (decimal && !decimal[i].text)) continue;
        if (decimal && mark != ',' && (mark != '.' || decimal[i].length != 1))
            return hn_fail(call->ctx, HONE_ERROR_DATA,
                           "parse_number: before the fraction stands '.' or ',', not '%.*s'",
                           (int)(decimal[i].length < 20 ? decimal[i].length : 20), decimal[i].text);
        if (hn_read_amount(text[i], mark, &amount)) out[i] = amount.value;
    }
    return HONE_OK;
}
