"""What helps somebody far away to see what is wrong here, with every secret taken out."""
