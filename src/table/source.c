/* source.c - opening an input: what it is, and where its bytes are; see source.h.
 *
 * A scheme decides first, then the ending of the name. Where that says nothing (and for standard input)
 * the first bytes do; what no kind recognises is CSV. Encodings: what has UTF-16's mark is UTF-16,
 * everything else UTF-8 unless said; bytes that are not are refused by the reader, with their line. */
#include "table/source.h"
#include "table/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 1024 };

static hone_status fail_errno(hone_ctx *ctx, const char *path, int code) {
    hn_where where = HN_AT(.file = path);
    if (code == ENOENT || code == ENOTDIR)
        return hn_fail_at(ctx, HONE_ERROR_DATA, where,
                          "there is no file '%s'; check the name and the folder you are in", path);
    return hn_fail_at(ctx, HONE_ERROR_IO, where, "cannot read '%s': %s", path, strerror(code));
}

/* From now on the bytes are those of fd, which has no name. */
static hone_status stand_on(hone_ctx *ctx, int fd, hn_source *source) {
    if (source->fd >= 0) close(source->fd);
    source->fd = fd;
    source->path = hn_arena_printf(ctx, ctx->scratch, "/proc/self/fd/%d", fd);
    return source->path ? HONE_OK : HONE_ERROR_MEMORY;
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static hone_status kind_asked_for(hone_ctx *ctx, const hn_read_options *options,
                                  hn_source *source) {
    if (options->format == NULL) return HONE_OK;
    source->kind = hn_source_kind_named(options->format);
    if (source->kind) return HONE_OK;
    hn_str names;
    hn_str_init(&names, ctx, ctx->scratch);
    for (int i = 0; hn_source_kinds[i]; i++)
        hn_str_printf(&names, "%s%s", i ? ", " : "", hn_source_kinds[i]->name);
    HN_TRY(hn_str_status(&names));
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "format"),
                      "format '%.32s' is none of %s", options->format, names.text);
}

static const hn_source_kind *kind_of_bytes(const char *head, size_t length) {
    for (const hn_source_kind *const *kind = hn_source_kinds; *kind; kind++)
        if ((*kind)->is_it && (*kind)->is_it(head, length)) return *kind;
    return hn_source_kind_named("csv");
}

static const char *compression_of(const char *head, size_t length) {
    if (length >= 2 && memcmp(head, "\x1f\x8b", 2) == 0) return "gzip";
    if (length >= 4 && memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0) return "zstd";
    return "none";
}

/* ---- options --------------------------------------------------------------------------------- */

/* "lines.csv, quote '|'": an option that a kind does not take is a misunderstanding. */
static hone_status check_options(hone_ctx *ctx, const hn_read_options *o, const hn_source *source) {
    const struct {
        const char *name;
        bool given;
        unsigned takes;
    } options[] = {
        {"quote", o->quote != NULL, HN_TAKES_DIALECT},
        {"escape", o->escape != NULL, HN_TAKES_DIALECT},
        {"comment", o->comment != NULL, HN_TAKES_DIALECT},
        {"decimal", o->decimal != NULL, HN_TAKES_DIALECT},
        {"skip_rows", o->skip_rows != 0, HN_TAKES_HEADER},
        {"range", o->range != NULL, HN_TAKES_RANGE},
        {"encoding", o->encoding != NULL, HN_TAKES_ENCODING},
        {"table", source->table != NULL, HN_TAKES_TABLE},
        {"query", o->query != NULL, HN_TAKES_QUERY},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (!options[i].given || (source->kind->takes & options[i].takes)) continue;
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = options[i].name),
                          "%s: '%s' says nothing about %s; leave it out", source->shown,
                          options[i].name, source->kind->title);
    }
    if (o->skip_rows < 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "skip_rows"),
                          "skip_rows %lld is negative; use 0 to skip none",
                          (long long)o->skip_rows);
    return HONE_OK;
}

/* ---- where it is ----------------------------------------------------------------------------- */

/* FILE#TABLE where there is no file of the whole name. */
static hone_status split_table(hone_ctx *ctx, const hn_read_options *options, hn_source *source) {
    struct stat info;
    source->table = options->table;
    const char *mark = strrchr(source->path, '#');
    bool is_file = !hn_source_is_url(source->path) && !hn_source_kind_of_scheme(source->path);
    if (mark == NULL || mark[1] == '\0' || mark == source->path || options->table ||
        (is_file && stat(source->path, &info) == 0))
        return HONE_OK;
    char *file = hn_arena_strndup(ctx, ctx->scratch, source->path, (size_t)(mark - source->path));
    if (file == NULL) return HONE_ERROR_MEMORY;
    if (is_file && stat(file, &info) != 0) return HONE_OK;
    source->path = file;
    source->table = mark + 1;
    return HONE_OK;
}

static hone_status open_folder(hone_ctx *ctx, hn_source *source) {
    if (source->kind == NULL)
        for (int i = 0; hn_source_kinds[i] && source->kind == NULL; i++)
            if (hn_source_kinds[i]->is_folder && hn_source_kinds[i]->is_folder(source->path))
                source->kind = hn_source_kinds[i];
    if (source->kind && source->kind->is_folder) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = source->path),
                      "'%s' is a folder; name a file, or all of one kind: '%s/*.csv'", source->path,
                      source->path);
}

/* A file of its own, or standard input. *ret_done: nothing is left to do. */
static hone_status open_file(hone_ctx *ctx, hn_source *source, bool *ret_done) {
    *ret_done = false;
    if (hn_source_is_url(source->path)) {
        int fd;
        HN_TRY(hn_url_fetch(ctx, source->path, source->shown, &fd));
        return stand_on(ctx, fd, source);
    }
    if (strcmp(source->path, "-") == 0) {
        int fd;
        source->shown = "standard input";
        HN_TRY(hn_nameless_copy(ctx, STDIN_FILENO, source->shown, &fd));
        return stand_on(ctx, fd, source);
    }
    source->fd = open(source->path, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0) return fail_errno(ctx, source->path, errno);
    struct stat info;
    if (fstat(source->fd, &info) != 0) return fail_errno(ctx, source->path, errno);
    if (S_ISDIR(info.st_mode)) {
        *ret_done = true;
        return open_folder(ctx, source);
    }
    if (source->kind && source->kind->is_folder)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = source->path),
                          "'%s' is a file, but %s are folders; name the folder", source->path,
                          source->kind->title);
    if (S_ISREG(info.st_mode)) return HONE_OK;
    char byte; /* /dev/zero and its like never end; /dev/null does, and is empty */
    if (S_ISCHR(info.st_mode) && !isatty(source->fd) && read(source->fd, &byte, 1) > 0)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = source->path),
                          "'%s' is a device, which has no end; name a file", source->path);
    int fd; /* a pipe, which can be read but once */
    HN_TRY(hn_nameless_copy(ctx, source->fd, source->shown, &fd));
    return stand_on(ctx, fd, source);
}

static hone_status read_head(hone_ctx *ctx, const hn_source *source, char head[HEAD],
                             size_t *ret_length) {
    ssize_t length = pread(source->fd, head, HEAD, 0);
    if (length < 0) return fail_errno(ctx, source->shown, errno);
    if (length == 0)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = source->shown),
                          "%s is empty: there is no header and no row; give a file with data",
                          source->shown);
    *ret_length = (size_t)length;
    return HONE_OK;
}

/* ---- what it is ------------------------------------------------------------------------------ */

/* Every second byte of two-byte letters is mostly 0. */
static const char *encoding_of(const char *head, size_t length) {
    if (length >= 2 && memcmp(head, "\xff\xfe", 2) == 0) return "utf-16";
    if (length >= 2 && memcmp(head, "\xfe\xff", 2) == 0) return "utf-16";
    return "utf-8";
}

/* Before it is read, so that a file that was cut short is never taken for a whole one. */
static hone_status unpack(hone_ctx *ctx, hn_source *source, char head[HEAD], size_t *length) {
    const char *compression = compression_of(head, *length);
    if (strcmp(compression, "none") == 0) return HONE_OK;
    int fd;
    HN_TRY(hn_nameless_unpack(ctx, source->fd, compression, source->shown, &fd));
    HN_TRY(stand_on(ctx, fd, source));
    return read_head(ctx, source, head, length);
}

static hone_status settle_encoding(hone_ctx *ctx, const hn_read_options *options, char head[HEAD],
                                   size_t *length, hn_source *source) {
    const char *encoding = options->encoding ? options->encoding : encoding_of(head, *length);
    if (strcasecmp(encoding, "utf-8") == 0 || strcasecmp(encoding, "utf8") == 0) return HONE_OK;
    if (options->encoding == NULL)
        hn_say(ctx, HONE_LOG_INFO, "%s is %s by its mark", source->shown, encoding);
    int fd;
    HN_TRY(hn_nameless_recode(ctx, source->fd, encoding, source->shown, &fd));
    HN_TRY(stand_on(ctx, fd, source));
    return read_head(ctx, source, head, length);
}

static hone_status look(hone_ctx *ctx, const char *name, const hn_read_options *options,
                        hn_source *source) {
    char head[HEAD];
    size_t length;
    bool done;
    HN_TRY(open_file(ctx, source, &done));
    if (done) return HONE_OK;
    HN_TRY(read_head(ctx, source, head, &length));
    HN_TRY(unpack(ctx, source, head, &length));
    if (source->kind == NULL) source->kind = hn_source_kind_of_ending(name);
    bool text = source->kind == NULL || (source->kind->takes & HN_TAKES_ENCODING);
    if (text) HN_TRY(settle_encoding(ctx, options, head, &length, source));
    if (source->kind == NULL) source->kind = kind_of_bytes(head, length);
    return HONE_OK;
}

/* Names that DuckDB would take for a pattern, and files without one, are opened by number. */
static hone_status give_path(hone_ctx *ctx, const char *path, hn_source *source) {
    bool nameless = strncmp(source->path, "/proc/self/fd/", 14) == 0;
    if (nameless) return HONE_OK;
    if (strpbrk(path, "*?[") != NULL && !source->kind->in_place)
        return stand_on(ctx, dup(source->fd), source);
    hn_source_done(source);
    return HONE_OK;
}

static hone_status open_pattern(hone_ctx *ctx, const hn_read_options *options, hn_source *source) {
    const char *pattern = source->path;
    size_t length = strlen(pattern);
    source->is_pattern = true;
    if (length > 3 && strcasecmp(pattern + length - 3, ".gz") == 0) source->compression = "gzip";
    if (length > 4 && strcasecmp(pattern + length - 4, ".zst") == 0) source->compression = "zstd";
    if (source->kind == NULL) source->kind = hn_source_kind_of_ending(pattern);
    if (source->kind == NULL) source->kind = hn_source_kind_named("csv");
    bool recodes = options->encoding != NULL && strcasecmp(options->encoding, "utf-8") != 0;
    if (recodes && source->kind->by_duckdb && !source->kind->by_file)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "encoding"),
                          "%s of a pattern are UTF-8, not '%.32s'; read them one at a time",
                          source->kind->title, options->encoding);
    if (source->kind->by_duckdb) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.file = pattern),
                      "'%s' is a pattern, and %s are read one at a time; name one, or join them: "
                      "--sql \"from 'a%s' union all from 'b%s'\"",
                      pattern, source->kind->title,
                      source->kind->endings ? source->kind->endings[0] : "",
                      source->kind->endings ? source->kind->endings[0] : "");
}

hone_status hn_without_options(hone_ctx *ctx, hn_arena *arena, const char *text,
                               const char **ret_text) {
    char *copy = hn_arena_strdup(ctx, arena, text), *to = copy;
    bool address = false, option = false;
    if (copy == NULL) return HONE_ERROR_MEMORY;
    for (const char *from = text; *from != '\0'; from++) {
        if (strncmp(from, "://", 3) == 0) address = true;
        if (strchr(" \t\n'\"", *from) != NULL) address = option = false;
        if (address && *from == '?') option = true;
        if (!option) *to++ = *from;
    }
    *to = '\0';
    *ret_text = copy;
    return HONE_OK;
}

static hone_status open_any(hone_ctx *ctx, const hn_read_options *options, hn_source *source) {
    struct stat info;
    const hn_source_kind *foreign = hn_source_kind_of_scheme(source->path);
    if (foreign && foreign->check) HN_TRY(foreign->check(ctx, source->path));
    if (foreign || hn_source_is_url(source->path))
        HN_TRY(hn_without_options(ctx, ctx->scratch, source->path, &source->shown));
    HN_TRY(kind_asked_for(ctx, options, source));
    HN_TRY(split_table(ctx, options, source));
    /* What a URL is called ends where its options begin. */
    const char *name = hn_source_is_url(source->path) ? source->shown : source->path;
    if (foreign) {
        source->kind = foreign;
        return HONE_OK; /* its reader connects */
    }
    if (!hn_source_is_url(name) && strpbrk(name, "*?[") != NULL && stat(name, &info) != 0)
        return open_pattern(ctx, options, source);
    HN_TRY(look(ctx, name, options, source));
    return source->fd >= 0 && !(source->kind->is_folder) ? give_path(ctx, name, source) : HONE_OK;
}

hone_status hn_source_open(hone_ctx *ctx, const char *path, const hn_read_options *options,
                           hn_source *ret_source) {
    hn_source source = {.shown = path, .path = path, .fd = -1, .compression = "none"};
    hone_status status = open_any(ctx, options, &source);
    if (status == HONE_OK) status = check_options(ctx, options, &source);
    if (status != HONE_OK) {
        hn_source_done(&source);
        return status;
    }
    *ret_source = source;
    return HONE_OK;
}

void hn_source_done(hn_source *source) {
    if (source->fd >= 0) close(source->fd);
    source->fd = -1;
}
