"""The importers, one module a kind of file."""
