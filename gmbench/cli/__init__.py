"""The command line: what a person types. One file per command."""
