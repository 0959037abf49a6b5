"""A made-up fleet of any size, always the same for a seed, and how quickly it is judged and shown."""
