//! What changes in place: services, instances, endpoints, aliases, tags and dashboards, in one file of key and value.
