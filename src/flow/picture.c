/* picture.c - the kinds of pictures, and how each is drawn from columns; see picture.h. */
#include "flow/picture.h"
#include "base/parallel.h"
#include "flow/explore_parts.h"
#include "flow/profile_plots.h"
#include "num/math.h"
#include "num/sort.h"
#include <string.h>

enum { GROUPS = 7, LEVELS = 24, LINES = 20000, CURVE = 128 };

/* What is being drawn: columns -1 where not given. */
typedef struct picture {
    hone_ctx *ctx;
    hn_arena *arena;
    const hn_picture_options *options;
    hn_explored e;
    int32_t x, y, color, facet;
    int32_t level; /* of the facet; -1: all rows */
    hn_plot *plot;
} picture;

/* Rows of one group, in the order of the table. */
typedef struct group {
    const char *name;
    int64_t n;
    double *x, *y;
    int32_t *code; /* level of x, where it has levels */
} group;

typedef hone_status drawer(picture *p);
static drawer draw_scatter, draw_line, draw_area, draw_hist, draw_kde, draw_ecdf, draw_qq, draw_box,
    draw_violin, draw_bar, draw_heatmap;

/* What a kind takes its columns for: n numbers, c names, a either; lower case may be left out. Without a drawer it is
 * of the whole table. */
static const struct {
    const char *name, *x, *y;
    drawer *draw;
} kinds[] = {
    {"scatter", "N", "N", draw_scatter},
    {"line", "N", "N", draw_line},
    {"area", "N", "N", draw_area},
    {"hist", "N", "", draw_hist},
    {"kde", "N", "", draw_kde},
    {"ecdf", "N", "", draw_ecdf},
    {"qq", "N", "", draw_qq},
    {"box", "c", "N", draw_box},
    {"violin", "c", "N", draw_violin},
    {"bar", "C", "n", draw_bar},
    {"heatmap", "C", "C", draw_heatmap},
    {"corr", "", "", NULL},
    {"pair", "", "", NULL},
    {"missing", "", "", NULL},
};

static const hone_param items[] = {
    HN_PARAM(hn_picture_options, kind, .required = true, .positional = true, .display = "KIND",
             .choices = HN_CHOICES("scatter", "line", "area", "hist", "kde", "ecdf", "qq", "box",
                                   "violin", "bar", "heatmap", "corr", "pair", "missing"),
             .doc = "scatter, line, area: --x and --y; hist, kde, ecdf, qq: --x; box, violin: --y, "
                    "by --x; bar: "
                    "--x counted, or the mean of --y; heatmap: --x and --y counted; corr, pair, "
                    "missing: all "
                    "columns."),
    HN_PARAM(hn_picture_options, x, .display = "COLUMN",
             .doc = "What runs to the right, or the groups."),
    HN_PARAM(hn_picture_options, y, .display = "COLUMN", .doc = "What runs up."),
    HN_PARAM(
        hn_picture_options, color, .display = "COLUMN", .aliases = HN_CHOICES("colour", "hue"),
        .doc =
            "Names by which what is drawn is coloured; the first seven have colours of their own."),
    HN_PARAM(hn_picture_options, facet, .display = "COLUMN",
             .doc = "Names each of which gets a picture."),
    HN_PARAM(hn_picture_options, bins, .def = "0", .range = "[1, 50]",
             .words = HN_WORDS({"auto", 0}, {"0", 0}), .doc = "Bars of a histogram."),
    HN_PARAM(hn_picture_options, title, .doc = "Over the picture; by the columns if not given."),
    HN_PARAM(hn_picture_options, log, .def = "none",
             .choices = HN_CHOICES("none", "x", "y", "both"),
             .doc = "Axes by powers of ten; what is not above 0 is left out."),
    HN_PARAM(hn_picture_options, sample, .def = "5000", .range = "[10, 1000000]", .unit = "rows",
             .doc = "Rows drawn at random where there are more; hist and bar count them all."),
};
const hn_params hn_picture_params = HN_PARAMS(hn_picture_options, items);

/* ---- columns --------------------------------------------------------------------------------- */

static bool is_number(const picture *p, int32_t j) { return p->e.sampled[j].numbers != NULL; }
static bool has_levels(const picture *p, int32_t j) { return p->e.sampled[j].levels != NULL; }

static const char *name_of(const picture *p, int32_t j) { return p->e.table->columns[j].name; }

static hone_status find(picture *p, const char *flag, const char *name, const char *want,
                        int32_t *ret) {
    const char *kind = kinds[p->options->kind].name;
    bool needed = *want == 'N' || *want == 'C';
    *ret = -1;
    if (name == NULL && needed)
        return hn_fail_at(p->ctx, HONE_ERROR_USAGE, HN_AT(.param = flag),
                          "hone plot %s: it needs --%s, a column of %s", kind, flag,
                          *want == 'N' ? "numbers" : "names");
    if (name == NULL) return HONE_OK;
    if (*want == 0)
        return hn_fail_at(p->ctx, HONE_ERROR_USAGE, HN_AT(.param = flag),
                          "hone plot %s: it takes no --%s; leave it out", kind, flag);
    HN_TRY(hn_table_require(p->ctx, p->e.table, name, ret));
    if ((*want | 32) == 'n' ? is_number(p, *ret) : has_levels(p, *ret)) return HONE_OK;
    return hn_fail_at(p->ctx, HONE_ERROR_DATA, HN_AT(.param = flag, .column = name),
                      "hone plot %s: --%s takes a column of %s, and '%s' is none", kind, flag,
                      (*want | 32) == 'n' ? "numbers" : "names or of few different numbers", name);
}

static int32_t level_of(const picture *p, int32_t column, int64_t i) {
    return hn_level_at(&p->e, column, p->e.rows[i]);
}

static double number_at(const picture *p, int32_t column, int64_t i) {
    return p->e.sampled[column].numbers[i];
}

static const double *copied(picture *p, const double *values, int64_t n, double **ret) {
    *ret = hn_arena_alloc(p->ctx, p->arena, (size_t)n + 1, sizeof **ret);
    for (int64_t i = 0; *ret != NULL && i < n; i++) (*ret)[i] = values[i];
    return *ret;
}

/* The rows of colour g of the facet being drawn that have all that is drawn. */
static hone_status take(picture *p, int g, group *ret) {
    int64_t m = p->e.m;
    *ret = (group){.name = p->color >= 0 ? p->e.sampled[p->color].levels[g] : NULL};
    HN_TRY(HN_NEW(p->ctx, p->arena, ret->x, m + 1));
    HN_TRY(HN_NEW(p->ctx, p->arena, ret->y, m + 1));
    HN_TRY(HN_NEW(p->ctx, p->arena, ret->code, m + 1));
    for (int64_t i = 0; i < m; i++) {
        if (p->level >= 0 && level_of(p, p->facet, i) != p->level) continue;
        int32_t own = p->color >= 0 ? level_of(p, p->color, i) : 0;
        if (own != g && !(g == GROUPS - 1 && own >= GROUPS)) continue;
        double x = p->x >= 0 && is_number(p, p->x) ? number_at(p, p->x, i) : 0;
        double y = p->y >= 0 && is_number(p, p->y) ? number_at(p, p->y, i) : 0;
        int32_t code = p->x >= 0 && has_levels(p, p->x) ? level_of(p, p->x, i) : 0;
        if (isnan(x) || isnan(y) || code < 0) continue;
        ret->x[ret->n] = x;
        ret->y[ret->n] = y;
        ret->code[ret->n++] = code;
    }
    return HONE_OK;
}

static int group_count(const picture *p) {
    if (p->color < 0) return 1;
    int n = p->e.sampled[p->color].n_levels;
    return n < GROUPS ? n : GROUPS;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static hone_status draw_scatter(picture *p) {
    for (int g = 0; g < group_count(p); g++) {
        group own;
        HN_TRY(take(p, g, &own));
        hn_plot_add(p->plot, HN_MARK_POINT, own.name, own.x, own.y, own.n)->colour = g;
    }
    return HONE_OK;
}

/* The mean of y at each x, from left to right. */
static hone_status draw_path(picture *p, hn_mark mark) {
    for (int g = 0; g < group_count(p); g++) {
        group own;
        int64_t *order, n = 0;
        double *x, *y;
        HN_TRY(take(p, g, &own));
        HN_TRY(HN_NEW(p->ctx, p->arena, order, own.n + 1));
        HN_TRY(HN_NEW(p->ctx, p->arena, x, own.n + 1));
        HN_TRY(HN_NEW(p->ctx, p->arena, y, own.n + 1));
        HN_TRY(hn_argsort_f64(p->ctx, own.x, own.n, order));
        for (int64_t i = 0, end; i < own.n; i = end) {
            double sum = 0;
            for (end = i; end < own.n && own.x[order[end]] == own.x[order[i]]; end++)
                sum += own.y[order[end]];
            x[n] = own.x[order[i]];
            y[n++] = sum / (double)(end - i);
        }
        hn_plot_add(p->plot, mark, own.name, x, y, n)->colour = g;
    }
    return HONE_OK;
}

static hone_status draw_line(picture *p) { return draw_path(p, HN_MARK_LINE); }
static hone_status draw_area(picture *p) { return draw_path(p, HN_MARK_AREA); }

/* Every row's value of the facet and colour, in ascending order: counts are of all rows. */
static hone_status all_sorted(picture *p, int g, double **ret_sorted, int64_t *ret_n) {
    const hn_column *column = &p->e.table->columns[p->x];
    int64_t n = 0;
    HN_TRY(HN_NEW(p->ctx, p->arena, *ret_sorted, column->n + 1));
    for (int64_t i = 0; i < column->n; i++) {
        double value = hn_column_double(column, i);
        if (!isfinite(value)) continue;
        if (p->level >= 0 && hn_level_at(&p->e, p->facet, i) != p->level) continue;
        int32_t own = p->color >= 0 && g >= 0 ? hn_level_at(&p->e, p->color, i) : g;
        if (own != g && !(g == GROUPS - 1 && own >= GROUPS)) continue;
        if (p->plot->x_log && !(value > 0)) continue;
        (*ret_sorted)[n++] = p->plot->x_log ? hn_log10(value) : value;
    }
    *ret_n = n;
    return hn_sort_f64(p->ctx, *ret_sorted, n);
}

static hone_status draw_hist(picture *p) {
    double edges[HN_BINS_MOST + 1], *sorted, *left, *ground;
    int64_t n, counts[HN_BINS_MOST];
    bool whole = p->e.columns[p->x].profile.is_integer && !p->plot->x_log;
    HN_TRY(all_sorted(p, -1, &sorted, &n));
    int32_t bins = hn_histogram_edges(sorted, n, whole, p->options->bins, edges);
    HN_TRY(HN_NEW(p->ctx, p->arena, ground, bins + 1));
    for (int32_t b = 0; b <= bins && p->plot->x_log && bins > 0; b++)
        edges[b] = hn_pow(10, edges[b]);
    if (copied(p, edges, bins > 0 ? bins + 1 : 0, &left) == NULL) return HONE_ERROR_MEMORY;
    p->plot->y = "rows";
    for (int g = 0; g < group_count(p); g++) {
        double *top, *low, inner[HN_BINS_MOST + 1];
        HN_TRY(all_sorted(p, p->color >= 0 ? g : -1, &sorted, &n));
        for (int32_t b = 0; b <= bins; b++) inner[b] = p->plot->x_log ? hn_log10(left[b]) : left[b];
        hn_histogram_counts(sorted, n, inner, bins, counts);
        if (copied(p, ground, bins, &low) == NULL) return HONE_ERROR_MEMORY;
        HN_TRY(HN_NEW(p->ctx, p->arena, top, bins + 1));
        for (int32_t b = 0; b < bins; b++) ground[b] = top[b] = low[b] + (double)counts[b];
        hn_series *s =
            hn_plot_add(p->plot, HN_MARK_BAR,
                        p->color >= 0 ? p->e.sampled[p->color].levels[g] : NULL, left, top, bins);
        s->x2 = left + 1;
        s->low = p->plot->y_log ? NULL : low;
        s->colour = g;
    }
    return HONE_OK;
}

static hone_status draw_kde(picture *p) {
    double low = INFINITY, high = -INFINITY, *x;
    p->plot->y = "density";
    for (int64_t i = 0; i < p->e.m; i++) {
        low = fmin(low, number_at(p, p->x, i));
        high = fmax(high, number_at(p, p->x, i));
    }
    HN_TRY(HN_NEW(p->ctx, p->arena, x, CURVE));
    for (int i = 0; i < CURVE; i++) x[i] = low + i * (high - low) / (CURVE - 1);
    for (int g = 0; g < group_count(p); g++) {
        group own;
        double *y;
        HN_TRY(take(p, g, &own));
        HN_TRY(HN_NEW(p->ctx, p->arena, y, CURVE));
        HN_TRY(hn_sort_f64(p->ctx, own.x, own.n));
        if (isnan(hn_density(own.x, own.n, low, (high - low) / (CURVE - 1), CURVE, y))) continue;
        hn_plot_add(p->plot, HN_MARK_AREA, own.name, x, y, CURVE)->colour = g;
    }
    return HONE_OK;
}

static hone_status draw_ecdf(picture *p) {
    p->plot->y = "share of the rows at or below";
    p->plot->y_low = 0;
    p->plot->y_high = 1;
    for (int g = 0; g < group_count(p); g++) {
        group own;
        HN_TRY(take(p, g, &own));
        HN_TRY(hn_sort_f64(p->ctx, own.x, own.n));
        for (int64_t i = 0; i < own.n; i++) own.y[i] = (double)(i + 1) / (double)own.n;
        hn_plot_add(p->plot, HN_MARK_LINE, own.name, own.x, own.y, own.n)->colour = g;
    }
    return HONE_OK;
}

/* Against the normal's quantiles at (i - 3/8) / (n + 1/4) (Blom 1958); the line goes through the quartiles. */
static hone_status draw_qq(picture *p) {
    p->plot->y = p->plot->x;
    p->plot->x = "quantiles of the normal";
    for (int g = 0; g < group_count(p); g++) {
        group own;
        HN_TRY(take(p, g, &own));
        HN_TRY(hn_sort_f64(p->ctx, own.x, own.n));
        for (int64_t i = 0; i < own.n; i++)
            own.y[i] = hn_normal_quantile(((double)i + 0.625) / ((double)own.n + 0.25));
        if (own.n < 2) continue;
        hn_plot_add(p->plot, HN_MARK_POINT, own.name, own.y, own.x, own.n)->colour = g;
        if (g > 0) continue;
        double q1 = hn_quantile_sorted(own.x, own.n, 0.25),
               q3 = hn_quantile_sorted(own.x, own.n, 0.75);
        double slope = (q3 - q1) / (2 * 0.67448975019608171), middle = (q1 + q3) / 2;
        if (!(slope > 0)) continue;
        p->plot->guide = true;
        for (int k = 0; k < 2; k++) { /* as far as there are values */
            double end = own.y[k == 0 ? 0 : own.n - 1], y = middle + slope * end;
            p->plot->guide_y[k] = fmin(fmax(y, own.x[0]), own.x[own.n - 1]);
            p->plot->guide_x[k] = (p->plot->guide_y[k] - middle) / slope;
        }
    }
    return HONE_OK;
}

/* ---- numbers by names ------------------------------------------------------------------------ */

/* One place per level of x (or a single one), with the y of its rows in ascending order. */
static hone_status places(picture *p, const char *const **ret_labels, int *ret_n,
                          double ***ret_sorted, int64_t **ret_counts) {
    static const char *const nothing[] = {""};
    group own;
    int n = p->x >= 0 ? p->e.sampled[p->x].n_levels : 1;
    if (n > LEVELS) n = LEVELS;
    *ret_labels = p->x >= 0 ? p->e.sampled[p->x].levels : nothing;
    *ret_n = n;
    HN_TRY(take(p, 0, &own));
    HN_TRY(HN_NEW(p->ctx, p->arena, *ret_sorted, n + 1));
    HN_TRY(HN_NEW(p->ctx, p->arena, *ret_counts, n + 1));
    for (int k = 0; k < n; k++) {
        double *values;
        int64_t count = 0;
        HN_TRY(HN_NEW(p->ctx, p->arena, values, own.n + 1));
        for (int64_t i = 0; i < own.n; i++)
            if (own.code[i] == k) values[count++] = own.y[i];
        HN_TRY(hn_sort_f64(p->ctx, values, count));
        (*ret_sorted)[k] = values;
        (*ret_counts)[k] = count;
    }
    return HONE_OK;
}

static hone_status draw_box(picture *p) {
    const char *const *labels;
    double **sorted, *five[6];
    int64_t *counts;
    int n;
    HN_TRY(places(p, &labels, &n, &sorted, &counts));
    for (int k = 0; k < 6; k++) HN_TRY(HN_NEW(p->ctx, p->arena, five[k], n + 1));
    for (int k = 0; k < n; k++) {
        int64_t m = counts[k], first = 0, last = m - 1;
        five[5][k] = k;
        for (int q = 0; q < 5; q++) five[q][k] = (double)NAN;
        if (m == 0) continue;
        double q1 = hn_quantile_sorted(sorted[k], m, 0.25),
               q3 = hn_quantile_sorted(sorted[k], m, 0.75);
        while (first < last && sorted[k][first] < q1 - 1.5 * (q3 - q1)) first++;
        while (last > first && sorted[k][last] > q3 + 1.5 * (q3 - q1)) last--;
        five[0][k] = sorted[k][first];
        five[1][k] = q1;
        five[2][k] = hn_quantile_sorted(sorted[k], m, 0.5);
        five[3][k] = q3;
        five[4][k] = sorted[k][last];
    }
    p->plot->x_labels = labels;
    p->plot->n_x_labels = n;
    p->plot->flip = true;
    p->plot->x = "";
    hn_series *s = hn_plot_add(p->plot, HN_MARK_BOX, NULL, five[5], five[2], n);
    s->low = five[0], s->q1 = five[1], s->q3 = five[3], s->high = five[4];
    return HONE_OK;
}

static hone_status draw_violin(picture *p) {
    const char *const *labels;
    double **sorted, *middle, *at;
    int64_t *counts;
    int n, drawn = 0;
    HN_TRY(places(p, &labels, &n, &sorted, &counts));
    if (n > HN_PLOT_SERIES - 1) n = HN_PLOT_SERIES - 1;
    HN_TRY(HN_NEW(p->ctx, p->arena, middle, n + 1));
    HN_TRY(HN_NEW(p->ctx, p->arena, at, n + 1));
    p->plot->x = p->plot->y;
    p->plot->y = "";
    p->plot->y_labels = labels;
    p->plot->n_y_labels = n;
    for (int k = 0; k < n; k++) {
        double *x, *up, *down, most = 0;
        int64_t m = counts[k];
        if (m < 2) continue;
        double low = sorted[k][0], step = (sorted[k][m - 1] - low) / (CURVE - 1);
        HN_TRY(HN_NEW(p->ctx, p->arena, x, CURVE));
        HN_TRY(HN_NEW(p->ctx, p->arena, up, CURVE));
        HN_TRY(HN_NEW(p->ctx, p->arena, down, CURVE));
        if (isnan(hn_density(sorted[k], m, low, step, CURVE, up))) continue;
        for (int i = 0; i < CURVE; i++) most = fmax(most, up[i]);
        for (int i = 0; i < CURVE; i++) {
            double reach = 0.42 * up[i] / most;
            x[i] = low + i * step;
            up[i] = k + reach;
            down[i] = k - reach;
        }
        hn_series *s = hn_plot_add(p->plot, HN_MARK_AREA, NULL, x, up, CURVE);
        s->low = down;
        s->colour = 0;
        middle[drawn] = hn_quantile_sorted(sorted[k], m, 0.5);
        at[drawn++] = k;
    }
    hn_plot_add(p->plot, HN_MARK_POINT, NULL, middle, at, drawn)->colour = 1;
    return HONE_OK;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Rows of all the table by level of x and, stacked, of colour; with y its mean. */
static hone_status draw_bar(picture *p) {
    int n = p->e.sampled[p->x].n_levels < LEVELS ? p->e.sampled[p->x].n_levels : LEVELS;
    double *place, *ground;
    HN_TRY(HN_NEW(p->ctx, p->arena, place, n + 1));
    HN_TRY(HN_NEW(p->ctx, p->arena, ground, n + 1));
    for (int k = 0; k < n; k++) place[k] = k;
    p->plot->x_labels = p->e.sampled[p->x].levels;
    p->plot->n_x_labels = n;
    p->plot->flip = true;
    p->plot->x = "";
    if (p->y < 0) p->plot->y = "rows";
    for (int g = 0; g < group_count(p); g++) {
        double *top, *low, *counts;
        HN_TRY(HN_NEW(p->ctx, p->arena, top, n + 1));
        HN_TRY(HN_NEW(p->ctx, p->arena, counts, n + 1));
        if (copied(p, ground, n, &low) == NULL) return HONE_ERROR_MEMORY;
        for (int64_t i = 0; i < p->e.table->n_rows; i++) {
            int32_t level = hn_level_at(&p->e, p->x, i);
            int32_t own = p->color >= 0 ? hn_level_at(&p->e, p->color, i) : 0;
            double y = p->y >= 0 ? hn_column_double(&p->e.table->columns[p->y], i) : 1;
            if (level < 0 || level >= n || !isfinite(y)) continue;
            if (own != g && !(g == GROUPS - 1 && own >= GROUPS)) continue;
            if (p->level >= 0 && hn_level_at(&p->e, p->facet, i) != p->level) continue;
            top[level] += y;
            counts[level]++;
        }
        for (int k = 0; k < n; k++) {
            if (p->y >= 0) top[k] /= counts[k] > 0 ? counts[k] : 1;
            if (p->y < 0) ground[k] = top[k] += low[k];
        }
        hn_series *s =
            hn_plot_add(p->plot, p->y >= 0 && p->color >= 0 ? HN_MARK_POINT : HN_MARK_BAR,
                        p->color >= 0 ? p->e.sampled[p->color].levels[g] : NULL, place, top, n);
        if (p->y < 0 && p->color >= 0) s->low = low;
        s->colour = g;
    }
    return HONE_OK;
}

static hone_status draw_heatmap(picture *p) {
    int columns = p->e.sampled[p->x].n_levels, rows = p->e.sampled[p->y].n_levels;
    double *x, *y, *value;
    if (columns > LEVELS) columns = LEVELS;
    if (rows > LEVELS) rows = LEVELS;
    HN_TRY(HN_NEW(p->ctx, p->arena, x, (int64_t)columns * rows + 1));
    HN_TRY(HN_NEW(p->ctx, p->arena, y, (int64_t)columns * rows + 1));
    HN_TRY(HN_NEW(p->ctx, p->arena, value, (int64_t)columns * rows + 1));
    for (int64_t i = 0; i < p->e.table->n_rows; i++) {
        int32_t a = hn_level_at(&p->e, p->x, i), b = hn_level_at(&p->e, p->y, i);
        if (a < 0 || b < 0 || a >= columns || b >= rows) continue;
        if (p->level >= 0 && hn_level_at(&p->e, p->facet, i) != p->level) continue;
        value[b * columns + a]++;
    }
    for (int k = 0; k < columns * rows; k++) {
        x[k] = k % columns;
        y[k] = k / columns;
        if (value[k] > p->plot->value_high) p->plot->value_high = value[k];
    }
    p->plot->x_labels = p->e.sampled[p->x].levels;
    p->plot->n_x_labels = columns;
    p->plot->y_labels = p->e.sampled[p->y].levels;
    p->plot->n_y_labels = rows;
    p->plot->value = "rows";
    hn_plot_add(p->plot, HN_MARK_CELL, NULL, x, y, (int64_t)columns * rows)->value = value;
    return HONE_OK;
}

/* ---- the whole table -------------------------------------------------------------------------- */

static hone_status draw_table(picture *p, hn_sheet *sheet) {
    const char *kind = kinds[p->options->kind].name;
    hn_explore_options with = {
        .target = p->options->color, .sample = p->options->sample, .most = 30};
    hn_drawer d = {.ctx = p->ctx, .arena = p->arena};
    hn_json_doc *doc;
    hn_json_mut *built;
    hn_json *profile;
    HN_TRY(hn_json_new(p->ctx, p->arena, &doc));
    HN_TRY(hn_explore(p->ctx, p->e.table, NULL, &with, doc, &built));
    HN_TRY(hn_json_freeze(p->ctx, p->arena, built, &profile));
    hn_json *all = yyjson_obj_get(profile, "associations");
    hn_plot *plots = (hn_plot *)sheet->plots;
    sheet->n = 1;
    if (strcmp(kind, "corr") == 0)
        return hn_draw_matrix(&d, yyjson_obj_get(all, "columns"),
                              yyjson_obj_get(all, "association"), "corr",
                              "Association, whatever the types", false, plots);
    if (strcmp(kind, "missing") == 0) return hn_draw_missing(&d, profile, plots);
    sheet->columns = 3;
    sheet->title = "Pairs of numbers";
    return hn_draw_pairs(&d, profile, plots, &sheet->n);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static const char *title_of(const picture *p) {
    const char *first = p->y >= 0 ? name_of(p, p->y) : NULL,
               *second = p->x >= 0 ? name_of(p, p->x) : NULL;
    const char *text = second == NULL ? first : second;
    if (first != NULL && second != NULL)
        text = hn_arena_printf(p->ctx, p->arena, "%s by %s", first, second);
    return text != NULL ? text : "";
}

static hone_status draw_facets(picture *p, hn_plot *plots, hn_sheet *sheet) {
    const hn_sampled *by = p->facet >= 0 ? &p->e.sampled[p->facet] : NULL;
    int n = by == NULL ? 1 : by->n_levels < HN_PICTURE_PLOTS ? by->n_levels : HN_PICTURE_PLOTS;
    for (int k = 0; k < n; k++) {
        p->plot = &plots[k];
        p->level = by != NULL ? k : -1;
        *p->plot =
            hn_plot_make(kinds[p->options->kind].name, by != NULL ? by->levels[k] : sheet->title,
                         p->x >= 0 ? name_of(p, p->x) : "", p->y >= 0 ? name_of(p, p->y) : "");
        p->plot->x_log = p->options->log == 1 || p->options->log == 3;
        p->plot->y_log = p->options->log == 2 || p->options->log == 3;
        p->plot->x_time = p->x >= 0 && p->e.sorts[p->x] == HN_SORT_TIME;
        HN_TRY(kinds[p->options->kind].draw(p));
    }
    sheet->n = n;
    sheet->columns = n < 3 ? n : 3;
    return HONE_OK;
}

hone_status hn_picture_of(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                          const hn_picture_options *options, hn_sheet *ret_sheet) {
    picture p = {.ctx = ctx, .arena = arena, .options = options};
    hn_explore_options with = {.sample = options->sample, .most = 30};
    hn_sheet sheet = {.n = 1, .columns = 1};
    hn_plot *plots;
    HN_TRY(HN_NEW(ctx, arena, plots, HN_PICTURE_PLOTS));
    sheet.plots = plots;
    p.e.table = table;
    if (kinds[options->kind].draw == NULL) {
        HN_TRY(draw_table(&p, &sheet));
    } else {
        hn_json_doc *doc;
        HN_TRY(hn_json_new(ctx, arena, &doc));
        HN_TRY(hn_explore_begin(ctx, arena, table, &with, doc, &p.e));
        HN_TRY(find(&p, "x", options->x, kinds[options->kind].x, &p.x));
        HN_TRY(find(&p, "y", options->y, kinds[options->kind].y, &p.y));
        HN_TRY(find(&p, "color", options->color, "c", &p.color));
        HN_TRY(find(&p, "facet", options->facet, "c", &p.facet));
        sheet.title = options->title != NULL ? options->title : title_of(&p);
        HN_TRY(draw_facets(&p, plots, &sheet));
    }
    if (options->title != NULL) {
        sheet.title = options->title;
        if (sheet.n == 1) plots[0].title = options->title;
    }
    int drawn = 0;
    for (int k = 0; k < sheet.n; k++) drawn += plots[k].n_series;
    if (sheet.n == 0 || drawn == 0)
        return hn_fail(
            ctx, HONE_ERROR_DATA,
            "hone plot %s: there is nothing to draw in this table; look at it with 'hone profile'",
            kinds[options->kind].name);
    *ret_sheet = sheet;
    return HONE_OK;
}
