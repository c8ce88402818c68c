"""Plain Keras code of a training: its network, its optimizer, its epochs, its scores.

Everything here is text: nothing is run, and nothing is imported but settings. What a config leaves
off is not in its code. The numbers are those of `fmnist.models` and `fmnist.training`; the tests
compare a training by this code with one by theirs.
"""

from __future__ import annotations

from fmnist.config import TrainConfig
from fmnist.export.data_code import SCORING_BATCH
from fmnist.models.feature_maps import IMAGE_SIDE, convolved_side, pooled_side

# As in `fmnist.models.network`, which needs Keras.
NORM_MOMENTUM, EMA_MOMENTUM = 0.9, 0.99

ONE_CYCLE = """\
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    \"\"\"Up in a straight line for a quarter of the steps, then down to 0.\"\"\"

    def __init__(self, peak, steps):
        self.peak, self.steps = peak, steps

    def __call__(self, step):
        done = (keras.ops.cast(step, "float32") + 1) / (self.steps + 1)
        return self.peak * keras.ops.minimum(done / 0.25, (1 - done) / 0.75)
"""
AVERAGED_WEIGHTS = """\
class AveragedWeights(keras.callbacks.Callback):
    \"\"\"Validates and ends with the moving average of the weights; trains on without it.\"\"\"

    own_weights = None

    def on_test_begin(self, logs=None):
        if self.own_weights is None:
            variables = self.model.trainable_variables
            self.own_weights = [variable.numpy() for variable in variables]
            self.model.optimizer.finalize_variable_values(variables)

    def on_epoch_begin(self, epoch, logs=None):
        if self.own_weights is not None:
            for variable, value in zip(self.model.trainable_variables, self.own_weights):
                variable.assign(value)
            self.own_weights = None
"""


def network_code(config: TrainConfig) -> str:
    """The function `build_network`, layer by layer, with the shapes of the maps."""
    lines = ["def build_network():", '    image = keras.Input((28, 28, 1), name="image")']
    lines += ["    x = layers.Rescaling(1 / 255)(image)  # raw pixels, 0 to 255, go in"]
    if config.architecture == "cnn":
        lines += _blocks(config)
        head = {
            "flatten": "Flatten",
            "average": "GlobalAveragePooling2D",
            "max": "GlobalMaxPooling2D",
        }[config.head]
        lines += [f"    x = layers.{head}()(x)"]
        if config.head_dropout:
            lines += [f"    x = layers.Dropout({config.head_dropout!r})(x)"]
    else:
        lines += ["    x = layers.Flatten()(x)"]
    for units in config.dense_units:
        lines += [f'    x = layers.Dense({units}, activation="relu")(x)']
        if config.architecture == "dense" and config.dropout:
            lines += [f"    x = layers.Dropout({config.dropout!r})(x)"]
    lines += ['    x = layers.Dense(10, activation="softmax", dtype="float32")(x)']
    lines += ["    return keras.Model(image, x)"]
    code = "\n".join(lines) + "\n"
    is_residual = config.residual_blocks and config.architecture == "cnn"
    return f"{_residual_block(config)}\n\n{code}" if is_residual else code


def _norm(config: TrainConfig) -> str:
    momentum = EMA_MOMENTUM if config.weight_averaging else NORM_MOMENTUM
    return f"layers.BatchNormalization(momentum={momentum})"


def _blocks(config: TrainConfig) -> list[str]:
    lines, side, count = [], IMAGE_SIDE, len(config.filters)
    dropped = {"all": count, "inner": count - 1, "first": 1}[config.dropout_after]
    for number, filters in enumerate(config.filters, start=1):
        options = [f"{filters}, {config.kernel_size}"]
        options += [f"strides={config.strides}"] if config.strides > 1 else []
        options += [f'padding="{config.padding}"']
        options += ["use_bias=False"] if config.batch_norm else ['activation="relu"']
        side = convolved_side(config, side)
        pooled = pooled_side(config, side)
        lines += [f"    x = layers.Conv2D({', '.join(options)})(x)  # {side} × {side} × {filters}"]
        if pooled < side:
            lines += [f"    x = layers.MaxPooling2D({config.pool})(x)  # {pooled} × {pooled}"]
        side = pooled
        if config.batch_norm:
            lines += [f"    x = {_norm(config)}(x)", "    x = layers.ReLU()(x)"]
        lines += config.residual_blocks * [f"    x = residual_block(x, {filters})"]
        if config.dropout and number <= dropped:
            lines += [f"    x = layers.Dropout({config.dropout!r})(x)"]
    return lines


def _residual_block(config: TrainConfig) -> str:
    options = f'filters, {config.kernel_size}, padding="same"'
    options += ", use_bias=False" if config.batch_norm else ""
    lines = [
        "def residual_block(x, filters):",
        '    """x plus two convolutions of x."""',
        "    inside = x",
        "    for _ in range(2):",
        f"        inside = layers.Conv2D({options})(inside)",
        *([f"        inside = {_norm(config)}(inside)"] if config.batch_norm else []),
        "        inside = layers.ReLU()(inside)",
        "    return layers.Add()([x, inside])",
    ]
    return "\n".join(lines) + "\n"


def optimizer_code(config: TrainConfig) -> str:
    """The learning rate, the optimizer, the loss."""
    rate, peak = "learning_rate", repr(config.learning_rate)
    lines = [f"learning_rate = {peak}"]
    if config.schedule == "one-cycle":
        lines = [f"learning_rate = OneCycle({peak}, EPOCHS * steps_per_epoch)"]
    if config.schedule == "cosine":
        schedule = "keras.optimizers.schedules.CosineDecay"
        lines = [f"learning_rate = {schedule}({peak}, decay_steps=EPOCHS * steps_per_epoch)"]
    name = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}[config.optimizer]
    options = [rate]
    if config.optimizer == "sgd":
        options += ["momentum=0.9", "nesterov=True"]
    if config.optimizer == "adamw" or (config.optimizer == "sgd" and config.weight_decay):
        options += [f"weight_decay={config.weight_decay!r}"]
    if config.weight_averaging:
        options += ["use_ema=True", f"ema_momentum={EMA_MOMENTUM}"]
    inside = [f"    {each}," for each in options]
    lines += (
        [f"optimizer = keras.optimizers.{name}(", *inside, ")"]
        if len(options) > 1
        else [f"optimizer = keras.optimizers.{name}({rate})"]
    )
    if config.weight_decay:
        lines += ['optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])']
    lines += [
        "model.compile(",
        "    optimizer=optimizer,",
        '    loss="categorical_crossentropy",',
        '    metrics=["accuracy"],',
        "    jit_compile=False,",
        ")",
    ]
    before = f"{ONE_CYCLE}\n\n" if config.schedule == "one-cycle" else ""
    return before + "\n".join(lines) + "\n"


def fit_code(config: TrainConfig) -> str:
    """The epochs, and whose weights are kept."""
    keeps_best = config.keep == "best"
    lines = ['callbacks = [keras.callbacks.CSVLogger("history.csv")]']
    if config.weight_averaging:
        lines += ["callbacks += [AveragedWeights()]"]
    if keeps_best:
        lines += [
            'best = "best.weights.h5"  # of the epoch with the highest validation accuracy',
            "callbacks += [keras.callbacks.ModelCheckpoint(",
            '    best, monitor="val_accuracy", mode="max",',
            "    save_best_only=True, save_weights_only=True,",
            ")]",
        ]
    if config.early_stopping_patience:
        patience = config.early_stopping_patience
        stopping = f'EarlyStopping(monitor="val_loss", patience={patience})'
        lines += [f"callbacks += [keras.callbacks.{stopping}]"]
    lines += [
        "model.fit(",
        "    training_data,",
        "    validation_data=validation_data,",
        "    steps_per_epoch=steps_per_epoch,",
        "    epochs=EPOCHS,",
        "    callbacks=callbacks,",
        "    shuffle=False,  # the batches come shuffled",
        "    verbose=2,",
        ")",
    ]
    lines += ["model.load_weights(best)"] if keeps_best else []
    before = f"{AVERAGED_WEIGHTS}\n\n" if config.weight_averaging else ""
    return before + "\n".join(lines) + "\n"


def score_code(config: TrainConfig) -> str:
    """The model that is saved, and what it says of the test images."""
    lines = ["final = build_network()  # in float32, without the optimizer"]
    lines += ["final.set_weights(model.get_weights())"]
    if config.flip_average or config.shift_average:
        lines += ["", 'image = keras.Input((28, 28, 1), name="image")', "views = [image]"]
        if config.shift_average:
            lines += [
                "padded = keras.ops.pad(image, ((0, 0), (0, 0), (1, 1), (0, 0)))",
                "views += [padded[:, :, :28], padded[:, :, 2:]]  # a pixel to either side",
            ]
        if config.flip_average:
            lines += ["views += [keras.ops.flip(view, axis=2) for view in views]  # mirror images"]
        lines += [
            "answers = final(keras.ops.concatenate(views, axis=0))",
            "answers = keras.ops.reshape(answers, (len(views), -1, 10))",
            "final = keras.Model(image, keras.ops.mean(answers, axis=0))",
        ]
    lines += [
        "",
        'final.save("model.keras")',
        "probabilities = final.predict(",
        f"    test_images[..., np.newaxis], batch_size={SCORING_BATCH}, verbose=0",
        ")",
        'np.save("test_probabilities.npy", probabilities)',
        "accuracy = np.mean(probabilities.argmax(axis=1) == test_labels)",
    ]
    return "\n".join(lines) + "\n"
