"""The composition root: HTTP, settings, processes, command line and migrations. Holds no rules."""
