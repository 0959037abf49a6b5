"""A made-up school's store, so that every page can be seen before a line was ever measured.

``school_year`` knows its calendar, ``school`` its facts and what happened to it, ``line`` what its line
carries and its tests find, ``demand`` what it asks of the line. ``laying`` writes all that through the
agent's own store and summaries, and ``mark`` tells such a store from a real one.
"""
