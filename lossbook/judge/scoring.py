"""A loss as a scorer of scikit-learn: for cross-validation and searches."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossbook.base import BinaryLoss, MulticlassLoss, PointwiseLoss
from lossbook.validation import Named, check_instance


def scorer(loss: PointwiseLoss) -> "LossScorer":
    """A scorer for scikit-learn's ``scoring=``: minus the mean loss.

    Greater is better.  It asks a fitted estimator for ``loss.response`` and hands that
    to the loss.

    Parameters
    ----------
    loss : loss
        A loss of single samples, such as ``PinballLoss(0.9)``.

    Returns
    -------
    LossScorer
        Called with (estimator, X, y, sample_weight=None), it returns a float.  Of a
        classifier the labels, of any type, are mapped through ``classes_``: for a
        binary loss ``classes_[1]`` is the label 1, and its column of probabilities is
        taken; for a loss of several classes column k belongs to ``classes_[k]``, and
        the one score f of a classifier of two stands for the scores (-f/2, f/2).

    Raises
    ------
    TypeError
        When called, if the estimator lacks the response or is no classifier but the
        loss needs one.
    ValueError
        When called, if a label is none of ``classes_``, or a binary loss meets more
        than two of them.
    AttributeError
        In ``TunedThresholdClassifierCV``, which scores labels: it takes
        ``scoring="accuracy"``, or a function of labels in ``make_scorer``.

    Notes
    -----
    With metadata routing enabled, ``set_score_request(sample_weight=True)`` of the
    scorer has ``cross_val_score`` and ``GridSearchCV`` pass weights on to it.

    ``sklearn.metrics.make_scorer`` is for functions: it asks a loss for a ``__name__``,
    which an object has not, and would not map labels to numbers.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.model_selection import cross_val_score
    >>> X, y = np.arange(12.0)[:, None], np.arange(12.0) % 3
    >>> scoring = lb.scorer(lb.AbsoluteError())
    >>> cross_val_score(LinearRegression(), X, y, scoring=scoring).round(3)
    array([-0.8  , -0.667, -0.675, -1.037, -0.491])
    """
    check_instance(Named("scorer"), "loss", loss, PointwiseLoss, "PinballLoss(0.9)")
    return LossScorer(loss)


class LossScorer:
    """What ``scorer`` returns: a scorer that scikit-learn can pass weights to."""

    def __init__(self, loss: PointwiseLoss) -> None:
        from sklearn.utils.metadata_routing import MetadataRequest  # slow to import

        self.loss = loss
        self._metadata_request = MetadataRequest(owner=self)
        self._metadata_request.score.add_request(param="sample_weight", alias=None)

    def __repr__(self) -> str:
        return f"scorer({self.loss!r})"

    def __call__(
        self,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> float:
        loss = self.loss
        respond = getattr(estimator, loss.response, None)
        if respond is None:
            raise TypeError(
                f"{self!r}: the estimator must have {loss.response}, which gives what "
                f"the loss is about; got {estimator!r}, which has not"
            )
        y_pred = respond(X)
        if isinstance(loss, BinaryLoss | MulticlassLoss):
            y, y_pred = self._classified(estimator, y, np.asarray(y_pred))
        return -float(loss(y, y_pred, sample_weight=sample_weight))

    def _classified(
        self, estimator: Any, y: ArrayLike, y_pred: NDArray[Any]
    ) -> tuple[NDArray[np.intp], NDArray[Any]]:
        """Labels as numbers 0..K-1, and predictions as the loss takes them."""
        classes = getattr(estimator, "classes_", None)
        if classes is None:
            raise TypeError(
                f"{self!r}: the estimator must be a fitted classifier with classes_; "
                f"got {estimator!r}"
            )
        classes = np.asarray(classes)
        if y_pred.ndim == 1 and isinstance(self.loss, MulticlassLoss):
            y_pred = np.column_stack([-y_pred / 2, y_pred / 2])
        binary = isinstance(self.loss, BinaryLoss)
        if binary and len(classes) != 2:
            raise ValueError(
                f"{self!r}: the loss is for two classes; the estimator knows "
                f"{len(classes)}: {classes.tolist()}"
            )
        labels = self._numbered(classes, y)
        if self.loss.response == "predict":
            return labels, self._numbered(classes, y_pred)
        if binary and self.loss.response == "predict_proba":
            y_pred = y_pred[:, 1]
        return labels, y_pred

    def _numbered(self, classes: NDArray[Any], y: ArrayLike) -> NDArray[np.intp]:
        """The place of each label among the classes."""
        labels = np.asarray(y)
        if labels.ndim != 1:
            raise ValueError(
                f"{self!r}: y must have shape (n,); got shape {labels.shape}"
            )
        place = {label: k for k, label in enumerate(classes.tolist())}
        numbers = [place.get(label, -1) for label in labels.tolist()]
        if -1 in numbers:
            raise ValueError(
                f"{self!r}: y must hold the labels {classes.tolist()} that the "
                f"estimator was fitted with; got {labels.tolist()[numbers.index(-1)]!r}"
            )
        return np.array(numbers, dtype=np.intp)

    @property
    def _score_func(self) -> Any:
        """Asked for by a search of thresholds, which would score labels with it."""
        raise AttributeError(
            f"{self!r}: a threshold must be chosen by a score of labels, such as "
            "'accuracy' or make_scorer of a function; got a loss"
        )

    # ---- metadata routing: the names are scikit-learn's --------------------------

    def set_score_request(
        self, *, sample_weight: bool | str | None = True
    ) -> "LossScorer":
        """Ask for weights, under another name if one is given; returns the scorer."""
        self._metadata_request.score.add_request(
            param="sample_weight", alias=sample_weight
        )
        return self

    def get_metadata_routing(self) -> Any:
        """What metadata the scorer asks for."""
        from sklearn.utils.metadata_routing import get_routing_for_object

        return get_routing_for_object(self._metadata_request)

    def _accept_sample_weight(self) -> bool:
        """Asked by searches that pass weights on without routing."""
        return True
