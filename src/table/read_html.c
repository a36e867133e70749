/* read_html.c - a table of an HTML page, saved or behind a URL, parsed by libxml2 as browsers would.
 *
 * Tables are numbered as they begin. A cell that spans rows or columns has its value in all of them. The
 * rows of <thead>, or the first ones whose cells are all <th>, name the columns, joined where there are
 * several; without such the first row is judged as in CSV. A table inside a cell is a table of its own. */
#include "table/cells.h"
#include "table/xml.h"

#include "base/os.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_TABLES = 10000, MOST_COLUMNS = 10000, MOST_CELLS = 50000000, DEPTH = 64 };

typedef struct cell {
    size_t begin, length; /* in page.text */
    int64_t left;         /* rows from here on that it stands in */
    bool is_head;
} cell;

typedef struct page {
    hone_ctx *ctx;
    hn_reader *reader;
    hn_xml xml;
    void *document, *walker;
    const char **captions; /* of the tables, numbers if they have none */
    int64_t n_tables, wanted;
    int64_t open[DEPTH]; /* the tables that are open, innermost last */
    int depth;
    hn_str text;    /* of the wanted table's cells, end to end */
    cell *row;      /* [MOST_COLUMNS] the row at hand, and what hangs down from above */
    int32_t width;  /* of the widest row yet */
    int32_t column; /* of the cell at hand */
    int64_t n_cells;
    bool in_head, in_row, in_cell, begun, full;
    hn_slice *header; /* [MOST_COLUMNS] */
    int32_t n_header;
    hn_cells cells;
} page;

static hone_status refuse(page *p, const char *what) {
    const char *shown = p->reader->source->shown;
    return hn_fail_at(p->ctx, HONE_ERROR_DATA, HN_AT(.file = shown), "%s: %s", shown, what);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static hn_cell value_at(const page *p, int32_t j) {
    if (p->row[j].left == 0) return (hn_cell){.kind = HN_CELL_NULL};
    return hn_cell_text(p->text.text + p->row[j].begin, p->row[j].length);
}

static bool is_header_row(const page *p) {
    bool any = false;
    for (int32_t j = 0; j < p->width; j++) {
        if (p->row[j].left == 0) continue;
        if (!p->row[j].is_head && !p->in_head) return false;
        any = true;
    }
    return any;
}

/* One more row of names: "2024" below "sales" is "sales 2024". */
static hone_status join_names(page *p) {
    for (int32_t j = 0; j < p->width; j++) {
        hn_slice name = value_at(p, j).text, above = p->header[j];
        if (name.length == 0 ||
            (name.length == above.length && memcmp(above.text, name.text, name.length) == 0))
            continue;
        char *joined = hn_arena_alloc(p->ctx, p->ctx->scratch, above.length + name.length + 2, 1);
        if (joined == NULL) return HONE_ERROR_MEMORY;
        size_t at = above.length;
        if (at) memcpy(joined, above.text, at), joined[at++] = ' ';
        memcpy(joined + at, name.text, name.length);
        p->header[j] = (hn_slice){joined, at + name.length};
    }
    p->n_header = p->width;
    return HONE_OK;
}

/* At the first row of values. *ret_is_header: it names the columns after all. */
static hone_status begin_columns(page *p, bool *ret_is_header) {
    *ret_is_header = false;
    p->begun = true;
    if (p->n_header == 0) {
        hn_cell *values;
        HN_TRY(HN_SCRATCH_NEW(p->ctx, values, p->width + 1));
        for (int32_t j = 0; j < p->width; j++) values[j] = value_at(p, j);
        HN_TRY(hn_cells_header(p->ctx, p->reader->options, values, p->width, ret_is_header));
        if (*ret_is_header) HN_TRY(join_names(p));
        p->n_header = p->width;
    }
    return hn_cells_start(p->ctx, p->reader, p->header, p->n_header, &p->cells);
}

static hone_status put_row(page *p) {
    bool is_header = false, empty = true;
    const char *header = p->reader->options->header;
    for (int32_t j = 0; j < p->width && empty; j++) empty = value_at(p, j).kind == HN_CELL_NULL;
    p->n_cells += p->width;
    if (p->n_cells > MOST_CELLS) return refuse(p, "the table has more than 50 million cells");
    if (empty || p->full) return HONE_OK;
    if (!p->begun && !(header && strcmp(header, "no") == 0) && is_header_row(p))
        return join_names(p);
    if (!p->begun) HN_TRY(begin_columns(p, &is_header));
    if (is_header) return HONE_OK;
    for (int32_t j = 0; j < p->width; j++)
        HN_TRY(hn_cells_put(p->ctx, &p->cells, j, value_at(p, j)));
    return hn_cells_end_row(p->ctx, &p->cells, &p->full);
}

static hone_status end_row(page *p) {
    if (!p->in_row) return HONE_OK;
    p->in_row = p->in_cell = false;
    HN_TRY(put_row(p));
    for (int32_t j = 0; j < p->width; j++)
        if (p->row[j].left > 0) p->row[j].left--;
    return HONE_OK;
}

/* ---- cells ----------------------------------------------------------------------------------- */

static int64_t span(page *p, const char *name, int64_t most) {
    const char *text = hn_xml_attribute(&p->xml, p->walker, name);
    int64_t value = text ? strtol(text, NULL, 10) : 1;
    p->xml.xmlTextReaderMoveToElement(p->walker);
    return value < 1 ? 1 : value > most ? most : value;
}

static hone_status begin_cell(page *p, bool is_head) {
    int64_t columns = span(p, "colspan", 1000), rows = span(p, "rowspan", 65534);
    p->in_row = p->in_cell = true;
    while (p->column < p->width && p->row[p->column].left > 0) p->column++;
    if (p->column + columns > MOST_COLUMNS)
        return refuse(p, "the table has more than 10000 columns");
    for (int64_t i = 0; i < columns; i++) {
        cell *c = &p->row[p->column + i];
        if (p->column + i < p->width && c->left > 0) break; /* runs into what hangs from above */
        *c = (cell){p->text.length, 0, rows, is_head};
        if (p->column + i >= p->width) p->width = (int32_t)(p->column + i + 1);
    }
    return HONE_OK;
}

/* Blanks and line ends are one blank, as they are shown. */
static void put_text(page *p, const char *text) {
    for (; *text; text++) {
        bool blank = strchr(" \t\r\n\f", *text) != NULL;
        bool after = p->text.length == 0 || p->text.text[p->text.length - 1] == ' ';
        if (!blank || !after) hn_str_put_c(&p->text, blank ? ' ' : *text);
    }
}

static void end_cell(page *p) {
    if (!p->in_cell) return;
    p->in_cell = false;
    size_t begin = p->row[p->column].begin, length = p->text.length - begin;
    for (int32_t j = p->column; j < p->width && p->row[j].begin == begin && p->row[j].left > 0; j++)
        p->row[j].length = length;
    hn_str_put_c(&p->text, ' '); /* so that no other cell begins where this one does */
}

/* ---- the page -------------------------------------------------------------------------------- */

static bool is_wanted(const page *p) { return p->depth > 0 && p->open[p->depth - 1] == p->wanted; }

static hone_status opens(page *p, const char *name, bool is_empty) {
    if (strcmp(name, "table") == 0) {
        if (p->depth == DEPTH) return refuse(p, "tables stand within tables too deeply");
        if (!is_empty) p->open[p->depth++] = p->n_tables;
        p->n_tables++;
        return HONE_OK;
    }
    if (!is_wanted(p)) return HONE_OK;
    bool head = strcmp(name, "th") == 0;
    if (strcmp(name, "thead") == 0) p->in_head = !is_empty;
    if (strcmp(name, "tr") == 0) {
        HN_TRY(end_row(p));
        p->in_row = !is_empty;
        p->column = 0;
    }
    if (strcmp(name, "br") == 0 && p->in_cell) put_text(p, " ");
    if (!head && strcmp(name, "td") != 0) return HONE_OK;
    end_cell(p);
    HN_TRY(begin_cell(p, head));
    if (is_empty) end_cell(p);
    return hn_str_status(&p->text);
}

static hone_status closes(page *p, const char *name) {
    bool table = strcmp(name, "table") == 0;
    if (is_wanted(p)) {
        bool row = strcmp(name, "tr") == 0;
        if (strcmp(name, "td") == 0 || strcmp(name, "th") == 0 || row || table) end_cell(p);
        if (row || table) HN_TRY(end_row(p));
        if (strcmp(name, "thead") == 0) p->in_head = false;
    }
    if (table && p->depth > 0) p->depth--;
    return hn_str_status(&p->text);
}

/* All nodes once; without a wanted table only counts them. */
static hone_status walk(page *p) {
    int code;
    p->depth = 0;
    p->n_tables = 0;
    p->walker = p->xml.xmlReaderWalker(p->document);
    if (p->walker == NULL) return hn_fail(p->ctx, HONE_ERROR_MEMORY, "out of memory for a page");
    hone_status status = HONE_OK;
    while (status == HONE_OK && !p->full && (code = p->xml.xmlTextReaderRead(p->walker)) == 1) {
        int node = p->xml.xmlTextReaderNodeType(p->walker);
        const char *name = p->xml.xmlTextReaderConstLocalName(p->walker);
        if (node == HN_XML_ELEMENT && name)
            status = opens(p, name, p->xml.xmlTextReaderIsEmptyElement(p->walker) == 1);
        else if (node == HN_XML_END && name)
            status = closes(p, name);
        else if ((node == HN_XML_TEXT || node == HN_XML_BLANK) && p->in_cell && is_wanted(p))
            put_text(p, p->xml.xmlTextReaderConstValue(p->walker));
        if (status == HONE_OK) status = hn_check_cancel(p->ctx);
    }
    p->xml.xmlFreeTextReader(p->walker);
    p->walker = NULL;
    return status;
}

static hone_status choose(page *p) {
    const char **names;
    char number[16];
    p->wanted = -1;
    HN_TRY(walk(p));
    int64_t n = p->n_tables < MOST_TABLES ? p->n_tables : MOST_TABLES;
    HN_TRY(HN_SCRATCH_NEW(p->ctx, names, n + 1));
    for (int64_t i = 0; i < n; i++) {
        snprintf(number, sizeof number, "%lld", (long long)i + 1);
        names[i] = hn_arena_strdup(p->ctx, p->ctx->scratch, number);
        if (names[i] == NULL) return HONE_ERROR_MEMORY;
    }
    return hn_choose_table(p->ctx, p->reader->source, names, n, false, &p->wanted);
}

static hone_status read_page(page *p) {
    HN_TRY(choose(p));
    HN_TRY(HN_SCRATCH_NEW(p->ctx, p->row, MOST_COLUMNS));
    HN_TRY(HN_SCRATCH_NEW(p->ctx, p->header, MOST_COLUMNS));
    HN_TRY(walk(p));
    HN_TRY(end_row(p));
    bool is_header;
    if (!p->begun && p->n_header == 0)
        return refuse(p, "the table is empty; choose another by its number with 'table'");
    if (!p->begun) HN_TRY(begin_columns(p, &is_header));
    return hn_cells_finish(p->ctx, &p->cells);
}

static hone_status read_html(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    enum { RECOVER = 1, MOST_BYTES = 1 << 28 };
    page p = {.ctx = ctx, .reader = reader};
    hn_foreign library = hn_xml_library("reading HTML pages");
    hn_mapping m = {.length = 0};
    hn_str_init(&p.text, ctx, ctx->scratch);
    HN_TRY(hn_foreign_load(ctx, &library, &p.xml));
    HN_TRY(hn_map_file(ctx, reader->source->path, &m));
    if (m.length > MOST_BYTES) {
        hn_unmap_file(&m);
        return refuse(&p, "the page has more than 256 MB; save its table as CSV");
    }
    /* Its own word on the encoding counts (<meta charset>), or else UTF-8 where it is that. */
    bool utf8 = hn_is_utf8((const char *)m.bytes, m.length);
    p.document = p.xml.htmlReadMemory((const char *)m.bytes, (int)m.length, NULL,
                                      utf8 ? "UTF-8" : NULL, RECOVER | HN_XML_QUIET);
    hone_status status = p.document ? read_page(&p) : refuse(&p, "it is no HTML page");
    if (p.document) p.xml.xmlFreeDoc(p.document);
    hn_unmap_file(&m);
    return status;
}

static bool is_html(const char *head, size_t length) {
    static const char *const marks[] = {"<!doctype html", "<html", "<table", "<head", "<body"};
    if (length >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0) head += 3, length -= 3;
    while (length && *head && strchr(" \t\r\n", *head)) head++, length--;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (length > strlen(marks[i]) && strncasecmp(head, marks[i], strlen(marks[i])) == 0)
            return true;
    return false;
}

const hn_source_kind hn_source_html = {
    .name = "html",
    .title = "HTML pages",
    .endings = (const char *const[]){".html", ".htm", NULL},
    .is_it = is_html,
    .tables = "table",
    .takes = HN_TAKES_TABLE | HN_TAKES_HEADER | HN_TAKES_ENCODING,
    .read = read_html,
};
