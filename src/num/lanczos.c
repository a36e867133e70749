/* lanczos.c - see lanczos.h. */
#include "num/lanczos.h"
#include "base/rng.h"
#include "num/blas.h"
#include <math.h>
#include <string.h>

typedef struct basis {
    int64_t n, m, room, kept; /* vectors there are, can be, and that a restart keeps */
    double *v;                /* [room + 1, n]; v[m] is the next one */
    double *h;                /* [room, room] projection of A */
    double *image;            /* [n] A v[m], then what is left of it */
    double *values;           /* [room] Ritz values, ascending */
    double *vectors;          /* [room, room] in terms of v */
    double *spare;            /* [kept, n] */
    double rest;              /* length of what was left */
    double size;              /* the largest |Ritz value| so far */
    int64_t draws;
} basis;

static double length_of(const double *x, int64_t n) { return sqrt(hn_dot(x, x, n)); }

/* Takes away from x what lies in the first m vectors; coefficients are added to h, if wanted. */
static void orthogonalise(const basis *b, int64_t m, double *x, double *h) {
    for (int64_t i = 0; i < m; i++) {
        const double *v = b->v + i * b->n;
        double by = hn_dot(v, x, b->n);
        for (int64_t j = 0; j < b->n; j++) x[j] -= by * v[j];
        if (h) h[i] += by;
    }
}

/* v[m] becomes a random direction at right angles to all before. */
static void random_direction(hone_ctx *ctx, basis *b) {
    double *x = b->v + b->m * b->n;
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("lanczos", (uint64_t)b->draws++));
    for (int64_t j = 0; j < b->n; j++) x[j] = hn_rng_normal(&rng);
    for (int turn = 0; turn < 2; turn++) orthogonalise(b, b->m, x, NULL);
    double length = length_of(x, b->n);
    for (int64_t j = 0; j < b->n; j++) x[j] /= length;
}

/* One product more: v[m] joins the basis, and what its image adds becomes the next direction. */
static hone_status extend(hone_ctx *ctx, basis *b, hn_product_fn *product, void *arg) {
    HN_SCRATCH(ctx);
    int64_t m = b->m;
    double *x = b->v + m * b->n, *h;
    HN_TRY(HN_SCRATCH_NEW(ctx, h, m + 1));
    HN_TRY(product(ctx, arg, x, b->image));
    b->m++;
    double whole = length_of(b->image, b->n);
    for (int turn = 0; turn < 2; turn++) orthogonalise(b, b->m, b->image, h);
    for (int64_t i = 0; i <= m; i++) b->h[i * b->room + m] = b->h[m * b->room + i] = h[i];
    b->rest = length_of(b->image, b->n);
    if (b->m == b->n) {
        b->rest = 0;
        return HONE_OK;
    }
    if (b->rest <= 1e-14 * (whole > b->size ? whole : b->size)) { /* the basis is closed under A */
        b->rest = 0;
        random_direction(ctx, b);
        return HONE_OK;
    }
    double *next = b->v + b->m * b->n;
    for (int64_t j = 0; j < b->n; j++) next[j] = b->image[j] / b->rest;
    return HONE_OK;
}

static hone_status solve(hone_ctx *ctx, basis *b) {
    HN_SCRATCH(ctx);
    double *h;
    HN_TRY(HN_SCRATCH_NEW(ctx, h, b->m * b->m));
    for (int64_t i = 0; i < b->m; i++)
        memcpy(h + i * b->m, b->h + i * b->room, (size_t)b->m * sizeof *h);
    HN_TRY(hn_eigen_symmetric(ctx, b->m, h, b->values, b->vectors));
    b->size = fmax(fabs(b->values[0]), fabs(b->values[b->m - 1]));
    return HONE_OK;
}

/* The t-th largest Ritz vector, to to [n]. */
static void ritz(const basis *b, int64_t t, double *to) {
    const double *s = b->vectors + (b->m - 1 - t) * b->m;
    memset(to, 0, (size_t)b->n * sizeof *to);
    for (int64_t i = 0; i < b->m; i++)
        for (int64_t j = 0; j < b->n; j++) to[j] += s[i] * b->v[i * b->n + j];
}

/* The best Ritz vectors become the basis; the next direction stays. */
static void restart(basis *b) {
    int64_t kept = b->kept < b->m ? b->kept : b->m, n = b->n;
    for (int64_t t = 0; t < kept; t++) ritz(b, t, b->spare + t * n);
    if (b->m < n) memmove(b->v + kept * n, b->v + b->m * n, (size_t)n * sizeof(double));
    memcpy(b->v, b->spare, (size_t)(kept * n) * sizeof(double));
    memset(b->h, 0, (size_t)(b->room * b->room) * sizeof(double));
    for (int64_t t = 0; t < kept; t++) b->h[t * b->room + t] = b->values[b->m - 1 - t];
    b->m = kept;
}

static bool good(const basis *b, int64_t k, double tolerance) {
    if (b->m < k) return false;
    for (int64_t t = 0; t < k; t++) {
        double last = b->vectors[(b->m - 1 - t) * b->m + b->m - 1];
        if (fabs(last) * b->rest > tolerance * b->size) return false;
    }
    return true;
}

static hone_status make(hone_ctx *ctx, int64_t n, int64_t k, basis *b) {
    *b = (basis){.n = n, .room = 2 * k + 40, .kept = k + 12};
    if (b->room > n) b->room = n;
    HN_TRY(HN_SCRATCH_NEW(ctx, b->v, (b->room + 1) * n));
    HN_TRY(HN_SCRATCH_NEW(ctx, b->h, b->room * b->room));
    HN_TRY(HN_SCRATCH_NEW(ctx, b->image, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, b->values, b->room));
    HN_TRY(HN_SCRATCH_NEW(ctx, b->vectors, b->room * b->room));
    return HN_SCRATCH_NEW(ctx, b->spare, b->kept * n);
}

hone_status hn_eigen_largest(hone_ctx *ctx, int64_t n, int64_t k, hn_product_fn *product, void *arg,
                             double tolerance, int64_t most, double *ret_values,
                             double *ret_vectors, bool *ret_converged) {
    HN_SCRATCH(ctx);
    basis b;
    HN_TRY(make(ctx, n, k, &b));
    random_direction(ctx, &b);
    double before = -INFINITY;
    int64_t found_after = 0;
    bool converged = false;
    for (int64_t products = 0;;) {
        while (b.m < b.room) {
            HN_TRY(extend(ctx, &b, product, arg));
            products++;
        }
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(solve(ctx, &b));
        if (b.m == n) { /* all of it */
            converged = true;
            break;
        }
        bool done = good(&b, k, tolerance), more = false;
        double sum = 0;
        for (int64_t t = 0; t < k; t++) sum += b.values[b.m - 1 - t];
        if (done) {
            more = sum - before > 1e-9 * (double)k * b.size;
            /* A second look from elsewhere, as long as the first, found nothing greater. */
            converged = !more && products >= 2 * found_after;
        }
        if (converged || products >= most) break;
        restart(&b);
        if (more) {
            before = sum;
            found_after = products;
            random_direction(ctx, &b);
        }
        hn_progress(ctx, "eigenvectors", products, most, "products");
    }
    for (int64_t t = 0; t < k; t++) {
        double *v = ret_vectors + t * n;
        int64_t largest = 0;
        ritz(&b, t, v);
        ret_values[t] = b.values[b.m - 1 - t];
        for (int64_t j = 1; j < n; j++)
            if (fabs(v[j]) > fabs(v[largest])) largest = j;
        double sign = v[largest] < 0 ? -1 : 1;
        for (int64_t j = 0; j < n; j++) v[j] *= sign;
    }
    *ret_converged = converged;
    return HONE_OK;
}
