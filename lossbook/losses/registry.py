"""Every loss of the book, one line each: tests, atlas and tables read this list.

A class with parameters stands here with the values at which its behaviour changes.
"""

from math import inf

from lossbook.base import Loss
from lossbook.losses.boxes import CIoULoss, DIoULoss, GIoULoss, IoULoss
from lossbook.losses.deviance import (
    GammaDeviance,
    NegativeBinomialDeviance,
    PoissonDeviance,
    TweedieDeviance,
)
from lossbook.losses.distribution import EnergyScore, GaussianNegativeLogLikelihood
from lossbook.losses.margin import (
    ExponentialLoss,
    HingeLoss,
    LogisticLoss,
    ModifiedHuberLoss,
    PerceptronLoss,
    RampLoss,
    SavageLoss,
    SigmoidLoss,
    SquaredHingeLoss,
    ZeroOneLoss,
)
from lossbook.losses.multiclass import (
    CategoricalCrossEntropy,
    CategoricalFocalLoss,
    CategoricalGeneralizedCrossEntropy,
    LogitAdjustedCrossEntropy,
    SmoothedCrossEntropy,
    SparsemaxLoss,
    SymmetricCrossEntropy,
)
from lossbook.losses.multiclass_margin import (
    CrammerSingerLoss,
    LeeLinWahbaLoss,
    WestonWatkinsLoss,
)
from lossbook.losses.noise import BackwardCorrection, ForwardCorrection, UniformNoise
from lossbook.losses.overlap import (
    DiceLoss,
    JaccardLoss,
    LovaszHingeLoss,
    SquaredDiceLoss,
    TverskyLoss,
)
from lossbook.losses.probability import (
    BinaryCrossEntropy,
    BrierLoss,
    FocalLoss,
    GeneralizedCrossEntropy,
    SphericalLoss,
)
from lossbook.losses.ranking import (
    LambdaRankLoss,
    ListNetLoss,
    PairwiseExponentialLoss,
    PairwiseHingeLoss,
    PairwiseLogisticLoss,
    PlackettLuceLoss,
)
from lossbook.losses.relative import AbsolutePercentageError, SquaredLogError
from lossbook.losses.residual import (
    AbsoluteError,
    BarronLoss,
    CauchyLoss,
    EpsilonInsensitiveLoss,
    ExpectileLoss,
    HuberLoss,
    LogCoshLoss,
    PinballLoss,
    PseudoHuberLoss,
    SquaredError,
    TukeyLoss,
)

ALL_LOSSES: tuple[Loss, ...] = (
    SquaredError(),
    AbsoluteError(),
    PinballLoss(quantile=0.5),
    PinballLoss(quantile=0.9),
    ExpectileLoss(level=0.5),
    ExpectileLoss(level=0.9),
    HuberLoss(delta=1.0),
    PseudoHuberLoss(delta=1.0),
    LogCoshLoss(),
    EpsilonInsensitiveLoss(epsilon=0.1),
    TukeyLoss(c=4.685),
    CauchyLoss(scale=2.385),
    BarronLoss(alpha=2.0),
    BarronLoss(alpha=1.0),
    BarronLoss(alpha=0.0),
    BarronLoss(alpha=-2.0),
    BarronLoss(alpha=-inf),
    PoissonDeviance(),
    GammaDeviance(),
    TweedieDeviance(power=0),
    TweedieDeviance(power=1.5),
    TweedieDeviance(power=3),
    NegativeBinomialDeviance(alpha=1.0),
    AbsolutePercentageError(),
    SquaredLogError(),
    GaussianNegativeLogLikelihood(),
    BinaryCrossEntropy(),
    CategoricalCrossEntropy(),
    BrierLoss(),
    SphericalLoss(),
    FocalLoss(gamma=2.0),
    GeneralizedCrossEntropy(q=0.7),
    GeneralizedCrossEntropy(q=1.0),
    SparsemaxLoss(),
    CategoricalFocalLoss(gamma=2.0),
    SmoothedCrossEntropy(epsilon=0.1),
    LogitAdjustedCrossEntropy(prior=(0.5, 0.3, 0.2)),
    CategoricalGeneralizedCrossEntropy(q=0.7),
    SymmetricCrossEntropy(alpha=0.1, beta=1.0),
    ForwardCorrection(noise=UniformNoise(rate=0.1)),
    BackwardCorrection(noise=UniformNoise(rate=0.1)),
    CrammerSingerLoss(),
    WestonWatkinsLoss(),
    LeeLinWahbaLoss(),
    ZeroOneLoss(),
    HingeLoss(),
    SquaredHingeLoss(),
    PerceptronLoss(),
    ExponentialLoss(),
    LogisticLoss(),
    ModifiedHuberLoss(),
    RampLoss(),
    SavageLoss(),
    SigmoidLoss(),
    # Losses of a whole list, mask, box or ensemble.
    PairwiseHingeLoss(margin=1.0),
    PairwiseExponentialLoss(),
    PairwiseLogisticLoss(),
    ListNetLoss(),
    PlackettLuceLoss(),
    LambdaRankLoss(),
    DiceLoss(pseudo_count=0.0),
    DiceLoss(pseudo_count=1.0),
    SquaredDiceLoss(pseudo_count=0.0),
    JaccardLoss(pseudo_count=0.0),
    TverskyLoss(alpha=0.3, beta=0.7),
    LovaszHingeLoss(),
    EnergyScore(),
    IoULoss(),
    GIoULoss(),
    DIoULoss(),
    CIoULoss(),
)
