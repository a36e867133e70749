/* dialect.c - guessing a CSV file's dialect from its first lines; see dialect.h.
 *
 * Delimiter: of comma, tab, semicolon and bar the one that cuts most records into as many fields as
 * the first one, more than one; between equals the one that gives more fields. Header: the first
 * record is one unless it holds a number, a date or true/false; where no column below it is numeric
 * either, all its fields must be there and differ (or else it looks like one more row of words). */
#include "table/dialect.h"
#include "base/map.h"

#include <string.h>
#include <strings.h>

hn_slice hn_trim(hn_slice text) {
    while (text.length && (*text.text == ' ' || (*text.text >= '\t' && *text.text <= '\r')))
        text.text++, text.length--;
    while (text.length) {
        char last = text.text[text.length - 1];
        if (last != ' ' && !(last >= '\t' && last <= '\r')) break;
        text.length--;
    }
    return text;
}

bool hn_text_is_number(hn_slice text, double *ret_value) {
    size_t sign = text.length && (text.text[0] == '-' || text.text[0] == '+');
    if (text.length >= sign + 2 && text.text[sign] == '0' && text.text[sign + 1] >= '0' &&
        text.text[sign + 1] <= '9')
        return false;
    return hn_parse_double(text, ret_value);
}

bool hn_text_is_decimal(hn_slice text, char decimal, double *ret_value) {
    if (decimal == '.') return hn_text_is_number(text, ret_value);
    char point[64];
    if (text.length == 0 || text.length >= sizeof point || memchr(text.text, '.', text.length))
        return false;
    for (size_t i = 0; i < text.length; i++)
        point[i] = text.text[i] == decimal ? '.' : text.text[i];
    return hn_text_is_number((hn_slice){point, text.length}, ret_value);
}

/* ---- what is said beforehand ------------------------------------------------------------------- */

static hone_status one_character(hone_ctx *ctx, const char *param, const char *wanted,
                                 char fallback, char *ret_character) {
    *ret_character = fallback;
    if (wanted == NULL) return HONE_OK;
    *ret_character = '\0';
    if (strcmp(wanted, "none") == 0) return HONE_OK;
    if (strlen(wanted) != 1 || strchr("\r\n", *wanted) || (unsigned char)*wanted >= 0x80)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = param),
                          "%s '%.16s' is not one character; write one, or none", param, wanted);
    *ret_character = *wanted;
    return HONE_OK;
}

static hone_status take_hints(hone_ctx *ctx, const hn_dialect_hints *hints, hn_dialect *dialect) {
    HN_TRY(one_character(ctx, "quote", hints->quote, '"', &dialect->quote));
    HN_TRY(one_character(ctx, "escape", hints->escape, dialect->quote, &dialect->escape));
    HN_TRY(one_character(ctx, "comment", hints->comment, '\0', &dialect->comment));
    dialect->decimal = hints->decimal ? *hints->decimal : '.';
    if (hints->decimal && strcmp(hints->decimal, ".") != 0 && strcmp(hints->decimal, ",") != 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "decimal"),
                          "decimal '%.16s' is neither . nor ,", hints->decimal);
    if (!dialect->quote) dialect->escape = '\0';
    return HONE_OK;
}

int64_t hn_dialect_uncomment(const hn_dialect *dialect, hn_slice *lines, int64_t n) {
    if (!dialect->comment) return n;
    int64_t kept = 0;
    bool quoted = false; /* goes on over lines */
    for (int64_t i = 0; i < n; i++) {
        hn_slice line = lines[i];
        size_t at = 0;
        for (; at < line.length; at++) {
            if (line.text[at] == dialect->quote && dialect->quote) quoted = !quoted;
            if (line.text[at] == dialect->comment && !quoted) break;
        }
        bool comment_alone = at < line.length && hn_trim((hn_slice){line.text, at}).length == 0;
        if (!comment_alone) lines[kept++] = (hn_slice){line.text, at};
    }
    return kept;
}

/* ---- records and fields ---------------------------------------------------------------------- */

typedef struct scanner {
    const hn_slice *lines;
    int64_t n, line; /* line: the one that holds at */
    size_t at;       /* in that line */
    char delimiter, quote, escape;
} scanner;

static scanner scan(const hn_dialect *dialect, const hn_slice *lines, int64_t n, char delimiter) {
    return (scanner){.lines = lines,
                     .n = n,
                     .delimiter = delimiter,
                     .quote = dialect->quote,
                     .escape = dialect->escape};
}

/* One field of the current record: its raw text trimmed, quotes taken off where it stands on one line
 * (enough to judge it; doubled quotes stay doubled). False at the end of the record, which moves on to
 * the next line. */
typedef struct field {
    hn_slice text;
    bool quoted;
    bool last;
} field;

/* Reads the field at the scanner. False if the lines end inside quotes. */
static bool next_field(scanner *s, field *ret_field) {
    hn_slice line = s->lines[s->line];
    size_t begin = s->at;
    bool quoted = s->quote && begin < line.length && line.text[begin] == s->quote;
    hn_slice inner = {NULL, 0};
    if (quoted) {
        size_t at = begin + 1, first = at;
        int64_t first_line = s->line;
        for (;;) {
            if (at >= line.length) {
                if (++s->line >= s->n) return false;
                line = s->lines[s->line];
                at = 0;
                if (line.length == 0) continue;
            }
            if (line.text[at] == s->escape && at + 1 < line.length &&
                (line.text[at + 1] == s->quote || line.text[at + 1] == s->escape)) {
                at += 2;
            } else if (line.text[at] != s->quote) {
                at++;
            } else {
                break;
            }
        }
        if (s->line == first_line) inner = (hn_slice){line.text + first, at - first};
        begin = at + 1;
    }
    const char *rest = line.length > begin ? line.text + begin : NULL;
    const char *end = rest ? memchr(rest, s->delimiter, line.length - begin) : NULL;
    size_t stop = end ? (size_t)(end - line.text) : line.length;
    *ret_field = (field){.quoted = quoted, .last = end == NULL};
    if (quoted)
        ret_field->text = inner;
    else
        ret_field->text = hn_trim((hn_slice){rest, rest ? stop - begin : 0});
    s->at = stop + 1;
    if (end == NULL) {
        s->line++;
        s->at = 0;
    }
    return true;
}

/* Skip lines that hold nothing. False at the end. */
static bool next_record(scanner *s) {
    while (s->line < s->n && hn_trim(s->lines[s->line]).length == 0) s->line++;
    return s->line < s->n;
}

/* Fields of the current record; 0 if it is cut off. */
static int64_t count_fields(scanner *s) {
    field f;
    int64_t fields = 0;
    do {
        if (!next_field(s, &f)) return 0;
        fields++;
    } while (!f.last);
    return fields;
}

/* How well a delimiter fits: the share of records with as many fields as the first. */
static double fitness(const hn_dialect *dialect, const hn_slice *lines, int64_t n, char delimiter,
                      int64_t *ret_fields) {
    scanner s = scan(dialect, lines, n, delimiter);
    int64_t records = 0, alike = 0, first = 0;
    while (next_record(&s)) {
        int64_t fields = count_fields(&s);
        if (fields == 0) break;
        if (records == 0) first = fields;
        records++;
        alike += fields == first;
    }
    *ret_fields = first;
    return records && first > 1 ? (double)alike / (double)records : 0;
}

static hone_status find_delimiter(hone_ctx *ctx, const hn_slice *lines, int64_t n,
                                  const hn_dialect_hints *hints, hn_dialect *dialect) {
    if (hints->delimiter) {
        const char *wanted = hints->delimiter;
        if (strcmp(wanted, "\\t") == 0 || strcmp(wanted, "tab") == 0) wanted = "\t";
        if (strcmp(wanted, "none") == 0) wanted = "\x1f"; /* which texts don't hold: whole lines */
        if (strlen(wanted) != 1 || strchr("\r\n", *wanted) || *wanted == dialect->quote ||
            *wanted == dialect->comment)
            return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "delimiter"),
                              "delimiter '%.16s' is not one character; use for example ',' or ';' "
                              "or '\\t', or none for whole lines",
                              hints->delimiter);
        dialect->delimiter[0] = *wanted;
        return HONE_OK;
    }
    static const char candidates[] = {',', '\t', ';', '|'};
    double best = 0;
    int64_t best_fields = 0;
    dialect->delimiter[0] = dialect->decimal == ',' ? ';' : ',';
    for (size_t i = 0; i < sizeof candidates; i++) {
        int64_t fields;
        if (candidates[i] == dialect->decimal) continue;
        double fit = fitness(dialect, lines, n, candidates[i], &fields);
        if (fit > best || (fit > 0 && fit == best && fields > best_fields)) {
            best = fit;
            best_fields = fields;
            dialect->delimiter[0] = candidates[i];
        }
    }
    return HONE_OK;
}

/* ---- columns --------------------------------------------------------------------------------- */

/* What has been seen of a column below the first record. */
typedef struct tally {
    int64_t numbers, empty, others;
    bool decimal;
} tally;

static void count_value(tally *t, hn_slice text, char decimal) {
    double value;
    if (text.length == 0) {
        t->empty++;
    } else if (hn_text_is_decimal(text, decimal, &value)) {
        t->numbers++;
        for (size_t i = 0; i < text.length; i++)
            if (strchr(".,eEnN", text.text[i])) t->decimal = true;
    } else {
        t->others++;
    }
}

static bool is_value(hn_slice text, char decimal) {
    double number;
    int64_t time;
    if (hn_text_is_decimal(text, decimal, &number) || hn_time_parse(text, &time)) return true;
    return (text.length == 4 && strncasecmp(text.text, "true", 4) == 0) ||
           (text.length == 5 && strncasecmp(text.text, "false", 5) == 0);
}

static hone_status judge_header(hone_ctx *ctx, const hn_slice *first, const tally *tallies,
                                int32_t n, char decimal, bool *ret_header) {
    HN_SCRATCH(ctx);
    bool numeric_below = false;
    for (int32_t j = 0; j < n; j++) {
        if (is_value(first[j], decimal)) {
            *ret_header = false;
            return HONE_OK;
        }
        numeric_below |= tallies[j].numbers > 0 && tallies[j].others == 0;
    }
    *ret_header = true;
    if (numeric_below) return HONE_OK;
    hn_map seen;
    hn_map_init(&seen, ctx, ctx->scratch);
    for (int32_t j = 0; j < n; j++) {
        int64_t earlier;
        HN_TRY(hn_map_intern(&seen, first[j], j, &earlier));
        if (earlier != j || (first[j].length == 0 && n > 1 && j > 0)) *ret_header = false;
    }
    return HONE_OK;
}

hone_status hn_names_unique(hone_ctx *ctx, hn_arena *arena, const char **names, int32_t n) {
    HN_SCRATCH(ctx);
    hn_map seen, tried; /* tried: up to which number a name's are taken */
    hn_map_init(&seen, ctx, ctx->scratch);
    hn_map_init(&tried, ctx, ctx->scratch);
    for (int32_t j = 0; j < n; j++) {
        hn_slice base = {names[j], strlen(names[j])};
        int64_t owner, number = hn_map_get(&tried, base, 0);
        HN_TRY(hn_map_intern(&seen, base, j, &owner));
        if (owner == j) continue;
        while (owner != j) {
            names[j] = hn_arena_printf(ctx, arena, "%s_%lld", base.text, (long long)++number);
            if (names[j] == NULL) return HONE_ERROR_MEMORY;
            HN_TRY(hn_map_intern(&seen, (hn_slice){names[j], strlen(names[j])}, j, &owner));
        }
        HN_TRY(hn_map_put(&tried, base, number));
    }
    return HONE_OK;
}

/* Names from the header; c0, c1, ... where there is none. */
static hone_status name_columns(hone_ctx *ctx, hn_arena *arena, const hn_slice *first,
                                hn_dialect *dialect) {
    HN_TRY(HN_NEW(ctx, arena, dialect->names, dialect->n_columns));
    for (int32_t j = 0; j < dialect->n_columns; j++) {
        hn_slice text = dialect->has_header ? hn_trim(first[j]) : (hn_slice){NULL, 0};
        if (text.length && memchr(text.text, '\0', text.length))
            return hn_fail(ctx, HONE_ERROR_DATA,
                           "the name of column %d holds a NUL byte after '%.40s', which no text "
                           "has: the file is damaged, or UTF-16 without its mark; mend it, or give "
                           "its encoding",
                           j + 1, text.text);
        char *name = text.length ? hn_arena_strndup(ctx, arena, text.text, text.length)
                                 : hn_arena_printf(ctx, arena, "c%d", j);
        if (name == NULL) return HONE_ERROR_MEMORY;
        char *out = name; /* doubled quotes inside a quoted name become one */
        for (const char *in = name; *in; in++) {
            if (dialect->escape && in[0] == dialect->escape && in[1] == dialect->quote) in++;
            *out++ = *in;
        }
        *out = '\0';
        dialect->names[j] = name;
    }
    return hn_names_unique(ctx, arena, dialect->names, dialect->n_columns);
}

/* First record's fields, and what the others hold. */
static hone_status look_at_records(hone_ctx *ctx, hn_arena *arena, scanner *s, bool whole,
                                   char decimal, hn_slice **ret_first, tally **ret_tallies,
                                   int32_t *ret_n) {
    scanner counting = *s;
    int64_t n = count_fields(&counting);
    if (n > 1000000)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "the first line has more than a million fields; turn the table round, or "
                       "give the right delimiter");
    if (n == 0) n = 1; /* quotes that never close: reading tells the line */
    hn_slice *first;
    tally *tallies;
    HN_TRY(HN_NEW(ctx, arena, first, n));
    HN_TRY(HN_NEW(ctx, arena, tallies, n));
    int64_t record = 0;
    for (; next_record(s); record++) {
        field f = {.last = false};
        scanner begin = *s;
        /* The last record may be cut short where there are more lines. */
        if (count_fields(s) == 0 || (!whole && s->line >= s->n && record > 0)) break;
        *s = begin;
        for (int64_t j = 0; !f.last && next_field(s, &f); j++) {
            if (j >= n) continue;
            if (record == 0)
                first[j] = f.text;
            else
                count_value(&tallies[j], hn_trim(f.text), decimal);
        }
    }
    *ret_first = first;
    *ret_tallies = tallies;
    *ret_n = (int32_t)n;
    return HONE_OK;
}

hone_status hn_dialect_find(hone_ctx *ctx, hn_arena *arena, const hn_slice *lines, int64_t n,
                            bool whole, const hn_dialect_hints *hints, hn_dialect *ret_dialect) {
    HN_SCRATCH(ctx);
    hn_dialect dialect = {.has_header = true};
    HN_TRY(take_hints(ctx, hints, &dialect));
    hn_slice *kept;
    HN_TRY(HN_SCRATCH_NEW(ctx, kept, n + 1));
    if (n > 0) memcpy(kept, lines, (size_t)n * sizeof *kept);
    n = hn_dialect_uncomment(&dialect, kept, n);
    lines = kept;
    HN_TRY(find_delimiter(ctx, lines, n, hints, &dialect));
    scanner s = scan(&dialect, lines, n, dialect.delimiter[0]);
    if (!next_record(&s))
        return hn_fail(ctx, HONE_ERROR_DATA, "no header and no row; give a file with data");
    hn_slice *first = NULL;
    tally *tallies = NULL;
    HN_TRY(look_at_records(ctx, ctx->scratch, &s, whole, dialect.decimal, &first, &tallies,
                           &dialect.n_columns));
    bool lines_only = hints->delimiter && strcmp(hints->delimiter, "none") == 0;
    const char *header = hints->header ? hints->header : lines_only ? "no" : "auto";
    if (strcmp(header, "auto") == 0)
        HN_TRY(judge_header(ctx, first, tallies, dialect.n_columns, dialect.decimal,
                            &dialect.has_header));
    else if (strcmp(header, "no") == 0)
        dialect.has_header = false;
    else if (strcmp(header, "yes") != 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "header"),
                          "header '%.32s' is none of auto, yes, no", header);
    HN_TRY(HN_NEW(ctx, arena, dialect.columns, dialect.n_columns));
    HN_TRY(name_columns(ctx, arena, first, &dialect));
    for (int32_t j = 0; j < dialect.n_columns; j++) {
        if (!dialect.has_header) count_value(&tallies[j], hn_trim(first[j]), dialect.decimal);
        dialect.columns[j].is_number = tallies[j].numbers > 0 && tallies[j].others == 0;
        dialect.columns[j].is_decimal = tallies[j].decimal;
    }
    *ret_dialect = dialect;
    return HONE_OK;
}
