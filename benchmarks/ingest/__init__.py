"""How many summaries a collector takes in, and how fast: `make ingest`, which writes docs/ingest.md."""
