"""Steps given first and the rest inferred: `auto` among a recipe's steps."""
import json
import subprocess

import numpy as np
import pytest
from program import HONE

pd = pytest.importorskip("pandas")


def frame(n=300, seed=1):
    rng = np.random.default_rng(seed)
    amount = rng.exponential(100, n)
    table = pd.DataFrame({"price": [f"${value:,.2f}" for value in amount], "size": rng.normal(10, 3, n), "one": 1,
                          "kind": rng.choice(["a", "b"], n), "key": [f"k{i:05d}" for i in range(n)],
                          "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")})
    table.loc[rng.random(n) < 0.2, "size"] = np.nan
    table["y"] = (amount + 5 * table["size"].fillna(10) + rng.normal(0, 5, n)).round(3)
    return table


def train(folder, steps, model="ridge", table=None, **more):
    (frame() if table is None else table).to_csv(folder / "t.csv", index=False)
    recipe = {"roles": {"target": "y"}, **({} if steps is None else {"steps": steps}), **({"model": model} if model else {}), **more}
    (folder / "r.yaml").write_text(json.dumps(recipe))
    return subprocess.run([HONE, "train", "--recipe", folder / "r.yaml", folder / "t.csv", "-o", folder / "m.hone"],
                          capture_output=True, text=True)


def facts(folder):
    shown = subprocess.run([HONE, "show", folder / "m.hone", "--json"], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)


def steps_of(folder):
    return [next(iter(step.items())) for step in facts(folder)["recipe"]["steps"]]


def notes(folder):
    return "\n".join(facts(folder)["notes"])


def test_the_rest_is_inferred_for_what_the_first_ones_leave(tmp_path):
    done = train(tmp_path, [{"parse_number": {"columns": "price"}}, "auto", {"variance_threshold": {}}])
    assert done.returncode == 0, done.stderr
    kinds = steps_of(tmp_path)
    assert [kind for kind, _ in kinds] == ["parse_number", "drop_columns", "derive", "impute", "standard_scale", "one_hot",
                                           "variance_threshold"]
    assert sorted(kinds[1][1]["names"]) == ["key", "one"]
    assert "'key' looks like an id" in notes(tmp_path) and "step impute" in notes(tmp_path)
    assert facts(tmp_path)["metrics"]["test"]["r2"] > 0.9  # without parse_number price teaches nothing


def test_alone_it_is_what_no_steps_are(tmp_path):
    models = set()
    for steps in (None, ["auto"], [{"auto": {}}]):
        assert train(tmp_path, steps, table=frame().drop(columns="price")).returncode == 0
        models.add((tmp_path / "m.hone").read_bytes())
    assert len(models) == 1


def test_where_no_model_is_named_each_candidate_gets_its_own(tmp_path):
    done = train(tmp_path, [{"parse_number": {"columns": "price"}}, "auto"], model=None)
    assert done.returncode == 0, done.stderr
    assert "folds of the training rows" in notes(tmp_path)
    assert steps_of(tmp_path)[0][0] == "parse_number"
    (tmp_path / "c.yaml").write_text(json.dumps({"steps": [{"derive": {"expressions": ["twice = 2 * size"]}}, "auto"], "model": "ridge"}))
    done = subprocess.run([HONE, "compare", tmp_path / "t.csv", "--target", "y", "--recipes", tmp_path / "c.yaml", "--models",
                           "ridge", "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_model_that_needs_nothing_gets_nothing_more(tmp_path):
    done = train(tmp_path, [{"parse_number": {"columns": "price"}}, {"drop_columns": {"names": ["key", "one", "day"]}}, "auto"],
                 model="gbdt")
    assert done.returncode == 0, done.stderr
    assert [kind for kind, _ in steps_of(tmp_path)] == ["parse_number", "drop_columns"]
    assert "steps: none beside those given" in notes(tmp_path)


def test_it_stands_once_and_is_no_name_of_a_step(tmp_path):
    done = train(tmp_path, ["auto", "impute", "auto"])
    assert done.returncode != 0 and "'auto' stands once among the steps" in done.stderr
    done = train(tmp_path, [{"auto": {"strategy": "mean"}}])
    assert done.returncode != 0 and "auto" in done.stderr


def test_times_with_long_names_are_inferred_and_backticks_are_refused(tmp_path):
    long = "d" * 300
    done = train(tmp_path, None, table=frame().rename(columns={"day": long}))
    assert done.returncode == 0, done.stderr
    assert long in str(steps_of(tmp_path))
    done = train(tmp_path, None, table=frame().rename(columns={"day": "the `day`"}))
    assert done.returncode != 0 and "the `day`" in done.stderr and "backtick" in done.stderr
