//! Makes new connectors and builds them, whatever language they are written in.
