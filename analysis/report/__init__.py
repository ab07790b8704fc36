"""What readers see: tables, words and the page."""
