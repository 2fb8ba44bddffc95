"""Many experiment lists as one, with shared models shared."""
