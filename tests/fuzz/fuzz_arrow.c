/* fuzz_arrow.c - Arrow arrays with arbitrary counts, formats, offsets and indices.
 *
 * The interface says nothing of how long a buffer is, so buffers here are as long as honest counts need
 * them to be and what is in them is arbitrary; counts are kept within those lengths, or are absurd. */
#include "table/arrow.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 64, ROOM = (ROWS + 8) * 16 };

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
    static const int64_t absurd[] = {-1, INT64_MIN, INT64_MAX, INT64_MAX / 2, INT32_MAX};
    uint8_t byte = next(in);
    if (byte < 5) return absurd[byte];
    return byte % (most + 1);
}

static const char *const formats[] = {
    "c",    "C",       "s",    "S",       "i",        "I",          "l",   "L",   "e",   "f",
    "g",    "b",       "n",    "u",       "U",        "vu",         "z",   "tdD", "tdm", "tss:",
    "tsm:", "tsu:UTC", "tsn:", "d:38,10", "d:9,2,32", "d:18,-3,64", "d:,", "+l",  "",    "tt"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    /* Text buffers are as long as any 16-bit offset; larger offsets are masked out below. */
    char *values = malloc(ROOM), *bytes = calloc(1, 1 << 16), *offsets = malloc(ROOM);
    uint8_t valid[ROWS];
    int64_t sizes[1] = {1 << 16};
    const char *format = formats[next(&in) % (sizeof formats / sizeof formats[0])];
    bool dictionary = next(&in) % 3 == 0;
    fill(&in, valid, sizeof valid);
    fill(&in, values, ROOM);
    fill(&in, offsets, ROOM);
    char width = dictionary ? 'u' : format[0];
    if (width == 'u' || width == 'U') {
        char *at = dictionary ? offsets : values;
        size_t step = width == 'u' ? 4 : 8;
        for (size_t i = 0; i + step <= ROOM; i += step)
            memset(at + i + 2, at[i + 2] == 7 ? 0xff : 0, step - 2);
    }
    const void *buffers[4] = {next(&in) % 2 ? valid : NULL, values, bytes, sizes};
    const void *dictionary_buffers[3] = {NULL, offsets, bytes};
    const void *root_buffers[1] = {next(&in) % 4 ? NULL : valid};
    struct ArrowArray texts = {.length = count(&in, ROWS / 2),
                               .n_buffers = 3,
                               .offset = count(&in, ROWS / 2),
                               .buffers = dictionary_buffers,
                               .release = ignore_array};
    struct ArrowArray column = {.length = count(&in, ROWS / 2),
                                .null_count = next(&in) % 3 - 1,
                                .offset = count(&in, ROWS / 2),
                                .n_buffers = 4,
                                .buffers = buffers,
                                .dictionary = dictionary ? &texts : NULL,
                                .release = ignore_array};
    struct ArrowArray *columns[] = {&column};
    struct ArrowArray root = {.length = count(&in, ROWS / 2),
                              .null_count = -1,
                              .offset = count(&in, ROWS / 2),
                              .n_buffers = 1,
                              .buffers = root_buffers,
                              .n_children = 1,
                              .children = columns,
                              .release = ignore_array};
    struct ArrowSchema texts_schema = {.format = next(&in) % 8 ? "u" : "g",
                                       .release = ignore_schema};
    struct ArrowSchema schema = {.format = format,
                                 .name = "x",
                                 .dictionary = dictionary ? &texts_schema : NULL,
                                 .release = ignore_schema};
    struct ArrowSchema *schemas[] = {&schema};
    struct ArrowSchema root_schema = {
        .format = "+s", .n_children = 1, .children = schemas, .release = ignore_schema};

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
