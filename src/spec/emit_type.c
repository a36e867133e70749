/* emit_type.c - a parameter's type and range in words, for help, tables and errors; see emit.h. */
#include "spec/emit.h"
#include "spec/estimator.h"
#include "spec/param_parts.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

/* " in (0, 1]", " >= 1", " < 0", or nothing where every finite number is legal. */
static void put_range(hn_str *str, const hone_param *param) {
    hn_interval range;
    if (!param->range || !hn_interval_parse(param->range, &range)) return;
    bool no_low = isinf(range.low) && range.open_low;
    bool no_high = isinf(range.high) && range.open_high;
    if (no_low && no_high) return;
    if (no_high || no_low) {
        hn_str_put(str, no_high ? " >" : " <");
        hn_str_put(str, (no_high ? range.open_low : range.open_high) ? " " : "= ");
        hn_str_put_double(str, no_high ? range.low : range.high);
        return;
    }
    hn_str_put(str, range.open_low ? " in (" : " in [");
    hn_str_put_double(str, range.low);
    hn_str_put(str, ", ");
    hn_str_put_double(str, range.high);
    hn_str_put_c(str, range.open_high ? ')' : ']');
}

static void put_choices(hn_str *str, const hone_param *param) {
    hn_str_put(str, "one of ");
    for (const char *const *c = param->choices; *c; c++) {
        hn_str_put(str, c == param->choices ? "" : ", ");
        hn_str_put(str, *c);
    }
}

static void put_words(hn_str *str, const hone_param *param, const char *quote) {
    for (const hn_word *w = param->words; w && w->word; w++)
        hn_str_printf(str, " or %s%s%s", quote, w->word, quote);
}

static bool is_integer(const hone_param *param) { return param->type == HN_PARAM_INT; }

/* "model", "classifier", "regressor that takes weights". */
static void put_part_type(hn_str *str, const hone_param *param, bool several) {
    bool classes = (param->part_tasks & HN_TASK_CLASSIFY) != 0;
    bool values = (param->part_tasks & HN_TASK_REGRESSION) != 0;
    hn_str_put(str, classes == values ? "model" : classes ? "classifier" : "regressor");
    if (several) hn_str_put_c(str, 's');
    if (param->part_can & HN_CAN_WEIGHTS)
        hn_str_put(str, several ? " that take weights" : " that takes weights");
}

void hn_put_item_type(hn_str *str, const hone_param *param) {
    switch (param->type) {
    case HN_PARAM_BOOL: hn_str_put(str, "true or false"); return;
    case HN_PARAM_CHOICE: put_choices(str, param); return;
    case HN_PARAM_GROUPS: hn_str_put(str, "text"); return;
    case HN_PARAM_TEXT:
    case HN_PARAM_TEXTS:
        if (param->choices)
            put_choices(str, param);
        else
            hn_str_put(str, "text");
        return;
    case HN_PARAM_INT:
    case HN_PARAM_REAL:
    case HN_PARAM_REALS:
    case HN_PARAM_PAIRS:
        hn_str_put(str, is_integer(param) ? "an integer" : "a real number");
        put_range(str, param);
        put_words(str, param, "'");
        return;
    case HN_PARAM_PART:
    case HN_PARAM_PARTS:
        hn_str_put(str, "a ");
        put_part_type(str, param, false);
        put_words(str, param, "'");
        return;
    }
}

void hn_emit_type(hn_str *str, const hone_param *param) {
    switch (param->type) {
    case HN_PARAM_BOOL: hn_str_put(str, "true or false"); return;
    case HN_PARAM_CHOICE: put_choices(str, param); return;
    case HN_PARAM_TEXT:
        if (param->choices)
            put_choices(str, param);
        else
            hn_str_put(str, "text");
        return;
    case HN_PARAM_TEXTS:
        hn_str_put(str, "list of ");
        if (param->choices)
            put_choices(str, param);
        else
            hn_str_put(str, "texts");
        return;
    case HN_PARAM_GROUPS: hn_str_put(str, "list of lists of texts"); return;
    case HN_PARAM_REALS: hn_str_put(str, "list of reals"); break;
    case HN_PARAM_PAIRS: hn_str_put(str, "object from name to real"); break;
    case HN_PARAM_PART: put_part_type(str, param, false); break;
    case HN_PARAM_PARTS:
        hn_str_put(str, "list of ");
        put_part_type(str, param, true);
        return;
    case HN_PARAM_INT:
    case HN_PARAM_REAL: hn_str_put(str, is_integer(param) ? "integer" : "real"); break;
    }
    put_range(str, param);
    put_words(str, param, "");
}

void hn_put_flag(hn_str *str, const char *name) {
    hn_str_put(str, "--");
    for (; *name; name++) hn_str_put_c(str, *name == '_' ? '-' : *name);
}

void hn_put_display(hn_str *str, const hone_param *param) {
    if (param->display) {
        hn_str_put(str, param->display);
        return;
    }
    if (param->positional) {
        for (const char *p = param->name; *p; p++)
            hn_str_put_c(str, *p == '_' ? '-' : (char)toupper((unsigned char)*p));
        return;
    }
    switch (param->type) {
    case HN_PARAM_BOOL: return;
    case HN_PARAM_INT: hn_str_put(str, "N"); return;
    case HN_PARAM_REAL: hn_str_put(str, "NUM"); return;
    case HN_PARAM_CHOICE: hn_str_put(str, "WORD"); return;
    case HN_PARAM_TEXT: hn_str_put(str, "TEXT"); return;
    case HN_PARAM_TEXTS: hn_str_put(str, "A,B,..."); return;
    case HN_PARAM_REALS: hn_str_put(str, "X,Y,..."); return;
    case HN_PARAM_PAIRS: hn_str_put(str, "NAME=X,..."); return;
    case HN_PARAM_GROUPS: hn_str_put(str, "A,B;C,..."); return;
    case HN_PARAM_PART: hn_str_put(str, "KIND"); return;
    case HN_PARAM_PARTS: hn_str_put(str, "KIND,..."); return;
    }
}

void hn_put_param_name(hn_str *str, const hn_params *params, const hone_param *param) {
    if (!params->flags)
        hn_str_printf(str, "'%s'", param->name);
    else if (param->positional)
        hn_put_display(str, param);
    else
        hn_put_flag(str, param->name);
}

void hn_put_value_note(hn_str *str, const hone_param *param, bool with_default) {
    bool plain_text =
        (param->type == HN_PARAM_TEXT || param->type == HN_PARAM_TEXTS) && !param->choices;
    const char *separator = "";
    if (param->type != HN_PARAM_BOOL && !plain_text) {
        hn_emit_type(str, param);
        separator = "; ";
    }
    if (param->unit) {
        hn_str_printf(str, "%s%s", *separator ? ", " : "", param->unit);
        separator = "; ";
    }
    if (with_default && param->def) {
        hn_str_printf(str, "%sdefault %s", separator, *param->def ? param->def : "empty");
        separator = "; ";
    }
    if (with_default && param->required) hn_str_printf(str, "%srequired", separator);
}
