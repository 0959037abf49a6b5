"""What programs read: sites, places, circuits and totals as JSON, exports, and Prometheus's figures."""
