//! Tests of the delivery machine: random histories against a naive model, and promises by name.

mod model;
mod world;

mod histories;

mod audit;
mod checks;
mod keys;
mod leases;
mod log;
mod pages;
mod rules;
