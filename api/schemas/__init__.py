"""The HTTP shapes: what comes in and what goes out, in snake_case. They do not enter dispatch or gis."""
