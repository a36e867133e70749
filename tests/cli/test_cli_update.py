"""`hone update`: models that go on learning, through the steps that they were trained with."""

import csv
import json

import pytest

from program import PENGUINS, as_json, good, refused

RECIPE = """
roles: {target: species, ignore: [year]}
split: {test: 0.2, seed: 1}
steps: [impute: {}, standard_scale: {columns: numeric}, one_hot: {}]
model: %s
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Penguins of before (every other row) and after."""
    folder = tmp_path_factory.mktemp("update")
    rows = list(csv.reader(PENGUINS.open()))
    for name, first in (("before", 1), ("after", 2)):
        with (folder / f"{name}.csv").open("w") as out:
            csv.writer(out).writerows([rows[0], *rows[first::2]])
    return folder


def trained(folder, model, name, recipe=RECIPE):
    (folder / f"{name}.yaml").write_text(f"data: {{path: before.csv}}{recipe % model}")
    good("train", "--recipe", f"{name}.yaml", "-o", f"{name}.hone", "-q", cwd=folder)


@pytest.mark.parametrize("model", ["sgd", "perceptron", "gbdt: {n_estimators: 20}", "gaussian_bayes"])
def test_a_model_learns_on(folder, model):
    trained(folder, f"{{{model}{'' if ':' in model else ': {}'}}}", "m")
    metrics = ("--metrics", "accuracy")
    before = as_json("evaluate", "m.hone", "after.csv", *metrics, cwd=folder)["metrics"]["test"]["accuracy"]
    old = (folder / "m.hone").read_bytes()
    said = as_json("update", "m.hone", "after.csv", "-o", "n.hone", cwd=folder)
    assert (folder / "m.hone").read_bytes() == old, "-o leaves the model as it is"
    assert (said["rows"], said["updates"]) == (172, 1)
    assert said["metrics"]["test"]["accuracy"] == before, "scored before it is learned from"
    good("update", "m.hone", "after.csv", "--threads", "1", "-q", cwd=folder)
    assert (folder / "m.hone").read_bytes() == (folder / "n.hone").read_bytes() != old
    assert as_json("verify", "n.hone", cwd=folder)["verified"]
    text = good("show", "n.hone", cwd=folder)
    assert "172 more rows, of after.csv" in " ".join(text.split())
    after = as_json("evaluate", "n.hone", "after.csv", *metrics, cwd=folder)["metrics"]["test"]["accuracy"]
    assert after > 0.6
    assert as_json("update", "n.hone", "before.csv", cwd=folder)["updates"] == 2
    text = good("update", "n.hone", "before.csv", cwd=folder)
    assert "172 rows learned by" in text and "its update 3" in text and "accuracy" in text


def test_without_a_target(folder):
    recipe = "\nroles: {ignore: [species, island, sex, year]%s}\nsteps: [impute: {}, standard_scale: {}]\nmodel: {%s: {}}\n"
    for name, kind in (("rare", "half_space_trees"), ("groups", "mini_batch_kmeans")):
        trained(folder, (", task: cluster" if name == "groups" else "", kind), name, recipe)
        old = (folder / f"{name}.hone").read_bytes()
        said = as_json("update", f"{name}.hone", "after.csv", cwd=folder)
        assert said["rows"] == 172 and "metrics" not in said
        assert (folder / f"{name}.hone").read_bytes() != old
        good("predict", f"{name}.hone", "after.csv", "-o", "out.csv", cwd=folder)


def test_what_is_refused(folder):
    trained(folder, "logistic", "fixed")
    said = refused(4, "update", "fixed.hone", "after.csv", cwd=folder)
    assert "logistic cannot go on learning" in said and "sgd" in said and "gbdt" in said
    trained(folder, "sgd", "able")
    old = (folder / "able.hone").read_bytes()
    (folder / "bare.csv").write_text("island,sex\nDream,male\n")
    assert "species" in refused(3, "update", "able.hone", "bare.csv", cwd=folder)
    lines = (folder / "after.csv").read_text().splitlines()
    (folder / "new.csv").write_text("\n".join([lines[0], lines[1].replace("Adelie", "Emperor")]) + "\n")
    assert "Emperor" in refused(3, "update", "able.hone", "new.csv", cwd=folder)
    assert (folder / "able.hone").read_bytes() == old


def test_facts_stay(folder):
    trained(folder, "sgd", "told")
    shown = lambda: json.loads(good("show", "told.hone", "--json", cwd=folder))  # noqa: E731
    before = shown()
    good("update", "told.hone", "after.csv", cwd=folder)
    after = shown()
    assert after["metrics"] == before["metrics"] and after["schema"] == before["schema"]
    assert len(after["notes"]) == len(before["notes"]) + 1
