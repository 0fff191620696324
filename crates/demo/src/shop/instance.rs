//! The processes of the shop and what they say about themselves.

use skytrail_proto::v3::{InstancePingPkg, InstanceProperties};

use super::scenario::SERVICES;
use super::script::{Endpoint, Language, Service};
use crate::identity::JavaIds;
use crate::random::Random;
use crate::recording::pair;

/// Version that the Java agents report.
const JAVA_AGENT: &str = "9.4.0";

/// One process.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) service: &'static Service,
    pub(super) name: String,
    ip: String,
    /// `ip:port`, as its callers use it.
    pub(super) address: String,
    process: i64,
    /// Differs from instance to instance; what it measures of itself follows from it.
    pub(super) temper: u64,
    ids: JavaIds,
}

impl Instance {
    fn new(service: &'static Service, number: usize, net: usize, random: &mut Random) -> Self {
        let ip = format!("10.20.{net}.{number}");
        Self {
            service,
            name: format!("{}-{number}", service.name),
            address: format!("{ip}:{}", service.port),
            ip,
            process: random.between(1_000, 30_000),
            temper: random.next(),
            ids: JavaIds::new(random.hex32()),
        }
    }

    /// The next trace or segment id in the form of the instance's agent.
    pub(super) fn id(&mut self, random: &mut Random, thread: u32, unix_millis: i64) -> String {
        match self.service.language {
            Language::Java => self.ids.next(thread, unix_millis),
            Language::Python | Language::Node => random.hex32(),
        }
    }

    pub(super) fn properties(&self) -> InstanceProperties {
        let language = match self.service.language {
            Language::Java => "java",
            Language::Python => "python",
            Language::Node => "NodeJS",
        };
        let mut properties = vec![
            pair("OS Name", "Linux"),
            pair("hostname", &self.name),
            pair("ipv4", &self.ip),
            pair("Process No.", self.process.to_string()),
            pair("language", language),
        ];
        match self.service.language {
            Language::Java => {
                let arguments =
                    "[\"-Xmx512m\",\"-javaagent:/skywalking/agent/skywalking-agent.jar\"]";
                properties.push(pair("version", JAVA_AGENT));
                properties.push(pair("JVM Arguments", arguments));
            }
            Language::Python => {
                properties.push(pair("python_implementation", "CPython"));
                properties.push(pair("python_version", "3.12.4"));
            }
            Language::Node => properties.push(pair("node_version", "v22.4.0")),
        }
        InstanceProperties {
            service: self.service.name.to_owned(),
            service_instance: self.name.clone(),
            properties,
            layer: String::new(),
        }
    }

    pub(super) fn ping(&self) -> InstancePingPkg {
        InstancePingPkg {
            service: self.service.name.to_owned(),
            service_instance: self.name.clone(),
            layer: String::new(),
        }
    }
}

/// All processes of the shop.
#[derive(Debug)]
pub(super) struct Crew {
    pub(super) instances: Vec<Instance>,
}

/// A process and what it is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    /// Place in [`Crew::instances`].
    pub(super) place: usize,
    pub(super) service: &'static Service,
    pub(super) endpoint: &'static Endpoint,
}

impl Crew {
    pub(super) fn new(random: &mut Random) -> Self {
        let mut instances = Vec::new();
        for (net, service) in SERVICES.iter().enumerate() {
            for number in 1..=service.instances {
                instances.push(Instance::new(service, number, net + 1, random));
            }
        }
        Self { instances }
    }

    /// One of the instances of a service; none when the scenario has no such service or endpoint,
    /// which its tests rule out.
    pub(super) fn pick(&self, random: &mut Random, name: &str, endpoint: &str) -> Option<Target> {
        let first = self.instances.iter().position(|instance| instance.service.name == name)?;
        let service = self.instances.get(first)?.service;
        let place = first + random.place(service.instances);
        Some(Target { place, service, endpoint: service.endpoint(endpoint)? })
    }
}
