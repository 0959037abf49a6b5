"""Who may do what: people with their sessions, programs with their tokens, and the log of every change of
either."""
