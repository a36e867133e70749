/* balance.h - how many rows of each class a run's parts have. */
#ifndef HN_FLOW_BALANCE_H
#define HN_FLOW_BALANCE_H

#include "flow/run.h"

/* A note, once the pipeline is fitted; nothing for a task without classes or with several targets. */
hone_status hn_note_balance(hn_run *run) HONE_MUST_CHECK;
/* The same under "balance": {"train": {CLASS: rows}, "test": ..., "learned": ...}; the last where steps have
 * changed the rows. */
hone_status hn_put_balance(hn_run *run, hn_json_doc *doc, hn_json_mut *facts) HONE_MUST_CHECK;

#endif
