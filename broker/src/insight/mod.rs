//! counters, rates, lag and drain time.
