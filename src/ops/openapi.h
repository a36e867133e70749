/* openapi.h - the description of the served models that clients and tools read (OpenAPI 3.1). */
#ifndef HN_OPS_OPENAPI_H
#define HN_OPS_OPENAPI_H

#include "ops/shelf.h"

/* JSON text appended to str. */
hone_status hn_openapi_write(hone_ctx *ctx, hn_shelf *shelf, hn_str *str) HONE_MUST_CHECK;

#endif
