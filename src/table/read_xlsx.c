/* read_xlsx.c - a sheet of an Excel workbook (ECMA-376: SpreadsheetML in a zip file).
 *
 * Cells come as what they are: numbers, texts, truth values; a number whose format shows a date is a
 * time. Error cells (#N/A) and empty ones are missing; of merged cells the first has the value. Formulas
 * have the value that was saved with them. Rows without any value are left out. */
#include "table/cells.h"
#include "table/dialect.h"
#include "table/xml.h"
#include "table/zip.h"

#include "base/os.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 1048576, MOST_COLUMNS = 16384, MOST_SHEETS = 10000, MOST_STYLES = 100000 };
enum { MANY_CELLS = 10000000 }; /* of these one in a hundred must hold a value */

typedef struct book {
    hone_ctx *ctx;
    hn_reader *reader;
    hn_zip zip;
    hn_xml xml;
    hn_member member; /* the part being read */
    void *part;       /* its XML reader */
    bool from_1904;
    bool *is_date; /* by style of a cell */
    int64_t n_styles;
    hn_str texts; /* shared strings, end to end */
    int64_t *ends, n_texts, room;
    int64_t n_values;            /* in cells below the header */
    int64_t first_row, last_row; /* of the cells to be read, from 1 */
    int32_t first_column, last_column;
} book;

static hone_status damaged(book *b, const char *what) {
    const char *shown = b->zip.shown;
    return hn_fail_at(
        b->ctx, HONE_ERROR_DATA, HN_AT(.file = shown),
        "%s: the workbook is damaged (%s); open it in a spreadsheet program and save it "
        "again",
        shown, what);
}

/* ---- parts ----------------------------------------------------------------------------------- */

static int read_bytes(void *member, char *bytes, int n) {
    return (int)hn_member_read(member, bytes, n);
}

static hone_status open_part(book *b, int64_t index) {
    HN_TRY(hn_member_open(b->ctx, &b->zip, index, &b->member));
    b->part = b->xml.xmlReaderForIO(read_bytes, NULL, &b->member, NULL, NULL, HN_XML_QUIET);
    return b->part ? HONE_OK : hn_fail(b->ctx, HONE_ERROR_MEMORY, "out of memory to read XML");
}

static void close_part(book *b) {
    if (b->part) b->xml.xmlFreeTextReader(b->part);
    b->part = NULL;
    hn_member_close(&b->member);
}

/* The next node: *ret_node is its type, 0 at the end. */
static hone_status step(book *b, int *ret_node) {
    int code = b->xml.xmlTextReaderRead(b->part);
    if (code < 0 || b->member.failed) return damaged(b, "its XML is cut short or malformed");
    *ret_node = code ? b->xml.xmlTextReaderNodeType(b->part) : 0;
    return HONE_OK;
}

static bool is_called(const book *b, const char *name) {
    const char *called = b->xml.xmlTextReaderConstLocalName(b->part);
    return called && strcmp(called, name) == 0;
}

/* An attribute, copied to scratch; "" where there is none. */
static hone_status attribute(book *b, const char *name, const char **ret_value) {
    const char *value = hn_xml_attribute(&b->xml, b->part, name);
    *ret_value = hn_arena_strdup(b->ctx, b->ctx->scratch, value ? value : "");
    b->xml.xmlTextReaderMoveToElement(b->part);
    return *ret_value ? HONE_OK : HONE_ERROR_MEMORY;
}

static int64_t number_attribute(book *b, const char *name, int64_t fallback) {
    const char *value = hn_xml_attribute(&b->xml, b->part, name);
    int64_t number = fallback;
    if (value && !hn_parse_int((hn_slice){value, strlen(value)}, &number)) number = fallback;
    b->xml.xmlTextReaderMoveToElement(b->part);
    return number;
}

static bool is_text_node(int node) {
    return node == HN_XML_TEXT || node == HN_XML_CDATA || node == HN_XML_BLANK;
}

/* All text of the <t> elements of the element at hand, but for phonetic ones, appended to out. */
static hone_status collect_text(book *b, hn_str *out) {
    if (b->xml.xmlTextReaderIsEmptyElement(b->part)) return HONE_OK;
    int depth = 1, phonetic = 0, text = 0;
    while (depth > 0) {
        int node;
        HN_TRY(step(b, &node));
        if (node == 0) return damaged(b, "an element never closes");
        bool opens = node == HN_XML_ELEMENT, closes = node == HN_XML_END;
        if (opens && b->xml.xmlTextReaderIsEmptyElement(b->part)) continue;
        depth += opens - closes;
        if (is_called(b, "rPh")) phonetic += opens - closes;
        if (is_called(b, "t")) text += opens - closes;
        if (is_text_node(node) && text > 0 && phonetic == 0)
            hn_str_put(out, b->xml.xmlTextReaderConstValue(b->part));
    }
    return hn_str_status(out);
}

/* ---- workbook.xml: sheets -------------------------------------------------------------------- */

typedef struct sheets {
    const char **names, **ids;
    int64_t n;
} sheets;

static hone_status list_sheets(book *b, sheets *s) {
    HN_TRY(HN_SCRATCH_NEW(b->ctx, s->names, MOST_SHEETS));
    HN_TRY(HN_SCRATCH_NEW(b->ctx, s->ids, MOST_SHEETS));
    for (int node = -1; node != 0;) {
        HN_TRY(step(b, &node));
        if (node != HN_XML_ELEMENT) continue;
        if (is_called(b, "workbookPr")) {
            const char *value;
            HN_TRY(attribute(b, "date1904", &value));
            b->from_1904 = strcmp(value, "1") == 0 || strcmp(value, "true") == 0;
        }
        if (!is_called(b, "sheet") || s->n == MOST_SHEETS) continue;
        HN_TRY(attribute(b, "name", &s->names[s->n]));
        HN_TRY(attribute(b, "r:id", &s->ids[s->n]));
        s->n++;
    }
    return HONE_OK;
}

/* Where the sheet with this id is, by workbook.xml.rels. */
static hone_status find_target(book *b, const char *id, const char **ret_target) {
    *ret_target = NULL;
    for (int node = -1; node != 0;) {
        HN_TRY(step(b, &node));
        if (node != HN_XML_ELEMENT || !is_called(b, "Relationship")) continue;
        const char *found, *target;
        HN_TRY(attribute(b, "Id", &found));
        HN_TRY(attribute(b, "Target", &target));
        if (strcmp(found, id) != 0) continue;
        *ret_target = target[0] == '/' ? hn_arena_strdup(b->ctx, b->ctx->scratch, target + 1)
                                       : hn_arena_printf(b->ctx, b->ctx->scratch, "xl/%s", target);
        if (*ret_target == NULL) return HONE_ERROR_MEMORY;
    }
    return *ret_target ? HONE_OK : damaged(b, "a sheet has no part");
}

/* ---- styles.xml: which numbers are dates ----------------------------------------------------- */

static bool is_builtin_date(int64_t id) {
    return (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 31) || id == 36 ||
           (id >= 50 && id <= 58);
}

/* A format with a day or a year, outside quotes, brackets and escapes: "dd/mm/yyyy". Hours alone are
 * no date but a part of a day, and stay numbers. */
static bool shows_date(const char *format) {
    for (const char *at = format; *at; at++) {
        if (*at == '"') {
            at = strchr(at + 1, '"');
        } else if (*at == '[') {
            at = strchr(at, ']');
        } else if (*at == '\\' || *at == '_' || *at == '*') {
            at++;
            if (*at == '\0') return false;
        } else if (*at == ';') {
            return false; /* further sections are for negative numbers and texts */
        } else if (strchr("dDyY", *at)) {
            return true;
        }
        if (at == NULL) return false;
    }
    return false;
}

static hone_status read_styles(book *b) {
    bool in_cells = false;
    int64_t *dates, n_dates = 0; /* numbers of own formats that show dates */
    HN_TRY(HN_SCRATCH_NEW(b->ctx, dates, MOST_STYLES));
    HN_TRY(HN_SCRATCH_NEW(b->ctx, b->is_date, MOST_STYLES));
    for (int node = -1; node != 0;) {
        HN_TRY(step(b, &node));
        if (node == HN_XML_END && is_called(b, "cellXfs")) in_cells = false;
        if (node != HN_XML_ELEMENT) continue;
        if (is_called(b, "cellXfs")) in_cells = true;
        if (is_called(b, "numFmt") && n_dates < MOST_STYLES) {
            const char *code;
            HN_TRY(attribute(b, "formatCode", &code));
            if (shows_date(code)) dates[n_dates++] = number_attribute(b, "numFmtId", -1);
        }
        if (!in_cells || !is_called(b, "xf") || b->n_styles == MOST_STYLES) continue;
        int64_t format = number_attribute(b, "numFmtId", 0);
        bool is_date = is_builtin_date(format);
        for (int64_t i = 0; i < n_dates && !is_date; i++) is_date = dates[i] == format;
        b->is_date[b->n_styles++] = is_date;
    }
    return HONE_OK;
}

/* ---- sharedStrings.xml ----------------------------------------------------------------------- */

static hone_status read_texts(book *b) {
    for (int node = -1; node != 0;) {
        HN_TRY(step(b, &node));
        if (node != HN_XML_ELEMENT || !is_called(b, "si")) continue;
        if (b->n_texts % 4096 == 0) HN_TRY(hn_check_cancel(b->ctx));
        HN_TRY(collect_text(b, &b->texts));
        if (b->n_texts + 1 >= b->room) {
            int64_t *ends;
            b->room = 2 * b->room + 1024;
            HN_TRY(HN_SCRATCH_NEW(b->ctx, ends, b->room));
            if (b->n_texts) memcpy(ends, b->ends, (size_t)(b->n_texts + 1) * sizeof *ends);
            b->ends = ends;
        }
        b->ends[++b->n_texts] = (int64_t)b->texts.length;
    }
    return HONE_OK;
}

/* ---- cells ----------------------------------------------------------------------------------- */

/* Days since the epoch of the workbook, to the millisecond. Day 60 of 1900 is a 29th of February that
 * never was. */
static bool time_of(const book *b, double days, int64_t *ret_time) {
    static const double millisecond_day = 86400000.0;
    if (!(days >= 0 && days < 2958466)) return false; /* year 10000 */
    int64_t whole = (int64_t)days, epoch = b->from_1904 ? -24107 : -25569;
    int64_t milliseconds = (int64_t)nearbyint((days - (double)whole) * millisecond_day);
    if (!b->from_1904 && whole > 0 && whole < 60) whole++;
    *ret_time = ((whole + epoch) * 86400000 + milliseconds) * 1000;
    return true;
}

static hone_status number_cell(book *b, hn_slice text, int64_t style, hn_cell *cell) {
    if (!hn_parse_double(text, &cell->real)) return damaged(b, "a number is none");
    cell->kind = HN_CELL_REAL;
    if (style >= 0 && style < b->n_styles && b->is_date[style] &&
        time_of(b, cell->real, &cell->whole))
        cell->kind = HN_CELL_TIME;
    else if (fabs(cell->real) < 0x1p53 && cell->real == (double)(int64_t)cell->real)
        cell->kind = HN_CELL_INT, cell->whole = (int64_t)cell->real;
    return HONE_OK;
}

static hone_status cell_of(book *b, const char *type, int64_t style, hn_slice text,
                           hn_cell *ret_cell) {
    hn_cell cell = {.kind = HN_CELL_NULL};
    int64_t index;
    if (strcmp(type, "str") == 0 || strcmp(type, "inlineStr") == 0 || strcmp(type, "d") == 0) {
        cell = hn_cell_text(text.text, text.length);
    } else if (text.length == 0 || strcmp(type, "e") == 0) {
        cell.kind = HN_CELL_NULL;
    } else if (strcmp(type, "s") == 0) {
        if (!hn_parse_int(text, &index) || index < 0 || index >= b->n_texts)
            return damaged(b, "a text is not among its shared strings");
        cell = hn_cell_text(b->texts.text + b->ends[index],
                            (size_t)(b->ends[index + 1] - b->ends[index]));
    } else if (strcmp(type, "b") == 0) {
        cell.kind = HN_CELL_BOOL;
        cell.whole = text.text[0] == '1' || text.text[0] == 't';
    } else {
        HN_TRY(number_cell(b, text, style, &cell));
    }
    *ret_cell = cell;
    return HONE_OK;
}

/* "AB12" -> 27; -1 where it is none. */
static int32_t column_of(const char *reference) {
    int32_t column = 0;
    for (; *reference >= 'A' && *reference <= 'Z' && column <= MOST_COLUMNS; reference++)
        column = column * 26 + (*reference - 'A' + 1);
    return column >= 1 && column <= MOST_COLUMNS ? column - 1 : -1;
}

/* ---- which cells ----------------------------------------------------------------------------- */

/* "B3" or "B" or "3", from *at on: column and row, from 1, 0 where it names none; false where it is no cell. */
static bool read_corner(const char **at, int64_t *ret_column, int64_t *ret_row) {
    const char *start = *at;
    *ret_column = *ret_row = 0;
    for (; isalpha((unsigned char)**at) && *ret_column <= MOST_COLUMNS; ++*at)
        *ret_column = *ret_column * 26 + (toupper((unsigned char)**at) - 'A' + 1);
    for (; isdigit((unsigned char)**at) && *ret_row <= MOST_ROWS; ++*at)
        *ret_row = *ret_row * 10 + (**at - '0');
    return *at > start && *ret_column <= MOST_COLUMNS && *ret_row <= MOST_ROWS;
}

/* The range and the rows to be skipped, as bounds of what is read. */
static hone_status read_range(book *b) {
    const char *range = b->reader->options->range, *at = range;
    int64_t from[2] = {0, 0}, to[2] = {0, 0};
    bool good = true;
    if (range != NULL) {
        good = read_corner(&at, &from[0], &from[1]);
        if (good && *at == ':') {
            at++;
            good = read_corner(&at, &to[0], &to[1]);
        }
        good = good && *at == '\0' && (to[0] == 0 || to[0] >= from[0]) &&
               (to[1] == 0 || to[1] >= from[1]);
    }
    if (!good)
        return hn_fail_at(b->ctx, HONE_ERROR_USAGE, HN_AT(.param = "range"),
                          "range '%.64s' names no cells; write it like B3:E20, B:E or B3", range);
    b->first_row = (from[1] > 0 ? from[1] : 1) + b->reader->options->skip_rows;
    b->last_row = to[1] > 0 ? to[1] : INT64_MAX;
    b->first_column = from[0] > 0 ? (int32_t)from[0] - 1 : 0;
    b->last_column = to[0] > 0 ? (int32_t)to[0] - 1 : MOST_COLUMNS - 1;
    return HONE_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

typedef struct row {
    /* [MOST_COLUMNS], from the first one that is read on; their texts are in text, or shared. */
    hn_cell *cells;
    int32_t *at; /* columns of those that hold a value */
    int32_t n, next;
    int64_t number; /* from 1; rows without a cell may be left out of the file */
    hn_str text;
} row;

/* The <c> at hand. Texts are kept as places in r->text until the row is whole: it may move. */
static hone_status read_cell(book *b, row *r) {
    char type[16];
    const char *value = hn_xml_attribute(&b->xml, b->part, "t");
    hn_copy_text(type, sizeof type, value ? value : "n");
    value = hn_xml_attribute(&b->xml, b->part, "r");
    int32_t column = value ? column_of(value) : r->next;
    b->xml.xmlTextReaderMoveToElement(b->part);
    int64_t style = number_attribute(b, "s", 0);
    if (column < 0 || column >= MOST_COLUMNS) return damaged(b, "a cell lies outside the sheet");
    r->next = column + 1;
    if (b->xml.xmlTextReaderIsEmptyElement(b->part)) return HONE_OK;
    HN_SCRATCH(b->ctx);
    hn_str text;
    hn_str_init(&text, b->ctx, b->ctx->scratch);
    bool in_value = false;
    for (;;) {
        int node;
        HN_TRY(step(b, &node));
        if (node == 0) return damaged(b, "a cell never closes");
        if (node == HN_XML_END && is_called(b, "c")) break;
        if (node == HN_XML_ELEMENT && is_called(b, "is")) HN_TRY(collect_text(b, &text));
        if (is_called(b, "v")) in_value = node == HN_XML_ELEMENT;
        if (in_value && is_text_node(node))
            hn_str_put(&text, b->xml.xmlTextReaderConstValue(b->part));
    }
    HN_TRY(hn_str_status(&text));
    hn_cell cell;
    HN_TRY(cell_of(b, type, style, (hn_slice){text.text, text.length}, &cell));
    if (cell.kind == HN_CELL_NULL || column < b->first_column || column > b->last_column)
        return HONE_OK;
    column -= b->first_column;
    if (cell.kind == HN_CELL_TEXT) {
        cell.whole = (int64_t)r->text.length; /* its place, until the row is whole */
        hn_str_put_n(&r->text, cell.text.text, cell.text.length);
        HN_TRY(hn_str_status(&r->text));
    }
    if (r->cells[column].kind == HN_CELL_NULL) r->at[r->n++] = column;
    r->cells[column] = cell;
    return HONE_OK;
}

/* The next row with a value; *ret_more false after the last. */
static hone_status next_row(book *b, row *r, bool *ret_more) {
    for (int32_t i = 0; i < r->n; i++) r->cells[r->at[i]] = (hn_cell){.kind = HN_CELL_NULL};
    r->n = r->next = 0;
    hn_str_clear(&r->text);
    *ret_more = false;
    for (int node = -1; node != 0;) {
        HN_TRY(step(b, &node));
        if (node == HN_XML_ELEMENT && is_called(b, "row")) {
            r->next = 0;
            r->number = number_attribute(b, "r", r->number + 1);
        }
        if (r->number < b->first_row) continue;
        if (r->number > b->last_row) return HONE_OK;
        if (node == HN_XML_ELEMENT && is_called(b, "c")) HN_TRY(read_cell(b, r));
        bool ends = node == HN_XML_END && is_called(b, "row");
        if ((!ends && node != 0) || r->n == 0) continue;
        for (int32_t i = 0; i < r->n; i++) {
            hn_cell *cell = &r->cells[r->at[i]];
            if (cell->kind == HN_CELL_TEXT) cell->text.text = r->text.text + cell->whole;
        }
        *ret_more = true;
        return HONE_OK;
    }
    return HONE_OK;
}

/* One value far to the right makes every row as long: a small file, and a table that no memory holds. */
static hone_status check_size(book *b, const hn_cells *cells) {
    int64_t n = (cells->n_rows + 1) * cells->n;
    if (n <= MANY_CELLS || n / 100 <= b->n_values) return HONE_OK;
    return hn_fail_at(
        b->ctx, HONE_ERROR_DATA, HN_AT(.file = b->zip.shown),
        "%s: the sheet has %d columns, and of %lld cells only %lld hold a value; delete "
        "those that stand far to the right",
        b->zip.shown, cells->n, (long long)n, (long long)b->n_values);
}

static hone_status put_row(book *b, const row *r, hn_cells *cells, bool *full) {
    b->n_values += r->n;
    for (int32_t i = 0; i < r->n; i++)
        HN_TRY(hn_cells_put(b->ctx, cells, r->at[i], r->cells[r->at[i]]));
    HN_TRY(check_size(b, cells));
    return hn_cells_end_row(b->ctx, cells, full);
}

static hone_status read_sheet(book *b) {
    hone_ctx *ctx = b->ctx;
    row r = {.n = 0};
    hn_slice *names;
    bool more, has_header, full = false;
    hn_str_init(&r.text, ctx, ctx->scratch);
    HN_TRY(HN_SCRATCH_NEW(ctx, r.cells, MOST_COLUMNS));
    HN_TRY(HN_SCRATCH_NEW(ctx, r.at, MOST_COLUMNS));
    HN_TRY(HN_SCRATCH_NEW(ctx, names, MOST_COLUMNS));
    HN_TRY(read_range(b));
    HN_TRY(next_row(b, &r, &more));
    if (!more)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = b->zip.shown),
                          b->reader->options->range != NULL || b->reader->options->skip_rows > 0
                              ? "%s: the sheet holds nothing there; choose other cells"
                              : "%s: the sheet is empty; choose another with 'table'",
                          b->zip.shown);
    int32_t width = 0;
    for (int32_t i = 0; i < r.n; i++) width = r.at[i] >= width ? r.at[i] + 1 : width;
    HN_TRY(hn_cells_header(ctx, b->reader->options, r.cells, width, &has_header));
    for (int32_t j = 0; j < width && has_header; j++) {
        HN_TRY(hn_cell_print(ctx, r.cells[j], &names[j]));
    }
    hn_cells cells;
    HN_TRY(hn_cells_start(ctx, b->reader, names, width, &cells));
    if (has_header) HN_TRY(next_row(b, &r, &more));
    while (more && !full) {
        if (cells.n_rows >= MOST_ROWS) return damaged(b, "more rows than a sheet has");
        HN_TRY(put_row(b, &r, &cells, &full));
        HN_TRY(next_row(b, &r, &more));
    }
    return hn_cells_finish(ctx, &cells);
}

/* ---- the workbook ---------------------------------------------------------------------------- */

typedef hone_status part_fn(book *b);

/* A part that may be missing. */
static hone_status read_part(book *b, const char *name, part_fn *read) {
    int64_t index = hn_zip_find(&b->zip, name);
    if (index < 0) return HONE_OK;
    hone_status status = open_part(b, index);
    if (status == HONE_OK) status = read(b);
    close_part(b);
    return status;
}

static hone_status read_book(book *b) {
    sheets s = {.n = 0};
    int64_t index = hn_zip_find(&b->zip, "xl/workbook.xml"), chosen;
    const char *target = NULL;
    if (index < 0) return damaged(b, "it is a zip file without a workbook");
    hone_status status = open_part(b, index);
    if (status == HONE_OK) status = list_sheets(b, &s);
    close_part(b);
    HN_TRY(status);
    HN_TRY(hn_choose_table(b->ctx, b->reader->source, s.names, s.n, false, &chosen));
    status = open_part(b, hn_zip_find(&b->zip, "xl/_rels/workbook.xml.rels"));
    if (status == HONE_OK) status = find_target(b, s.ids[chosen], &target);
    close_part(b);
    HN_TRY(status);
    HN_TRY(read_part(b, "xl/styles.xml", read_styles));
    HN_TRY(read_part(b, "xl/sharedStrings.xml", read_texts));
    index = hn_zip_find(&b->zip, target);
    status = open_part(b, index);
    if (status == HONE_OK) status = read_sheet(b);
    close_part(b);
    return status;
}

/* Old .xls and encrypted .xlsx files are both compound files, which a part's name tells apart. */
static hone_status refuse_compound(hone_ctx *ctx, const hn_source *source) {
    static const char sign[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
    hn_mapping m = {.length = 0};
    HN_TRY(hn_map_file(ctx, source->path, &m));
    bool compound = m.length >= 8 && memcmp(m.bytes, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0;
    bool locked = compound && memmem(m.bytes, m.length, sign, sizeof sign - 1) != NULL;
    hn_unmap_file(&m);
    if (!compound) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = source->shown),
                      locked ? "%s is protected by a password; save it without one"
                             : "%s is an old Excel workbook (.xls); save it as .xlsx",
                      source->shown);
}

static hone_status read_xlsx(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    static const char purpose[] = "reading Excel workbooks";
    book b = {.ctx = ctx, .reader = reader};
    hn_foreign xml = hn_xml_library(purpose);
    hn_str_init(&b.texts, ctx, ctx->scratch);
    HN_TRY(HN_SCRATCH_NEW(ctx, b.ends, 1));
    HN_TRY(refuse_compound(ctx, reader->source));
    HN_TRY(hn_foreign_load(ctx, &xml, &b.xml));
    HN_TRY(hn_zip_open(ctx, reader->source, purpose, &b.zip));
    hone_status status = read_book(&b);
    hn_zip_close(&b.zip);
    return status;
}

static bool is_xlsx(const char *head, size_t length) {
    if (length >= 8 && memcmp(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0) return true;
    if (length < 4 || memcmp(head, "PK\3\4", 4) != 0) return false;
    return memmem(head, length, "[Content_Types].xml", 19) || memmem(head, length, "xl/", 3);
}

const hn_source_kind hn_source_xlsx = {
    .name = "xlsx",
    .title = "Excel workbooks",
    .endings = (const char *const[]){".xlsx", ".xlsm", ".xls", NULL},
    .is_it = is_xlsx,
    .tables = "sheet",
    .takes = HN_TAKES_TABLE | HN_TAKES_HEADER | HN_TAKES_RANGE,
    .read = read_xlsx,
};
