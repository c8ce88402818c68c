"""Long computations about a model or a dataset, each in a process of its own.

Each module has `compute(job)`, which writes its results into `job.folder`.
"""

# By name: what `--help` says of it, and the module.
ANALYSES = {
    "near-duplicates": "how far each test image is from the nearest training image",
    "label-issues": "what a model not trained on a training image predicts for it",
    "tsne": "the test images on a plane, by what the model sees as alike",
    "robustness": "a model's accuracy on spoiled test images",
}
FILES = {  # the array that some leave in their folder
    "near-duplicates": "nearest.npy",
    "label-issues": "train_probabilities.npy",
}
# Those that go on from where they were stopped; the others begin again.
GO_ON = frozenset({"label-issues", "robustness"})
# Those about a run's model, not about a dataset alone.
NEEDS_RUN = frozenset({"tsne", "robustness"})
