"""The analyst's shell: how results are laid out, read and left, and the prompt."""
