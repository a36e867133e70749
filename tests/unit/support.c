#include "support.h"
#include "unit/deadline.h"
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- contexts ------------------------------------------------------------------------------- */

hone_ctx *test_ctx(int threads) {
    test_deadline();
    hone_ctx_options options = {.threads = threads, .seed = 1};
    hone_ctx *ctx = hone_ctx_new(&options);
    assert_non_null(ctx);
    return ctx;
}

void test_check_status(const hone_ctx *ctx, hone_status got, hone_status wanted, const char *call,
                       const char *file, int line) {
    if (got != wanted) {
        print_error("%s:\n    is %s, not %s; the ctx says: %s\n", call, hone_status_name(got),
                    hone_status_name(wanted), hone_ctx_error(ctx)->message);
        _fail(file, line);
    }
    if (wanted != HONE_OK && hone_ctx_error(ctx)->code != wanted) {
        print_error("%s:\n    failed without saying so in the ctx\n", call);
        _fail(file, line);
    }
}

void test_check_message(const hone_ctx *ctx, const char *text, const char *file, int line) {
    if (strstr(hone_ctx_error(ctx)->message, text)) return;
    print_error("\"%s\" does not contain \"%s\"\n", hone_ctx_error(ctx)->message, text);
    _fail(file, line);
}

/* ---- doubles -------------------------------------------------------------------------------- */

void test_check_double(double got, double wanted, double tolerance, const char *what,
                       const char *file, int line) {
    bool same = memcmp(&got, &wanted, sizeof got) == 0 || (isnan(got) && isnan(wanted));
    bool near = tolerance >= 0 && fabs(got - wanted) <= tolerance * fmax(1, fabs(wanted));
    if (same || near) return;
    print_error("%s is %.17g, not %.17g (off by %.3g)\n", what, got, wanted, got - wanted);
    _fail(file, line);
}

/* Tests ask for impossible sizes: the address sanitizer is to say no as malloc does, not to stop. It
 * looks this name up. */
const char *__asan_default_options(void);
__attribute__((visibility("default"), used)) const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:print_suppressions=0";
}

/* ---- memory that runs out ------------------------------------------------------------------- */

static void *test_resize(void *user, void *old, size_t old_size, size_t size) {
    test_memory *memory = user;
    if (size == 0) {
        if (old) {
            atomic_fetch_sub(&memory->live_blocks, 1);
            atomic_fetch_sub(&memory->live_bytes, (long long)old_size);
        }
        free(old);
        return NULL;
    }
    long long call = atomic_fetch_add(&memory->calls, 1) + 1;
    if (memory->cancel != NULL) {
        if (call == memory->fail_at) hone_ctx_cancel(memory->cancel);
    } else if (memory->fail_at &&
               (call == memory->fail_at || (memory->then_always && call > memory->fail_at)))
        return NULL;
    void *fresh = realloc(old, size);
    if (!fresh) return NULL;
    if (!old) atomic_fetch_add(&memory->live_blocks, 1);
    atomic_fetch_add(&memory->live_bytes, (long long)size - (long long)(old ? old_size : 0));
    return fresh;
}

hone_allocator test_allocator(test_memory *memory) {
    return (hone_allocator){.resize = test_resize, .user = memory};
}

/* One run with the Nth allocation failing; returns the body's status. */
static hone_status run_once(test_memory *memory, int threads, test_body *body, void *arg,
                            const char *file, int line) {
    test_deadline();
    hone_allocator allocator = test_allocator(memory);
    hone_ctx_options options = {.threads = threads, .seed = 1, .allocator = &allocator};
    hone_ctx *ctx = hone_ctx_new(&options);
    hone_status status = ctx ? body(ctx, arg) : HONE_ERROR_MEMORY;
    if (status != HONE_OK && status != HONE_ERROR_MEMORY) {
        print_error("allocation %lld failing: is %s: %s\n", memory->fail_at,
                    hone_status_name(status), hone_ctx_error(ctx)->message);
        _fail(file, line);
    }
    hone_ctx_free(ctx);
    if (memory->live_blocks != 0 || memory->live_bytes != 0) {
        print_error("allocation %lld failing: %lld blocks, %lld bytes left behind\n",
                    memory->fail_at, (long long)memory->live_blocks, (long long)memory->live_bytes);
        _fail(file, line);
    }
    return status;
}

long long test_run_every_allocation(int threads, test_body *body, void *arg, const char *file,
                                    int line) {
    long long calls = 0;
    for (int then_always = 0; then_always <= 1; then_always++) {
        for (long long n = 1;; n++) {
            test_memory memory = {.fail_at = n, .then_always = then_always};
            hone_status status = run_once(&memory, threads, body, arg, file, line);
            bool met = memory.calls >= n;
            if (status == HONE_OK && !met) {
                calls = memory.calls;
                break;
            }
            /* A body may do without what it could not get (a cache), but it can't fail unprovoked. */
            if (status != HONE_OK && !met) {
                print_error("out of memory without a failed allocation (%lld)\n", n);
                _fail(file, line);
            }
        }
    }
    return calls;
}

void test_run_every_cancel(int threads, test_body *body, void *arg, const char *file, int line) {
    for (long long n = 1, met = 1; met; n++) {
        test_deadline();
        test_memory memory = {0};
        hone_allocator allocator = test_allocator(&memory);
        hone_ctx_options options = {.threads = threads, .seed = 1, .allocator = &allocator};
        hone_ctx *ctx = hone_ctx_new(&options);
        assert_non_null(ctx);
        memory.fail_at = memory.calls + n;
        memory.cancel = ctx;
        hone_status status = body(ctx, arg);
        met = memory.calls >= memory.fail_at;
        if (status != HONE_OK && (status != HONE_ERROR_CANCELLED || !met)) {
            print_error("stopped at allocation %lld: is %s: %s\n", n, hone_status_name(status),
                        hone_ctx_error(ctx)->message);
            _fail(file, line);
        }
        hone_ctx_free(ctx);
        if (memory.live_blocks != 0 || memory.live_bytes != 0) {
            print_error("stopped at allocation %lld: %lld blocks, %lld bytes left behind\n", n,
                        (long long)memory.live_blocks, (long long)memory.live_bytes);
            _fail(file, line);
        }
    }
}

/* ---- files ---------------------------------------------------------------------------------- */

const char *test_shared(const char *relative) {
    static char path[4096];
    const char *root = getenv("HONE_SHARED");
    if (root) {
        snprintf(path, sizeof path, "%s/%s", root, relative);
        return access(path, R_OK) == 0 ? path : NULL;
    }
    static const char *const roots[] = {"shared", "../shared", "../../shared", "../../../shared",
                                        "../../../../shared"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        snprintf(path, sizeof path, "%s/%s", roots[i], relative);
        if (access(path, R_OK) == 0) return path;
    }
    return NULL;
}

char *test_make_dir(void) {
    const char *base = getenv("TMPDIR");
    char *path = malloc(4096);
    assert_non_null(path);
    snprintf(path, 4096, "%s/hone-test-XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(path));
    return path;
}

static void remove_tree(const char *path) {
    DIR *dir = opendir(path);
    if (!dir) return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        char child[4096];
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        struct stat info;
        if (lstat(child, &info) == 0 && S_ISDIR(info.st_mode))
            remove_tree(child);
        else
            unlink(child);
    }
    closedir(dir);
    rmdir(path);
}

void test_remove_dir(char *path) {
    if (!path) return;
    remove_tree(path);
    free(path);
}

int test_count_entries(const char *path) {
    DIR *dir = opendir(path);
    if (!dir) return -1;
    int n = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        n += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    closedir(dir);
    return n;
}

const char *test_join(const char *dir, const char *name) {
    static char buffers[4][4096];
    static unsigned next;
    char *buffer = buffers[next++ % 4];
    snprintf(buffer, sizeof buffers[0], "%s/%s", dir, name);
    return buffer;
}
