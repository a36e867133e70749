/* pca.c - principal components: declaration, and the ways to find them. */
#include "ml/decomp/pca.h"
#include "num/blas.h"
#include "num/math.h"
#include "num/svd.h"
#include "spec/scatter.h"
#include <string.h>

enum { SOLVER_AUTO, SOLVER_FULL, SOLVER_COVARIANCE, SOLVER_RANDOM, SOLVER_EXACT };
enum { SMALL_SIDE = 2000, BATCH_ROWS = 4096 }; /* sparse: exact up to here; rows merged at a time */
enum { ALL = -1, MLE = -2 };                   /* words for n_components */

typedef struct pca_params {
    double n_components;
    bool whiten;
    int svd_solver;
    int64_t iterated_power, n_oversamples;
} pca_params;

static const hone_param params[] = {
    HN_PARAM(pca_params, n_components, .def = "all", .range = "(0, inf)",
             .words = HN_WORDS({"all", ALL}, {"mle", MLE}), .search = "[0.5, 0.999]",
             .doc = "How many components to keep; below 1 the share of the variance that they "
                    "must explain; all, or mle (Minka's choice by likelihood)."),
    HN_PARAM(pca_params, whiten, .def = "false",
             .doc = "Divide each component by its deviation, so that all have variance 1."),
    HN_PARAM(
        pca_params, svd_solver, .def = "auto",
        .choices = HN_CHOICES("auto", "full", "covariance_eigh", "randomized", "arpack"),
        .level = HN_ADVANCED,
        .doc =
            "full: singular values of the rows; covariance_eigh: eigenvectors of the "
            "covariance, for many rows; randomized: the leading few of a large table; arpack: the "
            "leading few exactly, here by eigenvectors of the smaller Gram matrix. auto chooses by "
            "size. Sparse tables are never written out: theirs is arpack or randomized."),
    HN_PARAM(pca_params, iterated_power, .def = "auto", .range = "[0, inf)",
             .words = HN_WORDS({"auto", -1}), .level = HN_EXPERT,
             .doc = "randomized: rounds of subspace iteration; auto: 7, or 4 for many components."),
    HN_PARAM(pca_params, n_oversamples, .def = "10", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "randomized: more directions followed than components wanted."),
};

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const pca_params *p = values;
    int64_t n = data->x->n_rows, columns = data->x->n_columns, k;
    HN_TRY(hn_need_two_rows(ctx, "pca", data->x));
    if (p->svd_solver == SOLVER_RANDOM && p->n_components < 1 && p->n_components != ALL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_components"),
                          "pca: the randomized solver needs a number of components, as it does not "
                          "see the whole variance; give one, or svd_solver = full");
    if (p->n_components >= 1 && p->n_components != (double)(int64_t)p->n_components)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_components"),
                          "pca: 'n_components' (%g) must be a whole number, or below 1 for a share "
                          "of the variance",
                          p->n_components);
    if (p->n_components == MLE && n < columns)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_components"),
                          "pca: 'n_components' = mle needs at least as many rows as columns (%lld "
                          "< %lld); give a number",
                          (long long)n, (long long)columns);
    return hn_component_count(ctx, "pca", p->n_components >= 1 ? (int64_t)p->n_components : 0,
                              n < columns ? n : columns,
                              "the smaller of the numbers of rows and columns", &k);
}

/* ---- how many components -------------------------------------------------------------------- */

/* log of gamma(m / 2), m >= 1. */
static double log_gamma_half(int64_t m) {
    double value = m % 2 == 0 ? 0 : 0.57236494292470008707; /* log gamma(1/2) */
    for (int64_t i = m % 2 == 0 ? 2 : 1; i < m; i += 2) value += hn_log((double)i / 2);
    return value;
}

/* Evidence for rank of spectrum [p] (Minka 2000, equation 80). */
static double evidence(const double *spectrum, int64_t p, int64_t rank, int64_t n) {
    if (spectrum[rank - 1] < 1e-15) return -(double)INFINITY;
    double log_2pi = 1.83787706640934548356, rows = (double)n, k = (double)rank, v = 0, rest = 0;
    double pu = -k * 0.69314718055994530942, pl = 0, pa = 0, m;
    for (int64_t i = 1; i <= rank; i++)
        pu += log_gamma_half(p - i + 1) - hn_log(3.14159265358979323846) * (double)(p - i + 1) / 2;
    for (int64_t i = 0; i < rank; i++) pl += hn_log(spectrum[i]);
    for (int64_t i = rank; i < p; i++) rest += spectrum[i];
    v = rest / (double)(p - rank) > 1e-15 ? rest / (double)(p - rank) : 1e-15;
    m = (double)p * k - k * (k + 1) / 2;
    for (int64_t i = 0; i < rank; i++)
        for (int64_t j = i + 1; j < p; j++) {
            double other = j < rank ? spectrum[j] : v;
            pa +=
                hn_log((spectrum[i] - spectrum[j]) * (1 / other - 1 / spectrum[i])) + hn_log(rows);
        }
    return pu - pl * rows / 2 - hn_log(v) * rows * (double)(p - rank) / 2 + log_2pi * (m + k) / 2 -
           pa / 2 - k * hn_log(rows) / 2;
}

static int64_t best_rank(const double *variance, int64_t p, int64_t n) {
    int64_t best = 1;
    double most = -(double)INFINITY;
    for (int64_t rank = 1; rank < p; rank++) {
        double value = evidence(variance, p, rank, n);
        if (!(value > most)) continue;
        most = value;
        best = rank;
    }
    return best;
}

static int64_t count_for(const pca_params *p, const double *s, int64_t r, int64_t n,
                         double *scratch) {
    if (p->n_components >= 1) return (int64_t)p->n_components;
    if (p->n_components == ALL) return r;
    double total = 0, sum = 0;
    for (int64_t c = 0; c < r; c++) total += scratch[c] = s[c] * s[c] / (double)(n - 1);
    if (p->n_components == MLE) return best_rank(scratch, r, n);
    for (int64_t c = 0; c < r; c++) {
        sum += scratch[c];
        if (sum / total > p->n_components) return c + 1;
    }
    return r;
}

/* ---- fit ------------------------------------------------------------------------------------ */

static int choose(const pca_params *p, const hn_table *x) {
    int64_t n = x->n_rows, columns = x->n_columns;
    int64_t less = n < columns ? n : columns, more = n < columns ? columns : n;
    if (x->csr != NULL && p->svd_solver != SOLVER_RANDOM)
        return p->svd_solver == SOLVER_AUTO && less > SMALL_SIDE && p->n_components >= 1
                   ? SOLVER_RANDOM
                   : SOLVER_EXACT;
    if (p->svd_solver != SOLVER_AUTO) return p->svd_solver;
    if (columns <= 1000 && n >= 10 * columns) return SOLVER_COVARIANCE;
    if (more <= 500 || p->n_components < 1) return SOLVER_FULL;
    return p->n_components < 0.8 * (double)less ? SOLVER_RANDOM : SOLVER_FULL;
}

typedef struct spectrum {
    int64_t r;       /* values found */
    double *s;       /* [r] */
    double *vt;      /* [r, p] */
    double *mean;    /* [p] */
    double *squares; /* [p] sums of squares about the mean */
} spectrum;

static hone_status by_covariance(hone_ctx *ctx, const hn_table *x, spectrum *ret) {
    int64_t n = x->n_rows, p = x->n_columns;
    double *scatter, *values, *vectors;
    ret->r = n < p ? n : p;
    HN_TRY(HN_SCRATCH_NEW(ctx, scatter, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, vectors, p * p));
    HN_TRY(hn_scatter_single(ctx, x, ret->mean, scatter));
    for (int64_t j = 0; j < p; j++) ret->squares[j] = scatter[j * p + j];
    HN_TRY(hn_eigen_symmetric(ctx, p, scatter, values, vectors));
    for (int64_t c = 0; c < ret->r; c++) {
        double value = values[p - 1 - c];
        ret->s[c] = value > 0 ? sqrt(value) : 0;
        memcpy(ret->vt + c * p, vectors + (p - 1 - c) * p, (size_t)p * sizeof *vectors);
    }
    hn_svd_signs(n, p, ret->r, NULL, 0, ret->vt);
    return HONE_OK;
}

static hone_status find_spectrum(hone_ctx *ctx, const pca_params *p, const hn_table *x,
                                 spectrum *ret) {
    int64_t n = x->n_rows, columns = x->n_columns, side = n < columns ? n : columns;
    int solver = choose(p, x);
    hn_linear_map map; /* the rows less their mean */
    ret->r = solver == SOLVER_RANDOM && p->n_components >= 1 ? (int64_t)p->n_components : side;
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->s, ret->r));
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->vt, ret->r * columns));
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->mean, columns));
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->squares, columns));
    if (solver == SOLVER_COVARIANCE) return by_covariance(ctx, x, ret);
    HN_TRY(hn_column_means(ctx, x, ret->mean));
    if (x->csr != NULL) {
        HN_TRY(hn_map_of_csr(ctx, x->csr, &map));
        map.mean = ret->mean;
        hn_sparse_squares(x->csr, ret->mean, ret->squares);
    } else {
        double *matrix;
        HN_TRY(hn_centered_matrix(ctx, ctx->scratch, x, ret->mean, &matrix, ret->squares));
        if (solver == SOLVER_FULL) return hn_svd(ctx, n, columns, matrix, NULL, ret->s, ret->vt);
        map = hn_map_of_matrix(matrix, n, columns);
    }
    if (solver == SOLVER_EXACT) return hn_svd_gram(ctx, &map, side, NULL, ret->s, ret->vt);
    return hn_svd_random(ctx, &map, ret->r, p->n_oversamples, p->iterated_power, NULL, ret->s,
                         ret->vt);
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const pca_params *p = values;
    hn_pca_state *s = ret_state;
    HN_SCRATCH(ctx);
    spectrum found;
    double *scratch, total = 0;
    int64_t n = data->x->n_rows, columns = data->x->n_columns;
    HN_TRY(find_spectrum(ctx, p, data->x, &found));
    HN_TRY(HN_SCRATCH_NEW(ctx, scratch, found.r));
    s->n_features = columns;
    s->n_seen = n;
    s->whiten = p->whiten;
    s->n_components = count_for(p, found.s, found.r, n, scratch);
    HN_TRY(hn_pca_allocate(ctx, arena, s));
    for (int64_t j = 0; j < columns; j++) {
        s->mean[j] = found.mean[j];
        s->var[j] = found.squares[j] / (double)n;
        total += found.squares[j];
    }
    hn_pca_keep(s, found.s, found.r, n < columns ? n : columns, total, found.vt);
    return HONE_OK;
}

static hone_status update(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                          void *state) {
    (void)values, (void)arena;
    int64_t n = data->x->n_rows, batch = data->x->csr != NULL ? BATCH_ROWS : n;
    for (int64_t begin = 0; begin < n; begin += batch)
        HN_TRY(hn_pca_merge(ctx, state, data->x, begin, begin + batch < n ? begin + batch : n));
    return HONE_OK;
}

#define PCA_HOOKS                                                                                  \
    .family = "decomp", .tasks = HN_TASK_NONE,                                                     \
    .can = HN_NUMERIC_ONLY | HN_CAN_UPDATE | HN_CAN_INVERT | HN_WANTS_SCALING | HN_CAN_SPARSE,     \
    .state_size = sizeof(hn_pca_state), .update = update, .transform = hn_pca_transform,           \
    .inverse = hn_pca_inverse, .visit = hn_pca_visit, .prepare = hn_pca_prepare,                   \
    .report = hn_pca_report

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    return hn_show(v, "n_samples", &((const hn_pca_state *)state)->n_seen);
}

const hone_estimator hn_pca = {
    .name = "pca",
    .title = "Principal components",
    .class_names = "PCA",
    .doc =
        "Turns columns into fewer ones, without correlation, that keep as much of their variance "
        "as can be. Columns should have like scales. More rows can be merged in later.",
    .references = "Jolliffe (2002), Principal component analysis\n"
                  "Halko, Martinsson, Tropp (2011), Finding structure with randomness\n"
                  "Ross, Lim, Lin, Yang (2008), Incremental learning for robust visual tracking\n"
                  "Minka (2000), Automatic choice of dimensionality for PCA",
    .attributes = attributes,
    .params = HN_PARAMS(pca_params, params),
    .check = check,
    .fit = fit,
    PCA_HOOKS,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length,petal_width",
               .params = "{\"n_components\": 2}",
               .metric = "squares",
               .value = 666.1659556405612,
               .tolerance = 1e-9,
               .source = "scikit-learn 1.9.1, PCA(2), sum of squares"}),
};

/* ---- in batches ----------------------------------------------------------------------------- */

typedef struct incremental_params {
    int64_t n_components;
    bool whiten;
    int64_t batch_size;
} incremental_params;

static const hone_param incremental_table[] = {
    HN_PARAM(incremental_params, n_components, .def = "all", .range = "[1, inf)",
             .words = HN_WORDS({"all", 0}), .search = "[1, 50]",
             .doc = "How many components to keep; all: as many as there are columns, or rows in "
                    "the first batch."),
    HN_PARAM(incremental_params, whiten, .def = "false",
             .doc = "Divide each component by its deviation, so that all have variance 1."),
    HN_PARAM(incremental_params, batch_size, .def = "auto", .range = "[1, inf)",
             .words = HN_WORDS({"auto", 0}), .unit = "rows",
             .doc = "Rows merged at a time; auto: 5 for each column."),
};

static int64_t batch_of(const incremental_params *p, const hn_table *x) {
    return p->batch_size > 0 ? p->batch_size : 5 * (int64_t)x->n_columns;
}

/* Batches end where the next one would leave fewer rows than there are components. */
static int64_t batch_end(int64_t begin, int64_t n, int64_t batch, int64_t least) {
    return begin + batch + least > n ? n : begin + batch;
}

static hone_status check_incremental(hone_ctx *ctx, const void *values, const hone_data *data) {
    const incremental_params *p = values;
    int64_t n = data->x->n_rows, columns = data->x->n_columns, k;
    HN_TRY(hn_need_two_rows(ctx, "incremental_pca", data->x));
    int64_t first = batch_end(0, n, batch_of(p, data->x), p->n_components);
    return hn_component_count(ctx, "incremental_pca", p->n_components,
                              first < columns ? first : columns,
                              "the smaller of the numbers of columns and of rows in a batch", &k);
}

static hone_status fit_incremental(hone_ctx *ctx, const void *values, const hone_data *data,
                                   hn_arena *arena, void *ret_state) {
    const incremental_params *p = values;
    hn_pca_state *s = ret_state;
    int64_t n = data->x->n_rows, batch = batch_of(p, data->x);
    int64_t first = batch_end(0, n, batch, p->n_components);
    s->n_features = data->x->n_columns;
    s->whiten = p->whiten;
    s->n_components = p->n_components > 0              ? p->n_components
                      : first < (int64_t)s->n_features ? first
                                                       : s->n_features;
    HN_TRY(hn_pca_allocate(ctx, arena, s));
    for (int64_t begin = 0; begin < n;) {
        int64_t end = batch_end(begin, n, batch, p->n_components);
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(hn_pca_merge(ctx, s, data->x, begin, end));
        hn_progress(ctx, "components", end, n, "rows");
        begin = end;
    }
    return HONE_OK;
}

const hone_estimator hn_incremental_pca = {
    .name = "incremental_pca",
    .title = "Principal components, batch by batch",
    .class_names = "IncrementalPCA",
    .doc =
        "Principal components found from batches of rows one after the other: memory for a batch "
        "only, and close to pca's where few components are kept, equal where all are.",
    .references = "Ross, Lim, Lin, Yang (2008), Incremental learning for robust visual tracking",
    .params = HN_PARAMS(incremental_params, incremental_table),
    .check = check_incremental,
    .fit = fit_incremental,
    PCA_HOOKS,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length,petal_width",
               .params = "{\"n_components\": 2, \"batch_size\": 30}",
               .metric = "squares",
               .value = 666.1610464466764,
               .tolerance = 1e-9,
               .source = "scikit-learn 1.9.1, IncrementalPCA(2, batch_size=30), sum of squares"}),
};
