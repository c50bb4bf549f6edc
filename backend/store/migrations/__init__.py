"""Numbered SQL files, each run once, in order, in one transaction of its own."""
