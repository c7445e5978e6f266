"""Widgets: each draws one plain snapshot and knows nothing of where it came from."""
