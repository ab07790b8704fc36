"""Questions to the sources: asked by the night, kept from night to night, answered by people."""
