"""Measurements of Relight beside its peers, each in one run on data made here; `relight benchmark` runs them.

Owns the cases, the peers and the plots. Nothing of Relight imports a benchmark but that command.
"""
