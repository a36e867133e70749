/* zip.h - members of a zip file, through libzip, with a bound on what a small file may unpack to. */
#ifndef HN_TABLE_ZIP_H
#define HN_TABLE_ZIP_H

#include "table/foreign.h"
#include "table/source.h"

#define HN_ZIP_FUNCTIONS(X)                                                                        \
    X(void *, zip_open, (const char *, int, int *))                                                \
    X(void, zip_discard, (void *))                                                                 \
    X(int64_t, zip_get_num_entries, (void *, unsigned))                                            \
    X(const char *, zip_get_name, (void *, uint64_t, unsigned))                                    \
    X(int64_t, zip_name_locate, (void *, const char *, unsigned))                                  \
    X(int, zip_stat_index, (void *, uint64_t, unsigned, void *))                                   \
    X(void *, zip_fopen_index, (void *, uint64_t, unsigned))                                       \
    X(int64_t, zip_fread, (void *, void *, uint64_t))                                              \
    X(int, zip_fclose, (void *))
HN_FOREIGN(hn_zip_functions, HN_ZIP_FUNCTIONS)

typedef struct hn_zip {
    hn_zip_functions f;
    void *archive;
    const char *shown;
} hn_zip;

/* purpose: "reading Excel workbooks". HONE_ERROR_DATA where source is no zip file. Close it always. */
hone_status hn_zip_open(hone_ctx *ctx, const hn_source *source, const char *purpose,
                        hn_zip *ret_zip) HONE_MUST_CHECK;
void hn_zip_close(hn_zip *zip);
/* Index of a member by its whole name; -1. Case counts for nothing. */
int64_t hn_zip_find(const hn_zip *zip, const char *name);

/* One member, open. What it says of its size is checked before and kept to. */
typedef struct hn_member {
    const hn_zip *zip;
    void *file;
    int64_t size, left;
    bool failed; /* damaged, or longer than it says */
} hn_member;
hone_status hn_member_open(hone_ctx *ctx, const hn_zip *zip, int64_t index,
                           hn_member *ret_member) HONE_MUST_CHECK;
void hn_member_close(hn_member *member);
/* Up to n bytes; 0 at the end, -1 on damage. */
int64_t hn_member_read(hn_member *member, void *bytes, int64_t n);
hone_status hn_member_damaged(hone_ctx *ctx, const hn_member *member);

#endif
