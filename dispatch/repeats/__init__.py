"""Repeats: customers who are out again and again, feeders and switches that trip repeatedly, as a worklist.

Owns the rules (data), the search for what repeats in the ledger and among outages, and the worklist that
people work off.
"""
