"""What tests make instead of the real thing: runs, data, models."""
