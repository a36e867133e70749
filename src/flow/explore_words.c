/* explore_words.c - the words of columns of texts: how many a text has, and which come most often, of the rows
 * sampled. */
#include "base/map.h"
#include "flow/explore_parts.h"
#include "num/sort.h"

/* Words counted of one column, after which no further text is looked at; listed; and their bytes. */
enum { COUNTED_MOST = 2000000, LISTED = 20, WORD_BYTES = 64 };

typedef struct counting {
    hn_map number;
    hn_str word;
    hn_slice *words; /* by number */
    double *counts;
    int64_t n, room;
    int64_t texts, total, most;
} counting;

static bool is_letter(unsigned char c) {
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Room for one more. */
static hone_status grow(hn_explored *e, counting *c) {
    if (c->n < c->room) return HONE_OK;
    hn_slice *words = c->words;
    double *counts = c->counts;
    c->room = c->room > 0 ? 2 * c->room : 1024;
    HN_TRY(HN_SCRATCH_NEW(e->ctx, c->words, c->room));
    HN_TRY(HN_SCRATCH_NEW(e->ctx, c->counts, c->room));
    for (int64_t k = 0; k < c->n; k++) c->words[k] = words[k], c->counts[k] = counts[k];
    return HONE_OK;
}

static hone_status count_word(hn_explored *e, counting *c, const char *from, size_t length) {
    int64_t at;
    hn_str_clear(&c->word);
    for (size_t i = 0; i < length && i < WORD_BYTES; i++)
        hn_str_put_c(&c->word, from[i] >= 'A' && from[i] <= 'Z' ? (char)(from[i] + 32) : from[i]);
    HN_TRY(hn_str_status(&c->word));
    HN_TRY(grow(e, c));
    hn_slice key = {c->word.text, c->word.length};
    HN_TRY(hn_map_intern(&c->number, key, c->n, &at));
    if (at == c->n) {
        char *copy = hn_arena_strndup(e->ctx, e->ctx->scratch, key.text, key.length);
        if (copy == NULL) return HONE_ERROR_MEMORY;
        c->words[c->n] = (hn_slice){copy, key.length};
        c->counts[c->n++] = 0;
    }
    c->counts[at]--; /* so that the most frequent come first */
    c->total++;
    return HONE_OK;
}

static hone_status count_text(hn_explored *e, counting *c, hn_slice text) {
    int64_t before = c->total;
    for (size_t i = 0, end; i < text.length; i = end + 1) {
        for (end = i; end < text.length && is_letter((unsigned char)text.text[end]);) end++;
        if (end > i) HN_TRY(count_word(e, c, text.text + i, end - i));
    }
    if (c->total - before > c->most) c->most = c->total - before;
    c->texts++;
    return HONE_OK;
}

static bool has_words(const hn_explored *e, int32_t j) {
    hn_type type = e->table->columns[j].type;
    if (type != HN_STRING && type != HN_CATEGORY) return false;
    return e->sorts[j] == HN_SORT_TEXT || e->columns[j].profile.n_distinct > HN_LEVELS_MOST;
}

hone_status hn_explore_words(hn_explored *e, int32_t j, hn_json_mut *object) {
    HN_SCRATCH(e->ctx);
    const hn_column *column = &e->table->columns[j];
    counting c = {.n = 0};
    int64_t *order;
    if (!has_words(e, j)) return HONE_OK;
    hn_map_init(&c.number, e->ctx, e->ctx->scratch);
    hn_str_init(&c.word, e->ctx, e->ctx->scratch);
    for (int64_t i = 0; i < e->m && c.total < COUNTED_MOST; i++)
        if (!hn_column_is_missing(column, e->rows[i]))
            HN_TRY(count_text(e, &c, hn_column_text(column, e->rows[i])));
    if (c.total == 0) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(e->ctx, order, c.n));
    HN_TRY(hn_argsort_f64(e->ctx, c.counts, c.n, order));
    hn_json_mut *o = yyjson_mut_obj_add_obj(e->doc, object, "words");
    yyjson_mut_obj_add_int(e->doc, o, "texts", c.texts);
    yyjson_mut_obj_add_int(e->doc, o, "total", c.total);
    yyjson_mut_obj_add_int(e->doc, o, "distinct", c.n);
    yyjson_mut_obj_add_int(e->doc, o, "most", c.most);
    hn_add_real(e->doc, o, "mean", (double)c.total / (double)c.texts);
    hn_json_mut *list = yyjson_mut_obj_add_arr(e->doc, o, "top");
    for (int64_t k = 0; k < c.n && k < LISTED; k++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(e->doc, list);
        yyjson_mut_obj_add_val(e->doc, one, "value", hn_text_json(e, c.words[order[k]], 0));
        yyjson_mut_obj_add_int(e->doc, one, "count", (int64_t)-c.counts[order[k]]);
    }
    return HONE_OK;
}
