/* parquet_meta.c - a Parquet file's footer: its columns and where their pages are; see parquet.h. */
#include "table/parquet.h"
#include "table/thrift.h"

#include "base/utf8.h"

#include <string.h>

enum { MARK = 4, TAIL = 8, LEAST = 16 };

/* What a column may be converted to, as of old (ConvertedType), and how the newer LogicalType numbers it. */
enum {
    OLD_NONE = -1,
    OLD_UTF8 = 0,
    OLD_ENUM = 4,
    OLD_DECIMAL,
    OLD_DATE,
    OLD_CLOCK_MS,
    OLD_CLOCK_US
};
enum { OLD_TIME_MS = 9, OLD_TIME_US, OLD_U8, OLD_U64 = 14, OLD_I8, OLD_I64 = 18 };
enum { TEXT = 1, ENUM = 4, DECIMAL, DATE, CLOCK, TIME, INTEGER = 10, UNKNOWN, UUID = 14, HALF };

/* A node of the schema as it stands there. */
typedef struct element {
    hn_slice name;
    int64_t type, length, repetition, children, old, scale;
    int logical; /* 0: none */
    bool is_signed, is_adjusted;
    int64_t second; /* of the logical type's unit */
} element;

static hone_status damaged(hone_ctx *ctx, const hn_parquet *file, const char *what) {
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = file->shown), "%s: %s; write it anew",
                      file->shown, what);
}

/* ---- the schema ------------------------------------------------------------------------------ */

static int64_t unit_of(hn_thrift_reader *r) {
    static const int64_t seconds[] = {0, 1000, 1000000, 1000000000};
    int64_t second = 0;
    for (hn_thrift_field f = {0}; hn_thrift_next(r, &f);) {
        if (f.number >= 1 && f.number <= 3) second = seconds[f.number];
        hn_thrift_skip(r, &f);
    }
    return second;
}

/* Decimals: scale. Times: adjusted, unit. Integers: width, signed. */
static void take_logical(hn_thrift_reader *r, int logical, element *e) {
    e->logical = logical;
    for (hn_thrift_field f = {0}; hn_thrift_next(r, &f);) {
        bool time = logical == TIME || logical == CLOCK;
        if (logical == DECIMAL && f.number == 1)
            e->scale = hn_thrift_take_int(r, &f);
        else if (time && f.number == 1)
            e->is_adjusted = hn_thrift_take_bool(r, &f);
        else if (time && f.number == 2 && hn_thrift_take_struct(r, &f))
            e->second = unit_of(r);
        else if (logical == INTEGER && f.number == 2)
            e->is_signed = hn_thrift_take_bool(r, &f);
        else if (!(time && f.number == 2))
            hn_thrift_skip(r, &f);
    }
}

static element take_element(hn_thrift_reader *r) {
    element e = {.name = {"", 0}, .type = -1, .old = OLD_NONE};
    for (hn_thrift_field f = {0}; hn_thrift_next(r, &f);) {
        switch (f.number) {
        case 1: e.type = hn_thrift_take_int(r, &f); break;
        case 2: e.length = hn_thrift_take_int(r, &f); break;
        case 3: e.repetition = hn_thrift_take_int(r, &f); break;
        case 4: e.name = hn_thrift_take_bytes(r, &f); break;
        case 5: e.children = hn_thrift_take_int(r, &f); break;
        case 6: e.old = hn_thrift_take_int(r, &f); break;
        case 7: e.scale = hn_thrift_take_int(r, &f); break;
        case 10:
            if (!hn_thrift_take_struct(r, &f)) break;
            for (hn_thrift_field kind = {0}; hn_thrift_next(r, &kind);)
                if (hn_thrift_take_struct(r, &kind)) take_logical(r, kind.number, &e);
            break;
        default: hn_thrift_skip(r, &f); break;
        }
    }
    return e;
}

/* What was meant before there were logical types, as one of those. Others: what it is stored as. */
static void modernise(element *e) {
    if (e->logical != 0) return;
    static const int logical[] = {
        [OLD_UTF8] = TEXT,    [OLD_ENUM] = ENUM,      [OLD_DECIMAL] = DECIMAL,
        [OLD_DATE] = DATE,    [OLD_CLOCK_MS] = CLOCK, [OLD_CLOCK_US] = CLOCK,
        [OLD_TIME_MS] = TIME, [OLD_TIME_US] = TIME};
    if (e->old >= OLD_U8 && e->old <= OLD_I64)
        e->logical = INTEGER;
    else if (e->old >= 0 && e->old <= OLD_TIME_US)
        e->logical = logical[e->old];
    e->is_signed = e->old >= OLD_I8;
    e->second = e->old == OLD_CLOCK_MS || e->old == OLD_TIME_MS ? 1000 : 1000000;
}

/* What old readers called JSON, BSON and intervals, and logical types without a case below. */
static bool is_known(const element *e) {
    enum { OLD_JSON = 19 };
    if (e->logical == 0) return e->old < OLD_JSON;
    return e->logical <= UNKNOWN || e->logical == UUID || e->logical == HALF;
}

static hn_type type_of(const hn_parquet_column *c) {
    bool narrow = c->storage == HN_PARQUET_FLOAT || c->meaning == HN_PARQUET_HALF;
    bool huge = c->meaning == HN_PARQUET_UNSIGNED && c->storage == HN_PARQUET_INT64;
    switch (c->meaning) {
    case HN_PARQUET_BOOL: return HN_BOOL;
    case HN_PARQUET_INT:
    case HN_PARQUET_UNSIGNED: return huge ? HN_F64 : HN_I64;
    case HN_PARQUET_REAL:
    case HN_PARQUET_HALF:
    case HN_PARQUET_DECIMAL: return narrow ? HN_F32 : HN_F64;
    case HN_PARQUET_DATE:
    case HN_PARQUET_TIME: return HN_TIME;
    default: return HN_STRING;
    }
}

/* False where what is meant does not go with how it is stored. */
static bool take_meaning(const element *e, hn_parquet_column *c) {
    static const hn_parquet_meaning plain[] = {HN_PARQUET_BOOL, HN_PARQUET_INT,  HN_PARQUET_INT,
                                               HN_PARQUET_TIME, HN_PARQUET_REAL, HN_PARQUET_REAL,
                                               HN_PARQUET_BLOB, HN_PARQUET_BLOB};
    bool i32 = c->storage == HN_PARQUET_INT32, i64 = c->storage == HN_PARQUET_INT64;
    bool bytes = c->storage == HN_PARQUET_BYTES, fixed = c->storage == HN_PARQUET_FIXED;
    c->meaning = plain[c->storage];
    switch (e->logical) {
    case TEXT:
    case ENUM: c->meaning = HN_PARQUET_TEXT; return bytes || fixed;
    case DECIMAL:
        c->meaning = HN_PARQUET_DECIMAL;
        return (i32 || i64 || bytes || fixed) && e->scale >= 0 && e->scale <= 1000;
    case DATE: c->meaning = HN_PARQUET_DATE; return i32;
    case CLOCK:
        c->meaning = HN_PARQUET_CLOCK;
        return e->second == 1000 ? i32 : i64 && e->second > 0;
    case TIME: c->meaning = HN_PARQUET_TIME; return i64 && e->second > 0;
    case INTEGER:
        c->meaning = e->is_signed ? HN_PARQUET_INT : HN_PARQUET_UNSIGNED;
        return i32 || i64;
    case UUID: c->meaning = HN_PARQUET_UUID; return fixed && c->width == 16;
    case HALF: c->meaning = HN_PARQUET_HALF; return fixed && c->width == 2;
    default: return true;
    }
}

static hone_status take_column(hone_ctx *ctx, hn_arena *arena, hn_parquet *file, element *e) {
    static const int widths[] = {1, 4, 8, 12, 4, 8, 0, 0};
    enum { REPEATED = 2, LONGEST = 1 << 20 };
    hn_parquet_column *c = &file->columns[file->n_columns];
    if (e->children > 0 || e->repetition == REPEATED || e->type < 0) {
        file->beyond = "nested columns";
        return HONE_OK;
    }
    if (!is_known(e)) file->beyond = "columns of JSON, intervals or the like";
    modernise(e);
    if (e->type > HN_PARQUET_FIXED || e->repetition < 0 || e->repetition > REPEATED ||
        memchr(e->name.text, '\0', e->name.length) || !hn_text_is_utf8(e->name))
        return damaged(ctx, file, "its schema is damaged");
    c->storage = (hn_parquet_storage)e->type;
    c->width = widths[c->storage];
    c->optional = e->repetition != 0;
    c->scale = (int)e->scale;
    c->second = e->second;
    c->zoned = e->is_adjusted;
    if (c->storage == HN_PARQUET_FIXED) {
        if (e->length <= 0 || e->length > LONGEST)
            return damaged(ctx, file, "its schema is damaged");
        c->width = (int)e->length;
    }
    if (!take_meaning(e, c)) return damaged(ctx, file, "a column is stored as its type is not");
    c->type = type_of(c);
    c->name = e->name.length > 0 ? hn_arena_strndup(ctx, arena, e->name.text, e->name.length)
                                 : hn_arena_printf(ctx, arena, "C%d", (int)file->n_columns);
    if (c->name == NULL) return HONE_ERROR_MEMORY;
    file->n_columns++;
    return HONE_OK;
}

static hone_status take_schema(hone_ctx *ctx, hn_arena *arena, hn_parquet *file,
                               hn_thrift_reader *r, const hn_thrift_field *field) {
    int64_t n = hn_thrift_take_structs(r, field);
    element root = {.children = 0};
    if (n > 0) root = take_element(r);
    if (n < 1 || n > INT32_MAX || file->columns != NULL)
        return damaged(ctx, file, "its schema is damaged");
    HN_TRY(HN_NEW(ctx, arena, file->columns, n));
    for (int64_t i = 1; i < n && !r->bad; i++) {
        element e = take_element(r);
        if (!r->bad) HN_TRY(take_column(ctx, arena, file, &e));
    }
    if (file->beyond == NULL && root.children != file->n_columns)
        return damaged(ctx, file, "its schema is damaged");
    return HONE_OK;
}

/* ---- row groups ------------------------------------------------------------------------------ */

typedef struct chunk {
    int64_t type, codec, n_values, length, data_at, dictionary_at;
    bool is_apart, is_encrypted, has_meta;
} chunk;

static void take_chunk_meta(hn_thrift_reader *r, chunk *c) {
    c->has_meta = true;
    for (hn_thrift_field f = {0}; hn_thrift_next(r, &f);) {
        switch (f.number) {
        case 1: c->type = hn_thrift_take_int(r, &f); break;
        case 4: c->codec = hn_thrift_take_int(r, &f); break;
        case 5: c->n_values = hn_thrift_take_int(r, &f); break;
        case 7: c->length = hn_thrift_take_int(r, &f); break;
        case 9: c->data_at = hn_thrift_take_int(r, &f); break;
        case 11: c->dictionary_at = hn_thrift_take_int(r, &f); break;
        default: hn_thrift_skip(r, &f); break;
        }
    }
}

static chunk take_chunk(hn_thrift_reader *r) {
    chunk c = {.type = -1};
    for (hn_thrift_field f = {0}; hn_thrift_next(r, &f);) {
        if (f.number == 3 && hn_thrift_take_struct(r, &f)) {
            take_chunk_meta(r, &c);
        } else if (f.number == 1) {
            c.is_apart = hn_thrift_take_bytes(r, &f).length > 0;
        } else if (f.number != 3) {
            c.is_encrypted |= f.number == 8 || f.number == 9;
            hn_thrift_skip(r, &f);
        }
    }
    return c;
}

static hone_status check_chunk(hone_ctx *ctx, const hn_parquet *file, int32_t j, const chunk *c,
                               hn_parquet_chunk *ret_chunk) {
    hn_parquet_cursor place = {.file = file, .column = j, .group = file->n_groups};
    bool dictionary = c->dictionary_at >= MARK && c->dictionary_at < c->data_at;
    int64_t at = dictionary ? c->dictionary_at : c->data_at;
    if (c->is_encrypted)
        return hn_fail_at(ctx, HONE_ERROR_UNSUPPORTED, HN_AT(.file = file->shown),
                          "%s is encrypted; decrypt it first", file->shown);
    if (c->is_apart || !c->has_meta)
        return hn_parquet_damaged(ctx, &place, "its pages are in another file");
    if (c->type != (int64_t)file->columns[j].storage)
        return hn_parquet_damaged(ctx, &place, "it is stored in another way than the schema says");
    if (c->n_values == 0) at = file->end; /* some writers give such no place */
    if (c->length < 0 || at < MARK || at > file->end ||
        (c->n_values != 0 && c->length > file->end - at))
        return hn_parquet_damaged(ctx, &place, "it lies outside the file");
    if (c->codec < 0 || c->codec > HN_CODEC_LZ4 || c->codec == 3 || c->codec == 5)
        return hn_parquet_damaged(
            ctx, &place,
            "it is packed by LZO, Hadoop's LZ4 or something newer, not by snappy, "
            "gzip, brotli, zstd or lz4_raw");
    *ret_chunk = (hn_parquet_chunk){.at = at, .codec = (hn_codec)c->codec};
    return HONE_OK;
}

static hone_status take_chunks(hone_ctx *ctx, hn_arena *arena, hn_parquet *file,
                               hn_thrift_reader *r, const hn_thrift_field *field) {
    hn_parquet_group *group = &file->groups[file->n_groups];
    int64_t n = hn_thrift_take_structs(r, field);
    bool flat = file->beyond == NULL;
    if (flat && n != file->n_columns)
        return damaged(ctx, file, "a row group has more or fewer columns than the schema");
    if (flat) HN_TRY(HN_NEW(ctx, arena, group->chunks, n + 1));
    for (int64_t j = 0; j < n && !r->bad; j++) {
        chunk c = take_chunk(r);
        if (flat && !r->bad) HN_TRY(check_chunk(ctx, file, (int32_t)j, &c, &group->chunks[j]));
    }
    return HONE_OK;
}

static hone_status take_groups(hone_ctx *ctx, hn_arena *arena, hn_parquet *file,
                               hn_thrift_reader *r, const hn_thrift_field *field) {
    int64_t n = hn_thrift_take_structs(r, field);
    if (file->groups != NULL || file->columns == NULL)
        return damaged(ctx, file, "its footer is damaged");
    HN_TRY(HN_NEW(ctx, arena, file->groups, n + 1));
    for (int64_t i = 0; i < n && !r->bad; i++) {
        hn_parquet_group *group = &file->groups[file->n_groups];
        for (hn_thrift_field f = {0}; hn_thrift_next(r, &f);) {
            if (f.number == 1)
                HN_TRY(take_chunks(ctx, arena, file, r, &f));
            else if (f.number == 3)
                group->n_rows = hn_thrift_take_int(r, &f);
            else
                hn_thrift_skip(r, &f);
        }
        bool whole = group->chunks != NULL || file->beyond != NULL;
        if (!whole || group->n_rows < 0 || group->n_rows > INT64_MAX / 64 - file->n_rows)
            return damaged(ctx, file, "a row group of its footer is damaged");
        group->first = file->n_rows;
        file->n_rows += group->n_rows;
        file->n_groups++;
    }
    return HONE_OK;
}

/* ---- the footer ------------------------------------------------------------------------------ */

static hone_status take_footer(hone_ctx *ctx, hn_arena *arena, hn_parquet *file,
                               hn_thrift_reader *r) {
    int64_t n_rows = -1;
    for (hn_thrift_field f = {0}; hn_thrift_next(r, &f);) {
        if (f.number == 2)
            HN_TRY(take_schema(ctx, arena, file, r, &f));
        else if (f.number == 3)
            n_rows = hn_thrift_take_int(r, &f);
        else if (f.number == 4)
            HN_TRY(take_groups(ctx, arena, file, r, &f));
        else
            hn_thrift_skip(r, &f);
    }
    if (r->bad || n_rows != file->n_rows || file->columns == NULL)
        return damaged(ctx, file, "its footer is damaged");
    if (file->n_columns == 0 && file->beyond == NULL)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = file->shown),
                          "%s has no columns; give a file with data", file->shown);
    return HONE_OK;
}

hone_status hn_parquet_open(hone_ctx *ctx, hn_arena *arena, const char *shown,
                            const unsigned char *bytes, int64_t n, hn_parquet *ret_file) {
    hn_parquet file = {.shown = shown, .bytes = bytes, .n = n};
    uint32_t length = 0;
    if (n >= MARK && memcmp(bytes + n - MARK, "PARE", MARK) == 0)
        return hn_fail_at(ctx, HONE_ERROR_UNSUPPORTED, HN_AT(.file = shown),
                          "%s is encrypted; decrypt it first", shown);
    if (n < MARK + TAIL || memcmp(bytes + n - MARK, "PAR1", MARK) != 0)
        return damaged(ctx, &file, "it is no whole Parquet file: its last bytes are not \"PAR1\"");
    memcpy(&length, bytes + n - TAIL, sizeof length);
    if (length < LEAST - TAIL || length > n - TAIL - MARK)
        return damaged(ctx, &file, "its footer is damaged");
    file.end = n - TAIL - (int64_t)length;
    hn_thrift_reader r = {.bytes = bytes + file.end, .n = length};
    HN_TRY(take_footer(ctx, arena, &file, &r));
    *ret_file = file;
    return HONE_OK;
}

hone_status hn_parquet_open_libraries(hone_ctx *ctx, hn_parquet *file) {
    HN_TRY(hn_crc32_open(ctx, &file->crc32));
    for (int64_t g = 0; g < file->n_groups; g++)
        for (int32_t j = 0; j < file->n_columns; j++) {
            hn_codec codec = file->groups[g].chunks[j].codec;
            HN_TRY(hn_unpacker_open(ctx, codec, &file->unpackers[codec]));
        }
    return HONE_OK;
}

bool hn_parquet_is_alike(const hn_parquet *a, const hn_parquet *b) {
    if (a->n_columns != b->n_columns) return false;
    for (int32_t j = 0; j < a->n_columns; j++) {
        const hn_parquet_column *x = &a->columns[j], *y = &b->columns[j];
        if (strcmp(x->name, y->name) != 0 || x->storage != y->storage || x->meaning != y->meaning ||
            x->width != y->width || x->scale != y->scale || x->second != y->second ||
            x->zoned != y->zoned)
            return false;
    }
    return true;
}
