/* stage.c - see stage.h. */
#include "flow/stage.h"
#include "table/dictionary.h"
#include <string.h>

hone_status hn_stage_inputs(hone_ctx *ctx, const hn_stage *stage, const hn_table *table,
                            hn_arena *arena, hn_table *ret_inputs) {
    hn_table inputs;
    HN_TRY(hn_table_select(ctx, arena, table, stage->inputs, stage->n_inputs, &inputs));
    for (int32_t j = 0; (stage->kind->can & HN_READS_TEXT) == 0 && j < inputs.n_columns; j++)
        HN_TRY(hn_column_close(ctx, arena, &inputs.columns[j]));
    if (stage->kind->tasks == HN_TASK_NONE)
        return hn_columns_precision(ctx, arena, &stage->schema, &inputs, ret_inputs);
    *ret_inputs = inputs;
    return HONE_OK;
}

hone_status hn_stage_replace(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                             const hn_stage *stage, const hn_table *out, hn_table *ret_table) {
    hn_table result = {.n_rows = table->n_rows};
    HN_TRY(HN_NEW(ctx, arena, result.columns, table->n_columns + out->n_columns + 1));
    int32_t next = 0;
    for (int32_t j = 0; j < table->n_columns; j++) {
        bool is_input = next < stage->n_inputs && stage->inputs[next] == j;
        if (is_input && next == 0) {
            memcpy(result.columns + result.n_columns, out->columns,
                   (size_t)out->n_columns * sizeof *out->columns);
            result.n_columns += out->n_columns;
        }
        if (is_input)
            next++;
        else
            result.columns[result.n_columns++] = table->columns[j];
    }
    *ret_table = result;
    return HONE_OK;
}

hone_status hn_stage_apply(hone_ctx *ctx, const hn_stage *stage, const hn_table *table,
                           hn_arena *arena, hn_table *ret_table) {
    if (stage->n_inputs == 0) {
        *ret_table = *table;
        return HONE_OK;
    }
    hn_table inputs, out;
    HN_TRY(hn_stage_inputs(ctx, stage, table, arena, &inputs));
    HN_TRY(stage->kind->transform(ctx, stage->state, &inputs, arena, &out));
    return hn_stage_replace(ctx, arena, table, stage, &out, ret_table);
}

hone_status hn_stage_back(hone_ctx *ctx, const hn_stage *stage, const hn_table *before,
                          const hn_table *table, hn_arena *arena, hn_table *ret_table) {
    int32_t given = table->n_columns - (before->n_columns - stage->n_inputs), next = 0, at = 0;
    int32_t first = stage->inputs[0], *places;
    hn_table own, schema, back, result = {.n_rows = table->n_rows};
    HN_TRY(HN_NEW(ctx, arena, places, given + 1));
    HN_TRY(HN_NEW(ctx, arena, result.columns, before->n_columns + 1));
    for (int32_t j = 0; j < given; j++) places[j] = first + j;
    HN_TRY(hn_table_select(ctx, arena, table, places, given, &own));
    HN_TRY(hn_table_schema(ctx, arena, &stage->schema, &schema));
    HN_TRY(stage->kind->inverse(ctx, stage->state, &own, &schema, arena, &back));
    for (int32_t j = 0; j < before->n_columns; j++) {
        bool is_input = next < stage->n_inputs && stage->inputs[next] == j;
        if (at == first) at += given;
        result.columns[result.n_columns++] = is_input ? back.columns[next++] : table->columns[at++];
    }
    *ret_table = result;
    return HONE_OK;
}
