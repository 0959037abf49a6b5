"""What an archive costs, and its roll-ups: DuckDB beside Apache Spark."""
