"""Training: descent paths, linear models, objectives for boosters."""

from lossbook.fit.booster import BoosterObjective, booster_objective
from lossbook.fit.descent import (
    LinearRisk,
    gradient_descent,
    newton,
    subgradient_descent,
)
from lossbook.fit.linear import LossClassifier, LossRegressor

__all__ = [
    "BoosterObjective",
    "LinearRisk",
    "LossClassifier",
    "LossRegressor",
    "booster_objective",
    "gradient_descent",
    "newton",
    "subgradient_descent",
]
