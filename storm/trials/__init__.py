"""Trial storms: hidden faults and what is told of them, from one seed (docs/formats/storm.md)."""

from storm.trials.ground import TrialGround
from storm.trials.learning import learn_from_folder, past_storm
from storm.trials.plane import Places
from storm.trials.result import outages_from_json
from storm.trials.scoring import Score, add_up, score_result
from storm.trials.shape import TrialShape
from storm.trials.trial import Trial, make_trial
from storm.trials.trial_meters import PingRates, TrialMeters
from storm.trials.truth import TrueFault, Truth, truth_from_json

__all__ = [
    "PingRates",
    "Places",
    "Score",
    "Trial",
    "TrialGround",
    "TrialMeters",
    "TrialShape",
    "TrueFault",
    "Truth",
    "add_up",
    "learn_from_folder",
    "make_trial",
    "outages_from_json",
    "past_storm",
    "score_result",
    "truth_from_json",
]
