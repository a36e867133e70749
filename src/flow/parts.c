/* parts.c - which rows are trained on, which are chosen by, and which are tested with. */
#include "flow/run.h"
#include <string.h>

/* ---- weights, groups, time ------------------------------------------------------------------- */

static hone_status role_column(hn_run *r, const char *name, const char *role, bool gaps,
                               const hn_column **ret_column) {
    int32_t j;
    HN_TRY(hn_table_require(r->ctx, &r->rows, name, &j));
    const hn_column *column = &r->rows.columns[j];
    bool ok = hn_type_is_numeric(column->type) || column->type == HN_TIME;
    if (!ok || (!gaps && hn_column_count_missing(column) > 0))
        return hn_fail_at(r->ctx, HONE_ERROR_DATA, HN_AT(.column = name, .param = role),
                          "column '%s' cannot be the %s: it needs a number in every row", name,
                          role);
    *ret_column = column;
    return HONE_OK;
}

static hone_status role_times(hn_run *r, const char *name, const char *role, bool gaps,
                              double **ret_times) {
    const hn_column *column;
    if (name == NULL) return HONE_OK;
    HN_TRY(role_column(r, name, role, gaps, &column));
    HN_TRY(HN_SCRATCH_NEW(r->ctx, *ret_times, r->rows.n_rows + 1));
    hn_times_of(column, *ret_times);
    return HONE_OK;
}

static hone_status role_weights(hn_run *r, const char *name, double **ret_weights) {
    const hn_column *column;
    if (name == NULL) return HONE_OK;
    HN_TRY(role_column(r, name, "weight", false, &column));
    HN_TRY(HN_SCRATCH_NEW(r->ctx, *ret_weights, r->rows.n_rows + 1));
    hn_column_doubles(column, 0, r->rows.n_rows, *ret_weights, 1);
    return HONE_OK;
}

static hone_status role_groups(hn_run *r, const char *name, int64_t **ret_groups) {
    if (name == NULL) return HONE_OK;
    int32_t j;
    HN_TRY(hn_table_require(r->ctx, &r->rows, name, &j));
    return hn_group_ids(r->ctx, r->ctx->scratch, &r->rows.columns[j], ret_groups);
}

/* ---- how --------------------------------------------------------------------------------------- */

static bool has_strata(const hn_run *r) {
    return (r->all.task & (HN_TASK_CLASSIFY | HN_TASK_ANOMALY)) != 0;
}

static int usual_way(const hn_run *r) {
    if (r->recipe.split.column != NULL) return HN_BY_COLUMN;
    if (r->all.time != NULL) return HN_BY_TIME;
    if (r->all.group != NULL) return has_strata(r) ? HN_BY_STRATIFIED_GROUP : HN_BY_GROUP;
    return has_strata(r) ? HN_BY_STRATIFIED : HN_BY_RANDOM;
}

static hone_status keys_of(hn_run *r, hn_split_keys *ret_keys) {
    static const char *const names[] = {"",     "random", "stratified", "group", "stratified_group",
                                        "time", "column"};
    int by = r->recipe.split.by;
    hn_split_keys keys = {0};
    const char *lacks = NULL;
    bool strata = by == HN_BY_STRATIFIED || by == HN_BY_STRATIFIED_GROUP;
    bool group = by == HN_BY_GROUP || by == HN_BY_STRATIFIED_GROUP;
    if (strata && !has_strata(r)) lacks = "there are no classes";
    if (group && r->all.group == NULL) lacks = "there is no column with the role group";
    if (by == HN_BY_TIME && r->all.time == NULL) lacks = "there is no column with the role time";
    if (by == HN_BY_COLUMN && r->recipe.split.column == NULL) lacks = "split.column names none";
    if (lacks != NULL)
        return hn_fail_at(r->ctx, HONE_ERROR_DATA, HN_AT(.param = "by"),
                          "split.by is '%s', but %s; set it, or take another split", names[by],
                          lacks);
    if (strata) keys.strata = r->all.y;
    if (group) keys.group = r->all.group;
    if (by == HN_BY_TIME) keys.time = r->all.time;
    if (by == HN_BY_TIME) keys.until = r->all.until;
    *ret_keys = keys;
    return HONE_OK;
}

/* ---- parts ------------------------------------------------------------------------------------- */

/* Each row's part as a column says it. */
static hone_status parts_by_column(hn_run *r, hn_rows *parts) {
    hone_ctx *ctx = r->ctx;
    const char *name = r->recipe.split.column;
    int32_t j;
    hn_str text;
    HN_TRY(hn_table_require(ctx, &r->rows, name, &j));
    for (int p = 0; p < HN_RUN_PARTS; p++)
        HN_TRY(HN_SCRATCH_NEW(ctx, parts[p].rows, r->n_known + 1));
    hn_str_init(&text, ctx, ctx->scratch);
    for (int64_t i = 0; i < r->n_known; i++) {
        hn_str_clear(&text);
        hn_column_print(&r->rows.columns[j], i, &text);
        HN_TRY(hn_str_status(&text));
        int part = hn_part_of_word((hn_slice){text.text, text.length});
        if (part < 0)
            return hn_fail_at(ctx, HONE_ERROR_DATA, ((hn_where){.column = name, .row = i}),
                              "column '%s' says '%.40s' of a row, where split.by column takes "
                              "train, validation or test",
                              name, text.length > 0 ? text.text : "");
        parts[part].rows[parts[part].n++] = i;
    }
    if (parts[HN_RUN_TRAIN].n > 0) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = name),
                      "column '%s' says train of no row, so there is nothing to learn from", name);
}

/* No row is learned from that lies too near to those held out, or whose outcome came later. */
static hone_status purge(hn_run *r, const hn_split_keys *keys, hn_rows *parts) {
    int64_t purged = hn_parts_purge(keys, &r->recipe.split, parts, HN_RUN_PARTS);
    if (purged == 0) return HONE_OK;
    if (parts[HN_RUN_TRAIN].n == 0)
        return hn_fail_at(r->ctx, HONE_ERROR_DATA, HN_AT(.param = "gap"),
                          "no row is left to learn from that far before those held out; take a "
                          "shorter gap");
    return hn_note(&r->notes, "split: %lld rows too near to those held out are left out",
                   (long long)purged);
}

static hone_status note_split(hn_run *r, const hn_rows *parts) {
    const char *const how[] = {"",
                               "at random",
                               r->model->n_targets > 1 ? "stratified by the first target's class"
                                                       : "stratified by class",
                               "by group",
                               "by group, stratified by class",
                               "by time",
                               "by column"};
    char chosen[64] = "";
    if (parts[HN_RUN_VALIDATION].n > 0)
        snprintf(chosen, sizeof chosen, "%lld to choose by, ",
                 (long long)parts[HN_RUN_VALIDATION].n);
    return hn_note(&r->notes, "split: %lld rows to train, %s%lld to test, %s",
                   (long long)parts[HN_RUN_TRAIN].n, chosen, (long long)parts[HN_RUN_TEST].n,
                   how[r->recipe.split.by]);
}

/* Of the rows whose target is known. */
static hone_status split_rows(hn_run *r, hn_rows *parts) {
    hn_splitting *split = &r->recipe.split;
    hn_split_keys keys;
    if (split->by == HN_BY_AUTO) split->by = usual_way(r);
    HN_TRY(keys_of(r, &keys));
    if (split->by == HN_BY_COLUMN) {
        HN_TRY(parts_by_column(r, parts));
        return note_split(r, parts);
    }
    uint64_t seed = (uint64_t)(split->seed >= 0 ? split->seed : r->recipe.top.seed);
    const double shares[] = {1 - split->validation - split->test, split->validation, split->test};
    double ratios[HN_RUN_PARTS];
    int place[HN_RUN_PARTS], n = 0;
    hn_rows cut[HN_RUN_PARTS];
    if (shares[0] < 1e-9)
        return hn_fail_at(r->ctx, HONE_ERROR_USAGE, HN_AT(.param = "validation"),
                          "split: shares of %g to choose by and %g to test leave no row to train "
                          "on",
                          split->validation, split->test);
    for (int p = 0; p < HN_RUN_PARTS; p++) {
        if (shares[p] <= 0) continue;
        ratios[n] = shares[p];
        place[n++] = p;
    }
    HN_TRY(hn_split_ratios(r->ctx, r->ctx->scratch, r->n_known, &keys, ratios, n, seed, cut));
    for (int p = 0; p < n; p++) parts[place[p]] = cut[p];
    HN_TRY(purge(r, &keys, parts));
    return note_split(r, parts);
}

/* ---- whole ------------------------------------------------------------------------------------- */

/* The first n rows, borrowed. */
static hone_status head_of(hn_run *r, const hone_data *data, int64_t n, hone_data *ret_head) {
    hn_table *x;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, x, 1));
    HN_TRY(hn_table_slice(r->ctx, r->ctx->scratch, data->x, 0, n, x));
    *ret_head = *data;
    ret_head->x = x;
    return HONE_OK;
}

static hone_status gather_all(hn_run *r, const hn_table *inputs) {
    double *weight = NULL, *time = NULL, *until = NULL;
    int64_t *group = NULL;
    HN_TRY(role_weights(r, r->recipe.roles.weight, &weight));
    HN_TRY(role_times(r, r->recipe.roles.time, "time", false, &time));
    HN_TRY(role_times(r, r->recipe.split.until, "until", true, &until));
    HN_TRY(role_groups(r, r->recipe.roles.group, &group));
    r->all = (hone_data){.x = inputs,
                         .y = r->target.y,
                         .weight = weight,
                         .group = group,
                         .time = time,
                         .until = until,
                         .n_classes = r->target.n_classes,
                         .task = r->model->task};
    if (r->model->n_targets < 2) return HONE_OK;
    hn_truth *truths;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, truths, r->model->n_targets));
    for (int32_t t = 0; t < r->model->n_targets; t++)
        truths[t] = (hn_truth){r->targets[t].y, r->targets[t].n_classes, r->model->targets[t].task};
    r->all.targets = truths;
    r->all.n_targets = r->model->n_targets;
    return HONE_OK;
}

hone_status hn_run_parts(hn_run *r, const hn_table *inputs) {
    hone_ctx *ctx = r->ctx;
    const hn_splitting *split = &r->recipe.split;
    hn_rows *parts = r->parts;
    bool truth = r->target.y != NULL;
    HN_TRY(gather_all(r, inputs));
    r->train = r->all;
    HN_TRY(head_of(r, &r->all, r->n_known, &r->known));
    if ((split->test == 0 && split->validation == 0 && split->column == NULL) || !truth)
        return hn_note(&r->notes, "split: none; all %lld rows are trained on",
                       (long long)inputs->n_rows);
    if (r->n_known < 2)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "one row cannot be split into train and test; set split.test to 0");
    HN_TRY(split_rows(r, parts));
    int64_t known = parts[HN_RUN_TRAIN].n, n = inputs->n_rows - r->n_known + known, *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n));
    for (int64_t i = 0; i < n; i++)
        rows[i] = i < known ? parts[HN_RUN_TRAIN].rows[i] : r->n_known + i - known;
    HN_TRY(hn_data_take(ctx, ctx->scratch, &r->all, rows, n, &r->train));
    HN_TRY(head_of(r, &r->train, known, &r->known));
    if (parts[HN_RUN_VALIDATION].n > 0)
        HN_TRY(hn_data_take(ctx, ctx->scratch, &r->all, parts[HN_RUN_VALIDATION].rows,
                            parts[HN_RUN_VALIDATION].n, &r->validation));
    if (parts[HN_RUN_TEST].n == 0) return HONE_OK;
    return hn_data_take(ctx, ctx->scratch, &r->all, parts[HN_RUN_TEST].rows, parts[HN_RUN_TEST].n,
                        &r->test);
}
