/* spill.h - memory beyond a limit: large blocks that lie in a file without a name, which the system pages.
 *
 * An allocator over another one. Up to a share of the limit blocks come from the other; beyond it, large ones
 * are places in one sparse file under $TMPDIR, mapped whole. Who computes sees memory as ever, so every method
 * works on more data than fits, with the same bits; what is read in order is read from disk as fast as it goes,
 * what jumps about waits. Pages of that file leave the process when it comes near its limit.
 * The file is made when first needed and is gone with the process, however it ends. */
#ifndef HN_BASE_SPILL_H
#define HN_BASE_SPILL_H

#include "base/ctx.h"

typedef struct hn_spill hn_spill;

/* The least limit: below it not even the parts that are loaded have room. */
#define HN_SPILL_LEAST ((size_t)64 << 20)

/* limit: bytes that the process should keep in memory. */
hone_status hn_spill_new(hone_ctx *ctx, size_t limit, hn_spill **ret_spill) HONE_MUST_CHECK;
/* Its owner is done with it; it goes when its last block is freed. Takes NULL. */
void hn_spill_release(hn_spill *spill);
hone_allocator hn_spill_allocator(hn_spill *spill);
/* What it stands on. */
hone_allocator hn_spill_below(const hn_spill *spill);
/* The one behind an allocator; NULL: it has none. */
hn_spill *hn_spill_of(const hone_allocator *allocator);
/* As hn_allocate. */
void *hn_spill_allocate(hn_spill *spill, size_t size, bool *ret_zeroed);
/* Whether block may be written to: not where it lies in the file of the process that this one was forked from. */
bool hn_spill_owns(hn_spill *spill, const void *block);
/* A file that is mapped to be read: its pages leave the process as those of blocks do, until it is forgotten, which
 * must be before it is unmapped. */
void hn_spill_watch(hn_spill *spill, const void *bytes, size_t length);
void hn_spill_forget(hn_spill *spill, const void *bytes);
size_t hn_spill_limit(const hn_spill *spill);
/* Why the last block could not be had, as errno says it; 0: not for want of room in the file. */
int hn_spill_problem(hn_spill *spill);

#endif
