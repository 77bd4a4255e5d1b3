//! The route of spans: the resource and scope that they are sent under, encoded once.

use bytes::{BufMut as _, Bytes, BytesMut};
use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::{common, resource};
use opentelemetry_proto::transform::common::tonic::{Attributes, ResourceAttributesWithSchema};
use opentelemetry_sdk::Resource;
use prost::Message as _;

use super::field::{put_message, put_text};

/// A route as its parts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Route<'a> {
    /// The fields of a `ResourceSpans` but for its spans.
    pub(super) resource: &'a [u8],
    /// The fields of a `ScopeSpans` but for its spans.
    pub(super) scope: &'a [u8],
    /// Whether a record is several spans, as fields of a `ScopeSpans`, rather than one.
    pub(super) several: bool,
}

/// The bit that marks records of several spans, in the length before the parts.
const SEVERAL: u32 = 1 << 31;

impl<'a> Route<'a> {
    pub(super) fn read(route: &'a [u8]) -> Option<Self> {
        let (head, rest) = route.split_first_chunk::<4>()?;
        let head = u32::from_le_bytes(*head);
        let (resource, scope) = rest.split_at_checked(usize::try_from(head & !SEVERAL).ok()?)?;
        Some(Self {
            resource,
            scope,
            several: head & SEVERAL != 0,
        })
    }

    /// Returns the length of the resource's part, followed by both parts.
    fn write(&self) -> Bytes {
        let mut route = BytesMut::with_capacity(4 + self.resource.len() + self.scope.len());
        let length = u32::try_from(self.resource.len()).unwrap_or(u32::MAX) & !SEVERAL;
        route.put_u32_le(if self.several {
            length | SEVERAL
        } else {
            length
        });
        route.put_slice(self.resource);
        route.put_slice(self.scope);
        route.freeze()
    }
}

/// Returns the route of spans with this resource and scope, one span a record.
pub(super) fn of(resource: &Resource, scope: &InstrumentationScope) -> Bytes {
    let route = Route {
        resource: &resource_field(resource),
        scope: &scope_field(scope),
        several: false,
    };
    route.write()
}

/// Returns the same route for records of several spans.
pub(super) fn of_several(route: &[u8]) -> Bytes {
    let route = Route::read(route).unwrap_or_default();
    let route = Route {
        several: true,
        ..route
    };
    route.write()
}

/// Encodes the fields `resource` and `schema_url` of a `ResourceSpans`.
fn resource_field(resource: &Resource) -> Bytes {
    let ResourceAttributesWithSchema {
        attributes,
        schema_url,
    } = resource.into();
    let message = resource::v1::Resource {
        attributes: attributes.0,
        ..resource::v1::Resource::default()
    };
    let mut field = BytesMut::new();
    put_message(&mut field, 1, &message.encode_to_vec());
    put_text(&mut field, 3, schema_url.as_deref());
    field.freeze()
}

/// Encodes the fields `scope` and `schema_url` of a `ScopeSpans`.
fn scope_field(scope: &InstrumentationScope) -> Bytes {
    let message = common::v1::InstrumentationScope {
        name: scope.name().to_owned(),
        version: scope.version().unwrap_or_default().to_owned(),
        attributes: Attributes::from(scope.attributes().cloned()).0,
        ..common::v1::InstrumentationScope::default()
    };
    let mut field = BytesMut::new();
    put_message(&mut field, 1, &message.encode_to_vec());
    put_text(&mut field, 3, scope.schema_url());
    field.freeze()
}
