"""Which loss should I use?  The questions, answers and advice of the guide, as data.

A question has answers; an answer leads to the next question or to advice.  The guide,
its map, the doors of the start page and the sheet of all losses are made from ``TREE``,
what a reader may start from instead from ``SYMPTOMS``.
"""

from dataclasses import dataclass

from lossbook.base import Loss
from lossbook.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    BrierLoss,
    CategoricalCrossEntropy,
    CategoricalGeneralizedCrossEntropy,
    DiceLoss,
    DIoULoss,
    ForwardCorrection,
    GammaDeviance,
    GaussianNegativeLogLikelihood,
    HingeLoss,
    HuberLoss,
    LambdaRankLoss,
    LogisticLoss,
    NoiseMatrix,
    PairwiseLogisticLoss,
    PinballLoss,
    PlackettLuceLoss,
    PoissonDeviance,
    SquaredError,
    TukeyLoss,
    TweedieDeviance,
)


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to train with, to judge by, how to decide, what not to do, and the calls.

    In the calls ``X`` and ``y`` are the data, ``f`` is the raw prediction of a network;
    an empty call says that the library has none.  ``case`` says when in a word or two;
    it is empty where the loss is not what was asked for.
    """

    case: str = ""
    losses: tuple[Loss, ...]
    train: str
    judge: str
    decide: str
    avoid: str
    lossbook: str
    sklearn: str
    torch: str
    chapters: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """One way to answer a question, its name in addresses, and where it leads."""

    key: str
    text: str
    then: "Question | Advice"


@dataclass(frozen=True, repr=False)
class Question:
    """A question of the guide, with its answers."""

    text: str
    answers: tuple[Answer, ...]

    def __repr__(self) -> str:
        # All that follows would fill pages, where it is the default of a function.
        return f"Question({self.text!r})"


@dataclass(frozen=True)
class Symptom:
    """What somebody complains of, why that is, and the answer that helps."""

    text: str
    why: str
    key: str


TOTAL = Question(
    "What are the values?",
    (
        Answer(
            "mean",
            "any numbers, errors of similar size everywhere",
            Advice(
                case="totals, averages",
                losses=(SquaredError(),),
                train="squared error: it asks for the mean.",
                judge="`mean_squared_error`, and the sum of the predictions against "
                "the sum of the targets.",
                decide="add the predictions up: means add.",
                avoid="do not take logarithms or percentages if totals must be right.",
                lossbook="lb.fit.LossRegressor(lb.SquaredError()).fit(X, y)",
                sklearn="LinearRegression().fit(X, y)",
                torch="nn.MSELoss()(f, y)",
                chapters=("ch-what-a-loss-asks-for",),
            ),
        ),
        Answer(
            "counts",
            "counts",
            Advice(
                case="counts",
                losses=(PoissonDeviance(),),
                train="the Poisson deviance, with a log link and an intercept; if "
                "cases were watched for different times, fit count / time, weighted "
                "by time.",
                judge="`mean_poisson_deviance`, and the total.",
                decide="add the predicted rates up.",
                avoid="do not round the predictions: a rate need not be whole. Do not "
                "read Poisson intervals off it if the variance exceeds the mean.",
                lossbook="lb.fit.LossRegressor(lb.PoissonDeviance()).fit(X, y)",
                sklearn="PoissonRegressor(alpha=0).fit(X, y)",
                torch="nn.PoissonNLLLoss(log_input=True)(f, y)",
                chapters=("ch-distributions",),
            ),
        ),
        Answer(
            "amounts",
            "positive amounts, errors in proportion to the size",
            Advice(
                case="positive amounts",
                losses=(GammaDeviance(),),
                train="the gamma deviance, with a log link.",
                judge="`mean_gamma_deviance`, and the total.",
                decide="add the predictions up; correct the total on held-out data if "
                "it is off.",
                avoid="do not fit the logarithm and take its exponential: with "
                "symmetric noise that is the median.",
                lossbook="lb.fit.LossRegressor(lb.GammaDeviance()).fit(X, y)",
                sklearn="GammaRegressor(alpha=0).fit(X, y)",
                torch="(y * torch.exp(-f) + f).mean()",
                chapters=("ch-distributions", "ch-percentages"),
            ),
        ),
        Answer(
            "zeros",
            "amounts, many of them exactly zero",
            Advice(
                case="amounts, many zero",
                losses=(TweedieDeviance(power=1.5),),
                train="a Tweedie deviance with a power between 1 and 2, log link.",
                judge="`mean_tweedie_deviance` with one fixed power, and the total.",
                decide="add the predictions up.",
                avoid="do not choose the power by comparing deviances: each power is "
                "another measure. Do not add 1 and take logarithms.",
                lossbook="loss = lb.TweedieDeviance(power=1.5)\n"
                "lb.fit.LossRegressor(loss).fit(X, y)",
                sklearn='TweedieRegressor(power=1.5, link="log", alpha=0).fit(X, y)',
                torch="(2 * torch.exp(f / 2) + 2 * y * torch.exp(-f / 2)).mean()",
                chapters=("ch-distributions",),
            ),
        ),
        Answer(
            "shares",
            "shares between 0 and 1: part of a day, of an area, k out of n",
            Advice(
                case="shares",
                losses=(BinaryCrossEntropy(),),
                train="cross-entropy with the shares as targets, behind a sigmoid: it "
                "asks for the mean share, and no distribution need be right. For k "
                "out of n fit k / n, weighted by n.",
                judge="`mean_squared_error`, or the same cross-entropy, on held-out "
                "data; and the mean of the predictions against that of the shares.",
                decide="use the prediction as a mean share; of n expect n times it.",
                avoid="do not fit the logit of the shares: it is infinite at 0 and 1, "
                "and turned back it is no mean. Do not read intervals off the fit; a "
                "beta distribution has a spread too, but allows no share of 0 or 1.",
                lossbook="lb.fit.LossRegressor(lb.BinaryCrossEntropy()).fit(X, y)",
                sklearn="# each row twice: as a 1 with weight y, as a 0 with 1 - y\n"
                "twice, label = np.r_[X, X], np.repeat([1, 0], len(y))\n"
                "model = LogisticRegression(C=np.inf)\n"
                "model.fit(twice, label, sample_weight=np.r_[y, 1 - y])",
                torch="nn.BCEWithLogitsLoss()(f, y)",
                chapters=("ch-log-loss", "ch-distributions"),
            ),
        ),
    ),
)

COST = Question(
    "Do you know what a unit too few and a unit too many cost?",
    (
        Answer(
            "cost-known",
            "yes, or how many times as much",
            Advice(
                case="a price for too few and too many",
                losses=(PinballLoss(quantile=0.8),),
                train="the pinball loss at the level cost of too few / (cost of too "
                "few + cost of too many); four times as much is 0.8. A lost sale costs "
                "its margin.",
                judge="the money: `mean_pinball_loss` at that level, times the sum of "
                "the two costs.",
                decide="use the prediction as it is.",
                avoid="do not predict the mean and add a margin. Do not trust a level "
                "near 0 or 1 with few cases beyond it, such as 0.999 with a thousand "
                "cases.",
                lossbook="loss = lb.PinballLoss(quantile=0.8)\n"
                "lb.fit.LossRegressor(loss).fit(X, y)",
                sklearn="QuantileRegressor(quantile=0.8, alpha=0).fit(X, y)",
                torch="torch.maximum(0.8 * (y - f), 0.2 * (f - y)).mean()",
                chapters=("ch-what-a-loss-asks-for", "ch-quantiles"),
            ),
        ),
        Answer(
            "cost-rough",
            "only roughly",
            Advice(
                losses=(PinballLoss(quantile=0.7), PinballLoss(quantile=0.9)),
                train="one pinball loss for each end of what you think the costs are.",
                judge="the money at both ends: `mean_pinball_loss` at each level.",
                decide="compare the two predictions; if they lead to the same action "
                "the costs need not be known better.",
                avoid="do not average the two costs without looking at both.",
                lossbook="ends = [lb.fit.LossRegressor(lb.PinballLoss(level)).fit(X, y)"
                "\n        for level in (0.7, 0.9)]",
                sklearn="ends = [QuantileRegressor(quantile=level, alpha=0).fit(X, y)\n"
                "        for level in (0.7, 0.9)]",
                torch="torch.maximum(level * (y - f), (level - 1) * (y - f)).mean()",
                chapters=("ch-quantiles", "ch-comparing"),
            ),
        ),
        Answer(
            "cost-unknown",
            "no",
            Advice(
                losses=(
                    PinballLoss(quantile=0.1),
                    PinballLoss(quantile=0.5),
                    PinballLoss(quantile=0.9),
                ),
                train="several pinball losses, so that each price finds its quantile.",
                judge="`mean_pinball_loss` averaged over the levels, and the coverage.",
                decide="show the quantiles to whoever pays; the one chosen says what "
                "the costs are.",
                avoid="do not deliver one number: it hides a price nobody agreed to.",
                lossbook="models = [lb.fit.LossRegressor(lb.PinballLoss(level))"
                ".fit(X, y)\n          for level in (0.1, 0.5, 0.9)]",
                sklearn="models = [QuantileRegressor(quantile=level, alpha=0)"
                ".fit(X, y)\n          for level in (0.1, 0.5, 0.9)]",
                torch="torch.maximum(level * (y - f), (level - 1) * (y - f)).mean()",
                chapters=("ch-quantiles",),
            ),
        ),
    ),
)

TYPICAL = Question(
    "How good are the recorded targets?",
    (
        Answer(
            "median",
            "as they should be",
            Advice(
                case="the typical case",
                losses=(AbsoluteError(),),
                train="absolute error: it asks for the median.",
                judge="`mean_absolute_error`.",
                decide="say that of similar cases half lie above it and half below.",
                avoid="do not add medians up: their sum is not the median of the sum.",
                lossbook="lb.fit.LossRegressor(lb.AbsoluteError()).fit(X, y)",
                sklearn="QuantileRegressor(quantile=0.5, alpha=0).fit(X, y)",
                torch="nn.L1Loss()(f, y)",
                chapters=("ch-what-a-loss-asks-for",),
            ),
        ),
        Answer(
            "outliers",
            "a few are off",
            Advice(
                case="some targets off",
                losses=(HuberLoss(delta=1.345),),
                train="the Huber loss; delta is 1.345 times the scale, the spread of "
                "the good residuals: 1.48 times their median size.",
                judge="`median_absolute_error`, or the residuals of checked records.",
                decide="look at the records with the largest residuals.",
                avoid="do not leave delta at the default of a library: it is in units "
                "of y. It does not help against wrong values of X.",
                lossbook="loss = lb.HuberLoss(delta=1.345 * scale)\n"
                "lb.fit.LossRegressor(loss).fit(X, y)",
                sklearn="HuberRegressor(epsilon=1.35, alpha=0).fit(X, y)",
                torch="nn.HuberLoss(delta=1.345 * scale)(f, y)",
                chapters=("ch-outliers",),
            ),
        ),
        Answer(
            "bad-records",
            "some are from another world: other units, other events",
            Advice(
                case="bad records",
                losses=(TukeyLoss(c=4.685),),
                train="Tukey's loss, from a robust start such as the Huber fit; c is "
                "4.685 times the scale, as for the Huber loss.",
                judge="the residuals of records that you have checked.",
                decide="list the records that got no weight, and find out whether "
                "they are wrong.",
                avoid="do not use it if they might be right: it ignores them.",
                lossbook="loss = lb.TukeyLoss(c=4.685 * scale)\n"
                "lb.fit.LossRegressor(loss).fit(X, y)",
                sklearn="RANSACRegressor(random_state=0).fit(X, y)  # of the same kind",
                torch="u = torch.clamp((y - f) / (4.685 * scale), -1, 1)\n"
                "(1 - (1 - u**2) ** 3).mean()",
                chapters=("ch-outliers",),
            ),
        ),
    ),
)

SPREAD = Question(
    "How will the spread be used?",
    (
        Answer(
            "interval",
            "as an interval: between this and that",
            Advice(
                case="intervals",
                losses=(PinballLoss(quantile=0.05), PinballLoss(quantile=0.95)),
                train="one pinball loss for each end: levels 0.05 and 0.95 for 90%. A "
                "promise with one end (at most this, in 9 of 10) needs one loss.",
                judge="`lb.judge.interval_score`, and the coverage within groups.",
                decide="sort the two ends if they cross; widen them on held-out data "
                "if the coverage is short (conformal prediction).",
                avoid="do not take mean ± 1.645 standard deviations unless the noise "
                "is normal with the same spread everywhere.",
                lossbook="ends = [lb.fit.LossRegressor(lb.PinballLoss(level)).fit(X, y)"
                "\n        for level in (0.05, 0.95)]",
                sklearn="ends = [QuantileRegressor(quantile=level, alpha=0).fit(X, y)\n"
                "        for level in (0.05, 0.95)]",
                torch="torch.maximum(level * (y - f), (level - 1) * (y - f)).mean()",
                chapters=("ch-quantiles",),
            ),
        ),
        Answer(
            "distribution",
            "as a whole distribution",
            Advice(
                case="a whole distribution",
                losses=(GaussianNegativeLogLikelihood(),),
                train="the negative log-likelihood of a distribution that fits, with "
                "its spread predicted too; or many quantiles.",
                judge="`lb.judge.crps_gaussian` or `lb.judge.crps_ensemble`, and a "
                "histogram of the probability integral transform.",
                decide="read off any quantile or probability.",
                avoid="do not take a negative loss for a bug: a density may exceed 1.",
                lossbook="loss = lb.GaussianNegativeLogLikelihood()\n"
                "loss(y, np.column_stack([mean, variance]))",
                sklearn="model = BayesianRidge().fit(X, y)  # one spread for all\n"
                "mean, sd = model.predict(X, return_std=True)",
                torch="nn.GaussianNLLLoss()(mean, y, variance)",
                chapters=("ch-distributions", "ch-quantiles"),
            ),
        ),
    ),
)

TIME = Question(
    "What is wanted of the times, of which some are only known to be longer?",
    (
        Answer(
            "waiting",
            "the rate of the event, or the chance to last a given time",
            Advice(
                case="censored times",
                losses=(PoissonDeviance(),),
                train="the censored likelihood. If the rate does not change with time "
                "it is the Poisson deviance of event / time, weighted by time.",
                judge="the same on held-out data; events seen against events expected.",
                decide="with the rate r, a case lasts beyond t with probability "
                "exp(-r t).",
                avoid="do not drop the unfinished cases, and do not count their time "
                "as the end. Split time into pieces if the rate changes.",
                lossbook="model = lb.fit.LossRegressor(lb.PoissonDeviance())\n"
                "model.fit(X, event / time, sample_weight=time)",
                sklearn="model = PoissonRegressor(alpha=0)\n"
                "model.fit(X, event / time, sample_weight=time)",
                torch="nn.PoissonNLLLoss()(f + torch.log(time), event)",
                chapters=("ch-distributions",),
            ),
        ),
        Answer(
            "first",
            "who comes first",
            Advice(
                case="who comes first",
                losses=(PlackettLuceLoss(),),
                train="Cox's partial likelihood; with every time known it is the "
                "Plackett–Luce loss of the order.",
                judge="the share of pairs in the right order, among pairs whose order "
                "is known (concordance).",
                decide="sort by the raw prediction, the highest first.",
                avoid="do not order an unfinished case before one that lasted longer.",
                lossbook="lb.PlackettLuceLoss().gradient(time.max() - time, f)",
                sklearn="",
                torch="f, event = f[order], event[order]  # the longest time first\n"
                "(event * (torch.logcumsumexp(f, 0) - f)).sum() / event.sum()",
                chapters=("ch-lists",),
            ),
        ),
    ),
)

NUMBER = Question(
    "What must be right about it?",
    (
        Answer("total", "totals and averages: budgets, premiums, energy", TOTAL),
        Answer(
            "cost",
            "a decision: too little costs something else than too much",
            COST,
        ),
        Answer("typical", "the typical case", TYPICAL),
        Answer("spread", "how far it may be off: an interval, a distribution", SPREAD),
        Answer(
            "percent",
            "the error in per cent of the target",
            Advice(
                case="errors in per cent",
                losses=(AbsoluteError(),),
                train="absolute error with weights 1 / y, which is the mean absolute "
                "percentage error.",
                judge="`mean_absolute_percentage_error`, and the total beside it.",
                decide="say that the forecasts are low: the best constant never lies "
                "above the median.",
                avoid="do not use it where targets are near 0, or where totals count.",
                lossbook="model = lb.fit.LossRegressor(lb.AbsoluteError())\n"
                "model.fit(X, y, sample_weight=1 / y)",
                sklearn="model = QuantileRegressor(quantile=0.5, alpha=0)\n"
                "model.fit(X, y, sample_weight=1 / y)",
                torch="(torch.abs(y - f) / y).mean()",
                chapters=("ch-percentages",),
            ),
        ),
        Answer(
            "time",
            "a time until something happens, and for some it has not happened",
            TIME,
        ),
    ),
)

LABEL = Question(
    "How sure are the labels of the training data?",
    (
        Answer(
            "labels-right",
            "they are right",
            Advice(
                case="labels, equal errors",
                losses=(LogisticLoss(), HingeLoss()),
                train="the logistic loss, or the hinge loss; both are safe surrogates.",
                judge="`zero_one_loss`, with its interval, beside the error rate of "
                "always naming the most frequent class.",
                decide="take the class with the higher score.",
                avoid="do not read probabilities off a hinge, and do not descend on "
                "the error rate: it has no slope.",
                lossbook="lb.fit.LossClassifier(lb.LogisticLoss()).fit(X, y)",
                sklearn="LogisticRegression().fit(X, y)",
                torch="nn.BCEWithLogitsLoss()(f, y)",
                chapters=("ch-safe", "ch-margin"),
            ),
        ),
        Answer(
            "labels-known-noise",
            "wrong at rates that are known, or can be counted",
            Advice(
                case="wrong labels, known rates",
                losses=(ForwardCorrection(NoiseMatrix(((0.9, 0.1), (0.2, 0.8)))),),
                train="cross-entropy with the forward correction; row j of the noise "
                "matrix says how class j is labelled.",
                judge="`zero_one_loss` on clean labels, even if they are few.",
                decide="take the class with the highest probability.",
                avoid="do not guess the rates: a wrong matrix makes the probability of "
                "every case wrong. Count them on relabelled cases.",
                lossbook="noise = lb.NoiseMatrix([[0.9, 0.1], [0.2, 0.8]])\n"
                "lb.fit.LossClassifier(lb.ForwardCorrection(noise)).fit(X, y)",
                sklearn="",
                torch="noisy = torch.softmax(f, 1) @ noise\n"
                "nn.NLLLoss()(torch.log(noisy), y)",
                chapters=("ch-wrong-labels",),
            ),
        ),
        Answer(
            "labels-unknown-noise",
            "wrong at random, at unknown rates",
            Advice(
                case="wrong labels, unknown rates",
                losses=(CategoricalGeneralizedCrossEntropy(q=0.7),),
                train="generalised cross-entropy, which gives less weight to labels "
                "that the model finds unlikely.",
                judge="`zero_one_loss` on a few labels that you have checked.",
                decide="take the class with the highest score.",
                avoid="do not read its outputs as probabilities, and do not train to "
                "the end: a large network learns wrong labels by heart.",
                lossbook="lb.CategoricalGeneralizedCrossEntropy(q=0.7).gradient(y, f)",
                sklearn="",
                torch="p = torch.softmax(f, 1).gather(1, y[:, None])\n"
                "((1 - p**0.7) / 0.7).mean()",
                chapters=("ch-wrong-labels",),
            ),
        ),
    ),
)

ACT = Question(
    "Do you know what the two mistakes cost?",
    (
        Answer(
            "act-known",
            "yes, and the labels are right",
            Advice(
                case="actions with costs",
                losses=(BinaryCrossEntropy(),),
                train="log loss, without class weights.",
                judge="the mean cost at your threshold: `lb.judge.mean_cost`.",
                decide="act above cost_fp / (cost_fp + cost_fn), where cost_fp is what "
                "a needless action costs and cost_fn what a missed one costs, each "
                "beyond the right decision. If they differ from case to case, so does "
                "the threshold. Check the calibration first.",
                avoid="do not resample, do not take 0.5, do not judge by accuracy. A "
                "rare class does not change the threshold.",
                lossbook="model = lb.fit.LossClassifier(lb.BinaryCrossEntropy())\n"
                "p = model.fit(X, y).predict_proba(X)[:, 1]\n"
                "act = p > cost_fp / (cost_fp + cost_fn)",
                sklearn="p = LogisticRegression().fit(X, y).predict_proba(X)[:, 1]\n"
                "act = p > cost_fp / (cost_fp + cost_fn)",
                torch="nn.BCEWithLogitsLoss()(f, y)",
                chapters=("ch-imbalance", "ch-calibration"),
            ),
        ),
        Answer(
            "act-noisy",
            "yes, but some labels are wrong, at rates that are known or can be counted",
            Advice(
                losses=(ForwardCorrection(NoiseMatrix(((0.9, 0.1), (0.2, 0.8)))),),
                train="cross-entropy with the forward correction: it gives the "
                "probability of the true class. Here 0 is labelled 1 at rate a, and 1 "
                "is labelled 0 at rate b, whatever X is, and a + b is below 1.",
                judge="the mean cost on clean labels: `lb.judge.mean_cost`.",
                decide="with t = cost_fp / (cost_fp + cost_fn), act where the "
                "corrected probability exceeds t; or keep an uncorrected model and "
                "act above (1 - a - b) t + a.",
                avoid="do not use t on a model of the labels as they are, and do not "
                "take a robust loss: it gives no probability to compare with t.",
                lossbook="noise = lb.NoiseMatrix([[1 - a, a], [b, 1 - b]])\n"
                "model = lb.fit.LossClassifier(lb.ForwardCorrection(noise))\n"
                "act = lb.numerics.expit(model.fit(X, y).decision_function(X)) > t",
                sklearn="q = LogisticRegression().fit(X, y).predict_proba(X)[:, 1]\n"
                "act = q > (1 - a - b) * t + a",
                torch="q = a + (1 - a - b) * torch.sigmoid(f)\nnn.BCELoss()(q, y)",
                chapters=("ch-wrong-labels", "ch-imbalance"),
            ),
        ),
        Answer(
            "act-rough",
            "only roughly",
            Advice(
                losses=(BinaryCrossEntropy(),),
                train="log loss, without class weights.",
                judge="`lb.judge.net_benefit` over all thresholds that are possible, "
                "as a curve, beside acting always and never.",
                decide="compute the threshold at both ends of the costs; give the "
                "cases between them to a person.",
                avoid="do not settle on F1 or 0.5 because they need no costs: each "
                "stands for some.",
                lossbook="model = lb.fit.LossClassifier(lb.BinaryCrossEntropy())\n"
                "p = model.fit(X, y).predict_proba(X)[:, 1]\n"
                "table = lb.judge.threshold_table(y, p, [0.05, 0.1, 0.2])\n"
                "lb.judge.net_benefit(table)",
                sklearn="p = LogisticRegression().fit(X, y).predict_proba(X)[:, 1]",
                torch="nn.BCEWithLogitsLoss()(f, y)",
                chapters=("ch-imbalance", "ch-comparing"),
            ),
        ),
        Answer(
            "act-unknown",
            "no",
            Advice(
                losses=(BinaryCrossEntropy(), BrierLoss()),
                train="log loss, without class weights; keep the probabilities.",
                judge="`log_loss` and a reliability diagram, which need no costs.",
                decide="put a table of thresholds, with alarms and misses, before "
                "whoever pays, and ask: how many needless actions is one missed case "
                "worth? With n the threshold is 1 / (1 + n).",
                avoid="do not choose 0.5, the highest accuracy or the highest F1 for "
                "them.",
                lossbook="model = lb.fit.LossClassifier(lb.BinaryCrossEntropy())\n"
                "p = model.fit(X, y).predict_proba(X)[:, 1]\n"
                "lb.judge.threshold_table(y, p, [0.02, 0.1, 0.5])",
                sklearn="p = LogisticRegression().fit(X, y).predict_proba(X)[:, 1]",
                torch="nn.BCEWithLogitsLoss()(f, y)",
                chapters=("ch-imbalance", "ch-calibration"),
            ),
        ),
    ),
)

ONE_LABEL = Question(
    "What happens with the answer?",
    (
        Answer("act", "an action: its mistakes cost different amounts", ACT),
        Answer(
            "tell",
            "the probability is told to somebody",
            Advice(
                case="probabilities",
                losses=(BinaryCrossEntropy(), BrierLoss(), CategoricalCrossEntropy()),
                train="log loss, without class weights; for several classes it is "
                "called categorical.",
                judge="`log_loss`, `brier_score_loss` and a reliability diagram.",
                decide="tell it as it is; recalibrate on held-out data if it is off. "
                "If the cases were resampled, undo the factor in the odds first.",
                avoid="do not balance the classes: that multiplies the odds. Do not "
                "judge by AUC, which ignores calibration.",
                lossbook="lb.fit.LossClassifier(lb.BinaryCrossEntropy()).fit(X, y)",
                sklearn="model = LogisticRegression().fit(X, y)\n"
                "CalibratedClassifierCV(model).fit(X, y)  # if it is off",
                torch="nn.BCEWithLogitsLoss()(f, y)",
                chapters=("ch-log-loss", "ch-calibration"),
            ),
        ),
        Answer(
            "pick",
            "one of several classes is chosen",
            Advice(
                case="one of several classes",
                losses=(CategoricalCrossEntropy(),),
                train="cross-entropy over the classes.",
                judge="the mean cost of the choices, and `log_loss`.",
                decide="take the class of least expected cost: row j of costs says "
                "what each choice costs if j is true.",
                avoid="do not take the most probable class if mistakes differ.",
                lossbook="model = lb.fit.LossClassifier(lb.CategoricalCrossEntropy())\n"
                "p = model.fit(X, y).predict_proba(X)\n"
                "choice = (p @ costs).argmin(axis=1)",
                sklearn="p = LogisticRegression().fit(X, y).predict_proba(X)\n"
                "choice = (p @ costs).argmin(axis=1)",
                torch="nn.CrossEntropyLoss()(f, y)",
                chapters=("ch-log-loss",),
            ),
        ),
        Answer(
            "few",
            "the highest few are treated, as many as there is room for",
            Advice(
                losses=(BinaryCrossEntropy(),),
                train="log loss.",
                judge="the precision among the chosen: the share of ones in the top n.",
                decide="sort by probability and take the first n.",
                avoid="do not judge by the whole AUC: most of it is about cases that "
                "will not be chosen. Those most likely to need help need not be those "
                "whom it helps most: to know, try it on some at random.",
                lossbook="model = lb.fit.LossClassifier(lb.BinaryCrossEntropy())\n"
                "p = model.fit(X, y).predict_proba(X)[:, 1]\n"
                "chosen = np.argsort(-p)[:10]",
                sklearn="p = LogisticRegression().fit(X, y).predict_proba(X)[:, 1]\n"
                "chosen = np.argsort(-p)[:10]",
                torch="nn.BCEWithLogitsLoss()(f, y)",
                chapters=("ch-ranking",),
            ),
        ),
        Answer("label", "the label, and every error counts the same", LABEL),
    ),
)

TAGS = Question(
    "How are the labels of one case used?",
    (
        Answer(
            "tags-each",
            "each is a decision of its own",
            Advice(
                case="several labels",
                losses=(BinaryCrossEntropy(),),
                train="one log loss for each label, added up (Y has a column each).",
                judge="each label by itself, at its own costs; then `hamming_loss`.",
                decide="one threshold for each label, from its costs.",
                avoid="do not use a softmax over the labels: it lets only one of them "
                "be probable.",
                lossbook="models = [lb.fit.LossClassifier(lb.BinaryCrossEntropy())"
                ".fit(X, tag)\n          for tag in Y.T]",
                sklearn="OneVsRestClassifier(LogisticRegression()).fit(X, Y)",
                torch="nn.BCEWithLogitsLoss()(f, Y)",
                chapters=("ch-editing", "ch-log-loss"),
            ),
        ),
        Answer(
            "tags-set",
            "the set must be right as a whole",
            Advice(
                case="sets of labels",
                losses=(CategoricalCrossEntropy(),),
                train="cross-entropy over the sets that occur, or a chain in which "
                "each label sees the ones before it.",
                judge="`accuracy_score` of whole sets, or `jaccard_score`.",
                decide="take the set of highest probability, or of least expected "
                "cost.",
                avoid="do not take the most probable value of each label on its own: "
                "the most probable set may be another.",
                lossbook="sets = Y @ (2 ** np.arange(Y.shape[1]))\n"
                "model = lb.fit.LossClassifier(lb.CategoricalCrossEntropy())\n"
                "model.fit(X, sets)",
                sklearn="ClassifierChain(LogisticRegression()).fit(X, Y)",
                torch="nn.CrossEntropyLoss()(f, sets)",
                chapters=("ch-editing",),
            ),
        ),
    ),
)

CLASS = Question(
    "How many labels can one case have?",
    (
        Answer("one-label", "one", ONE_LABEL),
        Answer(
            "votes",
            "one, but several people named it, and they disagree",
            Advice(
                case="votes of raters",
                losses=(BinaryCrossEntropy(), CategoricalCrossEntropy()),
                train="log loss with the shares of the votes as targets.",
                judge="`log_loss` of single votes, each a row; and the mean cost, "
                "`lb.judge.mean_cost`, on cases that were settled with more care.",
                decide="read the output as the chance that a rater says yes. If raters "
                "decide what is right, act above cost_fp / (cost_fp + cost_fn); 1/2 if "
                "mistakes cost the same. If there is a truth that they miss, find how "
                "often on settled cases, and go on as for wrong labels.",
                avoid="do not train on the majority if you need probabilities: three "
                "of five become a certainty.",
                lossbook="model = lb.fit.LossRegressor(lb.BinaryCrossEntropy())\n"
                "model.fit(X, share)  # of the raters who said yes",
                sklearn="# a row for each vote: rows of X again, y what was said\n"
                "LogisticRegression().fit(X, y)",
                torch="nn.BCEWithLogitsLoss()(f, share)",
                chapters=("ch-editing", "ch-wrong-labels"),
            ),
        ),
        Answer("tags", "several at once, or none: tags, findings, genres", TAGS),
    ),
)

ORDER = Question(
    "What is known of the items?",
    (
        Answer(
            "relevance",
            "how relevant each is",
            Advice(
                case="relevant items first",
                losses=(PairwiseLogisticLoss(),),
                train="the pairwise logistic loss; or squared error of each item's "
                "share of its list, so that every list counts once.",
                judge="`ndcg_score` of each list, averaged over searches or over "
                "visitors: whichever counts.",
                decide="sort by the prediction.",
                avoid="do not average over searches if visitors are what counts.",
                lossbook="lb.PairwiseLogisticLoss().gradient(relevance, scores)",
                sklearn="LinearRegression().fit(X, share)",
                torch="nn.functional.softplus(f[worse] - f[better]).mean()",
                chapters=("ch-lists",),
            ),
        ),
        Answer(
            "top",
            "how relevant each is, and only the top is read",
            Advice(
                case="the top of a list",
                losses=(LambdaRankLoss(),),
                train="LambdaRank, from a pairwise start.",
                judge="`ndcg_score` with k, as far as people read.",
                decide="sort by the prediction.",
                avoid="do not skip the simple rival: sorting by the predicted mean "
                "relevance is best for the expected DCG if that mean is right.",
                lossbook="lb.LambdaRankLoss().gradient(relevance, scores)",
                sklearn="# the rival; gain is 2**relevance - 1\n"
                "HistGradientBoostingRegressor().fit(X, gain)",
                torch="# swap_cost: the NDCG that is lost if the two change places\n"
                "pair = nn.functional.softplus(f[worse] - f[better])\n"
                "(swap_cost * pair).sum()",
                chapters=("ch-lists",),
            ),
        ),
        Answer(
            "races",
            "an order, as in races and surveys",
            Advice(
                case="orders, races",
                losses=(PlackettLuceLoss(),),
                train="the Plackett–Luce loss: the first is drawn, then the next.",
                judge="the loss on held-out lists, and how often the first is right.",
                decide="sort by the raw prediction.",
                avoid="do not turn places into grades and take squared error.",
                lossbook="lb.PlackettLuceLoss().gradient(relevance, scores)",
                sklearn="",
                torch="(torch.logcumsumexp(f, 0) - f).mean()  # the last comes first",
                chapters=("ch-lists",),
            ),
        ),
        Answer(
            "clicks",
            "clicks, and nothing about the rest",
            Advice(
                case="clicks",
                losses=(PairwiseLogisticLoss(),),
                train="the pairwise logistic loss of clicked against sampled items.",
                judge="an experiment with readers; offline, lists of known relevance.",
                decide="sort by the prediction, corrected for how often each item was "
                "sampled.",
                avoid="do not forget that the distribution of the sampled items "
                "decides what is learned, and that a place on the screen earns clicks.",
                lossbook="lb.PairwiseLogisticLoss().gradient(clicked, scores)",
                sklearn="LogisticRegression().fit(X, y)",
                torch="nn.functional.softplus(f[sampled] - f[clicked]).mean()",
                chapters=("ch-lists",),
            ),
        ),
    ),
)

MASK = Question(
    "Can there be images in which nothing is to be drawn?",
    (
        Answer(
            "mask",
            "no, and the model can give probabilities",
            Advice(
                case="outlines",
                losses=(BinaryCrossEntropy(),),
                train="cross-entropy over the pixels.",
                judge="the Dice score of each image, averaged, and a distance of the "
                "outlines.",
                decide="cut at half of the best expected Dice score, image by image, "
                "if pixels are nearly independent; else tune one threshold.",
                avoid="do not cut at 0.5, and do not pool the pixels of all images if "
                "each image counts.",
                lossbook="lb.BinaryCrossEntropy().gradient(mask.ravel(), f.ravel())",
                sklearn="LogisticRegression().fit(X, y)  # a row for each pixel",
                torch="nn.BCEWithLogitsLoss()(f, mask)",
                chapters=("ch-segmentation",),
            ),
        ),
        Answer(
            "mask-empty",
            "yes, some masks are empty",
            Advice(
                case="masks that may be empty",
                losses=(BinaryCrossEntropy(), DiceLoss(pseudo_count=1.0)),
                train="cross-entropy plus the Dice loss with a pseudo-count, which "
                "gives an empty mask a slope.",
                judge="two numbers: the Dice score of the images that have something, "
                "and the share of empty images in which something was drawn.",
                decide="decide first whether there is anything, with the costs of a "
                "false and of a missed finding; only then where.",
                avoid="do not average a Dice score over empty images without saying "
                "what 0 / 0 counts as. Do not cut at half of the best score if pixels "
                "come and go together. Do not read the outputs of the sum as "
                "probabilities.",
                lossbook="dice = lb.DiceLoss(pseudo_count=1.0)\n"
                "entropy = lb.BinaryCrossEntropy()\n"
                "dice.from_raw(mask, f) + entropy.from_raw(mask.ravel(), f.ravel())",
                sklearn="",
                torch="p, dims = torch.sigmoid(f), (1, 2)\n"
                "both = p.sum(dims) + mask.sum(dims)\n"
                "dice = 1 - (2 * (p * mask).sum(dims) + 2) / (both + 2)\n"
                "dice.mean() + nn.BCEWithLogitsLoss()(f, mask)",
                chapters=("ch-segmentation",),
            ),
        ),
        Answer(
            "mask-rigid",
            "no, but the model is too simple for its probabilities to be right",
            Advice(
                case="outlines, rigid model",
                losses=(DiceLoss(),),
                train="the Dice loss.",
                judge="the Dice score of each image, averaged.",
                decide="cut at 0.5: the linear Dice loss drives the outputs to 0 and "
                "1.",
                avoid="do not read the outputs as probabilities.",
                lossbook="lb.DiceLoss().gradient(mask, f)",
                sklearn="",
                torch="p, dims = torch.sigmoid(f), (1, 2)\n"
                "both = p.sum(dims) + mask.sum(dims)\n"
                "(1 - 2 * (p * mask).sum(dims) / both).mean()",
                chapters=("ch-segmentation",),
            ),
        ),
    ),
)

REGION = Question(
    "What is drawn?",
    (
        Answer("outline", "a mask: every pixel belongs to it or not", MASK),
        Answer(
            "box",
            "a box",
            Advice(
                case="boxes",
                losses=(HuberLoss(delta=1.0), DIoULoss()),
                train="the Huber loss (smooth L1) on centre and log sides, or DIoU on "
                "the corners; cross-entropy or the focal loss for the class.",
                judge="the overlap (IoU) of matched boxes, then average precision.",
                decide="keep boxes by score, and drop those that overlap a better one "
                "(non-maximum suppression).",
                avoid="do not train on IoU alone: boxes that do not meet have no "
                "slope.",
                lossbook="lb.DIoULoss().gradient(boxes, predicted)",
                sklearn="",
                torch="torchvision.ops.distance_box_iou_loss(\n"
                '    predicted, boxes, reduction="mean")',
                chapters=("ch-boxes",),
            ),
        ),
    ),
)

METRIC = Question(
    "Which one? (For MAE and MAPE see a number, for log loss and the Brier score the "
    "probability of a class, for NDCG an order, for Dice and IoU a region.)",
    (
        Answer(
            "accuracy",
            "accuracy, the error rate",
            Advice(
                losses=(LogisticLoss(),),
                train="a safe surrogate: the logistic loss.",
                judge="`accuracy_score`, with its interval, beside that of always "
                "naming the most frequent class.",
                decide="take the more probable class.",
                avoid="do not descend on accuracy: its slope is zero wherever it has "
                "one. Ask whether all errors really cost the same.",
                lossbook="lb.fit.LossClassifier(lb.LogisticLoss()).fit(X, y)",
                sklearn="LogisticRegression().fit(X, y)",
                torch="nn.BCEWithLogitsLoss()(f, y)",
                chapters=("ch-error-rate", "ch-safe"),
            ),
        ),
        Answer(
            "balanced",
            "balanced accuracy, the mean recall of the classes",
            Advice(
                losses=(BinaryCrossEntropy(), CategoricalCrossEntropy()),
                train="log loss, without class weights.",
                judge="`balanced_accuracy_score`, beside 1 / K for K classes, which "
                "any constant answer has; and the recall of each class.",
                decide="divide each class's probability by its share of the cases, "
                "and take the largest; with two classes act above the share of ones. "
                "The shares are those of the data on which it is judged.",
                avoid="do not take 0.5 or the most probable class. Do not balance the "
                "classes *and* move the threshold: either does it. Ask whether it is "
                "what mistakes cost: if one case in a hundred is a 1, a missed one "
                "counts as 99 false alarms.",
                lossbook="model = lb.fit.LossClassifier(lb.BinaryCrossEntropy())\n"
                "p = model.fit(X, y).predict_proba(X)[:, 1]\n"
                "act = p > y.mean()",
                sklearn="p = LogisticRegression().fit(X, y).predict_proba(X)\n"
                "choice = (p / np.bincount(y)).argmax(axis=1)",
                torch="nn.CrossEntropyLoss()(f, y)",
                chapters=("ch-imbalance",),
            ),
        ),
        Answer(
            "f1",
            "F1",
            Advice(
                losses=(BinaryCrossEntropy(),),
                train="log loss, without class weights.",
                judge="`f1_score`, with the threshold chosen on other data. With "
                "several labels say which mean: macro counts each label once, micro "
                "each case.",
                decide="act above half of the best F1, if the probabilities are right; "
                "else search the threshold on held-out data.",
                avoid="do not take 0.5. Ask whether F1 is what mistakes cost: it names "
                "a price for them, and ignores the true negatives.",
                lossbook="model = lb.fit.LossClassifier(lb.BinaryCrossEntropy())\n"
                "p = model.fit(X, y).predict_proba(X)[:, 1]",
                sklearn="model = LogisticRegression()\n"
                'TunedThresholdClassifierCV(model, scoring="f1").fit(X, y)',
                torch="nn.BCEWithLogitsLoss()(f, y)",
                chapters=("ch-imbalance",),
            ),
        ),
        Answer(
            "auc",
            "AUC",
            Advice(
                losses=(BinaryCrossEntropy(),),
                train="log loss: probabilities that are right have the best order.",
                judge="`roc_auc_score`, and the part of the ranking that is used.",
                decide="a rank decides nothing: you still need a threshold or a number "
                "of places.",
                avoid="do not take a high AUC for calibration, or compare AUCs of "
                "different populations.",
                lossbook="lb.fit.LossClassifier(lb.BinaryCrossEntropy()).fit(X, y)",
                sklearn="LogisticRegression().fit(X, y)",
                torch="nn.BCEWithLogitsLoss()(f, y)",
                chapters=("ch-ranking",),
            ),
        ),
        Answer(
            "average-precision",
            "average precision, the area under the precision–recall curve",
            Advice(
                losses=(BinaryCrossEntropy(),),
                train="log loss, without class weights: probabilities that are right "
                "have the best order.",
                judge="`average_precision_score`, beside the share of ones, which a "
                "random order has.",
                decide="set a threshold from the costs, or take a number of places: "
                "an order alone decides nothing.",
                avoid="do not compare it between data with different shares of ones, "
                "and do not resample the data on which you judge. Do not join the "
                "points of the curve by straight lines: that is too high.",
                lossbook="lb.fit.LossClassifier(lb.BinaryCrossEntropy()).fit(X, y)",
                sklearn="LogisticRegression().fit(X, y)",
                torch="nn.BCEWithLogitsLoss()(f, y)",
                chapters=("ch-ranking",),
            ),
        ),
        Answer(
            "rmsle",
            "RMSLE, the error of logarithms",
            Advice(
                losses=(SquaredError(),),
                train="squared error on log(1 + y).",
                judge="`root_mean_squared_log_error`.",
                decide="use the exponential less 1; with symmetric noise on the scale "
                "of logarithms it is a median.",
                avoid="do not add these predictions up: they lie below the means.",
                lossbook="model = lb.fit.LossRegressor(lb.SquaredError())\n"
                "model.fit(X, np.log1p(y))",
                sklearn="TransformedTargetRegressor(\n"
                "    LinearRegression(), func=np.log1p, inverse_func=np.expm1\n"
                ").fit(X, y)",
                torch="nn.MSELoss()(f, torch.log1p(y))",
                chapters=("ch-percentages",),
            ),
        ),
        Answer(
            "r2",
            "R², RMSE",
            Advice(
                losses=(SquaredError(),),
                train="squared error: both are functions of it.",
                judge="`r2_score` on held-out data; below 0 means worse than the mean "
                "of those data.",
                decide="use the prediction as a mean.",
                avoid="do not compare R² between data sets: it divides by their "
                "spread.",
                lossbook="lb.fit.LossRegressor(lb.SquaredError()).fit(X, y)",
                sklearn="LinearRegression().fit(X, y)",
                torch="nn.MSELoss()(f, y)",
                chapters=("ch-percentages", "ch-what-a-loss-asks-for"),
            ),
        ),
    ),
)

TROUBLE = Question(
    "What happens?",
    (
        Answer(
            "flat",
            "the loss hardly falls, although the model is badly wrong",
            Advice(
                losses=(BinaryCrossEntropy(), CategoricalCrossEntropy()),
                train="cross-entropy on the raw outputs; its slope is p - y, large "
                "where the model is wrong.",
                judge="the size of the gradient, beside the loss.",
                decide="decide as before: what the loss asks for has not changed.",
                avoid="do not put squared error behind a sigmoid or softmax, and no "
                "softmax before a loss that has its own.",
                lossbook="lb.BinaryCrossEntropy().gradient(y, f)",
                sklearn="LogisticRegression().fit(X, y)",
                torch="nn.BCEWithLogitsLoss()(f, y)  # f: no sigmoid before it",
                chapters=("ch-how-a-loss-trains", "ch-log-loss"),
            ),
        ),
        Answer(
            "nan",
            "it becomes infinite or nan",
            Advice(
                losses=(BinaryCrossEntropy(),),
                train="the same loss, given raw outputs instead of probabilities. Look "
                "for nan in the data first, and try a smaller learning rate.",
                judge="log loss without clipping: an infinite one says that something "
                "called impossible has happened.",
                decide="if classes are separable the best weights are infinite: add a "
                "penalty or stop early.",
                avoid="do not clip at 1e-7 and go on: the value of the loss then "
                "depends on where you clip.",
                lossbook="lb.BinaryCrossEntropy().from_raw(y, f)",
                sklearn="LogisticRegression(C=1.0).fit(X, y)",
                torch="nn.BCEWithLogitsLoss()(f, y)",
                chapters=("ch-log-loss",),
            ),
        ),
        Answer(
            "start",
            "the result depends on where training starts",
            Advice(
                losses=(HuberLoss(delta=1.345), TukeyLoss(c=4.685)),
                train="a similar convex loss first, then the loss that you need, from "
                "there: Huber then Tukey, pairwise then LambdaRank.",
                judge="the loss that each of ten starts arrives at.",
                decide="take the start that you can give a reason for, such as the "
                "convex fit, and say how far the others were from it.",
                avoid="do not report one run.",
                lossbook="first = lb.fit.LossRegressor(lb.HuberLoss(1.345 * scale))\n"
                "f = first.fit(X, y).predict(X)",
                sklearn="HuberRegressor(alpha=0).fit(X, y)",
                torch="nn.HuberLoss(delta=1.345 * scale)(f, y)",
                chapters=("ch-outliers", "ch-lists"),
            ),
        ),
        Answer(
            "booster",
            "my booster does not have the loss",
            Advice(
                losses=(GammaDeviance(),),
                train="an objective of your own: it needs the slope and the curvature "
                "for each case.",
                judge="the loss itself, on predictions: with an objective of your own "
                "a booster returns raw numbers.",
                decide="apply the inverse link first: `objective.inverse`.",
                avoid="do not start from 0 if the mean is far from it: "
                "`objective.start`.",
                lossbook="objective = lb.fit.booster_objective(lb.GammaDeviance())\n"
                "objective(y, np.zeros(len(y)))",
                sklearn='HistGradientBoostingRegressor(loss="gamma").fit(X, y)',
                torch="(y * torch.exp(-f) + f).mean()",
                chapters=("ch-how-a-loss-trains",),
            ),
        ),
        Answer(
            "numbers",
            "two libraries give two numbers, or my own loss may be wrong",
            Advice(
                losses=(SquaredError(), HuberLoss(delta=1.0)),
                train="either: losses that differ by a factor, or by a term without "
                "the prediction, have the same minimum.",
                judge="the gradients at a few predictions, which may differ by a "
                "factor.",
                decide="scale the learning rate and the penalty with the factor.",
                avoid="do not compare values across libraries: mean or sum, one half "
                "or not, logits or probabilities.",
                lossbook="lb.judge.check_loss(lambda y, z: (y - z) ** 2,\n"
                "                    lambda y, z: 2 * (z - y),\n"
                '                    kind="regression")',
                sklearn="mean_squared_error(y, z)",
                torch='nn.MSELoss(reduction="sum")(f, y)',
                chapters=("ch-loss-risk-metric",),
            ),
        ),
    ),
)

TREE = Question(
    "What do you need?",
    (
        Answer("number", "a number: an amount, a count, a price, a time", NUMBER),
        Answer("class", "a class, or the probability of one", CLASS),
        Answer("order", "an order of a list", ORDER),
        Answer("region", "a region of an image", REGION),
        Answer("metric", "a good value of a metric that was given to me", METRIC),
        Answer("trouble", "help: the loss is chosen, and training goes wrong", TROUBLE),
    ),
)

SYMPTOMS = (
    Symptom(
        "96% accuracy, and the business says it is useless",
        "Always naming the frequent class may score as much, and 0.5 may be the wrong "
        "threshold. Start from what the two mistakes cost.",
        "act",
    ),
    Symptom(
        "Nobody can tell me what a mistake costs",
        "Then keep probabilities, and let the threshold ask the question.",
        "act-unknown",
    ),
    Symptom(
        "The probabilities are too high since I balanced the classes",
        "Class weights and resampling multiply the odds.",
        "tell",
    ),
    Symptom(
        "AUC is 0.9, and the fifty we call are wrong",
        "AUC averages over the whole list; you use its top.",
        "few",
    ),
    Symptom(
        "Balanced accuracy is 0.5, although the AUC is 0.9",
        "Above one half a rare class is hardly ever named. Move the threshold.",
        "balanced",
    ),
    Symptom(
        "Some predicted shares are below 0 or above 1",
        "A straight line has no bounds; a sigmoid has.",
        "shares",
    ),
    Symptom(
        "Five people labelled each case, and they disagree",
        "The share of the votes is a target too; the majority hides the doubt.",
        "votes",
    ),
    Symptom(
        "The total of the forecasts is too low",
        "A logarithm, a percentage error or a median was fitted where a mean is "
        "needed.",
        "total",
    ),
    Symptom(
        "We are out of stock every second day",
        "A mean or a median is exceeded about half of the time.",
        "cost",
    ),
    Symptom(
        "A few bad records move the whole fit",
        "Squared error lets one record pull without limit.",
        "typical",
    ),
    Symptom(
        "Half of the machines have not failed yet",
        "Their times are censored: longer than what was seen.",
        "waiting",
    ),
    Symptom(
        "A film can have several genres, and the model finds one",
        "A softmax shares one unit of probability among the labels.",
        "tags-each",
    ),
    Symptom(
        "Dice is 0 or undefined on images without a lesion",
        "An empty mask has no overlap to count.",
        "mask-empty",
    ),
    Symptom(
        "R² is negative",
        "The model is worse than the mean of the data it is judged on.",
        "r2",
    ),
    Symptom(
        "The loss is nan, or does not move",
        "The loss was given probabilities, or sits behind a flat sigmoid.",
        "trouble",
    ),
)
