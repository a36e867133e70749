/* Files, digests, processors, libraries. */
#include "unit/support.h"
#include "base/os.h"
#include "base/parallel.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct place {
    hone_ctx *ctx;
    char *dir;
} place;

static int set_up(void **state) {
    place *here = calloc(1, sizeof *here);
    here->ctx = test_ctx(1);
    here->dir = test_make_dir();
    *state = here;
    return 0;
}

static int tear_down(void **state) {
    place *here = *state;
    hone_ctx_free(here->ctx);
    test_remove_dir(here->dir);
    free(here);
    return 0;
}

static void assert_holds(place *here, const char *path, const char *wanted) {
    char *text;
    size_t length;
    assert_ok(here->ctx, hn_read_file(here->ctx, here->ctx->scratch, path, 0, &text, &length));
    assert_string_equal(text, wanted);
    assert_int_equal(length, strlen(wanted));
}

/* ---- reading -------------------------------------------------------------------------------- */

static void read_and_map(void **state) {
    place *here = *state;
    hone_ctx *ctx = here->ctx;
    const char *path = test_join(here->dir, "a.txt");
    hn_mapping mapping = {0};
    assert_ok(ctx, hn_write_file(ctx, path, "hello", 5));
    assert_holds(here, path, "hello");
    assert_ok(ctx, hn_map_file(ctx, path, &mapping));
    assert_int_equal(mapping.length, 5);
    assert_memory_equal(mapping.bytes, "hello", 5);
    hn_unmap_file(&mapping);
    hn_unmap_file(&mapping);
    hn_unmap_file(NULL);
    assert_ok(ctx, hn_write_file(ctx, path, NULL, 0));
    assert_holds(here, path, "");
    assert_ok(ctx, hn_map_file(ctx, path, &mapping));
    assert_int_equal(mapping.length, 0);
    assert_string_equal((const char *)mapping.bytes, "");
    hn_unmap_file(&mapping);
    /* Files that don't tell their size. */
    char *text;
    size_t length;
    assert_ok(ctx, hn_read_file(ctx, ctx->scratch, "/proc/self/status", 0, &text, &length));
    assert_true(length > 100 && strlen(text) == length);
}

static void read_limits_and_errors(void **state) {
    place *here = *state;
    hone_ctx *ctx = here->ctx;
    const char *path = test_join(here->dir, "big");
    static char bytes[100000];
    memset(bytes, 'x', sizeof bytes);
    assert_ok(ctx, hn_write_file(ctx, path, bytes, sizeof bytes));
    char *text = NULL;
    size_t length = 0;
    assert_ok(ctx, hn_read_file(ctx, ctx->scratch, path, sizeof bytes, &text, &length));
    assert_int_equal(length, sizeof bytes);
    assert_status(ctx, hn_read_file(ctx, ctx->scratch, path, sizeof bytes - 1, &text, &length),
                  HONE_ERROR_DATA);
    assert_message(ctx, "is larger than 99999 bytes");
    assert_status(ctx, hn_read_file(ctx, ctx->scratch, path, 1, &text, &length), HONE_ERROR_DATA);
    assert_status(ctx,
                  hn_read_file(ctx, ctx->scratch, test_join(here->dir, "none"), 0, &text, &length),
                  HONE_ERROR_IO);
    assert_message(ctx, "No such file");
    assert_message(ctx, "none");
    assert_status(ctx, hn_read_file(ctx, ctx->scratch, here->dir, 0, &text, &length),
                  HONE_ERROR_IO);
    assert_message(ctx, "directory");
    hn_mapping mapping;
    assert_status(ctx, hn_map_file(ctx, here->dir, &mapping), HONE_ERROR_IO);
    assert_status(ctx, hn_map_file(ctx, "/dev/null", &mapping), HONE_ERROR_IO);
    assert_message(ctx, "pipe or a device");
}

static void read_standard_input(void **state) {
    place *here = *state;
    hone_ctx *ctx = here->ctx;
    int ends[2], saved = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "from a pipe", 11), 11);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    assert_holds(here, "-", "from a pipe");
    dup2(saved, STDIN_FILENO);
    close(saved);
    assert_int_equal(hone_ctx_error(ctx)->code, HONE_OK);
}

static hone_status read_body(hone_ctx *ctx, void *arg) {
    char *text;
    size_t length;
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    return hn_read_file(ctx, &arena, arg, 0, &text, &length);
}

static void read_without_memory(void **state) {
    (void)state;
    test_every_allocation(1, read_body, (void *)(uintptr_t) "/proc/self/maps");
}

/* ---- writing -------------------------------------------------------------------------------- */

static void write_in_pieces(void **state) {
    place *here = *state;
    hone_ctx *ctx = here->ctx;
    const char *path = test_join(here->dir, "out");
    hn_outfile file;
    assert_ok(ctx, hn_outfile_open(ctx, &file, path));
    assert_ok(ctx, hn_outfile_write(ctx, &file, "one ", 4));
    assert_ok(ctx, hn_outfile_write(ctx, &file, "two", 3));
    assert_false(hn_file_exists(path));
    assert_int_equal(test_count_entries(here->dir), 1);
    assert_ok(ctx, hn_outfile_commit(ctx, &file));
    hn_outfile_abandon(&file);
    hn_outfile_abandon(NULL);
    assert_holds(here, path, "one two");
    assert_int_equal(test_count_entries(here->dir), 1);
    int64_t size, modified;
    uint64_t inode;
    assert_true(hn_file_stat(path, &size, &modified, &inode));
    assert_int_equal(size, 7);
    assert_true(modified > INT64_C(1600000000000000000) && inode > 0);
    assert_false(hn_file_stat(test_join(here->dir, "none"), NULL, NULL, NULL));
    assert_true(hn_is_directory(here->dir));
    assert_false(hn_is_directory(path));
}

static void abandoned_leaves_nothing(void **state) {
    place *here = *state;
    hone_ctx *ctx = here->ctx;
    const char *path = test_join(here->dir, "out");
    assert_ok(ctx, hn_write_file(ctx, path, "old", 3));
    hn_outfile file = HN_OUTFILE_CLOSED;
    hn_outfile_abandon(&file);
    assert_ok(ctx, hn_outfile_open(ctx, &file, path));
    assert_ok(ctx, hn_outfile_write(ctx, &file, "new", 3));
    hn_outfile_abandon(&file);
    hn_outfile_abandon(&file);
    assert_holds(here, path, "old");
    assert_int_equal(test_count_entries(here->dir), 1);
}

static void abandon_all_removes_temporaries(void **state) {
    place *here = *state;
    hone_ctx *ctx = here->ctx;
    /* More than the table knows: those beyond it work all the same. */
    enum { N = 70 };
    static hn_outfile files[N];
    for (int i = 0; i < N; i++)
        assert_ok(ctx, hn_outfile_open(ctx, &files[i], test_join(here->dir, "same name")));
    assert_int_equal(test_count_entries(here->dir), N);
    hn_outfile_abandon_all();
    assert_int_equal(test_count_entries(here->dir), N - 64);
    for (int i = 0; i < N; i++) hn_outfile_abandon(&files[i]);
    assert_int_equal(test_count_entries(here->dir), 0);
    /* The table is free again. */
    assert_ok(ctx, hn_outfile_open(ctx, &files[0], test_join(here->dir, "x")));
    hn_outfile_abandon_all();
    assert_int_equal(test_count_entries(here->dir), 0);
    hn_outfile_abandon(&files[0]);
}

static void modes_are_kept(void **state) {
    place *here = *state;
    hone_ctx *ctx = here->ctx;
    const char *path = test_join(here->dir, "secret");
    struct stat info;
    mode_t mask = umask(027);
    assert_ok(ctx, hn_write_file(ctx, path, "a", 1));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    umask(mask);
    assert_int_equal(chmod(path, 0600), 0);
    assert_ok(ctx, hn_write_file(ctx, path, "b", 1));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void links_stay_links(void **state) {
    place *here = *state;
    hone_ctx *ctx = here->ctx;
    const char *target = test_join(here->dir, "target"), *link = test_join(here->dir, "link");
    struct stat info;
    assert_ok(ctx, hn_write_file(ctx, target, "old", 3));
    assert_int_equal(symlink("target", link), 0);
    assert_ok(ctx, hn_write_file(ctx, link, "new", 3));
    assert_holds(here, target, "new");
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
}

static void names_that_cannot_be(void **state) {
    place *here = *state;
    hone_ctx *ctx = here->ctx;
    assert_status(ctx, hn_write_file(ctx, test_join(here->dir, "no/such"), "x", 1), HONE_ERROR_IO);
    assert_message(ctx, "there is no directory");
    assert_message(ctx, "make it first");
    assert_status(ctx, hn_write_file(ctx, here->dir, "x", 1), HONE_ERROR_IO);
    assert_message(ctx, "directory");
    assert_status(ctx, hn_write_file(ctx, test_join(here->dir, ""), "x", 1), HONE_ERROR_IO);
    assert_status(ctx, hn_write_file(ctx, "", "x", 1), HONE_ERROR_IO);
    static char longest[5000];
    memset(longest, 'a', sizeof longest - 1);
    assert_status(ctx, hn_write_file(ctx, longest, "x", 1), HONE_ERROR_IO);
    longest[255] = '\0'; /* as long as a name may be */
    assert_ok(ctx, hn_write_file(ctx, test_join(here->dir, longest), "x", 1));
    longest[255] = 'a';
    longest[256] = '\0';
    assert_status(ctx, hn_write_file(ctx, test_join(here->dir, longest), "x", 1), HONE_ERROR_IO);
    assert_int_equal(test_count_entries(here->dir), 1);
}

/* ---- no room -------------------------------------------------------------------------------- */

static void a_full_device(void **state) {
    place *here = *state;
    hone_ctx *ctx = here->ctx;
    if (!hn_file_exists("/dev/full")) skip();
    assert_status(ctx, hn_write_file(ctx, "/dev/full", "x", 1), HONE_ERROR_IO);
    assert_message(ctx, "disk full: cannot write '/dev/full'");
    assert_message(ctx, "free some space");
    assert_string_equal(hone_ctx_error(ctx)->file, "/dev/full");
    assert_ok(ctx, hn_write_file(ctx, "/dev/null", "x", 1));
    struct stat info;
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

/* A limit on file sizes stands for a disk that fills up in the middle of a file. */
static void a_file_that_grows_too_large(void **state) {
    place *here = *state;
    hone_ctx *ctx = here->ctx;
    const char *path = test_join(here->dir, "out");
    assert_ok(ctx, hn_write_file(ctx, path, "old", 3));
    struct rlimit limit, saved;
    getrlimit(RLIMIT_FSIZE, &saved);
    limit = saved;
    limit.rlim_cur = 10000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    static char bytes[50000];
    hone_status status = hn_write_file(ctx, path, bytes, sizeof bytes);
    setrlimit(RLIMIT_FSIZE, &saved);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, HONE_ERROR_IO);
    assert_message(ctx, "File too large");
    assert_holds(here, path, "old");
    assert_int_equal(test_count_entries(here->dir), 1);
}

/* ---- in place ------------------------------------------------------------------------------- */

static void standard_output(void **state) {
    place *here = *state;
    hone_ctx *ctx = here->ctx;
    static const char *const names[] = {"-", "/dev/stdout"};
    const char *path = test_join(here->dir, "redirected");
    fflush(stdout);
    int saved = dup(STDOUT_FILENO), fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    dup2(fd, STDOUT_FILENO);
    close(fd);
    hone_status status = HONE_OK;
    /* One after another: the second doesn't overwrite the first. */
    for (int i = 0; i < 2 && status == HONE_OK; i++)
        status = hn_write_file(ctx, names[i], i ? "world" : "hello ", i ? 5 : 6);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    assert_int_equal(status, HONE_OK);
    assert_holds(here, path, "hello world");
    assert_int_equal(test_count_entries(here->dir), 1);
}

/* ---- digest --------------------------------------------------------------------------------- */

static void assert_digest(const char *bytes, size_t length, const char *wanted) {
    for (size_t piece = 1; piece <= length + 1; piece = piece * 2 + 1) {
        hn_digest digest;
        char hex[65];
        hn_digest_init(&digest);
        hn_digest_add(&digest, NULL, 0);
        for (size_t i = 0; i < length; i += piece)
            hn_digest_add(&digest, bytes + i, length - i < piece ? length - i : piece);
        hn_digest_hex(&digest, hex);
        assert_string_equal(hex, wanted);
    }
}

/* Published answers for BLAKE2b with 32 bytes of output. */
static void digest_known_answers(void **state) {
    (void)state;
    assert_digest("", 0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    assert_digest("abc", 3, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    assert_digest("The quick brown fox jumps over the lazy dog", 43,
                  "01718cec35cd3d796dd00020e0bfecb473ad23457d063b75eff29c0ffa2e58a9");
}

/* The pseudo-random inputs of RFC 7693's self-test (appendix E), 32 bytes out, no key. Answers by
 * the reference implementation in Python's hashlib. */
static void digest_of_long_inputs(void **state) {
    (void)state;
    static const size_t lengths[] = {0, 3, 128, 129, 255, 1024};
    static const char *const wanted[] = {
        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8",
        "c6fcb3c3542e65f2db9a75aca089bfe3ff63e5b3889f65bf1d2da61964710782",
        "9f51dad780c3c7f1915262e80ccbd443a91e5c5c97e8127f9c9f8536aec85960",
        "5a9585ea35499d7d883d3a22eed1d3ebc46c1b1937d479b8be92b358c3eed78e",
        "517f6f8c5afea55f1c27cb8cdb4ff015c9602a550ba3080e5ac32796931711d3",
        "a001b41dd6bfcb13c73bf83a1fe5c881d49476163e472906c200375d8482b004"};
    for (int k = 0; k < 6; k++) {
        char bytes[1024];
        uint32_t a = 0xDEAD4BADu * (uint32_t)lengths[k], b = 1;
        for (size_t i = 0; i < lengths[k]; i++) {
            uint32_t t = a + b;
            a = b, b = t;
            bytes[i] = (char)(t >> 24);
        }
        assert_digest(bytes, lengths[k], wanted[k]);
    }
}

/* ---- the rest ------------------------------------------------------------------------------- */

static void time_and_processors(void **state) {
    (void)state;
    double before = hn_seconds();
    usleep(1000);
    double after = hn_seconds();
    assert_true(after - before >= 0.001 && after - before < 60);
    assert_in_range(hn_processors(), 1, 1 << 20);
    assert_true(hn_processors() <= sysconf(_SC_NPROCESSORS_CONF));
    assert_false(hn_is_terminal(-1));
}

static void libraries(void **state) {
    place *here = *state;
    hone_ctx *ctx = here->ctx;
    void *handle;
    const char *good[] = {"/no/such.so", "libm.so.6", NULL}, *bad[] = {"/no/such.so", NULL};
    assert_ok(ctx, hn_load_library(ctx, good, &handle));
    assert_non_null(dlsym(handle, "cos"));
    assert_status(ctx, hn_load_library(ctx, bad, &handle), HONE_ERROR_UNSUPPORTED);
    assert_message(ctx, "/no/such.so");
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_PLACE(read_and_map),
        IN_PLACE(read_limits_and_errors),
        IN_PLACE(read_standard_input),
        cmocka_unit_test(read_without_memory),
        IN_PLACE(write_in_pieces),
        IN_PLACE(abandoned_leaves_nothing),
        IN_PLACE(abandon_all_removes_temporaries),
        IN_PLACE(modes_are_kept),
        IN_PLACE(links_stay_links),
        IN_PLACE(names_that_cannot_be),
        IN_PLACE(a_full_device),
        IN_PLACE(a_file_that_grows_too_large),
        IN_PLACE(standard_output),
        cmocka_unit_test(digest_known_answers),
        cmocka_unit_test(digest_of_long_inputs),
        cmocka_unit_test(time_and_processors),
        IN_PLACE(libraries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
