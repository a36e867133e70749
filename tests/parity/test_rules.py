"""Association rules against counting all subsets, against published figures, and (where it is installed)
against mlxtend."""
import itertools
import json
import subprocess
from collections import Counter

import numpy as np
import pytest
from models import BUILD, Model
from shared_data import FOLDER

KINDS = ["fp_growth", "eclat"]
MEASURES = ["support", "confidence", "lift", "leverage", "conviction", "zhangs_metric", "jaccard", "certainty",
            "kulczynski"]


def groceries():
    path = FOLDER / "groceries" / "groceries.csv"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path, [frozenset(item.strip() for item in line.split(",")) for line in open(path)]


def counted(baskets, least, longest=9):
    """{itemset: count} of all that are in at least so many baskets, level by level."""
    found, level = {}, {frozenset([item]) for basket in baskets for item in basket}
    for _ in range(longest):
        counts = {s: sum(s <= b for b in baskets) for s in level}
        frequent = {s: c for s, c in counts.items() if c >= least}
        found.update(frequent)
        level = {a | b for a, b in itertools.combinations(frequent, 2) if len(a | b) == len(a) + 1}
    return found


def sets_of(model):
    a = model.arrays
    text, cuts = bytes(a["items.bytes"]).decode(), a["items.offsets"]
    names = [text[i:j] for i, j in zip(cuts, cuts[1:])]
    sets = [frozenset(names[k] for k in a["set_item"][i:j]) for i, j in zip(a["set_start"], a["set_start"][1:])]
    assert len(set(sets)) == len(sets)
    return sets, dict(zip(sets, a["set_count"]))


def rules_of(model):
    """{(antecedent, consequent): figures}."""
    sets, _ = sets_of(model)
    a = model.arrays
    return {(sets[x], sets[y]): values for x, y, *values in
            zip(a["antecedent"], a["consequent"], *(a[f] for f in MEASURES))}


def figures(found, n, antecedent, consequent):
    both, x, y = (found[s] / n for s in (antecedent | consequent, antecedent, consequent))
    confidence, leverage = both / x, both - x * y
    most = max(both * (1 - x), x * (y - both))
    return [both, confidence, confidence / y, leverage, np.inf if confidence >= 1 else (1 - y) / (1 - confidence),
            leverage / most if most > 0 else 0, both / (x + y - both), (confidence - y) / (1 - y) if y < 1 else 0,
            (confidence + both / y) / 2]


def random_baskets(seed, n=60, items=7):
    rng = np.random.default_rng(seed)
    return rng.random((n, items)) < rng.uniform(0.1, 0.7, items)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_random(kind, seed):
    x = random_baskets(seed)
    baskets = [frozenset(f"x{j}" for j in np.flatnonzero(row)) for row in x]
    for share, confidence, lift, longest in ((0.1, 0, 0, 9), (0.05, 0.6, 1.05, 4), (0.3, 0.2, 0, 2)):
        least = int(np.ceil(share * len(x) - 1e-9))
        found = {s: c for s, c in counted(baskets, least).items() if len(s) <= longest}
        mine = Model(kind, threads=2, min_support=share, min_confidence=confidence, min_lift=lift,
                     max_length=longest).fit(x)
        assert sets_of(mine)[1] == found
        wanted = {}
        for s in found:
            for k in range(1, len(s)):
                for antecedent in map(frozenset, itertools.combinations(s, k)):
                    values = figures(found, len(x), antecedent, s - antecedent)
                    if values[1] >= confidence and values[2] >= lift:
                        wanted[antecedent, s - antecedent] = values
        rules = rules_of(mine)
        assert rules.keys() == wanted.keys()
        for key, values in wanted.items():
            np.testing.assert_allclose(rules[key], values, rtol=1e-12, atol=1e-15)
        order = list(zip(*(mine.arrays[f] for f in ("lift", "confidence", "support"))))
        assert order == sorted(order, reverse=True)


def test_long_form_and_filters():
    x = random_baskets(9)
    rows, columns = np.nonzero(x)
    whole = Model("fp_growth", min_support=0.1, min_confidence=0).fit(x[x.any(1)])
    mine = Model("fp_growth", min_support=0.1, min_confidence=0).fit(columns[:, None].astype(np.int64), group=rows)
    rename = lambda s: frozenset("x" + name for name in s)
    assert {rename(s): c for s, c in sets_of(mine)[1].items()} == sets_of(whole)[1]
    only = Model("fp_growth", min_support=0.1, min_confidence=0, antecedent=["x1"], consequent=["x3"]).fit(x[x.any(1)])
    assert rules_of(only) == {k: v for k, v in rules_of(whole).items() if "x1" in k[0] and "x3" in k[1]}
    with pytest.raises(RuntimeError, match="no item 'nothing'"):
        Model("fp_growth", antecedent=["nothing"]).fit(x)
    with pytest.raises(RuntimeError, match="min_support"):
        Model("fp_growth", min_support=0.01, max_sets=5).fit(x)


def test_recommendations():
    x = random_baskets(3)
    mine = Model("fp_growth", min_support=0.1, min_confidence=0.3).fit(x)
    rules, answers = rules_of(mine), mine.predict(x)
    for row, (label, sure) in zip(x, answers):
        basket = frozenset(f"x{j}" for j in np.flatnonzero(row))
        fit = [v[1] for (a, c), v in rules.items() if a <= basket and not c & basket]
        assert sure == max(fit, default=0) and (label >= 0) == bool(fit)


def hone(*args):
    run = subprocess.run([str(BUILD / "hone"), *map(str, args), "--json"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_groceries(tmp_path):
    """169 items, 43367 entries, whole milk in 2513 baskets, 213 pairs in 1 %, the top one in 736."""
    path, baskets = groceries()
    model = tmp_path / "groceries.hone"
    for kind in KINDS:
        hone("train", path, "--model", kind, "--set", "min_support=0.01", "-o", model)
        fitted = hone("show", model)["model"]["fitted"]
        assert fitted["baskets"] == 9835 and fitted["items"] == 169
        assert fitted["itemsets"] == 333 and fitted["n_rules"] == 234  # two of them with two items on the right
    rows = np.repeat(np.arange(9835), [len(b) for b in baskets])
    items = np.unique([item for b in baskets for item in b], return_inverse=True)[1][:, None]
    rules = rules_of(Model("eclat", min_support=0.001, min_confidence=0.8).fit(items.astype(np.int64), group=rows))
    assert sum(len(consequent) == 1 for _, consequent in rules) == 410  # R's arules, by its vignette
    pairs = Counter(p for b in baskets for p in itertools.combinations(sorted(b), 2))
    assert len([c for c in pairs.values() if c >= 99]) == 213
    best = fitted["rules"][0]
    both = frozenset(best["antecedent"].split(", ")) | frozenset(best["consequent"].split(", "))
    assert np.isclose(best["support"], sum(both <= b for b in baskets) / 9835, rtol=1e-12)
    answer = json.loads(subprocess.run([str(BUILD / "hone"), "predict", str(model), "--row",
                                        '{"c0": "root vegetables,butter,yogurt"}'], capture_output=True, text=True).stdout)
    assert answer["prediction"] == "whole milk" and answer["confidence"] > 0.5
    out = tmp_path / "out.csv"
    hone("predict", model, path, "-o", out)
    assert len(out.read_text().splitlines()) == 9836


def in_mlxtend(x, support, confidence):
    """Its sets and rules with all measures, or a skip without it."""
    frequent_patterns = pytest.importorskip("mlxtend.frequent_patterns")
    pandas = pytest.importorskip("pandas")
    sets = frequent_patterns.fpgrowth(pandas.DataFrame(x, columns=[f"x{j}" for j in range(x.shape[1])]),
                                      min_support=support, use_colnames=True)
    rules = frequent_patterns.association_rules(sets, metric="confidence", min_threshold=confidence)
    return {frozenset(s): round(v * len(x)) for s, v in zip(sets.itemsets, sets.support)}, {
        (frozenset(r["antecedents"]), frozenset(r["consequents"])): [r[n] for n in MEASURES]
        for r in rules.to_dict("records")}


@pytest.mark.parametrize("kind", KINDS)
def test_mlxtend(kind):
    _, baskets = groceries()
    items = sorted(set().union(*baskets))
    table = np.array([[item in basket for item in items] for basket in baskets])
    for x, support, confidence in ((table, 0.005, 0.2001), (random_baskets(5, 200, 9), 0.051, 0.3001)):
        sets, wanted = in_mlxtend(x, support, confidence)
        mine = Model(kind, min_support=support, min_confidence=confidence).fit(x)
        assert sets_of(mine)[1] == sets
        rules = rules_of(mine)
        assert rules.keys() == wanted.keys()
        for key, values in wanted.items():
            np.testing.assert_allclose(rules[key], values, rtol=1e-9, atol=1e-12)


def test_measures_filter_and_sort():
    x = random_baskets(2)
    whole = rules_of(Model("fp_growth", min_support=0.1, min_confidence=0).fit(x))
    some = Model("fp_growth", min_support=0.1, min_confidence=0, min_measures={"jaccard": 0.3, "leverage": 0.01},
                 sort_by="kulczynski").fit(x)
    assert rules_of(some) == {k: v for k, v in whole.items() if v[6] >= 0.3 and v[3] >= 0.01}
    assert (np.diff(some.arrays["kulczynski"]) <= 0).all()
    with pytest.raises(RuntimeError, match="'min_measures' knows no 'joy'"):
        Model("fp_growth", min_measures={"joy": 1}).fit(x)
