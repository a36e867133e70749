"""Steps of one's own in Python: in recipes, in scikit-learn's pipelines, saved, loaded and missed."""
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest
from program import BUILD

import hone

rng = np.random.default_rng(4)
FRAME = pd.DataFrame({"a": rng.normal(5, 2, 300), "b": rng.normal(-3, 1, 300), "city": rng.choice(["x", "y", "z"], 300)})
FRAME["y"] = 2 * FRAME.a - FRAME.b + FRAME.city.map({"x": 0.0, "y": 5.0, "z": -5.0}) + rng.normal(0, 0.1, 300)


class Centred(hone.Step):
    """Takes a figure of training away."""

    name = "centred_frame"

    def fit(self, frame, y=None, by="mean"):
        assert y is None or len(y) == len(frame)
        return getattr(frame, by)().to_dict()

    def transform(self, frame, state):
        return frame - pd.Series(state)


def frequency(frame, state):
    return pd.DataFrame({f"{c}_share": frame[c].astype(object).map(state[c]).fillna(0).astype(float) for c in frame})


SHARE = hone.step("share_of", frequency, lambda frame, y=None: {
    c: frame[c].astype(object).value_counts(normalize=True).to_dict() for c in frame})


@pytest.fixture(scope="module")
def model():
    return hone.train(FRAME, target="y", model="ridge", seed=1, steps=[
        ("centre", Centred(), ["a", "b"]), {"one_hot": {"columns": ["city"]}}])


def test_trained(model):
    assert model.describe()["metrics"]["test"]["r2"] > 0.99
    batch = model.predict(FRAME.drop(columns="y"))["prediction"].to_numpy()
    single = [model.predict(row)["prediction"] for row in FRAME.drop(columns="y")[:20].to_dict("records")]
    np.testing.assert_array_equal(batch[:20], single)


def test_options_and_thousands_of_rows():
    big = pd.concat([FRAME] * 60, ignore_index=True)  # several blocks of rows, in several threads
    model = hone.train(big, target="y", model="ridge", seed=1, threads=2, steps=[
        ("centre", Centred()(by="median"), ["a", "b"]), {"one_hot": {"columns": ["city"]}}])
    answers = model.predict(big.drop(columns="y"))["prediction"].to_numpy()
    np.testing.assert_array_equal(answers[:300], answers[-300:])
    kept = {}
    def ask(i):
        kept[i] = model.predict(big.drop(columns="y"))["prediction"].to_numpy()
    threads = [threading.Thread(target=ask, args=(i,)) for i in range(3)]
    [t.start() for t in threads], [t.join() for t in threads]
    assert all((kept[i] == answers).all() for i in range(3))


def test_functions_and_texts():
    model = hone.train(FRAME, target="y", model="ridge", seed=1, steps=[("share", SHARE, "city")])
    row = FRAME.drop(columns="y").iloc[0].to_dict()
    assert np.isfinite(model.predict({**row, "city": "elsewhere"})["prediction"])


def test_in_scikit_learn():
    sklearn = pytest.importorskip("sklearn.pipeline")
    Transformer = hone.register(Centred)
    numbers = FRAME[["a", "b"]]
    made = Transformer(options={"by": "median"}).fit(numbers, FRAME.y).transform(numbers)
    np.testing.assert_allclose(np.asarray(made, float), numbers - numbers.median(), rtol=1e-14)
    pipeline = sklearn.make_pipeline(Transformer(), hone.Ridge()).fit(numbers, FRAME.y)
    assert pipeline.set_params(centredframe__options={"by": "min"}).fit(numbers, FRAME.y).score(numbers, FRAME.y) > 0.3


def test_a_file_needs_its_step(model, tmp_path):
    model.save(tmp_path / "m.hone")
    again = hone.load(tmp_path / "m.hone")
    pd.testing.assert_frame_equal(again.predict(FRAME.drop(columns="y")), model.predict(FRAME.drop(columns="y")))
    alone = f"import sys; sys.path.insert(0, {str(BUILD / 'python')!r}); import hone; hone.load({str(tmp_path / 'm.hone')!r})"
    done = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True)
    assert done.returncode != 0 and "centred_frame" in done.stderr and "register" in done.stderr
    program = subprocess.run([BUILD / "hone", "show", tmp_path / "m.hone"], capture_output=True, text=True)
    assert program.returncode != 0 and "centred_frame" in program.stderr
    assert b"lambda" not in (tmp_path / "m.hone").read_bytes() and b"def " not in (tmp_path / "m.hone").read_bytes()


@pytest.mark.parametrize("transform,message", [
    (lambda frame, state: 1 / 0, "ZeroDivisionError"), (lambda frame, state: frame[:3], "rows"),
    (lambda frame, state: None, "frame"),
    (lambda frame, state: frame.rename(columns={"a": f"a{frame.a.sum()}"}), "training had")])
def test_faults(transform, message):
    with pytest.raises(hone.Error, match=message):
        trained = hone.train(FRAME, target="y", model="ridge", seed=1, steps=[
            ("bad", hone.step("bad_step", transform), ["a", "b"]), {"one_hot": {"columns": ["city"]}}])
        trained.predict(FRAME.drop(columns="y")[:5])


def test_names():
    with pytest.raises(hone.Error, match="already"):
        hone.register(hone.step("ridge", frequency))
    with pytest.raises(hone.Error, match="letters"):
        hone.register(hone.step("No Good", frequency))
    with pytest.raises(hone.Error, match="share_off"):
        hone.train(FRAME, target="y", steps=["share_off"])
