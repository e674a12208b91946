"""A small world: what stands, lies and moves in it, who sees it, and what is true of it. Nothing here draws."""
