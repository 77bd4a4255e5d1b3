//! The fault proxy under raw sockets and a real HTTP client: each behaviour is seen to do what its name says.

mod answer;
mod client;
mod connection;
mod http2;
mod relay;
