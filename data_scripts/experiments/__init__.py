"""One module a record: what is run, on what, with which seeds."""
