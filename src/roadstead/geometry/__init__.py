"""Pure maths on arrays."""
