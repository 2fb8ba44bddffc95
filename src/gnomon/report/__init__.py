"""Numbers to tables and figures; no science of its own."""
