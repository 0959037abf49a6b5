"""Schools by the sheet: what a state office knows of them, read from CSV and kept with the sites."""
