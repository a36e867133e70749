/* simd.h - how a plain C loop becomes a fast one without a change of bits.
 *
 * HN_SIMD before a loop promises that its iterations don't depend on each other (OpenMP 4.0; the
 * build passes -fopenmp-simd). HN_CLONES before a function compiles it twice, for the
 * baseline and for AVX2, and the loader picks. Neither reorders a sum, and with -ffp-contract=off
 * neither fuses a multiplication with an addition: so every version gives the same bits. gcc needs
 * -fno-trapping-math to turn a choice in such a loop into a blend (it changes no bit either).
 *
 * HN_INLINE is for the kernels that both a scalar function and an array loop are made of. */
#ifndef HN_NUM_SIMD_H
#define HN_NUM_SIMD_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define HN_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define HN_SANITIZED 1
#endif

/* Clones are picked by ifunc resolvers, which run before a sanitizer is ready; only glibc and
 * x86-64 are sure to have them. clang 14 knows the attribute but emits the default version alone
 * for C, so it gets none. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GLIBC__) &&                         \
    !defined(HN_SANITIZED) && !defined(__clang__)
#define HN_CLONES __attribute__((target_clones("default", "avx2")))
#else
#define HN_CLONES
#endif

#ifdef __clang__ /* under sanitizers it can't, and says so */
#pragma clang diagnostic ignored "-Wpass-failed"
#endif
#define HN_SIMD _Pragma("omp simd")
/* After loads of numbers that serve several products: without it gcc 12 loads each anew for every one (a register
 * that equals memory is the cheaper one to give up), and loads are what such a loop is short of. */
#define HN_LOADED __asm__ volatile("" ::: "memory")
#define HN_INLINE static inline __attribute__((always_inline))

#endif
