"""Image sets: reading, distorting and spoiling them, and drawing junk."""
