"""One gateway: how samples are taken, kept and sent."""

__version__ = "0.1.0"
