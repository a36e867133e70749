/* arrow.h - the Arrow C data interface, both ways (arrow.apache.org, "The Arrow C data interface").
 *
 * Import takes a struct array whose children become columns:
 *   float64, float32, int64, timestamp[us]   borrowed as they are
 *   dictionary<int32, text>, texts sorted    indices borrowed, texts copied; other dictionaries copied
 *   int8..int32, uint8..uint32               int64
 *   uint64                                   int64, or float64 where a value is 2^63 or more
 *   float16                                  float32
 *   decimal32, 64, 128                       float64, correctly rounded
 *   bool                                     bool
 *   date32, date64, timestamp[s, ms, ns]     timestamp (a zone changes nothing: values are UTC)
 *   utf8, large_utf8, utf8_view              category, or string where nearly every value differs
 *   null                                     float64, all missing
 * Anything else is HONE_ERROR_DATA that names column and format. Texts stay texts, as they are.
 *
 * What the interface lets check is checked: counts, NULL pointers, offsets that go back, indices outside
 * their dictionary. How long a buffer is it does not say: that has to be believed. */
#ifndef HN_TABLE_ARROW_H
#define HN_TABLE_ARROW_H

#include "table/table.h"

/* The array is moved into the table (marked released) on success, and stays the caller's on failure;
 * the schema stays the caller's. */
hone_status hn_arrow_import(hone_ctx *ctx, struct ArrowArray *array,
                            const struct ArrowSchema *schema,
                            hone_table **ret_table) HONE_MUST_CHECK;
/* All batches of a stream, which stays the caller's. One is borrowed from, several are copied together. */
hone_status hn_arrow_import_stream(hone_ctx *ctx, struct ArrowArrayStream *stream,
                                   hone_table **ret_table) HONE_MUST_CHECK;
/* All of an IPC file or stream of n bytes, which may go afterwards (read_arrow.c). shown: for messages. */
hone_status hn_arrow_read_ipc(hone_ctx *ctx, const char *shown, const void *bytes, int64_t n,
                              hone_table **ret_table) HONE_MUST_CHECK;
/* A copy that owns itself, also after table and ctx are gone (the allocator must live on). Missing values
 * are null, NaN too; categories are dictionary<int32, large_utf8>, strings large_utf8, timestamps
 * timestamp[us] without zone. */
hone_status hn_arrow_export(hone_ctx *ctx, const hn_table *table, struct ArrowArray *ret_array,
                            struct ArrowSchema *ret_schema) HONE_MUST_CHECK;

#endif
