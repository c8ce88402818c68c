"""One training: batches, augmentation, schedules, callbacks, scoring."""
