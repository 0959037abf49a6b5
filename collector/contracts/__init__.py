"""Contracts: what was bought for each circuit, until when, and at what price beside its peers'."""
