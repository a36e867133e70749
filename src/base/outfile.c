/* outfile.c - files that appear under their name only when whole; declared in os.h. */
#include "base/os.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- temporaries of the process ------------------------------------------------------------- */

/* The one global of the library: a signal handler has no ctx, and can neither take a lock nor chase
 * pointers into memory that another thread is giving back. So names are copied here, each guarded by
 * its own state. */
enum { TEMPORARIES = 64 };
enum { FREE, FILLING, LIVE };
static struct {
    atomic_int state;
    char path[sizeof((hn_outfile *)NULL)->temporary];
} temporaries[TEMPORARIES];

static void remember(const char *path) {
    for (int i = 0; i < TEMPORARIES; i++) {
        int expected = FREE;
        if (!atomic_compare_exchange_strong(&temporaries[i].state, &expected, FILLING)) continue;
        hn_copy_text(temporaries[i].path, sizeof temporaries[i].path, path);
        atomic_store(&temporaries[i].state, LIVE);
        return;
    }
}

static void forget(const char *path) {
    for (int i = 0; i < TEMPORARIES; i++) {
        if (atomic_load(&temporaries[i].state) != LIVE) continue;
        /* Names are unique while they live, so nobody else takes this slot back. */
        if (strcmp(temporaries[i].path, path) != 0) continue;
        atomic_store(&temporaries[i].state, FREE);
        return;
    }
}

void hn_outfile_abandon_all(void) {
    for (int i = 0; i < TEMPORARIES; i++)
        if (atomic_load(&temporaries[i].state) == LIVE) unlink(temporaries[i].path);
}

/* ---- errors --------------------------------------------------------------------------------- */

static hone_status fail_writing(hone_ctx *ctx, const hn_outfile *file, int problem) {
    const char *way_out = "";
    if (problem == ENOSPC || problem == EDQUOT) way_out = "; free some space or write elsewhere";
    if (problem == EFBIG) way_out = "; raise the limit on file sizes or write elsewhere";
    if (problem == EACCES || problem == EPERM || problem == EROFS)
        way_out = "; write elsewhere or change the permissions";
    bool full = problem == ENOSPC || problem == EDQUOT;
    return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = file->path), "%scannot write '%s': %s%s",
                      full ? "disk full: " : "", file->path, strerror(problem), way_out);
}

/* ---- open ----------------------------------------------------------------------------------- */

/* The length of path's directory with its slash; 0 where it has none. */
static size_t directory_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

static bool is_special(const char *path, const struct stat *info) {
    if (strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0) return true;
    return info && !S_ISREG(info->st_mode);
}

static hone_status open_in_place(hone_ctx *ctx, hn_outfile *file) {
    /* Opening /dev/stdout anew would write over what a redirected file already holds. */
    int standard = -1;
    if (strcmp(file->path, "/dev/stdout") == 0 || strcmp(file->path, "-") == 0) standard = 1;
    if (strcmp(file->path, "/dev/stderr") == 0) standard = 2;
    file->fd = standard >= 0 ? fcntl(standard, F_DUPFD_CLOEXEC, 3)
                             : open(file->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    file->in_place = true;
    return file->fd >= 0 ? HONE_OK : fail_writing(ctx, file, errno);
}

/* Makes the temporary beside path: ".NAME.PID.NUMBER.tmp". */
static hone_status open_temporary(hone_ctx *ctx, hn_outfile *file) {
    size_t directory = directory_length(file->path);
    const char *name = file->path + directory;
    /* A name as long as names may be leaves no room for more: it is cut. */
    int shown = (int)strnlen(name, NAME_MAX - 40);
    for (int number = 0; number < 1000; number++) {
        snprintf(file->temporary, sizeof file->temporary, "%.*s.%.*s.%ld.%d.tmp", (int)directory,
                 file->path, shown, name, (long)getpid(), number);
        file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file->fd >= 0) {
            remember(file->temporary);
            return HONE_OK;
        }
        if (errno != EEXIST) break;
    }
    if (errno == ENOENT) {
        return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = file->path),
                          "cannot write '%s': there is no directory '%.*s'; make it first",
                          file->path, (int)directory, file->path);
    }
    return fail_writing(ctx, file, errno);
}

/* The file behind path, through symbolic links, into file->path. */
static hone_status resolve(hone_ctx *ctx, hn_outfile *file, const char *path) {
    struct stat link;
    char target[PATH_MAX];
    const char *resolved = path;
    if (lstat(path, &link) == 0 && S_ISLNK(link.st_mode) && !is_special(path, NULL) &&
        realpath(path, target))
        resolved = target;
    size_t length = strlen(resolved);
    if (length == 0 || length >= sizeof file->path - 1 || resolved[length - 1] == '/') {
        return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = path),
                          "cannot write '%s': that is no name of a file", path);
    }
    memcpy(file->path, resolved, length + 1);
    return HONE_OK;
}

hone_status hn_outfile_open(hone_ctx *ctx, hn_outfile *file, const char *path) {
    assert(ctx && file && path);
    *file = HN_OUTFILE_CLOSED;
    HN_TRY(resolve(ctx, file, path));
    struct stat info;
    bool exists = stat(file->path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) return fail_writing(ctx, file, EISDIR);
    if (strcmp(path, "-") == 0 || is_special(file->path, exists ? &info : NULL))
        return open_in_place(ctx, file);
    HN_TRY(open_temporary(ctx, file));
    /* What was private stays private. */
    if (exists && fchmod(file->fd, info.st_mode & 0777) != 0) {
        int problem = errno;
        hn_outfile_abandon(file);
        return fail_writing(ctx, file, problem);
    }
    return HONE_OK;
}

/* ---- write, commit, abandon ----------------------------------------------------------------- */

hone_status hn_outfile_write(hone_ctx *ctx, hn_outfile *file, const void *bytes, size_t length) {
    assert(ctx && file && file->fd >= 0 && (bytes || length == 0));
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = write(file->fd, at, length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_writing(ctx, file, errno);
        at += n;
        length -= (size_t)n;
    }
    return HONE_OK;
}

/* So that the new name outlives a loss of power. Not every file system lets a directory be synced;
 * the file itself is safe either way. */
static void sync_directory(const char *path) {
    char directory[sizeof((hn_outfile *)NULL)->path];
    size_t length = directory_length(path);
    memcpy(directory, length > 0 ? path : "./", length > 0 ? length : 2);
    directory[length > 0 ? length : 2] = '\0';
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

hone_status hn_outfile_commit(hone_ctx *ctx, hn_outfile *file) {
    assert(ctx && file && file->fd >= 0);
    bool synced = file->in_place || fsync(file->fd) == 0;
    int problem = errno;
    /* After a failed close the descriptor is gone all the same. */
    if (close(file->fd) != 0 && synced) {
        synced = false;
        problem = errno;
    }
    file->fd = -1;
    if (synced && !file->in_place && rename(file->temporary, file->path) != 0) {
        synced = false;
        problem = errno;
    }
    if (!file->in_place) {
        if (!synced) unlink(file->temporary);
        forget(file->temporary);
    }
    if (!synced) return fail_writing(ctx, file, problem);
    if (!file->in_place) sync_directory(file->path);
    return HONE_OK;
}

void hn_outfile_abandon(hn_outfile *file) {
    if (!file || file->fd < 0) return;
    close(file->fd);
    file->fd = -1;
    if (file->in_place) return;
    unlink(file->temporary);
    forget(file->temporary);
}

hone_status hn_write_file(hone_ctx *ctx, const char *path, const void *bytes, size_t length) {
    hn_outfile file __attribute__((cleanup(hn_outfile_abandon))) = HN_OUTFILE_CLOSED;
    HN_TRY(hn_outfile_open(ctx, &file, path));
    HN_TRY(hn_outfile_write(ctx, &file, bytes, length));
    return hn_outfile_commit(ctx, &file);
}
