"""The formats of a weekly report: each lays out the same WeeklyReport as text, and computes nothing."""
