//! A TLS server in front of a server without TLS: it decrypts and forwards any protocol.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{copy, copy_bidirectional, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::authority::{Authority, Signed};
use crate::serve::serve;

pub(crate) struct Front {
    pub(crate) address: SocketAddr,
}

impl Front {
    /// Starts a server on a separate thread, until the tests' process ends. With `clients`, each client must present a
    /// certificate signed by that authority. `speaks` is the ALPN name of the protocol behind it.
    pub(crate) fn start(
        own: &Signed,
        clients: Option<&Authority>,
        speaks: &str,
        upstream: SocketAddr,
    ) -> Self {
        let mut config = config(own, clients);
        config.alpn_protocols = vec![speaks.into()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let address = serve(async move |listener: TcpListener| {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut inside = match acceptor.accept(stream).into_fallible().await {
                        Ok(inside) => inside,
                        // Closing before everything is read would reset the connection and lose the reason.
                        Err((_, mut stream)) => return copy(&mut stream, &mut sink()).await,
                    };
                    let mut behind = TcpStream::connect(upstream).await?;
                    copy_bidirectional(&mut inside, &mut behind)
                        .await
                        .map(|(there, _)| there)
                });
            }
        });
        Self { address }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}

fn config(own: &Signed, clients: Option<&Authority>) -> ServerConfig {
    let provider = Arc::new(default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut known = RootCertStore::empty();
            known.add(authority.certificate().der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(known.into(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let key = PrivateKeyDer::try_from(own.key.serialize_der()).unwrap();
    builder
        .with_single_cert(vec![own.certificate.der().clone()], key)
        .unwrap()
}
