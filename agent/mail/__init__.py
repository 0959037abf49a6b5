"""The weekly report as an e-mail: what it says, by which way it goes, and who has it already."""
