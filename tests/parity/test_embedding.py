"""Layouts: as trustworthy as scikit-learn's, and the same bits for any number of threads."""
import numpy as np
import pytest
from models import Model
from shared_data import classes, numbers, scaled
from sklearn.decomposition import PCA
from sklearn.manifold import MDS, TSNE, ClassicalMDS, trustworthiness


def table(name, most=600):
    x = numbers(name)[0] if name == "diabetes" else classes(name)[0]
    x = x if name == "digits" else scaled(x)
    return np.unique(x, axis=0)[:most]


TABLES = ["digits", "wine", "breast_cancer", "diabetes", "iris"]


@pytest.mark.parametrize("name", TABLES)
def test_tsne(name):
    x = table(name)
    mine = Model("tsne", threads=2).fit(x)
    y = mine.arrays["embedding"]
    theirs = TSNE(random_state=0).fit(x)
    assert trustworthiness(x, y) > trustworthiness(x, theirs.embedding_) - 0.01
    assert mine.arrays["kl_divergence"] < theirs.kl_divergence_ * 1.05 + 0.01
    assert np.array_equal(mine.transform(x), y)
    assert np.array_equal(Model("tsne", threads=1, max_iter=60).fit(x).transform(x),
                          Model("tsne", threads=3, max_iter=60).fit(x).transform(x))


def test_tsne_exact():
    """The forces of Barnes and Hut's cells, and of the grid, are nearly all pairs' forces."""
    x = table("wine")
    exact = Model("tsne", method="exact").fit(x)
    theirs = TSNE(method="exact", random_state=0).fit(x)
    assert trustworthiness(x, exact.arrays["embedding"]) > trustworthiness(x, theirs.embedding_) - 0.01
    assert abs(exact.arrays["kl_divergence"] - theirs.kl_divergence_) < 0.05
    few = dict(max_iter=5, perplexity=50)  # all are neighbours, so that only repulsion differs
    for n_components in (1, 2):
        near = [Model("tsne", method=m, angle=0.1, n_components=n_components, **few).fit(x[:100]).arrays["embedding"]
                for m in ("exact", "barnes_hut", "interpolation")]
        for other in near[1:]:
            np.testing.assert_allclose(near[0], other, rtol=1e-3, atol=1e-3 * np.abs(near[0]).max())


@pytest.mark.parametrize("name", ["digits", "breast_cancer"])
def test_tsne_interpolation(name):
    """As good as by cells, from starts at random; the forces of a layout that is spread out are right too."""
    x = table(name, 400)
    found = {method: [Model("tsne", seed=seed, threads=2, method=method, init="random", max_iter=500).fit(x).arrays
                      for seed in range(4)] for method in ("barnes_hut", "interpolation")}
    loss, trust = ({method: np.array([measure(a) for a in each]) for method, each in found.items()}
                   for measure in (lambda a: a["kl_divergence"], lambda a: trustworthiness(x, a["embedding"])))
    assert loss["interpolation"].mean() < 1.02 * loss["barnes_hut"].mean()
    assert trust["interpolation"].mean() > trust["barnes_hut"].mean() - 0.003
    start = dict(init="random", early_exaggeration_iter=0, learning_rate=1, max_iter=1, perplexity=50)
    one, three = (Model("tsne", threads=t, method="interpolation", **start).fit(x).arrays["embedding"] for t in (1, 3))
    assert np.array_equal(one, three)
    with pytest.raises(RuntimeError, match="method"):
        Model("tsne", method="interpolation", n_components=3).fit(x)


@pytest.mark.parametrize("kind,params", [("tsne", {}), ("umap", {}), ("mds", {})])
def test_new_rows(kind, params):
    """Half of the rows placed beside the other half keep their classes for neighbours."""
    x, y = classes("digits")
    x, y = x[:800], y[:800]
    fitted = Model(kind, **params).fit(x[:500])
    z, new = fitted.arrays["embedding"], fitted.transform(x[500:])
    nearest = ((new[:, None] - z[None])**2).sum(2).argmin(1)
    share = (y[:500][nearest] == y[500:]).mean()
    assert share > (0.4 if kind == "mds" else 0.8)
    np.testing.assert_array_equal(fitted.transform(x[500:501]), new[:1])


# Trustworthiness of umap-learn 0.5.12, UMAP(random_state=0), on these tables.
UMAP_LEARN = {"digits": 0.9847, "wine": 0.9544, "breast_cancer": 0.9393, "diabetes": 0.9428, "iris": 0.9844}


@pytest.mark.parametrize("name", TABLES)
def test_umap(name):
    x = table(name)
    mine = Model("umap", threads=2).fit(x)
    y = mine.arrays["embedding"]
    assert trustworthiness(x, y) > UMAP_LEARN[name] - 0.01
    assert np.array_equal(mine.transform(x), y)
    assert np.array_equal(Model("umap", threads=1, n_epochs=30).fit(x).transform(x),
                          Model("umap", threads=3, n_epochs=30).fit(x).transform(x))
    for init in ("pca", "random"):
        assert trustworthiness(x, Model("umap", init=init).fit(x).arrays["embedding"]) > UMAP_LEARN[name] - 0.03


def test_umap_curve():
    """Published figures of umap-learn: spread 1, min_dist 0.1 and 0.001."""
    x = table("iris")
    for min_dist, a, b in ((0.1, 1.577, 0.8951), (0.001, 1.929, 0.7915)):
        found = Model("umap", min_dist=min_dist, n_epochs=1).fit(x).arrays
        assert abs(found["a"] - a) < 2e-3 and abs(found["b"] - b) < 1e-3


@pytest.mark.parametrize("name", ["wine", "breast_cancer", "diabetes", "iris"])
def test_mds(name):
    x = table(name, 200)
    mine = Model("mds", threads=3).fit(x)
    theirs = MDS(init="classical_mds", n_init=1).fit(x)
    np.testing.assert_allclose(mine.arrays["stress"], theirs.stress_, rtol=5e-3)
    best = min(MDS(init="random", n_init=1, random_state=s).fit(x).stress_ for s in range(4))
    assert Model("mds", init="random", n_init=4).fit(x).arrays["stress"] < best * 1.1
    assert np.array_equal(mine.transform(x), Model("mds").fit(x).transform(x))


@pytest.mark.parametrize("name", ["wine", "breast_cancer", "diabetes", "iris", "digits"])
def test_mds_by_order(name):
    x = table(name, 150)
    x = x + np.random.default_rng(0).normal(size=x.shape) * 1e-6  # no ties: theirs are a matter of rounding
    start = dict(metric_mds=False, init="classical_mds", n_init=1)
    mine, theirs = Model("mds", threads=3, metric_mds=False).fit(x), MDS(**start).fit(x)
    np.testing.assert_allclose(mine.arrays["stress"], theirs.stress_, rtol=1e-3)
    assert abs(int(mine.arrays["n_iter"]) - theirs.n_iter_) <= 2
    few = Model("mds", metric_mds=False, max_iter=7, eps=0, normalized_stress="false").fit(x).arrays
    peer = MDS(**start, max_iter=7, eps=0, normalized_stress=False).fit(x)
    np.testing.assert_allclose(few["stress"], peer.stress_, rtol=1e-5)
    sign = np.sign((few["embedding"] * peer.embedding_).sum(0))
    np.testing.assert_allclose(few["embedding"] * sign, peer.embedding_, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(Model("mds", normalized_stress="true").fit(x).arrays["stress"],
                               MDS(init="classical_mds", n_init=1, normalized_stress=True).fit(x).stress_, rtol=5e-3)
    assert np.abs(mine.transform(x + 1e-9) - mine.arrays["embedding"]).mean() < 0.05


@pytest.mark.parametrize("name", ["wine", "breast_cancer", "diabetes", "iris"])
def test_classical_mds(name):
    for rows in (150, 400):
        x = table(name, rows)
        mine, theirs = Model("classical_mds").fit(x).arrays["embedding"], PCA(2).fit_transform(x)
        np.testing.assert_allclose(np.abs(mine), np.abs(theirs), rtol=1e-4, atol=1e-4 * np.abs(theirs).max())
        other = Model("classical_mds", metric="manhattan").fit(x).arrays["embedding"]
        peer = ClassicalMDS(2, metric="manhattan").fit_transform(x)
        np.testing.assert_allclose(np.abs(other), np.abs(peer), rtol=1e-3, atol=1e-3 * np.abs(peer).max())


def test_refusals():
    with pytest.raises(RuntimeError, match="perplexity"):
        Model("tsne").fit(np.eye(10))
    with pytest.raises(RuntimeError, match="missing"):
        Model("umap").fit(np.full((40, 2), np.nan))
    flat = np.ones((50, 3))
    for kind in ("tsne", "umap", "mds", "classical_mds"):
        assert np.isfinite(Model(kind).fit(flat).transform(flat)).all()
