"""Flags as words: forms, refusals, exit codes, --json."""

import json
import os
import subprocess

import pytest

from program import FAST, HONE, PENGUINS, as_json, good, plain_environment, refused, run


def train(tmp_path, *words):
    return as_json("train", PENGUINS, "-o", tmp_path / "m.hone", *words)


def test_forms_of_flags(tmp_path):
    """The same run, written in every way that flags can be written."""
    out = str(tmp_path / "m.hone")
    ways = [["--target", "species", "--model", "logistic", "--set", "C=2", "--seed", "3", "-o", out],
            ["--target=species", "--model=logistic", "--set=C=2", "--seed=3", f"--output={out}"],
            ["-o" + out, "--target", "species", "--model", "logistic", "--seed", "9", "--seed", "3", "--set", "C=2"],
            ["--no-quiet", "--target", "species", "--model", "logistic", "--set", "C=2", "--seed", "3", f"-o={out}"]]
    hashes = {as_json("train", PENGUINS, *way)["model_hash"] for way in ways}
    hashes.add(as_json("train", *ways[0], "--", PENGUINS)["model_hash"])
    assert len(hashes) == 1


def test_lists_grow(tmp_path):
    done = train(tmp_path, "--target", "species", *FAST, "--set", "C=0.5", "--set", "max_iter=77",
                 "--ignore", "year,sex", "--ignore", "island")
    assert done["params"]["C"] == 0.5 and done["params"]["max_iter"] == 77
    assert done["features"] == 4


@pytest.mark.parametrize("wanted, kind", [
    ("xgboost", "gbdt"), ("LightGBM", "gbdt"), ("logistic_regression", "logistic"), ("RandomForest", "random_forest"),
    ("random-forest-classifier", "random_forest"), ("SVC", "svm"), ("naive_bayes", "gaussian_bayes"), ("gbtd", "gbdt")])
def test_kinds_by_the_names_of_others(tmp_path, wanted, kind):
    assert f"did you mean '{kind}'" in refused(2, "train", PENGUINS, "--target", "species", "--model", wanted)
    assert f"did you mean '{kind}'" in refused(2, "kinds", wanted)


def test_targets_that_cannot_be(tmp_path):
    said = refused(2, "train", PENGUINS)
    assert "no target is named" in said and "columns are species, island, bill_length_mm" in said
    (tmp_path / "t.csv").write_text("name,x\n" + "".join(f"person {i},{i % 7}\n" for i in range(40)))
    assert "another value in every row" in refused(3, "train", tmp_path / "t.csv", "--target", "name")


def test_a_model_goes_by_its_kind_too(tmp_path):
    recipe = tmp_path / "r.yaml"
    recipe.write_text(f"data: {{path: {PENGUINS}}}\nroles: {{target: species}}\nsteps: [impute: {{}}, one_hot: {{}}]\n"
                      "model: {decision_tree: {}}\n")
    for name in ("max_depth", "model__max_depth", "decision_tree__max_depth"):
        done = as_json("train", "--recipe", recipe, "-o", tmp_path / "m.hone", "--set", f"{name}=2")
        assert done["params"]["max_depth"] == 2


@pytest.mark.parametrize("words, message", [
    (["--targt", "x"], "there is no flag --targt; did you mean --target?"),
    (["--targt=x"], "there is no flag --targt; did you mean --target?"),
    (["--quiett"], "there is no flag --quiett; did you mean --quiet?"),
    (["--zzzzzzzz"], "there is no flag --zzzzzzzz; 'hone train --help' lists them"),
    (["--no-test"], "there is no flag --no-test; --test takes a value: leave it out"),
    (["-x"], "there is no flag -x; 'hone train --help' lists them"),
    (["--target"], "--target needs a value"),
    (["--target", "--json"], "--target needs a value"),
    (["-o"], "-o needs a value"),
    (["--test", "2"], "--test must be a real number in [0, 1), not '2'; the default is 0.2"),
    (["--threads", "0"], "--threads must be an integer in [1, 1024] or 'all', not '0'; the default is all"),
    (["--seed", "-1"], "--seed must be an integer >= 0, not '-1'; the default is 0"),
    (["--task", "binery"], "did you mean 'binary'?"),
    (["b.csv"], "'b.csv' is one word too many"),
    (["--sql", "select 1"], "both a file and --sql say where rows come from; give one of them"),
    (["--target", "species", "--set", "C=1"], "no model is named"),
    (["--target", "species", "--model", "logistic", "--set", "C"], "write NAME=VALUE"),
    (["--target", "species", "--model", "logistic", "--set", "C=0"],
     "logistic: 'C' must be a real number"),
    (["--target", "species", "--model", "logistic", "--set", "D=0"], "logistic: there is no parameter 'D'"),
    (["--target", "species", "--model", "logistik"], "did you mean 'logistic'"),
    (["--target", "species", "--model", "impute"], "'impute' is a step, not a model"),
])
def test_used_wrongly(words, message, tmp_path):
    said = refused(2, "train", PENGUINS, *words, cwd=tmp_path)
    assert said.startswith("hone train: error: ") and message in said
    assert "\n" not in said
    assert list(tmp_path.iterdir()) == []


def test_failures_as_json(tmp_path):
    done = run("train", PENGUINS, "--target", "species", "--test", "x", "--json", cwd=tmp_path)
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert set(error) == {"code", "message", "param", "file", "row", "column"}
    assert error["code"] == "usage" and error["param"] == "test" and error["row"] is None
    assert done.stderr.startswith("hone train: error: ")
    done = run("train", "nothing.csv", "--target", "y", "--json", cwd=tmp_path)
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["file"] == "nothing.csv"
    done = run("show", "nothing.hone", "--json", cwd=tmp_path)
    assert done.returncode in (3, 4) and json.loads(done.stdout)["error"]["code"] in ("io", "data")
    assert json.loads(run("nonsense", "--json").stdout)["error"]["code"] == "usage"


def test_json_is_all_of_standard_output(model, tmp_path):
    for words in (["show", model], ["kinds"], ["kinds", "gbdt"], ["schema"], ["version"],
                  ["evaluate", model, PENGUINS], ["predict", model, PENGUINS],
                  ["predict", model, PENGUINS, "-o", tmp_path / "p.csv"],
                  ["train", PENGUINS, "--target", "species", "-o", tmp_path / "m.hone", *FAST]):
        done = run(*words, "--json")
        assert done.returncode == 0, done.stderr
        assert isinstance(json.loads(done.stdout), dict)
        assert done.stderr == ""


def test_quiet(model, tmp_path):
    done = run("train", PENGUINS, "--target", "species", "-o", tmp_path / "m.hone", "-q", *FAST)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = run("predict", model, PENGUINS, "-o", tmp_path / "p.csv", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_no_colour_in_pipes(model):
    for words in (["show", model], ["kinds"], ["--help"], ["nonsense"]):
        done = run(*words)
        assert "\033" not in done.stdout + done.stderr


def test_ascii_where_the_terminal_has_no_blocks(model):
    text = good("show", model, env=plain_environment(LANG="C"))
    assert "#" in text and text.isascii()
    assert "█" in good("show", model)


def test_standard_output_that_is_full():
    if not os.path.exists("/dev/full"):
        pytest.skip("/dev/full is not there")
    with open("/dev/full", "w") as full:
        done = subprocess.run([HONE, "kinds"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 4 and "standard output cannot be written" in done.stderr


def test_reader_that_has_gone_away(model):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([HONE, "schema"], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.returncode == -13 and done.stderr == ""


STEPS = """
roles: {target: species}
steps:
  - impute: {strategy: median}
  - standard_scale: {name: scale, columns: numeric}
  - one_hot
model: {logistic: {C: 2}}
"""


def test_parameters_by_address(tmp_path):
    (tmp_path / "r.yaml").write_text(STEPS)

    def recipe(*words):
        as_json("train", PENGUINS, "--recipe", tmp_path / "r.yaml", "-o", tmp_path / "m.hone", *words)
        return as_json("show", tmp_path / "m.hone", "--recipe")

    made = recipe("--set", "scale__with_mean=no", "--set", "impute__strategy=most_frequent", "--set", "model__C=3")
    kinds = {next(iter(step)): next(iter(step.values())) for step in made["steps"]}
    assert kinds["standard_scale"]["with_mean"] is False and kinds["standard_scale"]["name"] == "scale"
    assert kinds["impute"]["strategy"] == "most_frequent" and made["model"]["logistic"]["C"] == 3
    for word, message in (("scal__with_mean=no", "did you mean 'scale'"), ("scale__with_men=no", "with_mean"),
                          ("impute_2__strategy=mean", "there is no step 'impute_2'")):
        assert message in refused(2, "train", PENGUINS, "--recipe", tmp_path / "r.yaml", "--set", word, cwd=tmp_path)
    (tmp_path / "r.yaml").write_text(STEPS.replace("strategy: median", "name: scale"))
    assert "same 'name'" in refused(3, "train", PENGUINS, "--recipe", tmp_path / "r.yaml", cwd=tmp_path)


def test_leaks_are_said(tmp_path):
    rows = [f"{i % 2},{'yes' if i % 2 else 'no'},{i * 7 % 13},{i * 3 % 11}" for i in range(400)]
    (tmp_path / "t.csv").write_text("\n".join(["y,again,a,b", *rows]) + "\n")
    done = as_json("train", tmp_path / "t.csv", "--target", "y", *FAST, "-o", tmp_path / "m.hone")
    found = {w["kind"]: w for w in done["warnings"]}
    assert found["target_copy"]["column"] == "again" and found["target_copy"]["value"] == 1
    assert found["duplicates"]["value"] > 0.05
    assert any("'again' alone tells 'y'" in note for note in done["notes"])
    assert "warnings" not in as_json("train", PENGUINS, "--target", "species", *FAST, "-o", tmp_path / "m.hone")
