"""The `diffurec` command, one module a group of subcommands."""
