"""The six experiments: their networks can be built, and are shared where they are the same."""

import pytest

from fmnist.classroom.experiments import EXPERIMENTS, Choice
from fmnist.models.feature_maps import check_architecture


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=lambda each: each.name)
def test_what_is_trained(experiment):
    configs = experiment.configs()
    assert len(configs) == len(experiment.arms) * experiment.seeds
    for config in configs:
        check_architecture(config)
    first, *others = [arm.config for arm in experiment.arms]
    for other in others:
        assert len(first.differences(other)) == 1, "one thing is changed"
    assert experiment.seeds > 1, "the spread over seeds is measured"


def test_what_can_be_guessed():
    for experiment in EXPERIMENTS.values():
        form = experiment.guess
        if isinstance(form, Choice):
            assert "alike" in form.options
        else:
            assert form.low <= form.start <= form.high
    dropout = EXPERIMENTS["dropout"]
    assert len(dropout.guess.options) == len(dropout.arms) + 1, "the options name the arms in order"


def test_the_same_network_is_trained_once():
    configs = [config for each in EXPERIMENTS.values() for config in each.configs()]
    assert len(configs) == 5 * 6 + 6
    assert len(set(configs)) == 25
    assert len({config.replace(name="") for config in configs}) == 25, "and has one name"
