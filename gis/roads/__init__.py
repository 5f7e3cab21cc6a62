"""Roads: read from OpenStreetMap files, kept in PostGIS, and driven on by crews.

Owns the travel graph (how long from here to there, and which way) and its rules of speed and access; which
crew goes where is decided in `dispatch`.
"""
