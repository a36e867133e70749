/* scatter_grid.c - see scatter_grid.h.
 *
 * Nodes are a third of a unit apart at most (the kernel's width is one), and a point's four nodes along an axis carry
 * Lagrange's cubic. The charges are ones, and what is convolved is the force itself rather than the powers that it
 * could be put together from: so nothing cancels. The sum over pairs needs no way back at all, as it is a sum over
 * frequencies (Parseval).
 *
 * The charges are real and fill a corner of the grid, whose other parts are zeros that keep the convolution from
 * going around: rows are transformed two at a time, of the frequencies along them half are kept, and both
 * components of the force come back as one complex number. */
#include "ml/embed/scatter_grid.h"
#include "num/fft.h"
#include "num/simd.h"
#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { NODES = 4, LANES = 8, MOST_SIDE = 2048, STEP_SIDE = 16, LEAST_CELLS = 32 };
enum { POINTS = 8192, MOST_PARTS = 16, GATHER = 1024 };

/* One axis of the grid: used nodes, then zeros. */
typedef struct axis {
    double origin;
    int64_t used, size, half; /* half: frequencies 0 .. half - 1 tell all of a real line */
    hn_fft fft;
} axis;

struct hn_scatter_grid {
    int64_t n, d, grain;
    double spacing;
    axis axis[2];    /* rows are along axis 1 */
    hn_arena *arena; /* what lasts from call to call; not in a scope of this file's */
    int64_t room;
    double *kernel
        [3]; /* [half 0, half 1] spectra: of 1 / (1 + r^2), and of both components of the force */
    /* During a call: */
    const double *y;
    double *force;
    double *charge;     /* [parts][used 0, used 1] */
    double *re, *im;    /* [used 0, half 1]: charges by frequency along rows */
    double *fre, *fim;  /* [used 0, size 1]: forces by frequency along rows, then forces */
    double *sums, *own; /* by chunk */
};

hone_status hn_scatter_grid_new(hone_ctx *ctx, hn_arena *arena, int64_t n, int64_t d,
                                hn_scatter_grid **ret_grid) {
    assert(d == 1 || d == 2);
    hn_scatter_grid *g;
    HN_TRY(HN_NEW(ctx, arena, g, 1));
    g->n = n;
    g->d = d;
    g->arena = arena;
    g->grain = (n + MOST_PARTS - 1) / MOST_PARTS;
    g->grain = g->grain < POINTS ? POINTS : g->grain;
    *ret_grid = g;
    return HONE_OK;
}

/* ---- the kernel's spectra ----------------------------------------------------------------------- */

/* All columns of a [n, width] (n the fft's), LANES at a time. */
static hone_status transform_columns(hone_ctx *ctx, const hn_fft *fft, int64_t width, double *re,
                                     double *im) {
    HN_SCRATCH(ctx);
    double *block, *work;
    HN_TRY(HN_SCRATCH_NEW(ctx, block, 2 * fft->n * LANES));
    HN_TRY(HN_SCRATCH_NEW(ctx, work, 2 * fft->n * LANES));
    for (int64_t begin = 0; begin < width; begin += LANES) {
        int64_t lanes = width - begin < LANES ? width - begin : LANES;
        double *bre = block, *bim = block + fft->n * lanes;
        for (int64_t i = 0; i < fft->n; i++)
            for (int64_t l = 0; l < lanes; l++) {
                bre[i * lanes + l] = re[i * width + begin + l];
                bim[i * lanes + l] = im[i * width + begin + l];
            }
        hn_fft_run(fft, lanes, bre, bim, work);
        for (int64_t i = 0; i < fft->n; i++)
            for (int64_t l = 0; l < lanes; l++) {
                re[i * width + begin + l] = bre[i * lanes + l];
                im[i * width + begin + l] = bim[i * lanes + l];
            }
    }
    return HONE_OK;
}

static void turn(const double *a, int64_t rows, int64_t cols, double *ret) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) ret[j * rows + i] = a[i * cols + j];
}

/* One transform tells three spectra: that of 1 / (1 + r^2) is real and even both ways, those of the force's
 * components are imaginary, odd one way and even the other. */
static hone_status make_kernel(hone_ctx *ctx, hn_scatter_grid *g) {
    HN_SCRATCH(ctx);
    int64_t a = g->axis[0].size, b = g->axis[1].size, half = g->axis[1].half;
    double *re, *im, *tre, *tim;
    HN_TRY(HN_SCRATCH_NEW(ctx, re, a * b));
    HN_TRY(HN_SCRATCH_NEW(ctx, im, a * b));
    HN_TRY(HN_SCRATCH_NEW(ctx, tre, a * b));
    HN_TRY(HN_SCRATCH_NEW(ctx, tim, a * b));
    for (int64_t i = 0; i < a; i++)
        for (int64_t j = 0; j < b; j++) {
            double x = g->spacing * (double)(2 * i < a ? i : i - a);
            double y = g->spacing * (double)(2 * j < b ? j : j - b);
            double q = 1 / (1 + x * x + y * y);
            /* The middle of an even size is its own mirror: what is odd is 0 there. No two nodes are so far. */
            double fx = 2 * i == a ? 0 : q * q * x, fy = 2 * j == b ? 0 : q * q * y;
            re[i * b + j] = q + fx;
            im[i * b + j] = fy;
        }
    HN_TRY(transform_columns(ctx, &g->axis[0].fft, b, re, im));
    turn(re, a, b, tre);
    turn(im, a, b, tim);
    HN_TRY(transform_columns(ctx, &g->axis[1].fft, a, tre, tim));
    double scale = 1 / ((double)a * (double)b);
    for (int64_t i = 0; i < g->axis[0].half; i++)
        for (int64_t j = 0; j < half; j++) {
            double here = tre[j * a + i], there = tre[(b - j) % b * a + i];
            g->kernel[0][i * half + j] = scale * (here + there) / 2;
            g->kernel[1][i * half + j] = scale * tim[j * a + i];
            g->kernel[2][i * half + j] = scale * (there - here) / 2;
        }
    return HONE_OK;
}

/* Where the grid lies for these points; its kernel is made anew where spacing or sizes are new. */
static hone_status place_grid(hone_ctx *ctx, hn_scatter_grid *g) {
    double low[2] = {0, 0}, range[2] = {0, 0}, most;
    for (int64_t c = 0; c < g->d; c++) {
        double least = g->y[c], largest = least;
        for (int64_t i = 1; i < g->n; i++) {
            double v = g->y[i * g->d + c];
            least = v < least ? v : least;
            largest = v > largest ? v : largest;
        }
        low[c] = least;
        range[c] = largest - least;
    }
    most = range[0] > range[1] ? range[0] : range[1];
    double spacing = 1.0 / 3;
    while (most < spacing * LEAST_CELLS && spacing > 1e-9) spacing /= 2;
    while (most > spacing * (MOST_SIDE - NODES)) spacing *= 2;
    bool fresh = spacing != g->spacing;
    g->spacing = spacing;
    for (int c = 0; c < 2; c++) {
        axis *x = &g->axis[c];
        int64_t used = (int64_t)(range[c] / spacing) + NODES;
        if (c < g->d) used = (used + STEP_SIDE - 1) / STEP_SIDE * STEP_SIDE;
        x->origin = low[c] - spacing;
        fresh |= x->used != used;
        x->used = used;
    }
    if (!fresh) return HONE_OK;
    for (int c = 0; c < 2; c++) {
        axis *x = &g->axis[c];
        int64_t size = hn_fft_size(2 * x->used - 1);
        if (size != x->size) HN_TRY(hn_fft_make(ctx, g->arena, size, &x->fft));
        x->size = size;
        x->half = size / 2 + 1;
    }
    int64_t need = g->axis[0].half * g->axis[1].half;
    if (g->room < need) {
        g->room = need + need / 2;
        for (int k = 0; k < 3; k++) HN_TRY(HN_NEW(ctx, g->arena, g->kernel[k], g->room));
    }
    return make_kernel(ctx, g);
}

/* ---- points to nodes and back --------------------------------------------------------------------- */

/* The first of a coordinate's nodes, and the weights of the four. */
static inline int64_t weigh(const axis *x, double spacing, double v, double weights[NODES]) {
    double place = (v - x->origin) / spacing;
    int64_t first = (int64_t)place - 1;
    first = first < 0 ? 0 : first > x->used - NODES ? x->used - NODES : first;
    double t = place - (double)(first + 1); /* 0 to 1 between the second and the third */
    double before = t + 1, after = t - 1, last = t - 2;
    weights[0] = -t * after * last * (1.0 / 6);
    weights[1] = before * after * last * 0.5;
    weights[2] = -before * t * last * 0.5;
    weights[3] = before * t * after * (1.0 / 6);
    return first;
}

/* What the nodes make of the force on itself of a point: weights' kernel' weights of 1 / (1 + r^2). */
static double self_sum(double spacing, const double wx[NODES], const double wy[NODES]) {
    double sum = 0, ax[NODES] = {0}, ay[NODES] = {0};
    for (int i = 0; i < NODES; i++)
        for (int j = i; j < NODES; j++) {
            ax[j - i] += (i == j ? 1 : 2) * wx[i] * wx[j];
            ay[j - i] += (i == j ? 1 : 2) * wy[i] * wy[j];
        }
    for (int i = 0; i < NODES; i++)
        for (int j = 0; j < NODES; j++)
            sum += ax[i] * ay[j] / (1 + spacing * spacing * (double)(i * i + j * j));
    return sum;
}

static hone_status give_charges(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    hn_scatter_grid *g = arg;
    int64_t width = g->axis[1].used, d = g->d;
    double *charge = g->charge + chunk.index * g->axis[0].used * width, own = 0;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double wx[NODES], wy[NODES];
        int64_t x = weigh(&g->axis[0], g->spacing, g->y[i * d], wx);
        int64_t y = weigh(&g->axis[1], g->spacing, d == 2 ? g->y[i * d + 1] : 0, wy);
        for (int k = 0; k < NODES; k++) {
            double *at = charge + (x + k) * width + y;
            for (int l = 0; l < NODES; l++) at[l] += wx[k] * wy[l];
        }
        own += self_sum(g->spacing, wx, wy);
    }
    g->own[chunk.index] = own;
    return HONE_OK;
}

static hone_status take_forces(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    hn_scatter_grid *g = arg;
    int64_t width = g->axis[1].size, d = g->d;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double wx[NODES], wy[NODES], fx = 0, fy = 0;
        int64_t x = weigh(&g->axis[0], g->spacing, g->y[i * d], wx);
        int64_t y = weigh(&g->axis[1], g->spacing, d == 2 ? g->y[i * d + 1] : 0, wy);
        for (int k = 0; k < NODES; k++) {
            const double *re = g->fre + (x + k) * width + y, *im = g->fim + (x + k) * width + y;
            for (int l = 0; l < NODES; l++) {
                fx += wx[k] * wy[l] * re[l];
                fy += wx[k] * wy[l] * im[l];
            }
        }
        g->force[i * d] = fx;
        if (d == 2) g->force[i * d + 1] = fy;
    }
    return HONE_OK;
}

/* ---- nodes to nodes --------------------------------------------------------------------------------- */

/* Frequencies along LANES pairs of rows; a pair is one complex line. */
static hone_status rows_forth(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    hn_scatter_grid *g = arg;
    int64_t used = g->axis[1].used, size = g->axis[1].size, half = g->axis[1].half;
    int64_t rows = g->axis[0].used, parts = hn_chunks(g->n, g->grain);
    int64_t lanes = chunk.end - chunk.begin;
    double *re, *im, *work;
    HN_TRY(HN_SCRATCH_NEW(ctx, re, size * lanes));
    HN_TRY(HN_SCRATCH_NEW(ctx, im, size * lanes));
    HN_TRY(HN_SCRATCH_NEW(ctx, work, 2 * size * lanes));
    for (int64_t l = 0; l < lanes; l++)
        for (int64_t side = 0; side < 2; side++) {
            int64_t row = 2 * (chunk.begin + l) + side;
            double *to = (side == 0 ? re : im) + l;
            for (int64_t part = 0; part < parts && row < rows; part++) {
                const double *from = g->charge + (part * rows + row) * used;
                for (int64_t j = 0; j < used; j++) to[j * lanes] += from[j];
            }
        }
    hn_fft_run(&g->axis[1].fft, lanes, re, im, work);
    for (int64_t l = 0; l < lanes; l++) {
        int64_t row = 2 * (chunk.begin + l);
        for (int64_t k = 0; k < half; k++) {
            int64_t here = k * lanes + l, there = (k == 0 ? 0 : size - k) * lanes + l;
            g->re[row * half + k] = (re[here] + re[there]) / 2;
            g->im[row * half + k] = (im[here] - im[there]) / 2;
            if (row + 1 >= rows) continue;
            g->re[(row + 1) * half + k] = (im[here] + im[there]) / 2;
            g->im[(row + 1) * half + k] = (re[there] - re[here]) / 2;
        }
    }
    return HONE_OK;
}

/* The charges' spectrum in some columns times the force's; kernels are those of i (A + i B), A odd along columns. */
static void multiply(const hn_scatter_grid *g, int64_t begin, int64_t lanes, bool mirrored,
                     const double *re, const double *im, double *to_re, double *to_im) {
    int64_t size = g->axis[0].size, half = g->axis[1].half;
    for (int64_t i = 0; i < size; i++) {
        int64_t quadrant = 2 * i <= size ? i : size - i, mirror = i == 0 ? 0 : size - i;
        double odd = 2 * i <= size ? 1 : -1;
        const double *a = g->kernel[1] + quadrant * half + begin;
        const double *b = g->kernel[2] + quadrant * half + begin;
        /* Of real charges the spectrum at the opposite frequency is the conjugate. */
        const double *u = re + (mirrored ? mirror : i) * lanes;
        const double *v = im + (mirrored ? mirror : i) * lanes;
        double conjugate = mirrored ? -1 : 1;
        for (int64_t l = 0; l < lanes; l++) {
            double x = u[l], y = conjugate * v[l], s = -conjugate * b[l], t = odd * a[l];
            to_re[i * lanes + l] = x * s - y * t;
            to_im[i * lanes + l] = x * t + y * s;
        }
    }
}

/* Some frequencies along rows: to frequencies both ways, times the kernel, and back along columns. */
static hone_status columns_through(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    hn_scatter_grid *g = arg;
    int64_t used = g->axis[0].used, size = g->axis[0].size, half = g->axis[1].half;
    int64_t width = g->axis[1].size, begin = chunk.begin, lanes = chunk.end - chunk.begin;
    double *re, *im, *to_re, *to_im, *work, sum = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, re, size * lanes));
    HN_TRY(HN_SCRATCH_NEW(ctx, im, size * lanes));
    HN_TRY(HN_SCRATCH_NEW(ctx, to_re, size * lanes));
    HN_TRY(HN_SCRATCH_NEW(ctx, to_im, size * lanes));
    HN_TRY(HN_SCRATCH_NEW(ctx, work, 2 * size * lanes));
    for (int64_t i = 0; i < used; i++) {
        memcpy(re + i * lanes, g->re + i * half + begin, (size_t)lanes * sizeof *re);
        memcpy(im + i * lanes, g->im + i * half + begin, (size_t)lanes * sizeof *im);
    }
    hn_fft_run(&g->axis[0].fft, lanes, re, im, work);
    for (int64_t i = 0; i < size; i++) {
        const double *kernel = g->kernel[0] + (2 * i <= size ? i : size - i) * half + begin;
        for (int64_t l = 0; l < lanes; l++) {
            int64_t k = begin + l;
            double times = k == 0 || 2 * k == width ? 1 : 2, x = re[i * lanes + l],
                   y = im[i * lanes + l];
            sum += times * kernel[l] * (x * x + y * y);
        }
    }
    g->sums[chunk.index] = sum;
    for (int mirrored = 0; mirrored < 2; mirrored++) {
        multiply(g, begin, lanes, mirrored, re, im, to_re, to_im);
        hn_fft_run(&g->axis[0].fft, lanes, to_im, to_re, work); /* the way back */
        for (int64_t i = 0; i < used; i++)
            for (int64_t l = 0; l < lanes; l++) {
                int64_t k = begin + l, column = mirrored ? width - k : k;
                if (mirrored && (k == 0 || 2 * k == width)) continue;
                g->fre[i * width + column] = to_re[i * lanes + l];
                g->fim[i * width + column] = to_im[i * lanes + l];
            }
    }
    return HONE_OK;
}

static hone_status rows_back(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    hn_scatter_grid *g = arg;
    int64_t used = g->axis[1].used, size = g->axis[1].size, lanes = chunk.end - chunk.begin;
    double *re, *im, *work;
    HN_TRY(HN_SCRATCH_NEW(ctx, re, size * lanes));
    HN_TRY(HN_SCRATCH_NEW(ctx, im, size * lanes));
    HN_TRY(HN_SCRATCH_NEW(ctx, work, 2 * size * lanes));
    turn(g->fre + chunk.begin * size, lanes, size, re);
    turn(g->fim + chunk.begin * size, lanes, size, im);
    hn_fft_run(&g->axis[1].fft, lanes, im, re, work);
    for (int64_t l = 0; l < lanes; l++)
        for (int64_t j = 0; j < used; j++) {
            g->fre[(chunk.begin + l) * size + j] = re[j * lanes + l];
            g->fim[(chunk.begin + l) * size + j] = im[j * lanes + l];
        }
    return HONE_OK;
}

hone_status hn_scatter_grid_repulsion(hone_ctx *ctx, hn_scatter_grid *g, const double *y,
                                      double *ret_force, double *ret_total) {
    g->y = y;
    g->force = ret_force;
    HN_TRY(place_grid(ctx, g));
    HN_SCRATCH(ctx);
    const axis *a = &g->axis[0], *b = &g->axis[1];
    int64_t parts = hn_chunks(g->n, g->grain), columns = hn_chunks(b->half, LANES);
    HN_TRY(HN_SCRATCH_NEW(ctx, g->charge, parts * a->used * b->used));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->own, parts));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->sums, columns));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->re, a->used * b->half));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->im, a->used * b->half));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->fre, a->used * b->size));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->fim, a->used * b->size));
    HN_TRY(hn_parallel(ctx, g->n, g->grain, give_charges, g));
    HN_TRY(hn_parallel(ctx, (a->used + 1) / 2, LANES, rows_forth, g));
    HN_TRY(hn_parallel(ctx, b->half, LANES, columns_through, g));
    HN_TRY(hn_parallel(ctx, a->used, LANES, rows_back, g));
    HN_TRY(hn_parallel(ctx, g->n, GATHER, take_forces, g));
    *ret_total = hn_sum(g->sums, columns) - hn_sum(g->own, parts);
    return HONE_OK;
}
