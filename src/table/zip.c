/* zip.c - members of a zip file; see zip.h. */
#include "table/zip.h"

#include <string.h>
#include <time.h>

/* struct zip_stat of libzip 1.x. */
typedef struct zip_facts {
    uint64_t valid;
    const char *name;
    uint64_t index, size, packed;
    time_t modified;
    uint32_t crc;
    uint16_t method, encryption;
    uint32_t flags;
} zip_facts;

hone_status hn_zip_open(hone_ctx *ctx, const hn_source *source, const char *purpose,
                        hn_zip *ret_zip) {
    static const char *const candidates[] = {"libzip.so.4", "libzip.so.5", "libzip.so", NULL};
    const hn_foreign library = {candidates, purpose, "libzip4", hn_zip_functions_names};
    enum { READ_ONLY = 16 };
    hn_zip zip = {.shown = source->shown};
    HN_TRY(hn_foreign_load(ctx, &library, &zip.f));
    int code = 0;
    zip.archive = zip.f.zip_open(source->path, READ_ONLY, &code);
    if (zip.archive == NULL)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.file = source->shown),
            "%s is no whole zip file, as %s are; it may have been cut short: fetch or "
            "save it again",
            source->shown, source->kind->title);
    *ret_zip = zip;
    return HONE_OK;
}

void hn_zip_close(hn_zip *zip) {
    if (zip->archive) zip->f.zip_discard(zip->archive);
    zip->archive = NULL;
}

int64_t hn_zip_find(const hn_zip *zip, const char *name) {
    enum { NO_CASE = 1 };
    return zip->f.zip_name_locate(zip->archive, name, NO_CASE);
}

hone_status hn_member_open(hone_ctx *ctx, const hn_zip *zip, int64_t index, hn_member *ret_member) {
    static const uint64_t small = (uint64_t)1 << 28, most = (uint64_t)1 << 34;
    zip_facts facts = {.valid = 0};
    hn_member member = {.zip = zip};
    int code = index < 0 ? -1 : zip->f.zip_stat_index(zip->archive, (uint64_t)index, 0, &facts);
    if (code != 0) return hn_member_damaged(ctx, &member);
    if (facts.encryption != 0)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = zip->shown),
                          "%s is protected by a password; save it without one", zip->shown);
    if (facts.size > most || (facts.size > small && facts.size / 500 > facts.packed))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = zip->shown),
                          "%s: '%.64s' unpacks to %llu bytes, as no table does; save it anew",
                          zip->shown, facts.name ? facts.name : "", (unsigned long long)facts.size);
    member.size = member.left = (int64_t)facts.size;
    member.file = zip->f.zip_fopen_index(zip->archive, (uint64_t)index, 0);
    if (member.file == NULL) return hn_member_damaged(ctx, &member);
    *ret_member = member;
    return HONE_OK;
}

void hn_member_close(hn_member *member) {
    if (member->file) member->zip->f.zip_fclose(member->file);
    member->file = NULL;
}

int64_t hn_member_read(hn_member *member, void *bytes, int64_t n) {
    int64_t got = member->zip->f.zip_fread(member->file, bytes, (uint64_t)n);
    member->left -= got;
    if (got < 0 || member->left < 0) member->failed = true;
    return member->failed ? -1 : got;
}

hone_status hn_member_damaged(hone_ctx *ctx, const hn_member *member) {
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = member->zip->shown),
                      "%s is damaged: a part of it cannot be unpacked; fetch or save it again",
                      member->zip->shown);
}
