"""Systems we play: pure state machines with the habits of the real ones."""
