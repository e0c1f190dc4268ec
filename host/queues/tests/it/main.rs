//! What must hold of queues whatever is asked of them.

mod choosing;
mod desk;
mod interleaving;
mod laws;
mod life;
mod operations;
mod shadow;
mod starvation;
mod world;
