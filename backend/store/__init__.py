"""The library's database: the truth of Rushes. Rows never leave this room; values do."""
