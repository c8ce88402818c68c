"""The library of the Fashion-MNIST Lab: data, models, runs and figures; it knows no screen."""
