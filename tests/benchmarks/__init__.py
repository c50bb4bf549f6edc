"""Comparisons with what a person would use instead; run by `make bench`, never by the tests."""
