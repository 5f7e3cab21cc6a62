"""Where things are, and their rows in PostGIS: assets, importers, search, areas and travel.

Knows nothing of outages and crews.
"""
