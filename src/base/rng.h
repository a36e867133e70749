/* rng.h - counter-based random numbers: a draw is a function of (seed, stream, index).
 *
 * So a tree, a fold, a batch takes a stream of its own and the same numbers come out for any number
 * of threads. Generator: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011), checked against its
 * published known answers. */
#ifndef HN_BASE_RNG_H
#define HN_BASE_RNG_H

#include <stdint.h>

typedef struct hn_rng {
    uint64_t seed;
    uint64_t stream;
    uint64_t index; /* next block of 128 bits */
    uint32_t block[4];
    int used; /* words of block handed out; 4 = none left */
} hn_rng;

hn_rng hn_rng_make(uint64_t seed, uint64_t stream);
/* A stream number for (purpose, item): hn_stream("gbdt.rows", tree). Collisions are as rare as 64-bit
 * hashes make them. */
uint64_t hn_stream(const char *purpose, uint64_t item);

uint32_t hn_rng_u32(hn_rng *rng);
uint64_t hn_rng_u64(hn_rng *rng);
/* Uniform in [0, 1), 53 bits. */
double hn_rng_uniform(hn_rng *rng);
/* Uniform in 0..n-1 without bias; n >= 1. */
int64_t hn_rng_below(hn_rng *rng, int64_t n);
/* Standard normal: one 64-bit draw through the inverse distribution (Wichura 1988, AS 241), with no
 * call into libm whose last bit could differ between systems. */
double hn_rng_normal(hn_rng *rng);
/* Fisher-Yates. */
void hn_rng_shuffle(hn_rng *rng, int64_t *items, int64_t n);
/* A random order of 0..n-1 for a pass over rows of which not all fit in memory: as hn_rng_shuffle up to
 * 65,536; beyond, windows of that size, each of runs of 256 rows from all over, shuffled. */
void hn_rng_order(hn_rng *rng, int64_t *items, int64_t n);
/* k of 0..n-1 without replacement, in ascending order; every subset is equally likely. k <= n. */
void hn_rng_choose(hn_rng *rng, int64_t n, int64_t k, int64_t *ret_items);

/* The draw at an index, without state: what the hn_rng_u64 call number index (from 0) of a fresh
 * hn_rng_make(seed, stream) returns. */
uint64_t hn_rng_at(uint64_t seed, uint64_t stream, uint64_t index);

#endif
