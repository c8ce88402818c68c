"""A config as Keras 3 takes it: what is renamed, what is left out, what is refused."""

import pytest

from fmnist.imported.config_check import ModelRefused, read_model_config


def dense(**config):
    return {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": {"name": "ten", **config},
        "registered_name": None,
    }


def sequential(*layers, **more):
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "theirs", "layers": list(layers)},
        **more,
    }


def activation_of(config):
    return config["config"]["layers"][0]["config"]["activation"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("relu", "relu"),
        ("softmax_v2", "softmax"),
        ({"module": "builtins", "class_name": "function", "config": "softmax_v2"}, "softmax"),
        ({"module": "builtins", "class_name": "function", "config": "relu"}, "relu"),
        (
            {"module": "builtins", "class_name": "function", "config": "log_softmax_v2"},
            "log_softmax",
        ),
        ({"module": "builtins", "class_name": "function", "config": "swish"}, "swish"),
        (None, None),
    ],
)
def test_activations_get_keras_names(said, expected):
    read = read_model_config(sequential(dense(activation=said)), "theirs.keras")
    assert activation_of(read) == expected


@pytest.mark.parametrize("said", ["crelu_v2", "my_activation", "<lambda>"])
@pytest.mark.parametrize("is_function", [True, False])
def test_an_unknown_activation_is_named(said, is_function):
    function = {"module": "builtins", "class_name": "function", "config": said}
    config = sequential(dense(activation=function if is_function else said))
    with pytest.raises(ModelRefused) as caught:
        read_model_config(config, "theirs.keras")
    assert f"its layer “ten” has the activation {said}, which Keras does not have" in str(
        caught.value
    )


def test_a_layer_as_an_activation_is_taken():
    layer = {"module": "keras.layers", "class_name": "LeakyReLU", "config": {"name": "leaky"}}
    assert activation_of(read_model_config(sequential(dense(activation=layer)), "x")) == layer


def test_losses_and_optimizers_are_left_out_at_every_depth():
    mine = {"loss": {"module": "mine", "class_name": "MyLoss", "config": {}}}
    inner = sequential(dense(), compile_config=mine)
    read = read_model_config(sequential(inner, compile_config=mine), "theirs.keras")
    assert read == sequential(sequential(dense()))


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ({"module": "os", "class_name": "function", "config": "system"}, "uses system"),
        ({"module": "keras.utils", "class_name": "function", "config": "get_file"}, "get_file"),
        ({"module": "keras.utils", "class_name": "get_file", "config": {}}, "uses get_file"),
        ({"module": "keras.models", "class_name": "load_model", "config": {}}, "uses load_model"),
        ({"module": "keras", "class_name": "device", "config": {}}, "uses device"),
        ({"module": "builtins", "class_name": "__lambda__", "config": {}}, "holds a Lambda"),
        ({"module": "keras.layers", "class_name": "Lambda", "config": {}}, "holds a Lambda"),
        ({"module": "keras.layers", "class_name": "TFSMLayer", "config": {}}, "is a TFSMLayer"),
        ({"module": None, "class_name": "Swirl", "registered_name": "mine>Swirl"}, "uses Swirl"),
    ],
)
@pytest.mark.parametrize("key", ["activation", "kernel_initializer", "layer"])
@pytest.mark.parametrize("is_legacy", [False, True])
def test_what_runs_or_reaches_out_is_refused(item, sentence, key, is_legacy):
    with pytest.raises(ModelRefused) as caught:
        read_model_config(sequential(dense(**{key: item})), "theirs.keras", is_legacy=is_legacy)
    assert sentence in str(caught.value)


def test_a_lambda_of_an_old_file_is_refused():
    old = {"class_name": "Lambda", "config": {"name": "mine", "function": ["4wEAAAA=", None, None]}}
    config = {"class_name": "Sequential", "config": {"layers": [old]}}
    with pytest.raises(ModelRefused, match="its layer “mine” holds a Lambda"):
        read_model_config(config, "theirs.h5", is_legacy=True)


def test_a_bare_operation_is_named():
    old = {"class_name": "TFOpLambda", "config": {"name": "tf.math.truediv"}}
    config = {"class_name": "Functional", "config": {"layers": [old]}}
    with pytest.raises(ModelRefused, match="“tf.math.truediv” is a raw TensorFlow operation"):
        read_model_config(config, "theirs.h5", is_legacy=True)


def test_what_keras_2_writes_becomes_what_keras_3_reads():
    """As Keras 2.4 wrote it: no module anywhere, and no input but in its first layer."""
    first = {"name": "flatten", "batch_input_shape": [None, 28, 28], "dtype": "float32"}
    glorot = {"class_name": "GlorotUniform", "config": {"seed": None}}
    norm = {"name": "norm", "axis": [3], "gamma_regularizer": {"class_name": "L2", "config": {}}}
    separable = {"name": "s", "groups": 1, "kernel_initializer": glorot, "filters": 8}
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "theirs",
            "layers": [
                {"class_name": "Flatten", "config": first},
                {"class_name": "Dense", "config": {"name": "ten", "kernel_initializer": glorot}},
                {"class_name": "LSTM", "config": {"name": "lstm", "time_major": False}},
                {"class_name": "BatchNormalization", "config": norm},
                {"class_name": "SeparableConv2D", "config": separable},
            ],
        },
    }
    read = read_model_config(config, "theirs.h5", is_legacy=True)
    source, flatten, ten, lstm, norm, separable = read["config"]["layers"]
    assert read["module"] == "keras"
    assert (source["class_name"], source["module"]) == ("InputLayer", "keras.layers")
    assert source["config"]["batch_shape"] == [None, 28, 28]
    assert flatten["config"] == {"name": "flatten", "dtype": "float32"}
    assert ten["module"] == "keras.layers"
    assert ten["config"]["kernel_initializer"]["module"] == "keras.initializers"
    assert lstm["config"] == {"name": "lstm"}
    assert norm["config"]["axis"] == 3
    assert norm["config"]["gamma_regularizer"]["module"] == "keras.regularizers"
    assert separable["config"] == {"name": "s", "filters": 8}


@pytest.mark.parametrize("kind", ["Model", "Functional"])
def test_a_graph_of_keras_2_is_one_of_keras_3(kind):
    config = {"module": "keras.src.engine.functional", "class_name": kind, "config": {"name": "x"}}
    read = read_model_config(config, "theirs.keras", is_legacy=True)
    assert (read["module"], read["class_name"]) == ("keras.src.models.functional", "Functional")
