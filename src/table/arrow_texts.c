/* arrow_texts.c - Arrow's texts and dictionaries as columns. Offsets and indices come from outside: each
 * is checked before it is followed. */
#include "table/arrow_import.h"

#include "table/dictionary.h"

#include <string.h>

/* ---- texts ----------------------------------------------------------------------------------- */

/* Text of an utf8_view: length, then up to 12 bytes, or prefix, buffer and offset. */
static bool view_text(const hn_arrow_slice *s, int64_t i, hn_slice *ret_text) {
    const struct ArrowArray *a = s->array;
    const char *view = (const char *)a->buffers[1] + (size_t)(s->offset + i) * 16;
    int32_t length, index, offset;
    memcpy(&length, view, 4);
    if (length < 0) return false;
    if (length <= 12) {
        *ret_text = (hn_slice){view + 4, (size_t)length};
        return true;
    }
    memcpy(&index, view + 8, 4);
    memcpy(&offset, view + 12, 4);
    /* Buffers: validity, views, data..., and last the data buffers' sizes. */
    int64_t n_data = a->n_buffers - 3;
    if (index < 0 || index >= n_data || offset < 0 || a->buffers[2 + index] == NULL) return false;
    int64_t size;
    const char *sizes = a->buffers[a->n_buffers - 1];
    if (sizes == NULL) return false;
    memcpy(&size, sizes + (size_t)index * 8, 8);
    if ((int64_t)offset + length > size) return false;
    *ret_text = (hn_slice){(const char *)a->buffers[2 + index] + offset, (size_t)length};
    return true;
}

static bool text_at(const hn_arrow_slice *s, int64_t i, hn_slice *ret_text) {
    if (s->format[0] == 'v') return view_text(s, i, ret_text);
    char width = s->format[0] == 'U' ? 'l' : 'i';
    int64_t begin = hn_arrow_int(s->array->buffers[1], width, s->offset + i);
    int64_t end = hn_arrow_int(s->array->buffers[1], width, s->offset + i + 1);
    const char *bytes = s->array->buffers[2];
    if (begin < 0 || end < begin || (bytes == NULL && end > begin)) return false;
    *ret_text = (hn_slice){bytes ? bytes + begin : "", (size_t)(end - begin)};
    return true;
}

bool hn_arrow_is_text(const char *format) {
    return strcmp(format, "u") == 0 || strcmp(format, "U") == 0 || strcmp(format, "vu") == 0;
}

/* The text buffer itself may be NULL where all texts are empty, so only the first two are required. */
hone_status hn_arrow_check_texts(const hn_arrow_importer *im, const hn_arrow_slice *s) {
    HN_TRY(hn_arrow_check(im, s, 2));
    if (s->array->n_buffers < 3 && s->n > 0) return hn_arrow_refuse(im, s, "lacks buffers");
    return HONE_OK;
}

hone_status hn_arrow_texts(const hn_arrow_importer *im, const hn_arrow_slice *s,
                           hn_column *column) {
    hn_builder *builder;
    HN_TRY(hn_builder_new(im->ctx, im->arena, s->name, HN_STRING, &builder));
    for (int64_t i = 0; i < s->n; i++) {
        hn_slice text;
        if (hn_column_is_null(column, i)) {
            HN_TRY(hn_builder_null(builder));
        } else if (text_at(s, i, &text)) {
            HN_TRY(hn_builder_text(builder, text));
        } else {
            return hn_arrow_refuse(im, s, "has offsets that are out of order or range");
        }
        if (i % 65536 == 0) HN_TRY(hn_check_cancel(im->ctx));
    }
    const char *name = column->name;
    HN_TRY(hn_builder_finish(builder, column));
    column->name = name;
    return HONE_OK;
}

/* ---- dictionaries ---------------------------------------------------------------------------- */

/* The dictionary's texts, copied; nulls among them are marked. */
static hone_status copy_texts(const hn_arrow_importer *im, const hn_arrow_slice *values,
                              hn_dictionary *ret_raw, uint8_t **ret_is_null) {
    int64_t *offsets, total = 0;
    uint8_t *nulls;
    HN_TRY(HN_NEW(im->ctx, im->arena, offsets, values->n + 1));
    HN_TRY(HN_SCRATCH_NEW(im->ctx, nulls, values->n + 1));
    for (int64_t i = 0; i < values->n; i++) {
        hn_slice text = {NULL, 0};
        nulls[i] = !hn_arrow_is_valid(values, i);
        if (!nulls[i] && !text_at(values, i, &text))
            return hn_arrow_refuse(im, values,
                                   "has a dictionary whose offsets are out of order or range");
        total += (int64_t)text.length;
        offsets[i + 1] = total;
    }
    char *bytes;
    HN_TRY(HN_NEW(im->ctx, im->arena, bytes, total + 1));
    for (int64_t i = 0; i < values->n; i++) {
        hn_slice text;
        if (!nulls[i] && text_at(values, i, &text) && text.length)
            memcpy(bytes + offsets[i], text.text, text.length);
    }
    *ret_raw = (hn_dictionary){.n = (int32_t)values->n, .offsets = offsets, .bytes = bytes};
    *ret_is_null = nulls;
    return HONE_OK;
}

/* Codes as int32; those of null texts become nulls. *ret_plain: none was. */
static hone_status copy_codes(const hn_arrow_importer *im, const hn_arrow_slice *s,
                              const hn_dictionary *raw, const uint8_t *is_null_text,
                              hn_column *column, int32_t **ret_codes, bool *ret_plain) {
    int32_t *codes;
    uint8_t *valid = NULL;
    HN_TRY(HN_NEW(im->ctx, im->arena, codes, s->n + 1));
    *ret_plain = true;
    for (int64_t i = 0; i < s->n; i++) {
        codes[i] = HN_UNKNOWN;
        if (hn_column_is_null(column, i)) continue;
        int64_t code = hn_arrow_int(s->array->buffers[1], s->format[0], s->offset + i);
        if (code < 0 || code >= raw->n)
            return hn_arrow_refuse(im, s, "has an index outside its dictionary");
        if (!is_null_text[code]) {
            codes[i] = (int32_t)code;
            continue;
        }
        if (valid == NULL) {
            HN_TRY(hn_valid_new(im->ctx, im->arena, s->n, &valid));
            for (int64_t k = 0; k < s->n; k++)
                if (hn_column_is_null(column, k)) hn_valid_clear(valid, k);
            column->valid = valid;
            column->valid_offset = 0;
        }
        hn_valid_clear(valid, i);
        *ret_plain = false;
    }
    *ret_codes = codes;
    return HONE_OK;
}

hone_status hn_arrow_dictionary(const hn_arrow_importer *im, const hn_arrow_slice *s,
                                const struct ArrowSchema *schema, hn_column *column) {
    HN_SCRATCH(im->ctx);
    if (strlen(s->format) != 1 || strchr("cCsSiIlL", s->format[0]) == NULL)
        return hn_arrow_refuse(im, s, "is a dictionary whose indices are no integers");
    if (schema->dictionary == NULL || schema->dictionary->format == NULL ||
        s->array->dictionary == NULL)
        return hn_arrow_refuse(im, s, "lacks its dictionary");
    hn_arrow_slice values = {
        .name = s->name, .format = schema->dictionary->format, .array = s->array->dictionary};
    if (!hn_arrow_is_text(values.format))
        return hn_arrow_refuse(im, &values, "is a dictionary of values other than text; decode it");
    values.n = values.array->length;
    HN_TRY(hn_arrow_check_texts(im, &values));
    if (values.n >= INT32_MAX)
        return hn_arrow_refuse(im, &values, "has more than 2147483646 different texts");
    values.offset = values.array->offset;
    values.valid = values.array->null_count != 0 ? values.array->buffers[0] : NULL;

    hn_dictionary raw;
    uint8_t *is_null_text = NULL;
    int32_t *codes = NULL;
    bool plain = false;
    HN_TRY(copy_texts(im, &values, &raw, &is_null_text));
    HN_TRY(copy_codes(im, s, &raw, is_null_text, column, &codes, &plain));
    column->type = HN_CATEGORY;
    column->stride = (int64_t)sizeof *codes;
    if (plain && hn_dictionary_is_sorted(&raw)) {
        hn_dictionary *kept;
        HN_TRY(HN_NEW(im->ctx, im->arena, kept, 1));
        *kept = raw;
        column->dictionary = kept;
        column->values = codes;
        /* The caller's own where all are checked: under a null may stand anything. */
        if (s->format[0] == 'i' && column->valid == NULL)
            return hn_arrow_borrow(im, s, HN_CATEGORY, column);
        return HONE_OK;
    }
    HN_TRY(hn_texts_sort(im->ctx, im->arena, &raw, codes, s->n, &column->dictionary));
    column->values = codes;
    return HONE_OK;
}
