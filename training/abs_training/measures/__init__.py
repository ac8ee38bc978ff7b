"""What finished weights cost when they are stored in fewer bits."""
