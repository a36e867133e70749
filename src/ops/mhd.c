/* mhd.c - finding libmicrohttpd; see mhd.h. */
#include "ops/mhd.h"
#include "base/os.h"
#include <dlfcn.h>
#include <string.h>

static const char *const candidates[] = {"libmicrohttpd.so.12", "libmicrohttpd.so", NULL};

/* dlsym gives a pointer to data; ISO C has no cast from it to a function. */
static bool find(void *handle, const char *name, void *ret_function) {
    void *symbol = dlsym(handle, name);
    memcpy(ret_function, &symbol, sizeof symbol);
    return symbol != NULL;
}

hone_status hn_mhd_load(hone_ctx *ctx, hn_mhd *ret_mhd) {
    void *handle;
    hn_mhd mhd;
    HN_TRY(hn_load_library(ctx, candidates, &handle));
#define X(name)                                                                                    \
    if (!find(handle, "MHD_" #name, &mhd.name))                                                    \
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,                                                \
                       "the libmicrohttpd found here lacks MHD_%s; install version 0.9.73 or "     \
                       "newer (Debian: libmicrohttpd12)",                                          \
                       #name);
    HN_MHD_FUNCTIONS(X)
#undef X
    *ret_mhd = mhd;
    return HONE_OK;
}
