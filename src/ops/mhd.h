/* mhd.h - libmicrohttpd, loaded when a server starts: it brings TLS libraries along that no other verb
 * should wait for. Only http.c and exchange.c include this. */
#ifndef HN_OPS_MHD_H
#define HN_OPS_MHD_H

#include "base/ctx.h"
#include <microhttpd.h>

/* Every function of the library that hone calls. */
#define HN_MHD_FUNCTIONS(X)                                                                        \
    X(add_connection)                                                                              \
    X(add_response_header)                                                                         \
    X(create_response_from_buffer)                                                                 \
    X(destroy_response)                                                                            \
    X(get_connection_info)                                                                         \
    X(get_daemon_info)                                                                             \
    X(lookup_connection_value)                                                                     \
    X(queue_response)                                                                              \
    X(quiesce_daemon)                                                                              \
    X(start_daemon)                                                                                \
    X(stop_daemon)

typedef struct hn_mhd {
#define X(name) __typeof__(MHD_##name) *name;
    HN_MHD_FUNCTIONS(X)
#undef X
} hn_mhd;

/* HONE_ERROR_UNSUPPORTED where the library or a function of it is missing. */
hone_status hn_mhd_load(hone_ctx *ctx, hn_mhd *ret_mhd) HONE_MUST_CHECK;

#endif
