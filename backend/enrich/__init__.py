"""What is in a recording: speech, words, chapters. Models run here, in children, and nothing is
fetched from anywhere."""
