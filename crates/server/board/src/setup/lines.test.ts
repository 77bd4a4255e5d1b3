import { describe, expect, it } from 'vitest';
import type { Info } from '../lib/api';
import { otlp, rust } from './lines';

const NAME = { entity: 'my team', project: 'shop', stream: 'logs' };
const SPACE = { calls: 0, memory_bytes: 0, used_bytes: 0, file_bytes: 0 };

function at(base_url: string): Info {
  return { name: 'spanloom', version: '0', base_url, otlp_http: null, space: SPACE } as Info;
}

describe('the lines of a new service', () => {
  it('name the stream, and the server where it is not the default', () => {
    const [, code, ...rest] = rust(NAME, at('http://127.0.0.1:7440'));
    expect(code?.text).toContain('use spanloom::Monitored as _;');
    expect(code?.text).toContain('init_monitor("my team/shop/logs")');
    expect(rest).toEqual([]);
    const elsewhere = rust(NAME, at('http://127.0.0.1:9'));
    expect(elsewhere.at(-1)?.text).toBe('SPANLOOM_URL=http://127.0.0.1:9');
  });

  it('send spans to this stream over HTTP', () => {
    expect(otlp(NAME, at('http://127.0.0.1:9'))?.text.split('\n')).toEqual([
      'OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9',
      'OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
      'OTEL_EXPORTER_OTLP_HEADERS=project_id=my%20team/shop',
      'OTEL_SERVICE_NAME=logs',
    ]);
    expect(otlp(NAME, null)).toBeNull();
  });
});
