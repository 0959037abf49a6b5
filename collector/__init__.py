"""Many sites: receive, keep, show."""
