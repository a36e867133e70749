/* spill.c - places in a mapped file as memory; see spill.h.
 *
 * The file is sparse and larger than any disk; a place is an extent of it, a power of two in size, so that a
 * block can grow where it is. Room on the disk is reserved before a block is given out (a page without room
 * would kill the process when it is written), and given back, which also makes it zero again, when it is freed. */
#include "base/spill.h"
#include "base/os.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    UNIT_BITS = 20,   /* extents are this large at least, and so are blocks that go to the file */
    CLASSES = 24,     /* of extents: 1 MB to 8 TB */
    ROOM_TO_GROW = 2, /* a block that has grown once gets an extent so many classes larger */
    PAGE = 4096,
    LOOK_EVERY = 2, /* milliseconds between two looks at how much memory there is */
};
#define UNIT ((size_t)1 << UNIT_BITS)

typedef struct watched {
    struct watched *next;
    const void *bytes;
    size_t length;
} watched;

typedef struct place {
    struct place *next;
    size_t at;
} place;

struct hn_spill {
    hone_allocator below;
    size_t limit;
    pthread_mutex_t lock; /* of everything down to `pages` */
    bool owned;
    int64_t blocks;    /* given out and not freed, all of them, and files watched */
    size_t held;       /* bytes of those that are below's */
    int fd;            /* -1: no file yet */
    char *base;        /* [reach] */
    size_t reach;      /* bytes */
    uint8_t *class_at; /* [reach / UNIT] of the extent that begins there */
    place *free[CLASSES];
    int problem;   /* errno */
    bool paging;   /* the pager runs */
    pid_t process; /* whose file it is: in a forked child its blocks can be read, no more */
    pthread_t pager;
    /* Taken after `lock`, and never held while the system is at work on the file, so that the pager, which takes
     * only this one, does not wait: reserving room takes a second on a slow disk, in which others write a gigabyte. */
    pthread_mutex_t pages;
    bool over; /* the pager may go */
    bool torn; /* the file could not be mapped anew: systems before Linux 6.12 leave a hole then */
    size_t used; /* extents lie before here; changed under both */
    size_t
        left; /* what is in memory of files, programs among them, when all that can leave has left */
    watched *files; /* mapped by others: what of them is in memory counts too */
    pthread_cond_t wake;
};

/* ---- the file -------------------------------------------------------------------------------- */

/* What of this process is in memory, and of that in files, in bytes. */
static bool resident(size_t *ret_all, size_t *ret_files) {
    char line[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, line, sizeof line - 1);
    close(fd);
    if (n <= 0) return false;
    line[n] = '\0';
    unsigned long long size, all, files;
    if (sscanf(line, "%llu %llu %llu", &size, &all, &files) != 3) return false;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    *ret_all = (size_t)all * page;
    *ret_files = (size_t)files * page;
    return true;
}

/* size bytes of the file from its beginning; MAP_FAILED: cannot be. */
static void *map(int fd, size_t size) {
    void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    /* A huge page is in memory whole when one byte of it is asked for. */
    if (mapped != MAP_FAILED) (void)madvise(mapped, size, MADV_NOHUGEPAGE);
    return mapped;
}

/* What is mapped elsewhere, with no page in memory, takes the place of what is in use. */
static bool map_anew(hn_spill *s) {
    void *fresh = map(s->fd, s->used);
    if (fresh == MAP_FAILED) return false;
    if (mremap(fresh, s->used, s->used, MREMAP_MAYMOVE | MREMAP_FIXED, s->base) != MAP_FAILED)
        return true;
    munmap(fresh, s->used);
    return false;
}

/* Pages of a mapped file that leave the process stay in the system's cache, and on disk in the end: they are
 * fetched again when touched, whatever was written to them, and sixteen at a time. To tell the system that they
 * are not needed (MADV_DONTNEED) would do, if others did not touch gigabytes in the time that it takes: the file is
 * mapped anew over itself, during which who touches a page waits. */
static void let_go(hn_spill *s) {
    size_t all, files;
    if (!resident(&all, &files)) return;
    if (files < s->left) s->left = files;
    bool much = all > s->limit / 4 * 3 && files - s->left > s->limit / 8;
    if (!much && !s->torn) return;
    for (const watched *w = s->files; w != NULL; w = w->next)
        (void)madvise((void *)(uintptr_t)w->bytes, w->length, MADV_DONTNEED);
    if (s->used > 0) s->torn = !map_anew(s);
    if (s->torn) (void)madvise(s->base, s->used, MADV_DONTNEED); /* there may be no address left */
    if (resident(&all, &files)) s->left = files;
}

static void *page_out(void *pointer) {
    hn_spill *s = pointer;
    hn_thread_is_brief(); /* who computes maps gigabytes in the time that a usual turn takes */
    pthread_mutex_lock(&s->pages);
    while (!s->over) {
        let_go(s);
        hn_wait(&s->wake, &s->pages, LOOK_EVERY);
    }
    pthread_mutex_unlock(&s->pages);
    return NULL;
}

static bool start_pager(hn_spill *s) {
    if (s->paging) return true;
    int failed = hn_thread_start(&s->pager, page_out, s);
    if (failed) errno = failed;
    s->paging = !failed;
    s->process = getpid();
    return s->paging;
}

/* The largest sparse file that the file system and the limits of the process allow, mapped. */
static bool map_file(hn_spill *s, int fd) {
    for (size_t reach = UNIT << (CLASSES - 1); reach >= s->limit; reach /= 2) {
        if (ftruncate(fd, (off_t)reach) != 0) continue;
        void *base = map(fd, reach);
        if (base == MAP_FAILED) continue;
        s->class_at = calloc(reach >> UNIT_BITS, 1);
        if (s->class_at != NULL) {
            s->base = base;
            s->reach = reach;
            return true;
        }
        munmap(base, reach);
    }
    return false;
}

static bool open_file(hn_spill *s) {
    if (s->fd >= 0) return true;
    int fd = hn_temporary_file();
    if (fd < 0) return false;
    if (map_file(s, fd)) {
        s->fd = fd;
        if (start_pager(s)) return true;
        int problem = errno;
        munmap(s->base, s->reach);
        free(s->class_at);
        s->fd = -1;
        s->base = NULL;
        errno = problem;
    }
    int problem = errno;
    close(fd);
    errno = problem;
    return false;
}

/* ---- extents --------------------------------------------------------------------------------- */

static int class_of(size_t size) {
    int c = 0;
    while (UNIT << c < size) c++;
    return c;
}

static size_t whole_pages(size_t size) { return (size + PAGE - 1) / PAGE * PAGE; }

static bool take_extent(hn_spill *s, int c, size_t *ret_at) {
    if (c >= CLASSES) return false;
    if (s->free[c] != NULL) {
        place *first = s->free[c];
        s->free[c] = first->next;
        *ret_at = first->at;
        free(first);
    } else {
        if (UNIT << c > s->reach - s->used) {
            errno = EFBIG;
            return false;
        }
        *ret_at = s->used;
        pthread_mutex_lock(&s->pages);
        s->used += UNIT << c;
        pthread_mutex_unlock(&s->pages);
    }
    s->class_at[*ret_at >> UNIT_BITS] = (uint8_t)c;
    return true;
}

/* The room on the disk goes back, and the bytes are zero. What cannot be given back is not used again. */
static void leave_extent(hn_spill *s, size_t at, size_t size) {
    if (fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at,
                  (off_t)whole_pages(size)) != 0)
        return;
    place *left = malloc(sizeof *left);
    if (left == NULL) return; /* only a place in an endless file */
    int c = s->class_at[at >> UNIT_BITS];
    *left = (place){.next = s->free[c], .at = at};
    s->free[c] = left;
}

static bool reserve(hn_spill *s, size_t at, size_t size) {
    int failed = EINTR; /* a signal comes in: some file systems stop then */
    while (failed == EINTR) failed = posix_fallocate(s->fd, (off_t)at, (off_t)size);
    if (failed) errno = failed;
    return !failed;
}

static void *take_place(hn_spill *s, size_t size, int spare_classes) {
    size_t at;
    if (!open_file(s)) return NULL;
    int c = class_of(size) + spare_classes;
    if (!take_extent(s, c < CLASSES ? c : class_of(size), &at)) return NULL;
    if (reserve(s, at, whole_pages(size))) return s->base + at;
    int problem = errno;
    leave_extent(s, at, size);
    errno = problem;
    return NULL;
}

static bool in_file(const hn_spill *s, const void *block) {
    return s->base != NULL && (uintptr_t)block - (uintptr_t)s->base < s->reach;
}

static bool is_foreign(const hn_spill *s) { return s->paging && s->process != getpid(); }

/* Grow or shrink within its extent. */
static bool fit(hn_spill *s, char *block, size_t old_size, size_t size) {
    size_t at = (size_t)(block - s->base), old_end = whole_pages(old_size), end = whole_pages(size);
    if (end > UNIT << s->class_at[at >> UNIT_BITS]) return false;
    if (end > old_end) return reserve(s, at + old_end, end - old_end);
    if (end < old_end)
        (void)fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(at + end),
                        (off_t)(old_end - end));
    return true;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* An eighth of the limit is for blocks that do not move: small ones, and what comes first. Most of
 * the rest is DuckDB's while it reads (duck.c), then that of the pages at work. */
static bool stays_below(const hn_spill *s, size_t more) {
    return more < UNIT || s->held + more <= s->limit / 8 || is_foreign(s);
}

static void *take(hn_spill *s, size_t size, bool *ret_zeroed, int spare_classes) {
    bool below = stays_below(s, size);
    void *block;
    if (below) {
        block = hn_allocate(&s->below, size, ret_zeroed);
    } else {
        block = take_place(s, size, spare_classes);
        if (block == NULL) s->problem = errno;
        *ret_zeroed = true;
    }
    if (block == NULL) return NULL;
    s->blocks++;
    if (below) s->held += size;
    return block;
}

static void give_back(hn_spill *s, void *block, size_t size) {
    if (in_file(s, block)) {
        if (!is_foreign(s)) leave_extent(s, (size_t)((char *)block - s->base), size);
    } else {
        s->below.resize(s->below.user, block, size, 0);
        s->held -= size;
    }
    s->blocks--;
}

static void *resize(hn_spill *s, void *old, size_t old_size, size_t size) {
    if (in_file(s, old)) {
        if (!is_foreign(s) && fit(s, old, old_size, size)) return old;
    } else if (size <= old_size || stays_below(s, size - old_size)) {
        void *fresh = s->below.resize(s->below.user, old, old_size, size);
        if (fresh != NULL) s->held += size - old_size;
        return fresh;
    }
    bool zeroed;
    void *fresh = take(s, size, &zeroed, ROOM_TO_GROW);
    if (fresh == NULL) return NULL;
    memcpy(fresh, old, old_size < size ? old_size : size);
    give_back(s, old, old_size);
    return fresh;
}

static void stop_pager(hn_spill *s) {
    pthread_mutex_lock(&s->pages);
    s->over = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->pages);
    pthread_join(s->pager, NULL);
}

static void end(hn_spill *s) {
    if (s->paging && !is_foreign(s)) stop_pager(s);
    if (s->fd >= 0) {
        munmap(s->base, s->reach);
        close(s->fd);
        for (int c = 0; c < CLASSES; c++) {
            for (place *next, *at = s->free[c]; at != NULL; at = next) {
                next = at->next;
                free(at);
            }
        }
        free(s->class_at);
    }
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->pages);
    pthread_mutex_destroy(&s->lock);
    s->below.resize(s->below.user, s, sizeof *s, 0);
}

/* Unlocks; whoever leaves it without owner and blocks ends it. */
static void leave(hn_spill *s) {
    bool over = !s->owned && s->blocks == 0;
    pthread_mutex_unlock(&s->lock);
    if (over) end(s);
}

static void *spill_resize(void *user, void *old, size_t old_size, size_t size) {
    hn_spill *s = user;
    void *block = NULL;
    pthread_mutex_lock(&s->lock);
    bool zeroed;
    if (size == 0)
        give_back(s, old, old_size);
    else if (old == NULL)
        block = take(s, size, &zeroed, 0);
    else
        block = resize(s, old, old_size, size);
    leave(s);
    return block;
}

bool hn_spill_owns(hn_spill *s, const void *block) {
    pthread_mutex_lock(&s->lock);
    bool owns = !in_file(s, block) || !is_foreign(s);
    pthread_mutex_unlock(&s->lock);
    return owns;
}

void hn_spill_watch(hn_spill *s, const void *bytes, size_t length) {
    watched *file = malloc(sizeof *file);
    if (file == NULL) return; /* its pages leave when the system wants them */
    pthread_mutex_lock(&s->lock);
    if (!is_foreign(s) && start_pager(s)) {
        *file = (watched){.next = s->files, .bytes = bytes, .length = length};
        pthread_mutex_lock(&s->pages);
        s->files = file;
        pthread_mutex_unlock(&s->pages);
        s->blocks++;
        file = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    free(file);
}

void hn_spill_forget(hn_spill *s, const void *bytes) {
    if (is_foreign(s)) return;
    pthread_mutex_lock(&s->lock);
    pthread_mutex_lock(&s->pages);
    watched **at = &s->files;
    while (*at != NULL && (*at)->bytes != bytes) at = &(*at)->next;
    watched *file = *at;
    if (file != NULL) *at = file->next;
    pthread_mutex_unlock(&s->pages);
    s->blocks -= file != NULL;
    free(file);
    leave(s);
}

void *hn_spill_allocate(hn_spill *s, size_t size, bool *ret_zeroed) {
    pthread_mutex_lock(&s->lock);
    void *block = take(s, size, ret_zeroed, 0);
    pthread_mutex_unlock(&s->lock);
    return block;
}

/* ---- life ------------------------------------------------------------------------------------ */

hone_status hn_spill_new(hone_ctx *ctx, size_t limit, hn_spill **ret_spill) {
    if (limit < HN_SPILL_LEAST)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "memory"),
                          "a memory limit of %zu bytes is too little; give 64M at least", limit);
    hone_allocator below = ctx->allocator;
    hn_spill *s = below.resize(below.user, NULL, 0, sizeof *s);
    if (s == NULL) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory");
    *s = (hn_spill){.below = below, .limit = limit, .owned = true, .fd = -1};
    /* Cannot fail with default attributes on any system that hone runs on. */
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->pages, NULL);
    pthread_cond_init(&s->wake, NULL);
    *ret_spill = s;
    return HONE_OK;
}

void hn_spill_release(hn_spill *s) {
    if (s == NULL) return;
    pthread_mutex_lock(&s->lock);
    s->owned = false;
    leave(s);
}

hone_allocator hn_spill_allocator(hn_spill *s) {
    return (hone_allocator){.resize = spill_resize, .user = s};
}

hone_allocator hn_spill_below(const hn_spill *s) { return s->below; }

hn_spill *hn_spill_of(const hone_allocator *allocator) {
    return allocator->resize == spill_resize ? allocator->user : NULL;
}

size_t hn_spill_limit(const hn_spill *s) { return s->limit; }

int hn_spill_problem(hn_spill *s) {
    pthread_mutex_lock(&s->lock);
    int problem = s->problem;
    pthread_mutex_unlock(&s->lock);
    return problem;
}
