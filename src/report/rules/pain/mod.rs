//! Pain: the score of a day, where it stood, how it changed, its flares and its places.

pub mod baseline;
pub mod beside;
pub mod change;
pub mod coverage;
pub mod daily;
pub mod flares;
pub mod plateau;
pub mod responders;
pub mod sites;
pub mod time_in_state;
pub mod trend;
pub mod window;
