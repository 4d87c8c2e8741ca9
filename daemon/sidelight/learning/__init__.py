"""Learning and measuring: the virtual camera, the test set, metrics, renders by real editors."""
