"""The package beside scikit-learn's checks: every sort of table, whole pipelines, what is kept and what fails."""

import copy
import gc
import io
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from program import PENGUINS, ROOT

import hone

rng = np.random.default_rng(3)
X = rng.normal(size=(200, 4))
Y = X @ [1.0, -2.0, 0.5, 0.0] + 0.1 * rng.normal(size=200)
LABELS = np.where(Y > 0, "up", "down")


@pytest.fixture(scope="module")
def penguins():
    return hone.read(PENGUINS)


@pytest.fixture(scope="module")
def model(penguins):
    return hone.train(penguins, target="species", model="decision_tree", seed=1)


# ---- arrays ------------------------------------------------------------------------------------------


def same(made):
    """Answers of a Ridge fitted on it equal those fitted on X, bit for bit where the numbers are equal."""
    return np.array_equal(hone.Ridge().fit(made, Y).predict(made), hone.Ridge().fit(X, Y).predict(X))


def test_arrays_of_any_layout():
    wide = np.zeros((400, 8))
    wide[::2, ::2] = X
    packed = np.zeros(200, dtype=[("pad", "i1"), ("x", "f8", 4)])
    packed["x"] = X
    for made in (np.asfortranarray(X), wide[::2, ::2], X[::-1][::-1], X.astype(">f8"), packed["x"], X.tolist(),
                 X.astype(object), memoryview(X)):
        assert same(made)


@pytest.mark.parametrize("kind", ["f4", "f2", "i8", "i4", "i1", "u8", "u2", "?"])
def test_arrays_of_any_number(kind):
    numbers = (10 * X).astype(kind)
    want = hone.Ridge().fit(numbers.astype(float), Y)
    made = hone.Ridge().fit(numbers, Y)
    assert np.allclose(made.coef_, want.coef_, rtol=1e-9)
    assert np.allclose(made.predict(numbers), want.predict(numbers.astype(float)), rtol=1e-9)


def test_nothing_is_copied():
    table = hone.table(X)
    first = table.matrix()[0, 0]
    X[0, 0] += 1
    assert table.matrix()[0, 0] == first + 1
    X[0, 0] -= 1


def test_one_row_equals_its_batch():
    for name in ("Ridge", "LogisticRegression", "RandomForestClassifier", "GradientBoostingRegressor"):
        made = getattr(hone, name)(n_jobs=1)
        made.fit(X, LABELS if name.endswith("Classifier") or name.startswith("Log") else Y)
        for cast in (np.float64, np.float32):
            rows = X.astype(cast)
            batch = made.predict(rows)
            assert all(made.predict(rows[i:i + 1])[0] == batch[i] for i in range(20))


def test_sparse():
    sparse = pytest.importorskip("scipy.sparse")
    counts = rng.poisson(0.4, size=(100, 30)).astype(float)
    classes = rng.integers(0, 3, 100)
    dense = hone.MultinomialNB().fit(counts, classes).predict_proba(counts)
    for form in ("csr", "csc", "coo", "lil"):
        made = sparse.coo_array(counts).asformat(form)
        assert np.allclose(hone.MultinomialNB().fit(made, classes).predict_proba(made), dense)
    machine = hone.SVC().fit(sparse.csr_matrix(counts), classes)
    assert np.array_equal(machine.support_vectors_.toarray(), counts[machine.support_])
    twice = sparse.coo_matrix(([1.0, 2.0], ([0, 0], [1, 1])), shape=(100, 30))
    assert hone.table(twice).matrix()[0, 1] == 3
    with pytest.raises(ValueError, match="sparse"):
        hone.DecisionTreeClassifier().fit(sparse.csr_matrix(counts), classes)


# ---- frames ------------------------------------------------------------------------------------------


def frames(penguins):
    pa = pytest.importorskip("pyarrow")
    whole = pa.table(penguins)
    yield "pyarrow", whole
    yield "batches", pa.Table.from_batches(whole.to_batches(max_chunksize=50))
    yield "hone", penguins
    for package in ("pandas", "polars"):
        try:
            __import__(package)
        except ImportError:
            continue
        yield package, penguins.to_pandas() if package == "pandas" else penguins.to_polars()


def test_frames_in_and_out(penguins, model):
    want = penguins.to_dict()
    answers = model.predict(penguins).to_dict()
    kinds = []
    for name, frame in frames(penguins):
        back = hone.table(frame).to_dict()
        assert list(back) == list(want), name
        for column in want:
            if want[column].dtype.kind == "f":
                assert np.array_equal(back[column], want[column], equal_nan=True), (name, column)
            else:
                assert list(back[column]) == list(want[column]), (name, column)
        predicted = model.predict(frame)
        assert type(predicted) is type(frame)
        assert np.array_equal(hone.table(predicted).to_dict()["probability_Gentoo"], answers["probability_Gentoo"])
        kinds.append(name)
    assert "pyarrow" in kinds


def test_pandas_without_arrow(penguins, monkeypatch):
    pandas = pytest.importorskip("pandas")
    frame = penguins.to_pandas()
    frame["when"] = pandas.Timestamp("2024-02-29 12:00")
    frame["nullable"] = pandas.array([1, None] * 172, dtype="Int64")
    frame["text"] = ["a", None] * 172
    frame["yes"] = [True, False] * 172
    with_arrow = hone.table(frame)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    without = hone.table(frame)
    assert without.columns == with_arrow.columns
    assert without.types == with_arrow.types
    assert without.hash() == with_arrow.hash()


def test_feature_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    made = hone.Ridge().fit(frame, Y)
    assert list(made.feature_names_in_) == list("abcd")
    assert np.array_equal(made.predict(frame), hone.Ridge().fit(X, Y).predict(X))
    with pytest.raises(ValueError, match="same order"):
        made.predict(frame[list("bacd")])
    with pytest.raises(ValueError, match="unseen at fit time"):
        made.predict(frame.rename(columns={"a": "e"}))
    with pytest.warns(UserWarning, match="valid feature names"):
        made.predict(X)
    assert made.model().schema[0]["name"] == "a"


def test_categories_by_text():
    pa = pytest.importorskip("pyarrow")
    seen = pa.table({"colour": ["red", "green", "blue"] * 20})
    made = hone.DecisionTreeRegressor().fit(seen, [1.0, 2.0, 3.0] * 20)
    later = pa.table({"colour": ["blue", "red"]})
    assert list(made.predict(later)) == [3.0, 1.0]
    encoder = hone.OneHotEncoder().fit(seen)
    assert encoder.transform(later).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert [name.rpartition("=")[2] for name in encoder.get_feature_names_out()] == ["blue", "green", "red"]


# ---- protocol ----------------------------------------------------------------------------------------


def test_signatures_and_parameters():
    import inspect
    signature = inspect.signature(hone.LogisticRegression)
    assert signature.parameters["C"].default == 1.0
    assert "n_jobs" in signature.parameters and "random_state" in signature.parameters
    made = hone.GradientBoostingClassifier(num_leaves=7)  # another name of max_leaves
    assert made.get_params()["max_leaves"] == 7
    assert repr(made) == "GradientBoostingClassifier(max_leaves=7)"
    with pytest.raises(ValueError, match="did you mean 'max_leaves'"):
        hone.GradientBoostingClassifier(max_leafs=7)
    assert hone.DecisionTreeClassifier(max_depth=None).fit(X, LABELS).score(X, LABELS) == 1
    assert "Parameters\n----------" in hone.Ridge.__doc__ and "alpha : float" in hone.Ridge.__doc__


def test_transformed_arrays_are_ones_own():
    """Without a copy where a step made them; never memory of what was passed in."""
    x = rng.normal(size=(1000, 3))
    step = hone.StandardScaler().fit(x)
    z = step.transform(x)
    del step
    gc.collect()
    np.testing.assert_allclose(z, (x - x.mean(0)) / x.std(0), rtol=1e-12)
    z[:] = 1  # it may be written to
    back = hone.MinMaxScaler().fit(x)
    np.testing.assert_allclose(back.inverse_transform(back.transform(x)), x, rtol=1e-12)
    kept = hone.DropConstant().fit(x).transform(x)
    assert np.array_equal(kept, x) and not np.shares_memory(kept, x)


def test_parameters_of_parts():
    """Estimators within one are reached as scikit-learn's are, so that its searches do."""
    from sklearn.base import clone
    from sklearn.model_selection import GridSearchCV
    bag = hone.BaggingClassifier(estimator=hone.DecisionTreeClassifier(), n_estimators=5)
    bag.set_params(estimator__max_depth=1, estimator=hone.DecisionTreeClassifier(max_depth=4))
    assert bag.get_params()["estimator__max_depth"] == 1 and clone(bag).get_params()["estimator__max_depth"] == 1
    assert "estimator__max_depth" not in bag.get_params(deep=False)
    parts = [("line", hone.LogisticRegression()), ("tree", hone.DecisionTreeClassifier(max_depth=2))]
    vote = hone.VotingClassifier(estimators=parts, voting="soft").set_params(line__C=0.5, tree=parts[1][1])
    assert parts[0][1].C == 0.5 and vote.get_params()["line"] is parts[0][1]
    each = [part.fit(X, LABELS).predict_proba(X) for _, part in parts]
    np.testing.assert_allclose(vote.fit(X, LABELS).predict_proba(X), np.mean(each, axis=0), rtol=1e-12)
    search = GridSearchCV(vote, {"line__C": [1e-6, 1.0], "tree__max_depth": [1, 3]}, cv=3).fit(X, LABELS)
    assert search.best_params_["line__C"] == 1.0 and search.best_score_ > 0.9
    with pytest.raises(ValueError, match="none of its estimators, which are"):
        vote.set_params(lime__C=1)
    with pytest.raises(ValueError, match="did you mean 'max_depth'"):
        vote.set_params(tree__max_deph=1)


@pytest.mark.parametrize("make", [pickle.dumps, copy.deepcopy, copy.copy])
def test_kept(make):
    made = hone.RandomForestClassifier(n_estimators=5, random_state=1).fit(X, LABELS)
    back = make(made)
    back = pickle.loads(back) if isinstance(back, bytes) else back
    assert np.array_equal(back.predict_proba(X), made.predict_proba(X))
    assert back.get_params() == made.get_params() and list(back.classes_) == ["down", "up"]


def test_saved_estimators_serve(tmp_path):
    made = hone.LogisticRegression().fit(X, LABELS)
    made.save(tmp_path / "m.hone")
    back = hone.load(tmp_path / "m.hone")
    assert back.classes == ["down", "up"] and back.task == "binary"
    answer = back.predict({"x0": 3, "x1": -3, "x2": 0, "x3": 0})
    assert answer["prediction"] == "up"
    assert list(back.predict(X)) == list(made.predict(X))
    program = os.environ.get("HONE")
    if program:
        shown = subprocess.run([program, "show", tmp_path / "m.hone", "--json"], capture_output=True, check=True)
        assert json.loads(shown.stdout)["classes"] == ["down", "up"]


def test_threads_and_seeds_give_equal_bits():
    proba = [hone.RandomForestClassifier(n_estimators=20, random_state=5, n_jobs=n).fit(X, LABELS).predict_proba(X)
             for n in (1, 2, 3, None)]
    assert all(np.array_equal(p, proba[0]) for p in proba)
    assert not np.array_equal(hone.RandomForestClassifier(n_estimators=20, random_state=6).fit(X, LABELS)
                              .predict_proba(X), proba[0])


class LogLoss:
    """Of two classes, as the kind has it."""

    link = "logit"

    def __init__(self, y):
        self.start = float(np.log(y.mean() / (1 - y.mean())))

    def __call__(self, y, scores):
        p = 1 / (1 + np.exp(-scores))
        return p - y, p * (1 - p)

    def losses(self, y, scores):
        return np.logaddexp(0, scores) - y * scores


def test_a_loss_of_ones_own():
    """A function in place of `loss`: the kind's own give the same model; it stops early; errors come out."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(700, 3))
    y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=700) > 0).astype(float)
    own, mine = (hone.GradientBoostingClassifier(n_estimators=20, early_stopping="off", loss=loss).fit(x, y)
                 for loss in ("auto", LogLoss(y)))
    np.testing.assert_allclose(mine.predict_proba(x), own.predict_proba(x), atol=1e-6)
    np.testing.assert_allclose(mine.train_curve_, own.train_curve_, rtol=1e-6)
    stopped = hone.GradientBoostingClassifier(loss=LogLoss(y)).fit(x, y).describe()["model"]["fitted"]
    assert stopped["loss"] == "custom" and stopped["stopped_early"]

    def softmax(y, scores):
        p = np.exp(scores - scores.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        return p - np.eye(3)[y.astype(int)], 1.5 * p * (1 - p)

    thirds = np.digitize(x[:, 0], [-0.4, 0.4])
    scores = hone.GradientBoostingClassifier(n_estimators=20, objective=softmax).fit(x, thirds)
    assert scores.decision_function(x).shape == (700, 3) and (scores.predict(x) == thirds).mean() > 0.95
    assert not hasattr(scores, "predict_proba") and hasattr(hone.GradientBoostingClassifier(), "predict_proba")

    numbers = hone.GradientBoostingRegressor(n_estimators=20, loss=lambda y, s: (s - y, 1)).fit(x, x[:, 0])
    assert np.corrcoef(numbers.predict(x), x[:, 0])[0, 1] > 0.8
    with pytest.raises(ZeroDivisionError):
        hone.GradientBoostingRegressor(loss=lambda y, s: 1 / 0).fit(x, y)
    with pytest.raises(TypeError, match="two things"):
        hone.GradientBoostingRegressor(loss=lambda y, s: s - y).fit(x, y)
    with pytest.raises(hone.Error, match="finite"):
        hone.GradientBoostingRegressor(loss=lambda y, s: (s * np.nan, 1)).fit(x, y)


def test_partial_fit_of_parts():
    made = hone.GaussianNB().partial_fit(X[:100], LABELS[:100], classes=["down", "flat", "up"])
    made.partial_fit(X[100:], LABELS[100:])
    assert list(made.classes_) == ["down", "flat", "up"] and made.predict_proba(X).shape == (200, 3)
    with pytest.raises(ValueError, match="not among the classes"):
        made.partial_fit(X[:2], ["up", "sideways"])


def test_several_targets(tmp_path):
    """As scikit-learn has them: shapes, lists by target, rows of coef_; the same after pickling and saving."""
    both = np.stack([Y, X[:, 3] - Y, 2 * Y], 1)
    ridge = hone.Ridge().fit(X, both)
    assert ridge.predict(X).shape == both.shape and ridge.coef_.shape == (3, 4) and ridge.intercept_.shape == (3,)
    assert np.array_equal(ridge.predict(X)[:, 1], hone.Ridge().fit(X, both[:, 1]).predict(X))
    assert ridge.score(X, both) > 0.99
    assert np.array_equal(pickle.loads(pickle.dumps(ridge)).coef_, ridge.coef_)
    labels = np.stack([np.where(Y > 0, "up", "down"), np.digitize(Y, [-1, 1]).astype(str)], 1)
    forest = hone.RandomForestClassifier(n_estimators=10).fit(X, labels)
    assert [list(c) for c in forest.classes_] == [["down", "up"], ["0", "1", "2"]]
    assert [p.shape for p in forest.predict_proba(X)] == [(200, 2), (200, 3)]
    assert forest.predict(X).shape == labels.shape and forest.score(X, labels) > 0.8
    assert forest.feature_importances_.sum() == pytest.approx(1)
    forest.save(tmp_path / "m.hone")
    answers = hone.load(tmp_path / "m.hone").predict({f"x{j}": X[0, j] for j in range(4)})
    assert [str(label) for label in answers["prediction"].values()] == list(forest.predict(X[:1])[0])
    assert np.array_equal(hone.Ridge().fit(X, both).fit(X, Y).coef_, hone.Ridge().fit(X, Y).coef_)
    pandas = pytest.importorskip("pandas")
    chain = hone.RegressorChain(estimator=hone.Ridge()).fit(X, pandas.DataFrame(both, columns=["a", "b", "c"]))
    assert chain.describe()["target"] == ["a", "b", "c"] and chain.score(X, both) > 0.99
    with pytest.raises(ValueError, match="one target"):
        hone.SGDRegressor().partial_fit(X, both)
    with pytest.raises(ValueError, match="only one class"):
        hone.GaussianNB().fit(X, np.stack([labels[:, 0], np.full(200, "x")], 1))


def test_class_weight_by_class():
    light, heavy = (hone.LogisticRegression(class_weight={"up": w}).fit(X, LABELS).predict_proba(X)[:, 1].mean()
                    for w in (0.1, 10))
    assert light < heavy


# ---- whole pipelines ---------------------------------------------------------------------------------


def test_train_and_look(penguins, model, tmp_path):
    assert model.task == "multiclass" and model.target == "species"
    assert model.classes == ["Adelie", "Chinstrap", "Gentoo"]
    assert {"name": "flipper_length_mm", "type": "int64"} in model.schema
    assert model.evaluate(penguins)["metrics"]["test"]["accuracy"] > 0.9
    row = {"island": "Biscoe", "bill_length_mm": 47.5, "bill_depth_mm": 14.0, "flipper_length_mm": 212,
           "body_mass_g": 4875, "sex": "female", "year": 2009}
    assert model.predict(row)["prediction"] == "Gentoo"
    assert [a["prediction"] for a in model.predict([row, row])] == ["Gentoo"] * 2
    assert json.loads(model.predict_json(json.dumps(row)))["prediction"] == "Gentoo"
    assert json.loads(model.predict_json(json.dumps(row).encode()))["prediction"] == "Gentoo"
    model.save(tmp_path / "a.hone")
    assert (tmp_path / "a.hone").read_bytes() == model.to_bytes()
    assert pickle.loads(pickle.dumps(model)).predict(row) == model.predict(row)
    again = hone.train(PENGUINS, target="species", model="decision_tree", seed=1)
    assert again.predict(row) == model.predict(row)


def test_the_log_of_changes(penguins):
    recipe = {"roles": {"target": "species"}, "data": {"fill": "body_mass_g = forward() by island order year"},
              "steps": [{"impute": {"columns": ["sex"], "by": ["island"]}}, {"impute": {}}, {"one_hot": {}}], "model": "logistic"}
    made = hone.train(penguins, recipe=recipe, seed=1)
    filled, first, second, third = made.describe()["changes"]
    cells = penguins.to_pandas()["body_mass_g"].isna().sum()
    assert filled["columns"][0]["name"] == "body_mass_g" and filled["columns"][0]["missing"] == [cells, 0]
    assert first["columns"][0]["missing"][1] == 0 and third["taken"] == ["island", "sex"]
    assert "body_mass_g" not in [column["name"] for column in second["columns"]]  # filled before
    assert "1. impute: Fill in missing values" in made.log() and "## 1. impute" in made.log(markdown=True)
    with pytest.raises(hone.Error, match="no log"):
        hone.Ridge().fit(X, Y).model().log()


def test_recipes(tmp_path):
    text = f"data: {{path: {PENGUINS}}}\nroles: {{target: species}}\nmodel: baseline\nseed: 4\n"
    (tmp_path / "r.yaml").write_text(text)
    made = hone.train(recipe=text)
    assert hone.train(recipe=tmp_path / "r.yaml").to_bytes() == made.to_bytes()
    assert hone.train(PENGUINS, recipe={"roles": {"target": "species"}}, model="baseline", seed=4).task == made.task
    with pytest.raises(hone.Error, match="stands alone"):
        hone.train(recipe=text, target="species")


def test_sql_and_kinds():
    counted = hone.sql(f"select species, count(*) as n from '{PENGUINS}' group by species order by n desc")
    assert counted.shape == (3, 2) and counted.to_dict()["n"].tolist() == [152, 124, 68]
    names = {kind["name"] for kind in hone.kinds()}
    assert {"ridge", "gbdt", "kmeans"} <= names and len(hone.metrics()) > 10


# ---- what fails --------------------------------------------------------------------------------------


def test_errors_say_where(tmp_path):
    with pytest.raises(ValueError, match="alpha") as caught:
        hone.Ridge(alpha=-1).fit(X, Y)
    assert isinstance(caught.value, hone.Error)
    assert caught.value.code == "usage" and caught.value.param == "alpha"
    with pytest.raises(hone.Error) as caught:
        hone.Ridge().fit(np.where(X == X[7, 2], np.nan, X), Y)
    assert caught.value.column == "x2" and caught.value.row == 7
    with pytest.raises(OSError) as caught:
        hone.load(tmp_path / "none.hone")
    assert isinstance(caught.value, hone.Error) and caught.value.code == "io"
    (tmp_path / "bad.hone").write_bytes(b"no model")
    with pytest.raises(hone.Error) as caught:
        hone.load(tmp_path / "bad.hone")
    assert caught.value.code == "format"
    with pytest.raises(hone.NotFittedError):
        hone.Ridge().predict(X)
    with pytest.raises(ValueError):
        hone.Model.from_bytes(b"bad")


@pytest.mark.parametrize("bad", [None, 3, "text", X[0], X[None], np.zeros((0, 4)), np.zeros((5, 0)), {"a": 1}, [[]],
                                 [[1, 2], [3]], [["a", object()]], X.astype(complex), np.full((200, 4), np.inf)])
def test_bad_tables_are_refused(bad):
    with pytest.raises((ValueError, TypeError)):
        hone.Ridge().fit(bad, Y)
    with pytest.raises((ValueError, TypeError)):
        hone.Ridge().fit(X, Y).predict(bad)


@pytest.mark.parametrize("bad", [Y[:10], np.full(200, np.nan), np.array(["a"] * 200), np.stack([Y, Y], 1)[:, :, None], None])
def test_bad_targets_are_refused(bad):
    with pytest.raises((ValueError, TypeError)):
        hone.Ridge().fit(X, bad)


def test_huge_k_and_constant_columns():
    with pytest.raises(hone.Error):
        hone.KMeans(n_clusters=2**62).fit(X)
    constant = np.ones((50, 3))
    assert np.isfinite(hone.Ridge().fit(constant, Y[:50]).predict(constant)).all()
    same_rows = np.repeat(X[:1], 30, axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert hone.KMeans(n_clusters=2).fit(same_rows).labels_.shape == (30,)


def test_warnings_reach_python():
    with pytest.warns(hone.Warning):
        hone.LogisticRegression(max_iter=1).fit(X, LABELS)


# ---- threads and signals -----------------------------------------------------------------------------


def test_other_threads_go_on():
    made = hone.RandomForestClassifier(n_estimators=10).fit(X, LABELS)
    want, wrong = made.predict(X), []

    def ask():
        for _ in range(50):
            if not np.array_equal(made.predict(X), want) or made.predict(X[:1])[0] != want[0]:
                wrong.append(1)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_interrupt_stops_a_fit():
    code = """if True:
        import os, signal, threading, time
        import numpy as np, hone
        x = np.random.default_rng(1).normal(size=(20000, 50))
        threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        start = time.monotonic()
        try:
            hone.GradientBoostingRegressor(n_estimators=100000, early_stopping="off", n_jobs=1).fit(x, x[:, 0])
        except KeyboardInterrupt:
            print("stopped", hone.Ridge().fit(x[:100], x[:100, 0]).n_features_in_)
    """
    path = os.pathsep.join([str(Path(hone.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120,
                          env=dict(os.environ, PYTHONPATH=path))
    assert done.stdout.strip() == "stopped 50", done.stderr[-500:]


def test_after_a_fork():
    made = hone.RandomForestRegressor(n_estimators=30).fit(X, Y)
    want = made.predict(np.tile(X, (100, 1)))
    pid = os.fork()
    if pid == 0:
        ok = np.array_equal(made.predict(np.tile(X, (100, 1))), want)
        hone.RandomForestRegressor(n_estimators=5).fit(X, Y)
        os._exit(0 if ok else 1)
    for _ in range(600):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        time.sleep(0.05)
    else:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        pytest.fail("the child hangs")
    assert status == 0


# ---- what is emitted ---------------------------------------------------------------------------------


def test_stubs_are_up_to_date():
    from hone._stubs import data_stubs, stubs
    assert (Path(hone.__file__).parent / "__init__.pyi").read_text() == stubs(hone.kinds())
    compile(stubs(hone.kinds()), "__init__.pyi", "exec")
    made = data_stubs(hone._catalog["generators"])
    assert (Path(hone.__file__).parent / "data.pyi").read_text() == made
    compile(made, "data.pyi", "exec")


def test_generators_and_the_registry(tmp_path, monkeypatch):
    monkeypatch.setenv("HONE_DATA", str(tmp_path))
    x, y = hone.data.make_blobs(30, 3, centers=4, cluster_std=[0.5, 1, 1, 2], random_state=7, n_jobs=1)
    assert x.shape == (30, 3) and set(y) == {0, 1, 2, 3} and x.flags.c_contiguous
    assert np.array_equal(x, hone.data.make_blobs(n_samples=30, n_features=3, centers=4, cluster_std=(0.5, 1, 1, 2),
                                                  random_state=7)[0])
    assert "cluster_std" in hone.data.make_blobs.__doc__
    with pytest.raises(TypeError, match="centres"):
        hone.data.make_blobs(centres=3)
    with pytest.raises(ValueError, match="centers"):
        hone.data.make_blobs(centers=0)
    first = hone.data.register("made", x)
    table = hone.data.read("data://made")
    assert first.startswith("data://made@") and np.array_equal(table.matrix(), x)
    assert hone.data.register("made", table) == first == hone.data.register("made", hone.data.read(first))
    with pytest.raises(ValueError, match="did you mean 'made'"):
        hone.read("data://maed")
    with pytest.raises(ValueError, match="is no name"):
        hone.data.register("a/b", x)
    described = hone.data.describe(table)
    assert [c["name"] for c in described] == table.columns and described[0]["missing"] == 0


def test_examples_of_the_docs(tmp_path, monkeypatch):
    """docs/PYTHON.md runs from top to bottom, in a folder with penguins.csv."""
    import contextlib
    import re
    import shutil
    pytest.importorskip("sklearn")
    shutil.copy(PENGUINS, tmp_path)
    monkeypatch.chdir(tmp_path)
    names = {}
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/PYTHON.md").read_text(), re.M | re.S)
    assert len(blocks) >= 5
    for block in blocks:
        missing = [m for m in re.findall(r"^import (pandas|polars)", block, re.M) if not _there(m)]
        if not missing:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(block, "docs/PYTHON.md", "exec"), names)


def _there(package):
    import importlib.util
    return importlib.util.find_spec(package) is not None


def test_profile(tmp_path):
    """A frame's profile: numbers, page, and what a notebook shows."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": range(40), "y": ["a", "b"] * 20, "<z>": [1.5, None] * 20})
    look = hone.profile(frame, target="y", rows=2)
    assert look["overview"]["rows"] == 40 and look["overview"]["missing"] == 20 and look["task"] == "binary"
    assert "<iframe" in look._repr_html_() and "<z>" not in look.html and "40 rows" in repr(look)
    look.save(tmp_path / "p.html")
    assert (tmp_path / "p.html").read_text().startswith("<!doctype html>")
    with pytest.raises(hone.Error, match="nobody"):
        hone.profile(frame, target="nobody")
    later = frame.assign(x=frame.x + 30, y="c").drop(columns="<z>")
    beside = hone.profile(frame, compare=later)["beside"]
    assert beside["only_here"] == ["<z>"] and {c["name"]: c["distance"] for c in beside["columns"]} == {"x": 0.75, "y": 1}
    frame.to_csv(tmp_path / "f.csv", index=False)
    assert not any(c["differs"] for c in hone.profile(frame, compare=tmp_path / "f.csv")["beside"]["columns"])
    assert "beside" not in look.numbers


def test_steps_before_those_inferred_and_types_of_a_table_given(penguins):
    """What the recipe's data section says of types holds for a table given as for a file, and `auto` for the list of steps."""
    recipe = {"roles": {"target": "species"}, "data": {"categories": ["year"]}}
    made = hone.train(penguins, recipe=recipe, model="logistic", steps=[{"derive": {"expressions": ["ratio = bill_length_mm / bill_depth_mm"]}}, "auto"])
    told = made.describe()
    assert [next(iter(step)) for step in told["recipe"]["steps"]] == ["derive", "impute", "standard_scale", "one_hot"]
    assert next(column["type"] for column in told["schema"] if column["name"] == "year") == "category"
