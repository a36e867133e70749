/* expr_eval.c - a program over blocks of rows, and the column that comes of it.
 *
 * Numbers, booleans and timestamps are written where they belong, in parallel. Texts are made in
 * waves: blocks of a wave in parallel, each with an arena of its own; then, in order, into a
 * builder. An expression of one category column alone is run over its dictionary instead of its
 * rows. */
#include "table/expr_internal.h"
#include "base/parallel.h"

#include <string.h>

enum {
    BLOCK_ROWS = 1024,
    CHUNK_ROWS = 16 * BLOCK_ROWS,
    WAVE_BLOCKS = 64,
    MIN_BLOCK_ROWS = 16,
    POOL_BYTES = 8192
};
static const int64_t SLOTS_BYTES = (int64_t)4 << 20; /* of one worker, where that can be had */

/* ---- texts made by kernels ------------------------------------------------------------------ */

char *hn_text_pool_take(hn_text_pool *pool, size_t length) {
    if (length > HN_EXPR_VALUE_MAX) {
        hn_fail(pool->ctx, HONE_ERROR_DATA,
                "an expression makes a text of more than %d bytes; shorten what goes into it",
                (int)HN_EXPR_VALUE_MAX);
        return NULL;
    }
    if (length > pool->left || pool->at == NULL) {
        size_t size = length > POOL_BYTES ? length : POOL_BYTES;
        pool->at = hn_arena_take(pool->arena, size, 1);
        pool->left = pool->at ? size : 0;
        if (!pool->at) {
            hn_fail(pool->ctx, HONE_ERROR_MEMORY, "out of memory for the texts of an expression");
            return NULL;
        }
    }
    char *text = pool->at;
    pool->at += length;
    pool->left -= length;
    return text;
}

/* ---- one worker's slots --------------------------------------------------------------------- */

typedef struct run {
    const hn_expr *expr;
    const hn_column *const *inputs;
    int64_t rows; /* of a block */
    /* where results go */
    double *numbers;
    uint8_t *truths;
    int64_t *times;
    uint8_t *valid;
    bool *any_missing; /* per chunk */
    hn_slice *texts;   /* of a wave */
    hn_arena *arenas;  /* per block of a wave */
    int64_t wave_begin;
} run;

typedef struct machine {
    const run *r;
    void **slots;   /* where each slot's values stand */
    void **buffers; /* what belongs to each slot */
    void **args;
} machine;

static void fill_constant(const hn_constant *constant, void *slot, int64_t rows) {
    for (int64_t i = 0; i < rows; i++) {
        switch (constant->kind) {
        case HN_NUMBER: ((double *)slot)[i] = constant->number; break;
        case HN_BOOLEAN: ((int8_t *)slot)[i] = (int8_t)constant->number; break;
        case HN_TIMESTAMP: ((int64_t *)slot)[i] = constant->time; break;
        default: ((hn_slice *)slot)[i] = constant->text; break;
        }
    }
}

static hone_status make_machine(hone_ctx *ctx, const run *r, int64_t rows, machine *ret) {
    const hn_expr *expr = r->expr;
    machine m = {.r = r};
    char *memory;
    HN_TRY(HN_SCRATCH_NEW(ctx, m.slots, expr->n_slots));
    HN_TRY(HN_SCRATCH_NEW(ctx, m.buffers, expr->n_slots));
    HN_TRY(HN_SCRATCH_NEW(ctx, m.args, expr->max_args + 1));
    memory = hn_arena_take(ctx->scratch, (size_t)expr->n_slots * (size_t)rows, sizeof(hn_slice));
    if (!memory) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory for an expression's values");
    for (int32_t i = 0; i < expr->n_slots; i++)
        m.slots[i] = m.buffers[i] = memory + (size_t)i * (size_t)rows * sizeof(hn_slice);
    for (int32_t i = 0; i < expr->n_constants; i++)
        fill_constant(&expr->constants[i], m.slots[expr->constants[i].slot], rows);
    *ret = m;
    return HONE_OK;
}

/* An empty text must not look like a missing one. */
static hn_slice read_text(const hn_column *column, int64_t i) {
    if (hn_column_is_null(column, i)) return (hn_slice){NULL, 0};
    hn_slice text = hn_column_text(column, i);
    return text.text ? text
                     : (hn_slice){"", 0}; /* a category that the dictionary lacks: some text */
}

static void load(machine *m, int32_t input, int64_t begin, int64_t n) {
    const hn_column *column = m->r->inputs[input];
    void *out = m->slots[input] = m->buffers[input];
    switch (m->r->expr->kinds[input]) {
    case HN_NUMBER:
        if (column->type == HN_F64 && column->stride == sizeof(double) && !column->valid) {
            /* read where it stands; kernels don't write to their arguments */
            memcpy(&m->slots[input], &(const void *){(const double *)column->values + begin},
                   sizeof(void *));
            break;
        }
        hn_column_doubles(column, begin, begin + n, out, 1);
        break;
    case HN_BOOLEAN:
        for (int64_t i = 0; i < n; i++) {
            double value = hn_column_double(column, begin + i);
            ((int8_t *)out)[i] = value != value ? HN_NO_TRUTH : value != 0;
        }
        break;
    case HN_TIMESTAMP:
        for (int64_t i = 0; i < n; i++)
            ((int64_t *)out)[i] = hn_column_is_null(column, begin + i)
                                      ? HN_NO_TIME
                                      : *(const int64_t *)((const char *)column->values +
                                                           (begin + i) * column->stride);
        break;
    default:
        for (int64_t i = 0; i < n; i++) ((hn_slice *)out)[i] = read_text(column, begin + i);
    }
}

/* Rows begin..begin+n-1; the answers stand in the result's slot. */
static hone_status run_block(hone_ctx *ctx, machine *m, hn_text_pool *pool, int64_t begin,
                             int64_t n) {
    const hn_expr *expr = m->r->expr;
    for (int32_t i = 0; i < expr->n_inputs; i++) load(m, i, begin, n);
    for (int32_t s = 0; s < expr->n_steps; s++) {
        const hn_step *step = &expr->steps[s];
        for (int32_t i = 0; i < step->n_args; i++) m->args[i] = m->slots[step->args[i]];
        hn_call call = {.ctx = ctx,
                        .pool = pool,
                        .n = n,
                        .kind = step->kind,
                        .out = m->slots[step->out],
                        .args = m->args,
                        .n_args = step->n_args,
                        .literals = step->literals};
        HN_TRY(step->run(&call));
    }
    return HONE_OK;
}

/* ---- numbers, booleans, timestamps ---------------------------------------------------------- */

static void store(const run *r, const void *values, int64_t begin, int64_t n, bool *any_missing) {
    if (r->numbers) {
        memcpy(r->numbers + begin, values, (size_t)n * sizeof *r->numbers);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        int8_t truth = r->truths ? ((const int8_t *)values)[i] : 0;
        int64_t time = r->times ? ((const int64_t *)values)[i] : 0;
        bool missing = r->truths ? truth == HN_NO_TRUTH : time == HN_NO_TIME;
        if (r->truths)
            r->truths[begin + i] = truth == 1;
        else
            r->times[begin + i] = missing ? 0 : time;
        if (!missing) continue;
        hn_valid_clear(r->valid, begin + i);
        *any_missing = true;
    }
}

static hone_status run_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const run *r = arg;
    int64_t rows = chunk.end - chunk.begin < r->rows ? chunk.end - chunk.begin : r->rows;
    machine m;
    HN_TRY(make_machine(ctx, r, rows, &m));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += rows) {
        HN_SCRATCH(ctx);
        int64_t n = chunk.end - begin < rows ? chunk.end - begin : rows;
        hn_text_pool pool = {.ctx = ctx, .arena = ctx->scratch};
        HN_TRY(run_block(ctx, &m, &pool, begin, n));
        store(r, m.slots[r->expr->result], begin, n, &r->any_missing[chunk.index]);
    }
    return HONE_OK;
}

static hone_status eval_plain(hone_ctx *ctx, run *r, int64_t n, hn_arena *arena,
                              hn_column *column) {
    bool number = r->expr->kind == HN_NUMBER, truth = r->expr->kind == HN_BOOLEAN;
    if (number)
        HN_TRY(HN_NEW(ctx, arena, r->numbers, n + 1));
    else if (truth)
        HN_TRY(HN_NEW(ctx, arena, r->truths, n + 1));
    else
        HN_TRY(HN_NEW(ctx, arena, r->times, n + 1));
    if (!number) HN_TRY(hn_valid_new(ctx, arena, n, &r->valid));
    int64_t chunks = hn_chunks(n, CHUNK_ROWS);
    HN_TRY(HN_SCRATCH_NEW(ctx, r->any_missing, chunks + 1));
    HN_TRY(hn_parallel(ctx, n, CHUNK_ROWS, run_chunk, r));
    bool any = false;
    for (int64_t i = 0; i < chunks; i++) any |= r->any_missing[i];
    column->values = number ? (const void *)r->numbers : truth ? (const void *)r->truths : r->times;
    column->stride = truth ? 1 : 8;
    column->valid = any ? r->valid : NULL;
    return HONE_OK;
}

/* ---- texts ---------------------------------------------------------------------------------- */

static hone_status run_text_block(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const run *r = arg;
    int64_t n = chunk.end - chunk.begin;
    machine m;
    HN_TRY(make_machine(ctx, r, n, &m));
    hn_text_pool pool = {.ctx = ctx, .arena = &r->arenas[chunk.index]};
    HN_TRY(run_block(ctx, &m, &pool, r->wave_begin + chunk.begin, n));
    memcpy(r->texts + chunk.begin, m.slots[r->expr->result], (size_t)n * sizeof *r->texts);
    return HONE_OK;
}

static hone_status run_waves(hone_ctx *ctx, run *r, int64_t n, hn_builder *builder) {
    int64_t wave = r->rows * WAVE_BLOCKS;
    for (r->wave_begin = 0; r->wave_begin < n; r->wave_begin += wave) {
        int64_t rows = n - r->wave_begin < wave ? n - r->wave_begin : wave;
        HN_TRY(hn_parallel(ctx, rows, r->rows, run_text_block, r));
        for (int64_t i = 0; i < rows; i++)
            HN_TRY(r->texts[i].text ? hn_builder_text(builder, r->texts[i])
                                    : hn_builder_null(builder));
        for (int i = 0; i < WAVE_BLOCKS; i++)
            if (r->arenas[i].newest) hn_arena_reset(&r->arenas[i]);
    }
    return HONE_OK;
}

static hone_status eval_texts(hone_ctx *ctx, run *r, int64_t n, hn_arena *arena,
                              hn_column *column) {
    hn_builder *builder;
    HN_TRY(hn_builder_new(ctx, arena, column->name, HN_STRING, &builder));
    hn_arena arenas[WAVE_BLOCKS];
    for (int i = 0; i < WAVE_BLOCKS; i++) hn_arena_init(&arenas[i], ctx->allocator);
    r->arenas = arenas;
    int64_t wave = r->rows * WAVE_BLOCKS;
    hone_status status = HN_SCRATCH_NEW(ctx, r->texts, (n < wave ? n : wave) + 1);
    if (status == HONE_OK) status = run_waves(ctx, r, n, builder);
    for (int i = 0; i < WAVE_BLOCKS; i++) hn_arena_done(&arenas[i]);
    HN_TRY(status);
    return hn_builder_finish(builder, column);
}

/* ---- by dictionary -------------------------------------------------------------------------- */

/* Worth it where every category comes twice or more; then two rows more, unknown and missing. */
static bool by_dictionary(const hn_expr *expr, const hn_column *const *inputs, int64_t n) {
    return expr->n_inputs == 1 && inputs[0]->type == HN_CATEGORY && n >= 64 &&
           (int64_t)inputs[0]->dictionary->n + 2 <= n / 2;
}

static hone_status eval_dictionary(hone_ctx *ctx, const hn_expr *expr, const hn_column *input,
                                   hn_arena *arena, hn_column *column) {
    HN_SCRATCH(ctx);
    hn_arena *scratch = ctx->scratch;
    int64_t known = input->dictionary->n, n = input->n;
    int32_t *codes;
    uint8_t *valid;
    HN_TRY(HN_NEW(ctx, scratch, codes, known + 2));
    HN_TRY(hn_valid_new(ctx, scratch, known + 2, &valid));
    for (int64_t i = 0; i < known; i++) codes[i] = (int32_t)i;
    codes[known] = codes[known + 1] = HN_UNKNOWN;
    hn_valid_clear(valid, known + 1);
    hn_column all = {.name = input->name,
                     .type = HN_CATEGORY,
                     .n = known + 2,
                     .values = codes,
                     .stride = sizeof *codes,
                     .valid = valid,
                     .dictionary = input->dictionary};
    hn_table table = {.n_rows = known + 2, .n_columns = 1, .columns = &all};
    hn_column answers;
    HN_TRY(hn_expr_eval(ctx, expr, &table, scratch, column->name, &answers));
    hn_builder *builder;
    hn_type type = hn_expr_type(expr);
    HN_TRY(hn_builder_new(ctx, arena, column->name, type, &builder));
    for (int64_t i = 0; i < n; i++) {
        int32_t code = hn_column_is_null(input, i) ? -2 : hn_column_code(input, i);
        int64_t at = code == -2 ? known + 1 : code < 0 || code >= known ? known : code;
        if (type == HN_F64)
            HN_TRY(hn_builder_double(builder, ((const double *)answers.values)[at]));
        else if (hn_column_is_null(&answers, at))
            HN_TRY(hn_builder_null(builder));
        else if (type == HN_STRING)
            HN_TRY(hn_builder_text(builder, hn_column_text(&answers, at)));
        else if (type == HN_BOOL)
            HN_TRY(hn_builder_int(builder, ((const uint8_t *)answers.values)[at]));
        else
            HN_TRY(hn_builder_int(builder, ((const int64_t *)answers.values)[at]));
    }
    return hn_builder_finish(builder, column);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static hone_status find_inputs(hone_ctx *ctx, const hn_expr *expr, const hn_table *table,
                               const hn_column **inputs) {
    for (int32_t i = 0; i < expr->n_inputs; i++) {
        int32_t at;
        HN_TRY(hn_table_require(ctx, table, expr->names[i], &at));
        inputs[i] = &table->columns[at];
        hn_kind kind = hn_kind_of(inputs[i]->type);
        bool fits = kind == expr->kinds[i] || (expr->kinds[i] == HN_NUMBER && kind == HN_BOOLEAN);
        if (!fits)
            return hn_fail_at(
                ctx, HONE_ERROR_DATA, HN_AT(.column = inputs[i]->name),
                "column '%s' holds %s, but the expression was made for %s; give it as that",
                inputs[i]->name, hn_type_name(inputs[i]->type), hn_kind_name(expr->kinds[i]));
    }
    return HONE_OK;
}

hone_status hn_expr_eval(hone_ctx *ctx, const hn_expr *expr, const hn_table *table, hn_arena *arena,
                         const char *name, hn_column *ret_column) {
    hn_column column = {.type = hn_expr_type(expr), .n = table->n_rows};
    column.name = hn_arena_strdup(ctx, arena, name);
    if (!column.name) return HONE_ERROR_MEMORY;
    HN_SCRATCH(ctx);
    const hn_column **inputs;
    HN_TRY(HN_SCRATCH_NEW(ctx, inputs, expr->n_inputs + 1));
    HN_TRY(find_inputs(ctx, expr, table, inputs));
    if (by_dictionary(expr, inputs, table->n_rows)) {
        HN_TRY(eval_dictionary(ctx, expr, inputs[0], arena, &column));
        *ret_column = column;
        return HONE_OK;
    }
    run r = {.expr = expr, .inputs = inputs, .rows = BLOCK_ROWS};
    while (r.rows > MIN_BLOCK_ROWS &&
           expr->n_slots * r.rows * (int64_t)sizeof(hn_slice) > SLOTS_BYTES)
        r.rows /= 2;
    if (expr->kind == HN_TEXT)
        HN_TRY(eval_texts(ctx, &r, table->n_rows, arena, &column));
    else
        HN_TRY(eval_plain(ctx, &r, table->n_rows, arena, &column));
    *ret_column = column;
    return HONE_OK;
}
