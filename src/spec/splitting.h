/* splitting.h - the parameters of hn_splitting: a recipe's section "split", the flags of the program and what Python's
 * splitters pass on. */
#ifndef HN_SPEC_SPLITTING_H
#define HN_SPEC_SPLITTING_H

#include "spec/param.h"
#include "table/split.h"

extern const hn_params hn_splitting_params;

/* What stands in the column of hn_splitting: 0 train, 1 validation, 2 test; -1 where it says something else. */
int hn_part_of_word(hn_slice word);

/* A column's times [n_rows] as spans of time count them: a number as it is, a timestamp in days. NaN where missing. */
void hn_times_of(const hn_column *column, double *ret_times);

#endif
