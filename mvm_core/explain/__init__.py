"""Other explanations of the same networks, made with torch."""
