/* emit_help.c - parameter tables as aligned text for a terminal; see emit.h. */
#include "spec/emit.h"
#include "spec/param_parts.h"
#include <string.h>

enum { LEFT_MOST = 30, DEFAULT_MOST = 14 }; /* columns; what is longer gets a line of its own */

/* Characters, not bytes. */
static int text_width(const char *text, size_t length) {
    int n = 0;
    for (size_t i = 0; i < length; i++) n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

static void pad(hn_str *str, int n) {
    for (int i = 0; i < n; i++) hn_str_put_c(str, ' ');
}

void hn_emit_wrapped(hn_str *str, const char *text, int column, int indent, int width) {
    bool first = true;
    while (*text) {
        text += strspn(text, " ");
        size_t length = strcspn(text, " ");
        if (length == 0) break;
        int word = text_width(text, length);
        if (!first && column + 1 + word > width) {
            hn_str_put_c(str, '\n');
            pad(str, indent);
            column = indent;
        } else if (!first) {
            hn_str_put_c(str, ' ');
            column++;
        }
        hn_str_put_n(str, text, length);
        column += word;
        text += length;
        first = false;
    }
    hn_str_put_c(str, '\n');
}

/* "-o, --output FILE", "    --[no-]header", "FILE". */
static void put_left(hn_str *str, const hone_param *param, bool flags) {
    if (!flags) {
        hn_str_put(str, param->name);
        return;
    }
    if (param->positional) {
        hn_put_display(str, param);
        return;
    }
    if (param->letter)
        hn_str_printf(str, "-%c, ", param->letter);
    else
        hn_str_put(str, "    ");
    bool on = param->type == HN_PARAM_BOOL && param->def && strcmp(param->def, "true") == 0;
    if (on) {
        hn_str_put(str, "--[no-]");
        for (const char *p = param->name; *p; p++) hn_str_put_c(str, *p == '_' ? '-' : *p);
        return;
    }
    hn_put_flag(str, param->name);
    if (param->type == HN_PARAM_BOOL) return;
    hn_str_put_c(str, ' ');
    hn_put_display(str, param);
}

static const char *default_text(const hone_param *param) {
    if (param->def && *param->def) return param->def;
    return param->type == HN_PARAM_BOOL ? "false" : "-";
}

static void put_doc(hn_str *str, const hone_param *param, bool flags) {
    hn_str_put(str, param->doc ? param->doc : "");
    hn_str note;
    hn_str_init(&note, str->ctx, str->ctx->scratch);
    bool is_bool = param->type == HN_PARAM_BOOL;
    hn_put_value_note(&note, param, flags && !is_bool);
    if (note.length > 0) hn_str_printf(str, " (%s)", note.text);
    if (note.status != HONE_OK) str->status = note.status;
}

static void put_entry(hn_str *str, const hone_param *param, int left, int middle, int width,
                      bool flags) {
    hn_str cell;
    hn_str_init(&cell, str->ctx, str->ctx->scratch);
    put_left(&cell, param, flags);
    hn_str_put(str, "  ");
    hn_str_put_n(str, cell.text, cell.length);
    int column = 2 + text_width(cell.text, cell.length);
    int indent = 2 + left + 2;
    if (column > 2 + left) {
        hn_str_put_c(str, '\n');
        column = 0;
    }
    if (!flags) {
        const char *text = default_text(param);
        pad(str, indent - column);
        hn_str_put(str, text);
        column = indent + text_width(text, strlen(text));
        indent += middle + 2;
        if (column > indent - 2) {
            hn_str_put_c(str, '\n');
            column = 0;
        }
    }
    pad(str, indent - column);
    hn_str_clear(&cell);
    put_doc(&cell, param, flags);
    hn_emit_wrapped(str, cell.text, indent, indent, width);
    if (cell.status != HONE_OK) str->status = cell.status;
}

void hn_emit_help(hn_str *str, const hn_params *params, int width, bool flags) {
    HN_SCRATCH(str->ctx);
    int left = 0, middle = 0;
    for (int64_t i = 0; i < params->n; i++) {
        hn_str cell;
        hn_str_init(&cell, str->ctx, str->ctx->scratch);
        put_left(&cell, &params->items[i], flags);
        int own = text_width(cell.text, cell.length);
        int of_default = (int)strlen(default_text(&params->items[i]));
        if (own > left && own <= LEFT_MOST) left = own;
        if (of_default > middle && of_default <= DEFAULT_MOST) middle = of_default;
    }
    if (width < left + middle + 30) width = left + middle + 30;
    for (hn_param_level level = HN_BASIC; level <= HN_EXPERT; level++) {
        for (int64_t i = 0; i < params->n; i++) {
            if (params->items[i].level == level)
                put_entry(str, &params->items[i], left, middle, width, flags);
        }
    }
}
