//! What the tests share: brokers, clients, bounded waiting.
