//! What every connector must do, tried on a component as the host runs it.
