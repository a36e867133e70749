/* leaks.h - what makes a score too good: features that know the answer, rows that are on both sides. */
#ifndef HN_FLOW_LEAKS_H
#define HN_FLOW_LEAKS_H

#include "flow/run.h"

/* Looked for in the training rows (in 20000 of them at most), before the fit; a note for each that is found.
 * *ret_list: [{"kind", "column", "value", "text"}], kind one of target_copy (the column is the target under another
 * name), predictor (nearly tells it alone; value: how well), id (all values differ, and it is learned from), time (a
 * time is learned from while rows are split at random), duplicates (value: the share of test rows that are training
 * rows too). */
hone_status hn_find_leaks(hn_run *run, hn_json_doc *doc, hn_json_mut **ret_list) HONE_MUST_CHECK;

#endif
