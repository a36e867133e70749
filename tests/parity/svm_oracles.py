"""LIBSVM and LIBLINEAR themselves, through Debian's libsvm.so.3 and liblinear.so.4: fitted tightly, asked for what
they answer before labels are made of it. Rows go over as LIBSVM's pairs of index and value."""
import ctypes

import numpy as np
import pytest

INT, REAL, POINTER = ctypes.c_int, ctypes.c_double, ctypes.POINTER
KERNELS = {"linear": 0, "poly": 1, "rbf": 2, "sigmoid": 3}
C_SVC, NU_SVC, ONE_CLASS, EPSILON_SVR, NU_SVR = range(5)
L2_SQUARED_HINGE, L2_HINGE, L1_SQUARED_HINGE, L2_SQUARED_EPSILON, L2_EPSILON = 2, 3, 5, 11, 13


class Node(ctypes.Structure):
    _fields_ = [("index", INT), ("value", REAL)]


NODES = POINTER(Node)


class Problem(ctypes.Structure):
    _fields_ = [("l", INT), ("y", POINTER(REAL)), ("x", POINTER(NODES))]


class Parameter(ctypes.Structure):
    _fields_ = [("svm_type", INT), ("kernel_type", INT), ("degree", INT), ("gamma", REAL), ("coef0", REAL),
                ("cache_size", REAL), ("eps", REAL), ("C", REAL), ("nr_weight", INT), ("weight_label", POINTER(INT)),
                ("weight", POINTER(REAL)), ("nu", REAL), ("p", REAL), ("shrinking", INT), ("probability", INT)]


class Machine(ctypes.Structure):
    _fields_ = [("param", Parameter), ("nr_class", INT), ("l", INT), ("SV", POINTER(NODES)),
                ("sv_coef", POINTER(POINTER(REAL))), ("rho", POINTER(REAL)), ("probA", POINTER(REAL)),
                ("probB", POINTER(REAL)), ("sv_indices", POINTER(INT)), ("label", POINTER(INT)), ("nSV", POINTER(INT)),
                ("free_sv", INT)]


class LinearProblem(ctypes.Structure):
    _fields_ = [("l", INT), ("n", INT), ("y", POINTER(REAL)), ("x", POINTER(NODES)), ("bias", REAL)]


class LinearParameter(ctypes.Structure):
    _fields_ = [("solver_type", INT), ("eps", REAL), ("C", REAL), ("nr_weight", INT), ("weight_label", POINTER(INT)),
                ("weight", POINTER(REAL)), ("p", REAL), ("init_sol", POINTER(REAL))]


class LinearModel(ctypes.Structure):
    _fields_ = [("param", LinearParameter), ("nr_class", INT), ("nr_feature", INT), ("w", POINTER(REAL)),
                ("label", POINTER(INT)), ("bias", REAL)]


SAID = []
HEAR = ctypes.CFUNCTYPE(None, ctypes.c_char_p)(SAID.append)


def load(name, package, silence):
    try:
        library = ctypes.CDLL(name)
    except OSError:
        pytest.skip(f"{name} is not on this machine (Debian: apt-get install {package})")
    getattr(library, silence)(HEAR)
    SAID.clear()
    return library


def rows(x, bias=None):
    """Rows as arrays of nodes, each ended by -1, and the array of pointers to them."""
    made = []
    for row in np.asarray(x):
        nodes = [(j + 1, v) for j, v in enumerate(row) if v != 0] + ([] if bias is None else [(len(row) + 1, bias)])
        made.append((Node * (len(nodes) + 1))(*nodes, (-1, 0)))
    return made, (NODES * len(made))(*(ctypes.cast(r, NODES) for r in made))


def reals(values):
    return (REAL * len(values))(*map(float, values))


def class_weights(parameter, weight):
    """{class: factor of C} into either library's parameters."""
    weight = weight or {}
    parameter.nr_weight = len(weight)
    parameter.weight_label = (INT * len(weight))(*weight)
    parameter.weight = reals(weight.values())


def at(pointer, n, dtype=np.float64):
    return np.array([pointer[i] for i in range(n)], dtype)


class Svm:
    """LIBSVM's model of x, y; classes are numbered as they first come in y. After it: values [n, pairs] of x (one class
    and numbers: [n]), support (rows, from 0), coef [classes - 1, vectors], rho [pairs]."""

    def __init__(self, x, y, svm_type, kernel="rbf", gamma=0, degree=3, coef0=0, C=1, nu=0.5, epsilon=0.1, eps=1e-9,
                 weight=None, shrinking=1):
        library = load("libsvm.so.3", "libsvm3", "svm_set_print_string_function")
        library.svm_train.restype = POINTER(Machine)
        library.svm_check_parameter.restype = ctypes.c_char_p
        library.svm_predict_values.restype = REAL
        kept, pointers = rows(x)
        parameter = Parameter(svm_type=svm_type, kernel_type=KERNELS[kernel], degree=degree, gamma=gamma, coef0=coef0,
                              cache_size=100, eps=eps, C=C, nu=nu, p=epsilon, shrinking=shrinking)
        class_weights(parameter, weight)
        problem = Problem(len(kept), reals(y), pointers)
        assert library.svm_check_parameter(ctypes.byref(problem), ctypes.byref(parameter)) is None
        model = library.svm_train(ctypes.byref(problem), ctypes.byref(parameter))
        found = model.contents
        k = found.nr_class if svm_type in (C_SVC, NU_SVC) else 2
        self.labels = at(found.label, k, int) if svm_type in (C_SVC, NU_SVC) else None
        self.support = at(found.sv_indices, found.l, int) - 1
        self.coef = np.array([at(found.sv_coef[i], found.l) for i in range(k - 1)])
        self.rho = at(found.rho, k * (k - 1) // 2)
        out = (REAL * len(self.rho))()
        values = []
        for row in kept:
            library.svm_predict_values(model, row, out)
            values.append(list(out))
        self.values = np.array(values) if k > 2 else np.array(values)[:, 0]
        library.svm_free_and_destroy_model(ctypes.byref(ctypes.cast(model, ctypes.c_void_p)))


class Linear:
    """LIBLINEAR's model: coef [outputs, p] and intercept [outputs] (with two classes one output, of the second).
    finished: it did not run into its limit of steps, which cannot be set."""

    def __init__(self, x, y, solver, C=1, epsilon=0, bias=1, eps=1e-10, weight=None):
        library = load("liblinear.so.4", "liblinear4", "set_print_string_function")
        library.train.restype = POINTER(LinearModel)
        kept, pointers = rows(x, bias)
        parameter = LinearParameter(solver_type=solver, eps=eps, C=C, p=epsilon)
        class_weights(parameter, weight)
        problem = LinearProblem(len(kept), x.shape[1] + 1, reals(y), pointers, bias)
        model = library.train(ctypes.byref(problem), ctypes.byref(parameter))
        self.finished = b"max number" not in b"".join(SAID)
        found, p = model.contents, x.shape[1]
        numbers = solver >= L2_SQUARED_EPSILON
        outputs = 1 if numbers or found.nr_class == 2 else found.nr_class
        w = at(found.w, (p + 1) * outputs).reshape(p + 1, outputs).T
        if not numbers:
            assert list(at(found.label, found.nr_class, int)) == list(range(found.nr_class))
            w = -w if outputs == 1 else w
        self.coef, self.intercept = w[:, :p], w[:, p] * bias
        library.free_and_destroy_model(ctypes.byref(ctypes.cast(model, ctypes.c_void_p)))
