//! The client against a broker that does what the test says, over memory and under a paused clock:
//! every wait is a step of the test.

mod broker;
mod connection;
mod errors;
mod publish;
mod publish_limits;
mod publish_loss;
mod services;
mod subscribe;
mod subscribe_loss;

mod confirmations;
mod watch;
