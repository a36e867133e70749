"""Gradient boosting of 1,000,000 x 28 float32, binary, with small trees and with large ones."""
from common import *

TREES = 100


def data():
    return arrays("collider-1m", lambda: collider_classes(scale(1_000_000), scale(100_000), 1))


def measured(d, package, fit, predict):
    """fit(X, y) gives a model, predict(model, Xt) probabilities. The model's size is not in it."""
    x, y, xt, yt = load(d, "X", "y", "Xt", "yt")
    model, fit_s = timed(fit, x, y)
    p, predict_s = timed(predict, model, xt)
    return model, {"version": version(package), "fit": fit_s, "predict": predict_s,
                   "peak": peak_mb(), "auc": auc(yt, p)}


def peers(leaves, hessian):
    """hessian: least sum of hessians of a leaf."""
    def hone_(d):
        params = {"n_estimators": TREES, "learning_rate": 0.1, "max_leaves": leaves,
                  "max_bins": 255, "lambda_l2": 1, "min_samples_leaf": 1,
                  "min_child_weight": hessian, "early_stopping": "off"}
        result, out = train_and_predict(d, "binary", {"gbdt": params})
        return dict(result, auc=auc(*load(d, "yt"), *answers(out, "probability_1")))

    def lightgbm(d, **more):
        import lightgbm as lgb
        params = dict(objective="binary", num_leaves=leaves, learning_rate=0.1, max_bin=255,
                      lambda_l2=1, min_data_in_leaf=1, min_sum_hessian_in_leaf=hessian,
                      num_threads=THREADS, verbose=-1, **more)
        model, result = measured(
            d, "lightgbm", lambda x, y: lgb.train(params, lgb.Dataset(x, y, params=params), TREES),
            lambda model, x: model.predict(x))
        return dict(result, size=len(model.model_to_string()) / 1e6)

    def lightgbm_quantized(d):
        return lightgbm(d, use_quantized_grad=True, num_grad_quant_bins=4,
                        quant_train_renew_leaf=True)

    def xgboost(d):
        import xgboost as xgb
        params = dict(objective="binary:logistic", tree_method="hist", grow_policy="lossguide",
                      max_depth=0, max_leaves=leaves, eta=0.1, max_bin=255, reg_lambda=1,
                      min_child_weight=hessian, nthread=THREADS)
        model, result = measured(
            d, "xgboost-cpu",
            lambda x, y: xgb.train(params, xgb.QuantileDMatrix(x, y, max_bin=255), TREES),
            lambda model, x: model.inplace_predict(x))
        return dict(result, size=len(model.save_raw("ubj")) / 1e6)

    def sklearn(d):
        from sklearn.ensemble import HistGradientBoostingClassifier
        model = HistGradientBoostingClassifier(
            max_iter=TREES, max_leaf_nodes=leaves, learning_rate=0.1, max_bins=255,
            l2_regularization=1, min_samples_leaf=4 * hessian, early_stopping=False)
        model, result = measured(d, "scikit-learn", model.fit,
                                 lambda model, x: model.predict_proba(x)[:, 1])
        return dict(result, size=dumped_megabytes(model))

    def catboost(d):
        from catboost import CatBoostClassifier
        model = CatBoostClassifier(
            iterations=TREES, grow_policy="Lossguide", max_leaves=leaves, depth=16,
            learning_rate=0.1, border_count=254, l2_leaf_reg=1, min_data_in_leaf=4 * hessian,
            bootstrap_type="No", thread_count=THREADS, verbose=False, allow_writing_files=False)
        model, result = measured(d, "catboost", model.fit,
                                 lambda model, x: model.predict_proba(x)[:, 1])
        path = scratch() / "model"
        model.save_model(path)
        return dict(result, size=megabytes(path))

    def intelex(d):
        from daal4py.sklearn.ensemble import GBTDAALClassifier
        depth = (leaves + 1).bit_length() - 1
        model = GBTDAALClassifier(
            max_iterations=TREES, max_tree_depth=depth, shrinkage=0.1, split_method="inexact",
            max_bins=256, reg_lambda=1, min_observations_in_leaf_node=4 * hessian,
            n_jobs=THREADS)
        model, result = measured(d, "scikit-learn-intelex", model.fit,
                                 lambda model, x: model.predict_proba(x)[:, 1])
        return dict(result, size=dumped_megabytes(model))

    return {"hone": hone_, "LightGBM": lightgbm,
            "LightGBM, quantized gradients": lightgbm_quantized, "XGBoost hist": xgboost,
            "scikit-learn HistGradientBoosting": sklearn, "CatBoost": catboost,
            "scikit-learn-intelex GBTDAAL": intelex}


def job(name, leaves, hessian):
    return Job(
        name, f"Gradient boosting, 1,000,000 x 28, {leaves} leaves",
        f"{TREES} trees grown leaf by leaf without a depth limit, 255 bins, learning rate 0.1, L2 "
        f"1, hessians of a leaf at least {hessian} (scikit-learn: {4 * hessian} rows), no early "
        "stopping; float32. Fit is from rows in memory to the model, binning included. Predict is "
        "100,000 held-out rows, first call. CatBoost and scikit-learn-intelex have a least number "
        f"of rows of a leaf, {4 * hessian}, too; intelex grows whole levels instead.",
        data, peers(leaves, hessian), [FIT, PREDICT, WALL, PEAK, SIZE, AUC])


JOBS = [job("gbdt", 31, 5), job("gbdt-255", 255, 100)]
