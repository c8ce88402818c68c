"""What happens inside a network: its arithmetic by hand, its layers on an image, its reasons."""
