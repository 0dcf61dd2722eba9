"""The datastore of one device: candidate, committed, history, lock, confirmed commits."""
