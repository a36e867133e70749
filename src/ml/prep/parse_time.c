/* parse_time.c - dates and times out of texts, in many formats or in given ones. */
#include "ml/prep/repair.h"
#include "table/texts.h"

#include <string.h>

typedef struct time_params {
    hn_texts formats;
    int day_first;
    double min_read;
} time_params;

enum { AUTO, YES, NO };

static const hone_param params[] = {
    HN_PARAM(time_params, formats, .whole = true, .aliases = HN_CHOICES("format"),
             .doc = "How times are written, as in \"%d.%m.%Y %H:%M\"; the first that fits a text "
                    "reads it. None given: whatever is understood as a time."),
    HN_PARAM(time_params, day_first, .def = "auto", .choices = HN_CHOICES("auto", "yes", "no"),
             .aliases = HN_CHOICES("dayfirst"),
             .doc = "Whether 3/4/2020 is the 3rd of April; auto: by column, what reads more texts, "
                    "month first where both read the same."),
    HN_PARAM(time_params, min_read, .def = "0.5", .range = "[0, 1]",
             .doc = "Columns of which a smaller share of the texts is a time stay as they are."),
};

static hone_status check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    (void)data;
    const time_params *p = params_;
    char bad;
    for (int64_t i = 0; i < p->formats.n; i++)
        if (!hn_time_format_is_good(p->formats.items[i], &bad))
            return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "formats"),
                              "parse_time: the format '%.100s' has a %%%.1s, which means nothing "
                              "here; there are %%Y %%y %%m %%b %%B %%d %%j %%H %%I %%M %%S %%f %%p "
                              "%%z %%Z %%a %%A %%s %%%%",
                              p->formats.items[i], &bad);
    return HONE_OK;
}

static bool read_text(const hn_repair_state *s, int32_t j, int32_t way, hn_slice text,
                      void *value) {
    (void)j;
    int64_t time = 0;
    bool found = s->n_words == 0 && hn_read_time(text, way == 1, &time);
    for (int64_t i = 0; !found && i < s->n_words; i++)
        found = hn_read_time_by(text, s->words[i], &time);
    if (found) memcpy(value, &time, sizeof time);
    return found;
}

static const hn_repair repair = {
    .step = "parse_time", .n_ways = 2, .type = HN_TIME, .read = read_text};

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    static const hn_texts none = {NULL, 0};
    const time_params *p = params_;
    HN_TRY(hn_repair_words(ctx, arena, &p->formats, &none, ret_state));
    int32_t first = p->day_first == YES, last = p->day_first != NO;
    if (p->formats.n > 0) first = last = 0;
    return hn_repair_fit(ctx, &repair, first, last, p->min_read, data->x, arena, ret_state);
}

HN_REPAIR_HOOKS(repair)

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    static const char *const orders[] = {"month_first", "day_first"};
    const hn_repair_state *s = state;
    hn_repair_report(s, schema, s->n_words == 0 ? "order" : NULL, orders, doc, object);
    return HONE_OK;
}

const hone_estimator hn_parse_time = {
    .name = "parse_time",
    .title = "Times out of texts",
    .class_names = "ParseTime",
    .doc =
        "Turns columns of texts such as \"13/02/2020\", \"Feb 13, 2020 5:30 pm\" or "
        "\"20200213T1730\" "
        "into timestamps. Whether the day or the month stands first is learned for each column and "
        "said in the report; formats can be given. What is no time becomes missing and is counted. "
        "date_parts or derive makes features of them.",
    .params = HN_PARAMS(time_params, params),
    HN_REPAIR_DECLARED,
    HN_GOLDEN({.dataset = "tabular/bank_marketing/bank-full.csv",
               .columns = "month",
               .params = "{\"formats\": [\"%b\"]}",
               .metric = "sum",
               .value = -9.92635947072e19,
               .tolerance = 1e12,
               .source = "pandas 3.1, to_datetime(format='%b') in microseconds"}),
};
