"""The terminal side of diffurec: the command line and the explorer."""
