//! TLS from certificate files.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use skytrail_base::code::Code;
use tokio_rustls::TlsAcceptor;

/// The code of a certificate that cannot be used.
const CERTIFICATE: Code = Code("ST-1004");

/// Files in PEM form.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate and its chain.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Authorities whose certificates peers must show; none asks for none.
    pub client_authority: Option<PathBuf>,
}

/// What encrypts connections; the error names the file and what is wrong with it.
pub fn acceptor(files: &TlsFiles) -> anyhow::Result<TlsAcceptor> {
    let config = config(files).map_err(|error| anyhow!("{CERTIFICATE}: {error:#}"))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn config(files: &TlsFiles) -> anyhow::Result<ServerConfig> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .with_context(|| format!("no private key in {}", files.key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?;
    let builder = match &files.client_authority {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(path)? {
                roots.add(authority).with_context(|| path.display().to_string())?;
            }
            let roots = Arc::new(roots);
            builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(roots, provider).build()?,
            )
        }
    };
    let mut config = builder.with_single_cert(chain, key).with_context(|| {
        let (certificate, key) = (files.certificate.display(), files.key.display());
        format!("{key} is not the key of {certificate}, or the certificate cannot be used")
    })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(path: &PathBuf) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let shown = path.display();
    let read =
        CertificateDer::pem_file_iter(path).with_context(|| format!("cannot read {shown}"))?;
    let found =
        read.collect::<Result<Vec<_>, _>>().with_context(|| format!("{shown} is no PEM file"))?;
    if found.is_empty() {
        return Err(anyhow!("no certificate in {shown}"));
    }
    Ok(found)
}
