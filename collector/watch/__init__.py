"""What an operator is told of the fleet without asking: who is silent, what is wrong, and when it is over."""
