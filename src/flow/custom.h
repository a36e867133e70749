/* custom.h - steps that the caller registered (hone_register_step), as kinds. */
#ifndef HN_FLOW_CUSTOM_H
#define HN_FLOW_CUSTOM_H

#include "spec/estimator.h"

/* By name; NULL: none is registered so. It stays where it is to the end of the process. */
const hone_estimator *hn_custom_find(const char *name);
/* HONE_ERROR_UNSUPPORTED: a model needs it. */
hone_status hn_custom_missing(hone_ctx *ctx, const char *name);

#endif
