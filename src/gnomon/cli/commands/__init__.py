"""Commands that are more than one step: a file each, with a COMMAND."""
