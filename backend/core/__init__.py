"""Values and laws of Rushes. Pure: no I/O, standard library only."""
