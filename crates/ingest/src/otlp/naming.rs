//! Names that are put together from attributes: who was called, and where.

use std::borrow::Cow;

use skytrail_model::batch::NO_NAME;
use skytrail_model::span::{SpanLayer, Value};
use skytrail_model::text::{NameId, Text};

use super::conventions::Role;
use crate::decode::Run;

impl Run<'_> {
    /// A text among what is asked for; none where it is empty.
    pub(super) fn asked_text(&self, role: Role) -> Option<Text> {
        match self.otlp.asked.get(role)? {
            Value::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The same for a name, which may be long.
    pub(super) fn asked_name(&mut self, role: Role) -> Option<NameId> {
        let text = self.asked_text(role)?;
        Some(self.name_at(text))
    }

    /// What is asked for, as text, a number as well.
    pub(super) fn asked_shown(&self, role: Role) -> Option<Cow<'_, str>> {
        match self.otlp.asked.get(role)? {
            Value::Text(text) if text.is_empty() => None,
            Value::Text(text) => Some(Cow::Borrowed(self.batch.text(text))),
            Value::Int(number) => Some(Cow::Owned(number.get().to_string())),
            _ => None,
        }
    }

    /// A text of the batch as a name.
    fn name_at(&mut self, text: Text) -> NameId {
        let place = text.start.checked_sub(self.place).map(|start| (start, text.len));
        match place.and_then(|place| self.part(place)) {
            Some(part) => self.name(part).0,
            None => {
                let made = self.batch.text(text).to_owned();
                self.made_name(&made)
            }
        }
    }

    /// The name of the system that a span speaks to, empty where it says none.
    pub(super) fn system(&self) -> Vec<u8> {
        let roles = [Role::DbSystem, Role::MessagingSystem, Role::RpcSystem];
        let text = roles.into_iter().find_map(|role| self.asked_text(role));
        text.map_or_else(Vec::new, |text| self.batch.bytes_at(text).to_vec())
    }

    /// Who was called: the service if the span knows it, else an address, else
    /// the kind of system.
    pub(super) fn peer_of(&mut self, system: &[u8]) -> NameId {
        if let Some(service) = self.asked_name(Role::PeerService) {
            return service;
        }
        let address = [(Role::Address, Role::Port), (Role::NetworkAddress, Role::NetworkPort)]
            .into_iter()
            .find_map(|(address, port)| self.asked_text(address).map(|text| (text, port)));
        if let Some((address, port)) = address {
            let Some(port) = self.asked_shown(port) else { return self.name_at(address) };
            let made = match self.batch.text(address) {
                address if address.contains(':') => format!("[{address}]:{port}"),
                address => format!("{address}:{port}"),
            };
            return self.made_name(&made);
        }
        if let Some(url) = self.asked_text(Role::Url) {
            let made = host_of(self.batch.text(url)).to_owned();
            return self.made_name(&made);
        }
        self.made_name(&String::from_utf8_lossy(system))
    }

    /// The endpoint that was called, where it is not the name of the span.
    pub(super) fn endpoint_of(&mut self, layer: SpanLayer, operation: &[u8]) -> NameId {
        let made = match layer {
            SpanLayer::Http => self.http_endpoint(operation),
            SpanLayer::RpcFramework => self.rpc_endpoint(operation),
            SpanLayer::Mq => self.destination(operation),
            _ => None,
        };
        made.map_or(NO_NAME, |name| self.made_name(&name))
    }

    /// Method and route, as spans are named by the conventions of today.
    fn http_endpoint(&self, operation: &[u8]) -> Option<String> {
        let route = self.asked_shown(Role::HttpRoute)?;
        if operation.ends_with(route.as_bytes()) {
            return None;
        }
        Some(match self.asked_shown(Role::HttpMethod) {
            Some(method) => format!("{method} {route}"),
            None => route.into_owned(),
        })
    }

    fn rpc_endpoint(&self, operation: &[u8]) -> Option<String> {
        let method = self.asked_shown(Role::RpcMethod)?;
        if operation.ends_with(method.as_bytes()) {
            return None;
        }
        Some(match self.asked_shown(Role::RpcService) {
            Some(service) => format!("{service}/{method}"),
            None => method.into_owned(),
        })
    }

    fn destination(&self, operation: &[u8]) -> Option<String> {
        let roles = [Role::DestinationTemplate, Role::Destination];
        let destination = roles.into_iter().find_map(|role| self.asked_shown(role))?;
        // As much of it as becomes a name: the whole may be as long as the message.
        let kept = operation.get(..self.limits.name_bytes as usize).unwrap_or(operation);
        let is_named = contains(kept, destination.as_bytes());
        (!is_named).then(|| destination.into_owned())
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len().max(1)).any(|window| window == part)
}

/// Host and port of an address on the web.
fn host_of(url: &str) -> &str {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = behind_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn hosts_are_cut_out_of_addresses() {
        assert_eq!(host_of("https://u:p@shop.example:8443/a?b#c"), "shop.example:8443");
        assert_eq!(host_of("http://shop"), "shop");
        assert_eq!(host_of("shop/a"), "shop");
    }
}
