/* smote_nc.c - SMOTE for numbers and categories: numbers between two rows, categories by vote of the nearest.
 *
 * Distances count a category that differs as the median deviation of the numbers, as Chawla et al. have it. */
#include "ml/sampling/near.h"
#include "num/sort.h"
#include <math.h>
#include <string.h>

typedef struct nc_params {
    double sampling_strategy;
    int64_t k_neighbors;
} nc_params;

static const hone_param table[] = {
    HN_SAMPLE_OVER(nc_params),
    HN_PARAM(nc_params, k_neighbors, .def = "5", .range = "[1, 1000]", .unit = "rows",
             .doc =
                 "Rows are made between a row and one of so many nearest of its class, which vote "
                 "on its categories."),
};

/* Truth values are categories too: there is nothing between them. */
static bool is_category(const hn_column *column) {
    return column->type == HN_CATEGORY || column->type == HN_BOOL;
}

static int64_t code_of(const hn_column *column, int64_t row) {
    if (column->type == HN_CATEGORY) return hn_column_code(column, row);
    return (int64_t)hn_column_double(column, row);
}

static int64_t n_codes(const hn_column *column) {
    return column->type == HN_CATEGORY ? column->dictionary->n : 2;
}

/* Half the median of the numbers' deviations among rows. */
static hone_status half_median(hone_ctx *ctx, const hn_table *x, hn_rows rows, double *ret_half) {
    HN_SCRATCH(ctx);
    double *sd;
    int64_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, sd, x->n_columns + 1));
    for (int32_t j = 0; j < x->n_columns; j++) {
        if (is_category(&x->columns[j])) continue;
        double mean = 0, sum = 0;
        for (int64_t i = 0; i < rows.n; i++) mean += hn_column_double(&x->columns[j], rows.rows[i]);
        mean /= (double)rows.n;
        for (int64_t i = 0; i < rows.n; i++) {
            double off = hn_column_double(&x->columns[j], rows.rows[i]) - mean;
            sum += off * off;
        }
        sd[n++] = sqrt(sum / (double)rows.n);
    }
    HN_TRY(hn_sort_f64(ctx, sd, n));
    *ret_half = n > 0 ? hn_quantile_sorted(sd, n, 0.5) / 2 : 1;
    return HONE_OK;
}

/* The rows as a matrix of their own: numbers, and half the median under each category's code. */
static hone_status embed(hone_ctx *ctx, const hn_table *x, hn_rows rows, hn_near *ret_near) {
    enum { WIDEST = 1 << 20 };
    hn_near near = {.n = rows.n};
    double half;
    for (int32_t j = 0; j < x->n_columns; j++)
        near.d += is_category(&x->columns[j]) ? n_codes(&x->columns[j]) : 1;
    if (near.d > WIDEST)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "smote_nc: there are %lld different categories, too many to measure "
                       "distances by; leave columns of many categories out",
                       (long long)near.d);
    HN_TRY(half_median(ctx, x, rows, &half));
    HN_TRY(HN_SCRATCH_NEW(ctx, near.x, near.n * near.d + 1));
    int64_t at = 0;
    for (int32_t j = 0; j < x->n_columns; j++) {
        const hn_column *column = &x->columns[j];
        bool category = is_category(column);
        for (int64_t i = 0; i < rows.n; i++) {
            double *row = near.x + i * near.d + at;
            if (!category)
                *row = hn_column_double(column, rows.rows[i]);
            else if (code_of(column, rows.rows[i]) >= 0)
                row[code_of(column, rows.rows[i])] = half;
        }
        at += category ? n_codes(column) : 1;
    }
    *ret_near = near;
    return HONE_OK;
}

/* The k nearest of each of rows by such distances, in the caller's scratch. */
static hone_status nearest_of(hone_ctx *ctx, const hn_table *x, hn_rows rows, int64_t k,
                              int64_t **ret_nearest) {
    hn_near near;
    hn_rows all = {.n = rows.n};
    int64_t *nearest;
    HN_TRY(HN_SCRATCH_NEW(ctx, all.rows, rows.n + 1));
    for (int64_t i = 0; i < rows.n; i++) all.rows[i] = i;
    HN_TRY(embed(ctx, x, rows, &near));
    HN_TRY(hn_near_find(ctx, "smote_nc", "k_neighbors", &near, all, all, k, &nearest));
    for (int64_t i = 0; i < rows.n * k; i++) nearest[i] = rows.rows[nearest[i]];
    *ret_nearest = nearest;
    return HONE_OK;
}

/* What most of k rows have; of equals one is drawn. votes is all 0 before and after. */
static int64_t vote(const hn_column *column, const int64_t *nearest, int64_t k, int64_t *votes,
                    hn_rng *rng) {
    int64_t best = 0, equals = 0, chosen = -1;
    for (int64_t m = 0; m < k; m++) {
        int64_t count = ++votes[code_of(column, nearest[m]) + 1];
        if (count > best) best = count;
    }
    for (int64_t c = 0; c <= n_codes(column); c++)
        if (votes[c] == best && hn_rng_below(rng, ++equals) == 0) chosen = c - 1;
    for (int64_t m = 0; m < k; m++) votes[code_of(column, nearest[m]) + 1] = 0;
    return chosen;
}

static hone_status make_categories(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                                   int32_t j, const hn_synthetic *made, int64_t *const *nearest,
                                   int64_t k, hn_column *ret_column) {
    HN_SCRATCH(ctx);
    bool texts = column->type == HN_CATEGORY;
    int32_t *codes = NULL;
    uint8_t *bits = NULL;
    int64_t *votes;
    HN_TRY(HN_SCRATCH_NEW(ctx, votes, n_codes(column) + 2));
    if (texts)
        HN_TRY(HN_NEW(ctx, arena, codes, made->n + 1));
    else
        HN_TRY(HN_NEW(ctx, arena, bits, made->n + 1));
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("smote_nc.category", (uint64_t)j));
    for (int64_t i = 0; i < made->n; i++) {
        int64_t source = made->source[i];
        int64_t code = made->partner[i] < 0 ? code_of(column, source)
                                            : vote(column, nearest[source], k, votes, &rng);
        if (texts)
            codes[i] = (int32_t)code;
        else
            bits[i] = code == 1;
    }
    *ret_column = (hn_column){.name = column->name,
                              .type = column->type,
                              .n = made->n,
                              .values = texts ? (void *)codes : (void *)bits,
                              .stride = texts ? (int64_t)sizeof *codes : 1,
                              .dictionary = texts ? column->dictionary : NULL};
    return HONE_OK;
}

static hone_status make_numbers(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                                const hn_synthetic *made, hn_column *ret_column) {
    double *values;
    HN_TRY(HN_NEW(ctx, arena, values, made->n + 1));
    for (int64_t i = 0; i < made->n; i++) {
        double from = hn_column_double(column, made->source[i]);
        values[i] =
            made->partner[i] < 0
                ? from
                : from + made->share[i] * (hn_column_double(column, made->partner[i]) - from);
    }
    *ret_column = hn_column_of_f64(column->name, values, made->n);
    return HONE_OK;
}

static hone_status smote_nc(hone_ctx *ctx, const void *params, const hone_data *data,
                            hn_arena *arena, void *state, hn_resampled *ret_rows) {
    const nc_params *p = params;
    hn_sampler_state *s = state;
    HN_SCRATCH(ctx);
    int64_t *add, **nearest, more = 0, n = data->x->n_rows;
    hn_synthetic made;
    hn_table *x;
    HN_TRY(HN_SCRATCH_NEW(ctx, add, s->n_classes + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, nearest, n + 1));
    HN_TRY(hn_sample_to_add(ctx, "smote_nc", p->sampling_strategy, s->n_classes, s->before, add));
    for (int64_t c = 0; c < s->n_classes; c++) more += add[c];
    HN_TRY(hn_synthetic_start(ctx, arena, n, more, &made));
    for (int64_t c = 0; c < s->n_classes; c++) {
        hn_rows rows;
        int64_t *found;
        if (add[c] == 0) continue;
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream("smote_nc", (uint64_t)c));
        HN_TRY(hn_rows_of_class(ctx, ctx->scratch, data, c, &rows));
        HN_TRY(nearest_of(ctx, data->x, rows, p->k_neighbors, &found));
        for (int64_t i = 0; i < rows.n; i++) nearest[rows.rows[i]] = found + i * p->k_neighbors;
        hn_synthetic_draw(&made, &rng, rows, found, p->k_neighbors, add[c], NULL);
    }
    HN_TRY(HN_NEW(ctx, arena, x, 1));
    HN_TRY(HN_NEW(ctx, arena, x->columns, data->x->n_columns + 1));
    x->n_rows = made.n;
    x->n_columns = data->x->n_columns;
    for (int32_t j = 0; j < x->n_columns; j++) {
        const hn_column *column = &data->x->columns[j];
        HN_TRY(is_category(column) ? make_categories(ctx, arena, column, j, &made, nearest,
                                                     p->k_neighbors, &x->columns[j])
                                   : make_numbers(ctx, arena, column, &made, &x->columns[j]));
    }
    *ret_rows = (hn_resampled){.n = made.n, .source = made.source, .partner = made.partner, .x = x};
    hn_sampler_made(data, ret_rows, s);
    return HONE_OK;
}

/* Numbers as doubles; categories and truth values stay. */
static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    hn_table out;
    HN_TRY(hn_sampler_pass_numbers(ctx, state, x, arena, &out));
    for (int32_t j = 0; j < x->n_columns; j++)
        if (is_category(&x->columns[j])) out.columns[j] = x->columns[j];
    *ret_out = out;
    return HONE_OK;
}

const hone_estimator hn_smote_nc = {
    .name = "smote_nc",
    .title = "Rows between neighbours, with categories (SMOTE-NC)",
    .class_names = "SMOTENC",
    .doc =
        "SMOTE for tables that hold categories beside numbers: a new row's numbers lie between two "
        "rows, its categories are those that most of the nearest have; in training only. Truth "
        "values are categories too.",
    .references =
        "Chawla, Bowyer, Hall, Kegelmeyer (2002). SMOTE: synthetic minority over-sampling "
        "technique.",
    .example = "{\"k_neighbors\": 2}",
    .can = HN_CAN_CATEGORIES | HN_WANTS_SCALING,
    .params = HN_PARAMS(nc_params, table),
    .transform = transform,
    .resample = smote_nc,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .target = "Survived",
               .columns = "Pclass,SibSp,Parch,Fare,Sex",
               .metric = "rows_after",
               .value = 1098,
               .tolerance = 0,
               .source = "imbalanced-learn 0.14.2, SMOTENC()"}),
    HN_SAMPLER_HOOKS,
};
