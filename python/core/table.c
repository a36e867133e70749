/* table.c - Python's arrays, sparse matrices, columns and Arrow capsules as tables; see core.h. */
#include "core.h"

#include <stdlib.h>
#include <string.h>

PyTypeObject *core_table_type;

/* ---- the object ----------------------------------------------------------------------------- */

static core_table *new_table(Py_ssize_t n_views) {
    PyObject *(*alloc)(PyTypeObject *, Py_ssize_t) =
        (PyObject * (*)(PyTypeObject *, Py_ssize_t)) PyType_GetSlot(core_table_type, Py_tp_alloc);
    core_table *self = (core_table *)alloc(core_table_type, 0);
    if (self == NULL || n_views == 0) return self;
    self->views = calloc((size_t)n_views, sizeof *self->views);
    if (self->views != NULL) return self;
    Py_DECREF(self);
    return (core_table *)(void *)PyErr_NoMemory();
}

PyObject *core_table_wrap(hone_table *table) {
    core_table *self = new_table(0);
    if (self != NULL) {
        self->table = table;
        return (PyObject *)self;
    }
    hone_table_free(core_freer, table);
    return NULL;
}

PyObject *core_table_dismiss(core_worker *worker, hone_status status, hone_table *table) {
    if (core_dismiss(worker, status) == 0) return core_table_wrap(table);
    hone_table_free(core_freer, table);
    return NULL;
}

static void table_dealloc(PyObject *object) {
    core_table *self = (core_table *)object;
    PyTypeObject *type = Py_TYPE(object);
    if (self->table != NULL) hone_table_free(core_freer, self->table);
    for (Py_ssize_t i = 0; i < self->n_views; i++) PyBuffer_Release(&self->views[i]);
    free(self->views);
    Py_XDECREF(self->source);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

hone_table *core_table_of(PyObject *object) {
    if (PyObject_TypeCheck(object, core_table_type)) return ((core_table *)object)->table;
    PyErr_SetString(PyExc_TypeError, "this takes a hone.Table");
    return NULL;
}

/* Borrows from object; NULL stands for None. */
static int add_view(core_table *self, PyObject *object, const void **ret_values,
                    Py_ssize_t *ret_bytes) {
    *ret_values = NULL;
    if (object == Py_None) return 0;
    Py_buffer *view = &self->views[self->n_views];
    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) != 0) return -1;
    self->n_views++;
    *ret_values = view->buf;
    *ret_bytes = view->len;
    return 0;
}

static int short_buffer(void) {
    PyErr_SetString(PyExc_ValueError, "a buffer is shorter than its table");
    return -1;
}

/* ---- matrices ------------------------------------------------------------------------------- */

const char *core_matrix_type(const Py_buffer *view) {
    if (view->ndim != 2 || view->format == NULL || view->format[0] == '\0' || view->format[1])
        return NULL;
    if (view->strides[0] % view->itemsize != 0 || view->strides[1] % view->itemsize != 0 ||
        (uintptr_t)view->buf % (size_t)view->itemsize != 0)
        return NULL;
    switch (view->format[0]) {
    case 'd': return "float64";
    case 'f': return "float32";
    case 'l':
    case 'q': return view->itemsize == 8 ? "int64" : NULL;
    case '?': return "bool";
    default: return NULL;
    }
}

/* Names as C strings, borrowed from the tuple; *ret_names NULL for None. To be freed. */
static int take_names(PyObject *names, Py_ssize_t n, const char ***ret_names) {
    *ret_names = NULL;
    if (names == Py_None) return 0;
    if (!PyTuple_Check(names) || PyTuple_Size(names) != n) {
        PyErr_SetString(PyExc_ValueError, "there must be a name for each column");
        return -1;
    }
    const char **texts = calloc((size_t)n + 1, sizeof *texts);
    if (texts == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        texts[i] = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(names, i), NULL);
        if (texts[i] != NULL) continue;
        free(texts);
        return -1;
    }
    *ret_names = texts;
    return 0;
}

/* self with its table, or NULL with the exception that status stands for. */
static PyObject *finish(core_table *self, core_worker *worker, hone_status status) {
    if (core_dismiss(worker, status) == 0) return (PyObject *)self;
    Py_DECREF(self);
    return NULL;
}

PyObject *core_matrix(PyObject *module, PyObject *args) {
    PyObject *array, *names;
    const char **texts;
    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &array, &names)) return NULL;
    core_table *self = new_table(1);
    if (self == NULL) return NULL;
    Py_buffer *view = &self->views[0];
    if (PyObject_GetBuffer(array, view, PyBUF_RECORDS_RO) != 0) goto failed;
    self->n_views = 1;
    const char *type = core_matrix_type(view);
    if (type == NULL) {
        Py_DECREF(self);
        Py_RETURN_NONE;
    }
    if (take_names(names, view->shape[1], &texts) != 0) goto failed;
    core_worker *worker = core_hire(1);
    if (worker == NULL) {
        free(texts);
        goto failed;
    }
    hone_status status =
        hone_table_from_matrix(worker->ctx, view->buf, type, view->shape[0], view->shape[1],
                               view->strides[0], view->strides[1], texts, &self->table);
    free(texts);
    return finish(self, worker, status);
failed:
    Py_DECREF(self);
    return NULL;
}

PyObject *core_csr(PyObject *module, PyObject *args) {
    PyObject *arrays[3], *names;
    const void *values[3];
    const char **texts;
    Py_ssize_t bytes[3] = {0}, rows, columns;
    (void)module;
    if (!PyArg_ParseTuple(args, "OOOnnO", &arrays[0], &arrays[1], &arrays[2], &rows, &columns,
                          &names))
        return NULL;
    core_table *self = new_table(3);
    if (self == NULL) return NULL;
    for (int i = 0; i < 3; i++)
        if (add_view(self, arrays[i], &values[i], &bytes[i]) != 0) goto failed;
    const int64_t *start = values[0];
    if (rows < 0 || bytes[0] / 8 - 1 < rows || start[rows] < 0 || bytes[1] / 4 < start[rows] ||
        bytes[2] / 8 < start[rows]) {
        short_buffer();
        goto failed;
    }
    if (take_names(names, columns, &texts) != 0) goto failed;
    core_worker *worker = core_hire(1);
    if (worker == NULL) {
        free(texts);
        goto failed;
    }
    hone_status status = hone_table_from_csr(worker->ctx, start, values[1], values[2], rows,
                                             columns, texts, &self->table);
    free(texts);
    return finish(self, worker, status);
failed:
    Py_DECREF(self);
    return NULL;
}

/* ---- columns --------------------------------------------------------------------------------
 * Described as Arrow arrays, which hone borrows from; the table object keeps what they point to. */

typedef struct frame {
    struct ArrowSchema *schemas,
        **schema_pointers; /* two for each column: its own, its dictionary's */
    struct ArrowArray *arrays, **array_pointers;
    const void **buffers; /* three for each of the above */
    Py_ssize_t n;
} frame;

static void release_array(struct ArrowArray *array) { array->release = NULL; }
static void release_schema(struct ArrowSchema *schema) { schema->release = NULL; }

static int frame_init(frame *f, Py_ssize_t n) {
    *f = (frame){.n = n};
    f->schemas = calloc((size_t)(2 * n + 1), sizeof *f->schemas);
    f->arrays = calloc((size_t)(2 * n + 1), sizeof *f->arrays);
    f->schema_pointers = calloc((size_t)n + 1, sizeof *f->schema_pointers);
    f->array_pointers = calloc((size_t)n + 1, sizeof *f->array_pointers);
    f->buffers = calloc((size_t)(6 * n + 3), sizeof *f->buffers);
    if (f->schemas && f->arrays && f->schema_pointers && f->array_pointers && f->buffers) return 0;
    PyErr_NoMemory();
    return -1;
}

static void frame_done(frame *f) {
    free(f->schemas);
    free(f->arrays);
    free(f->schema_pointers);
    free(f->array_pointers);
    free(f->buffers);
}

static void describe(frame *f, Py_ssize_t at, const char *name, const char *format,
                     int64_t length) {
    f->schemas[at] = (struct ArrowSchema){
        .name = name, .format = format, .flags = ARROW_FLAG_NULLABLE, .release = release_schema};
    f->arrays[at] = (struct ArrowArray){
        .length = length, .n_buffers = 2, .buffers = f->buffers + 3 * at, .release = release_array};
}

/* A list of str and None as Arrow text: validity, offsets and bytes in one block. */
static int put_texts(frame *f, Py_ssize_t at, PyObject *texts) {
    Py_ssize_t n = PyList_Size(texts), size;
    if (n < 0) return -1;
    size_t total = 0, bits = (size_t)(n + 63) / 64 * 8;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *text = PyList_GetItem(texts, i);
        if (text == Py_None) continue;
        if (PyUnicode_AsUTF8AndSize(text, &size) == NULL) return -1;
        total += (size_t)size;
    }
    unsigned char *valid = calloc(1, bits + (size_t)(n + 1) * 8 + total + 1);
    if (valid == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int64_t *offsets = (int64_t *)(void *)(valid + bits);
    char *bytes = (char *)(offsets + n + 1);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *text = PyList_GetItem(texts, i);
        offsets[i + 1] = offsets[i];
        if (text == Py_None) continue;
        const char *utf8 = PyUnicode_AsUTF8AndSize(text, &size);
        memcpy(bytes + offsets[i], utf8, (size_t)size);
        offsets[i + 1] += size;
        valid[i >> 3] |= (unsigned char)(1u << (i & 7));
    }
    f->arrays[at].null_count = -1;
    f->arrays[at].n_buffers = 3;
    f->arrays[at].buffers[0] = valid;
    f->arrays[at].buffers[1] = offsets;
    f->arrays[at].buffers[2] = bytes;
    return 0;
}

/* Bytes of an Arrow type's elements, in bits. */
static Py_ssize_t bits_of(const char *format) {
    static const struct {
        const char *letters;
        Py_ssize_t bits;
    } widths[] = {{"b", 1}, {"cC", 8}, {"sSe", 16}, {"iIf", 32}, {"lLgt", 64}};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (strchr(widths[i].letters, format[0])) return widths[i].bits;
    return 0;
}

static int put_column(core_table *self, frame *f, Py_ssize_t j, PyObject *column, int64_t rows) {
    const char *name, *format;
    PyObject *values, *valid, *texts;
    Py_ssize_t bytes = 0, bits;
    if (!PyArg_ParseTuple(column, "ssOOO", &name, &format, &values, &valid, &texts)) return -1;
    describe(f, j, name, format, rows);
    f->schema_pointers[j] = &f->schemas[j];
    f->array_pointers[j] = &f->arrays[j];
    if (strcmp(format, "U") == 0) {
        if (PyList_Check(values) && PyList_Size(values) == rows) return put_texts(f, j, values);
        return short_buffer();
    }
    bits = bits_of(format);
    if (add_view(self, values, &f->arrays[j].buffers[1], &bytes) != 0) return -1;
    if (bits == 0 || bytes * 8 / bits < rows) return short_buffer();
    if (valid != Py_None) {
        if (add_view(self, valid, &f->arrays[j].buffers[0], &bytes) != 0) return -1;
        if (bytes * 8 < rows) return short_buffer();
        f->arrays[j].null_count = -1;
    }
    if (texts == Py_None) return 0;
    if (!PyList_Check(texts)) return short_buffer();
    describe(f, f->n + j, "", "U", PyList_Size(texts));
    f->schemas[j].dictionary = &f->schemas[f->n + j];
    f->arrays[j].dictionary = &f->arrays[f->n + j];
    return put_texts(f, f->n + j, texts);
}

PyObject *core_columns(PyObject *module, PyObject *args) {
    PyObject *columns;
    Py_ssize_t rows;
    frame f = {0};
    (void)module;
    if (!PyArg_ParseTuple(args, "nO!", &rows, &PyList_Type, &columns)) return NULL;
    Py_ssize_t n = PyList_Size(columns);
    core_table *self = new_table(2 * n + 1);
    core_worker *worker = self != NULL ? core_hire(0) : NULL;
    hone_status status = HONE_OK;
    if (worker != NULL && frame_init(&f, n) == 0) {
        int bad = 0;
        for (Py_ssize_t j = 0; bad == 0 && j < n; j++)
            bad = put_column(self, &f, j, PyList_GetItem(columns, j), rows);
        struct ArrowSchema schema = {.format = "+s",
                                     .n_children = n,
                                     .children = f.schema_pointers,
                                     .release = release_schema};
        struct ArrowArray array = {.length = rows,
                                   .n_buffers = 1,
                                   .buffers = f.buffers + 6 * n,
                                   .n_children = n,
                                   .children = f.array_pointers,
                                   .release = release_array};
        if (bad == 0)
            CORE_CALL(worker, status, false,
                      hone_table_from_arrow(worker->ctx, &array, &schema, &self->table));
        /* Texts were copied; numbers lie in views. */
        for (Py_ssize_t i = 0; i < 2 * n; i++)
            if (f.arrays[i].n_buffers == 3) free((void *)(uintptr_t)f.arrays[i].buffers[0]);
    }
    frame_done(&f);
    if (worker != NULL) return finish(self, worker, status);
    Py_XDECREF((PyObject *)self);
    return NULL;
}

/* ---- Arrow and files ------------------------------------------------------------------------ */

PyObject *core_stream(PyObject *module, PyObject *capsule) {
    hone_table *table = NULL;
    hone_status status;
    (void)module;
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    core_worker *worker = stream != NULL ? core_hire(0) : NULL;
    if (worker == NULL) return NULL;
    /* With the GIL: the stream may be one that Python makes. */
    status = hone_table_from_arrow_stream(worker->ctx, stream, &table);
    if (stream->release != NULL) stream->release(stream);
    return core_table_dismiss(worker, status, table);
}

PyObject *core_batch(PyObject *module, PyObject *args) {
    PyObject *schema_capsule, *array_capsule;
    hone_table *table = NULL;
    hone_status status;
    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &schema_capsule, &array_capsule)) return NULL;
    struct ArrowSchema *schema = PyCapsule_GetPointer(schema_capsule, "arrow_schema");
    struct ArrowArray *array =
        schema != NULL ? PyCapsule_GetPointer(array_capsule, "arrow_array") : NULL;
    core_worker *worker = array != NULL ? core_hire(0) : NULL;
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, false, hone_table_from_arrow(worker->ctx, array, schema, &table));
    return core_table_dismiss(worker, status, table);
}

PyObject *core_read(PyObject *module, PyObject *args) {
    const char *source;
    int is_sql;
    hone_read_options options = {0};
    long long limit, skip_rows;
    hone_table *table = NULL;
    hone_status status;
    (void)module;
    if (!PyArg_ParseTuple(args, "spzzzzzLzzzzzzLz", &source, &is_sql, &options.format,
                          &options.delimiter, &options.header, &options.encoding, &options.missing,
                          &limit, &options.table, &options.query, &options.quote, &options.escape,
                          &options.comment, &options.decimal, &skip_rows, &options.range))
        return NULL;
    options.limit = limit;
    options.skip_rows = skip_rows;
    core_worker *worker = core_hire(0);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, true,
              is_sql ? hone_table_sql(worker->ctx, source, &options, &table)
                     : hone_table_read(worker->ctx, source, &options, &table));
    return core_table_dismiss(worker, status, table);
}

PyObject *core_generate(PyObject *module, PyObject *args) {
    const char *generator, *params;
    int threads;
    unsigned long long seed;
    hone_table *table = NULL;
    hone_status status;
    (void)module;
    if (!PyArg_ParseTuple(args, "ssiK", &generator, &params, &threads, &seed)) return NULL;
    core_worker *worker = core_hire_seeded(threads, seed);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, true, hone_table_generate(worker->ctx, generator, params, &table));
    return core_table_dismiss(worker, status, table);
}

PyObject *core_profile(PyObject *module, PyObject *args) {
    const char *options;
    PyObject *table, *beside;
    int threads;
    unsigned long long seed;
    char *json = NULL, *html = NULL;
    hone_status status;
    (void)module;
    if (!PyArg_ParseTuple(args, "OOsiK", &table, &beside, &options, &threads, &seed)) return NULL;
    const hone_table *rows = core_table_of(table), *other = NULL;
    if (rows == NULL) return NULL;
    if (beside != Py_None && (other = core_table_of(beside)) == NULL) return NULL;
    core_worker *worker = core_hire_seeded(threads, seed);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, true,
              hone_profile_beside(worker->ctx, rows, other, options, &json, &html));
    PyObject *numbers = status == HONE_OK ? core_text(worker, json) : NULL;
    PyObject *page = status == HONE_OK ? core_text(worker, html) : NULL;
    PyObject *both = numbers != NULL && page != NULL ? PyTuple_Pack(2, numbers, page) : NULL;
    Py_XDECREF(numbers);
    Py_XDECREF(page);
    if (core_dismiss(worker, status) == 0) return both;
    Py_XDECREF(both);
    return NULL;
}

/* ---- methods -------------------------------------------------------------------------------- */

static Py_ssize_t table_length(PyObject *self) {
    return (Py_ssize_t)hone_table_rows(((core_table *)self)->table);
}

static PyObject *list_of(PyObject *self, const char *(*get)(const hone_table *, int32_t)) {
    const hone_table *table = ((core_table *)self)->table;
    int32_t n = hone_table_columns(table);
    PyObject *list = PyList_New(n);
    for (int32_t j = 0; list != NULL && j < n; j++) {
        PyObject *text = PyUnicode_FromString(get(table, j));
        if (text == NULL || PyList_SetItem(list, j, text) != 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *table_columns(PyObject *self, void *none) {
    (void)none;
    return list_of(self, hone_table_column_name);
}

static PyObject *table_types(PyObject *self, void *none) {
    (void)none;
    return list_of(self, hone_table_column_type);
}

static PyObject *table_shape(PyObject *self, void *none) {
    (void)none;
    const hone_table *table = ((core_table *)self)->table;
    return Py_BuildValue("(Li)", (long long)hone_table_rows(table), (int)hone_table_columns(table));
}

static PyObject *table_matrix(PyObject *self, PyObject *none) {
    const hone_table *table = ((core_table *)self)->table;
    Py_buffer view;
    hone_status status;
    (void)none;
    core_worker *worker = core_hire(0);
    if (worker == NULL) return NULL;
    PyObject *array = core_array(core.float64, (Py_ssize_t)hone_table_rows(table),
                                 hone_table_columns(table), &view);
    if (array == NULL) {
        core_dismiss(worker, HONE_OK);
        return NULL;
    }
    CORE_CALL(worker, status, false, hone_table_to_matrix(worker->ctx, table, view.buf));
    PyBuffer_Release(&view);
    if (core_dismiss(worker, status) == 0) return array;
    Py_DECREF(array);
    return NULL;
}

/* Where the values of matrix() lie in the table's own memory already, and their type; None where they don't. */
static PyObject *table_place(PyObject *self, PyObject *none) {
    const char *type;
    const void *values = hone_table_as_matrix(((core_table *)self)->table, &type);
    (void)none;
    if (values == NULL) Py_RETURN_NONE;
    return Py_BuildValue("(Ns)", PyLong_FromVoidPtr((void *)(uintptr_t)values), type);
}

static PyObject *table_write(PyObject *self, PyObject *args) {
    const char *path;
    hone_status status;
    if (!PyArg_ParseTuple(args, "s", &path)) return NULL;
    core_worker *worker = core_hire(0);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, true,
              hone_table_write(worker->ctx, ((core_table *)self)->table, path));
    if (core_dismiss(worker, status) != 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *table_register(PyObject *self, PyObject *args) {
    const char *name, *folder;
    char *reference = NULL;
    hone_status status;
    if (!PyArg_ParseTuple(args, "sz", &name, &folder)) return NULL;
    core_worker *worker = core_hire(0);
    if (worker == NULL) return NULL;
    CORE_CALL(
        worker, status, true,
        hone_table_register(worker->ctx, ((core_table *)self)->table, name, folder, &reference));
    return core_text_dismiss(worker, status, reference);
}

static PyObject *table_hash(PyObject *self, PyObject *none) {
    char hex[65];
    hone_status status;
    (void)none;
    core_worker *worker = core_hire(0);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, false,
              hone_table_hash(worker->ctx, ((core_table *)self)->table, hex));
    return core_dismiss(worker, status) == 0 ? PyUnicode_FromString(hex) : NULL;
}

static PyMethodDef methods[] = {
    {"matrix", table_matrix, METH_NOARGS, "All columns as one float64 array, NaN where missing."},
    {"_place", table_place, METH_NOARGS, NULL},
    {"_write", table_write, METH_VARARGS, NULL},
    {"_register", table_register, METH_VARARGS, NULL},
    {"hash", table_hash, METH_NOARGS,
     "64 hex digits that depend on names, types and values alone."},
    {"_parts", core_table_parts, METH_NOARGS, NULL},
    {"__arrow_c_array__", (PyCFunction)(void (*)(void))core_table_arrow_array,
     METH_VARARGS | METH_KEYWORDS, "The Arrow PyCapsule interface."},
    {"__arrow_c_stream__", (PyCFunction)(void (*)(void))core_table_arrow_stream,
     METH_VARARGS | METH_KEYWORDS, "The Arrow PyCapsule interface."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef members[] = {
    {"columns", table_columns, NULL, "Names of the columns.", NULL},
    {"types", table_types, NULL, "Types of the columns: 'float64', 'category', ...", NULL},
    {"shape", table_shape, NULL, "(rows, columns)", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, (void *)table_dealloc},
    {Py_tp_doc,
     (void *)(uintptr_t) "Typed columns of equal length, with missing values and categories. "
                         "Made once, never changed."},
    {Py_tp_methods, methods},
    {Py_tp_getset, members},
    {Py_sq_length, (void *)table_length},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "hone.Table",
    .basicsize = sizeof(core_table),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

int core_table_ready(PyObject *module) {
    PyObject *type = PyType_FromSpec(&spec);
    if (type == NULL) return -1;
    core_table_type = (PyTypeObject *)type;
    Py_INCREF(type);
    return PyModule_AddObject(module, "Table", type);
}
