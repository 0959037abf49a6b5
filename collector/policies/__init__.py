"""Policies for agents: signed by whoever may, kept here, and fetched by the agents that follow them."""
