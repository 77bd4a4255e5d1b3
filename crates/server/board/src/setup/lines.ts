// The lines that a service needs so that its calls appear in a stream of this server. `service.rs` is compiled in CI, with
// the stream that stands in it.
import type { Info } from '../lib/api';
import type { StreamName } from '../lib/url';
import service from './service.rs?raw';

export interface Lines {
  title: string;
  text: string;
}

/** Where the library sends records if nothing is set. */
const DEFAULT = 'http://127.0.0.1:7440';

/** Returns the lines for a Rust service. */
export function rust(name: StreamName, info: Info | null): Lines[] {
  const stream = `${name.entity}/${name.project}/${name.stream}`;
  const lines = [
    { title: 'Shell', text: 'cargo add spanloom' },
    { title: 'Rust', text: service.trimEnd().replace('acme/chatbot/openai_logs', stream) },
  ];
  const server = info?.base_url ?? DEFAULT;
  return server === DEFAULT ? lines : [...lines, { title: 'Environment', text: `SPANLOOM_URL=${server}` }];
}

/** Returns the environment of a service with an OpenTelemetry SDK; `null` while the server's address is unknown. */
export function otlp(name: StreamName, info: Info | null): Lines | null {
  if (!info) return null;
  const project = [name.entity, name.project].map(encodeURIComponent).join('/');
  const variables = {
    OTEL_EXPORTER_OTLP_ENDPOINT: info.base_url,
    // Python's distribution sends gRPC if nothing is set.
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_HEADERS: `project_id=${project}`,
    OTEL_SERVICE_NAME: name.stream,
  };
  const text = Object.entries(variables).map(([variable, value]) => `${variable}=${value}`);
  return { title: 'Environment', text: text.join('\n') };
}
