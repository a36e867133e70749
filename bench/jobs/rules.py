"""Association rules over baskets: a column of true and false for each item."""
from common import *

SUPPORT, CONFIDENCE = 0.01, 0.3
SETS, RULES = Measure("sets", "sets"), Measure("rules", "rules")


def baskets():
    """Items of unlike popularity, more often together within one of twenty tastes."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet

    def write(folder):
        n, items, tastes = scale(100_000), 80, 20
        r = np.random.default_rng(51)
        popular = 0.3 / np.arange(1, items + 1) ** 0.6
        likes = r.random((tastes, items)) < 0.12
        x = r.random((n, items)) < np.where(likes[r.integers(0, tastes, n)], np.minimum(6 * popular, 0.7), popular / 2)
        np.save(folder / "X", x)
        pa.parquet.write_table(pa.table({f"f{j}": x[:, j].copy() for j in range(items)}), folder / "train.parquet")
    folder = made("baskets", write)
    return {"X": folder / "X.npy", "train": folder / "train.parquet"}


def hone_(kind):
    def run(d):
        folder = scratch()
        fitted = train(folder, d["train"], None, "rules", {
            kind: {"min_support": SUPPORT, "min_confidence": CONFIDENCE}})
        shown = hone("show", folder / "m.hone")["model"]["fitted"]
        return {"version": hone_version(), "fit": fitted["seconds"]["fit"], "wall": fitted["wall"],
                "peak": fitted["peak"], "size": megabytes(folder / "m.hone"),
                "sets": shown["itemsets"], "rules": shown["n_rules"]}
    return run


def mlxtend(d):
    import pandas
    from mlxtend.frequent_patterns import association_rules, fpgrowth
    x, = load(d, "X")
    frame = pandas.DataFrame(x)

    def both():
        sets = fpgrowth(frame, min_support=SUPPORT)
        return sets, association_rules(sets, metric="confidence", min_threshold=CONFIDENCE)
    (sets, rules), fit = timed(both)
    return {"version": version("mlxtend"), "fit": fit, "peak": peak_mb(), "sets": len(sets), "rules": len(rules)}


def job(name, title, kind):
    return Job(name, f"{title}, 100,000 baskets of 80 items",
               f"Sets in {SUPPORT:.0%} of the baskets, rules of confidence {CONFIDENCE}, all measures.", baskets,
               {"hone": hone_(kind), "mlxtend": mlxtend}, [FIT, WALL, PEAK, SIZE, SETS, RULES])


JOBS = [job("rules", "Association rules by FP-growth", "fp_growth"),
        job("rules-eclat", "Association rules by Eclat", "eclat")]
