"""What we believe and decide: evidence, outages, interruptions, crews, jobs and the change log.

Knows nothing of HTTP.
"""
