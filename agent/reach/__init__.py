"""Whether the Internet is in reach, and where the way to it ends when it is not."""
