"""Trial storms: hidden faults and what is told of them, from one seed (docs/formats/storm.md)."""

from storm.trials.ground import Places, TrialGround
from storm.trials.shape import TrialShape
from storm.trials.trial import Trial, make_trial
from storm.trials.truth import TrueFault, Truth

__all__ = ["Places", "Trial", "TrialGround", "TrialShape", "TrueFault", "Truth", "make_trial"]
