"""Finding out about models: decisions, errors, pages, comparisons, learning curves, verification."""

import csv
import html.parser
import json
import math
import random
import re
import shutil

import pytest

from program import FAST, PENGUINS, as_json, good, refused


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two classes whose value is known, and models of them."""
    folder = tmp_path_factory.mktemp("evaluation")
    rows = list(csv.DictReader(PENGUINS.open()))
    with (folder / "t.csv").open("w") as out:
        writer = csv.writer(out)
        writer.writerow(["y", "bill", "mass", "island", "worth"])
        for i, row in enumerate(rows):
            label = "yes" if (row["species"] == "Adelie") != (i % 6 == 0) else "no"
            writer.writerow([label, row["bill_length_mm"], row["body_mass_g"], row["island"], 100 + i % 7])
    for name, more in (("plain", []), ("f1", ["--threshold", "f1"]), ("half", ["--threshold", "0.25"])):
        good("train", folder / "t.csv", "--target", "y", "--ignore", "worth", "-o", folder / f"{name}.hone", "-q",
             *FAST, *more)
    return folder


def predictions(model, table, *more):
    return as_json("predict", model, table, *more)["predictions"]


# ---- metrics with a number -----------------------------------------------------------------------


def test_metrics_with_a_number(folder):
    asked = "fbeta@2,fbeta(0.5),f1,precision@20,lift(0.25)"
    done = as_json("evaluate", folder / "plain.hone", folder / "t.csv", "--metrics", asked)
    figures = done["metrics"]["test"]
    assert list(figures) == ["fbeta(2)", "fbeta(0.5)", "f1", "precision@20", "lift(0.25)"]
    assert min(figures["fbeta(2)"], figures["fbeta(0.5)"]) <= figures["f1"] <= max(figures["fbeta(2)"], figures["fbeta(0.5)"])
    assert done["intervals"]["fbeta(2)"]["low"] < figures["fbeta(2)"] < done["intervals"]["fbeta(2)"]["high"]
    good("evaluate", folder / "plain.hone", folder / "t.csv", "--metrics", asked, "--report", folder / "n.html")
    assert "F-beta, beta = 0.5" in (folder / "n.html").read_text()
    assert "did you mean 'fbeta'" in refused(2, "evaluate", folder / "plain.hone", folder / "t.csv", "--metrics", "fbta(2)")
    recipe = folder / "n.yaml"
    recipe.write_text(f"data: {{path: {folder / 't.csv'}}}\nroles: {{target: y}}\nmodel: baseline\n"
                      "metrics: [fbeta(2), recall@5]\ndecision: {threshold: fbeta(2)}\n")
    done = as_json("train", "--recipe", recipe, "-o", folder / "n.hone")
    assert done["primary"] == "fbeta(2)" and set(done["metrics"]["test"]) == {"fbeta(2)", "recall@5"}
    assert done["decision"]["by"] == "fbeta(2)"
    fbeta = next(m for m in as_json("kinds")["metrics"] if m["name"] == "fbeta(beta)")
    assert fbeta["argument"]["form"] == "fbeta(beta)" and fbeta["argument"]["required"]
    assert "ndcg@k" in good("kinds") and "how many times more recall" in good("kinds", "fbeta").lower()


def test_metrics_with_a_number_on_many_rows(tmp_path):
    """More than a scratch block holds: names of metrics live as long as their figures."""
    good("data", "gen", "classification", "--set", "n_samples=30000", "--seed", "1", "-o", tmp_path / "t.csv")
    good("train", tmp_path / "t.csv", "--target", "y", "-o", tmp_path / "m.hone", "-q", *FAST)
    done = as_json("evaluate", tmp_path / "m.hone", tmp_path / "t.csv", "--metrics", "fbeta(2),lift(0.25)",
                   "--threshold", "fbeta(0.5)")
    assert list(done["metrics"]["test"]) == list(done["intervals"]) == ["fbeta(2)", "lift(0.25)"]
    assert done["primary"] == "fbeta(2)" and done["decision"]["by"] == "fbeta(0.5)"


# ---- decision -------------------------------------------------------------------------------------


def test_a_threshold_decides_everywhere(folder):
    fact = as_json("show", folder / "half.hone")["decision"]
    assert fact == {"by": "given", "threshold": 0.25}
    assert "'yes' from 0.25 on, as asked" in good("show", folder / "half.hone")
    answers = predictions(folder / "half.hone", folder / "t.csv")
    for answer in answers:
        assert answer["prediction"] == ("yes" if answer["probability_yes"] >= 0.25 else "no")
    assert answers != predictions(folder / "plain.hone", folder / "t.csv")
    row = json.dumps({"bill": 38.0, "mass": 3500, "island": "Biscoe"})
    one = json.loads(good("predict", folder / "half.hone", "--row", row))
    assert one["prediction"] == ("yes" if one["probabilities"]["yes"] >= 0.25 else "no")
    matrix = as_json("evaluate", folder / "half.hone", folder / "t.csv")["reports"]["confusion"]["matrix"]
    assert matrix[0][1] + matrix[1][1] == sum(a["prediction"] == "yes" for a in answers)


def test_a_threshold_chosen_out_of_fold(folder):
    done = as_json("show", folder / "f1.hone")
    fact = done["decision"]
    assert fact["by"] == "f1" and 0 < fact["threshold"] < 1 and fact["value"] >= fact["value_without"]
    assert any("out of fold" in note for note in done["notes"])
    # The recipe makes the same model again.
    recipe = folder / "f1.json"
    recipe.write_text(good("show", folder / "f1.hone", "--recipe"))
    good("train", "--recipe", recipe, "-o", folder / "again.hone", "-q")
    assert as_json("show", folder / "again.hone")["decision"] == fact
    assert predictions(folder / "again.hone", folder / "t.csv") == predictions(folder / "f1.hone", folder / "t.csv")


def test_costs_move_the_threshold(folder):
    def threshold(costs):
        done = as_json("train", folder / "t.csv", "--target", "y", "--ignore", "worth", "--costs", costs,
                       "-o", folder / "c.hone", *FAST)
        assert done["decision"]["by"] == "cost"
        assert done["decision"]["value"] <= done["decision"]["value_without"]
        return done["decision"]["threshold"]

    assert threshold("fp=1,fn=10") < threshold("fp=1,fn=1") < threshold("fp=10,fn=1")
    assert threshold("no:yes=1,yes:no=10") == threshold("fp=1,fn=10")


def test_costs_from_files(folder):
    (folder / "costs.csv").write_text("truth,no,yes\nno,0,1\nyes,10,0\n")
    (folder / "costs.json").write_text('{"no": {"yes": 1}, "yes": {"no": 10}}')
    wanted = as_json("evaluate", folder / "plain.hone", folder / "t.csv", "--costs", "fp=1,fn=10")
    for name in ("costs.csv", "costs.json"):
        got = as_json("evaluate", folder / "plain.hone", folder / "t.csv", "--cost-table", folder / name)
        assert got["reports"]["decision"] == wanted["reports"]["decision"]
    chosen = wanted["reports"]["decision"]["chosen"]
    (tn, fp), (fn, tp) = wanted["reports"]["confusion"]["matrix"]
    assert chosen["cost"] == pytest.approx((fp + 10 * fn) / (tn + fp + fn + tp))


def test_costs_of_more_classes(tmp_path):
    """Taking a Gentoo for anything else is dear: whatever could be one is called one."""
    path = tmp_path / "m.hone"
    good("train", PENGUINS, "--target", "species", "-o", path, "-q", "--costs",
         "Gentoo:Adelie=1e6,Gentoo:Chinstrap=1e6,Adelie:Gentoo=1,Chinstrap:Gentoo=1", *FAST)
    counts = [a["prediction"] for a in predictions(path, PENGUINS)]
    plain = [row["species"] for row in csv.DictReader(PENGUINS.open())]
    assert counts.count("Gentoo") > plain.count("Gentoo")
    assert "least expected cost" in good("show", path)


def test_value_and_intervention(folder):
    """Profit by hand; the best threshold is no worse than any other of the curve."""
    flags = ["--value", "worth", "--intervention-cost", "20", "--success-rate", "0.5"]
    done = as_json("evaluate", folder / "plain.hone", folder / "t.csv", "--threshold", "profit", *flags)
    decision, report = done["decision"], done["reports"]["decision"]
    assert decision["by"] == "profit" and decision["chosen_on"] == "these rows"
    answers = predictions(folder / "plain.hone", folder / "t.csv", "--keep", "y,worth")
    profit = sum((0.5 * a["worth"] if a["y"] == "yes" else 0) - 20 for a in answers
                 if a["probability_yes"] >= decision["threshold"])
    assert report["chosen"]["profit"] == pytest.approx(profit) == pytest.approx(decision["value"])
    assert report["chosen"]["roi"] == pytest.approx(profit / report["chosen"]["spent"])
    assert max(report["curve"]["profit"]) <= profit + 1e-9


@pytest.mark.parametrize("code, flags, message", [
    (2, ["--threshold", "roc_auc"], "does not depend on the threshold"),
    (2, ["--threshold", "f2_score"], "there is no metric"),
    (2, ["--threshold", "cost"], "needs 'costs'"),
    (2, ["--threshold", "profit"], "needs 'value'"),
    (2, ["--costs", "fp=1,wrong=2"], "'wrong' names no cost"),
    (3, ["--value", "wort"], "did you mean 'worth'?"),
    (3, ["--value", "island"], "cannot be the value"),
])
def test_decisions_at_fault(folder, code, flags, message):
    said = refused(code, "train", folder / "t.csv", "--target", "y", *FAST, *flags, cwd=folder)
    assert message in said


def test_a_threshold_of_many_classes_is_refused(tmp_path):
    said = refused(2, "train", PENGUINS, "--target", "species", "--threshold", "0.4", *FAST, cwd=tmp_path)
    assert "parts two classes" in said


# ---- reports --------------------------------------------------------------------------------------


def test_classification_report(model):
    text = good("evaluate", model, PENGUINS)
    for line in ("class +precision +recall +f1 +rows", r"Adelie +[01]\.\d+ +[01]\.\d+ +[01]\.\d+ +152",
                 "macro avg", "weighted avg"):
        assert re.search(line, text), line
    reports = as_json("evaluate", model, PENGUINS)["reports"]
    assert [c["class"] for c in reports["gain"]] == ["Adelie", "Chinstrap", "Gentoo"]
    assert [c["class"] for c in reports["calibration"]["classes"]] == ["Adelie", "Chinstrap", "Gentoo"]
    assert reports["averages"]["macro"]["f1"] == pytest.approx(sum(c["f1"] for c in reports["classes"]) / 3)


def test_errors(model):
    errors = as_json("evaluate", model, PENGUINS, "--errors", "5")["errors"]
    answers = predictions(model, PENGUINS, "--keep", "species")
    loss = {i + 1: a[f"probability_{a['species']}"] for i, a in enumerate(answers)}
    assert [w["row"] for w in errors["worst"]] == sorted(loss, key=lambda i: (loss[i], i))[:5]
    first = errors["worst"][0]
    assert first["truth"] == answers[first["row"] - 1]["species"]
    assert set(first["values"]) >= {"island", "bill_length_mm"}
    gaps = [u["gap"] for u in errors["least_certain"]]
    assert gaps == sorted(gaps) and gaps[0] < 0.5
    wrong = [(a["species"], a["prediction"]) for a in answers if a["species"] != a["prediction"]]
    assert sum(c["weight"] for c in errors["confused"]) == len(wrong)
    assert "worst answers" in good("evaluate", model, PENGUINS, "--errors", "3")


def test_segments_find_where_the_truth_was_spoiled(tmp_path):
    """Labels of one island are random: that is where the model must err."""
    table = tmp_path / "t.csv"
    rows = list(csv.DictReader(PENGUINS.open()))
    with table.open("w") as out:
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        for i, row in enumerate(rows):
            if row["island"] == "Dream":
                row["species"] = ("Adelie", "Chinstrap", "Gentoo")[i * 7919 % 3]
            writer.writerow(row)
    good("train", table, "--target", "species", "-o", tmp_path / "m.hone", "-q", *FAST)
    segments = as_json("evaluate", tmp_path / "m.hone", table, "--errors", "3")["errors"]["segments"]
    assert (segments[0]["column"], segments[0]["is"]) == ("island", "Dream")


class Outline(html.parser.HTMLParser):
    """Open tags, and whatever would be fetched from elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.outside = [], [], []
        self.feed(text)

    def handle_startendtag(self, tag, attributes):
        self.seen.append(tag)
        self.note(attributes)

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)
        self.note(attributes)

    def note(self, attributes):
        self.outside += [v for k, v in attributes if k in ("src", "href") or "url(" in (v or "")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_page(model, folder, tmp_path):
    for which, table, pictures in ((model, PENGUINS, 5), (folder / "f1.hone", folder / "t.csv", 5)):
        page = tmp_path / "page.html"
        assert "wrote" in good("evaluate", which, table, "--report", page)
        outline = Outline(page.read_text())
        assert outline.open == [] and outline.outside == [] and "script" not in outline.seen
        assert outline.seen.count("svg") == pictures
        assert "Worst answers" in page.read_text()
    good("train", PENGUINS, "--target", "body_mass_g", "--model", "ridge", "-q", "-o", tmp_path / "r.hone")
    good("evaluate", tmp_path / "r.hone", PENGUINS, "--report", tmp_path / "r.html", "-q")
    text = (tmp_path / "r.html").read_text()
    assert "Residuals" in text and "Actual and predicted" in text and "NaN" not in text


def test_names_cannot_break_a_page(tmp_path):
    table = tmp_path / "t.csv"
    rows = list(csv.DictReader(PENGUINS.open()))
    with table.open("w") as out:
        writer = csv.writer(out)
        writer.writerow(["y", "a<b>&", "x"])
        for row in rows:
            writer.writerow(["<script>alert(1)</script>" if row["species"] == "Adelie" else "no\"</p>",
                             row["bill_length_mm"], f"<i>{row['island']}"])
    good("train", table, "--target", "y", "-o", tmp_path / "m.hone", "-q", *FAST)
    good("evaluate", tmp_path / "m.hone", table, "--report", tmp_path / "p.html", "-q")
    outline = Outline((tmp_path / "p.html").read_text())
    assert "script" not in outline.seen and outline.open == []


def test_plots_as_vega_lite(model):
    plots = as_json("evaluate", model, PENGUINS, "--plots")["plots"]
    assert set(plots) == {"roc", "precision_recall", "calibration", "gain", "lift"}
    for spec in plots.values():
        assert spec["$schema"].endswith("/v5.json") and spec["title"]
        for layer in spec["layer"]:
            assert layer["data"]["values"] and set(layer["encoding"]) >= {"x", "y"}


# ---- compare --------------------------------------------------------------------------------------


def test_compare_kinds(tmp_path):
    page = tmp_path / "c.html"
    flags = [PENGUINS, "--target", "species", "--models", "logistic,decision_tree"]
    done = as_json("compare", *flags, "--report", page)
    names = [m["name"] for m in done["models"]]
    assert set(names) == {"logistic", "decision_tree", "baseline"} and names[0] == done["best"]
    assert names[-1] == "baseline" and done["models"][-1]["behind"]["sure"] == 1
    values = [m["metrics"]["accuracy"] for m in done["models"]]
    assert values == sorted(values, reverse=True)
    assert done["verdict"].startswith(f"{done['best']} is best by accuracy")
    trained = as_json("train", PENGUINS, "--target", "species", "-o", tmp_path / "m.hone", *FAST)
    logistic = next(m for m in done["models"] if m["name"] == "logistic")
    assert logistic["metrics"]["accuracy"] == trained["metrics"]["test"]["accuracy"]
    assert Outline(page.read_text()).open == []
    assert "verdict" in good("compare", *flags)


def test_compare_models(folder):
    good("train", folder / "t.csv", "--target", "y", "--ignore", "worth", "--model", "baseline", "-q",
         "-o", folder / "blind.hone")
    done = as_json("compare", folder / "blind.hone", folder / "plain.hone", folder / "t.csv")
    assert done["best"] == str(folder / "plain.hone") and done["as_good"] == []
    change = done["change"]
    assert change["from"].endswith("blind.hone") and change["low"] <= change["value"] <= change["high"]
    same = as_json("compare", "--before", folder / "plain.hone", "--after", folder / "plain.hone",
                   folder / "t.csv")
    assert same["change"]["value"] == 0 and len(same["as_good"]) == 1


def test_compare_recipes(tmp_path):
    for name, c in (("a", 0.0001), ("b", 1)):
        (tmp_path / f"{name}.yaml").write_text(f"model: {{logistic: {{C: {c}}}}}\n")
    done = as_json("compare", PENGUINS, "--target", "species", "--recipes", "a.yaml,b.yaml", cwd=tmp_path)
    assert done["best"] == "b.yaml"


def test_compare_recipes_that_look_at_other_columns(tmp_path):
    """A text that one leaves out is there for the other; what one calls an id, or is free text, teaches none."""
    rows = ["id,name,x,y"]
    for i in range(300):
        rows.append(f"{7 * i + 1},{'Mr' if i % 3 else 'Ms'} Nobody No {i},{i % 7},{int(i % 3 == 0) if i % 10 else 1}")
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "reads.yaml").write_text(
        "roles: {id: [id]}\n"
        "steps:\n  - derive: {expressions: [\"title = regex_extract(name, '^([A-Z][a-z])', 1)\"], drop: [name]}\n  - auto\n"
        "model: logistic\n")
    (tmp_path / "drops.yaml").write_text("roles: {ignore: [name, id]}\nmodel: logistic\n")
    (tmp_path / "plain.yaml").write_text("model: logistic\n")
    words = ["compare", "t.csv", "--target", "y", "--metrics", "roc_auc", "--models", "logistic",
             "--recipes", "reads.yaml,drops.yaml,plain.yaml"]
    for more in ([], ["--outer", "3"]):
        found = {m["name"]: m for m in as_json(*words, *more, cwd=tmp_path)["models"]}
        auc = {name: model["metrics"]["roc_auc"] for name, model in found.items()}
        assert auc["reads.yaml"] > 0.85 and auc["drops.yaml"] < 0.7
        assert auc["plain.yaml"] == auc["logistic"] == auc["drops.yaml"]
    assert found["logistic"]["folds"]["kinds"] == ["logistic"] * 3 and "kinds" not in found["baseline"]["folds"]


def test_outer_folds_choose_for_themselves(tmp_path):
    """One part of three is a line, the others a curve: where the line is held out, trees are best; else lines are."""
    rng = random.Random(1)
    rows = ["x,z,part,y"]
    for i in range(360):
        x, z = rng.uniform(-3, 3), rng.uniform(-3, 3)
        y = x + z if i % 3 == 2 else 8 * math.sin(2 * x)
        rows.append(f"{x},{z},{'abc'[i % 3]},{y + rng.gauss(0, 0.1)}")
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n")
    done = as_json("compare", "t.csv", "--target", "y", "--group", "part", "--models", "auto,ridge", "--outer", "3",
                   "--folds", "2", "--metrics", "rmse", cwd=tmp_path)
    auto = next(m for m in done["models"] if m["name"] == "auto")
    assert sorted(auto["folds"]["kinds"])[1:] == ["ridge", "ridge"] and "ridge" != sorted(auto["folds"]["kinds"])[0]


def test_compare_at_fault(model, folder):
    assert "at least two model files" in refused(2, "compare", model, PENGUINS)
    assert "there is no column 'species'" in refused(3, "compare", folder / "plain.hone", model, folder / "t.csv")
    assert "cannot do this task" in refused(2, "compare", PENGUINS, "--target", "species", "--models", "ridge")


# ---- curve ----------------------------------------------------------------------------------------


def test_learning_curve(tmp_path):
    page = tmp_path / "c.html"
    done = as_json("curve", PENGUINS, "--target", "species", "--model", "logistic", "--rounds", "5", "--report", page)
    points = done["learning"]["points"]
    assert [p["fraction"] for p in points] == [0.1, 0.25, 0.5, 0.75, 1]
    assert [p["rows"] for p in points] == sorted(p["rows"] for p in points)
    assert points[-1]["rows"] == round(344 * 0.8) and len(points[0]["test"]["values"]) == 5
    assert points[-1]["test"]["mean"] >= points[0]["test"]["mean"] - 0.01
    assert done["learning"]["baseline"] == pytest.approx(152 / 344, abs=0.01)
    parts = done["bias_variance"]
    assert parts["loss"] == "zero_one" and parts["rounds"] == 5 and 0 <= parts["bias"] < 0.1
    assert Outline(page.read_text()).seen.count("svg") == 1


def test_bias_and_variance_of_numbers():
    """Squared error is bias plus variance; a deep tree has more of the latter than a stump."""
    def parts(depth):
        done = as_json("curve", PENGUINS, "--target", "body_mass_g", "--model", "decision_tree", "--set",
                       f"max_depth={depth}", "--fractions", "1", "--rounds", "10")
        found = done["bias_variance"]
        assert found["expected"] == pytest.approx(found["bias"] + found["variance"], rel=1e-9)
        return found, done["diagnosis"]

    stump, _ = parts(1)
    deep, diagnosis = parts(20)
    assert deep["variance"] > 2 * stump["variance"] and stump["bias"] > deep["bias"]
    assert diagnosis["overfits"] and "overfits" in diagnosis["text"]


def test_underfitting_is_said():
    done = as_json("curve", PENGUINS, "--target", "species", "--model", "baseline", "--rounds", "0")
    assert done["diagnosis"]["underfits"] and not done["diagnosis"]["overfits"]
    assert "bias_variance" not in done


def test_curve_at_fault():
    assert "each greater than the one before" in refused(
        2, "curve", PENGUINS, "--target", "species", "--fractions", "0.5,0.1", *FAST[:2])
    assert "too few for 100 folds" in refused(
        3, "curve", PENGUINS, "--target", "species", "--folds", "100", *FAST[:2])


# ---- verify ---------------------------------------------------------------------------------------


def test_verify(model):
    done = as_json("verify", model)
    assert done["verified"] and done["sample"] == {"rows": 5, "same_bits": 5}
    done = as_json("verify", model, PENGUINS)
    assert done["table"] == {"rows": 344, "trained_on": True, "answered_alone": 344, "same_bits": 344}
    assert "verified" in good("verify", model)


def test_verify_finds_other_answers(model, tmp_path):
    """A file whose stored answers are not its model's, with a checksum that fits."""
    good("train", PENGUINS, "--target", "species", "-o", tmp_path / "none.hone", "-q", "--sample", "0", *FAST)
    assert not as_json("verify", tmp_path / "none.hone")["verified"]
    shutil.copy(model, tmp_path / "cut.hone")
    with (tmp_path / "cut.hone").open("r+b") as file:
        file.seek(-9, 2)
        was = file.read(1)[0]
        file.seek(-9, 2)
        file.write(bytes([was ^ 0xFF]))
    assert "checksum" in refused(3, "verify", tmp_path / "cut.hone")
