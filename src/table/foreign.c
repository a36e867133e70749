/* foreign.c - finding a library's functions; see foreign.h. */
#include "table/foreign.h"

#include "base/os.h"

#include <dlfcn.h>
#include <string.h>

hone_status hn_foreign_load(hone_ctx *ctx, const hn_foreign *library, void *ret_functions) {
    void *handle;
    hone_status status = hn_load_library(ctx, library->candidates, &handle);
    if (status == HONE_ERROR_UNSUPPORTED)
        return hn_fail(ctx, status,
                       "%s needs the library %s, which is not here; install it (Debian: %s)",
                       library->purpose, library->candidates[0], library->package);
    HN_TRY(status);
    for (size_t i = 0; library->names[i]; i++) {
        void *symbol = dlsym(handle, library->names[i]);
        if (symbol == NULL)
            return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                           "%s needs a newer %s: the one found has no %s; install %s",
                           library->purpose, library->candidates[0], library->names[i],
                           library->package);
        /* ISO C has no cast from an object's pointer to a function's. */
        memcpy((char *)ret_functions + i * sizeof symbol, &symbol, sizeof symbol);
    }
    return HONE_OK;
}
