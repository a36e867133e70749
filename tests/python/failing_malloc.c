/* failing_malloc.c - preloaded into Python: of the allocations that come from one place in memory (hone's
 * extension) the n-th fails, or that and all after it. See test_out_of_memory.py. */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static uintptr_t begin, end;
static atomic_long calls, fail_at;
static atomic_bool then_always;

void failing_watch(uintptr_t from, uintptr_t to);
void failing_watch(uintptr_t from, uintptr_t to) {
    begin = from;
    end = to;
}

/* 0: none. Returns how many there were since the last time. */
long failing_set(long n, int always);
long failing_set(long n, int always) {
    long before = atomic_exchange(&calls, 0);
    atomic_store(&then_always, always != 0);
    atomic_store(&fail_at, n);
    return before;
}

static bool fails(const void *caller) {
    if ((uintptr_t)caller < begin || (uintptr_t)caller >= end) return false;
    long n = atomic_fetch_add(&calls, 1) + 1, at = atomic_load(&fail_at);
    if (at == 0 || n < at || (n > at && !atomic_load(&then_always))) return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}
