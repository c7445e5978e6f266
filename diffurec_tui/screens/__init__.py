"""Screens: they arrange widgets and turn keys into what the widgets show."""
