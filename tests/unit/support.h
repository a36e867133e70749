/* support.h - what the unit tests share: contexts, failing allocators, doubles, files.
 *
 * Include this first: it brings in cmocka with what cmocka needs before it. */
#ifndef HN_TESTS_SUPPORT_H
#define HN_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above before it. */
#include <cmocka.h>

#include "base/ctx.h"
#include <stdatomic.h>
#include <stdbool.h>

/* ---- contexts ------------------------------------------------------------------------------- */

/* A ctx with so many threads and seed 1; freed by hone_ctx_free. */
hone_ctx *test_ctx(int threads);

/* The call succeeds, or the test fails with the ctx's message. */
#define assert_ok(ctx, call) test_check_status((ctx), (call), HONE_OK, #call, __FILE__, __LINE__)
/* The call fails with this status, and the ctx says so too. */
#define assert_status(ctx, call, status)                                                           \
    test_check_status((ctx), (call), (status), #call, __FILE__, __LINE__)
/* The ctx's last message contains text. */
#define assert_message(ctx, text) test_check_message((ctx), (text), __FILE__, __LINE__)

void test_check_status(const hone_ctx *ctx, hone_status got, hone_status wanted, const char *call,
                       const char *file, int line);
void test_check_message(const hone_ctx *ctx, const char *text, const char *file, int line);

/* ---- doubles (cmocka 1.1.5 has no assert for them) ------------------------------------------ */

/* Same bits; any NaN equals any NaN; 0.0 differs from -0.0. */
#define assert_same_double(got, wanted)                                                            \
    test_check_double((got), (wanted), -1, #got, __FILE__, __LINE__)
/* |got - wanted| <= tolerance * max(1, |wanted|). */
#define assert_near(got, wanted, tolerance)                                                        \
    test_check_double((got), (wanted), (tolerance), #got, __FILE__, __LINE__)

void test_check_double(double got, double wanted, double tolerance, const char *what,
                       const char *file, int line);

/* ---- memory that runs out ------------------------------------------------------------------- */

/* An allocator that counts, and fails at one call. Thread-safe. */
typedef struct test_memory {
    atomic_llong calls;       /* allocations and resizes so far; frees don't count */
    atomic_llong live_blocks; /* not yet freed */
    atomic_llong live_bytes;
    long long fail_at; /* this call fails (from 1); 0: none */
    bool then_always;  /* and every call after it */
    hone_ctx *cancel;  /* this one is told to stop at call fail_at instead; or NULL */
} test_memory;

/* For hone_ctx_options.allocator; borrows memory. */
hone_allocator test_allocator(test_memory *memory);

typedef hone_status test_body(hone_ctx *ctx, void *arg);

/* Runs body with a fresh ctx of so many threads, first with the 1st allocation failing, then with the
 * 2nd, ... until body succeeds without meeting a failure. Each failed run must return
 * HONE_ERROR_MEMORY; no run may leave a block behind. Then once more for each, with all later
 * allocations failing too. Returns the number of allocations of the successful run. */
#define test_every_allocation(threads, body, arg)                                                  \
    test_run_every_allocation((threads), (body), (arg), __FILE__, __LINE__)
long long test_run_every_allocation(int threads, test_body *body, void *arg, const char *file,
                                    int line);

/* The same with the ctx told to stop at the 1st allocation, at the 2nd, ...: body succeeds or returns
 * HONE_ERROR_CANCELLED, and leaves nothing behind. */
#define test_every_cancel(threads, body, arg)                                                      \
    test_run_every_cancel((threads), (body), (arg), __FILE__, __LINE__)
void test_run_every_cancel(int threads, test_body *body, void *arg, const char *file, int line);

/* ---- files ---------------------------------------------------------------------------------- */

/* Path of something in the shared data folder, e.g. "data/nist": $HONE_SHARED, or a folder "shared"
 * beside the working directory or one of its parents. NULL where there is none: then skip(). The
 * result lives until the next call. */
const char *test_shared(const char *relative);

/* A fresh empty directory under $TMPDIR; test_remove_dir removes it with all it holds and frees path. */
char *test_make_dir(void);
void test_remove_dir(char *path);
/* How many entries a directory has, not counting . and .. */
int test_count_entries(const char *path);
/* dir/name in a static buffer: good until the fourth call after. */
const char *test_join(const char *dir, const char *name);

#endif
