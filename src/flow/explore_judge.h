/* explore_judge.h - between the files that say what a reader should know of a table (explore_warnings.c). */
#ifndef HN_FLOW_EXPLORE_JUDGE_H
#define HN_FLOW_EXPLORE_JUDGE_H

#include "flow/explore_parts.h"

typedef enum hn_severity { HN_INFO, HN_NOTICE, HN_WARNING } hn_severity;

/* A warning is written into text and recipe (YAML that mends it; empty: nothing does), then said. */
typedef struct hn_judge {
    hn_explored *e;
    hn_json_mut *list;
    hn_str text, recipe, quoted;
    hn_repairable *repairs; /* [n_columns] */
} hn_judge;

/* column NULL: the table. */
void hn_judge_say(hn_judge *w, hn_severity how, const char *kind, const char *column);
/* A name as YAML and JSON quote it; good until the next. */
const char *hn_judge_quoted(hn_judge *w, const char *name);
void hn_judge_put_share(hn_str *out, double share);

/* What is to say of column j by itself. */
hone_status hn_judge_column(hn_judge *w, int32_t j) HONE_MUST_CHECK;

#endif
