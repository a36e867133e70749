"""Decompositions against scikit-learn's: equal where the answer is unique, as good where it is not."""
import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
from models import Model
from shared_data import classes, numbers, scaled
from sklearn.decomposition import (NMF, PCA, FactorAnalysis, FastICA, IncrementalPCA, TruncatedSVD)
from sklearn.metrics import pairwise_distances
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from sklearn.random_projection import johnson_lindenstrauss_min_dim

TABLES = ["iris", "wine", "breast_cancer", "digits", "diabetes", "random", "wide"]


def table(name):
    if name in ("random", "wide"):
        n, p = (400, 9) if name == "random" else (60, 150)
        rng = np.random.default_rng(5)
        return rng.normal(size=(n, p)) @ rng.normal(size=(p, p)) + rng.normal(size=p) * 20
    x = numbers(name)[0] if name == "diabetes" else classes(name)[0]
    return scaled(x) if name in ("wine", "breast_cancer") else x


def close(mine, theirs, rtol=1e-6, atol=1e-8):
    theirs = np.asarray(theirs)
    np.testing.assert_allclose(mine, theirs, rtol=rtol, atol=atol * max(1, np.abs(theirs).max()))


def compare(mine, theirs, names):
    for name in names:
        close(mine.arrays[name], getattr(theirs, name + "_"))


PCA_ARRAYS = ["mean", "components", "explained_variance", "explained_variance_ratio", "singular_values"]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("solver", ["full", "covariance_eigh"])
def test_pca(name, solver):
    x = table(name)
    for k, whiten in ((3, False), (2, True)):
        mine = Model("pca", n_components=k, whiten=whiten, svd_solver=solver).fit(x)
        theirs = PCA(k, whiten=whiten, svd_solver="full").fit(x)
        compare(mine, theirs, PCA_ARRAYS + ["noise_variance"])
        z = mine.transform(x)
        close(z, theirs.transform(x))
        close(mine.inverse(z), theirs.inverse_transform(z))
    assert np.array_equal(Model("pca", threads=3, n_components=2, whiten=True, svd_solver=solver).fit(x).transform(x), z)


def test_pca_counts():
    for name in ("wine", "breast_cancer", "digits", "random"):
        x = table(name)
        for share in (0.5, 0.9, 0.999):
            assert Model("pca", n_components=share).fit(x).arrays["n_components"] == PCA(share).fit(x).n_components_
        assert Model("pca").fit(x).arrays["n_components"] == min(x.shape)
    for name in ("wine", "breast_cancer", "iris"):
        x = table(name)
        assert Model("pca", n_components="mle").fit(x).arrays["n_components"] == PCA("mle").fit(x).n_components_
    for bad in (12, 2.5):
        with pytest.raises(RuntimeError, match="n_components"):
            Model("pca", n_components=bad).fit(table("iris"))


def test_pca_randomized():
    """As near to the exact variances as scikit-learn's, on average over seeds."""
    for name in ("digits", "wide", "breast_cancer"):
        x = table(name)
        exact = PCA(8, svd_solver="full").fit(x)
        mine = [Model("pca", seed=s, n_components=8, svd_solver="randomized", iterated_power=2).fit(x)
                .arrays["explained_variance"] for s in range(5)]
        theirs = [PCA(8, svd_solver="randomized", iterated_power=2, random_state=s).fit(x).explained_variance_
                  for s in range(5)]
        error = [np.abs(np.array(v) - exact.explained_variance_).max(1).mean() for v in (mine, theirs)]
        assert error[0] <= 2 * error[1] + 1e-9 * exact.explained_variance_[0]
        default = Model("pca", n_components=8, svd_solver="randomized").fit(x)
        close(default.arrays["explained_variance"], exact.explained_variance_, rtol=1e-2)
        close(default.arrays["noise_variance"], exact.noise_variance_, rtol=1e-2)


@pytest.mark.parametrize("name", ["iris", "digits", "breast_cancer", "sparse", "wider"])
def test_pca_sparse(name):
    """Of a sparse matrix what scikit-learn finds of the same numbers written out."""
    shape = {"sparse": (500, 120), "wider": (80, 300)}.get(name)
    x = scipy.sparse.random(*shape, 0.05, random_state=3).toarray() if shape else table(name)
    data = scipy.sparse.csr_matrix(x)
    for k, whiten in ((3, False), (2, True)):
        theirs = PCA(k, whiten=whiten, svd_solver="full").fit(x)
        for kind, solver in ((data, "auto"), (data, "covariance_eigh"), (x, "arpack")):
            mine = Model("pca", threads=3, n_components=k, whiten=whiten, svd_solver=solver).fit(kind)
            compare(mine, theirs, PCA_ARRAYS + ["noise_variance"])
            close(mine.transform(kind), theirs.transform(x))
        close(mine.inverse(mine.transform(data)), theirs.inverse_transform(theirs.transform(x)))
    random = Model("pca", n_components=3, svd_solver="randomized", iterated_power=30).fit(data)
    close(random.arrays["explained_variance"], PCA(3).fit(x).explained_variance_, rtol=1e-3)
    assert Model("pca", n_components=0.5).fit(data).arrays["n_components"] == PCA(0.5).fit(x).n_components_
    compare(Model("incremental_pca", n_components=3, batch_size=40).fit(data),
            IncrementalPCA(3, batch_size=40).fit(data), ["mean", "components", "explained_variance"])


@pytest.mark.parametrize("name", ["iris", "wine", "digits", "random"])
def test_float32(name):
    """Floats for floats, as near to what doubles give as scikit-learn's; the same bits however a row comes in."""
    x = table(name).astype(np.float32)
    exact = PCA(3).fit(x.astype(float)).transform(x.astype(float))
    theirs, mine = PCA(3).fit(x).transform(x), Model("pca", n_components=3).fit(x)
    z, most = mine.transform(x), np.abs(exact).max()
    assert z.dtype == np.float32
    assert np.abs(z - exact).max() <= max(2 * np.abs(theirs - exact).max(), 3e-7 * most)
    for rows in (x.astype(float), np.asfortranarray(x), x[:, ::-1].copy()[:, ::-1]):
        assert mine.transform(rows).tobytes() == z.tobytes()
    assert np.concatenate([mine.transform(x[i:i + 1]) for i in range(20)]).tobytes() == z[:20].tobytes()
    wide = Model("pca", n_components=3).fit(x.astype(float))
    assert wide.transform(x).tobytes() == wide.transform(x.astype(float)).tobytes()


@pytest.mark.parametrize("scale", [1, 1e25, 1e-25])
def test_components_of_floats(scale):
    """Far means, and squares beyond floats: nearer to the components of doubles than single precision is; equal bits."""
    rng = np.random.default_rng(1)
    x = ((rng.normal(size=(5000, 20)) @ rng.normal(size=(20, 20)) + 1000) * (scale / 1000)).astype(np.float32)
    mine = [Model("pca", n_components=5, threads=t).fit(x).arrays for t in (1, 2, 7)]
    theirs = PCA(5).fit(x.astype(float))
    for name in PCA_ARRAYS:
        close(mine[0][name], getattr(theirs, name + "_"), rtol=2e-5, atol=2e-6)
        assert all(np.array_equal(mine[0][name], other[name]) for other in mine[1:])


@pytest.mark.parametrize("name", ["iris", "wine", "digits", "random"])
def test_incremental(name):
    x = table(name)
    arrays = PCA_ARRAYS + ["var", "noise_variance"]
    compare(Model("incremental_pca", n_components=3, batch_size=40).fit(x),
            IncrementalPCA(3, batch_size=40).fit(x), arrays)
    mine, theirs = Model("incremental_pca", n_components=4).fit(x[:20]), IncrementalPCA(4).partial_fit(x[:20])
    for part in np.array_split(x[20:], 3):
        compare(mine.update(part), theirs.partial_fit(part), arrays)
    close(mine.transform(x), theirs.transform(x))


@pytest.mark.parametrize("name", ["iris", "wine", "digits", "breast_cancer", "sparse"])
def test_truncated_svd(name):
    x = scipy.sparse.random(500, 300, 0.05, random_state=3).tocsr() if name == "sparse" else table(name)
    for data in (x, scipy.sparse.csr_matrix(x)):
        mine = Model("truncated_svd", n_components=3, algorithm="arpack").fit(data)
        theirs = TruncatedSVD(3, algorithm="arpack", tol=1e-14).fit(x)
        compare(mine, theirs, ["components", "singular_values", "explained_variance", "explained_variance_ratio"])
        z = mine.transform(data)
        close(z, theirs.transform(x))
        close(mine.inverse(z), theirs.inverse_transform(z))
        random = Model("truncated_svd", n_components=3, n_iter=30).fit(data)
        close(random.arrays["singular_values"], theirs.singular_values_, rtol=1e-3)


def matched(mine, theirs):
    """Rows of mine in the order and with the signs of theirs that they are most like."""
    alike = mine @ theirs.T
    alike /= np.linalg.norm(mine, axis=1)[:, None] * np.linalg.norm(theirs, axis=1)
    rows, columns = scipy.optimize.linear_sum_assignment(-np.abs(alike))
    order = rows[np.argsort(columns)]
    return mine[order] * np.sign(alike[order, np.arange(len(theirs))])[:, None]


def sources(seed, n=2000):
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 8, n)
    s = np.column_stack([np.sin(2 * t), np.sign(np.sin(3 * t)), rng.laplace(size=n), rng.uniform(-1, 1, n)])
    return s, s @ rng.normal(size=(4, 6)) + rng.normal(size=6)


@pytest.mark.parametrize("fun", ["logcosh", "exp", "cube"])
@pytest.mark.parametrize("algorithm", ["parallel", "deflation"])
def test_fast_ica(fun, algorithm):
    true, x = sources(1)
    mine = Model("fast_ica", n_components=4, fun=fun, algorithm=algorithm, tolerance=1e-14, max_iter=2000).fit(x)
    theirs = FastICA(4, fun=fun, algorithm=algorithm, tol=1e-14, max_iter=2000, random_state=0).fit(x)
    z = mine.transform(x)
    if algorithm == "parallel":
        close(matched(mine.arrays["components"], theirs.components_), theirs.components_, rtol=1e-4, atol=1e-5)
        close(matched(mine.arrays["mixing"].T, theirs.mixing_.T), theirs.mixing_.T, rtol=1e-4, atol=1e-5)
    else:  # which component comes first, and so all of them, is up to the start
        found = [np.abs(np.corrcoef(true.T, made.T))[:4, 4:].max(1).min() for made in (z, theirs.transform(x))]
        assert found[0] > found[1] - 0.05
    close(z.std(0), np.ones(4))
    close(mine.inverse(z), x, rtol=1e-6)


@pytest.mark.parametrize("name,k", [("iris", 3), ("wine", 3), ("diabetes", 2), ("breast_cancer", 2)])
def test_fast_ica_real(name, k):
    """Some start finds what the best of scikit-learn's starts finds."""
    x = scaled(table(name))
    theirs = [FastICA(k, tol=1e-10, max_iter=3000, random_state=s).fit(x).components_ for s in range(4)]
    mine = [Model("fast_ica", seed=s, n_components=k, tolerance=1e-10, max_iter=3000).fit(x).arrays["components"]
            for s in range(4)]

    def negentropy(w):
        z = (x - x.mean(0)) @ w.T
        return ((np.log(np.cosh(z)).mean(0) - 0.374567207491438)**2).sum()

    assert max(map(negentropy, mine)) >= max(map(negentropy, theirs)) * (1 - 1e-3)


@pytest.mark.parametrize("name", ["iris", "wine", "diabetes", "breast_cancer", "random", "wide"])
def test_factor_analysis(name):
    x = table(name)
    for k, rotation in ((2, "none"), (3, "varimax"), (3, "quartimax")):
        mine = Model("factor_analysis", n_components=k, rotation=rotation).fit(x)
        theirs = FactorAnalysis(k, svd_method="lapack", rotation=None if rotation == "none" else rotation).fit(x)
        rtol = 1e-6 if rotation == "none" else 1e-3
        close(matched(mine.arrays["components"], theirs.components_), theirs.components_, rtol, rtol / 100)
        close(mine.arrays["noise_variance"], theirs.noise_variance_)
        close(mine.arrays["log_likelihood"], theirs.loglike_[-1])
        assert mine.arrays["n_iter"] == theirs.n_iter_
        close(matched(mine.transform(x).T, theirs.transform(x).T), theirs.transform(x).T, rtol, rtol / 100)


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
@pytest.mark.parametrize("name,k", [("iris", 2), ("wine", 4), ("digits", 10), ("breast_cancer", 5), ("sparse", 6)])
@pytest.mark.parametrize("solver,loss", [("cd", "frobenius"), ("mu", "frobenius"), ("mu", "kullback-leibler")])
def test_nmf(name, k, solver, loss):
    x = abs(scipy.sparse.random(300, 80, 0.1, random_state=2).toarray()) if name == "sparse" else np.abs(table(name)[:500])
    params = dict(n_components=k, solver=solver, beta_loss=loss)
    mine = Model("nmf", max_iter=300, tolerance=1e-5, **params).fit(x)
    theirs = NMF(max_iter=300, tol=1e-5, random_state=0, **params).fit(x)
    assert mine.arrays["reconstruction_err"] <= theirs.reconstruction_err_ * 1.01
    close(Model("nmf", threads=3, max_iter=300, tolerance=1e-5, **params).fit(scipy.sparse.csr_matrix(x))
          .arrays["reconstruction_err"], mine.arrays["reconstruction_err"], rtol=1e-3)
    z, parts = mine.transform(x[:40]), mine.arrays["components"]
    assert z.min() >= 0 and parts.min() >= 0
    if loss == "frobenius":
        wanted = np.array([scipy.optimize.nnls(parts.T, row, maxiter=10000)[0] for row in x[:40]])
        close(z @ parts, wanted @ parts, rtol=1e-4, atol=1e-5)
    close(mine.inverse(z), z @ parts)


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
def test_nmf_penalties():
    x = np.abs(table("digits")[:400])
    for params in (dict(alpha_W=0.01), dict(alpha_W=0.01, l1_ratio=0.7), dict(alpha_W=0, alpha_H=0.02, l1_ratio=1)):
        def objective(w, h, alpha_h):
            l1, n, p = params.get("l1_ratio", 0), *x.shape
            size = lambda a: l1 * np.abs(a).sum() + (1 - l1) / 2 * (a**2).sum()
            return ((x - w @ h)**2).sum() / 2 + p * params["alpha_W"] * size(w) + n * alpha_h * size(h)
        mine = Model("nmf", n_components=5, tolerance=1e-6, max_iter=500, **params).fit(x)
        theirs = NMF(5, tol=1e-6, max_iter=500, random_state=0, **params).fit(x)
        alpha_h = params.get("alpha_H", params["alpha_W"])
        assert (objective(mine.transform(x), mine.arrays["components"], alpha_h)
                <= objective(theirs.transform(x), theirs.components_, alpha_h) * 1.01)


def test_nmf_refuses():
    with pytest.raises(RuntimeError, match="below 0"):
        Model("nmf", n_components=1).fit(np.array([[1.0, 2], [3, -1]]))
    with pytest.raises(RuntimeError, match="solver"):
        Model("nmf", beta_loss="kullback-leibler").fit(np.ones((3, 2)))


@pytest.mark.parametrize("kind", ["gaussian_random_projection", "sparse_random_projection"])
def test_random_projection(kind):
    x = np.random.default_rng(1).normal(size=(60, 800))
    k = int(johnson_lindenstrauss_min_dim(60, eps=0.5))
    mine = Model(kind, eps=0.5).fit(x)
    w = mine.arrays["components"]
    assert w.shape == (k, 800)
    close(mine.transform(x), x @ w.T)
    close(mine.transform(scipy.sparse.csr_matrix(x)), x @ w.T)
    close(mine.inverse(mine.transform(x)), (x @ w.T) @ np.linalg.pinv(w).T, rtol=1e-5)
    pairs = np.triu_indices(60, 1)
    ratio = (pairwise_distances(x @ w.T)[pairs] / pairwise_distances(x)[pairs])**2
    assert abs(ratio.mean() - 1) < 0.08 and abs(ratio - 1).max() < 0.6
    np.testing.assert_allclose((w**2).sum(0).mean(), 1, rtol=0.06)
    if kind.startswith("sparse"):
        np.testing.assert_allclose((w != 0).mean(), 1 / np.sqrt(800), rtol=0.05)
    with pytest.raises(RuntimeError, match="eps"):
        Model(kind).fit(x)


def test_inverse_of_scalers():
    x = table("breast_cancer") * 7 + 3
    for kind, peer in (("standard_scale", StandardScaler()), ("min_max_scale", MinMaxScaler()),
                       ("robust_scale", RobustScaler())):
        mine = Model(kind).fit(x)
        z = peer.fit(x).transform(x) + 0.5
        close(mine.inverse(z), peer.inverse_transform(z), rtol=1e-12)
