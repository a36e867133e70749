/* cast.c - columns as other types. Texts of a category are converted once per distinct value. */
#include "table/cast.h"
#include "table/dictionary.h"
#include <string.h>

typedef struct caster {
    hone_ctx *ctx;
    hn_arena *arena;
    const hn_column *from;
    hn_type type;
    hn_cast_misfit misfit;
    hn_coder *coder; /* of texts that the dictionary lacks; NULL: they are unknown */
} caster;

static hone_status fail_misfit(const caster *c, int64_t row, hn_slice text) {
    int length = text.length > 40 ? 40 : (int)text.length;
    return hn_fail_at(c->ctx, HONE_ERROR_DATA, (hn_where){.column = c->from->name, .row = row},
                      "column '%s', row %lld: '%.*s' is no %s; mend the value or leave it empty",
                      c->from->name, (long long)row + 1, length, text.text,
                      c->type == HN_BOOL   ? "truth value"
                      : c->type == HN_TIME ? "timestamp"
                                           : "number");
}

/* A text as a number of the wanted type; timestamps as microseconds. */
static bool parse_text(hn_type type, hn_slice text, double *ret_value, int64_t *ret_time) {
    while (text.length > 0 && text.text[0] == ' ') text.text++, text.length--;
    while (text.length > 0 && text.text[text.length - 1] == ' ') text.length--;
    if (type == HN_TIME) return hn_time_parse(text, ret_time);
    if (type == HN_BOOL) {
        bool is_true = text.length == 4 && strncasecmp(text.text, "true", 4) == 0;
        bool is_false = text.length == 5 && strncasecmp(text.text, "false", 5) == 0;
        *ret_value = is_true;
        if (is_true || is_false) return true;
        return hn_parse_double(text, ret_value) && (*ret_value == 0 || *ret_value == 1);
    }
    return hn_parse_double(text, ret_value);
}

/* One element as a number, from any type; *ret_missing where there is none. */
static hone_status element_value(const caster *c, int64_t i, double *ret_value, int64_t *ret_time,
                                 bool *ret_missing) {
    *ret_missing = hn_column_is_missing(c->from, i);
    if (*ret_missing) return HONE_OK;
    if (c->from->type == HN_STRING || c->from->type == HN_CATEGORY) {
        hn_slice text = hn_column_text(c->from, i);
        if (text.text != NULL && parse_text(c->type, text, ret_value, ret_time)) return HONE_OK;
        *ret_missing = true;
        bool blank = text.length == 0;
        return blank || c->misfit == HN_MISFIT_IS_MISSING ? HONE_OK : fail_misfit(c, i, text);
    }
    *ret_value = hn_column_double(c->from, i);
    if (c->type != HN_BOOL || *ret_value == 0 || *ret_value == 1) return HONE_OK;
    *ret_missing = true;
    if (c->misfit == HN_MISFIT_IS_MISSING) return HONE_OK;
    char number[32];
    size_t length = hn_format_double(*ret_value, number);
    return fail_misfit(c, i, (hn_slice){number, length});
}

static hone_status cast_to_values(const caster *c, hn_column *ret_column) {
    int64_t n = c->from->n;
    size_t size = hn_type_size(c->type);
    char *values = hn_arena_alloc(c->ctx, c->arena, (size_t)(n > 0 ? n : 1), size);
    if (values == NULL) return HONE_ERROR_MEMORY;
    uint8_t *valid = NULL;
    for (int64_t i = 0; i < n; i++) {
        double value = 0;
        int64_t time = 0;
        bool missing;
        HN_TRY(element_value(c, i, &value, &time, &missing));
        if (missing) {
            if (valid == NULL) HN_TRY(hn_valid_new(c->ctx, c->arena, n, &valid));
            hn_valid_clear(valid, i);
            if (c->type == HN_F64) ((double *)values)[i] = NAN;
        } else if (c->type == HN_F64) {
            ((double *)values)[i] = value;
        } else if (c->type == HN_F32) {
            ((float *)values)[i] = (float)value;
        } else if (c->type == HN_BOOL) {
            ((uint8_t *)values)[i] = value != 0;
        } else {
            ((int64_t *)values)[i] = time;
        }
    }
    *ret_column = (hn_column){.name = c->from->name,
                              .type = c->type,
                              .n = n,
                              .values = values,
                              .stride = (int64_t)size,
                              .valid = valid};
    return HONE_OK;
}

/* Every element's text: from print, which is how people and files write it. */
static hone_status print_element(const caster *c, int64_t i, hn_str *str, hn_slice *ret_text) {
    if (c->from->type == HN_STRING || c->from->type == HN_CATEGORY) {
        *ret_text = hn_column_text(c->from, i);
        return HONE_OK;
    }
    hn_str_clear(str);
    hn_column_print(c->from, i, str);
    *ret_text = (hn_slice){str->text, str->length};
    return hn_str_status(str);
}

static hone_status cast_to_text(const caster *c, hn_column *ret_column) {
    HN_SCRATCH(c->ctx);
    hn_str str;
    hn_str_init(&str, c->ctx, c->ctx->scratch);
    hn_builder *builder;
    HN_TRY(hn_builder_new(c->ctx, c->arena, c->from->name, c->type, &builder));
    for (int64_t i = 0; i < c->from->n; i++) {
        hn_slice text = {0};
        bool missing = hn_column_is_missing(c->from, i);
        if (!missing) HN_TRY(print_element(c, i, &str, &text));
        HN_TRY(missing || text.text == NULL ? hn_builder_null(builder)
                                            : hn_builder_text(builder, text));
    }
    return hn_builder_finish(builder, ret_column);
}

static hone_status code_text(const caster *c, const hn_dictionary *dictionary, hn_slice text,
                             int32_t *ret_code) {
    if (c->coder != NULL) return hn_coder_code(c->coder, text, ret_code);
    *ret_code = hn_dictionary_find(dictionary, text);
    return HONE_OK;
}

/* Old code -> new code, once per distinct text that some row has. */
static hone_status recode_table(const caster *c, const hn_dictionary *dictionary,
                                int32_t **ret_codes) {
    const int32_t NOT_YET = HN_UNKNOWN - 1;
    int32_t n = c->from->dictionary->n;
    HN_TRY(HN_SCRATCH_NEW(c->ctx, *ret_codes, n + 1));
    for (int32_t code = 0; code < n; code++) (*ret_codes)[code] = NOT_YET;
    for (int64_t i = 0; i < c->from->n; i++) {
        int32_t code = hn_column_is_null(c->from, i) ? HN_UNKNOWN : hn_column_code(c->from, i);
        if (code < 0 || (*ret_codes)[code] != NOT_YET) continue;
        HN_TRY(code_text(c, dictionary, hn_dictionary_text(c->from->dictionary, code),
                         *ret_codes + code));
    }
    return HONE_OK;
}

static hone_status cast_to_codes(const caster *c, const hn_dictionary *dictionary,
                                 hn_column *ret_column) {
    HN_SCRATCH(c->ctx);
    int64_t n = c->from->n;
    int32_t *codes, *recode = NULL;
    HN_TRY(HN_NEW(c->ctx, c->arena, codes, n + 1));
    if (c->from->type == HN_CATEGORY) HN_TRY(recode_table(c, dictionary, &recode));
    hn_str str;
    hn_str_init(&str, c->ctx, c->ctx->scratch);
    uint8_t *valid = NULL;
    for (int64_t i = 0; i < n; i++) {
        if (hn_column_is_missing(c->from, i)) {
            if (valid == NULL) HN_TRY(hn_valid_new(c->ctx, c->arena, n, &valid));
            hn_valid_clear(valid, i);
            codes[i] = HN_UNKNOWN;
        } else if (recode != NULL) {
            int32_t old = hn_column_code(c->from, i);
            codes[i] = old < 0 ? HN_UNKNOWN : recode[old];
        } else {
            hn_slice text;
            HN_TRY(print_element(c, i, &str, &text));
            HN_TRY(code_text(c, dictionary, text, &codes[i]));
        }
    }
    if (c->coder != NULL) HN_TRY(hn_coder_finish(c->coder, &dictionary));
    *ret_column = (hn_column){.name = c->from->name,
                              .type = HN_CATEGORY,
                              .n = n,
                              .values = codes,
                              .stride = sizeof *codes,
                              .valid = valid,
                              .dictionary = dictionary};
    return HONE_OK;
}

static hone_status refuse(const caster *c) {
    return hn_fail_at(c->ctx, HONE_ERROR_DATA, HN_AT(.column = c->from->name),
                      "column '%s' holds %s values where %s is needed", c->from->name,
                      hn_type_name(c->from->type), hn_type_name(c->type));
}

hone_status hn_column_cast(hone_ctx *ctx, hn_arena *arena, const hn_column *column, hn_type type,
                           const hn_dictionary *dictionary, hn_cast_misfit misfit,
                           hn_column *ret_column) {
    caster c = {.ctx = ctx, .arena = arena, .from = column, .type = type, .misfit = misfit};
    bool from_text = column->type == HN_STRING || column->type == HN_CATEGORY;
    if (type == HN_CATEGORY && dictionary != NULL) {
        if (column->type == HN_CATEGORY && column->dictionary == dictionary) {
            *ret_column = *column;
            return HONE_OK;
        }
        return cast_to_codes(&c, dictionary, ret_column);
    }
    if (column->type == type || (type == HN_STRING && from_text)) {
        *ret_column = *column;
        return HONE_OK;
    }
    if (type == HN_CATEGORY || type == HN_STRING) return cast_to_text(&c, ret_column);
    if (type == HN_TIME || column->type == HN_TIME) {
        if (type != HN_TIME || !from_text) return refuse(&c);
        return cast_to_values(&c, ret_column);
    }
    if (!from_text && (type == HN_F64 || type == HN_I64)) {
        *ret_column = *column; /* every reader takes any number */
        return HONE_OK;
    }
    if (type == HN_I64) c.type = HN_F64;
    return cast_to_values(&c, ret_column);
}

hone_status hn_column_cast_open(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                                const hn_dictionary *dictionary, hn_column *ret_column) {
    hn_coder coder;
    caster c = {.ctx = ctx, .arena = arena, .from = column, .type = HN_CATEGORY, .coder = &coder};
    hn_coder_init(&coder, ctx, arena, dictionary);
    if (column->type == HN_CATEGORY && column->dictionary == dictionary) {
        *ret_column = *column;
        return HONE_OK;
    }
    return cast_to_codes(&c, dictionary, ret_column);
}
