"""Version 2: strict JSON in, ids out, cursors."""
