"""What the settings of a training are called on the page, and which group shows them."""

from __future__ import annotations

from fmnist.glossary import GLOSSARY

# Read from left to right in the order a network is made; a field without a label is not offered.
LABELS = {
    "name": "Name",
    "architecture": "Architecture",
    "filters": "Filters",
    "dense_units": "Dense units",
    "dropout": "Dropout",
    "epochs": "Epochs",
    "batch_size": "Batch size",
    "kernel_size": "Kernel size",
    "strides": "Stride",
    "padding": "Padding",
    "pool": "Pool size",
    "batch_norm": "Batch normalisation",
    "residual_blocks": "Residual blocks",
    "head": "Head",
    "dropout_after": "Dropout after",
    "head_dropout": "Dropout before the dense layers",
    "flip_average": "Average over flips at test time",
    "shift_average": "Average over shifts at test time",
    "learning_rate": "Learning rate",
    "schedule": "Learning rate schedule",
    "optimizer": "Optimizer",
    "weight_decay": "Weight decay",
    "label_smoothing": "Label smoothing",
    "weight_averaging": "Weight averaging (EMA)",
    "early_stopping_patience": "Early stopping after",
    "keep": "Keep the weights of",
    "precision": "Precision",
    "record_epochs": "Record every epoch",
    "augmentation": "Augmentation",
    "augmented_copies": "Augmented copies per image",
    "validation_fraction": "Validation fraction",
    "seed": "Seed",
}
# Where the command line's help is too short, or a value has another name here.
HELPS = {
    "architecture": "Dense only: every pixel feeds every unit. Convolutions: small kernels look at "
    "neighbouring pixels first.",
    "filters": GLOSSARY["Filter"],
    "dropout": GLOSSARY["Dropout"],
    "epochs": GLOSSARY["Epoch"],
    "batch_size": GLOSSARY["Batch"],
    "strides": GLOSSARY["Stride"],
    "padding": GLOSSARY["Padding"],
    "pool": "Side of the max pooling after each convolution, in pixels. 1: none. A map smaller "
    "than that is left as it is.",
    "dropout_after": "Which convolutions the dropout follows.",
    "weight_decay": "Fraction of a weight, times the learning rate, taken off it at each step. "
    "AdamW and SGD only.",
    "head_dropout": "Fraction of the features dropped before the first dense layer, in training "
    "only.",
    "keep": "The best epoch is the one with the highest validation accuracy.",
    "precision": "Arithmetic of the training. automatic: bfloat16 where the hardware has it "
    "(elsewhere it is many times slower), else float32.",
    "augmentation": "Random changes to training images: mirrored, moved by up to 2 pixels, a "
    "square blacked out.",
    "record_epochs": "Keeps what the model predicts for the test images after every epoch, for the "
    "page Epochs. An epoch takes 10 to 25\N{NO-BREAK SPACE}% longer; the model stays the same.",
    "seed": "The same seed and settings give the same run again.",
}
COUNT_LABELS = {"filters": "Convolutions", "dense_units": "Dense layers"}
CHOICE_NAMES = {
    "cnn": "Convolutions",
    "dense": "Dense only",
    "best": "the best epoch",
    "last": "the last epoch",
    "sgd": "SGD",
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSprop",
    "all": "all convolutions",
    "inner": "all but the last",
    "first": "the first alone",
    "none": "none",
    "flip": "mirror",
    "shift": "shift",
    "flip+shift": "mirror and shift",
    "flip+shift+erase": "mirror, shift and erase",
    "flatten": "flatten",
    "average": "global average pooling",
    "max": "global max pooling",
    "auto": "automatic",
}
# The closed groups of the form. The dense layers' sizes come between the two parts of the network.
CONVOLUTIONS = (
    "kernel_size",
    "strides",
    "padding",
    "pool",
    "dropout_after",
    "batch_norm",
    "residual_blocks",
    "head",
    "head_dropout",
)
TRAINING = (
    "learning_rate",
    "schedule",
    "optimizer",
    "weight_decay",
    "label_smoothing",
    "weight_averaging",
    "early_stopping_patience",
    "keep",
    "precision",
    "record_epochs",
)
DATA_AND_NAME = ("augmentation", "augmented_copies", "validation_fraction", "seed", "name")
SLOW_BFLOAT16 = (
    ":material/warning: A processor without AMX only emulates bfloat16, which takes several times "
    "as long. “automatic” uses it only where the hardware supports it."
)
