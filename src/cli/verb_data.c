/* verb_data.c - the group of what is done with tables; each sub-verb is a file verb_data_NAME.c. */
#include "cli/verb.h"

const hn_verb hn_verb_data = {
    .name = "data",
    .summary = "look at tables, make, join, split, convert them",
    .doc = "Whatever a sub-verb reads may be a file, a pattern in quotes, - for standard input, or "
           "a query with --sql. Whatever it writes appears whole or not at all.",
    .example = "hone data head churn.csv\n"
               "hone data describe churn.csv",
};
