//! Plans: as they are printed, and carried out on a simulated kernel that is watched at every moment.

mod kernels;
mod laws;
mod managed;
mod model;
mod texts;
mod watch;
mod words;
mod world;
