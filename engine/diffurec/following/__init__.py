"""Following the metrics of trainings while they are written, in memory that does not grow."""
