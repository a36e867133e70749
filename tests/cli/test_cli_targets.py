"""Several targets at once: trained, asked, judged and served as one model."""

import csv
import io
import json

import pytest

from program import PENGUINS, as_json, good, refused

NUMBERS, CLASSES = ["bill_length_mm", "body_mass_g"], ["species", "sex"]
QUICK = ["--model", "gbdt", "--set", "n_estimators=20", "-q"]


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    home = tmp_path_factory.mktemp("targets")
    good("train", PENGUINS, "--target", ",".join(NUMBERS), *QUICK, "-o", home / "numbers.hone")
    good("train", PENGUINS, "--target", CLASSES[0], "--target", CLASSES[1], *QUICK, "-o", home / "classes.hone")
    return {"numbers": home / "numbers.hone", "classes": home / "classes.hone"}


def test_each_target_is_learned_as_it_would_be_alone(models, tmp_path):
    together = rows_of(good("predict", models["numbers"], PENGUINS))
    for target, other in (NUMBERS, NUMBERS[::-1]):
        good("train", PENGUINS, "--target", target, "--ignore", other, "--split", "random", *QUICK,
             "-o", tmp_path / "one.hone")
        alone = rows_of(good("predict", tmp_path / "one.hone", PENGUINS))
        assert [row[f"prediction_{target}"] for row in together] == [row["prediction"] for row in alone]


@pytest.mark.parametrize("what,columns", [
    ("numbers", ["prediction_bill_length_mm", "prediction_body_mass_g"]),
    ("classes", ["prediction_species", "probability_species", "probability_species_Adelie",
                 "probability_species_Chinstrap", "probability_species_Gentoo", "prediction_sex", "probability_sex",
                 "probability_sex_female", "probability_sex_male"])])
def test_rows_alone_equal_the_table(models, what, columns):
    table = rows_of(good("predict", models[what], PENGUINS))
    assert list(table[0]) == columns
    schema = {column["name"]: column["type"] for column in as_json("show", models[what])["schema"]}
    rows = [{name: None if row[name] == "NA" else row[name] if kind == "category" else float(row[name])
             for name, kind in schema.items()} for row in rows_of(PENGUINS.read_text())[:5]]
    answers = json.loads(good("predict", models[what], "--row", json.dumps(rows)))
    for i, (answer, row) in enumerate(zip(answers, table)):
        assert answer == json.loads(good("predict", models[what], "--row", json.dumps(rows[i])))
        for target, value in answer["prediction"].items():
            shown = row[f"prediction_{target}"]
            assert value == (float(shown) if what == "numbers" else shown)
            if what == "classes":
                for name, share in answer["probabilities"][target].items():
                    assert float(row[f"probability_{target}_{name}"]) == share
                assert answer["probability"][target] == max(answer["probabilities"][target].values())


def test_what_is_said_about_it(models, tmp_path):
    shown = as_json("show", models["classes"])
    assert shown["target"] == CLASSES and shown["task"] == "multiclass"
    assert shown["classes"] == {"species": ["Adelie", "Chinstrap", "Gentoo"], "sex": ["female", "male"]}
    assert list(shown["targets"]) == CLASSES and shown["primary"] == "accuracy"
    each = [one["metrics"]["test"]["accuracy"] for one in shown["targets"].values()]
    assert shown["metrics"]["test"]["accuracy"] == pytest.approx(sum(each) / 2, rel=1e-12)
    text = good("show", models["classes"])
    for part in ("predicts 'species', 'sex'", "mean of the targets", "truth \\ predicted", "what the model looks at"):
        assert part in text
    for what, targets in (("numbers", NUMBERS), ("classes", CLASSES)):
        page = tmp_path / f"{what}.html"
        done = as_json("evaluate", models[what], PENGUINS, "--errors", "3", "--report", page)
        assert list(done["targets"]) == targets
        for one in done["targets"].values():
            primary = one["primary"]
            assert one["metrics"]["baseline"] and one["intervals"][primary]["low"] <= one["intervals"][primary]["high"]
        assert all(f"Target {target}" in page.read_text() for target in targets)
        assert "mean of the targets" in good("evaluate", models[what], PENGUINS)
        assert "no target is named" not in good("verify", models[what], PENGUINS)


def test_a_model_is_chosen_by_the_mean(tmp_path):
    done = as_json("train", PENGUINS, "--target", ",".join(NUMBERS), "-o", tmp_path / "m.hone")
    assert any("r2 (mean of the targets)" in note for note in done["notes"])
    assert done["target"] == NUMBERS and done["metrics"]["test"]["r2"] > 0.5 > done["metrics"]["baseline"]["r2"]


def test_same_bytes_from_its_recipe_and_for_any_threads(models, tmp_path):
    recipe = json.loads(good("show", models["classes"], "--recipe"))
    assert recipe["roles"]["target"] == CLASSES
    (tmp_path / "r.json").write_text(json.dumps(recipe))
    for threads in (1, 2):
        good("train", PENGUINS, "--recipe", tmp_path / "r.json", "--threads", threads, "-q", "-o", tmp_path / "m.hone")
        assert rows_of(good("predict", tmp_path / "m.hone", PENGUINS)) == rows_of(
            good("predict", models["classes"], PENGUINS))


def test_init(tmp_path):
    good("init", PENGUINS, "--target", ",".join(CLASSES), cwd=tmp_path)
    assert 'target: ["species", "sex"]' in (tmp_path / "penguins.yaml").read_text()
    done = as_json("train", "--recipe", "penguins.yaml", "--model", "decision_tree", cwd=tmp_path)
    assert done["target"] == CLASSES and done["model"] == "multi_output"


def test_chain(tmp_path):
    (tmp_path / "r.yaml").write_text(f"data: {{path: {PENGUINS}}}\nroles: {{target: [species, sex]}}\n"
                                     "model: {chain: {estimator: decision_tree, order: [1, 0]}}\n")
    done = as_json("train", "--recipe", "r.yaml", "-o", "m.hone", cwd=tmp_path)
    assert done["model"] == "chain" and done["metrics"]["test"]["accuracy"] > 0.8
    assert as_json("show", tmp_path / "m.hone")["model"]["fitted"]["order"] == [1, 0]


def test_a_name_with_a_comma_is_one_column(tmp_path):
    (tmp_path / "t.csv").write_text('"a, b",c,d\n' + "".join(f"{i},{i * i % 7},{i * 3 % 11}\n" for i in range(60)))
    done = as_json("train", "t.csv", "--target", "a, b", "--model", "ridge", cwd=tmp_path)
    assert done["target"] == "a, b"


@pytest.mark.parametrize("words,message", [
    (["--target", "species,body_mass_g"], "'species' is a matter of classes and 'body_mass_g' of numbers"),
    (["--target", "sex,sex"], "named twice"),
    (["--target", "species,sx"], "did you mean 'sex'"),
    (["--target", "species,sex", "--threshold", "0.3"], "are for one target"),
    (["--target", "species,sex", "--positive", "male"], "a positive class is for one target"),
    (["--target", "species,sex", "--task", "rank"], "takes one target"),
])
def test_refusals(tmp_path, words, message):
    code = 3 if "sx" in words[1] else 2
    assert message in refused(code, "train", PENGUINS, *words, "-o", tmp_path / "m.hone")


def test_what_is_for_one_target(models, tmp_path):
    several = ["--target", ",".join(CLASSES)]
    for words in (["compare", PENGUINS, *several, "--models", "logistic,gbdt"], ["curve", PENGUINS, *several]):
        assert "is for one target, and there are 2" in refused(2, *words)
    assert "are for one target" in refused(2, "evaluate", models["classes"], PENGUINS, "--threshold", "0.3")
