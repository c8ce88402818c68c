"""The Fashion-MNIST Lab's library: data, models, runs and figures, knowing nothing of the screen."""
