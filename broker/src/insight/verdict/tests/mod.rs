//! Verdicts on simulated subscriptions: one row of the table each, the borders between them, and the sentences.

mod parts;

mod simulator;

mod rows;

mod borders;
