"""Image sets: reading, distorting and corrupting them, and drawing junk."""
