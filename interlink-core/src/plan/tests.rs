//! Plans, carried out on a simulated kernel and watched at every moment.

mod kernels;
mod laws;
mod model;
mod watch;
mod world;
