/* pages.c - see pages.h.
 *
 * A page of 2 MB spares 511 faults, so large blocks, which are mostly touched whole, ask for such. But in a virtual
 * machine that gives free memory back to its host, what it gives back are large pages: to have one again takes
 * 5 to 10 ms (measured; a quarter of one otherwise), while small ones come from what it kept. So large ones are asked
 * for as long as they come quickly, and tried again now and then. */
#include "base/pages.h"
#include "base/spill.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum {
    LARGE = 2 << 20, /* blocks of this size */
    LARGE_PAGE = 2 << 20,
    PAGE = 4096,
    SLOW = 1000000,    /* nanoseconds that 512 small pages take at most */
    AGAIN = 256 << 20, /* bytes in small pages before a large one is tried again */
};

static atomic_llong small_left; /* of those: what the machine is like is the same for all who ask */

static int64_t time_of_thread(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool is_slow(volatile char *page) {
    int64_t before = time_of_thread();
    *page = 0;
    return time_of_thread() - before > SLOW;
}

/* A block of which used bytes are written, and soon bytes will be. These are wishes: whether the system grants them
 * makes no difference but of time. */
static void choose(void *block, size_t size, size_t used, size_t soon) {
    /* Up to the ends of its pages: a mapping of two kinds of pages could not be moved, only copied. */
    uintptr_t begin = (uintptr_t)block / PAGE * PAGE;
    uintptr_t end = ((uintptr_t)block + size + PAGE - 1) / PAGE * PAGE;
    uintptr_t next = ((uintptr_t)block + used + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    bool large = atomic_fetch_sub(&small_left, (long long)soon) <= 0;
    (void)madvise((void *)begin, end - begin, large ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    if (!large) return;
    atomic_store(&small_left, 0);
    if (next + LARGE_PAGE > (uintptr_t)block + size || !is_slow((char *)next)) return;
    atomic_store(&small_left, AGAIN);
    (void)madvise((void *)begin, end - begin, MADV_NOHUGEPAGE);
}

static void *resize(void *user, void *old, size_t old_size, size_t size) {
    (void)user;
    if (size == 0) {
        free(old);
        return NULL;
    }
    void *block = realloc(old, size);
    size_t used = old == NULL ? 0 : old_size;
    if (block != NULL && size >= LARGE && size > used) choose(block, size, used, size - used);
    return block;
}

const hone_allocator hn_default_allocator = {.resize = resize};

void *hn_allocate(const hone_allocator *allocator, size_t size, bool *ret_zeroed) {
    assert(allocator->resize && size > 0);
    hn_spill *spill = hn_spill_of(allocator);
    if (spill != NULL) return hn_spill_allocate(spill, size, ret_zeroed);
    *ret_zeroed = allocator->resize == resize;
    if (!*ret_zeroed) return allocator->resize(allocator->user, NULL, 0, size);
    /* calloc gets large blocks from the system, which has zeroed them already. */
    void *block = calloc(1, size);
    if (block != NULL && size >= LARGE) choose(block, size, 0, size);
    return block;
}

size_t hn_look_ahead(const hone_allocator *allocator, void *block, size_t size, size_t used) {
    if (allocator->resize != resize || size < LARGE) return SIZE_MAX;
    choose(block, size, used, LARGE_PAGE);
    return used + LARGE_PAGE;
}

size_t hn_let_go(const void *bytes, size_t length) {
    size_t whole = length / PAGE * PAGE;
    (void)madvise((void *)(uintptr_t)bytes, whole, MADV_DONTNEED);
    return whole;
}
