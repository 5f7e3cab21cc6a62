"""The processes Relight consists of, and what keeps them running: database, analysis, delivery, web."""
