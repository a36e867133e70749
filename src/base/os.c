/* os.c - reading files, time, processors, shared libraries; see os.h. */
#include "base/os.h"
#include "base/spill.h"
#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- reading -------------------------------------------------------------------------------- */

static hone_status fail_reading(hone_ctx *ctx, const char *path, const char *problem) {
    return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = path), "cannot read '%s': %s", path,
                      problem);
}

/* Opens a file that is not a directory; -1 (reported) on failure. */
static int open_to_read(hone_ctx *ctx, const char *path, struct stat *ret_info) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        (void)fail_reading(ctx, path, strerror(errno));
        return -1;
    }
    if (fstat(fd, ret_info) == 0 && !S_ISDIR(ret_info->st_mode)) return fd;
    close(fd);
    (void)fail_reading(ctx, path, "it is a directory; name a file in it");
    return -1;
}

hone_status hn_map_file(hone_ctx *ctx, const char *path, hn_mapping *ret_mapping) {
    assert(ctx && path && ret_mapping);
    struct stat info;
    int fd = open_to_read(ctx, path, &info);
    if (fd < 0) return HONE_ERROR_IO;
    if (!S_ISREG(info.st_mode)) {
        close(fd);
        return fail_reading(ctx, path, "it is a pipe or a device; save it as a file first");
    }
    void *bytes = (void *)(uintptr_t) "";
    size_t length = (size_t)info.st_size;
    if (length > 0) bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
    int problem = errno;
    close(fd);
    if (bytes == MAP_FAILED) return fail_reading(ctx, path, strerror(problem));
    hn_spill *spill = length > 0 ? hn_spill_of(&ctx->allocator) : NULL;
    if (spill != NULL) hn_spill_watch(spill, bytes, length);
    *ret_mapping = (hn_mapping){.bytes = bytes, .length = length, .spill = spill};
    return HONE_OK;
}

void hn_unmap_file(hn_mapping *mapping) {
    if (!mapping) return;
    if (mapping->spill) hn_spill_forget(mapping->spill, mapping->bytes);
    if (mapping->length > 0) munmap((void *)(uintptr_t)mapping->bytes, mapping->length);
    *mapping = (hn_mapping){0};
}

/* Reads until size bytes are there or the file ends; the bytes read, or -1. */
static ssize_t read_all(int fd, char *bytes, size_t size) {
    size_t have = 0;
    while (have < size) {
        ssize_t n = read(fd, bytes + have, size - have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        if (n == 0) break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

/* The rest of fd into arena. expected is a guess: pipes and /proc don't tell, files may grow. */
static hone_status read_rest(hone_ctx *ctx, hn_arena *arena, const char *path, int fd,
                             size_t expected, size_t limit, char **ret_text, size_t *ret_length) {
    size_t most = limit > 0 ? limit : SIZE_MAX / 4, have = 0, capacity = 0;
    char *text = NULL;
    for (;;) {
        /* One byte more than is wanted: so the end is seen, and there is room for the NUL. */
        size_t wanted = capacity > 0 ? capacity * 2 : expected + 1;
        if (wanted < 4096) wanted = 4096;
        if (wanted > most + 1) wanted = most + 1;
        char *larger = hn_arena_regrow(arena, text, capacity, wanted);
        if (!larger) {
            return hn_fail_at(ctx, HONE_ERROR_MEMORY, HN_AT(.file = path),
                              "out of memory: no room for '%s' (%zu bytes so far)", path, have);
        }
        text = larger;
        capacity = wanted;
        ssize_t n = read_all(fd, text + have, capacity - have);
        if (n < 0) return fail_reading(ctx, path, strerror(errno));
        have += (size_t)n;
        if (have < capacity) break;
        if (have > most) {
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = path),
                              "'%s' is larger than %zu bytes; use a smaller file", path, limit);
        }
    }
    text[have] = '\0';
    *ret_text = text;
    *ret_length = have;
    return HONE_OK;
}

hone_status hn_read_file(hone_ctx *ctx, hn_arena *arena, const char *path, size_t limit,
                         char **ret_text, size_t *ret_length) {
    assert(ctx && arena && path && ret_text && ret_length);
    struct stat info = {0};
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open_to_read(ctx, path, &info);
    if (fd < 0) return HONE_ERROR_IO;
    size_t expected = info.st_size > 0 ? (size_t)info.st_size : 0;
    const char *name = standard ? "standard input" : path;
    hn_arena_scope before = hn_arena_enter(arena);
    hone_status status = read_rest(ctx, arena, name, fd, expected, limit, ret_text, ret_length);
    if (status != HONE_OK) hn_arena_leave(&before);
    if (!standard) close(fd);
    return status;
}

/* ---- files without a name ------------------------------------------------------------------- */

const char *hn_temporary_folder(void) {
    const char *folder = getenv("TMPDIR");
    return folder != NULL && folder[0] != '\0' ? folder : "/tmp";
}

int hn_temporary_file(void) {
    int fd = open(hn_temporary_folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) return fd;
    /* Not every file system can do that. */
    char name[4200];
    int length = snprintf(name, sizeof name, "%s/hone-XXXXXX", hn_temporary_folder());
    if (length >= (int)sizeof name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) unlink(name);
    return fd;
}

/* ---- what there is -------------------------------------------------------------------------- */

bool hn_file_stat(const char *path, int64_t *ret_size, int64_t *ret_modified_ns,
                  uint64_t *ret_inode) {
    struct stat info;
    if (stat(path, &info) != 0) return false;
    if (ret_size) *ret_size = info.st_size;
    if (ret_modified_ns)
        *ret_modified_ns = (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
    if (ret_inode) *ret_inode = (uint64_t)info.st_ino;
    return true;
}

bool hn_file_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0;
}

bool hn_is_directory(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool hn_is_terminal(int fd) { return isatty(fd) == 1; }

double hn_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- processors ----------------------------------------------------------------------------- */

/* How many processors this process may run on. */
static int affinity(void) {
    /* The kernel refuses a set smaller than its own, which only it knows. */
    for (int most = 1024; most <= 1 << 20; most *= 2) {
        cpu_set_t *set = CPU_ALLOC(most);
        if (!set) break;
        size_t size = CPU_ALLOC_SIZE(most);
        int n = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (n > 0) return n;
        if (errno != EINVAL) break;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

/* The beginning of a small file as text; false if there is none. */
static bool read_line(const char *path, char *line, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read_all(fd, line, size - 1);
    close(fd);
    if (n <= 0) return false;
    line[n] = '\0';
    return true;
}

/* What one control group's cpu.max ("max 100000", "150000 100000") allows, rounded up, or most. */
static int group_limit(const char *directory, int most) {
    char path[4200], line[128];
    snprintf(path, sizeof path, "%s/cpu.max", directory);
    long long quota, period;
    if (!read_line(path, line, sizeof line)) return most;
    if (sscanf(line, "%lld %lld", &quota, &period) != 2 || quota <= 0 || period <= 0) return most;
    long long processors = (quota + period - 1) / period;
    return processors < most ? (int)processors : most;
}

/* The least of what our control group (version 2) and those above it allow. */
static int control_groups(int most) {
    static const char root[] = "/sys/fs/cgroup";
    char line[4096], directory[4096 + sizeof root];
    if (!read_line("/proc/self/cgroup", line, sizeof line)) return most;
    char *group = strncmp(line, "0::", 3) == 0 ? line : strstr(line, "\n0::");
    if (!group) return most;
    group = strstr(group, "::") + 2;
    group[strcspn(group, "\n")] = '\0';
    snprintf(directory, sizeof directory, "%s%s", root, group);
    for (;;) {
        most = group_limit(directory, most);
        if (strlen(directory) <= strlen(root)) return most;
        *strrchr(directory, '/') = '\0';
    }
}

int hn_thread_start(pthread_t *ret_thread, void *(*fn)(void *), void *arg) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    sigset_t others, before;
    sigfillset(&others);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&others, faults[i]);
    pthread_sigmask(SIG_SETMASK, &others, &before);
    int failed = pthread_create(ret_thread, NULL, fn, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

void hn_thread_is_brief(void) {
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t slice, deadline, period; /* nanoseconds */
    } turns = {.size = sizeof turns, .policy = SCHED_OTHER, .slice = 100000};
    turns.nice = getpriority(PRIO_PROCESS, 0); /* as it is: of the thread, on Linux */
    (void)syscall(SYS_sched_setattr, 0, &turns, 0);
}

void hn_wait(pthread_cond_t *wake, pthread_mutex_t *lock, int milliseconds) {
    struct timespec until;
    assert(milliseconds < 1000);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)milliseconds * 1000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    (void)pthread_cond_timedwait(wake, lock, &until);
}

int hn_processors(void) {
    int n = control_groups(affinity());
    return n > 0 ? n : 1;
}

/* ---- shared libraries ----------------------------------------------------------------------- */

hone_status hn_load_library(hone_ctx *ctx, const char *const *candidates, void **ret_handle) {
    assert(ctx && candidates && *candidates && ret_handle);
    char problem[512] = "";
    for (const char *const *name = candidates; *name; name++) {
        void *handle = dlopen(*name, RTLD_NOW | RTLD_LOCAL);
        if (handle) {
            *ret_handle = handle;
            return HONE_OK;
        }
        /* The first candidate is the one to install: its problem is told. */
        if (!*problem) hn_copy_text(problem, sizeof problem, dlerror());
    }
    return hn_fail(ctx, HONE_ERROR_UNSUPPORTED, "cannot load the library '%s' (%s); install it",
                   candidates[0], problem);
}
