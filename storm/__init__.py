"""A simulated world with hidden truth: faults, callers, meters and crews. It decides nothing."""
