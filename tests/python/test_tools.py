"""What the program's verbs do, from Python: updates, comparisons, curves, pages, expectations; frames from transformers."""

import ast
import inspect
import pickle

import numpy as np
import pytest
from program import BUILD, PENGUINS

import hone


@pytest.fixture(scope="module")
def penguins():
    return pytest.importorskip("pandas").read_csv(PENGUINS)


@pytest.fixture(scope="module")
def models(penguins):
    return {kind: hone.train(penguins, target="species", model=kind, seed=1) for kind in ("decision_tree", "sgd")}


def test_compare_and_curve(penguins, models):
    found = hone.compare(models, penguins, metrics="accuracy")
    assert {one["name"] for one in found["models"]} >= set(models) and "best" in found["verdict"]
    assert hone.compare(list(models.values()), PENGUINS)["primary"]
    curve = hone.learning_curve(penguins, target="species", model="decision_tree", rounds=3, folds=3, fractions=[0.5, 1])
    assert curve["model"] == "decision_tree" and len(curve["learning"]["points"]) == 2


def test_report_verify_rules(penguins, models, tmp_path):
    tree = models["decision_tree"]
    page = tree.report(penguins, errors=3)
    assert page.html.startswith("<!doctype html>") and "<svg" in page.html
    assert page._repr_html_().startswith("<iframe")
    page.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == page.html
    rows, same = tree.verify()
    assert rows == same == 5
    assert "flipper_length_mm" in tree.rules() and tree.drawing().startswith("<svg")
    with pytest.raises(hone.Error, match="sgd"):
        models["sgd"].rules()
    assert sum(tree.importances.values()) == pytest.approx(1)
    assert "accuracy" in tree._repr_html_() and "<script" not in tree._repr_html_()


def test_update(penguins, models):
    model = pickle.loads(pickle.dumps(models["sgd"]))
    before = model.evaluate(penguins)["metrics"]["test"]["accuracy"]
    answers = model.predict(penguins)["probability"]
    found = model.update(penguins)
    assert found["metrics"]["test"]["accuracy"] == before and found["updates"] == 1
    assert not np.array_equal(answers, model.predict(penguins)["probability"])
    assert model.verify() == (5, 5) and "more rows" in model.describe()["notes"][-1]
    with pytest.raises(hone.Error, match="decision_tree cannot go on learning"):
        models["decision_tree"].update(penguins)


def test_an_update_is_partial_fit():
    naive_bayes = pytest.importorskip("sklearn.naive_bayes")
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 4))
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    frames = [{**{f"x{j}": x[part, j] for j in range(4)}, "y": y[part]} for part in (slice(0, 150), slice(150, 400))]
    model = hone.train(hone.table(frames[0]), recipe={"roles": {"target": "y"}, "split": {"test": 0}, "steps": [],
                                                       "model": {"gaussian_bayes": {"var_smoothing": 0}}})
    model.update(hone.table(frames[1]))
    theirs = naive_bayes.GaussianNB(var_smoothing=0).fit(x[:150], y[:150]).partial_fit(x[150:], y[150:])
    ours = model.predict(hone.table(frames[1]))
    assert np.allclose(np.asarray(ours.to_dict()["probability_1"]), theirs.predict_proba(x[150:])[:, 1], atol=1e-9)


def test_expectations(penguins, tmp_path):
    assert hone.data.validate(penguins, hone.data.expect(penguins))["valid"]
    found = hone.data.validate(PENGUINS, {"columns": {"year": {"values": [2007, 2008]}, "island": {"missing": 0}}})
    assert not found["valid"] and found["rows"] == 344
    assert [(f["rule"], f["column"], f["count"]) for f in found["failures"]] == [("values", "year", 120)]
    (tmp_path / "e.yaml").write_text("rows: {max: 10}\n")
    assert hone.data.validate(penguins, tmp_path / "e.yaml")["failures"][0]["rule"] == "rows"
    with pytest.raises(hone.Error, match="did you mean 'columns'"):
        hone.data.validate(penguins, "colums: {}")


# ---- frames ------------------------------------------------------------------------------------------


def test_set_output(penguins):
    pandas, sklearn = pytest.importorskip("pandas"), pytest.importorskip("sklearn")
    numbers = penguins.select_dtypes("number").dropna()
    for made in (hone.StandardScaler(), hone.PCA(n_components=2), hone.PolynomialFeatures()):
        plain = made.fit_transform(numbers)
        assert isinstance(plain, np.ndarray)
        for call in ("transform", "fit_transform"):
            frame = getattr(sklearn.base.clone(made.set_output(transform="pandas")).fit(numbers), call)(numbers)
            assert isinstance(frame, pandas.DataFrame) and frame.index.equals(numbers.index)
            assert list(frame.columns) == list(made.get_feature_names_out()) and np.array_equal(frame.to_numpy(), plain)
    with sklearn.config_context(transform_output="pandas"):
        assert isinstance(hone.MinMaxScaler().fit_transform(numbers), pandas.DataFrame)
    both = sklearn.compose.make_column_transformer(
        (hone.StandardScaler(), ["year"]), (hone.OneHotEncoder(), ["island"])) if hasattr(sklearn, "compose") else None
    if both is not None:
        frame = both.set_output(transform="pandas").fit_transform(penguins)
        assert any("island" in name for name in frame.columns)
    with pytest.raises(hone.Error, match="'pandas' or 'polars'"):
        hone.StandardScaler().set_output(transform="excel")
    polars = pytest.importorskip("polars")
    frame = hone.StandardScaler().set_output(transform="polars").fit_transform(numbers)
    assert isinstance(frame, polars.DataFrame) and frame.columns == list(numbers.columns)


def test_the_index_of_a_frame_is_no_column(penguins):
    some = penguins.dropna()
    assert some.index.size < len(penguins) and hone.table(some).columns == list(penguins.columns)
    model = hone.train(some, target="species", model="decision_tree", seed=1)
    assert [column["name"] for column in model.schema] == [name for name in penguins.columns if name != "species"]
    answers = model.predict(some)
    assert answers.index.equals(some.index) and len(model.predict(penguins.set_index("year", drop=False))) == 344
    numbers = some.select_dtypes("number")
    assert list(hone.StandardScaler().fit(numbers).get_feature_names_out()) == list(numbers.columns)


def test_notebooks(penguins):
    forest = hone.RandomForestClassifier(n_estimators=5, max_depth=2)
    shown = forest._repr_html_()
    assert "n_estimators" in shown and "not fitted" in shown and "parameters as they are" in shown
    numbers = penguins.select_dtypes("number")
    assert f"fitted on {numbers.shape[1]} columns" in forest.fit(numbers, penguins["species"])._repr_html_()


def test_stubs_say_what_functions_take():
    """Names of parameters of what is no class of the catalog, as the stubs have them and as they are."""
    tree = ast.parse((BUILD / "python/hone/__init__.pyi").read_text())
    told = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name, node in told.items():
        mine = [a.arg for a in node.args.posonlyargs + node.args.args + node.args.kwonlyargs]
        theirs = [p for p, kind in inspect.signature(getattr(hone, name)).parameters.items()
                  if kind.kind != inspect.Parameter.VAR_KEYWORD]
        assert mine == theirs, name
    functions = {name for name in hone.__all__ if inspect.isfunction(getattr(hone, name))}
    assert functions <= set(told)
    assert hone.model_selection.KFold and hone.data.make_blobs
