//! one subscription on one partition as a state machine.
