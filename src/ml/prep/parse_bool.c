/* parse_bool.c - truth values out of words: yes and no, on and off, and what else is said. */
#include "base/utf8.h"
#include "ml/prep/repair.h"

#include <string.h>

typedef struct bool_params {
    hn_texts true_words, false_words;
    double min_read;
} bool_params;

static const hone_param params[] = {
    HN_PARAM(bool_params, true_words, .def = "true,t,yes,y,on,1",
             .doc = "What means true, in any case and with any space around it."),
    HN_PARAM(bool_params, false_words, .def = "false,f,no,n,off,0", .doc = "What means false."),
    HN_PARAM(bool_params, min_read, .def = "0.5", .range = "[0, 1]",
             .doc = "Columns of which a smaller share of the texts is one of these words stay as "
                    "they are."),
};

enum { LONGEST = 64 };

static hn_slice fold(hn_slice text, char buffer[LONGEST]) {
    text = hn_utf8_trim(text);
    if (text.length > LONGEST) return (hn_slice){NULL, 0};
    hn_utf8_change(text, hn_utf8_lower, buffer);
    return (hn_slice){buffer, text.length};
}

static bool same(hn_slice text, const char *word) {
    char buffer[LONGEST];
    hn_slice folded = fold((hn_slice){word, strlen(word)}, buffer);
    return folded.text != NULL && folded.length == text.length &&
           memcmp(folded.text, text.text, text.length) == 0;
}

static bool read_text(const hn_repair_state *s, int32_t j, int32_t way, hn_slice text,
                      void *value) {
    (void)j, (void)way;
    char buffer[LONGEST];
    text = fold(text, buffer);
    for (int64_t i = 0; text.text != NULL && i < s->n_words; i++) {
        uint8_t truth = i < s->n_first;
        if (!same(text, s->words[i])) continue;
        memcpy(value, &truth, 1);
        return true;
    }
    return false;
}

static const hn_repair repair = {
    .step = "parse_bool", .n_ways = 1, .type = HN_BOOL, .read = read_text};

static hone_status check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    (void)data;
    const bool_params *p = params_;
    char buffer[LONGEST];
    for (int64_t i = 0; i < p->true_words.n; i++) {
        const char *word = p->true_words.items[i];
        hn_slice text = fold((hn_slice){word, strlen(word)}, buffer);
        for (int64_t k = 0; text.text != NULL && k < p->false_words.n; k++)
            if (same(text, p->false_words.items[k]))
                return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "false_words"),
                                  "parse_bool: '%.40s' is among 'true_words' and 'false_words'; "
                                  "take it out of one",
                                  word);
    }
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const bool_params *p = params_;
    HN_TRY(hn_repair_words(ctx, arena, &p->true_words, &p->false_words, ret_state));
    return hn_repair_fit(ctx, &repair, 0, 0, p->min_read, data->x, arena, ret_state);
}

HN_REPAIR_HOOKS(repair)

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    hn_repair_report(state, schema, NULL, NULL, doc, object);
    return HONE_OK;
}

const hone_estimator hn_parse_bool = {
    .name = "parse_bool",
    .title = "Truth values out of words",
    .class_names = "ParseBool",
    .doc = "Turns columns of words such as yes and no, on and off, true and false into truth "
           "values; other "
           "words can be given. What is none of them becomes missing and is counted in the report. "
           "Columns "
           "of other words stay as they are.",
    .params = HN_PARAMS(bool_params, params),
    HN_REPAIR_DECLARED,
    HN_GOLDEN({.dataset = "tabular/telco_churn/Telco-Customer-Churn.csv",
               .columns = "Partner,OnlineSecurity,Churn",
               .metric = "sum",
               .value = 7290,
               .tolerance = 0,
               .source = "pandas 3.1, str.lower().map({'yes': 1, 'no': 0})"}),
};
