"""What equal bits cost: hone as it is, and built to round as this machine likes best.

Not with -fassociative-math: sums are written in lanes already, and a compiler that may reorder them folds away the large number
that exp adds and takes away again to round, so that exp(-3.3) is 2^-5 and what is fitted is something else."""
import common
from common import *

LOOSE = ["-Dmarch=native", "-Dwerror=false",
         "-Dc_args=-ffp-contract=fast -fno-signed-zeros -freciprocal-math"]


def loose_hone():
    """The program built for this processor alone, products and sums fused."""
    folder = HONE.parent.with_name("build-loose")
    subprocess.run([ROOT / "scripts" / "build", folder, *LOOSE], check=True, capture_output=True,
                   env=dict(os.environ, TARGETS="hone"))
    return folder / "hone"


def fitted(task, model, threads=THREADS, program=lambda: HONE):
    def run(d):
        common.HONE, common.THREADS = program(), threads
        result, _ = train_and_predict(d, task, model)
        return result
    return run


def job(kind, task, params, data, what):
    model = {kind: params}
    return Job(f"bits-{kind}", f"Equal bits: {kind}, {what}",
               "hone as it ships gives the same bits on every x86-64 machine and for any number of threads: no fused "
               "products, sums in a written order, partial sums by chunks that depend on sizes alone. Beside it the "
               f"same sources with `{' '.join(LOOSE[::2])}`, and hone with one thread. OpenBLAS is the same in all.",
               data, {"hone": fitted(task, model),
                      "hone, loose": fitted(task, model, program=loose_hone),
                      "hone, 1 thread": fitted(task, model, threads=1)},
               [FIT, PREDICT, WALL, PEAK], warm=True)


def classes():
    return arrays("collider-bits", lambda: collider_classes(scale(500_000), scale(100_000), 11))


JOBS = [job("gbdt", "binary", {"n_estimators": 100, "max_leaves": 31, "early_stopping": "off"}, classes,
            "500,000 x 28"),
        job("random_forest", "binary", {"n_estimators": 20}, collider_100k, "100,000 x 28, 20 trees"),
        job("logistic", "binary", {}, classes, "500,000 x 28"),
        job("kmeans", "cluster", {"n_clusters": 20, "n_init": 1}, classes, "500,000 x 28"),
        job("knn", "binary", {"n_neighbors": 10}, collider_100k, "100,000 x 28")]
