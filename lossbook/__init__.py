"""Loss functions for machine learning: values, derivatives and what they ask for.

The helper package of the book *Loss Functions: what you ask for is what you get*.
"""

from lossbook import (
    atlas,
    datasets,
    evaluation,
    functionals,
    linear,
    links,
    numerics,
    optimize,
    plots,
    style,
    surrogates,
)
from lossbook.base import Loss
from lossbook.composite import (
    BrierLoss,
    FocalLoss,
    GammaDeviance,
    GeneralizedCrossEntropy,
    SphericalLoss,
    TweedieDeviance,
)
from lossbook.functionals import Expectile, Mean, MLocation, Mode, Quantile
from lossbook.margin import (
    ExponentialLoss,
    HingeLoss,
    LogisticLoss,
    MarginLoss,
    ModifiedHuberLoss,
    PerceptronLoss,
    RampLoss,
    SavageLoss,
    SigmoidLoss,
    SquaredHingeLoss,
    ZeroOneLoss,
)
from lossbook.potential import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    PoissonDeviance,
    SparsemaxLoss,
)
from lossbook.registry import ALL_LOSSES, STRUCTURED_LOSSES
from lossbook.residual import (
    AbsoluteError,
    BarronLoss,
    CauchyLoss,
    EpsilonInsensitiveLoss,
    ExpectileLoss,
    HuberLoss,
    LogCoshLoss,
    PinballLoss,
    PseudoHuberLoss,
    ResidualLoss,
    SquaredError,
    TukeyLoss,
)
from lossbook.structured import StructuredLoss

__version__ = "0.1.0"

__all__ = [
    "ALL_LOSSES",
    "STRUCTURED_LOSSES",
    "AbsoluteError",
    "BarronLoss",
    "BinaryCrossEntropy",
    "BrierLoss",
    "CategoricalCrossEntropy",
    "CauchyLoss",
    "EpsilonInsensitiveLoss",
    "Expectile",
    "ExpectileLoss",
    "ExponentialLoss",
    "FocalLoss",
    "GammaDeviance",
    "GeneralizedCrossEntropy",
    "HingeLoss",
    "HuberLoss",
    "LogCoshLoss",
    "LogisticLoss",
    "Loss",
    "MLocation",
    "MarginLoss",
    "Mean",
    "Mode",
    "ModifiedHuberLoss",
    "PerceptronLoss",
    "PinballLoss",
    "PoissonDeviance",
    "PseudoHuberLoss",
    "Quantile",
    "RampLoss",
    "ResidualLoss",
    "SavageLoss",
    "SigmoidLoss",
    "SparsemaxLoss",
    "SphericalLoss",
    "SquaredError",
    "SquaredHingeLoss",
    "StructuredLoss",
    "TukeyLoss",
    "TweedieDeviance",
    "ZeroOneLoss",
    "atlas",
    "datasets",
    "evaluation",
    "functionals",
    "linear",
    "links",
    "numerics",
    "optimize",
    "plots",
    "style",
    "surrogates",
]
