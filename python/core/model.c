/* model.c - fitted models: made, asked, saved; see core.h. */
#include "core.h"

#include <stdlib.h>
#include <string.h>

PyTypeObject *core_model_type;

PyObject *core_model_wrap(hone_model *model, int threads) {
    PyObject *(*alloc)(PyTypeObject *, Py_ssize_t) =
        (PyObject * (*)(PyTypeObject *, Py_ssize_t)) PyType_GetSlot(core_model_type, Py_tp_alloc);
    core_model *self = (core_model *)alloc(core_model_type, 0);
    if (self == NULL) {
        hone_model_free(model);
        return NULL;
    }
    self->model = model;
    self->threads = threads;
    return (PyObject *)self;
}

/* The same, or NULL with the exception of core_dismiss. */
static PyObject *dismiss(core_worker *worker, hone_status status, hone_model *model, int threads) {
    if (core_dismiss(worker, status) == 0) return core_model_wrap(model, threads);
    hone_model_free(model);
    return NULL;
}

static void drop_row(core_row *row) {
    if (row->table != NULL) hone_table_free(core_freer, row->table);
    free(row->values);
    *row = (core_row){0};
}

static void model_dealloc(PyObject *object) {
    core_model *self = (core_model *)object;
    PyTypeObject *type = Py_TYPE(object);
    drop_row(&self->row);
    hone_model_free(self->model);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

static bool is_free(const core_model *self) {
    if (self->readers >= 0) return true;
    PyErr_SetString(PyExc_RuntimeError,
                    "the model is learning in another thread; wait for it or take a copy");
    return false;
}

core_worker *core_model_begin(core_model *self) {
    core_worker *worker = is_free(self) ? core_hire(self->threads) : NULL;
    if (worker != NULL) self->readers++;
    return worker;
}

static core_worker *begin_seeded(core_model *self, uint64_t seed) {
    core_worker *worker = is_free(self) ? core_hire_seeded(self->threads, seed) : NULL;
    if (worker != NULL) self->readers++;
    return worker;
}

int core_model_end(core_model *self, core_worker *worker, hone_status status) {
    self->readers--;
    return core_dismiss(worker, status);
}

PyObject *core_model_end_with(core_model *self, core_worker *worker, hone_status status,
                              PyObject *result) {
    if (core_model_end(self, worker, status) == 0) return result;
    Py_XDECREF(result);
    return NULL;
}

/* ---- making --------------------------------------------------------------------------------- */

/* An optional array of 8-byte numbers, one for each row (and target). */
static int take_numbers(PyObject *object, int64_t rows, Py_buffer *view, const void **ret_values) {
    *ret_values = NULL;
    view->obj = NULL;
    if (object == Py_None) return 0;
    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) != 0) return -1;
    *ret_values = view->buf;
    if (view->len / 8 == rows) return 0;
    PyErr_Format(PyExc_ValueError, "there are %zd values for %lld rows", view->len / 8,
                 (long long)rows);
    return -1;
}

typedef struct taken {
    hone_examples examples;
    hone_objective objective;
    core_functions functions;
    Py_buffer views[3];
    const char **classes, **names;
    int32_t *target_classes;
} taken;

static void give_back(taken *t) {
    for (int i = 0; i < 3; i++)
        if (t->views[i].obj != NULL) PyBuffer_Release(&t->views[i]);
    free(t->classes);
    free(t->names);
    free(t->target_classes);
}

/* A list of n texts, borrowed. */
static int take_texts(PyObject *list, Py_ssize_t n, const char ***ret_texts) {
    const char **texts = calloc((size_t)n + 1, sizeof *texts);
    if (texts == NULL) PyErr_NoMemory();
    int bad = texts == NULL || !PyList_Check(list) || PyList_Size(list) != n;
    for (Py_ssize_t c = 0; !bad && c < n; c++) {
        texts[c] = PyUnicode_AsUTF8AndSize(PyList_GetItem(list, c), NULL);
        bad = texts[c] == NULL;
    }
    if (bad && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "there must be a name for each class and target");
    *ret_texts = texts;
    return bad ? -1 : 0;
}

/* targets: None, or for each of several (its name, its number of classes); *ret_classes: of all together. */
static int take_targets(PyObject *targets, taken *t, int *ret_classes) {
    Py_ssize_t n = targets != Py_None ? PyList_Size(targets) : 0;
    if (n <= 0) return n < 0 ? -1 : 0;
    t->names = calloc((size_t)n, sizeof *t->names);
    t->target_classes = calloc((size_t)n, sizeof *t->target_classes);
    if (t->names == NULL || t->target_classes == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *ret_classes = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *name;
        if (!PyArg_ParseTuple(PyList_GetItem(targets, i), "Oi", &name, &t->target_classes[i]))
            return -1;
        t->names[i] = PyUnicode_AsUTF8AndSize(name, NULL);
        if (t->names[i] == NULL) return -1;
        *ret_classes += t->target_classes[i];
    }
    t->examples.n_targets = (int32_t)n;
    t->examples.target_classes = t->target_classes;
    t->examples.target_names = t->names;
    return 0;
}

static int take_examples(const char *task, PyObject *x, PyObject *y, PyObject *weight,
                         PyObject *group, PyObject *classes, int n_classes, PyObject *targets,
                         PyObject *objective, taken *ret_taken) {
    taken t = {.examples = {.task = task, .x = core_table_of(x), .n_classes = n_classes}};
    int64_t rows = t.examples.x != NULL ? hone_table_rows(t.examples.x) : 0;
    const void *values[3];
    int bad = t.examples.x == NULL || take_targets(targets, &t, &n_classes) != 0;
    int64_t each = t.examples.n_targets > 1 ? t.examples.n_targets : 1;
    bad = bad || take_numbers(y, rows * each, &t.views[0], &values[0]) != 0 ||
          take_numbers(weight, rows, &t.views[1], &values[1]) != 0 ||
          take_numbers(group, rows, &t.views[2], &values[2]) != 0;
    if (!bad && classes != Py_None) bad = take_texts(classes, n_classes, &t.classes) != 0;
    if (bad) {
        give_back(&t);
        return -1;
    }
    t.examples.y = values[0];
    t.examples.weight = values[1];
    t.examples.group = values[2];
    t.examples.classes = t.classes;
    *ret_taken = t;
    if (objective == Py_None) return 0;
    hone_objective *o = &ret_taken->objective;
    core_functions *f = &ret_taken->functions;
    if (!PyArg_ParseTuple(objective, "OOdz", &f->gradients, &f->losses, &o->start, &o->link)) {
        give_back(ret_taken);
        return -1;
    }
    o->gradients = core_call_gradients;
    o->losses = f->losses != Py_None ? core_call_losses : NULL;
    o->user = f;
    ret_taken->examples.objective = o;
    return 0;
}

PyObject *core_fit(PyObject *module, PyObject *args) {
    const char *kind, *params, *task;
    PyObject *x, *y, *weight, *group, *classes, *objective, *targets, *held = Py_None;
    PyObject *held_x, *held_y, *held_weight, *held_group;
    int n_classes, threads;
    unsigned long long seed;
    taken t, validation = {0};
    hone_model *model = NULL;
    hone_status status = HONE_OK;
    (void)module;
    if (!PyArg_ParseTuple(args, "sssOOOOOiiKOO|O", &kind, &params, &task, &x, &y, &weight, &group,
                          &classes, &n_classes, &threads, &seed, &objective, &targets, &held))
        return NULL;
    if (held != Py_None &&
        !PyArg_ParseTuple(held, "OOOO", &held_x, &held_y, &held_weight, &held_group))
        return NULL;
    if (take_examples(task, x, y, weight, group, classes, n_classes, targets, objective, &t) != 0)
        return NULL;
    if (held != Py_None) {
        if (take_examples(task, held_x, held_y, held_weight, held_group, Py_None, n_classes,
                          Py_None, Py_None, &validation) != 0) {
            give_back(&t);
            return NULL;
        }
        t.examples.validation = &validation.examples;
    }
    core_worker *worker = core_hire_seeded(threads, seed);
    if (worker != NULL)
        CORE_CALL(worker, status, true, hone_fit(worker->ctx, kind, params, &t.examples, &model));
    give_back(&validation);
    give_back(&t);
    return worker != NULL ? dismiss(worker, status, model, threads) : NULL;
}

/* (Table, rows [n, 2] as bytes, weights [n] as bytes). The table borrows from x. */
PyObject *core_resample(PyObject *module, PyObject *args) {
    const char *kind, *params, *task;
    PyObject *x, *y, *weight, *result = NULL;
    int n_classes, threads;
    unsigned long long seed;
    taken t;
    hone_table *made = NULL;
    hone_array rows, weights;
    hone_status status;
    (void)module;
    if (!PyArg_ParseTuple(args, "sssOOOiiK", &kind, &params, &task, &x, &y, &weight, &n_classes,
                          &threads, &seed))
        return NULL;
    if (take_examples(task, x, y, weight, Py_None, Py_None, n_classes, Py_None, Py_None, &t) != 0)
        return NULL;
    core_worker *worker = core_hire_seeded(threads, seed);
    if (worker == NULL) {
        give_back(&t);
        return NULL;
    }
    CORE_CALL(worker, status, true,
              hone_resample(worker->ctx, kind, params, &t.examples, &made, &rows, &weights));
    give_back(&t);
    if (status == HONE_OK) {
        core_table *table = (core_table *)core_table_wrap(made);
        if (table != NULL) {
            Py_INCREF(x);
            table->source = x;
            result = Py_BuildValue("(Ny#y#)", table, rows.values, (Py_ssize_t)rows.bytes,
                                   weights.values, (Py_ssize_t)weights.bytes);
        }
        hone_array_free(worker->ctx, &rows);
        hone_array_free(worker->ctx, &weights);
    }
    if (core_dismiss(worker, status) == 0) return result;
    Py_XDECREF(result);
    return NULL;
}

static PyObject *model_update(PyObject *object, PyObject *args) {
    core_model *self = (core_model *)object;
    const char *task;
    PyObject *x, *y, *weight, *group, *objective;
    int n_classes;
    unsigned long long seed;
    taken t;
    hone_status status;
    if (!PyArg_ParseTuple(args, "sOOOOiKO", &task, &x, &y, &weight, &group, &n_classes, &seed,
                          &objective))
        return NULL;
    if (self->readers != 0) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the model is in use in another thread; wait for it or take a copy");
        return NULL;
    }
    if (take_examples(task, x, y, weight, group, Py_None, n_classes, Py_None, objective, &t) != 0)
        return NULL;
    core_worker *worker = core_hire_seeded(self->threads, seed);
    if (worker != NULL) {
        self->readers = -1;
        CORE_CALL(worker, status, true, hone_update(worker->ctx, self->model, &t.examples));
        self->readers = 0;
    }
    give_back(&t);
    if (worker == NULL || core_dismiss(worker, status) != 0) return NULL;
    Py_RETURN_NONE;
}

PyObject *core_train(PyObject *module, PyObject *args) {
    const char *recipe;
    PyObject *table;
    int threads;
    unsigned long long seed;
    hone_model *model = NULL;
    hone_status status;
    (void)module;
    if (!PyArg_ParseTuple(args, "sOiK", &recipe, &table, &threads, &seed)) return NULL;
    const hone_table *rows = table != Py_None ? core_table_of(table) : NULL;
    if (rows == NULL && table != Py_None) return NULL;
    core_worker *worker = core_hire_seeded(threads, seed);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, true, hone_train(worker->ctx, recipe, rows, &model));
    return dismiss(worker, status, model, threads);
}

PyObject *core_load(PyObject *module, PyObject *args) {
    const char *path;
    int threads;
    hone_model *model = NULL;
    hone_status status;
    (void)module;
    if (!PyArg_ParseTuple(args, "si", &path, &threads)) return NULL;
    core_worker *worker = core_hire(threads);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, false, hone_model_load(worker->ctx, path, &model));
    return dismiss(worker, status, model, threads);
}

PyObject *core_from_bytes(PyObject *module, PyObject *args) {
    const char *bytes;
    Py_ssize_t length;
    int threads;
    hone_model *model = NULL;
    hone_status status;
    (void)module;
    if (!PyArg_ParseTuple(args, "y#i", &bytes, &length, &threads)) return NULL;
    core_worker *worker = core_hire(threads);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, false,
              hone_model_from_bytes(worker->ctx, bytes, (size_t)length, &model));
    return dismiss(worker, status, model, threads);
}

/* ---- answers -------------------------------------------------------------------------------- */

/* The table of one row like view's, with its values. NULL without an exception if it is in use. */
static hone_table *fill_row(core_model *self, core_worker *worker, const Py_buffer *view,
                            const char *type, hone_status *ret_status) {
    core_row *row = &self->row;
    Py_ssize_t n = view->shape[1];
    size_t size = (size_t)view->itemsize;
    if (row->busy) return NULL;
    if (row->type != type) {
        drop_row(row);
        row->values = malloc(size * (size_t)n + 1);
        if (row->values == NULL) return NULL;
        *ret_status = hone_table_from_matrix(worker->ctx, row->values, type, 1, n,
                                             (int64_t)size * n, (int64_t)size, NULL, &row->table);
        if (*ret_status != HONE_OK) return NULL;
        row->type = type;
    }
    const char *from = view->buf;
    if (view->strides[1] == view->itemsize)
        memcpy(row->values, from, size * (size_t)n);
    else
        for (Py_ssize_t j = 0; j < n; j++)
            memcpy(row->values + size * (size_t)j, from + j * view->strides[1], size);
    row->busy = true;
    return row->table;
}

/* A matrix that hone reads as it lies: 0, or 1 if Python has to look at it first (no exception). */
static int take_matrix(core_model *self, PyObject *x, Py_buffer *view, const char **ret_type) {
    if (PyObject_GetBuffer(x, view, PyBUF_RECORDS_RO) != 0) {
        PyErr_Clear();
        return 1;
    }
    *ret_type = core_matrix_type(view);
    if (*ret_type != NULL && view->shape[1] == hone_model_inputs(self->model) && view->shape[0] > 0)
        return 0;
    PyBuffer_Release(view);
    return 1;
}

/* Answers of a matrix into out. */
static hone_status answer_matrix(core_model *self, core_worker *worker, const Py_buffer *view,
                                 const char *type, double *out) {
    hone_status status = HONE_OK;
    hone_table *made = NULL, *row = NULL;
    if (view->shape[0] == 1) row = fill_row(self, worker, view, type, &status);
    if (row == NULL && status == HONE_OK)
        status =
            hone_table_from_matrix(worker->ctx, view->buf, type, view->shape[0], view->shape[1],
                                   view->strides[0], view->strides[1], NULL, &made);
    if (status == HONE_OK)
        CORE_CALL(worker, status, view->shape[0] > 1000,
                  hone_model_answers(worker->ctx, self->model, row ? row : made, out));
    if (row != NULL) self->row.busy = false;
    if (made != NULL) hone_table_free(core_freer, made);
    return status;
}

/* For each row the class of the largest answer, the first of equals. */
static void best_classes(const double *answers, Py_ssize_t rows, int32_t k, int64_t *ret_classes) {
    for (Py_ssize_t i = 0; i < rows; i++) {
        int32_t best = 0;
        for (int32_t c = 1; c < k; c++)
            if (answers[i * k + c] > answers[i * k + best]) best = c;
        ret_classes[i] = best;
    }
}

/* Answers of x, a Table or a matrix: where != NULL takes the numbers, else the return value is an array.
 * None if Python has to look at x first. */
static PyObject *answer(core_model *self, PyObject *x, bool best) {
    Py_buffer in, out, labels;
    const char *type = NULL;
    hone_table *table = NULL;
    hone_status status = HONE_OK;
    int32_t k = hone_model_outputs(self->model);
    PyObject *result = NULL;
    double some[64], *numbers = NULL;
    if (PyObject_TypeCheck(x, core_table_type))
        table = ((core_table *)x)->table;
    else if (take_matrix(self, x, &in, &type) != 0)
        Py_RETURN_NONE;
    Py_ssize_t rows = table ? (Py_ssize_t)hone_table_rows(table) : in.shape[0];
    core_worker *worker = core_model_begin(self);
    if (worker == NULL) goto done;
    if (best) {
        result = core_array(core.int64, rows, -1, &labels);
        numbers = rows * k <= 64 ? some : malloc((size_t)rows * (size_t)k * sizeof *numbers);
        if (result != NULL && numbers == NULL) PyErr_NoMemory();
    } else {
        result = core_array(core.float64, rows, k > 1 ? k : -1, &out);
        if (result != NULL) numbers = out.buf;
    }
    if (result != NULL && numbers != NULL) {
        if (table == NULL)
            status = answer_matrix(self, worker, &in, type, numbers);
        else
            CORE_CALL(worker, status, rows > 1000,
                      hone_model_answers(worker->ctx, self->model, table, numbers));
        if (best && status == HONE_OK) best_classes(numbers, rows, k, labels.buf);
    }
    if (result != NULL) PyBuffer_Release(best ? &labels : &out);
    if (best && numbers != some) free(numbers);
    result = core_model_end_with(self, worker, status, result);
done:
    if (table == NULL) PyBuffer_Release(&in);
    return result;
}

static PyObject *model_answers(PyObject *self, PyObject *x) {
    return answer((core_model *)self, x, false);
}

/* (x, classes): classes.take(the best of each row). */
static PyObject *model_labels(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    static PyObject *take;
    if (n != 2) {
        PyErr_SetString(PyExc_TypeError, "labels takes x and the classes");
        return NULL;
    }
    if (take == NULL) take = PyUnicode_InternFromString("take");
    PyObject *best = answer((core_model *)self, args[0], true);
    if (best == NULL || best == Py_None) return best;
    PyObject *labels = PyObject_CallMethodObjArgs(args[1], take, best, NULL);
    Py_DECREF(best);
    return labels;
}

/* A table made from x by the model, which may borrow from both. */
static PyObject *make_table(core_model *self, PyObject *x,
                            hone_status (*make)(hone_ctx *, const hone_model *, const hone_table *,
                                                hone_table **)) {
    const hone_table *table = core_table_of(x);
    hone_table *made = NULL;
    hone_status status;
    core_worker *worker = table != NULL ? core_model_begin(self) : NULL;
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, true, make(worker->ctx, self->model, table, &made));
    if (core_model_end(self, worker, status) != 0) {
        hone_table_free(core_freer, made);
        return NULL;
    }
    core_table *result = (core_table *)core_table_wrap(made);
    if (result != NULL) result->source = Py_BuildValue("(OO)", (PyObject *)self, x);
    if (result == NULL || result->source != NULL) return (PyObject *)result;
    Py_DECREF((PyObject *)result);
    return NULL;
}

static PyObject *model_transform(PyObject *self, PyObject *x) {
    return make_table((core_model *)self, x, hone_model_transform);
}

static PyObject *model_inverse(PyObject *self, PyObject *x) {
    return make_table((core_model *)self, x, hone_model_inverse);
}

/* (x or None, rows of it, k): distances and row numbers, both [rows, k]; None asks for the rows fitted on. */
static PyObject *model_neighbors(PyObject *object, PyObject *args) {
    core_model *self = (core_model *)object;
    PyObject *x, *rows = NULL, *distances = NULL;
    Py_ssize_t n, k;
    Py_buffer numbers, far;
    if (!PyArg_ParseTuple(args, "Onn", &x, &n, &k)) return NULL;
    const hone_table *table = x == Py_None ? NULL : core_table_of(x);
    if (table == NULL && x != Py_None) return NULL;
    if (table != NULL) n = (Py_ssize_t)hone_table_rows(table);
    core_worker *worker = core_model_begin(self);
    if (worker == NULL) return NULL;
    hone_status status = HONE_OK;
    Py_ssize_t columns = k > 0 ? k : 0;
    rows = core_array(core.int64, n, columns, &numbers);
    if (rows != NULL) {
        distances = core_array(core.float64, n, columns, &far);
        if (distances != NULL) {
            CORE_CALL(
                worker, status, true,
                hone_model_neighbors(worker->ctx, self->model, table, k, numbers.buf, far.buf));
            PyBuffer_Release(&far);
        }
        PyBuffer_Release(&numbers);
    }
    PyObject *both = distances != NULL ? PyTuple_Pack(2, distances, rows) : NULL;
    Py_XDECREF(rows);
    Py_XDECREF(distances);
    return core_model_end_with(self, worker, status, both);
}

/* (rows, seed): a table of that many, and a column "component" behind. */
static PyObject *model_sample(PyObject *object, PyObject *args) {
    core_model *self = (core_model *)object;
    long long rows;
    unsigned long long seed;
    hone_table *made = NULL;
    hone_status status;
    if (!PyArg_ParseTuple(args, "LK", &rows, &seed)) return NULL;
    core_worker *worker = begin_seeded(self, seed);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, true, hone_model_sample(worker->ctx, self->model, rows, &made));
    return core_model_end(self, worker, status) == 0 ? core_table_wrap(made) : NULL;
}

static PyObject *model_predict(PyObject *self, PyObject *x) {
    return make_table((core_model *)self, x, hone_predict);
}

static PyObject *model_predict_json(PyObject *object, PyObject *rows) {
    core_model *self = (core_model *)object;
    char *text = NULL;
    const char *utf8;
    Py_ssize_t length;
    hone_status status;
    if (PyBytes_Check(rows)) {
        char *bytes;
        if (PyBytes_AsStringAndSize(rows, &bytes, &length) != 0) return NULL;
        utf8 = bytes;
    } else {
        utf8 = PyUnicode_AsUTF8AndSize(rows, &length);
        if (utf8 == NULL) return NULL;
    }
    core_worker *worker = core_model_begin(self);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, length > 100000,
              hone_predict_json(worker->ctx, self->model, utf8, length, &text));
    return core_model_end_with(self, worker, status,
                               status == HONE_OK ? core_text(worker, text) : NULL);
}

static PyObject *model_describe(PyObject *object, PyObject *none) {
    core_model *self = (core_model *)object;
    char *text = NULL;
    hone_status status;
    (void)none;
    core_worker *worker = core_model_begin(self);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, false, hone_model_describe(worker->ctx, self->model, &text));
    return core_model_end_with(self, worker, status,
                               status == HONE_OK ? core_text(worker, text) : NULL);
}

/* (whether as Markdown) */
static PyObject *model_log(PyObject *object, PyObject *args) {
    core_model *self = (core_model *)object;
    int markdown;
    char *text = NULL;
    hone_status status;
    if (!PyArg_ParseTuple(args, "p", &markdown)) return NULL;
    core_worker *worker = core_model_begin(self);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, false,
              hone_model_log(worker->ctx, self->model, markdown != 0, &text));
    return core_model_end_with(self, worker, status,
                               status == HONE_OK ? core_text(worker, text) : NULL);
}

static PyObject *model_importances(PyObject *object, PyObject *none) {
    core_model *self = (core_model *)object;
    Py_buffer out;
    (void)none;
    core_worker *worker = core_model_begin(self);
    if (worker == NULL) return NULL;
    hone_status status = HONE_OK;
    PyObject *array = core_array(core.float64, hone_model_inputs(self->model), -1, &out);
    if (array != NULL) {
        status = hone_model_importances(worker->ctx, self->model, out.buf);
        PyBuffer_Release(&out);
    }
    return core_model_end_with(self, worker, status, array);
}

/* ---- arrays --------------------------------------------------------------------------------- */

/* (name, type, shape, bytes), or None beyond the last. */
static PyObject *model_array(PyObject *object, PyObject *args) {
    core_model *self = (core_model *)object;
    int index, count = 0;
    hone_array array;
    if (!PyArg_ParseTuple(args, "i", &index)) return NULL;
    core_worker *worker = core_model_begin(self);
    if (worker == NULL) return NULL;
    hone_status status = hone_model_array(worker->ctx, self->model, index, &array);
    if (status == HONE_ERROR_USAGE) {
        core_model_end(self, worker, HONE_OK);
        Py_RETURN_NONE;
    }
    if (status != HONE_OK) return core_model_end_with(self, worker, status, NULL);
    PyObject *shape = PyTuple_New(array.ndim), *result = NULL;
    for (; shape != NULL && count < array.ndim; count++)
        if (PyTuple_SetItem(shape, count, PyLong_FromLongLong(array.shape[count])) != 0)
            Py_CLEAR(shape);
    if (shape != NULL)
        result = Py_BuildValue("(ssNy#)", array.name, array.type, shape, array.values,
                               (Py_ssize_t)array.bytes);
    hone_array_free(worker->ctx, &array);
    return core_model_end_with(self, worker, HONE_OK, result);
}

/* ---- keeping -------------------------------------------------------------------------------- */

static PyObject *model_save(PyObject *object, PyObject *args) {
    core_model *self = (core_model *)object;
    const char *path;
    hone_status status;
    if (!PyArg_ParseTuple(args, "s", &path)) return NULL;
    core_worker *worker = core_model_begin(self);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, false, hone_model_save(worker->ctx, self->model, path));
    if (core_model_end(self, worker, status) != 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *model_to_bytes(PyObject *object, PyObject *none) {
    core_model *self = (core_model *)object;
    char *bytes = NULL;
    size_t length;
    hone_status status;
    (void)none;
    core_worker *worker = core_model_begin(self);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, false,
              hone_model_to_bytes(worker->ctx, self->model, &bytes, &length));
    PyObject *result = NULL;
    if (status == HONE_OK) {
        result = PyBytes_FromStringAndSize(bytes, (Py_ssize_t)length);
        hone_string_free(worker->ctx, bytes);
    }
    return core_model_end_with(self, worker, status, result);
}

/* ---- the type ------------------------------------------------------------------------------- */

static PyObject *get_threads(PyObject *self, void *none) {
    (void)none;
    return PyLong_FromLong(((core_model *)self)->threads);
}

static int set_threads(PyObject *self, PyObject *value, void *none) {
    (void)none;
    long threads = value != NULL ? PyLong_AsLong(value) : -1;
    if (PyErr_Occurred()) return -1;
    if (threads < 0 || threads > 4096) {
        PyErr_SetString(PyExc_ValueError, "threads must lie between 0 (all) and 4096");
        return -1;
    }
    ((core_model *)self)->threads = (int)threads;
    return 0;
}

static PyObject *get_inputs(PyObject *self, void *none) {
    (void)none;
    return PyLong_FromLong(hone_model_inputs(((core_model *)self)->model));
}

static PyObject *get_probabilities(PyObject *self, void *none) {
    (void)none;
    return PyBool_FromLong(hone_model_gives_probabilities(((core_model *)self)->model));
}

static PyObject *get_outputs(PyObject *self, void *none) {
    (void)none;
    return PyLong_FromLong(hone_model_outputs(((core_model *)self)->model));
}

static PyMethodDef methods[] = {
    {"answers", model_answers, METH_O, NULL},
    {"labels", (PyCFunction)(void (*)(void))model_labels, METH_FASTCALL, NULL},
    {"transform", model_transform, METH_O, NULL},
    {"inverse", model_inverse, METH_O, NULL},
    {"neighbors", model_neighbors, METH_VARARGS, NULL},
    {"sample", model_sample, METH_VARARGS, NULL},
    {"predict", model_predict, METH_O, NULL},
    {"predict_json", model_predict_json, METH_O, NULL},
    {"evaluate", core_model_evaluate, METH_VARARGS, NULL},
    {"describe", model_describe, METH_NOARGS, NULL},
    {"log", model_log, METH_VARARGS, NULL},
    {"importances", model_importances, METH_NOARGS, NULL},
    {"array", model_array, METH_VARARGS, NULL},
    {"member", core_model_member, METH_VARARGS, NULL},
    {"update", model_update, METH_VARARGS, NULL},
    {"learn", core_model_learn, METH_VARARGS, NULL},
    {"report", core_model_report, METH_VARARGS, NULL},
    {"verify", core_model_verify, METH_NOARGS, NULL},
    {"words", core_model_words, METH_VARARGS, NULL},
    {"save", model_save, METH_VARARGS, NULL},
    {"to_bytes", model_to_bytes, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef members[] = {
    {"threads", get_threads, set_threads, NULL, NULL},
    {"inputs", get_inputs, NULL, NULL, NULL},
    {"probabilities", get_probabilities, NULL, NULL, NULL},
    {"outputs", get_outputs, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, (void *)model_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, members},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "hone._core.Model",
    .basicsize = sizeof(core_model),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

int core_model_ready(PyObject *module) {
    PyObject *type = PyType_FromSpec(&spec);
    if (type == NULL) return -1;
    core_model_type = (PyTypeObject *)type;
    Py_INCREF(type);
    return PyModule_AddObject(module, "Model", type);
}
