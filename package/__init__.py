"""Distribution packages: one description each (nfpm's), the scripts around them, and what builds them."""
