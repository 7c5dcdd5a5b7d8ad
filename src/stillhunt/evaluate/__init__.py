"""How well a run found what is known to be there, and what it did to the innocent: see docs/evaluation.md."""

from stillhunt.evaluate.losses import Loss, lost_before_detection
from stillhunt.evaluate.measure import evaluate
from stillhunt.evaluate.result import Evaluation

__all__ = ["Evaluation", "Loss", "evaluate", "lost_before_detection"]
