/* pages.h - the allocator that stands below all others: malloc, and pages of 2 MB where they are quick to be had. */
#ifndef HN_BASE_PAGES_H
#define HN_BASE_PAGES_H

#include "base/arena.h"

extern const hone_allocator hn_default_allocator;

/* For who fills a large block of it from front to back: what lies behind used is about to be written. Looks whether
 * the system still gives large pages quickly. Returns up to where the block can be filled before it should be asked
 * again. Blocks of other allocators it leaves alone. */
size_t hn_look_ahead(const hone_allocator *allocator, void *block, size_t size, size_t used);

/* The whole pages of a part of a mapped file, from a page's beginning on, leave the process; whoever reads them again
 * has them from the system's cache. Returns their bytes. */
size_t hn_let_go(const void *bytes, size_t length);

#endif
