"""How a gateway is set up: what is asked, what is found on the machine, and how answers become settings."""
