/* read_npy.c - numpy's arrays: .npy (NEP 1), and .npz, a zip file of them.
 *
 * A vector is one column x0, a matrix one column for each of its own, and further axes are laid flat
 * behind the first. Structured arrays have a column for each field, under its name. Numbers, truth
 * values, datetime64 and texts of fixed length are read; pickled objects are not: they are code. */
#include "table/cells.h"
#include "table/zip.h"

#include "base/os.h"

#include <stdio.h>
#include <string.h>

enum { MOST_FIELDS = 100000, MOST_COLUMNS = 1000000, PREFIX = 12 };

/* One element, or one field of it. */
typedef struct field {
    hn_slice name;
    char kind; /* b i u f M S U */
    bool swapped;
    int64_t size, offset;
    int64_t unit; /* M: microseconds in one, negative: how many make one */
} field;

typedef struct array {
    const char *shown;
    field *fields;
    int64_t n_fields, width; /* width: bytes of one element */
    int64_t rows, columns;   /* columns: elements of a row */
    bool by_columns;         /* Fortran order */
    bool named;
    const unsigned char *data;
} array;

static hone_status refuse(hone_ctx *ctx, const array *a, const char *what) {
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = a->shown), "%s: %s", a->shown, what);
}

/* ---- the header: a Python dictionary ----------------------------------------------------------- */

typedef struct parser {
    hone_ctx *ctx;
    array *a;
    const char *at, *end;
} parser;

static void skip_blanks(parser *p) {
    while (p->at < p->end && strchr(" \t\r\n", *p->at) && *p->at) p->at++;
}

static bool take(parser *p, char c) {
    skip_blanks(p);
    if (p->at >= p->end || *p->at != c) return false;
    p->at++;
    return true;
}

static bool take_word(parser *p, const char *word) {
    skip_blanks(p);
    size_t n = strlen(word);
    if ((size_t)(p->end - p->at) < n || memcmp(p->at, word, n) != 0) return false;
    p->at += n;
    return true;
}

static bool take_text(parser *p, hn_slice *ret_text) {
    char quote = '\'';
    if (!take(p, quote)) {
        quote = '"';
        if (!take(p, quote)) return false;
    }
    const char *close = memchr(p->at, quote, (size_t)(p->end - p->at));
    if (close == NULL) return false;
    *ret_text = (hn_slice){p->at, (size_t)(close - p->at)};
    p->at = close + 1;
    return true;
}

static bool take_int(parser *p, int64_t *ret_value) {
    skip_blanks(p);
    const char *begin = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9') p->at++;
    return hn_parse_int((hn_slice){begin, (size_t)(p->at - begin)}, ret_value);
}

static hone_status broken(parser *p) {
    return refuse(p->ctx, p->a, "its header is damaged; save it anew");
}

/* "[us]", "[25s]": how many microseconds one is; false where it is no whole number of them, or years or
 * months, which are no fixed time. */
static bool parse_unit(hn_slice text, int64_t *ret_unit) {
    static const struct {
        const char *name;
        int64_t unit;
    } units[] = {{"W", 604800000000}, {"D", 86400000000}, {"h", 3600000000}, {"m", 60000000},
                 {"s", 1000000},      {"ms", 1000},       {"us", 1},         {"ns", -1000}};
    if (text.length < 3 || text.text[0] != '[' || text.text[text.length - 1] != ']') return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t n = strlen(units[i].name);
        if (n != text.length - 2 || memcmp(text.text + 1, units[i].name, n) != 0) continue;
        *ret_unit = units[i].unit;
        return true;
    }
    return false;
}

/* "<f8", "|b1", "<U12", "<M8[ns]" */
static hone_status parse_type(parser *p, hn_slice text, field *f) {
    size_t digits = 0;
    if (text.length < 2) return broken(p);
    f->swapped = text.text[0] == '>';
    f->kind = text.text[1];
    while (2 + digits < text.length && text.text[2 + digits] >= '0' && text.text[2 + digits] <= '9')
        digits++;
    if (f->kind == 'O')
        return refuse(p->ctx, p->a,
                      "it holds Python objects, which hone does not run; save numbers or texts");
    if (!hn_parse_int((hn_slice){text.text + 2, digits}, &f->size) || f->size < 1 ||
        f->size > 1 << 24)
        return broken(p);
    hn_slice rest = {text.text + 2 + digits, text.length - 2 - digits};
    bool good = rest.length == 0;
    switch (f->kind) {
    case 'b': good &= f->size == 1; break;
    case 'i':
    case 'u': good &= f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8; break;
    case 'f': good &= f->size == 2 || f->size == 4 || f->size == 8; break;
    case 'M': good = f->size == 8 && parse_unit(rest, &f->unit); break;
    case 'S': break;
    case 'U': f->size *= 4; break;
    default: good = false;
    }
    if (good) return HONE_OK;
    return hn_fail_at(
        p->ctx, HONE_ERROR_DATA, HN_AT(.file = p->a->shown),
        "%s: hone has no column for numpy's type '%.*s'; save it as float64, int64, bool, "
        "datetime64[us] or text",
        p->a->shown, (int)text.length, text.text);
}

/* 'descr': one type, or [('name', '<f8'), ...] */
static hone_status parse_types(parser *p) {
    array *a = p->a;
    hn_slice text;
    if (take_text(p, &text)) {
        a->n_fields = 1;
        HN_TRY(HN_SCRATCH_NEW(p->ctx, a->fields, 1));
        HN_TRY(parse_type(p, text, &a->fields[0]));
        a->width = a->fields[0].size;
        return HONE_OK;
    }
    if (!take(p, '[')) return broken(p);
    a->named = true;
    /* No more fields than header bytes. */
    int64_t room = (p->end - p->at) / 8 + 1;
    if (room > MOST_FIELDS) room = MOST_FIELDS;
    HN_TRY(HN_SCRATCH_NEW(p->ctx, a->fields, room));
    while (!take(p, ']')) {
        if (a->n_fields == room) return broken(p);
        field *f = &a->fields[a->n_fields++];
        if (!take(p, '(') || !take_text(p, &f->name) || !take(p, ',') || !take_text(p, &text))
            return refuse(p->ctx, a,
                          "fields within fields have no column; save a plain record array");
        HN_TRY(parse_type(p, text, f));
        if (!take(p, ')'))
            return refuse(p->ctx, a, "a field is an array itself; save a plain record array");
        f->offset = a->width;
        a->width += f->size;
        take(p, ',');
    }
    return HONE_OK;
}

static hone_status parse_shape(parser *p) {
    array *a = p->a;
    int64_t length, n = 0;
    a->rows = a->columns = 1;
    if (!take(p, '(')) return broken(p);
    while (!take(p, ')')) {
        if (!take_int(p, &length)) return broken(p);
        if (n++ == 0)
            a->rows = length;
        else if (__builtin_mul_overflow(a->columns, length, &a->columns))
            return broken(p);
        take(p, ',');
    }
    if (n > 2 && a->by_columns)
        return refuse(p->ctx, a,
                      "an array of more than two axes in Fortran order; save it in C order");
    return HONE_OK;
}

static hone_status parse_header(parser *p) {
    hn_slice key;
    bool has_type = false, has_shape = false;
    const char *shape = NULL;
    if (!take(p, '{')) return broken(p);
    while (!take(p, '}')) {
        if (!take_text(p, &key) || !take(p, ':')) return broken(p);
        if (key.length == 5 && memcmp(key.text, "descr", 5) == 0) {
            if (has_type) return broken(p);
            HN_TRY(parse_types(p));
            has_type = true;
        } else if (key.length == 13 && memcmp(key.text, "fortran_order", 13) == 0) {
            p->a->by_columns = take_word(p, "True");
            if (!p->a->by_columns && !take_word(p, "False")) return broken(p);
        } else if (key.length == 5 && memcmp(key.text, "shape", 5) == 0) {
            skip_blanks(p);
            shape = p->at; /* once more below, when the order is known */
            HN_TRY(parse_shape(p));
            has_shape = true;
        } else {
            return broken(p);
        }
        take(p, ',');
    }
    if (!has_type || !has_shape) return broken(p);
    p->at = shape;
    return parse_shape(p);
}

/* The whole file, bytes [n]: header and the data behind it. */
static hone_status parse_array(hone_ctx *ctx, const unsigned char *bytes, int64_t n, array *a) {
    if (n < PREFIX || memcmp(bytes, "\x93NUMPY", 6) != 0 || bytes[6] < 1 || bytes[6] > 3)
        return refuse(ctx, a, "it is no .npy file");
    int64_t begin = bytes[6] == 1 ? 10 : 12, length = bytes[8] | bytes[9] << 8;
    if (bytes[6] > 1) length |= (int64_t)bytes[10] << 16 | (int64_t)bytes[11] << 24;
    if (begin + length > n) return refuse(ctx, a, "it is cut short; save it anew");
    parser p = {ctx, a, (const char *)bytes + begin, (const char *)bytes + begin + length};
    HN_TRY(parse_header(&p));
    int64_t elements, size;
    bool huge = __builtin_mul_overflow(a->rows, a->columns, &elements) ||
                __builtin_mul_overflow(elements, a->width, &size);
    if (huge || size != n - begin - length)
        return refuse(ctx, a, "its data are not as long as its header says; save it anew");
    /* Each element has a byte at least, so there are no more rows than bytes. */
    if (a->columns < 1 || a->n_fields < 1)
        return refuse(ctx, a, "it has rows without columns; save an array with some");
    if (a->columns > MOST_COLUMNS / a->n_fields)
        return refuse(ctx, a, "it has more than a million columns; cut or transpose it");
    a->data = bytes + begin + length;
    return HONE_OK;
}

/* ---- elements -------------------------------------------------------------------------------- */

static double half(uint16_t bits) {
    int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double size = exponent == 31 ? (mantissa ? (double)NAN : (double)INFINITY)
                  : exponent     ? ldexp(1024 + mantissa, exponent - 25)
                                 : ldexp(mantissa, -24);
    return bits & 0x8000 ? -size : size;
}

/* UCS-4 without trailing zeros -> UTF-8 in text. False where it is no Unicode. */
static bool put_unicode(const unsigned char *bytes, int64_t n, bool swapped, hn_str *text) {
    hn_str_clear(text);
    for (int64_t i = 0; i + 4 <= n; i += 4) {
        uint32_t c;
        memcpy(&c, bytes + i, 4);
        if (swapped) c = __builtin_bswap32(c);
        if (c == 0) break;
        if (c >= 0x110000 || (c >= 0xd800 && c < 0xe000)) return false;
        char out[4];
        int length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (int k = length - 1; k > 0; k--, c >>= 6) out[k] = (char)(0x80 | (c & 63));
        out[0] = (char)(length == 1 ? c : (0xf00u >> length & 0xff) | c);
        hn_str_put_n(text, out, (size_t)length);
    }
    return true;
}

static hone_status cell_of(hone_ctx *ctx, const array *a, const field *f,
                           const unsigned char *bytes, hn_str *text, hn_cell *ret_cell) {
    uint64_t bits = 0;
    hn_cell cell = {.kind = HN_CELL_INT};
    if (f->kind != 'S' && f->kind != 'U') {
        unsigned char plain[8] = {0};
        for (int64_t i = 0; i < f->size; i++) plain[f->swapped ? f->size - 1 - i : i] = bytes[i];
        memcpy(&bits, plain, 8);
    }
    int shift = f->size < 8 ? 64 - 8 * (int)f->size : 0;
    switch (f->kind) {
    case 'b':
        cell.kind = HN_CELL_BOOL;
        cell.whole = bits != 0;
        break;
    case 'i': cell.whole = (int64_t)(bits << shift) >> shift; break;
    case 'u':
        cell.whole = (int64_t)bits;
        if (cell.whole < 0) cell = (hn_cell){.kind = HN_CELL_REAL, .real = (double)bits};
        break;
    case 'f': {
        float narrow;
        uint32_t word = (uint32_t)bits;
        memcpy(&narrow, &word, 4);
        memcpy(&cell.real, &bits, 8);
        if (f->size == 4) cell.real = (double)narrow;
        if (f->size == 2) cell.real = half((uint16_t)bits);
        cell.kind = isnan(cell.real) ? HN_CELL_NULL : HN_CELL_REAL;
        break;
    }
    case 'M':
        cell.kind = HN_CELL_TIME;
        cell.whole = (int64_t)bits;
        if (cell.whole == INT64_MIN) { /* not a time */
            cell.kind = HN_CELL_NULL;
        } else if (f->unit < 0) {
            int64_t rest = cell.whole % -f->unit;
            cell.whole = cell.whole / -f->unit - (rest < 0);
        } else if (__builtin_mul_overflow(cell.whole, f->unit, &cell.whole)) {
            return refuse(ctx, a, "a time lies beyond the year 290000; mend it");
        }
        break;
    case 'S':
        cell = hn_cell_text((const char *)bytes, strnlen((const char *)bytes, (size_t)f->size));
        break;
    default:
        if (!put_unicode(bytes, f->size, f->swapped, text))
            return refuse(ctx, a, "a text is not Unicode; save it anew");
        HN_TRY(hn_str_status(text));
        cell = hn_cell_text(text->text, text->length);
    }
    *ret_cell = cell;
    return HONE_OK;
}

static hone_status name_columns(hone_ctx *ctx, const array *a, hn_slice *names) {
    for (int64_t j = 0; j < a->columns; j++) {
        for (int64_t k = 0; k < a->n_fields; k++) {
            const field *f = &a->fields[k];
            const char *name =
                !a->named ? hn_arena_printf(ctx, ctx->scratch, "x%lld", (long long)j)
                : a->columns > 1
                    ? hn_arena_printf(ctx, ctx->scratch, "%.*s_%lld", (int)f->name.length,
                                      f->name.text, (long long)j)
                    : hn_arena_strndup(ctx, ctx->scratch, f->name.text, f->name.length);
            if (name == NULL) return HONE_ERROR_MEMORY;
            names[j * a->n_fields + k] = (hn_slice){name, strlen(name)};
        }
    }
    return HONE_OK;
}

static hone_status read_array(hone_ctx *ctx, hn_reader *reader, const unsigned char *bytes,
                              int64_t n) {
    array a = {.shown = reader->source->shown};
    HN_TRY(parse_array(ctx, bytes, n, &a));
    int64_t width = a.columns * a.n_fields;
    hn_slice *names;
    hn_cells cells;
    hn_str text;
    bool full = false;
    hn_str_init(&text, ctx, ctx->scratch);
    HN_TRY(HN_SCRATCH_NEW(ctx, names, width + 1));
    HN_TRY(name_columns(ctx, &a, names));
    HN_TRY(hn_cells_start(ctx, reader, names, (int32_t)width, &cells));
    for (int64_t i = 0; i < a.rows && !full; i++) {
        for (int64_t j = 0; j < a.columns; j++) {
            int64_t element = a.by_columns ? j * a.rows + i : i * a.columns + j;
            for (int64_t k = 0; k < a.n_fields; k++) {
                const field *f = &a.fields[k];
                hn_cell cell;
                HN_TRY(cell_of(ctx, &a, f, a.data + element * a.width + f->offset, &text, &cell));
                HN_TRY(hn_cells_put(ctx, &cells, (int32_t)(j * a.n_fields + k), cell));
            }
        }
        HN_TRY(hn_cells_end_row(ctx, &cells, &full));
    }
    return HONE_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

static hone_status read_npy(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    hn_mapping m = {.length = 0};
    HN_TRY(hn_map_file(ctx, reader->source->path, &m));
    hone_status status = read_array(ctx, reader, m.bytes, (int64_t)m.length);
    hn_unmap_file(&m);
    return status;
}

static bool is_npy(const char *head, size_t length) {
    return length >= 6 && memcmp(head, "\x93NUMPY", 6) == 0;
}

const hn_source_kind hn_source_npy = {
    .name = "npy",
    .title = "numpy files",
    .endings = (const char *const[]){".npy", NULL},
    .is_it = is_npy,
    .read = read_npy,
};

/* ---- archives -------------------------------------------------------------------------------- */

static hone_status read_member(hone_ctx *ctx, hn_reader *reader, const hn_zip *zip, int64_t index) {
    hn_member member;
    HN_TRY(hn_member_open(ctx, zip, index, &member));
    char *bytes = hn_arena_alloc(ctx, ctx->scratch, (size_t)member.size + 1, 1);
    int64_t n = 0, got = 1;
    while (bytes && n < member.size && got > 0)
        n += got = hn_member_read(&member, bytes + n, member.size - n);
    hone_status status = bytes == NULL      ? HONE_ERROR_MEMORY
                         : n == member.size ? HONE_OK
                                            : hn_member_damaged(ctx, &member);
    hn_member_close(&member);
    HN_TRY(status);
    return read_array(ctx, reader, (const unsigned char *)bytes, n);
}

static hone_status choose_member(hone_ctx *ctx, hn_reader *reader, const hn_zip *zip) {
    int64_t n = zip->f.zip_get_num_entries(zip->archive, 0), chosen;
    const char **names;
    if (n > MOST_FIELDS) n = MOST_FIELDS;
    HN_TRY(HN_SCRATCH_NEW(ctx, names, n + 1));
    for (int64_t i = 0; i < n; i++) {
        const char *name = zip->f.zip_get_name(zip->archive, (uint64_t)i, 0);
        size_t length = name ? strlen(name) : 0;
        if (length > 4 && strcmp(name + length - 4, ".npy") == 0) length -= 4;
        names[i] = hn_arena_strndup(ctx, ctx->scratch, name ? name : "", length);
        if (names[i] == NULL) return HONE_ERROR_MEMORY;
    }
    HN_TRY(hn_choose_table(ctx, reader->source, names, n, true, &chosen));
    return read_member(ctx, reader, zip, chosen);
}

static hone_status read_npz(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    hn_zip zip = {.archive = NULL};
    HN_TRY(hn_zip_open(ctx, reader->source, "reading .npz files", &zip));
    hone_status status = choose_member(ctx, reader, &zip);
    hn_zip_close(&zip);
    return status;
}

static bool is_npz(const char *head, size_t length) {
    if (length < 34 || memcmp(head, "PK\3\4", 4) != 0) return false;
    size_t name = (unsigned char)head[26] | (unsigned char)head[27] << 8;
    return 30 + name <= length && name > 4 && memcmp(head + 30 + name - 4, ".npy", 4) == 0;
}

const hn_source_kind hn_source_npz = {
    .name = "npz",
    .title = "numpy archives",
    .endings = (const char *const[]){".npz", NULL},
    .is_it = is_npz,
    .tables = "array",
    .takes = HN_TAKES_TABLE,
    .read = read_npz,
};
