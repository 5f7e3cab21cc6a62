"""What is connected to what under a switch state: tracing, inference and findings about a network.

Pure and deterministic: no geometry, no database, no clock, no web.
"""
