/* export.c - tables for others: as Arrow capsules, and column by column for who has no Arrow. */
#include "core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- capsules ------------------------------------------------------------------------------- */

static void schema_destroy(PyObject *capsule) {
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema->release != NULL) schema->release(schema);
    free(schema);
}

static void array_destroy(PyObject *capsule) {
    struct ArrowArray *array = PyCapsule_GetPointer(capsule, "arrow_array");
    if (array->release != NULL) array->release(array);
    free(array);
}

static void stream_destroy(PyObject *capsule) {
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream->release != NULL) stream->release(stream);
    free(stream);
}

/* The copy that hone makes owns itself. */
static int export_table(PyObject *self, struct ArrowArray *ret_array,
                        struct ArrowSchema *ret_schema) {
    hone_status status;
    core_worker *worker = core_hire(0);
    if (worker == NULL) return -1;
    CORE_CALL(worker, status, false,
              hone_table_to_arrow(worker->ctx, ((core_table *)self)->table, ret_array, ret_schema));
    return core_dismiss(worker, status);
}

/* One keyword is taken, and need not be followed: requested_schema. */
static int take_requested(PyObject *args, PyObject *named) {
    static char name[] = "requested_schema", *names[] = {name, NULL};
    PyObject *requested = NULL;
    return PyArg_ParseTupleAndKeywords(args, named, "|O", names, &requested) ? 0 : -1;
}

PyObject *core_table_arrow_array(PyObject *self, PyObject *args, PyObject *named) {
    if (take_requested(args, named) != 0) return NULL;
    struct ArrowArray *array = calloc(1, sizeof *array);
    struct ArrowSchema *schema = calloc(1, sizeof *schema);
    if (array == NULL || schema == NULL || export_table(self, array, schema) != 0) {
        free(array);
        free(schema);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    PyObject *capsules[2] = {PyCapsule_New(schema, "arrow_schema", schema_destroy),
                             PyCapsule_New(array, "arrow_array", array_destroy)};
    if (capsules[0] == NULL || capsules[1] == NULL) {
        Py_XDECREF(capsules[0]);
        Py_XDECREF(capsules[1]);
        return NULL;
    }
    return Py_BuildValue("(NN)", capsules[0], capsules[1]);
}

/* ---- streams: one batch --------------------------------------------------------------------- */

typedef struct batch {
    struct ArrowArray array;   /* released once handed out */
    struct ArrowSchema schema; /* likewise */
    core_table *table;         /* to export the schema once more */
} batch;

/* May be called by any thread, several times; the schema is exported anew each time after the first. */
static int stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *ret_schema) {
    batch *b = stream->private_data;
    if (b->schema.release == NULL) {
        struct ArrowArray array = {0};
        PyGILState_STATE gil = PyGILState_Ensure();
        int bad = export_table((PyObject *)b->table, &array, &b->schema);
        PyErr_Clear();
        PyGILState_Release(gil);
        if (bad) return ENOMEM;
        array.release(&array);
    }
    *ret_schema = b->schema;
    b->schema.release = NULL;
    return 0;
}

static int stream_next(struct ArrowArrayStream *stream, struct ArrowArray *ret_array) {
    batch *b = stream->private_data;
    *ret_array = b->array;
    b->array.release = NULL;
    return 0;
}

static const char *stream_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return "out of memory";
}

static void stream_release(struct ArrowArrayStream *stream) {
    batch *b = stream->private_data;
    if (b->array.release != NULL) b->array.release(&b->array);
    if (b->schema.release != NULL) b->schema.release(&b->schema);
    PyGILState_STATE gil = PyGILState_Ensure();
    Py_DECREF((PyObject *)b->table);
    PyGILState_Release(gil);
    free(b);
    stream->release = NULL;
}

PyObject *core_table_arrow_stream(PyObject *self, PyObject *args, PyObject *named) {
    if (take_requested(args, named) != 0) return NULL;
    struct ArrowArrayStream *stream = calloc(1, sizeof *stream);
    batch *b = calloc(1, sizeof *b);
    if (stream == NULL || b == NULL || export_table(self, &b->array, &b->schema) != 0) {
        free(stream);
        free(b);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    Py_INCREF(self);
    b->table = (core_table *)self;
    *stream = (struct ArrowArrayStream){.get_schema = stream_schema,
                                        .get_next = stream_next,
                                        .get_last_error = stream_error,
                                        .release = stream_release,
                                        .private_data = b};
    PyObject *capsule = PyCapsule_New(stream, "arrow_array_stream", stream_destroy);
    if (capsule != NULL) return capsule;
    stream->release(stream);
    free(stream);
    return NULL;
}

/* ---- columns -------------------------------------------------------------------------------- */

static PyObject *bytes_or_none(const void *bytes, size_t length) {
    if (bytes == NULL && length > 0) Py_RETURN_NONE;
    return PyBytes_FromStringAndSize(bytes, (Py_ssize_t)length);
}

/* Texts of a large_utf8 array, as a list. */
static PyObject *texts_of(const struct ArrowArray *array) {
    const int64_t *offsets = array->buffers[1];
    const char *bytes = array->buffers[2];
    const uint8_t *valid = array->null_count != 0 ? array->buffers[0] : NULL;
    PyObject *list = PyList_New((Py_ssize_t)array->length);
    for (int64_t i = 0; list != NULL && i < array->length; i++) {
        PyObject *text;
        if (valid != NULL && !(valid[i >> 3] >> (i & 7) & 1)) {
            text = Py_None;
            Py_INCREF(text);
        } else {
            text = PyUnicode_DecodeUTF8(bytes ? bytes + offsets[i] : "",
                                        (Py_ssize_t)(offsets[i + 1] - offsets[i]), "replace");
        }
        if (text == NULL || PyList_SetItem(list, (Py_ssize_t)i, text) != 0) Py_CLEAR(list);
    }
    return list;
}

/* (format, values, valid, texts): bytes as Arrow has them, None where there are none; values of a
 * text column are a list. */
static PyObject *describe(const struct ArrowSchema *schema, const struct ArrowArray *array) {
    size_t n = (size_t)array->length, bits = (n + 7) / 8, size = 8;
    PyObject *values, *valid, *texts = Py_None;
    valid =
        array->null_count != 0 ? bytes_or_none(array->buffers[0], bits) : bytes_or_none(NULL, 1);
    if (strcmp(schema->format, "U") == 0) {
        values = texts_of(array);
    } else {
        if (schema->format[0] == 'f' || schema->format[0] == 'i') size = 4;
        values = bytes_or_none(array->buffers[1], schema->format[0] == 'b' ? bits : n * size);
    }
    Py_INCREF(texts);
    if (array->dictionary != NULL) {
        Py_DECREF(texts);
        texts = texts_of(array->dictionary);
    }
    if (valid != NULL && values != NULL && texts != NULL)
        return Py_BuildValue("(sNNN)", schema->format, values, valid, texts);
    Py_XDECREF(valid);
    Py_XDECREF(values);
    Py_XDECREF(texts);
    return NULL;
}

/* All columns as such. */
PyObject *core_table_parts(PyObject *self, PyObject *none) {
    struct ArrowArray array = {0};
    struct ArrowSchema schema = {0};
    (void)none;
    if (export_table(self, &array, &schema) != 0) return NULL;
    PyObject *list = PyList_New((Py_ssize_t)schema.n_children);
    for (int64_t j = 0; list != NULL && j < schema.n_children; j++) {
        PyObject *part = describe(schema.children[j], array.children[j]);
        if (part == NULL || PyList_SetItem(list, (Py_ssize_t)j, part) != 0) Py_CLEAR(list);
    }
    array.release(&array);
    schema.release(&schema);
    return list;
}
