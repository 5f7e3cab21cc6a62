"""The demo: the main job played end to end through the public HTTP interface, in a simulated storm.

Owns the actors (meter system, trouble desk, Autopilot, crews), the stage they act on, and the judge. It sets
its stage with the rooms themselves, as an administrator would; from then on it knows only the interface.
"""
