"""What all sites come to in a week, a month, a school year: one set of SQL files for two engines."""
