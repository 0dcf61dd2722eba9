"""The documented numbers as data, each with its citation, meaning and doubt."""
