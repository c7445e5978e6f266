"""Metrics of trainings: where they come from, and how one looks at them."""
