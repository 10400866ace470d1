//! Commands as they are typed, against a broker in memory that speaks the real contract.

mod answers;
mod broker;
mod dead;
mod failure;
mod groups;
mod lists;
mod manage;
mod managing;
mod operating;
mod operations;
mod people;
mod planning;
mod publish;
mod pull;
mod seek;
mod selecting;
mod services;
mod typed;
