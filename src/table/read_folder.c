/* read_folder.c - folders as tables: of images (path, label, width, height, size) and of texts (path,
 * label, text).
 *
 * The label is the folder that a file lies in, where that is not the named one itself; files come in the
 * order of their paths, bytewise. Sizes of images are read from their first bytes; nothing is decoded. A file
 * that is damaged is an error. Hidden files, and what has another ending, are left out. */
#include "table/cells.h"

#include "base/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_FILES = 20000000, DEEPEST = 32, PATH = 4096 };

static bool ends_in(const char *name, const char *const *endings) {
    size_t length = strlen(name);
    for (; *endings; endings++) {
        size_t n = strlen(*endings);
        if (length > n && strcasecmp(name + length - n, *endings) == 0) return true;
    }
    return false;
}

static const char *const image_endings[] = {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp",
                                            ".pgm", ".ppm",  ".pbm", ".pnm", NULL};
static const char *const text_endings[] = {".txt", ".text", ".md", NULL};

/* ---- finding files --------------------------------------------------------------------------- */

typedef struct files {
    const char *const *endings;
    const char **paths; /* from the folder on */
    int64_t n, room;
} files;

static hone_status add(hone_ctx *ctx, files *f, const char *path) {
    if (f->n == MOST_FILES)
        return hn_fail(ctx, HONE_ERROR_DATA, "the folder holds more than 20 million files");
    if (f->n == f->room) {
        const char **more;
        f->room = 2 * f->room + 256;
        HN_TRY(HN_SCRATCH_NEW(ctx, more, f->room));
        if (f->n) memcpy(more, f->paths, (size_t)f->n * sizeof *more);
        f->paths = more;
    }
    f->paths[f->n] = hn_arena_strdup(ctx, ctx->scratch, path);
    return f->paths[f->n++] ? HONE_OK : HONE_ERROR_MEMORY;
}

/* path: the folder at hand, base bytes of it the one that was named. Links to folders are not followed:
 * they may lead round. */
static hone_status find(hone_ctx *ctx, files *f, char path[PATH], size_t base, int depth) {
    DIR *folder = opendir(path);
    size_t length = strlen(path);
    if (folder == NULL)
        return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = path), "cannot read '%s': %s", path,
                          strerror(errno));
    hone_status status = HONE_OK;
    for (struct dirent *entry; status == HONE_OK && (entry = readdir(folder)) != NULL;) {
        size_t n = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || length + n + 2 > PATH) continue;
        path[length] = '/';
        memcpy(path + length + 1, entry->d_name, n + 1);
        struct stat info;
        if (lstat(path, &info) != 0) continue;
        if (S_ISDIR(info.st_mode) && depth < DEEPEST)
            status = find(ctx, f, path, base, depth + 1);
        else if (ends_in(entry->d_name, f->endings) &&
                 (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode)))
            status = add(ctx, f, path + base + 1);
        if (status == HONE_OK) status = hn_check_cancel(ctx);
    }
    path[length] = '\0';
    closedir(folder);
    return status;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static hone_status list(hone_ctx *ctx, const char *folder, files *f) {
    char path[PATH];
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') length--;
    if (length + 2 > PATH) return hn_fail(ctx, HONE_ERROR_DATA, "the folder's name is too long");
    memcpy(path, folder, length);
    path[length] = '\0';
    HN_TRY(find(ctx, f, path, length, 0));
    if (f->n > 1) qsort(f->paths, (size_t)f->n, sizeof *f->paths, by_bytes);
    return HONE_OK;
}

/* Does the folder, or one within it, hold such a file? Looks at no more than some. */
static bool holds(const char *path, const char *const *endings, int depth, int *left) {
    DIR *folder = opendir(path);
    bool found = false;
    if (folder == NULL) return false;
    for (struct dirent *entry; !found && *left > 0 && (entry = readdir(folder)) != NULL;) {
        char inner[PATH];
        struct stat info;
        size_t length = strlen(path), n = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || length + n + 2 > PATH) continue;
        (*left)--;
        memcpy(inner, path, length);
        inner[length] = '/';
        memcpy(inner + length + 1, entry->d_name, n + 1);
        found = ends_in(entry->d_name, endings);
        if (!found && depth < 2 && lstat(inner, &info) == 0 && S_ISDIR(info.st_mode))
            found = holds(inner, endings, depth + 1, left);
    }
    closedir(folder);
    return found;
}

static bool holds_images(const char *path) { return holds(path, image_endings, 0, &(int){2000}); }

/* A folder of tables may have a README.txt: texts are what lies in folders by label, and no table does. */
static bool holds_texts(const char *path) {
    static const char *const tables[] = {".csv",  ".tsv", ".json", ".ndjson", ".parquet",
                                         ".xlsx", ".gz",  ".zst",  ".arrow",  NULL};
    return holds(path, text_endings, 0, &(int){2000}) && !holds(path, tables, 0, &(int){2000});
}

/* ---- sizes of images ------------------------------------------------------------------------- */

static int64_t big(const unsigned char *at, int n) {
    int64_t value = 0;
    for (int i = 0; i < n; i++) value = value << 8 | at[i];
    return value;
}

static int64_t little(const unsigned char *at, int n) {
    int64_t value = 0;
    while (n-- > 0) value = value << 8 | at[n];
    return value;
}

typedef struct size {
    int64_t width, height;
} size;

/* Segments up to the frame header (SOF0 to SOF15, but for DHT, JPG and DAC). */
static bool jpeg_size(const unsigned char *at, size_t n, size *ret) {
    for (size_t i = 2; i + 9 < n;) {
        if (at[i] != 0xff) return false;
        unsigned marker = at[i + 1];
        if (marker == 0xff) {
            i++;
            continue;
        }
        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
            marker != 0xcc) {
            *ret = (size){big(at + i + 7, 2), big(at + i + 5, 2)};
            return true;
        }
        bool alone = marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
        i += alone ? 2 : 2 + (size_t)big(at + i + 2, 2);
    }
    return false;
}

/* "P5 # comment\n 92 112" */
static bool pnm_size(const unsigned char *at, size_t n, size *ret) {
    int64_t found[2] = {0, 0};
    size_t i = 2;
    for (int k = 0; k < 2; k++) {
        while (i < n && (strchr(" \t\r\n", at[i]) || at[i] == '#') && at[i]) {
            if (at[i] == '#')
                while (i < n && at[i] != '\n') i++;
            if (i < n) i++;
        }
        size_t begin = i;
        for (; i < n && at[i] >= '0' && at[i] <= '9' && i - begin < 9; i++)
            found[k] = found[k] * 10 + at[i] - '0';
        if (i == begin) return false;
    }
    *ret = (size){found[0], found[1]};
    return true;
}

static bool webp_size(const unsigned char *at, size_t n, size *ret) {
    if (n < 30) return false;
    if (memcmp(at + 12, "VP8X", 4) == 0)
        *ret = (size){little(at + 24, 3) + 1, little(at + 27, 3) + 1};
    else if (memcmp(at + 12, "VP8 ", 4) == 0)
        *ret = (size){little(at + 26, 2) & 0x3fff, little(at + 28, 2) & 0x3fff};
    else if (memcmp(at + 12, "VP8L", 4) == 0)
        *ret = (size){(little(at + 21, 4) & 0x3fff) + 1, (little(at + 21, 4) >> 14 & 0x3fff) + 1};
    else
        return false;
    return true;
}

bool hn_image_size(const unsigned char *at, size_t n, int64_t *ret_width, int64_t *ret_height) {
    size s = {0, 0};
    bool known = false;
    if (n >= 24 && memcmp(at, "\x89PNG\r\n\x1a\n", 8) == 0)
        s = (size){big(at + 16, 4), big(at + 20, 4)}, known = true;
    else if (n >= 10 && memcmp(at, "GIF8", 4) == 0)
        s = (size){little(at + 6, 2), little(at + 8, 2)}, known = true;
    else if (n >= 26 && memcmp(at, "BM", 2) == 0)
        s = (size){(int32_t)little(at + 18, 4), labs((int32_t)little(at + 22, 4))}, known = true;
    else if (n >= 16 && memcmp(at, "RIFF", 4) == 0 && memcmp(at + 8, "WEBP", 4) == 0)
        known = webp_size(at, n, &s);
    else if (n >= 4 && memcmp(at, "\xff\xd8", 2) == 0)
        known = jpeg_size(at, n, &s);
    else if (n >= 8 && at[0] == 'P' && at[1] >= '1' && at[1] <= '6')
        known = pnm_size(at, n, &s);
    if (!known || s.width <= 0 || s.height <= 0) return false;
    *ret_width = s.width;
    *ret_height = s.height;
    return true;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static hn_cell int_cell(int64_t value) { return (hn_cell){.kind = HN_CELL_INT, .whole = value}; }

/* Columns 2 and on, of the file that m holds. */
typedef hone_status fill_fn(hone_ctx *ctx, hn_cells *cells, const char *path, const hn_mapping *m);

static hone_status put_image(hone_ctx *ctx, hn_cells *cells, const char *path,
                             const hn_mapping *m) {
    int64_t width, height;
    if (!hn_image_size(m->bytes, m->length, &width, &height))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = path),
                          "'%s' is no image that is whole; mend it or take it away", path);
    HN_TRY(hn_cells_put(ctx, cells, 2, int_cell(width)));
    HN_TRY(hn_cells_put(ctx, cells, 3, int_cell(height)));
    return hn_cells_put(ctx, cells, 4, int_cell((int64_t)m->length));
}

static hone_status put_text(hone_ctx *ctx, hn_cells *cells, const char *path, const hn_mapping *m) {
    const char *text = (const char *)m->bytes;
    if (memchr(text, '\0', m->length) || !hn_is_utf8(text, m->length))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = path),
                          "'%s' is not UTF-8; convert it with iconv, or take it away", path);
    size_t mark = m->length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    return hn_cells_put(ctx, cells, 2, hn_cell_text(text + mark, m->length - mark));
}

static hone_status put_file(hone_ctx *ctx, hn_cells *cells, const char *folder,
                            const char *relative, fill_fn *fill) {
    HN_SCRATCH(ctx);
    const char *slash = strrchr(relative, '/'), *begin = relative;
    for (const char *at = relative; slash && at < slash; at++)
        if (*at == '/') begin = at + 1;
    char *path = hn_arena_printf(ctx, ctx->scratch, "%s/%s", folder, relative);
    if (path == NULL) return HONE_ERROR_MEMORY;
    hn_mapping m = {.length = 0};
    HN_TRY(hn_map_file(ctx, path, &m));
    hone_status status = hn_cells_put(ctx, cells, 0, hn_cell_text(path, strlen(path)));
    if (status == HONE_OK && slash)
        status = hn_cells_put(ctx, cells, 1, hn_cell_text(begin, (size_t)(slash - begin)));
    if (status == HONE_OK) status = fill(ctx, cells, path, &m);
    hn_unmap_file(&m);
    return status;
}

static hone_status read_folder(hone_ctx *ctx, hn_reader *reader, const char *const *endings,
                               const hn_slice *names, int32_t n, fill_fn *fill) {
    HN_SCRATCH(ctx);
    files f = {.endings = endings};
    hn_cells cells;
    const char *folder = reader->source->path;
    HN_TRY(list(ctx, folder, &f));
    if (f.n == 0)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = folder),
                          "'%s' holds no %s; check the name", folder, reader->source->kind->title);
    HN_TRY(hn_cells_start(ctx, reader, names, n, &cells));
    bool full = false;
    for (int64_t i = 0; i < f.n && !full; i++) {
        HN_TRY(put_file(ctx, &cells, folder, f.paths[i], fill));
        HN_TRY(hn_cells_end_row(ctx, &cells, &full));
    }
    return HONE_OK;
}

static hone_status read_images(hone_ctx *ctx, hn_reader *reader) {
    static const hn_slice names[] = {
        {"path", 4}, {"label", 5}, {"width", 5}, {"height", 6}, {"size", 4}};
    return read_folder(ctx, reader, image_endings, names, 5, put_image);
}

static hone_status read_texts(hone_ctx *ctx, hn_reader *reader) {
    static const hn_slice names[] = {{"path", 4}, {"label", 5}, {"text", 4}};
    return read_folder(ctx, reader, text_endings, names, 3, put_text);
}

const hn_source_kind hn_source_images = {
    .name = "images",
    .title = "folders of images",
    .is_folder = holds_images,
    .read = read_images,
};

const hn_source_kind hn_source_texts = {
    .name = "texts",
    .title = "folders of texts",
    .is_folder = holds_texts,
    .read = read_texts,
};
