/* hash_encode.c - categories and texts become a fixed number of columns by a hash of what they say, so that
 * nothing is learned and nothing is unseen. */
#include "ml/prep/prep.h"

#include <assert.h>
#include <string.h>

typedef struct hash_params {
    int64_t n_features;
    bool alternate_sign;
} hash_params;

static const hone_param params[] = {
    HN_PARAM(hash_params, n_features, .def = "32", .range = "[1, 65536]", .unit = "columns",
             .aliases = HN_CHOICES("n_components"),
             .doc = "Columns that come out, of all that go in together.",
             .search = "{8, 16, 32, 64}"),
    HN_PARAM(hash_params, alternate_sign, .def = "true",
             .doc =
                 "Half of the categories count as -1, so that those that fall together cancel out "
                 "rather than add up."),
};

typedef struct hash_state {
    int64_t n;     /* columns that go in */
    int64_t n_out; /* that come out */
    int64_t signs;
    /* made in prepare */
    int64_t *offset;     /* [n + 1] of each column's codes in place */
    int64_t *place;      /* [offset[n]] output column of a code, + 1; below 0: counts as -1 */
    const char **prefix; /* [n] "NAME=" */
    const char **names;  /* [n_out] */
} hash_state;

/* ---- MurmurHash3, 32 bits, seed 0 (Appleby, public domain) ------------------------------------- */

static uint32_t rotate(uint32_t x, int r) { return x << r | x >> (32 - r); }

static uint32_t murmur(const char *text, size_t length) {
    uint32_t h = 0;
    size_t blocks = length / 4;
    for (size_t b = 0; b < blocks; b++) {
        const unsigned char *at = (const unsigned char *)text + 4 * b;
        uint32_t k =
            (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        h = rotate(h ^ rotate(k * 0xcc9e2d51u, 15) * 0x1b873593u, 13) * 5 + 0xe6546b64u;
    }
    uint32_t rest = 0;
    for (size_t i = length; i > 4 * blocks; i--) rest = rest << 8 | (unsigned char)text[i - 1];
    if (length % 4 != 0) h ^= rotate(rest * 0xcc9e2d51u, 15) * 0x1b873593u;
    h ^= (uint32_t)length;
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    return h ^ h >> 16;
}

/* Output column + 1 of "NAME=TEXT", below 0 where it counts as -1. */
static hone_status place_of(hone_ctx *ctx, const hash_state *s, int32_t j, hn_slice text,
                            int64_t *ret_place) {
    HN_SCRATCH(ctx);
    char *whole;
    size_t front = strlen(s->prefix[j]);
    HN_TRY(HN_SCRATCH_NEW(ctx, whole, front + text.length + 1));
    memcpy(whole, s->prefix[j], front);
    if (text.length > 0) memcpy(whole + front, text.text, text.length);
    int64_t h = (int32_t)murmur(whole, front + text.length);
    int64_t place = (h < 0 ? -h : h) % s->n_out + 1;
    *ret_place = h < 0 && s->signs ? -place : place;
    return HONE_OK;
}

/* ---- the step -------------------------------------------------------------------------------- */

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    (void)ctx, (void)arena;
    const hash_params *p = params_;
    hash_state *s = ret_state;
    s->n = data->x->n_columns;
    s->n_out = p->n_features;
    s->signs = p->alternate_sign;
    return HONE_OK;
}

static hone_status add_column(hone_ctx *ctx, const hash_state *s, const hn_column *column,
                              int32_t j, double **out) {
    for (int64_t i = 0; i < column->n; i++) {
        int64_t place;
        if (hn_column_is_null(column, i)) continue;
        if (column->type == HN_CATEGORY) {
            int32_t code = hn_column_code(column, i);
            if (code == HN_UNKNOWN) continue;
            place = s->place[s->offset[j] + code];
        } else {
            HN_TRY(place_of(ctx, s, j, hn_column_text(column, i), &place));
        }
        if (place < 0)
            out[-place - 1][i] -= 1;
        else
            out[place - 1][i] += 1;
    }
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const hash_state *s = state;
    assert(x->n_columns == s->n && s->names != NULL);
    hn_table out = {.n_rows = x->n_rows, .n_columns = (int32_t)s->n_out};
    double *values, **at;
    HN_TRY(HN_NEW(ctx, arena, out.columns, s->n_out + 1));
    HN_TRY(HN_NEW(ctx, arena, values, s->n_out * x->n_rows + 1));
    HN_TRY(HN_NEW(ctx, arena, at, s->n_out));
    for (int64_t k = 0; k < s->n_out; k++) {
        at[k] = values + k * x->n_rows;
        out.columns[k] = hn_column_of_f64(s->names[k], at[k], x->n_rows);
    }
    for (int32_t j = 0; j < s->n; j++) HN_TRY(add_column(ctx, s, &x->columns[j], j, at));
    *ret_out = out;
    return HONE_OK;
}

static hone_status visit(hn_visitor *v, void *state) {
    hash_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "n_out", &s->n_out));
    HN_TRY(hn_visit(v, "signs", &s->signs));
    return hn_visit_check(v,
                          s->n >= 0 && s->n < INT32_MAX && s->n_out >= 1 && s->n_out <= 65536 &&
                              (s->signs == 0 || s->signs == 1),
                          "hash_encode: numbers of columns");
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    hash_state *s = state;
    HN_TRY(hn_prepare_check(ctx, "hash_encode", schema->n_columns == s->n));
    HN_TRY(HN_NEW(ctx, arena, s->offset, s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->prefix, s->n + 1));
    for (int32_t j = 0; j < s->n; j++) {
        const hn_column *column = &schema->columns[j];
        bool category = column->type == HN_CATEGORY;
        HN_TRY(hn_prepare_check(ctx, "hash_encode",
                                category ? column->dictionary != NULL : column->type == HN_STRING));
        s->prefix[j] = hn_arena_printf(ctx, arena, "%s=", column->name);
        if (s->prefix[j] == NULL) return HONE_ERROR_MEMORY;
        s->offset[j + 1] = s->offset[j] + (category ? column->dictionary->n : 0);
    }
    HN_TRY(HN_NEW(ctx, arena, s->place, s->offset[s->n] + 1));
    for (int32_t j = 0; j < s->n; j++)
        for (int64_t at = s->offset[j]; at < s->offset[j + 1]; at++)
            HN_TRY(place_of(
                ctx, s, j,
                hn_dictionary_text(schema->columns[j].dictionary, (int32_t)(at - s->offset[j])),
                &s->place[at]));
    const char **names;
    HN_TRY(HN_NEW(ctx, arena, names, s->n_out + 1));
    for (int64_t k = 0; k < s->n_out; k++)
        if ((names[k] = hn_arena_printf(ctx, arena, "hash_%lld", (long long)k)) == NULL)
            return HONE_ERROR_MEMORY;
    s->names = names;
    return HONE_OK;
}

const hone_estimator hn_hash_encode = {
    .name = "hash_encode",
    .title = "Categories by a hash of their text",
    .class_names = "HashingEncoder",
    .family = "prep",
    .doc = "Adds up the categories of all its columns in a fixed number of columns, where a hash "
           "of NAME=TEXT says which one. Takes free text columns too; needs no memory for the "
           "categories, and some fall together.",
    .references = "Weinberger, Dasgupta, Langford, Smola, Attenberg (2009). Feature hashing for "
                  "large scale multitask learning.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CATEGORY_ONLY,
    .params = HN_PARAMS(hash_params, params),
    .state_size = sizeof(hash_state),
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    HN_GOLDEN({.dataset = "tabular/telco_churn/Telco-Customer-Churn.csv",
               .columns = "Contract,PaymentMethod,InternetService",
               .params = NULL,
               .metric = "sum",
               .value = -14937,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, FeatureHasher(32, input_type=dict)"}),
};
