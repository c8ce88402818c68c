"""The process that holds TensorFlow for predictions, and its client."""
