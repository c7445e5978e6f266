"""What ships as data: recipes and published figures."""
