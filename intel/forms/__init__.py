"""What people type about leads, read into facts; nothing typed is lost on the way there and back."""
