"""Laue group from the agreement of equivalents, space group from systematic absences."""
