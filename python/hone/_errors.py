"""What hone raises and warns: its own text, in classes that Python's users know how to catch."""

import sys
import warnings


class Error(Exception):
    """Something failed; the text says what and the way out. `code` is "usage", "data", "format", "io", "memory",
    "cancelled", "unsupported" or "internal"; `param`, `file`, `column` and `row` say where, if known."""

    code = "data"
    param = file = column = row = None

    @property
    def message(self):
        return self.args[0] if self.args else ""


class BadValue(Error, ValueError):
    """Parameters, data or a file are at fault."""


class NotFittedError(BadValue, AttributeError):
    """fit has not been called."""

    code = "usage"


class Warning(UserWarning):
    """hone went on, but something deserves a look."""


class SystemFailure(Error, OSError):
    """The operating system said no."""


class OutOfMemory(Error, MemoryError):
    """An allocation failed."""


class Unsupported(Error, NotImplementedError):
    """A part that this build, machine or kind lacks."""


for _class in (BadValue, SystemFailure, OutOfMemory, Unsupported):
    _class.__module__ = "hone"

KINDS = {-1: ("usage", BadValue), -2: ("data", BadValue), -3: ("format", BadValue), -4: ("io", SystemFailure),
         -5: ("memory", OutOfMemory), -6: ("cancelled", Error), -7: ("unsupported", Unsupported)}


def make(status, message, param, file, column, row):
    """For C: the exception of a failed call."""
    code, kind = KINDS.get(status, ("internal", Error))
    error = kind(message)
    error.code, error.param, error.file, error.column = code, param or None, file or None, column or None
    error.row = row if row >= 0 else None
    return error


def usage(message, param=None):
    error = BadValue(message)
    error.code, error.param = "usage", param
    return error


def warn(message):
    """For C and Python: to whoever called into hone."""
    depth, frame = 1, sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "hone":
        depth, frame = depth + 1, frame.f_back
    warnings.warn(message, Warning, stacklevel=depth + 1)


def not_fitted(name):
    """A NotFittedError, which is scikit-learn's too where that is loaded."""
    message = f"This {name} is not fitted yet; call 'fit' with some rows before using it."
    theirs = getattr(sys.modules.get("sklearn.exceptions"), "NotFittedError", None)
    if theirs is None:
        return NotFittedError(message)
    global _both
    if _both is None or not issubclass(_both, theirs):
        _both = type("NotFittedError", (NotFittedError, theirs), {"__module__": "hone"})
    return _both(message)


_both = None
