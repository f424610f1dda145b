"""Judging: predictions, forecasts, rankings, decisions, surrogates, and losses."""

from lossbook.judge.checks import Finding, Findings, check_loss
from lossbook.judge.decisions import mean_cost, net_benefit, threshold_table
from lossbook.judge.forecasts import (
    crps_ensemble,
    crps_gaussian,
    interval_score,
    murphy_curve,
    weighted_interval_score,
)
from lossbook.judge.proper import Properness, properness
from lossbook.judge.ranking import discounts, ndcg, roc_auc
from lossbook.judge.reliability import (
    calibration_error,
    recalibrate,
    reliability_table,
    score_decomposition,
)
from lossbook.judge.scoring import LossScorer, scorer
from lossbook.judge.surrogates import (
    Calibration,
    bayes_risk,
    best_raw,
    calibration,
    calibration_gap,
    conditional_risk,
    psi_transform,
    wrong_side_risk,
)

__all__ = [
    "Calibration",
    "Finding",
    "Findings",
    "LossScorer",
    "Properness",
    "bayes_risk",
    "best_raw",
    "calibration",
    "calibration_error",
    "calibration_gap",
    "check_loss",
    "conditional_risk",
    "crps_ensemble",
    "crps_gaussian",
    "discounts",
    "interval_score",
    "mean_cost",
    "murphy_curve",
    "ndcg",
    "net_benefit",
    "properness",
    "psi_transform",
    "recalibrate",
    "reliability_table",
    "roc_auc",
    "score_decomposition",
    "scorer",
    "threshold_table",
    "weighted_interval_score",
    "wrong_side_risk",
]
