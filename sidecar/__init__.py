"""The shell: a native window over the page, and what makes the backend its sidecar."""
