/* foreign.h - libraries that one kind of source needs, loaded when it is first read.
 *
 * The functions in use are declared where they are used, as a list that gives both a struct of pointers
 * and their names, so that building hone needs none of these libraries:
 *
 *     #define ZLIB(X) X(int, gzread, (void *, void *, unsigned)) X(int, gzclose, (void *))
 *     HN_FOREIGN(zlib, ZLIB)
 *     zlib z;
 *     HN_TRY(hn_foreign_load(ctx, &zlib_library, &z));
 *
 * Declarations follow the library's documented interface, and only types that its stable ABI fixes. */
#ifndef HN_TABLE_FOREIGN_H
#define HN_TABLE_FOREIGN_H

#include "base/ctx.h"

typedef struct hn_foreign {
    const char *const *candidates; /* file names, NULL after the last */
    const char *purpose;           /* "reading Excel workbooks" */
    const char *package;           /* that has it in Debian */
    const char *const *names;      /* of the functions, NULL after the last */
} hn_foreign;

#define HN_FOREIGN_FIELD(result, name, arguments) result(*name) arguments;
#define HN_FOREIGN_NAME(result, name, arguments) #name,
#define HN_FOREIGN(type, LIST)                                                                     \
    typedef struct type {                                                                          \
        LIST(HN_FOREIGN_FIELD)                                                                     \
    } type;                                                                                        \
    static const char *const type##_names[] = {LIST(HN_FOREIGN_NAME) NULL};

/* ret_functions: a struct made by HN_FOREIGN. HONE_ERROR_UNSUPPORTED names purpose and package. */
hone_status hn_foreign_load(hone_ctx *ctx, const hn_foreign *library,
                            void *ret_functions) HONE_MUST_CHECK;

#endif
