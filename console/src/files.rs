//! Files that the command line reads: payloads to publish.
