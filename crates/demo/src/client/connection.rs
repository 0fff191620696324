//! Channels to the server.

use std::time::Duration;

use skytrail_proto::v3::jvm_metric_report_service_client::JvmMetricReportServiceClient;
use skytrail_proto::v3::management_service_client::ManagementServiceClient;
use skytrail_proto::v3::trace_segment_report_service_client::TraceSegmentReportServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};

use super::options::{Error, Options, Tls};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Where agents put the shared token.
const TOKEN_KEY: &str = "authentication";

/// A channel that adds the token to every call.
pub(super) type Authenticated = InterceptedService<Channel, Token>;

/// Adds the token, if there is one.
#[derive(Debug, Clone)]
pub(super) struct Token(Option<MetadataValue<Ascii>>);

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert(TOKEN_KEY, token.clone());
        }
        Ok(request)
    }
}

/// Makes channels, which connect when they are first used and again whenever they have to.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    endpoint: Endpoint,
    token: Token,
}

impl Connection {
    pub(super) fn new(options: &Options) -> Result<Self, Error> {
        let token = match &options.token {
            Some(token) => {
                let mut value = MetadataValue::try_from(token).map_err(|_| Error::Token)?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        Ok(Self { endpoint: endpoint(options)?, token: Token(token) })
    }

    fn channel(&self) -> Authenticated {
        InterceptedService::new(self.endpoint.connect_lazy(), self.token.clone())
    }

    /// Clients for segments; each has a channel of its own.
    pub(super) fn segments(&self) -> TraceSegmentReportServiceClient<Authenticated> {
        TraceSegmentReportServiceClient::new(self.channel())
    }

    /// Clients for all that is not segments, over one channel.
    pub(super) fn reports(
        &self,
    ) -> (ManagementServiceClient<Authenticated>, JvmMetricReportServiceClient<Authenticated>) {
        let channel = self.channel();
        (ManagementServiceClient::new(channel.clone()), JvmMetricReportServiceClient::new(channel))
    }
}

fn endpoint(options: &Options) -> Result<Endpoint, Error> {
    let wrong = || Error::Address(options.address.clone());
    let (host, port) = options.address.rsplit_once(':').ok_or_else(wrong)?;
    if host.is_empty() || host.contains('/') || port.parse::<u16>().is_err() {
        return Err(wrong());
    }
    let scheme = if options.tls.is_some() { "https" } else { "http" };
    let endpoint = Endpoint::from_shared(format!("{scheme}://{}", options.address))
        .map_err(|_| wrong())?
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true);
    match &options.tls {
        Some(tls) => endpoint.tls_config(trust(tls)).map_err(Error::Tls),
        None => Ok(endpoint),
    }
}

fn trust(tls: &Tls) -> ClientTlsConfig {
    let config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&tls.authorities));
    match &tls.domain {
        Some(domain) => config.domain_name(domain),
        None => config,
    }
}
