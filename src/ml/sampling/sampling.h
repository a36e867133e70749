/* sampling.h - what the samplers share: how many rows of each class there are and should be, and their state.
 *
 * A sampler changes which rows a model learns from (resample, see estimator.h) and nothing else: rows to be
 * answered pass it as they are. */
#ifndef HN_ML_SAMPLING_SAMPLING_H
#define HN_ML_SAMPLING_SAMPLING_H

#include "spec/estimator.h"

/* ---- state ----------------------------------------------------------------------------------- */

typedef struct hn_sampler_state {
    int64_t n_features;
    int64_t n_classes;
    int64_t rows_before, rows_after;
    int64_t *before, *after; /* [n_classes] rows of each class */
} hn_sampler_state;

/* The hooks of all of them. fit counts; resample tells what came of it by hn_sampler_made. */
hone_status hn_sampler_fit(hone_ctx *ctx, const void *params, const hone_data *data,
                           hn_arena *arena, void *state);
/* Columns as they are; and as doubles, for those that make numbers of numbers. */
hone_status hn_sampler_pass(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                            hn_table *ret_out);
hone_status hn_sampler_pass_numbers(hone_ctx *ctx, const void *state, const hn_table *x,
                                    hn_arena *arena, hn_table *ret_out);
hone_status hn_sampler_visit(hn_visitor *v, void *state);
hone_status hn_sampler_prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema);
hone_status hn_sampler_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                              hn_json_doc *doc, hn_json_mut *object);
void hn_sampler_made(const hone_data *data, const hn_resampled *rows, hn_sampler_state *state);

#define HN_SAMPLER_HOOKS                                                                           \
    .family = "sampling", .tasks = HN_TASK_NONE, .target = HN_TASK_CLASSIFY,                       \
    .state_size = sizeof(hn_sampler_state), .fit = hn_sampler_fit, .visit = hn_sampler_visit,      \
    .prepare = hn_sampler_prepare, .report = hn_sampler_report

/* ---- how many -------------------------------------------------------------------------------- */

/* Words of the parameter sampling_strategy; else it is a ratio, for two classes. */
enum {
    HN_SAMPLE_AUTO = -1,
    HN_SAMPLE_MINORITY = -2,
    HN_SAMPLE_MAJORITY = -3,
    HN_SAMPLE_NOT_MINORITY = -4,
    HN_SAMPLE_NOT_MAJORITY = -5,
    HN_SAMPLE_ALL = -6
};

#define HN_SAMPLE_OVER(struct_type)                                                                \
    HN_PARAM(struct_type, sampling_strategy, .def = "auto", .range = "(0, 1]",                     \
             .words = HN_WORDS({"auto", HN_SAMPLE_AUTO}, {"minority", HN_SAMPLE_MINORITY},         \
                               {"not_minority", HN_SAMPLE_NOT_MINORITY},                           \
                               {"not_majority", HN_SAMPLE_NOT_MAJORITY}, {"all", HN_SAMPLE_ALL}),  \
             .doc = "Which classes come to as many rows as the largest has; auto is all but the "  \
                    "largest. Or, of two classes, rows of the smaller one for each of the "        \
                    "larger.")
#define HN_SAMPLE_UNDER(struct_type)                                                               \
    HN_PARAM(struct_type, sampling_strategy, .def = "auto", .range = "(0, 1]",                     \
             .words = HN_WORDS({"auto", HN_SAMPLE_AUTO}, {"majority", HN_SAMPLE_MAJORITY},         \
                               {"not_minority", HN_SAMPLE_NOT_MINORITY},                           \
                               {"not_majority", HN_SAMPLE_NOT_MAJORITY}, {"all", HN_SAMPLE_ALL}),  \
             .doc = "Which classes come down to as many rows as the smallest has; auto is all "    \
                    "but the smallest. Or, of two classes, rows of the smaller one for each of "   \
                    "the larger.")

/* ret_add [n_classes]: how many rows to add; ret_keep: how many to keep. count is the state's before; classes
 * without a row stay so. */
hone_status hn_sample_to_add(hone_ctx *ctx, const char *step, double strategy, int64_t n_classes,
                             const int64_t *count, int64_t *ret_add) HONE_MUST_CHECK;
hone_status hn_sample_to_keep(hone_ctx *ctx, const char *step, double strategy, int64_t n_classes,
                              const int64_t *count, int64_t *ret_keep) HONE_MUST_CHECK;
/* Whether a strategy's word means class c. */
bool hn_sample_means(double strategy, int64_t n_classes, const int64_t *count, int64_t c,
                     double automatic);

/* Rows of class c ascending, in arena. */
hone_status hn_rows_of_class(hone_ctx *ctx, hn_arena *arena, const hone_data *data, int64_t c,
                             hn_rows *ret_rows) HONE_MUST_CHECK;

#endif
