"""What a sweep varies: axes as they are typed, their bounds, the settings they make."""

import pytest

from fmnist.config import ConfigError, TrainConfig
from fmnist.sweeps.space import (
    Axis,
    count_points,
    describe_point,
    list_points,
    parse_range,
    parse_values,
)
from fmnist.sweeps.sweep import Sweep


def test_values_are_typed_as_on_the_command_line():
    assert parse_values("filters", "16, 32-64").values == ((16,), (32, 64))
    assert parse_values("dense_units", "none,32").values == ((), (32,))
    assert parse_values("optimizer", "sgd,adam").values == ("sgd", "adam")
    assert parse_values("batch_norm", "off,on").values == (False, True)
    assert parse_values("dropout", "0.5,0,0.25,0").values == (0.0, 0.25, 0.5), "in order, once each"


def test_a_range_may_go_by_factors():
    axis = parse_range("learning_rate", "1e-4:1e-2:log")
    assert (axis.low, axis.high, axis.log, axis.is_whole, axis.count()) == (
        1e-4,
        1e-2,
        True,
        False,
        None,
    )
    assert axis.middle() == pytest.approx(1e-3)
    filters = parse_range("filters", "8:64")
    assert (filters.is_whole, filters.count(), filters.middle()) == (True, 57, (36,))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: parse_values("filter", "1"), "There is no setting 'filter'"),
        (lambda: parse_values("seed", "1,2"), "give several seeds instead"),
        (lambda: parse_values("validation_fraction", "0.1"), "cannot be varied"),
        (lambda: parse_values("dropout", "0.95"), "between 0 and 0.9"),
        (lambda: parse_values("filters", ""), "has no values"),
        (lambda: parse_values("epochs", "nan"), "epochs is a number"),
        (lambda: parse_range("optimizer", "0:1"), "has no range"),
        (lambda: Axis("optimizer", (), 0, 1), "has no range"),
        (lambda: parse_range("dropout", "0.5:0.5"), "ends at 0.5, where it begins"),
        (lambda: parse_range("dropout", "0:0.5:log"), "cannot begin at 0"),
        (lambda: parse_range("dropout", "0:0.5:lin"), "leave it out, or write log"),
        (lambda: Sweep(TrainConfig(), ()), "varies 1 to 8 settings"),
        (lambda: Sweep(TrainConfig(), 2 * (parse_values("pool", "1,2"),)), "has one twice"),
        (lambda: Sweep(TrainConfig(), (parse_range("dropout", "0:0.5"),)), "A grid needs values"),
        (lambda: Sweep(TrainConfig(), (parse_range("dropout", "0:0.5"),), "tpe"), "a budget"),
        (
            lambda: Sweep(TrainConfig(weight_decay=0.1), (parse_values("optimizer", "adam"),)),
            "No network of this grid can be built",
        ),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(make, said):
    with pytest.raises(ConfigError, match=said):
        make()


def test_a_grid_leaves_out_what_cannot_be_built():
    axes = (parse_values("optimizer", "adam,sgd"), parse_values("weight_decay", "0,0.01"))
    assert count_points(axes) == len(list_points(axes)) == 4
    sweep = Sweep(TrainConfig(), axes)
    assert [describe_point(point) for point in sweep.list_points()] == [
        "optimizer adam, weight decay 0",
        "optimizer sgd, weight decay 0",
        "optimizer sgd, weight decay 0.01",
    ]
    assert sweep.most_trials() == 3


def test_a_sweep_is_the_same_after_it_was_written():
    axes = (parse_values("filters", "16,32-64"), parse_range("learning_rate", "1e-4:1e-2:log"))
    sweep = Sweep(TrainConfig(epochs=2), axes, "tpe", (0, 1), 7, 30.0, True, "ray://lab:10001")
    assert Sweep.from_json(sweep.to_json()) == sweep
    for broken in ([], {}, {"base": {}, "axes": [3]}, {"base": {"epochs": 0}, "axes": []}):
        with pytest.raises(ConfigError):
            Sweep.from_json(broken)
    for name, said in (("seeds", "seeds"), ("trials", "trials"), ("method", "grid or tpe")):
        with pytest.raises(ConfigError, match=f"sweep.json is no sweep: .*{said}"):
            Sweep.from_json({**sweep.to_json(), name: "all"})


def test_what_is_drawn_is_read_back_in_the_settings_type():
    filters = parse_values("filters", "16,8")
    assert [filters.store(value) for value in filters.values] == [0, 1]
    assert filters.read(1) == (16,)
    optimizer = parse_values("optimizer", "sgd,adam")
    assert (optimizer.store("adam"), optimizer.read("adam")) == ("adam", "adam")
    rate = parse_range("learning_rate", "1e-4:0.012345:log")
    assert rate.read(0.00195789) == 0.00196, "three digits are enough"
    assert rate.read(0.0123449) == 0.0123
    assert parse_range("learning_rate", "0.012345:0.1").read(0.0123451) == 0.012345
    assert parse_range("filters", "8:64").read(9) == (9,)
