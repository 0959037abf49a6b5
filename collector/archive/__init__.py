"""Hours that have grown old: moved out of the store into Parquet, where they stay queryable."""
