"""What leaves the store as a file, and what comes into it from one."""
