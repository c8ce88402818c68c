"""The run folder: store, status, queue, jobs, progress, tables, settings."""
