/* arrow_schema.c - what columns an Arrow file has; see arrow_read.h. */
#include "table/arrow_read.h"

enum { MOST_COLUMNS = 1000000 };

/* The C format of a type; NULL where hone has no column for it. */
static const char *format_of(hn_ipc *s, hn_message *flat, int64_t place) {
    enum {
        NOTHING = 1,
        INT,
        FLOAT,
        UTF8 = 5,
        BOOL,
        DECIMAL,
        DATE,
        TIMESTAMP = 10,
        LARGE = 20,
        VIEW = 24
    };
    int64_t kind = hn_message_int(flat, place, 2, 1, 0) & 0xff,
            type = hn_message_follow(flat, place, 3);
    static const char *const whole[] = {"C", "c", "S", "s", "I", "i", "L", "l"};
    static const char *const times[] = {"tss:", "tsm:", "tsu:", "tsn:"};
    static const char *const floats[] = {"e", "f", "g"};
    int64_t bits, unit;
    switch (kind) {
    case NOTHING: return "n";
    case INT:
        bits = hn_message_int(flat, type, 0, 4, 0);
        if (bits != 8 && bits != 16 && bits != 32 && bits != 64) return NULL;
        return whole[2 * (bits > 8) + 2 * (bits > 16) + 2 * (bits > 32) +
                     (hn_message_int(flat, type, 1, 1, 0) != 0)];
    case FLOAT:
        unit = hn_message_int(flat, type, 0, 2, 0);
        return unit >= 0 && unit < 3 ? floats[unit] : NULL;
    case UTF8: return "u";
    case LARGE: return "U";
    case VIEW: return "vu";
    case BOOL: return "b";
    case DECIMAL:
        bits = hn_message_int(flat, type, 2, 4, 128);
        if (bits != 32 && bits != 64 && bits != 128) return NULL;
        return hn_arena_printf(s->ctx, s->ctx->scratch, "d:%lld,%lld,%lld",
                               (long long)hn_message_int(flat, type, 0, 4, 0),
                               (long long)hn_message_int(flat, type, 1, 4, 0), (long long)bits);
    case DATE: return hn_message_int(flat, type, 0, 2, 1) == 0 ? "tdD" : "tdm";
    case TIMESTAMP:
        unit = hn_message_int(flat, type, 0, 2, 0);
        return unit >= 0 && unit < 4 ? times[unit] : NULL;
    default: return NULL;
    }
}

static hone_status read_field(hn_ipc *s, hn_message *flat, int64_t place, int64_t j) {
    hn_ipc_field *f = &s->fields[j];
    hn_slice name = hn_message_text(flat, place, 0);
    f->name = hn_arena_strndup(s->ctx, s->ctx->scratch, name.text, name.length);
    if (f->name == NULL) return HONE_ERROR_MEMORY;
    f->format = format_of(s, flat, place);
    int64_t dictionary = hn_message_follow(flat, place, 4);
    if (dictionary && f->format) {
        static const char *const whole[] = {"C", "c", "S", "s", "I", "i", "L", "l"};
        int64_t index = hn_message_follow(flat, dictionary, 1);
        int64_t bits = index ? hn_message_int(flat, index, 0, 4, 0) : 32;
        bool is_signed = index == 0 || hn_message_int(flat, index, 1, 1, 0);
        f->id = hn_message_int(flat, dictionary, 0, 8, 0);
        f->texts_format = f->format;
        f->format = whole[2 * (bits > 8) + 2 * (bits > 16) + 2 * (bits > 32) + is_signed];
        char kind = f->texts_format[0];
        if (kind != 'u' && kind != 'U' && kind != 'v') f->format = NULL;
    }
    if (f->format) return HONE_OK;
    return hn_fail_at(
        s->ctx, HONE_ERROR_DATA, HN_AT(.file = s->shown, .column = f->name),
        "%s: column '%s' is of a type that hone has no column for; cast it or leave it "
        "out",
        s->shown, f->name);
}

hone_status hn_ipc_schema(hn_ipc *s, hn_message *flat, int64_t place) {
    int64_t first;
    if (hn_message_int(flat, place, 0, 2, 0) != 0)
        return hn_ipc_damaged(s, "its numbers have their first byte last (big-endian)");
    s->n_fields = hn_message_vector(flat, place, 1, 4, &first);
    if (s->n_fields > MOST_COLUMNS) return hn_ipc_damaged(s, "it has more than a million columns");
    HN_TRY(HN_SCRATCH_NEW(s->ctx, s->fields, s->n_fields + 1));
    for (int64_t j = 0; j < s->n_fields; j++)
        HN_TRY(read_field(s, flat, hn_message_table_at(flat, first, j), j));
    return flat->bad ? hn_ipc_damaged(s, "its schema is damaged") : HONE_OK;
}
