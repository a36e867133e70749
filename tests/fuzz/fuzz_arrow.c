/* fuzz_arrow.c - Arrow arrays with arbitrary counts, formats, offsets and indices.
 *
 * The interface says nothing of how long a buffer is, so buffers here are as long as honest counts need
 * them to be and what is in them is arbitrary; counts are kept within those lengths, or are absurd. */
#include "table/arrow.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 64, ROOM = 2 * ROWS * 16, TEXT = 256 };

static void ignore_array(struct ArrowArray *array) { array->release = NULL; }
static void ignore_schema(struct ArrowSchema *schema) { schema->release = NULL; }

typedef struct input {
    const uint8_t *bytes;
    size_t length;
} input;

static uint8_t next(input *in) {
    if (in->length == 0) return 0;
    in->length--;
    return *in->bytes++;
}

static void fill(input *in, void *buffer, size_t size) {
    memset(buffer, 0, size);
    size_t n = in->length < size ? in->length : size;
    memcpy(buffer, in->bytes, n);
    in->bytes += n;
    in->length -= n;
}

/* Mostly small, sometimes absurd. */
static int64_t count(input *in, int64_t most) {
    static const int64_t absurd[] = {-1, INT64_MIN, INT64_MAX, INT64_MAX / 2, INT64_MAX / 16 + 1};
    uint8_t byte = next(in);
    if (byte > 250) return absurd[byte - 251];
    return byte % (most + 1);
}

/* Offsets of size bytes: at most 255, or negative. */
static void bound(char *offsets, size_t size) {
    for (size_t i = 0; i + size <= ROOM; i += size)
        memset(offsets + i + 1, offsets[i + 1] == 7 ? 0xff : 0, size - 1);
}

static const char *const formats[] = {
    "c",    "C",       "s",    "S",       "i",        "I",          "l",   "L",   "e",   "f",
    "g",    "b",       "n",    "u",       "U",        "vu",         "z",   "tdD", "tdm", "tss:",
    "tsm:", "tsu:UTC", "tsn:", "d:38,10", "d:9,2,32", "d:18,-3,64", "d:,", "+l",  "",    "tt"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    /* What steers comes first, so that short inputs reach far; then what fills the buffers. */
    const char *format = formats[next(&in) % (sizeof formats / sizeof formats[0])];
    uint8_t choice = next(&in);
    bool dictionary = choice & 1;
    uint8_t valid[ROWS];
    char *values = malloc(ROOM), *offsets = malloc(ROOM), *bytes = calloc(1, TEXT);
    int64_t sizes[1] = {TEXT};
    const void *buffers[4] = {choice & 2 ? valid : NULL, values, bytes, sizes};
    const void *text_buffers[3] = {choice & 4 ? valid : NULL, offsets, bytes};
    const void *root_buffers[1] = {choice & 8 ? valid : NULL};
    struct ArrowArray texts = {.n_buffers = 3, .buffers = text_buffers, .release = ignore_array};
    struct ArrowArray column = {.n_buffers = 4,
                                .buffers = buffers,
                                .dictionary = dictionary ? &texts : NULL,
                                .release = ignore_array};
    struct ArrowArray *columns[] = {&column};
    struct ArrowArray root = {.null_count = -1,
                              .n_buffers = 1,
                              .buffers = root_buffers,
                              .n_children = 1,
                              .children = columns,
                              .release = ignore_array};
    struct ArrowArray *arrays[] = {&texts, &column, &root};
    for (int i = 0; i < 3; i++) {
        arrays[i]->length = count(&in, ROWS / 2);
        arrays[i]->offset = count(&in, ROWS / 2);
    }
    texts.null_count = choice & 4 ? -1 : 0;
    column.null_count = choice & 2 ? -1 : 0;
    struct ArrowSchema texts_schema = {.format = choice & 16   ? "u"
                                                 : choice & 32 ? "g"
                                                               : "U",
                                       .release = ignore_schema};
    struct ArrowSchema schema = {.format = format,
                                 .name = "x",
                                 .dictionary = dictionary ? &texts_schema : NULL,
                                 .release = ignore_schema};
    struct ArrowSchema *schemas[] = {&schema};
    struct ArrowSchema root_schema = {
        .format = "+s", .n_children = 1, .children = schemas, .release = ignore_schema};
    fill(&in, valid, sizeof valid);
    fill(&in, values, ROOM);
    fill(&in, offsets, ROOM);
    fill(&in, bytes, TEXT);
    /* Honest sizes: offsets stay within the text, or are negative. */
    if (!dictionary && (format[0] == 'u' || format[0] == 'U'))
        bound(values, format[0] == 'u' ? 4 : 8);
    bound(offsets, choice & 16 ? 4 : 8);

    hone_ctx_options options = {.threads = 1};
    hone_ctx *ctx = hone_ctx_new(&options);
    hone_table *table;
    char hex[65];
    if (hn_arrow_import(ctx, &root, &root_schema, &table) == HONE_OK) {
        struct ArrowArray array;
        struct ArrowSchema out;
        if (hn_table_hash(ctx, &table->view, hex) != HONE_OK) abort();
        if (hn_arrow_export(ctx, &table->view, &array, &out) == HONE_OK) {
            array.release(&array);
            out.release(&out);
        }
        hone_table_free(ctx, table);
    }
    hone_ctx_free(ctx);
    free(values);
    free(bytes);
    free(offsets);
    return 0;
}
