/* blas_load.c - finding and opening OpenBLAS; see blas_load.h. */
#include "num/blas_load.h"
#include "base/os.h"
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

/* The build with OpenMP first: told to, it stays on one thread in each of ours. */
static const char *const candidates[] = {
#if defined(__x86_64__)
    "/usr/lib/x86_64-linux-gnu/openblas-openmp/libopenblas.so.0",
#elif defined(__aarch64__)
    "/usr/lib/aarch64-linux-gnu/openblas-openmp/libopenblas.so.0",
#endif
    "libopenblaso.so.0", /* Fedora's name for it */
    "libopenblas.so.0",
    "libopenblas.so",
    NULL,
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(const hn_blas *) loaded;

/* Of the OpenMP runtime that came with it, if one did; set before loaded is. */
static int (*omp_threads)(void);
static void (*omp_set_threads)(int n);

int hn_blas_enter(void) {
    int saved = omp_threads ? omp_threads() : 1;
    if (saved != 1) omp_set_threads(1);
    return saved;
}

void hn_blas_leave(int saved) {
    if (saved != 1) omp_set_threads(saved);
}

/* dlsym gives a pointer to data; ISO C has no cast from it to a function. */
static bool find(void *handle, const char *name, void *ret_function) {
    void *symbol = dlsym(handle, name);
    memcpy(ret_function, &symbol, sizeof symbol);
    return symbol != NULL;
}

/* OpenBLAS has a buffer for each thread that calls it; where it gets none it tries for ever. */
static hone_status check_room(hone_ctx *ctx) {
    enum { BUFFER = 128, LIBRARY = 64, MEGA = 1 << 20 };
    size_t megas = LIBRARY + BUFFER * ((size_t)ctx->threads + 1);
    void *room =
        mmap(NULL, megas * MEGA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return hn_fail(
            ctx, HONE_ERROR_MEMORY,
            "out of memory: OpenBLAS needs %zu MB of address space for %d threads; raise "
            "what the process may have (ulimit -v), or use fewer threads",
            megas, ctx->threads);
    munmap(room, megas * MEGA);
    return HONE_OK;
}

static hone_status load(hone_ctx *ctx) {
    static hn_blas blas;
    void *handle;
    HN_TRY(check_room(ctx));
    HN_TRY(hn_load_library(ctx, candidates, &handle));
#define FIND(result, name, arguments)                                                              \
    if (!find(handle, #name, &blas.name))                                                          \
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,                                                \
                       "the OpenBLAS library found here lacks %s; install a complete one "         \
                       "(Debian: libopenblas0-openmp)",                                            \
                       #name);
    HN_BLAS_FUNCTIONS(FIND)
#undef FIND
    bool has_omp = find(handle, "omp_set_num_threads", &omp_set_threads);
    if (!has_omp || !find(handle, "omp_get_max_threads", &omp_threads)) omp_threads = NULL;
    HN_BLAS_SCOPE;
    blas.openblas_set_num_threads(1);
    atomic_store(&loaded, &blas);
    return HONE_OK;
}

hone_status hn_blas_get(hone_ctx *ctx, const hn_blas **ret_blas) {
    if (!atomic_load(&loaded)) {
        pthread_mutex_lock(&mutex);
        hone_status status = atomic_load(&loaded) ? HONE_OK : load(ctx);
        pthread_mutex_unlock(&mutex);
        HN_TRY(status);
    }
    *ret_blas = atomic_load(&loaded);
    return HONE_OK;
}

hone_status hn_blas_fits(hone_ctx *ctx, int64_t size) {
    if (size >= 0 && size <= INT_MAX) return HONE_OK;
    return hn_fail(
        ctx, HONE_ERROR_UNSUPPORTED,
        "a matrix side of %lld is beyond what OpenBLAS takes (2147483647); use fewer rows "
        "or columns",
        (long long)size);
}
