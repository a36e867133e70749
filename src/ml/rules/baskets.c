/* baskets.c - rows of a table as baskets; see rules.h. */
#include "ml/rules/rules.h"
#include "table/dialect.h"
#include <stdlib.h>
#include <string.h>

/* ---- items of a cell -------------------------------------------------------------------------- */

/* fn is called for each item's text in a row; texts are good for the call only. */
typedef hone_status item_fn(void *arg, hn_slice text);

static hone_status each_item(hone_ctx *ctx, const hn_basket_form *form, const hn_table *x,
                             int64_t row, hn_str *buffer, item_fn *fn, void *arg) {
    (void)ctx;
    for (int32_t j = 0; j < x->n_columns; j++) {
        const hn_column *column = &x->columns[j];
        if (hn_column_is_missing(column, row)) continue;
        if (!form->lists && hn_type_is_numeric(column->type)) {
            if (hn_column_double(column, row) > 0)
                HN_TRY(fn(arg, (hn_slice){column->name, strlen(column->name)}));
            continue;
        }
        hn_str_clear(buffer);
        if (!form->lists) hn_str_printf(buffer, "%s=", column->name);
        hn_column_print(column, row, buffer);
        HN_TRY(hn_str_status(buffer));
        hn_slice rest = {buffer->text, buffer->length};
        while (rest.length > 0) {
            const char *cut = form->lists && form->separator != 0
                                  ? memchr(rest.text, (int)form->separator, rest.length)
                                  : NULL;
            size_t length = cut != NULL ? (size_t)(cut - rest.text) : rest.length;
            hn_slice item = hn_trim((hn_slice){rest.text, length});
            if (item.length > 0) HN_TRY(fn(arg, item));
            length += cut != NULL;
            rest.text += length;
            rest.length -= length;
        }
    }
    return HONE_OK;
}

static int compare_items(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

/* Ascending, none twice; returns how many are left. */
static int64_t tidy(int32_t *items, int64_t n) {
    qsort(items, (size_t)n, sizeof *items, compare_items);
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++)
        if (i == 0 || items[i] != items[i - 1]) items[kept++] = items[i];
    return kept;
}

/* ---- one row ---------------------------------------------------------------------------------- */

typedef struct finder {
    const hn_dictionary *items;
    int32_t *found;
    int64_t n, room;
    hone_ctx *ctx;
    hn_arena *arena;
} finder;

static hone_status push(finder *f, int32_t item) {
    if (f->n == f->room) {
        int64_t room = 2 * f->room + 16;
        int32_t *found;
        HN_TRY(HN_NEW(f->ctx, f->arena, found, room));
        if (f->n > 0) memcpy(found, f->found, (size_t)f->n * sizeof *found);
        f->found = found;
        f->room = room;
    }
    f->found[f->n++] = item;
    return HONE_OK;
}

static hone_status find_item(void *arg, hn_slice text) {
    finder *f = arg;
    int32_t item = hn_dictionary_find(f->items, text);
    return item >= 0 ? push(f, item) : HONE_OK;
}

hone_status hn_basket_of_row(hone_ctx *ctx, const hn_basket_form *form, const hn_dictionary *items,
                             const hn_table *x, int64_t row, hn_arena *arena, int32_t **ret_items,
                             int64_t *ret_n) {
    finder f = {.items = items, .ctx = ctx, .arena = arena};
    hn_str buffer;
    hn_str_init(&buffer, ctx, arena);
    HN_TRY(each_item(ctx, form, x, row, &buffer, find_item, &f));
    *ret_items = f.found;
    *ret_n = f.n > 0 ? tidy(f.found, f.n) : 0;
    return HONE_OK;
}

/* ---- all rows --------------------------------------------------------------------------------- */

typedef struct named {
    hn_slice text;
    int32_t number;
} named;

typedef struct gatherer {
    hone_ctx *ctx;
    hn_map numbers; /* item's text -> its number, in order of appearance */
    named *names;   /* [numbers.count] */
    int64_t room;
    hn_arena *arena;
    finder found;
} gatherer;

static hone_status remember(gatherer *g, hn_slice text, int64_t number) {
    if (number >= INT32_MAX)
        return hn_fail(g->ctx, HONE_ERROR_DATA, "there are more than 2^31 different items");
    if (number == g->room) {
        named *names;
        int64_t room = 2 * g->room + 64;
        HN_TRY(HN_SCRATCH_NEW(g->ctx, names, room));
        if (number > 0) memcpy(names, g->names, (size_t)number * sizeof *names);
        g->names = names;
        g->room = room;
    }
    char *copy = hn_arena_strndup(g->ctx, g->ctx->scratch, text.text, text.length);
    if (copy == NULL) return HONE_ERROR_MEMORY;
    g->names[number] = (named){{copy, text.length}, (int32_t)number};
    return HONE_OK;
}

static hone_status gather_item(void *arg, hn_slice text) {
    gatherer *g = arg;
    int64_t number, known = (int64_t)g->numbers.count;
    HN_TRY(hn_map_intern(&g->numbers, text, known, &number));
    if (number == known) HN_TRY(remember(g, text, number));
    return push(&g->found, (int32_t)number);
}

static int by_text(const void *a, const void *b) {
    return hn_slice_compare(((const named *)a)->text, ((const named *)b)->text);
}

/* The items in bytewise order, and each number's place in it. */
static hone_status order_items(gatherer *g, const hn_dictionary **ret_items, int32_t **ret_place) {
    int64_t n = (int64_t)g->numbers.count, *offsets;
    hn_dictionary *items;
    size_t bytes = 0;
    char *text;
    HN_TRY(HN_SCRATCH_NEW(g->ctx, *ret_place, n + 1));
    HN_TRY(HN_NEW(g->ctx, g->arena, items, 1));
    HN_TRY(HN_NEW(g->ctx, g->arena, offsets, n + 1));
    for (int64_t i = 0; i < n; i++) bytes += g->names[i].text.length;
    if (n > 0) qsort(g->names, (size_t)n, sizeof *g->names, by_text);
    HN_TRY(HN_NEW(g->ctx, g->arena, text, bytes + 1));
    for (int64_t i = 0; i < n; i++) {
        hn_slice name = g->names[i].text;
        memcpy(text + offsets[i], name.text, name.length);
        offsets[i + 1] = offsets[i] + (int64_t)name.length;
        (*ret_place)[g->names[i].number] = (int32_t)i;
    }
    *items = (hn_dictionary){.n = (int32_t)n, .offsets = offsets, .bytes = text};
    *ret_items = items;
    return HONE_OK;
}

static hn_basket_form form_of(const hn_table *x, char separator, bool grouped) {
    bool one = x->n_columns == 1 &&
               (x->columns[0].type == HN_STRING || x->columns[0].type == HN_CATEGORY || grouped);
    return (hn_basket_form){.lists = one, .separator = one && !grouped ? separator : 0};
}

/* Numbers of the baskets that rows belong to: 0, 1, ... in order of appearance. */
static hone_status number_baskets(hone_ctx *ctx, const hone_data *data, int64_t *ret_basket,
                                  int64_t *ret_n) {
    int64_t n = data->x->n_rows;
    if (data->group == NULL) {
        for (int64_t i = 0; i < n; i++) ret_basket[i] = i;
        *ret_n = n;
        return HONE_OK;
    }
    hn_map seen;
    hn_map_init(&seen, ctx, ctx->scratch);
    for (int64_t i = 0; i < n; i++)
        HN_TRY(hn_map_intern(&seen, (hn_slice){(const char *)&data->group[i], sizeof(int64_t)},
                             (int64_t)seen.count, &ret_basket[i]));
    *ret_n = (int64_t)seen.count;
    return HONE_OK;
}

hone_status hn_baskets_make(hone_ctx *ctx, hn_arena *arena, const hone_data *data, char separator,
                            hn_basket_form *ret_form, hn_baskets *ret_baskets) {
    HN_SCRATCH(ctx);
    int64_t n = data->x->n_rows, *basket, *row_start, kept = 0;
    hn_baskets b = {0};
    hn_basket_form form = form_of(data->x, separator, data->group != NULL);
    gatherer g = {.ctx = ctx, .arena = arena, .found = {.ctx = ctx, .arena = ctx->scratch}};
    hn_str buffer;
    int32_t *place;
    hn_map_init(&g.numbers, ctx, ctx->scratch);
    hn_str_init(&buffer, ctx, ctx->scratch);
    HN_TRY(HN_SCRATCH_NEW(ctx, basket, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, row_start, n + 1));
    HN_TRY(number_baskets(ctx, data, basket, &b.n));
    for (int64_t i = 0; i < n; i++) {
        if (i % 4096 == 0) HN_TRY(hn_check_cancel(ctx));
        HN_TRY(each_item(ctx, &form, data->x, i, &buffer, gather_item, &g));
        row_start[i + 1] = g.found.n;
    }
    HN_TRY(order_items(&g, &b.items, &place));
    b.n_items = b.items->n;
    HN_TRY(HN_NEW(ctx, arena, b.start, b.n + 1));
    HN_TRY(HN_NEW(ctx, arena, b.item, g.found.n + 1));
    /* Rows to their baskets by counting, then each basket in order. */
    for (int64_t i = 0; i < n; i++) b.start[basket[i] + 1] += row_start[i + 1] - row_start[i];
    for (int64_t i = 0; i < b.n; i++) b.start[i + 1] += b.start[i];
    int64_t *next;
    HN_TRY(HN_SCRATCH_NEW(ctx, next, b.n + 1));
    memcpy(next, b.start, (size_t)b.n * sizeof *next);
    for (int64_t i = 0; i < n; i++)
        for (int64_t e = row_start[i]; e < row_start[i + 1]; e++)
            b.item[next[basket[i]]++] = place[g.found.found[e]];
    for (int64_t i = 0; i < b.n; i++) {
        int64_t begin = b.start[i], length = tidy(b.item + begin, b.start[i + 1] - begin);
        memmove(b.item + kept, b.item + begin, (size_t)length * sizeof *b.item);
        b.start[i] = kept;
        kept += length;
    }
    b.start[b.n] = kept;
    *ret_form = form;
    *ret_baskets = b;
    return HONE_OK;
}
