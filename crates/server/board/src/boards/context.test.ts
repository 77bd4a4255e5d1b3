import { describe, expect, it } from 'vitest';
import { contextOf } from './context';

const attributes = [
  { path: 'tenant', values: 3 },
  { path: 'service.version', values: 2 },
  { path: 'prompt.template', values: 4 },
  { path: 'params.tone', values: 3 },
  { path: 'params.length', values: 5 },
  { path: 'request.id', values: 900 },
];

describe('the properties of a board', () => {
  it('are found by their names', () => {
    expect(contextOf(attributes, '', 'provider', {})).toMatchObject({
      group: 'provider',
      tenant: 'attr:tenant',
      deploy: 'attr:service.version',
      template: 'attr:prompt.template',
    });
  });

  it('are unknown where a stream has no such attribute', () => {
    expect(contextOf([], '', 'model', {})).toEqual({ group: 'model', tenant: null, deploy: null, template: null, rows: 'model', columns: 'status' });
  });

  it('take the attribute of most values for the tenant, not one of single calls and no parameter', () => {
    const others = [...attributes.slice(3), { path: 'region', values: 2 }, { path: 'zone', values: 6 }];
    expect(contextOf(others, '', 'model', {}).tenant).toBe('attr:zone');
  });

  it('stay while the search filters by them', () => {
    const filtered = [{ path: 'deploy', values: 1 }];
    expect(contextOf(filtered, '', 'model', {}).deploy).toBeNull();
    expect(contextOf(filtered, 'deploy:v2', 'model', {}).deploy).toBe('attr:deploy');
  });

  it('are those of the address where it has some', () => {
    expect(contextOf(attributes, '', 'model', { rows: 'attr:params.tone', columns: 'user' })).toMatchObject({ rows: 'attr:params.tone', columns: 'user' });
  });
});
