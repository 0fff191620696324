//! The component catalogue: what the component numbers of spans mean.

mod catalogue;

use catalogue::{COMPONENTS, SERVERS};

/// Priority of components that the catalogue does not rank.
const DEFAULT_PRIORITY: u8 = 50;

fn find(number: i32) -> Option<&'static (i32, &'static str, u8)> {
    let place = COMPONENTS.binary_search_by_key(&number, |entry| entry.0).ok()?;
    COMPONENTS.get(place)
}

/// The name of a component; `N/A` for 0 and for unknown numbers.
pub fn name(number: i32) -> &'static str {
    if number == 0 {
        return "N/A";
    }
    find(number).map_or("N/A", |entry| entry.1)
}

/// The number of a component, by name.
pub fn number(name: &str) -> Option<i32> {
    COMPONENTS.iter().find(|entry| entry.1 == name).map(|entry| entry.0)
}

/// How close a component is to the business code: of several that one service
/// reports, the highest decides what the service is shown as.
pub fn priority(number: i32) -> u8 {
    find(number).map_or(DEFAULT_PRIORITY, |entry| entry.2)
}

/// What a client component speaks to (`Jedis` → `Redis`); its own name where
/// the catalogue says nothing.
pub fn server_of(number: i32) -> &'static str {
    let client = name(number);
    match SERVERS.binary_search_by_key(&client, |entry| entry.0) {
        Ok(place) => SERVERS.get(place).map_or(client, |entry| entry.1),
        Err(_) => client,
    }
}

#[cfg(test)]
mod tests {
    use super::catalogue::{COMPONENTS, SERVERS};
    use super::{name, number, priority, server_of};

    #[test]
    fn numbers_have_their_names_and_servers() {
        assert_eq!(name(1), "Tomcat");
        assert_eq!(name(0), "N/A");
        assert_eq!(name(987_654), "N/A");
        assert_eq!(number("mysql-connector-java").map(server_of), Some("Mysql"));
        assert_eq!(number("Jedis").map(server_of), Some("Redis"));
        assert_eq!(server_of(1), "Tomcat");
        assert_eq!(priority(1), 50);
    }

    #[test]
    fn tables_are_sorted_so_that_look_ups_find_everything() {
        assert!(COMPONENTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(SERVERS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
