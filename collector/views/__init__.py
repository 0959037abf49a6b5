"""The pages about the fleet, each a function from a request to a page; what they show is read in ``standings``."""
