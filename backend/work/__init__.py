"""Who runs: one supervisor, a thread and a child process for each job."""
