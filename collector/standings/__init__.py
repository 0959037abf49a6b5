"""How each site stands, judged beforehand and kept in a table that pages, programs and exports read."""
