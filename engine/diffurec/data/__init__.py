"""Interactions in: importers, the dataset folder, sequences and batches."""
