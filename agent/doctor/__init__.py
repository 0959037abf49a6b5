"""What a gateway needs in order to measure and report: a check for each, with the command that mends it."""
