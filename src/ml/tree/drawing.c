/* drawing.c - a tree as a picture; see report.h.
 *
 * Leaves stand side by side, a parent over the middle of its children. Edges are as wide as the share of
 * rows that goes along them. Where the tree has more leaves than there is room for, it is drawn down to the
 * level that still fits, and boxes say what is below. */
#include "ml/tree/report.h"
#include <string.h>

enum {
    MOST_LEAVES = 24,
    TALL = 58, /* height of a box */
    GAP = 16,
    LEVEL = 112,
    MARGIN = 28,
    HEAD = 74,
    LEGEND = 12,  /* classes named */
    LETTERS = 30, /* of a condition at most */
    FEWEST = 18,
};

typedef struct drawing {
    const hn_tree_shown *tree;
    const hn_node *nodes;
    int32_t n, depth_shown, depth_all;
    int32_t *depth;  /* by node */
    int64_t *leaves; /* below it */
    double *x;       /* centre, in leaves */
    double *answer;
    int box, letters; /* width of a box, and letters that fit in it */
    double low, high; /* of values */
    hn_str text;      /* to be cut and escaped */
    hn_str *out;
} drawing;

/* As a box says it. */
static void put_condition(drawing *d, int32_t i) {
    hn_str_clear(&d->text);
    hn_tree_condition(d->tree, i, 3, " \xe2\x89\xa4 ", &d->text);
}

/* ---- layout --------------------------------------------------------------------------------- */

static bool is_end(const drawing *d, int32_t i) {
    return d->nodes[i].feature < 0 || d->depth[i] == d->depth_shown;
}

/* Leaves of the tree cut off at a depth. */
static int64_t width_at(const drawing *d, int32_t depth) {
    int64_t width = 0;
    for (int32_t i = 0; i < d->n; i++)
        width += d->depth[i] == depth || (d->depth[i] < depth && d->nodes[i].feature < 0);
    return width;
}

static hone_status lay_out(hone_ctx *ctx, drawing *d, int64_t *ret_width) {
    int32_t *stack, n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, d->depth, d->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, d->leaves, d->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, d->x, d->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, stack, d->n + 1));
    for (int32_t i = 0; i < d->n; i++) {
        if (d->depth[i] > d->depth_all) d->depth_all = d->depth[i];
        if (d->nodes[i].feature >= 0)
            d->depth[d->nodes[i].left] = d->depth[d->nodes[i].left + 1] = d->depth[i] + 1;
    }
    for (int32_t i = d->n - 1; i >= 0; i--)
        d->leaves[i] = d->nodes[i].feature < 0
                           ? 1
                           : d->leaves[d->nodes[i].left] + d->leaves[d->nodes[i].left + 1];
    while (d->depth_shown < d->depth_all && width_at(d, d->depth_shown + 1) <= MOST_LEAVES)
        d->depth_shown++;
    int64_t width = 0;
    stack[n++] = 0;
    while (n > 0) {
        int32_t i = stack[--n];
        if (is_end(d, i)) {
            d->x[i] = (double)width++ + 0.5;
            continue;
        }
        stack[n++] = d->nodes[i].left + 1;
        stack[n++] = d->nodes[i].left;
    }
    for (int32_t i = d->n - 1; i >= 0; i--)
        if (d->depth[i] <= d->depth_shown && !is_end(d, i))
            d->x[i] = (d->x[d->nodes[i].left] + d->x[d->nodes[i].left + 1]) / 2;
    *ret_width = width;
    return HONE_OK;
}

static int letters_of(const char *text) {
    int n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* Boxes are as wide as their longest condition, up to a limit. */
static void set_box(drawing *d) {
    d->letters = FEWEST;
    for (int32_t i = 0; i < d->n; i++) {
        if (d->depth[i] > d->depth_shown || is_end(d, i)) continue;
        put_condition(d, i);
        int n = letters_of(d->text.text);
        if (n > d->letters) d->letters = n < LETTERS ? n : LETTERS;
    }
    d->box = 24 + 15 * d->letters / 2;
}

static int centre(const drawing *d, int32_t i) {
    return MARGIN + (int)(d->x[i] * (d->box + GAP)) - GAP / 2;
}

static int top(const drawing *d, int32_t i) { return HEAD + d->depth[i] * LEVEL; }

/* ---- colours -------------------------------------------------------------------------------- */

typedef struct colour {
    int red, green, blue;
} colour;

static const colour palette[] = {{68, 119, 170}, {224, 108, 92}, {52, 145, 92},  {204, 168, 58},
                                 {132, 94, 168}, {82, 172, 196}, {176, 74, 128}, {140, 140, 70},
                                 {90, 100, 150}, {150, 110, 84}};
enum { PALETTE = sizeof palette / sizeof *palette };

static colour mix(colour a, colour b, double share) {
    return (colour){(int)(a.red + share * (b.red - a.red) + 0.5),
                    (int)(a.green + share * (b.green - a.green) + 0.5),
                    (int)(a.blue + share * (b.blue - a.blue) + 0.5)};
}

static const colour white = {255, 255, 255};

static void put_colour(hn_str *out, const char *attribute, colour c) {
    hn_str_printf(out, " %s=\"#%02x%02x%02x\"", attribute, c.red, c.green, c.blue);
}

static colour value_colour(const drawing *d, double value) {
    double share = d->high > d->low ? (value - d->low) / (d->high - d->low) : 0.5;
    return mix((colour){234, 241, 248}, (colour){104, 156, 204}, share);
}

static int64_t best_class(const drawing *d) {
    int64_t best = 0;
    for (int64_t k = 1; k < d->tree->n_classes; k++)
        if (d->answer[k] > d->answer[best]) best = k;
    return best;
}

/* What a leaf is filled with: its class, the paler the less certain; or its value. */
static colour leaf_colour(const drawing *d) {
    if (d->tree->n_classes == 0) return value_colour(d, d->answer[0]);
    int64_t best = best_class(d);
    double least = 1.0 / (double)d->tree->n_classes;
    double certain = (d->answer[best] - least) / (1 - least);
    return mix(white, palette[best % PALETTE], 0.10 + 0.38 * (certain > 0 ? certain : 0));
}

/* ---- texts ---------------------------------------------------------------------------------- */

static void put_escaped(hn_str *out, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '&')
            hn_str_put(out, "&amp;");
        else if (c == '<')
            hn_str_put(out, "&lt;");
        else if (c == '>')
            hn_str_put(out, "&gt;");
        else if (c == '"')
            hn_str_put(out, "&quot;");
        else if (c >= ' ')
            hn_str_put_c(out, (char)c);
    }
}

/* d->text, at most so many letters; a cut says so. */
static void put_cut(drawing *d, int letters) {
    const char *text = d->text.text;
    size_t at = 0;
    int n = 0;
    while (text[at] && n < letters) {
        at++;
        while (((unsigned char)text[at] & 0xc0) == 0x80) at++;
        n++;
    }
    if (!text[at]) {
        put_escaped(d->out, text, at);
        return;
    }
    while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80) at--;
    put_escaped(d->out, text, at > 0 ? at - 1 : 0);
    hn_str_put(d->out, "\xe2\x80\xa6");
}

static void put_rows(hn_str *str, int64_t rows) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)rows);
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) hn_str_put_c(str, ',');
        hn_str_put_c(str, digits[i]);
    }
    hn_str_put(str, rows == 1 ? " row" : " rows");
}

/* What the second line says: "1,204 rows, impurity 0.31". */
static void put_facts(drawing *d, int32_t i) {
    hn_str_clear(&d->text);
    if (d->tree->rows) put_rows(&d->text, d->tree->rows[i]);
    if (d->tree->n_classes == 0 && d->nodes[i].feature >= 0 && d->tree->value) {
        hn_str_put(&d->text, " \xc2\xb7 mean ");
        hn_tree_number(d->answer[0], &d->text);
    } else if (d->tree->impurity && d->tree->n_classes > 0) {
        hn_str_printf(&d->text, " \xc2\xb7 impurity ");
        double impurity = d->tree->impurity[i];
        hn_tree_number(impurity < 1e3 ? floor(impurity * 1e3 + 0.5) / 1e3 : impurity, &d->text);
    }
    put_cut(d, 32);
}

static void put_answer(drawing *d) {
    hn_str_clear(&d->text);
    if (d->tree->n_classes == 0) {
        hn_tree_number(d->answer[0], &d->text);
        put_cut(d, d->letters);
        return;
    }
    int64_t best = best_class(d);
    hn_tree_class(d->tree, best, &d->text);
    put_cut(d, d->letters - 5);
    hn_str_printf(d->out, " %d%%", (int)(100 * d->answer[best] + 0.5));
}

/* ---- boxes and edges ------------------------------------------------------------------------ */

static void put_edge(drawing *d, int32_t from, int32_t to) {
    int x1 = centre(d, from), y1 = top(d, from) + TALL, x2 = centre(d, to), y2 = top(d, to);
    int middle = (y1 + y2) / 2;
    double width = 1.6;
    if (d->tree->rows && d->tree->rows[0] > 0)
        width = 1.4 + 16.0 * (double)d->tree->rows[to] / (double)d->tree->rows[0];
    hn_str_printf(d->out, "<path d=\"M%d %dC%d %d %d %d %d %d\" stroke-width=\"", x1, y1, x1,
                  middle, x2, middle, x2, y2);
    hn_tree_number(floor(width * 10 + 0.5) / 10, d->out);
    hn_str_put(d->out, "\"/>\n");
}

/* Class shares as a bar along the bottom of a box. */
static void put_shares(drawing *d, int x, int y) {
    enum { HIGH = 7, INSET = 12 };
    double at = 0, width = d->box - 2 * INSET;
    for (int64_t k = 0; k < d->tree->n_classes; k++) {
        double share = d->answer[k] * width;
        if (share < 0.25) continue;
        hn_str_printf(d->out, "<rect x=\"");
        hn_tree_number(x + INSET + floor(at * 10) / 10, d->out);
        hn_str_printf(d->out, "\" y=\"%d\" width=\"", y + TALL - HIGH - 7);
        hn_tree_number(floor(share * 10 + 0.5) / 10, d->out);
        hn_str_printf(d->out, "\" height=\"%d\"", HIGH);
        put_colour(d->out, "fill", palette[k % PALETTE]);
        hn_str_put(d->out, "/>");
        at += share;
    }
}

static void put_title(drawing *d, int32_t i) {
    hn_str_clear(&d->text);
    if (d->nodes[i].feature >= 0) {
        hn_tree_condition(d->tree, i, 50, " <= ", &d->text);
        hn_str_put(d->out, "<title>");
        put_escaped(d->out, d->text.text, d->text.length);
        hn_str_put(d->out, "</title>");
    }
}

static void put_node(drawing *d, int32_t i) {
    int x = centre(d, i) - d->box / 2, y = top(d, i);
    bool leaf = d->nodes[i].feature < 0, below = !leaf && is_end(d, i);
    bool known = hn_tree_answer(d->tree, i, d->answer), bar = known && d->tree->n_classes > 0;
    hn_str_put(d->out, "<g>");
    put_title(d, i);
    hn_str_printf(d->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"", x, y,
                  d->box, TALL, leaf ? 16 : 6);
    put_colour(d->out, "fill", leaf || (known && below) ? leaf_colour(d) : white);
    hn_str_put(d->out, below  ? " stroke=\"#8a97a8\" stroke-dasharray=\"4 3\"/>"
                       : leaf ? " stroke=\"#b9c3cf\"/>"
                              : " stroke=\"#6b7a8c\"/>");
    int line = bar ? y + 19 : y + 25;
    hn_str_printf(d->out, "<text class=\"b\" x=\"%d\" y=\"%d\">", centre(d, i), line);
    if (leaf) {
        put_answer(d);
    } else if (below) {
        hn_str_printf(d->out, "%lld leaves below", (long long)d->leaves[i]);
    } else {
        put_condition(d, i);
        put_cut(d, d->letters);
    }
    hn_str_printf(d->out, "</text><text x=\"%d\" y=\"%d\">", centre(d, i), line + 16);
    put_facts(d, i);
    hn_str_put(d->out, "</text>");
    if (bar) put_shares(d, x, y);
    hn_str_put(d->out, "</g>\n");
}

/* ---- the page ------------------------------------------------------------------------------- */

static void put_head(drawing *d, int width, int height) {
    const hn_shown *shown = d->tree->shown;
    hn_str_printf(
        d->out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
        "height=\"%d\">\n<style>text{font:11px system-ui,'Segoe UI',Roboto,'Helvetica Neue',"
        "'DejaVu Sans',Arial,sans-serif;fill:#51606f;text-anchor:middle}.b{font-size:12.5px;"
        "font-weight:600;fill:#1d2733}.t{font-size:16px;font-weight:600;fill:#1d2733;"
        "text-anchor:start}.l{text-anchor:start}</style>\n<rect width=\"%d\" height=\"%d\" "
        "fill=\"#fff\"/>\n<text class=\"t\" x=\"%d\" y=\"32\">",
        width, height, width, height, width, height, MARGIN);
    hn_str_clear(&d->text);
    hn_str_put(&d->text, shown->target ? shown->target : "Tree");
    put_cut(d, 60);
    if (d->tree->trees->n_trees > 1)
        hn_str_printf(d->out, ", tree %lld of %lld", (long long)shown->part + 1,
                      (long long)d->tree->trees->n_trees);
    hn_str_printf(d->out, "</text>\n<text class=\"l\" x=\"%d\" y=\"52\">left: the condition holds",
                  MARGIN);
    if (d->depth_shown < d->depth_all)
        hn_str_printf(d->out, " \xc2\xb7 %d of %d levels are drawn", (int)d->depth_shown + 1,
                      (int)d->depth_all + 1);
    hn_str_put(d->out, "</text>\n");
}

/* The classes' colours, from the right end of the head. */
static void put_legend(drawing *d, int x) {
    int64_t n = d->tree->n_classes < LEGEND ? d->tree->n_classes : LEGEND;
    for (int64_t k = 0; k < n; k++) {
        hn_str_printf(d->out, "<rect x=\"%d\" y=\"22\" width=\"12\" height=\"12\" rx=\"3\"", x);
        put_colour(d->out, "fill", palette[k % PALETTE]);
        hn_str_printf(d->out, "/><text class=\"l\" x=\"%d\" y=\"32\">", x + 18);
        hn_str_clear(&d->text);
        hn_tree_class(d->tree, k, &d->text);
        size_t letters = d->text.length < 18 ? d->text.length : 18;
        put_cut(d, 18);
        hn_str_put(d->out, "</text>\n");
        x += 36 + 7 * (int)letters;
    }
}

static hone_status draw(hone_ctx *ctx, drawing *d) {
    int64_t leaves;
    HN_TRY(lay_out(ctx, d, &leaves));
    set_box(d);
    d->low = INFINITY;
    d->high = -INFINITY;
    for (int32_t i = 0; i < d->n && d->tree->n_classes == 0; i++) {
        if (d->depth[i] > d->depth_shown || !hn_tree_answer(d->tree, i, d->answer)) continue;
        if (d->answer[0] < d->low) d->low = d->answer[0];
        if (d->answer[0] > d->high) d->high = d->answer[0];
    }
    int wide = (int)(leaves * (d->box + GAP)) - GAP + 2 * MARGIN,
        least = 520 + 60 * (int)d->tree->n_classes;
    int width = wide > least ? wide : least;
    put_head(d, width, HEAD + d->depth_shown * LEVEL + TALL + MARGIN);
    hn_str_clear(&d->text);
    hn_str_put(&d->text, d->tree->shown->target ? d->tree->shown->target : "Tree");
    put_legend(d, MARGIN + 40 + 10 * (int)(d->text.length < 60 ? d->text.length : 60));
    hn_str_printf(d->out,
                  "<g transform=\"translate(%d 0)\">\n<g fill=\"none\" stroke=\"#d3dce6\">\n",
                  (width - wide) / 2);
    for (int32_t i = 0; i < d->n; i++) {
        if (d->depth[i] >= d->depth_shown || d->nodes[i].feature < 0) continue;
        put_edge(d, i, d->nodes[i].left);
        put_edge(d, i, d->nodes[i].left + 1);
    }
    hn_str_put(d->out, "</g>\n");
    for (int32_t i = 0; i < d->n; i++)
        if (d->depth[i] <= d->depth_shown) put_node(d, i);
    hn_str_put(d->out, "</g>\n</svg>\n");
    return hn_str_status(d->out);
}

hone_status hn_tree_drawing(hone_ctx *ctx, const hn_tree_shown *tree, hn_str *str) {
    HN_TRY(hn_tree_check_shown(ctx, tree));
    HN_SCRATCH(ctx);
    const int64_t *first = tree->trees->first + tree->shown->part;
    drawing d = {.tree = tree,
                 .nodes = tree->trees->nodes + first[0],
                 .n = (int32_t)(first[1] - first[0]),
                 .out = str};
    hn_str_init(&d.text, ctx, ctx->scratch);
    HN_TRY(HN_SCRATCH_NEW(ctx, d.answer, tree->n_classes + 1));
    HN_TRY(draw(ctx, &d));
    return hn_str_status(&d.text);
}
