/* source.h - kinds of sources, and one that is open.
 *
 * A kind declares itself once, as hn_source_NAME in the file that reads it, and has one line in
 * sources.def. What --format and a recipe's data.format may say, how an input is recognised, which
 * options it takes, what help and errors name: all of it comes from there. */
#ifndef HN_TABLE_SOURCE_H
#define HN_TABLE_SOURCE_H

#include "table/read.h"

struct hn_reader;

/* Options beyond those that say what comes out (missing, limit), which all kinds take. */
enum {
    HN_TAKES_DIALECT = 1,  /* delimiter, quote, escape, comment, decimal */
    HN_TAKES_HEADER = 2,   /* header, skip_rows */
    HN_TAKES_ENCODING = 4, /* encoding */
    HN_TAKES_TABLE = 8,    /* table: it may hold several */
    HN_TAKES_QUERY = 16,   /* query: it answers SQL of its own */
    HN_TAKES_RANGE = 32    /* range: its tables are sheets of cells */
};

typedef struct hn_source_kind {
    const char *name;           /* as format says it: "xlsx" */
    const char *title;          /* for people, in the plural: "Excel workbooks" */
    const char *const *endings; /* ".xlsx", ...; NULL after the last */
    const char *const *schemes; /* "postgres://", ...: what is no file; or NULL */
    /* By the first bytes of a file; NULL: never. */
    bool (*is_it)(const char *head, size_t length);
    /* A folder by what is in it; NULL: no folder is of this kind. */
    bool (*is_folder)(const char *path);
    const char *tables; /* HN_TAKES_TABLE: what one is called, "sheet" */
    unsigned takes;
    bool by_duckdb; /* DuckDB matches patterns of it, and reads names of it in queries */
    bool
        by_file; /* of a pattern, its reader opens each file as one alone: any encoding, any packing */
    bool in_place; /* needs the file under its own name: what stands beside it counts */
    /* Schemes: refuses an address that must not be shown, before anything shows it. Or NULL. */
    hone_status (*check)(hone_ctx *ctx, const char *address);
    /* Fills reader->gather, or makes reader->table whole. */
    hone_status (*read)(hone_ctx *ctx, struct hn_reader *reader);
} hn_source_kind;

/* Ends with NULL, as do the names, of which "auto" is the first. */
extern const hn_source_kind *const hn_source_kinds[];

/* By name, and by the ending of a name without .gz or .zst; NULL if there is none. */
const hn_source_kind *hn_source_kind_named(const char *name);
const hn_source_kind *hn_source_kind_of_ending(const char *path);
/* By scheme, ready to be read without a file; NULL if path has none of theirs. */
const hn_source_kind *hn_source_kind_of_scheme(const char *path);
bool hn_source_is_url(const char *path); /* http:// or https:// */

/* Where the bytes come from. */
typedef struct hn_source {
    const hn_source_kind *kind;
    const char *shown; /* for people: the path as given, or "standard input"; no secrets */
    const char *path;  /* to open: a path or a pattern */
    const char *table; /* which of several, or NULL */
    bool is_pattern;
    const char *compression; /* DuckDB's to undo: "none", "gzip", "zstd" */
    int fd;                  /* kept open behind path, or -1 */
} hn_source;

/* Find the input and its kind. "FILE#TABLE" is table of FILE where no file has the whole name.
 * Standard input, what is behind a URL, and what has to be unpacked or encoded anew go to a file
 * without a name first. Memory from ctx->scratch. Close with hn_source_done. */
hone_status hn_source_open(hone_ctx *ctx, const char *path, const hn_read_options *options,
                           hn_source *ret_source) HONE_MUST_CHECK;
void hn_source_done(hn_source *source);

/* text (a path, or SQL that names some), in arena, its addresses without what follows their "?": that may be a
 * secret, such as a signature. */
hone_status hn_without_options(hone_ctx *ctx, hn_arena *arena, const char *text,
                               const char **ret_text) HONE_MUST_CHECK;

/* ---- files without a name (source_bytes.c), under $TMPDIR: gone with the last that has them open ----- */

hone_status hn_nameless_open(hone_ctx *ctx, int *ret_fd) HONE_MUST_CHECK;
hone_status hn_nameless_write(hone_ctx *ctx, int fd, const char *bytes,
                              size_t length) HONE_MUST_CHECK;
/* What from holds: a pipe's bytes, unpacked ("gzip", "zstd"), or in UTF-8 instead of encoding. shown: for messages. */
hone_status hn_nameless_copy(hone_ctx *ctx, int from, const char *shown,
                             int *ret_fd) HONE_MUST_CHECK;
hone_status hn_nameless_unpack(hone_ctx *ctx, int from, const char *compression, const char *shown,
                               int *ret_fd) HONE_MUST_CHECK;
hone_status hn_nameless_recode(hone_ctx *ctx, int from, const char *encoding, const char *shown,
                               int *ret_fd) HONE_MUST_CHECK;

/* Width and height by the first n bytes of a JPEG, PNG, GIF, BMP, WebP or PNM image. */
bool hn_image_size(const unsigned char *bytes, size_t n, int64_t *ret_width, int64_t *ret_height);

/* What is behind a URL (source_url.c). */
hone_status hn_url_fetch(hone_ctx *ctx, const char *url, const char *shown,
                         int *ret_fd) HONE_MUST_CHECK;

#endif
