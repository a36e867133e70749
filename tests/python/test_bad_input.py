"""Every class with input that people do pass: a clear refusal or a right answer, never a crash, never a silent NaN.

What is hostile comes from the declaration alone: what a kind can (missing, categories, not_negative, ...) says whether a
table is legal for it."""

import json
import signal
import warnings

import numpy as np
import pytest

import hone

KINDS = {kind["name"]: kind for kind in hone.kinds()}
CLASSES = [c for c in vars(hone).values() if isinstance(c, type) and issubclass(c, hone.Estimator) and c is not hone.Estimator]
N, P = 24, 2
# What makes sense for a small table, and quickly.
SMALL = {"n_estimators": 5, "max_iter": 50, "folds": 2, "perplexity": 5}


@pytest.fixture(autouse=True)
def no_hang():
    """A case that takes a minute is stopped, as Ctrl-C would stop it."""
    def stop(*_):
        raise RuntimeError("it hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def made(kind, **more):
    """With the declaration's example, less what names columns that these tables don't have."""
    spec = kind._spec
    params = {k: v for k, v in KINDS[spec.kind].get("example", {}).items() if not isinstance(v, (str, list, dict))}
    params.update({k: v for k, v in SMALL.items() if k in kind._defaults})
    return kind(**{**params, "n_jobs": 1, **more})


def table(kind, seed=1, n=N, p=P):
    """Legal rows for it: numbers, or codes, or counts, or one column."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, (n, p)).astype(float) if {"category_only", "not_negative"} & kind._spec.can else rng.normal(size=(n, p))
    return x[:, :1] if kind.__name__ == "IsotonicRegression" else x


def target(kind, n, seed=2):
    sort = kind._spec.sort
    if sort == "classifier":
        return np.arange(n) % (2 if "binary" in kind._spec.tasks else 3)
    if kind._spec.target == {"binary"}:
        return np.arange(n) % 2
    return np.random.default_rng(seed).integers(1, 4, n).astype(float)


def fit(kind, x, y=None, weight=None, estimator=None):
    estimator = estimator or made(kind)
    named = {} if weight is None else {"sample_weight": weight}
    return estimator.fit(x, target(kind, len(x)) if y is None else y, **named)


def refused(call):
    """Whether it was refused, in a sentence; anything but hone's and Python's own errors for bad values is a fault."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call()
    except (hone.Error, ValueError, TypeError) as error:
        text = str(error)
        assert len(text) > 15 and "internal" not in getattr(error, "code", ""), text
        assert not isinstance(error, (AssertionError, IndexError, KeyError)), text
        return text
    return None


def numbers_of(answers):
    return np.asarray(answers, float) if np.asarray(answers).dtype.kind in "fiub" else np.zeros(1)


def answers(estimator, x, allow_nan=False):
    """All that it says of x; every number is one."""
    said = []
    for name in ("predict", "predict_proba", "decision_function", "transform"):
        if not hasattr(estimator, name):
            continue
        said.append(numbers_of(getattr(estimator, name)(x)))
        if name == "predict_proba":
            assert np.allclose(said[-1].sum(axis=1), 1)
        assert said[-1].shape[0] in (1, len(x))
        assert np.isfinite(said[-1]).all() or (not np.isinf(said[-1]).any() and (
            allow_nan or "declines" in estimator._spec.can)), (name, said[-1])
    return said


def right_or_refused(kind, x, y=None, weight=None, estimator=None, allow_nan=False):
    def work():
        one = fit(kind, x, y, weight, estimator)
        answers(one, x, allow_nan)
        if hasattr(one, "score") and kind._spec.sort == "classifier":
            assert 0 <= one.score(x, target(kind, len(x)) if y is None else y) <= 1

    return refused(work)


def changed(x, what):
    x = x.copy()
    p = x.shape[1]
    if what == "constant columns":
        x[:] = 2
    elif what == "one constant column":
        x[:, p - 1] = 1
    elif what == "duplicate rows":
        x[:] = x[np.arange(len(x)) % 2]
    elif what == "all rows but one alike":
        x[1:] = x[1]
    elif what == "equal columns":
        x[:] = x[:, :1]
    elif what == "huge":
        x = np.where(x < 0, -1e300, 1e300) * (1 + np.abs(x) / 10)
    elif what == "one huge":
        x[3, 0] = 1e300
    elif what == "large":
        x = x * 1e150
    elif what == "tiny":
        x = x * 1e-300
    elif what == "subnormal":
        x = x * 5e-324
    elif what == "negative":
        x = -np.abs(x) - 1
    elif what == "zeros":
        x[:] = 0
    elif what == "huge codes":
        x[5] = 2.0**62
    return x


LEGAL = ["constant columns", "one constant column", "duplicate rows", "all rows but one alike", "equal columns", "huge",
         "one huge", "large", "tiny", "subnormal", "negative", "zeros", "huge codes"]


@pytest.mark.parametrize("what", LEGAL)
@pytest.mark.parametrize("kind", CLASSES, ids=lambda c: c.__name__)
def test_odd_numbers(kind, what):
    right_or_refused(kind, changed(table(kind), what))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda c: c.__name__)
def test_few_rows(kind):
    for n in (1, 2, 3):
        for p in (1, P, 40):
            x = table(kind, n=n, p=p)
            right_or_refused(kind, x)
    assert refused(lambda: fit(kind, np.empty((0, P)), np.empty(0)))
    assert refused(lambda: fit(kind, np.empty((N, 0))))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda c: c.__name__)
def test_infinite_and_missing(kind):
    x = table(kind)
    for value in (np.inf, -np.inf):
        bad = x.copy()
        bad[3, 0] = value
        assert refused(lambda: fit(kind, bad)) or {"category_only", "baseline"} & kind._spec.can, "infinities are refused"
    for holes in (slice(3, 5), slice(None)):
        bad = x.copy()
        bad[holes, 0] = np.nan
        said = right_or_refused(kind, bad, allow_nan="transform" in kind._spec.hooks)
        can = "missing" in json.loads(hone._core.capabilities(kind._spec.kind, made(kind)._settings()))
        assert said or can or "any_type" in kind._spec.can or "baseline" in kind._spec.can, "a gap was taken in silence"
    if "predict" in kind._spec.hooks:
        good = fit(kind, x)
        bad[:] = np.inf
        assert refused(lambda: good.predict(bad)) or "baseline" in kind._spec.can


@pytest.mark.parametrize("kind", CLASSES, ids=lambda c: c.__name__)
def test_shapes_and_types(kind):
    x = table(kind)
    y = target(kind, N)
    for bad in (None, 3, "text", x[0], x[None], [[1, 2], [3]], x.astype(complex), np.array([[object()] * P] * N),
                {"a": 1}, [[]], [], np.full((N, P), {})):
        assert refused(lambda: fit(kind, bad, y)), repr(bad)[:80]
    supervised = kind._spec.sort in ("classifier", "regressor", "ranker")
    if supervised:
        for bad in (None, y[:5], np.stack([y, y])[None], np.full(N, np.nan), np.full(N, np.inf), ["a"] + [None] * (N - 1), "y", 3,
                    np.full(N, object())):
            assert refused(lambda: made(kind).fit(x, bad)), repr(bad)[:80]
    good = fit(kind, x)
    for bad in (None, x[:, :-1], np.hstack([x, x]), x[0], "text", [[]]):
        for name in ("predict", "transform"):
            if hasattr(good, name):
                assert refused(lambda: getattr(good, name)(bad)), (name, repr(bad)[:80])
    for name in ("predict", "transform"):  # no rows are no answers, or refused
        if hasattr(good, name):
            refused(lambda: getattr(good, name)(x[:0]))


@pytest.mark.parametrize("kind", [c for c in CLASSES if c._spec.sort == "classifier"], ids=lambda c: c.__name__)
def test_classes(kind):
    x = table(kind)
    assert "class" in refused(lambda: fit(kind, x, np.zeros(N, int)))
    right_or_refused(kind, x, np.arange(N))  # every row a class of its own
    right_or_refused(kind, x, np.r_[1, np.zeros(N - 1, int)])  # one row of the second
    right_or_refused(kind, x, np.where(np.arange(N) % 2, 2**62, -2**62))
    right_or_refused(kind, x, np.where(np.arange(N) % 2, "", "a\0b"))


@pytest.mark.parametrize("kind", [c for c in CLASSES if c._spec.sort in ("regressor", "ranker")], ids=lambda c: c.__name__)
def test_targets(kind):
    x = table(kind)
    for y in (np.zeros(N), np.full(N, 5.0), np.arange(N) * 1e300 / N, np.where(np.arange(N) % 2, 1e300, -1e300),
              np.r_[1e200, np.zeros(N - 1)], np.arange(N) * 1e-310, -np.arange(N) * 1.0):
        right_or_refused(kind, x, y)


@pytest.mark.parametrize("kind", [c for c in CLASSES if "weights" in c._spec.can], ids=lambda c: c.__name__)
def test_weights(kind):
    x = table(kind)
    for bad in (-np.ones(N), np.r_[-1e-9, np.ones(N - 1)], np.full(N, np.nan), np.r_[np.inf, np.ones(N - 1)], np.ones(5),
                np.ones((N, 2)), "w", ["a"] * N):
        assert refused(lambda: fit(kind, x, weight=bad)), repr(bad)[:60]
    for odd in (np.zeros(N), np.r_[1, np.zeros(N - 1)], np.full(N, 1e300), np.full(N, 1e-300), np.full(N, 5e-324),
                np.r_[1e300, np.full(N - 1, 1e-300)]):
        right_or_refused(kind, x, weight=odd)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda c: c.__name__)
def test_more_than_there_is(kind):
    """Whole-numbered parameters far above the number of rows and columns, and at the ends of what is legal."""
    x = table(kind)
    for key, schema in KINDS[kind._spec.kind]["parameters"].get("properties", {}).items():
        parts = [schema, *schema.get("anyOf", [])]
        whole = next((s for s in parts if s.get("type") == "integer"), None)
        if whole is None or key in ("max_iter", "n_estimators", "max_rounds", "rounds"):
            continue
        name = next(p.name for p in kind._spec.params if p.key == key)
        for value in {N + 1, 60, whole.get("minimum", 0), min(whole.get("maximum", 2**40), 2**40)}:
            if value > 10**6 and any(word in key for word in ("iter", "round", "epoch", "restart", "init")):
                continue  # legal, and long
            right_or_refused(kind, x, estimator=made(kind, **{name: value}))
        assert refused(lambda: fit(kind, x, estimator=made(kind, **{name: 2**63}))), key
        assert refused(lambda: fit(kind, x, estimator=made(kind, **{name: "many"}))), key


@pytest.mark.parametrize("start, column", [([0, 10**9, 2], [0, 1]), ([0, -5, 2], [0, 1]), ([-1, 1, 2], [0, 1]), ([0, 1, 2], [0, 9]),
                                           ([0, 1, 2], [-1, 0]), ([0, 2, 2], [1, 1]), ([0, 2, 2], [1, 0]), ([0, 1, 9], [0, 1])])
def test_sparse_matrices_that_are_none(start, column):
    """What scipy lets pass: starts that leave the buffers, columns that are not there, twice or out of order."""
    arrays = np.array(start, np.int64), np.array(column, np.int32), np.ones(2)
    assert refused(lambda: hone._core.csr(*arrays, 2, 3, None))
