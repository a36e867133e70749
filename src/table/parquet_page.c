/* parquet_page.c - pages of a column: their headers, unpacking them, and which rows have a value; see parquet.h. */
#include "table/parquet.h"
#include "table/thrift.h"

#include <limits.h>
#include <string.h>

enum { DATA = 0, DICTIONARY = 2, DATA_SECOND = 3 };
enum { BEHIND = 16 }; /* bytes that may be read behind a body */

hone_status hn_parquet_damaged(hone_ctx *ctx, const hn_parquet_cursor *cursor, const char *what) {
    const hn_parquet *file = cursor->file;
    const char *name = file->columns[cursor->column].name;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = file->shown, .column = name),
                      "%s: column '%.200s', row group %lld: %s; write the file anew", file->shown,
                      name, (long long)cursor->group + 1, what);
}

/* ---- headers --------------------------------------------------------------------------------- */

hn_parquet_cursor hn_parquet_first(const hn_parquet *file, int32_t column, int64_t group) {
    const hn_parquet_group *g = &file->groups[group];
    return (hn_parquet_cursor){file, column, group, g->chunks[column].at, g->n_rows};
}

/* Data pages and dictionaries say alike how many values, and how they are encoded; the second version has the length
 * of levels where the first has their encoding. */
static void take_kind(hn_thrift_reader *r, int kind, hn_parquet_page *page, int64_t *repeats) {
    bool second = kind == DATA_SECOND;
    page->is_packed = true;
    page->levels = HN_PARQUET_RLE;
    for (hn_thrift_field f = {0}; hn_thrift_next(r, &f);) {
        if (f.number == 1)
            page->n = hn_thrift_take_int(r, &f);
        else if (f.number == (second ? 4 : 2))
            page->encoding = (hn_parquet_encoding)hn_thrift_take_int(r, &f);
        else if (f.number == 3 && kind == DATA)
            page->levels = (hn_parquet_encoding)hn_thrift_take_int(r, &f);
        else if (f.number == 5 && second)
            page->levels_length = hn_thrift_take_int(r, &f);
        else if (f.number == 6 && second)
            *repeats = hn_thrift_take_int(r, &f);
        else if (f.number == 7 && second)
            page->is_packed = hn_thrift_take_bool(r, &f);
        else
            hn_thrift_skip(r, &f);
    }
}

/* Returns the page's kind, -1 where its header is damaged. */
static int64_t take_header(hn_thrift_reader *r, hn_parquet_page *page) {
    static const int kinds[] = {[5] = DATA, [7] = DICTIONARY, [8] = DATA_SECOND};
    int64_t kind = -1, said = -1, repeats = 0;
    for (hn_thrift_field f = {0}; hn_thrift_next(r, &f);) {
        switch (f.number) {
        case 1: kind = hn_thrift_take_int(r, &f); break;
        case 2: page->size = hn_thrift_take_int(r, &f); break;
        case 3: page->length = hn_thrift_take_int(r, &f); break;
        case 4:
            page->crc = (uint32_t)hn_thrift_take_int(r, &f);
            page->has_crc = true;
            break;
        case 5:
        case 7:
        case 8:
            if (!hn_thrift_take_struct(r, &f)) break;
            said = kinds[f.number];
            take_kind(r, kinds[f.number], page, &repeats);
            break;
        default: hn_thrift_skip(r, &f); break;
        }
    }
    bool ours = kind == DATA || kind == DICTIONARY || kind == DATA_SECOND;
    return r->bad || kind < 0 || (ours && kind != said) || repeats != 0 ? -1 : kind;
}

hone_status hn_parquet_next(hone_ctx *ctx, hn_parquet_cursor *cursor, hn_parquet_page *ret_page) {
    const hn_parquet *file = cursor->file;
    for (;;) {
        hn_parquet_page page = {.n = 0};
        hn_thrift_reader r = {.bytes = file->bytes + cursor->at, .n = file->end - cursor->at};
        int64_t kind = take_header(&r, &page), left = r.n - r.at;
        if (kind < 0) return hn_parquet_damaged(ctx, cursor, "a page's header is damaged");
        if (page.length < 0 || page.length > left || page.size < 0 || page.n < 0)
            return hn_parquet_damaged(ctx, cursor, "a page lies outside the file");
        page.body = r.bytes + r.at;
        cursor->at += r.at + page.length;
        if (kind != DATA && kind != DICTIONARY && kind != DATA_SECOND) continue; /* an index */
        page.is_dictionary = kind == DICTIONARY;
        page.is_second = kind == DATA_SECOND;
        if (!page.is_dictionary && page.n > cursor->left)
            return hn_parquet_damaged(ctx, cursor, "its pages have more rows than the row group");
        if (!page.is_dictionary) cursor->left -= page.n;
        *ret_page = page;
        return HONE_OK;
    }
}

/* ---- which rows have a value ----------------------------------------------------------------- */

/* Of the oldest files: a bit each from the highest on. */
static bool take_old_levels(hn_parquet_page *page, uint8_t *present) {
    int64_t length = (page->n + 7) / 8;
    if (page->values.end - page->values.at < length) return false;
    for (int64_t i = 0; i < page->n; i++) present[i] = page->values.at[i >> 3] >> (7 - (i & 7)) & 1;
    page->values.at += length;
    return true;
}

/* Runs of equal levels, and of a bit each. */
static bool take_runs(hn_parquet_bytes bytes, int64_t n, uint8_t *present) {
    for (int64_t i = 0; i < n;) {
        uint64_t head;
        if (!hn_parquet_varint(&bytes, &head) || head >> 1 == 0) return false;
        int64_t here = head >> 1 > (uint64_t)(n - i) ? n - i : (int64_t)(head >> 1);
        if ((head & 1) == 0) {
            if (bytes.at >= bytes.end || *bytes.at > 1) return false;
            memset(present + i, *bytes.at++, (size_t)here);
        } else {
            uint64_t groups = head >> 1;
            if (groups > (uint64_t)(bytes.end - bytes.at)) return false;
            here = groups > (uint64_t)(n - i) / 8 ? n - i : (int64_t)groups * 8;
            for (int64_t k = 0; k < here; k++) present[i + k] = bytes.at[k >> 3] >> (k & 7) & 1;
            bytes.at += groups;
        }
        i += here;
    }
    return true;
}

/* One run of rows that all have a value is what most pages hold. */
static bool is_full(hn_parquet_bytes bytes, int64_t n) {
    uint64_t head;
    return hn_parquet_varint(&bytes, &head) && (head & 1) == 0 && head >> 1 >= (uint64_t)n &&
           bytes.at < bytes.end && *bytes.at == 1;
}

static bool take_levels(hn_parquet_page *page, hn_parquet_bytes levels, uint8_t *present) {
    if (page->levels == HN_PARQUET_BIT_PACKED) return take_old_levels(page, present);
    return take_runs(levels, page->n, present);
}

/* Where levels stand: before the values, in the first version behind their length. */
static bool find_levels(hn_parquet_page *page, hn_parquet_bytes *ret_levels) {
    hn_parquet_bytes *v = &page->values;
    uint32_t length = (uint32_t)page->levels_length;
    if (page->levels == HN_PARQUET_BIT_PACKED) return true;
    if (page->levels != HN_PARQUET_RLE) return false;
    if (!page->is_second) {
        if (v->end - v->at < 4) return false;
        memcpy(&length, v->at, sizeof length);
        v->at += 4;
    }
    if (length > (uint64_t)(v->end - v->at)) return false;
    *ret_levels = (hn_parquet_bytes){v->at, v->at + length};
    v->at += length;
    return true;
}

static hone_status read_levels(hone_ctx *ctx, hn_arena *arena, const hn_parquet_cursor *cursor,
                               hn_parquet_page *page) {
    hn_parquet_bytes levels = {NULL, NULL};
    bool optional = cursor->file->columns[cursor->column].optional;
    page->n_present = page->n;
    if (!optional && page->is_second) page->values.at += page->levels_length;
    if (!optional || page->is_dictionary || page->n == 0) return HONE_OK;
    if (!find_levels(page, &levels))
        return hn_parquet_damaged(ctx, cursor, "a page's levels are damaged");
    if (page->levels == HN_PARQUET_RLE && is_full(levels, page->n)) return HONE_OK;
    uint8_t *present = hn_arena_take(arena, (size_t)page->n, 1);
    if (present == NULL)
        return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory to unpack %s", cursor->file->shown);
    if (!take_levels(page, levels, present))
        return hn_parquet_damaged(ctx, cursor, "a page's levels are damaged");
    page->n_present = 0;
    for (int64_t i = 0; i < page->n; i++) page->n_present += present[i];
    if (page->n_present < page->n) page->present = present;
    return HONE_OK;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static hone_status check_crc(hone_ctx *ctx, const hn_parquet_cursor *cursor,
                             const hn_parquet_page *page) {
    hn_crc32_fn *crc32 = cursor->file->crc32;
    if (!page->has_crc || page->length > UINT_MAX) return HONE_OK;
    if ((uint32_t)crc32(0, page->body, (unsigned)page->length) == page->crc) return HONE_OK;
    return hn_parquet_damaged(ctx, cursor, "a page's checksum is another");
}

/* Levels of the second version are never packed. */
static hone_status unpack(hone_ctx *ctx, hn_arena *arena, const hn_parquet_cursor *cursor,
                          hn_parquet_page *page) {
    hn_codec codec = cursor->file->groups[cursor->group].chunks[cursor->column].codec;
    int64_t plain = page->is_second ? page->levels_length : 0;
    if (plain < 0 || plain > page->length || plain > page->size)
        return hn_parquet_damaged(ctx, cursor, "a page's levels are damaged");
    if (codec == HN_CODEC_NONE || !page->is_packed) {
        page->values = (hn_parquet_bytes){page->body, page->body + page->length};
        return HONE_OK;
    }
    size_t size = (size_t)(page->size - plain), length = (size_t)(page->length - plain);
    if (hn_packed_least(codec, size) > length)
        return hn_parquet_damaged(ctx, cursor, "a page unpacks to more than it can hold");
    unsigned char *to = hn_arena_take(arena, (size_t)page->size + BEHIND, 1);
    if (to == NULL)
        return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory to unpack %s", cursor->file->shown);
    memcpy(to, page->body, (size_t)plain);
    /* A page of missing values alone may have nothing packed behind its levels. */
    if ((size > 0 || length > 0) && !hn_unpack(&cursor->file->unpackers[codec], codec,
                                               page->body + plain, length, to + plain, size))
        return hn_parquet_damaged(ctx, cursor, "a page is packed wrongly");
    memset(to + page->size, 0, BEHIND);
    page->values = (hn_parquet_bytes){to, to + page->size};
    return HONE_OK;
}

hone_status hn_parquet_unpack(hone_ctx *ctx, hn_arena *arena, const hn_parquet_cursor *cursor,
                              hn_parquet_page *page) {
    HN_TRY(check_crc(ctx, cursor, page));
    HN_TRY(unpack(ctx, arena, cursor, page));
    return read_levels(ctx, arena, cursor, page);
}
