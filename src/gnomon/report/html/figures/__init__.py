"""Kinds of figure, each from plain numbers."""
