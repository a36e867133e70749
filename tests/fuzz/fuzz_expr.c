/* Expressions from anyone: each either fails as data or gives, for a row, what it gives for that
 * row among others. */
#include "base/ctx.h"
#include "table/expr.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 3 };
static const double numbers[ROWS] = {1.5, NAN, -3};
static const int64_t times[ROWS] = {0, 1709211907250000, -1};
static const uint8_t truths[ROWS] = {1, 0, 1}, two_valid[] = {3};
static const int32_t codes[ROWS] = {0, HN_UNKNOWN, 1};
static const int64_t dictionary_offsets[] = {0, 2, 5}, text_offsets[] = {0, 3, 3, 9};
static const hn_dictionary dictionary = {
    .n = 2, .offsets = dictionary_offsets, .bytes = "abC\xc3\xa4"};
static hn_column columns[] = {
    {.name = "n", .type = HN_F64, .n = ROWS, .values = numbers, .stride = 8},
    {.name = "t", .type = HN_TIME, .n = ROWS, .values = times, .stride = 8, .valid = two_valid},
    {.name = "b", .type = HN_BOOL, .n = ROWS, .values = truths, .stride = 1, .valid = two_valid},
    {.name = "c",
     .type = HN_CATEGORY,
     .n = ROWS,
     .values = codes,
     .stride = 4,
     .dictionary = &dictionary},
    {.name = "s",
     .type = HN_STRING,
     .n = ROWS,
     .values = "a 1\xff-x\xc3\xa4.",
     .offsets = text_offsets},
};
static const hn_table table = {
    .n_rows = ROWS, .n_columns = sizeof columns / sizeof *columns, .columns = columns};

static void require(bool condition) {
    if (!condition) abort();
}

static void try_eval(hone_ctx *ctx, hn_arena *arena, const hn_expr *expr) {
    hn_column all, one;
    hone_status status = hn_expr_eval(ctx, expr, &table, arena, "x", &all);
    require(status == HONE_OK || status == HONE_ERROR_DATA);
    for (int64_t i = 0; i < ROWS && status == HONE_OK; i++) {
        hn_table row;
        require(hn_table_slice(ctx, arena, &table, i, i + 1, &row) == HONE_OK);
        require(hn_expr_eval(ctx, expr, &row, arena, "x", &one) == HONE_OK);
        hn_str a, b;
        hn_str_init(&a, ctx, arena);
        hn_str_init(&b, ctx, arena);
        hn_column_print(&all, i, &a);
        hn_column_print(&one, 0, &b);
        require(a.length == b.length && memcmp(a.text, b.text, a.length) == 0);
        require(hn_column_is_missing(&all, i) == hn_column_is_missing(&one, 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static hone_ctx *ctx;
    if (!ctx) {
        hone_ctx_options options = {.threads = 1, .seed = 1};
        ctx = hone_ctx_new(&options);
    }
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    hn_expr *expr = NULL;
    hone_status status = hn_expr_compile(ctx, &arena, text, &table, &expr);
    require(status == HONE_OK || status == HONE_ERROR_DATA);
    if (status == HONE_OK)
        try_eval(ctx, &arena, expr);
    else
        require(hone_ctx_error(ctx)->message[0] != 0);
    hn_expr_done(expr);
    hn_arena_done(&arena);
    free(text);
    return 0;
}
