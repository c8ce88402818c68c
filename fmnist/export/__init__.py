"""A run to take away: a script, a notebook, a report, a record on a tracking server."""
