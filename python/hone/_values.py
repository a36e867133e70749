"""Values of parameters as the core takes them."""

import json
import numbers
import os

import numpy as np

from ._errors import usage


def is_named(item):
    """("line", LogisticRegression()), as scikit-learn has the parts of an ensemble."""
    return isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str) and hasattr(item[1], "_settings")


def plain(value, owner, name):
    """A parameter's value as JSON has it."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        if not np.isfinite(value):
            raise usage(f"{owner}: {name!r} must be a finite number, not {value}", name)
        return float(value)
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item, owner, name) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        value = sorted(value)
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item[1] if is_named(item) else item, owner, name) for item in value]
    if hasattr(value, "_settings"):
        return {value._spec.kind: json.loads(value._settings())}
    raise usage(f"{owner}: {name!r} must be a number, a text, a list or a dict, not {type(value).__name__}", name)


def in_place(function):
    """(gradients, losses or None, start, link) as C calls them, of function(y, scores) -> (gradients, hessians). With
    several scores a row, scores and answers are [rows, outputs]. The function may have attributes: losses(y, scores),
    start and link, as hone.h has them."""
    def call(outputs, y, scores, *room):
        scores = np.frombuffer(scores).reshape(outputs, -1)
        answers = (function if len(room) == 2 else losses)(np.frombuffer(y), scores[0] if outputs == 1 else scores.T)
        if len(room) == 1:
            answers = (answers,)
        elif not isinstance(answers, tuple) or len(answers) != 2:
            raise TypeError("an objective returns two things: the gradients and the hessians")
        for answer, place in zip(answers, room):
            np.frombuffer(place).reshape(outputs if len(room) == 2 else 1, -1)[:] = np.asarray(answer, np.float64).T

    losses = getattr(function, "losses", None)
    return call, call if losses else None, float(getattr(function, "start", 0)), getattr(function, "link", None)


def label(value):
    """A class by name, as a file of it has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\0", " ")


def threads(n_jobs):
    if n_jobs is None or n_jobs == -1 or n_jobs == 0:
        return 0
    if not isinstance(n_jobs, numbers.Integral):
        raise usage(f"n_jobs must be a whole number or None, not {n_jobs!r}", "n_jobs")
    return int(n_jobs) if n_jobs > 0 else max(1, (os.cpu_count() or 1) + 1 + int(n_jobs))


def seed(random_state):
    if random_state is None:
        return 0
    if isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool):
        if 0 <= random_state < 2**63:
            return int(random_state)
    elif hasattr(random_state, "integers"):
        return int(random_state.integers(2**31))
    elif hasattr(random_state, "randint"):
        return int(random_state.randint(2**31 - 1))
    raise usage(f"random_state must be a whole number from 0 on, a numpy generator or None, not {random_state!r}",
                "random_state")
