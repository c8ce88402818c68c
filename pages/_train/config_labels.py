"""What the settings of a training are called on the page, and which group shows them."""

from __future__ import annotations

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
    "learning_rate": "Learning rate",
    "schedule": "Learning rate schedule",
    "optimizer": "Optimizer",
    "weight_decay": "Weight decay",
    "label_smoothing": "Label smoothing",
    "weight_averaging": "Weight averaging (EMA)",
    "early_stopping_patience": "Early stopping after",
    "keep": "Keep the weights of",
    "precision": "Precision",
    "augmentation": "Augmentation",
    "augmented_copies": "Changed copies of each image",
    "validation_fraction": "Validation fraction",
    "seed": "Seed",
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
)
DATA_AND_NAME = ("augmentation", "augmented_copies", "validation_fraction", "seed", "name")
SLOW_BFLOAT16 = (
    ":material/warning: A processor without AMX only imitates bfloat16 and takes several times as "
    "long. “automatic” uses it where the processor or the GPU really multiplies in it."
)
