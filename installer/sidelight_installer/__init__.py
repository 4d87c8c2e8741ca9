"""Set up, demonstrate and test a checkout of Sidelight, with the standard library only."""
