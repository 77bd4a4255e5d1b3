//! Certificates, created when a test runs: an authority that no system knows, and the certificates it signs.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};

/// The validity of a certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Valid {
    Now,
    Before,
    Later,
}

pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
pub(crate) struct Signed {
    pub(crate) certificate: rcgen::Certificate,
    pub(crate) key: KeyPair,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn certificate(&self) -> &rcgen::Certificate {
        self.0.as_ref()
    }

    /// Signs a certificate for this host, or for a client of this name.
    pub(crate) fn sign(&self, name: &str, valid: Valid) -> Signed {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        let (from, to) = match valid {
            Valid::Now => (2000, 3000),
            Valid::Before => (2000, 2001),
            Valid::Later => (2900, 3000),
        };
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Signed { certificate, key }
    }
}

impl Signed {
    /// Returns the certificate and its key, as a client is configured with them.
    pub(crate) fn pem(&self) -> String {
        format!("{}{}", self.certificate.pem(), self.key.serialize_pem())
    }
}
