"""The media engine: what a recording is, and how it becomes a film.

Everything here takes paths, values and a `Context`, and returns values. PyAV stays in this room.
"""
