"""What are concurrent processes promised, and is it kept? A recorder and a checker of histories: see docs/reliability.md.

A *round* (:mod:`.rounds`) has workers write, keep and read one log while faults strike; each worker records what it was
told. Afterwards the promises (:mod:`.promises`) are functions from the record and the log to violations.
"""
