"""Gradient boosting of 1,000,000 x 28 float32, binary."""
from common import *

TREES = 100


def data():
    return arrays("collider-1m", lambda: collider_classes(scale(1_000_000), scale(100_000), 1))


def result(version, fit, predict, d, p, save):
    folder = scratch()
    save(folder / "model")
    return {"version": version, "fit": fit, "predict": predict, "peak": peak_mb(), "auc": auc(*load(d, "yt"), p),
            "size": megabytes(folder / "model")}


def peers(leaves, hessian):
    def hone_(d):
        r, out = train_and_predict(d, "y", "binary", {"gbdt": {
            "n_estimators": TREES, "learning_rate": 0.1, "max_leaves": leaves, "max_bins": 255, "lambda_l2": 1,
            "min_samples_leaf": 1, "min_child_weight": hessian, "early_stopping": "off"}})
        return dict(r, auc=auc(*load(d, "yt"), column(out, "probability_1")))

    def lightgbm(d, **more):
        import lightgbm as lgb
        x, y, xt = load(d, "X", "y", "Xt")
        params = dict(objective="binary", num_leaves=leaves, learning_rate=0.1, max_bin=255, lambda_l2=1, min_data_in_leaf=1,
                      min_sum_hessian_in_leaf=hessian, num_threads=THREADS, verbose=-1, **more)
        m, fit = timed(lambda: lgb.train(params, lgb.Dataset(x, y, params=params), TREES))
        p, predict = timed(m.predict, xt)
        return result(lgb.__version__, fit, predict, d, p, m.save_model)

    def lightgbm_quantized(d):
        return lightgbm(d, use_quantized_grad=True, num_grad_quant_bins=4, quant_train_renew_leaf=True)

    def xgboost(d):
        import xgboost as xgb
        x, y, xt = load(d, "X", "y", "Xt")
        params = dict(objective="binary:logistic", tree_method="hist", grow_policy="lossguide", max_depth=0, max_leaves=leaves,
                      eta=0.1, max_bin=255, reg_lambda=1, min_child_weight=hessian, nthread=THREADS)
        m, fit = timed(lambda: xgb.train(params, xgb.QuantileDMatrix(x, y, max_bin=255), TREES))
        p, predict = timed(m.inplace_predict, xt)
        return result(xgb.__version__, fit, predict, d, p, lambda path: m.save_model(f"{path}.ubj") or path.with_suffix(".ubj").rename(path))

    def sklearn(d):
        import joblib
        import sklearn
        from sklearn.ensemble import HistGradientBoostingClassifier
        x, y, xt = load(d, "X", "y", "Xt")
        m = HistGradientBoostingClassifier(max_iter=TREES, max_leaf_nodes=leaves, learning_rate=0.1, max_bins=255, l2_regularization=1,
                                           min_samples_leaf=max(1, 4 * hessian), early_stopping=False)
        _, fit = timed(m.fit, x, y)
        p, predict = timed(m.predict_proba, xt)
        return result(sklearn.__version__, fit, predict, d, p[:, 1], lambda path: joblib.dump(m, path))

    return {"hone": hone_, "LightGBM": lightgbm, "LightGBM, quantized gradients": lightgbm_quantized, "XGBoost hist": xgboost,
            "scikit-learn HistGradientBoosting": sklearn}


SETTINGS = (f"{TREES} trees grown leaf by leaf without a depth limit, 255 bins, learning rate 0.1, L2 1, no early stopping; float32. "
            "Fit is from rows in memory to the model, binning included. Predict is 100,000 held-out rows, first call. ")
MEASURES = [FIT, PREDICT, WALL, PEAK, SIZE, Measure("auc", "AUC")]
JOBS = [
    Job("gbdt", "Gradient boosting, 1,000,000 x 28, 31 leaves", SETTINGS + "Sum of hessians of a leaf at least 5 (scikit-learn: 20 rows).",
        data, peers(31, 5), MEASURES),
    Job("gbdt-255", "Gradient boosting, 1,000,000 x 28, 255 leaves", SETTINGS + "Sum of hessians of a leaf at least 100 (scikit-learn: 400 rows).",
        data, peers(255, 100), MEASURES),
]
