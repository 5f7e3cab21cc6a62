"""Reliability: indices by IEEE 1366 and DL/T 836 from one ledger of interruptions, and what fails repeatedly.

Owns the rule sets, the figures over columns of interruptions (pure: numpy, no clock, no database), the reader
of interruption files (design §4.5), and how the ledger and the network in force become such columns.
"""
