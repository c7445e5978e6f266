"""What the engine's thread is asked to do, one kind of job a module; they and workers.py use the engine."""
