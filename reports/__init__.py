"""What numbers mean: sample, summary, target, gap, report."""
