"""Sweeps: many trainings over settings and seeds, planned, driven and compared as one."""
