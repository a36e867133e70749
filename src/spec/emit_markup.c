/* emit_markup.c - parameter tables as Markdown and as man page entries; see emit.h. */
#include "spec/emit.h"
#include "spec/param_parts.h"
#include <string.h>

/* ---- Markdown ------------------------------------------------------------------------------- */

/* Text of a cell: '|' would end it. */
static void put_cell(hn_str *str, const char *text) {
    for (; *text; text++) {
        if (*text == '|') hn_str_put_c(str, '\\');
        hn_str_put_c(str, *text == '\n' ? ' ' : *text);
    }
}

void hn_emit_markdown(hn_str *str, const hn_params *params) {
    if (params->n == 0) {
        hn_str_put(str, "No parameters.\n");
        return;
    }
    HN_SCRATCH(str->ctx);
    hn_str cell;
    hn_str_init(&cell, str->ctx, str->ctx->scratch);
    hn_str_put(str, "| Parameter | Type | Default | |\n|---|---|---|---|\n");
    for (hn_param_level level = HN_BASIC; level <= HN_EXPERT; level++) {
        for (int64_t i = 0; i < params->n; i++) {
            const hone_param *param = &params->items[i];
            if (param->level != level) continue;
            hn_str_printf(str, "| `%s` | ", param->name);
            hn_str_clear(&cell);
            hn_emit_type(&cell, param);
            if (param->unit) hn_str_printf(&cell, ", in %s", param->unit);
            put_cell(str, cell.text);
            hn_str_put(str, " | ");
            if (param->def && *param->def) {
                hn_str_put(str, "`");
                put_cell(str, param->def);
                hn_str_put(str, "`");
            } else if (param->required) {
                hn_str_put(str, "required");
            }
            hn_str_put(str, " | ");
            put_cell(str, param->doc ? param->doc : "");
            hn_str_put(str, " |\n");
        }
    }
    if (cell.status != HONE_OK) str->status = cell.status;
}

/* ---- roff ----------------------------------------------------------------------------------- */

void hn_emit_roff_text(hn_str *str, const char *text) {
    bool line_begins = true;
    for (; *text; text++) {
        /* A dot or quote that begins a line would be a request; a bare '-' may print as a hyphen.
         */
        if (line_begins && (*text == '.' || *text == '\'')) hn_str_put(str, "\\&");
        if (*text == '\\')
            hn_str_put(str, "\\e");
        else if (*text == '-')
            hn_str_put(str, "\\-");
        else
            hn_str_put_c(str, *text);
        line_begins = *text == '\n';
    }
}

static void put_tag(hn_str *str, const hn_params *params, const hone_param *param, hn_str *cell) {
    hn_str_put(str, ".TP\n");
    hn_str_clear(cell);
    if (param->letter) {
        hn_str_printf(str, "\\fB\\-%c\\fR, ", param->letter);
    }
    if (params->flags && param->positional) {
        hn_put_display(cell, param);
        hn_str_put(str, "\\fI");
    } else if (params->flags) {
        hn_put_flag(cell, param->name);
        hn_str_put(str, "\\fB");
    } else {
        hn_str_put(cell, param->name);
        hn_str_put(str, "\\fB");
    }
    hn_emit_roff_text(str, cell->text);
    hn_str_put(str, "\\fR");
    hn_str_clear(cell);
    hn_put_display(cell, param);
    if (params->flags && !param->positional && cell->length > 0) {
        hn_str_put(str, " \\fI");
        hn_emit_roff_text(str, cell->text);
        hn_str_put(str, "\\fR");
    }
    hn_str_put_c(str, '\n');
}

void hn_emit_roff(hn_str *str, const hn_params *params) {
    HN_SCRATCH(str->ctx);
    hn_str cell;
    hn_str_init(&cell, str->ctx, str->ctx->scratch);
    for (hn_param_level level = HN_BASIC; level <= HN_EXPERT; level++) {
        for (int64_t i = 0; i < params->n; i++) {
            const hone_param *param = &params->items[i];
            if (param->level != level) continue;
            put_tag(str, params, param, &cell);
            hn_emit_roff_text(str, param->doc ? param->doc : "");
            hn_str_clear(&cell);
            hn_put_value_note(&cell, param, param->type != HN_PARAM_BOOL);
            if (cell.length > 0) {
                hn_str_put(str, " (");
                hn_emit_roff_text(str, cell.text);
                hn_str_put_c(str, ')');
            }
            hn_str_put_c(str, '\n');
        }
    }
    if (cell.status != HONE_OK) str->status = cell.status;
}
