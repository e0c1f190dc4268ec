//! Which destination wants which event.
//!
//! Compiled once from the configuration into what the hot path asks: one look-up by destination, then a few
//! set look-ups. Whether the names in it exist is checked where the configuration is read, not here.

use std::collections::{HashMap, HashSet};

/// A line of the configuration: events that match go to these destinations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// Connections by name. Empty: all.
    pub connections: Vec<String>,
    /// Kinds of event by name. Empty: all.
    pub kinds: Vec<String>,
    /// Destinations by name.
    pub destinations: Vec<String>,
}

/// All routes, ready to be asked.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    filters: HashMap<String, Vec<Filter>>,
}

#[derive(Debug, Clone, Default)]
struct Filter {
    connections: HashSet<String>,
    kinds: HashSet<String>,
}

impl Filter {
    fn lets_pass(&self, connection: &str, kind: &str) -> bool {
        (self.connections.is_empty() || self.connections.contains(connection))
            && (self.kinds.is_empty() || self.kinds.contains(kind))
    }
}

impl Routes {
    /// Without any route, every event goes to every destination.
    pub fn new(routes: Vec<Route>, all_destinations: Vec<String>) -> Self {
        let routes = if routes.is_empty() {
            vec![Route { destinations: all_destinations, ..Route::default() }]
        } else {
            routes
        };
        let mut filters: HashMap<String, Vec<Filter>> = HashMap::new();
        for route in routes {
            let filter = Filter {
                connections: route.connections.into_iter().collect(),
                kinds: route.kinds.into_iter().collect(),
            };
            for destination in route.destinations {
                filters.entry(destination).or_default().push(filter.clone());
            }
        }
        Self { filters }
    }

    /// Whether any route takes such an event to that destination.
    pub fn wants(&self, destination: &str, connection: &str, kind: &str) -> bool {
        self.filters
            .get(destination)
            .is_some_and(|filters| filters.iter().any(|filter| filter.lets_pass(connection, kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn without_routes_every_destination_gets_everything() {
        let routes = Routes::new(Vec::new(), names(&["crm", "archive"]));
        assert!(routes.wants("crm", "shop", "message"));
        assert!(routes.wants("archive", "shop", "status"));
        assert!(!routes.wants("unknown", "shop", "message"));
    }

    #[test]
    fn routes_add_up() {
        let routes = Routes::new(
            vec![
                Route {
                    connections: names(&["shop"]),
                    kinds: names(&["message"]),
                    destinations: names(&["crm"]),
                },
                Route {
                    kinds: names(&["status"]),
                    destinations: names(&["crm", "archive"]),
                    ..Route::default()
                },
                Route {
                    connections: names(&["desk"]),
                    destinations: names(&["archive"]),
                    ..Route::default()
                },
            ],
            names(&["crm", "archive", "idle"]),
        );
        let table = [
            ("crm", "shop", "message", true),
            ("crm", "desk", "message", false),
            ("crm", "desk", "status", true),
            ("archive", "shop", "message", false),
            ("archive", "shop", "status", true),
            ("archive", "desk", "typing", true),
            ("idle", "shop", "message", false),
        ];
        for (destination, connection, kind, wanted) in table {
            assert_eq!(
                routes.wants(destination, connection, kind),
                wanted,
                "{destination} {connection} {kind}"
            );
        }
    }
}
