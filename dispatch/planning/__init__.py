"""Plans for many outages: which crew repairs what, in which order (design §4.4).

Owns the problem and the plan, the simple rules, the search for a better plan and the bound that no plan can
beat. Pure: no database, no clock; times are minutes after the problem's own `now`.
"""
