/* explore_parts.h - between the files of hn_explore. */
#ifndef HN_FLOW_EXPLORE_PARTS_H
#define HN_FLOW_EXPLORE_PARTS_H

#include "flow/explore.h"
#include "spec/data.h"
#include "table/describe.h"

/* What a column is taken for. */
typedef enum hn_sort {
    HN_SORT_EMPTY,  /* no value at all */
    HN_SORT_NUMBER, /* counted, measured */
    HN_SORT_NAME,   /* categories, truth values */
    HN_SORT_TIME,
    HN_SORT_TEXT, /* free text: nearly every value differs */
} hn_sort;

enum { HN_LEVELS_MOST = 50 };

/* The rows sampled of one column, and its levels where it is one of names (or the target's classes). */
typedef struct hn_sampled {
    double *numbers; /* [m] NaN where missing; NULL: no numbers */
    int32_t *codes;  /* [m] level, -1 where missing; NULL: no levels */
    int32_t *bins;   /* [m] tenth of the values, -1 where missing; NULL as numbers */
    int32_t
        n_levels; /* most frequent first; beyond HN_LEVELS_MOST they are put together in the last */
    int32_t n_bins;
    const char **levels;
    int32_t *level_of;    /* [dictionary->n + 1] level of each code; NULL: by value */
    double *level_values; /* [n_levels] of numbers taken as classes */
    int64_t *order;       /* [m] argsort of numbers, missing last */
} hn_sampled;

typedef struct hn_explored {
    hone_ctx *ctx;
    hn_arena *arena; /* good for the whole call */
    const hn_table *table;
    const char *source;
    const hn_explore_options *options;
    hn_description *columns; /* [n_columns] */
    hn_sort *sorts;
    hn_sampled *sampled;
    int64_t *rows; /* [m] rows sampled, ascending */
    int64_t m;
    int32_t target;    /* -1: none */
    hn_task task;      /* of the target */
    double *relevance; /* [n_columns] association with the target; NaN */
    int32_t *paired;   /* columns compared, ascending */
    int32_t n_paired;
    double *matrix; /* [n_paired, n_paired] association */
    hn_json_doc *doc;
    hn_json_mut *root;
} hn_explored;

/* Figures of two columns; NaN where one does not fit. */
typedef struct hn_pair_figures {
    double pearson, spearman, kendall, cramers_v, correlation_ratio, mutual_information,
        normalized_mutual_information;
    double association, p;
    int64_t n; /* rows where both are there */
} hn_pair_figures;

/* Columns described, the target found, the sample taken: all but the sections. */
hone_status hn_explore_begin(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                             const hn_explore_options *options, hn_json_doc *doc,
                             hn_explored *ret_explored) HONE_MUST_CHECK;
hone_status hn_explore_sample(hn_explored *e) HONE_MUST_CHECK;
hone_status hn_pair_of(hone_ctx *ctx, const hn_explored *e, int32_t a, int32_t b,
                       hn_pair_figures *ret_figures) HONE_MUST_CHECK;
/* Level of a cell of a column with levels; -1 where missing. */
int32_t hn_level_at(const hn_explored *e, int32_t column, int64_t row);

/* The sections, into e->root. */
hone_status hn_explore_overview(hn_explored *e) HONE_MUST_CHECK;
hone_status hn_explore_columns(hn_explored *e) HONE_MUST_CHECK;
hone_status hn_explore_missing(hn_explored *e) HONE_MUST_CHECK;
hone_status hn_explore_pairs(hn_explored *e) HONE_MUST_CHECK;
hone_status hn_explore_target(hn_explored *e) HONE_MUST_CHECK;
hone_status hn_explore_crosstabs(hn_explored *e) HONE_MUST_CHECK;
hone_status hn_explore_points(hn_explored *e) HONE_MUST_CHECK;
hone_status hn_explore_any(hn_explored *e) HONE_MUST_CHECK;
hone_status hn_explore_rows(hn_explored *e) HONE_MUST_CHECK;
hone_status hn_explore_duplicates(hn_explored *e) HONE_MUST_CHECK;
hone_status hn_explore_warnings(hn_explored *e) HONE_MUST_CHECK;
/* Of a column of texts, "words" into its object. */
hone_status hn_explore_words(hn_explored *e, int32_t j, hn_json_mut *object) HONE_MUST_CHECK;

/* The step that would mend column j where its texts are numbers, times, truth values, or names spelled in several
 * ways, and what it reports of it; step NULL: none. */
typedef struct hn_repairable {
    const char *step;
    hn_json_mut *said;
} hn_repairable;
hone_status hn_explore_repair(hn_explored *e, int32_t j, hn_repairable *ret) HONE_MUST_CHECK;

/* ---- JSON ------------------------------------------------------------------------------------ */

void hn_add_real(hn_json_doc *doc, hn_json_mut *object, const char *key, double value);
void hn_add_reals(hn_json_doc *doc, hn_json_mut *object, const char *key, const double *values,
                  int64_t n);
void hn_add_ints(hn_json_doc *doc, hn_json_mut *object, const char *key, const int64_t *values,
                 int64_t n);
/* A cell as JSON: a number, a truth value, a text (cut at so many bytes; 0: whole), null. */
hn_json_mut *hn_cell_json(const hn_explored *e, const hn_column *column, int64_t row, size_t most);
/* A text that may not be UTF-8 or end in NUL; most 0: whole. */
hn_json_mut *hn_text_json(const hn_explored *e, hn_slice text, size_t most);

#endif
