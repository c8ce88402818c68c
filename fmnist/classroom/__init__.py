"""For a class: challenges by link, and guided experiments with a prediction before each."""
