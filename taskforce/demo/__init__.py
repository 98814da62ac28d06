"""A demo office with historic public records: data, what it says, and how it is loaded."""
