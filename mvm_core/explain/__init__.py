"""Other explanations of the same networks, and how right each kind of map has been shown to be."""
