/* What trees share: states saved, loaded and damaged; bins; histograms. */
#include "ml/models.h"

#include "ml/tree/bins.h"
#include "ml/tree/histogram.h"

extern const hone_estimator hn_gbdt, hn_random_forest, hn_decision_tree;

/* ---- a model file of a kind ----------------------------------------------------------------- */

enum { FIELDS = 32 };
typedef struct field {
    char name[32];
    int64_t elements, bytes;
    char *data; /* one byte off alignment, as a file may have it for bytes */
} field;

typedef struct file {
    hn_visitor v;
    field fields[FIELDS];
    int n;
} file;

static int64_t elements_of(int ndim, const int64_t *shape) {
    int64_t n = 1;
    for (int i = 0; i < ndim; i++) n *= shape[i];
    return n;
}

static hone_status save_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                               int ndim, const int64_t *shape) {
    file *f = v->user;
    assert_true(f->n < FIELDS);
    field *to = &f->fields[f->n++];
    snprintf(to->name, sizeof to->name, "%s", name);
    to->elements = elements_of(ndim, shape);
    to->bytes = to->elements * (int64_t)hn_dtype_size(dtype);
    to->data = malloc((size_t)to->bytes + 16);
    if (to->bytes > 0) memcpy(to->data, *values, (size_t)to->bytes);
    return HONE_OK;
}

static hone_status load_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                               int ndim, const int64_t *shape) {
    file *f = v->user;
    for (int i = 0; i < f->n; i++) {
        if (strcmp(f->fields[i].name, name) != 0) continue;
        if (elements_of(ndim, shape) * (int64_t)hn_dtype_size(dtype) != f->fields[i].bytes)
            return hn_fail(v->ctx, HONE_ERROR_FORMAT, "%s has the wrong shape", name);
        *values = f->fields[i].data;
        return HONE_OK;
    }
    return hn_fail(v->ctx, HONE_ERROR_FORMAT, "%s is not there", name);
}

static void save(fitted *f, file *ret) {
    *ret = (file){.v = {.ctx = f->ctx, .arena = &f->arena, .tensor = save_tensor}};
    ret->v.user = ret;
    assert_ok(f->ctx, f->kind->visit(&ret->v, f->state));
    ret->v.loading = true;
    ret->v.tensor = load_tensor;
}

static void file_free(file *f) {
    for (int i = 0; i < f->n; i++) free(f->fields[i].data);
}

static const hone_estimator *const kinds[] = {&hn_gbdt, &hn_random_forest, &hn_decision_tree};
static const char *const small[] = {"{\"n_estimators\":4}", "{\"n_estimators\":3}",
                                    "{\"max_depth\":5}"};

/* What was saved answers as what was fitted; what was damaged is refused, or answers something, and
 * never reads where it must not (the sanitizers watch). */
static void files_are_checked(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_rng rng = hn_rng_make(1, hn_stream("test.damage", 0));
    for (int k = 0; k < 3; k++) {
        matrix m = matrix_random(51, 300, 3, 3);
        fitted f = fit(ctx, kinds[k], small[k], &m);
        double *expected = answers_of(&f, &f.table);
        file saved;
        save(&f, &saved);
        void *fitted_state = f.state;
        void *fresh = calloc(1, kinds[k]->state_size);
        f.state = fresh;
        assert_ok(ctx, kinds[k]->visit(&saved.v, fresh));
        assert_memory_equal(answers_of(&f, &f.table), expected, (size_t)(m.n * 3) * sizeof(double));
        int refused = 0;
        for (int i = 0; i < 3000; i++) {
            field *hit = &saved.fields[hn_rng_below(&rng, saved.n)];
            if (hit->bytes == 0) continue;
            int64_t at = hn_rng_below(&rng, hit->bytes);
            char old = hit->data[at];
            hit->data[at] = (char)hn_rng_u32(&rng);
            memset(fresh, 0, kinds[k]->state_size);
            if (kinds[k]->visit(&saved.v, fresh) != HONE_OK)
                refused++;
            else if (i % 4 == 0)
                answers_of(&f, &f.table);
            hit->data[at] = old;
        }
        assert_true(refused > 100);
        f.state = fitted_state;
        free(fresh);
        file_free(&saved);
        fitted_done(&f);
        matrix_free(&m);
    }
    hone_ctx_free(ctx);
}

/* ---- bins ----------------------------------------------------------------------------------- */

static void bounds_part_values(void **state) {
    (void)state;
    double upper[256], few[] = {1, 1, 2, 5, 5, 5};
    assert_int_equal(hn_bins_cut(few, 6, 255, upper), 3);
    assert_same_double(upper[0], 1.5);
    assert_same_double(upper[1], 3.5);
    assert_int_equal(hn_bins_cut(few, 0, 255, upper), 0);
    /* Neighbours so close that there is nothing between them. */
    double close[] = {1, 1 + 0x1p-52};
    assert_int_equal(hn_bins_cut(close, 2, 255, upper), 2);
    assert_same_double(upper[0], 1);
    double *many = malloc(100000 * sizeof *many);
    for (int shape = 0; shape < 3; shape++) {
        /* evenly spread; half of them the same; ever more of the same */
        for (int64_t i = 0; i < 100000; i++)
            many[i] = shape == 0   ? (double)i
                      : shape == 1 ? (double)(i < 50000 ? 0 : i)
                                   : floor(sqrt((double)i));
        int32_t n = hn_bins_cut(many, 100000, 100, upper);
        assert_true(n >= 90 && n <= 100);
        for (int32_t b = 1; b < n - 1; b++) assert_true(upper[b] > upper[b - 1]);
        int64_t largest = 0, count = 0;
        for (int64_t i = 0, b = 0; i < 100000; i++, count++) {
            if (b < n - 1 && many[i] > upper[b]) {
                if (b > 0 && count > largest) largest = count;
                count = 0;
                b++;
            }
        }
        assert_true(largest <= 2500);
    }
    free(many);
}

static void codes_follow_bounds(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(52, 30000, 3, 0);
    for (int64_t i = 0; i < m.n; i++) {
        m.x[i * 3 + 1] = floor(m.x[i * 3 + 1] * 3);
        if (i % 7 == 0) m.x[i * 3 + 2] = NAN;
    }
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    hn_table x = table_of(ctx, &arena, &m);
    hn_bins bins;
    assert_ok(ctx, hn_bins_make(ctx, &arena, &x, 255, 1, true, &bins));
    assert_true(bins.columns[0].n_bins == 255 && bins.columns[1].n_bins < 40);
    assert_true(bins.columns[2].n_bins == 256 && bins.columns[2].has_missing);
    for (int32_t j = 0; j < 3; j++) {
        const hn_bin_column *column = &bins.columns[j];
        for (int64_t i = 0; i < m.n; i++) {
            int32_t code = hn_bins_column(&bins, j)[i];
            double value = m.x[i * 3 + j];
            assert_int_equal(code, hn_bin_of(column, value));
            assert_int_equal(code, hn_bins_code(&bins, i, j));
            if (value != value) continue;
            assert_true(code == 0 || value > column->upper[code - 1]);
            assert_true(code == column->n_values - 1 || value <= column->upper[code]);
        }
    }
    hn_arena_done(&arena);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

/* ---- fixed point ---------------------------------------------------------------------------- */

/* Rounding adds no bias, and no sum leaves its bits. */
static void sums_are_faithful(void **state) {
    (void)state;
    enum { N = 200000 };
    float *g = malloc(N * sizeof *g), *h = malloc(N * sizeof *h);
    hn_item *items = malloc(N * sizeof *items);
    for (int unit = 0; unit < 2; unit++) {
        hn_magnitude size = {0};
        double sum = 0, sum_h = 0;
        for (uint32_t i = 0; i < N; i++) {
            g[i] = (float)((double)(hn_rng_at(1, 1, i) % 2001) - 1000) * 1e-3f;
            if (i % 10000 == 0) g[i] *= 50;
            h[i] = (float)(hn_rng_at(1, 2, i) % 1000 + 1) * 1e-3f;
            items[i].row = i;
            size.gradient_sum += fabsf(g[i]);
            size.hessian_sum += h[i];
            size.gradient_max = fmax(size.gradient_max, fabsf(g[i]));
            size.hessian_max = fmax(size.hessian_max, h[i]);
            sum += g[i];
            sum_h += unit ? 1 : h[i];
        }
        hn_fixed fixed = hn_fixed_make(size, unit, N);
        hn_fixed_pack(fixed, 77, g, unit ? NULL : h, items, 0, N);
        int64_t all = 0;
        for (uint32_t i = 0; i < N; i++) {
            int64_t one = hn_item_sum(items[i].packed, fixed.hessian_bits);
            assert_true(fabs(hn_sum_gradient(fixed, one) - g[i]) <= fixed.to_gradient * 1.001);
            all += one;
        }
        assert_true(fabs(hn_sum_gradient(fixed, all) - sum) <
                    0.01 * fabs(sum) + 5 * fixed.to_gradient * sqrt(N));
        assert_near(hn_sum_hessian(fixed, all), sum_h, 1e-3);
    }
    free(g);
    free(h);
    free(items);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_checked),
        cmocka_unit_test(bounds_part_values),
        cmocka_unit_test(codes_follow_bounds),
        cmocka_unit_test(sums_are_faithful),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
