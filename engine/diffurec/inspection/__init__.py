"""For looking: a checkpoint with its users, and frames of its reverse walks."""
