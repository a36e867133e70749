/* dictionary.c - sorting dictionaries, writing categories out as strings, and texts that a dictionary lacks.
 *
 * The sort is a merge sort over codes that compares eight bytes at once (each text's first eight, as a
 * big-endian number) before it looks at the texts themselves; it is stable and takes no callback. */
#include "table/dictionary.h"

#include <assert.h>
#include <string.h>

typedef struct key {
    uint64_t head; /* first eight bytes, big-endian, zero-filled */
    int32_t code;
} key;

static uint64_t head_of(hn_slice text) {
    unsigned char head[8] = {0};
    if (text.length) memcpy(head, text.text, text.length < 8 ? text.length : 8);
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value = value << 8 | head[i];
    return value;
}

static bool is_after(const hn_dictionary *raw, key a, key b) {
    if (a.head != b.head) return a.head > b.head;
    return hn_slice_compare(hn_dictionary_text(raw, a.code), hn_dictionary_text(raw, b.code)) > 0;
}

/* Bottom-up: runs of 8 by insertion, then merges between the two arrays. Returns the sorted one. */
static key *sort_keys(const hn_dictionary *raw, key *keys, key *spare, int64_t n) {
    for (int64_t begin = 0; begin < n; begin += 8) {
        int64_t end = begin + 8 < n ? begin + 8 : n;
        for (int64_t i = begin + 1; i < end; i++) {
            key moving = keys[i];
            int64_t at = i;
            for (; at > begin && is_after(raw, keys[at - 1], moving); at--) keys[at] = keys[at - 1];
            keys[at] = moving;
        }
    }
    for (int64_t width = 8; width < n; width *= 2) {
        for (int64_t begin = 0; begin < n; begin += 2 * width) {
            int64_t middle = begin + width < n ? begin + width : n;
            int64_t end = begin + 2 * width < n ? begin + 2 * width : n;
            int64_t left = begin, right = middle;
            for (int64_t out = begin; out < end; out++) {
                bool take_right =
                    left == middle || (right < end && is_after(raw, keys[left], keys[right]));
                spare[out] = take_right ? keys[right++] : keys[left++];
            }
        }
        key *swap = keys;
        keys = spare;
        spare = swap;
    }
    return keys;
}

/* Which of raw's texts the codes use, as sort keys. */
static hone_status used_keys(hone_ctx *ctx, hn_arena *arena, const hn_dictionary *raw,
                             const int32_t *codes, int64_t n, key **ret_keys, int64_t *ret_n) {
    uint8_t *used;
    key *keys;
    HN_TRY(HN_NEW(ctx, arena, used, (size_t)raw->n + 1));
    HN_TRY(HN_NEW(ctx, arena, keys, (size_t)raw->n + 1));
    for (int64_t i = 0; i < n; i++) {
        assert(codes[i] < raw->n);
        if (codes[i] >= 0) used[codes[i]] = 1;
    }
    int64_t count = 0;
    for (int32_t code = 0; code < raw->n; code++)
        if (used[code]) keys[count++] = (key){head_of(hn_dictionary_text(raw, code)), code};
    *ret_keys = keys;
    *ret_n = count;
    return HONE_OK;
}

hone_status hn_texts_sort(hone_ctx *ctx, hn_arena *arena, const hn_dictionary *raw, int32_t *codes,
                          int64_t n, const hn_dictionary **ret_dictionary) {
    HN_SCRATCH(ctx);
    key *keys, *spare;
    int32_t *renumbered;
    int64_t count;
    HN_TRY(used_keys(ctx, ctx->scratch, raw, codes, n, &keys, &count));
    HN_TRY(HN_NEW(ctx, ctx->scratch, spare, count + 1));
    HN_TRY(HN_NEW(ctx, ctx->scratch, renumbered, (size_t)raw->n + 1));
    keys = sort_keys(raw, keys, spare, count);

    size_t bytes = 0;
    int32_t n_texts = 0;
    for (int64_t i = 0; i < count; i++) {
        bool again = i > 0 && !is_after(raw, keys[i], keys[i - 1]);
        if (!again) {
            n_texts++;
            bytes += hn_dictionary_text(raw, keys[i].code).length;
        }
        renumbered[keys[i].code] = n_texts - 1;
    }
    hn_dictionary *dictionary;
    int64_t *offsets;
    char *texts;
    HN_TRY(HN_NEW(ctx, arena, dictionary, 1));
    HN_TRY(HN_NEW(ctx, arena, offsets, (size_t)n_texts + 1));
    HN_TRY(HN_NEW(ctx, arena, texts, bytes + 1));
    int32_t next = 0;
    for (int64_t i = 0; i < count; i++) {
        if (renumbered[keys[i].code] != next) continue;
        hn_slice text = hn_dictionary_text(raw, keys[i].code);
        if (text.length) memcpy(texts + offsets[next], text.text, text.length);
        offsets[next + 1] = offsets[next] + (int64_t)text.length;
        next++;
    }
    for (int64_t i = 0; i < n; i++) codes[i] = codes[i] < 0 ? HN_UNKNOWN : renumbered[codes[i]];
    *dictionary = (hn_dictionary){.n = n_texts, .offsets = offsets, .bytes = texts};
    *ret_dictionary = dictionary;
    return HONE_OK;
}

hone_status hn_texts_write_out(hone_ctx *ctx, hn_arena *arena, const hn_dictionary *raw,
                               hn_column *column) {
    assert(column->type == HN_CATEGORY);
    int64_t n = column->n, total = 0;
    int64_t *offsets;
    char *bytes;
    HN_TRY(HN_NEW(ctx, arena, offsets, (size_t)n + 1));
    for (int64_t i = 0; i < n; i++) {
        int32_t code = hn_column_is_null(column, i) ? HN_UNKNOWN : hn_column_code(column, i);
        if (code >= 0) total += raw->offsets[code + 1] - raw->offsets[code];
        offsets[i + 1] = total;
    }
    HN_TRY(HN_NEW(ctx, arena, bytes, (size_t)total + 1));
    for (int64_t i = 0; i < n; i++) {
        size_t length = (size_t)(offsets[i + 1] - offsets[i]);
        if (length)
            memcpy(bytes + offsets[i], raw->bytes + raw->offsets[hn_column_code(column, i)],
                   length);
    }
    column->type = HN_STRING;
    column->values = bytes;
    column->stride = 0;
    column->offsets = offsets;
    column->dictionary = NULL;
    return HONE_OK;
}

hone_status hn_dictionary_copy(hone_ctx *ctx, hn_arena *arena, const hn_dictionary *dictionary,
                               const hn_dictionary **ret_copy) {
    size_t n = (size_t)dictionary->n + 1, length = (size_t)dictionary->offsets[dictionary->n];
    hn_dictionary *copy;
    int64_t *offsets;
    char *bytes;
    HN_TRY(HN_NEW(ctx, arena, copy, 1));
    HN_TRY(HN_NEW(ctx, arena, offsets, n));
    HN_TRY(HN_NEW(ctx, arena, bytes, length + 1));
    memcpy(offsets, dictionary->offsets, n * sizeof *offsets);
    if (length > 0) memcpy(bytes, dictionary->bytes, length);
    *copy = (hn_dictionary){.n = dictionary->n, .offsets = offsets, .bytes = bytes};
    *ret_copy = copy;
    return HONE_OK;
}

/* ---- open dictionaries ---------------------------------------------------------------------- */

void hn_coder_init(hn_coder *coder, hone_ctx *ctx, hn_arena *arena, const hn_dictionary *known) {
    *coder = (hn_coder){.ctx = ctx, .arena = arena, .known = known};
    hn_map_init(&coder->added, ctx, arena);
    hn_str_init(&coder->bytes, ctx, arena);
}

static hone_status make_room(hn_coder *coder) {
    int64_t *offsets;
    int32_t room = coder->room > 0 ? 2 * coder->room : 4;
    HN_TRY(HN_NEW(coder->ctx, coder->arena, offsets, (size_t)room + 1));
    if (coder->room > 0) memcpy(offsets, coder->offsets, ((size_t)coder->n + 1) * sizeof *offsets);
    coder->offsets = offsets;
    coder->room = room;
    return HONE_OK;
}

hone_status hn_coder_code(hn_coder *coder, hn_slice text, int32_t *ret_code) {
    int32_t code = hn_dictionary_find(coder->known, text);
    if (code == HN_UNKNOWN) code = (int32_t)hn_map_get(&coder->added, text, HN_UNKNOWN);
    if (code == HN_UNKNOWN) {
        if (coder->n == coder->room) HN_TRY(make_room(coder));
        code = coder->known->n + coder->n;
        HN_TRY(hn_map_put(&coder->added, text, code));
        hn_str_put_n(&coder->bytes, text.text, text.length);
        HN_TRY(hn_str_status(&coder->bytes));
        coder->offsets[++coder->n] = (int64_t)coder->bytes.length;
    }
    *ret_code = code;
    return HONE_OK;
}

hone_status hn_coder_finish(hn_coder *coder, const hn_dictionary **ret_dictionary) {
    hn_dictionary *open;
    if (coder->n == 0) {
        *ret_dictionary = coder->known;
        return HONE_OK;
    }
    HN_TRY(HN_NEW(coder->ctx, coder->arena, open, 1));
    *open = (hn_dictionary){.n = coder->known->n + coder->n,
                            .offsets = coder->offsets,
                            .bytes = coder->bytes.text,
                            .known = coder->known};
    *ret_dictionary = open;
    return HONE_OK;
}

static bool is_open(const hn_column *column) {
    return column->type == HN_CATEGORY && column->dictionary->known != NULL;
}

hone_status hn_column_close(hone_ctx *ctx, hn_arena *arena, hn_column *column) {
    int32_t *codes;
    if (!is_open(column)) return HONE_OK;
    const hn_dictionary *known = column->dictionary->known;
    HN_TRY(HN_NEW(ctx, arena, codes, (size_t)column->n + 1));
    for (int64_t i = 0; i < column->n; i++) {
        int32_t code = hn_column_code(column, i);
        codes[i] = code < known->n ? code : HN_UNKNOWN;
    }
    column->values = codes;
    column->stride = sizeof *codes;
    column->dictionary = known;
    return HONE_OK;
}

hone_status hn_column_settle(hone_ctx *ctx, hn_arena *arena, hn_column *column) {
    HN_SCRATCH(ctx);
    hn_builder *builder;
    hn_column settled;
    if (!is_open(column)) return HONE_OK;
    HN_TRY(hn_builder_new(ctx, arena, column->name, HN_CATEGORY, &builder));
    for (int64_t i = 0; i < column->n; i++) {
        bool none = hn_column_is_null(column, i) || hn_column_code(column, i) == HN_UNKNOWN;
        HN_TRY(none ? hn_builder_null(builder)
                    : hn_builder_text(builder, hn_column_text(column, i)));
    }
    HN_TRY(hn_builder_finish(builder, &settled));
    settled.name = column->name;
    *column = settled;
    return HONE_OK;
}
