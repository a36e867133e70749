/* page_profile.h - between the files that make the page of a profile: what they share, and their sections. */
#ifndef HN_FLOW_PAGE_PROFILE_H
#define HN_FLOW_PAGE_PROFILE_H

#include "flow/explore.h"
#include "flow/page.h"
#include "flow/profile_plots.h"

enum { HN_CARDS = 200 }; /* columns that have one, at most */

typedef struct hn_profile_page {
    hone_ctx *ctx;
    hn_drawer drawer;
    hn_json *profile;
    hn_str *out;
    hn_str text;
    hn_plot *plots; /* [HN_PAIRS_MOST] */
} hn_profile_page;

/* Texts that are good until the next of them. */
const char *hn_profile_figure(hn_profile_page *p, double value);
const char *hn_profile_percent(hn_profile_page *p, double share);
const char *hn_profile_value(hn_profile_page *p, hn_json *value);
/* A value of a table: text, number, truth value. */
void hn_profile_put_value(hn_str *out, hn_json *value);
/* A column's name, with a link to its card. */
void hn_profile_link(hn_profile_page *p, const char *name);

/* How much a column tells about the target, 0 to 1; NaN where nobody knows. */
double hn_profile_association(hn_profile_page *p, const char *column);

/* page_profile_notes.c: the warnings, and those of one column as tags. */
void hn_profile_notes(hn_profile_page *p);
void hn_profile_tags(hn_profile_page *p, const char *column);
/* page_profile_table.c: all columns at a glance. */
void hn_profile_columns(hn_profile_page *p);
/* page_profile_any.c: two columns of the reader's choice; and the script that draws them, at the page's end. */
extern const char *const hn_profile_script;
hone_status hn_profile_any(hn_profile_page *p) HONE_MUST_CHECK;
bool hn_profile_has_pairs(hn_json *profile);
/* Sections: page_profile_columns.c, and page_profile_relations.c, of several columns. */
hone_status hn_profile_cards(hn_profile_page *p) HONE_MUST_CHECK;
hone_status hn_profile_target(hn_profile_page *p) HONE_MUST_CHECK;
hone_status hn_profile_associations(hn_profile_page *p) HONE_MUST_CHECK;
void hn_profile_crosstabs(hn_profile_page *p);
hone_status hn_profile_missing(hn_profile_page *p) HONE_MUST_CHECK;
hone_status hn_profile_points(hn_profile_page *p) HONE_MUST_CHECK;
/* page_profile_beside.c: another table, where there is one. */
hone_status hn_profile_beside(hn_profile_page *p) HONE_MUST_CHECK;

#endif
