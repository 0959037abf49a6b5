"""Contract evidence as one file that a third party can check with tools of its own."""
