/* spelling.h - when two names are one: written forms, keys by which spellings meet, and distance. Used by
 * clean_categories. Texts that are made are in the arena given. */
#ifndef HN_ML_PREP_SPELLING_H
#define HN_ML_PREP_SPELLING_H

#include "ml/prep/prep.h"

/* Without space around it, and with one blank for each run of space within. */
hone_status hn_spelling_tidy(hone_ctx *ctx, hn_arena *arena, hn_slice text,
                             hn_slice *ret) HONE_MUST_CHECK;
/* In another case (hn_utf8_lower, hn_utf8_upper). */
hone_status hn_spelling_change(hone_ctx *ctx, hn_arena *arena, hn_slice text,
                               int32_t (*change)(int32_t code), hn_slice *ret) HONE_MUST_CHECK;
/* The words of a folded text in order, each once, without the points, commas and hyphens between them: "Smith,
 * John" and "john smith" have the same. Other signs are letters here: "<=50k" is not ">50k". */
hone_status hn_spelling_words(hone_ctx *ctx, hn_arena *arena, hn_slice folded,
                              hn_slice *ret) HONE_MUST_CHECK;

/* A folded text made ready for comparison. */
typedef struct hn_spelled {
    const int32_t *codes; /* [n] code points */
    int32_t n;            /* 0: too long to compare */
    uint64_t letters;     /* which occur, by hash */
    uint64_t digits;      /* hash of its digits in order */
} hn_spelled;
enum { HN_SPELLED_MOST = 200 };
hone_status hn_spell(hone_ctx *ctx, hn_arena *arena, hn_slice folded,
                     hn_spelled *ret) HONE_MUST_CHECK;
/* 1 - d / the longer length, where d counts letters put in, left out, replaced and swapped with their neighbour
 * (Damerau 1964, each place changed once); 0 where that is below least, their digits differ, or one denies the other
 * ("unfinished"). */
double hn_spelling_similarity(const hn_spelled *a, const hn_spelled *b, double least);

#endif
