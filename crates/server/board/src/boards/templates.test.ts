import { describe, expect, it } from 'vitest';
import { aboutMeasure, isMeasure, numberOf } from '../explore/measures';
import { drawOf, viewOf } from '../explore/spec';
import { isProperty } from '../lib/search';
import { AT_ONCE, inParts } from './ask';
import { PARTS, type Context } from './context';
import { isVerdict, keyed, keyOf, partsOf, resolved, templateOf } from './resolve';
import { TEMPLATES } from './templates';
import { BOARDS } from './titles';

const context: Context = { group: 'model', tenant: 'attr:tenant', deploy: 'attr:deploy', template: 'attr:template', rows: 'attr:params.tone', columns: 'attr:params.length' };

describe('the boards', () => {
  it('are there once each, with titles of their own', () => {
    expect(TEMPLATES.map(({ id }) => id)).toEqual([...BOARDS]);
    expect(new Set(TEMPLATES.map(({ title }) => title)).size).toBe(TEMPLATES.length);
  });

  it.each(TEMPLATES)('$id asks what the server measures, in one question', (template) => {
    const panels = resolved(template, context);
    // Two more views are of the misses of a cache.
    expect(panels.length + (template.id === 'cache' ? 2 : 0)).toBeLessThanOrEqual(AT_ONCE);
    for (const { measure, by } of template.panels) {
      expect(isMeasure(measure) || numberOf(measure) !== null).toBe(true);
      for (const one of by) expect(isProperty(one) || one.startsWith('attr:') || PARTS.some((part) => one === `@${part}`)).toBe(true);
    }
  });

  it.each(TEMPLATES)('$id names each panel, and draws it as it is meant', (template) => {
    const panels = resolved(template, context);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    expect(new Set(panels.map(keyOf)).size).toBe(panels.length);
    for (const panel of panels) {
      expect(panel.title).not.toMatch(/^$|[{}@]/);
      expect(panel.by.join()).not.toContain('@');
      expect(drawOf(panel)).toBe(panel.draw);
      if (panel.draw === 'bars') expect(aboutMeasure(panel.measure).adds).toBe(true);
      expect(viewOf(panel).name).toBe(panel.title);
    }
  });

  it('have the ten panels of the monitor that people know: nine views and the requests', () => {
    const monitor = templateOf('monitor');
    expect(monitor.panels.length + 1).toBe(10);
    expect(monitor.list).toBe('newest');
    expect(templateOf(undefined).id).toBe('monitor');
    expect(templateOf('nonsense').id).toBe('monitor');
  });

  it('leave out what the stream has no attribute for', () => {
    const all = resolved(templateOf('cost'), context).length;
    expect(resolved(templateOf('cost'), { ...context, tenant: null })).toHaveLength(all - 1);
  });

  it('show a panel once where two parts are one property', () => {
    const errors = { ...templateOf('errors'), panels: [...templateOf('errors').panels, { title: 'Again by {}', measure: 'errors' as const, by: ['@group'], draw: 'ranking' as const, limit: 8 }] };
    const titles = resolved(errors, context).map(({ title }) => title);
    expect(titles).not.toContain('Again by model');
    const twice = resolved(templateOf('experiments'), { ...context, columns: context.rows });
    expect(twice.every(({ by }) => by.length < 2)).toBe(true);
  });

  it('show what a person put there twice, each under a key of its own', () => {
    const ranking = { measure: 'calls' as const, by: ['model'], draw: 'ranking' as const };
    const panels = resolved({ panels: [ranking, { ...ranking, limit: 50 }, { ...ranking, spans: true }, ranking, { ...ranking, by: ['@group'] }] }, context);
    expect(panels).toEqual([ranking, { ...ranking, limit: 50 }, { ...ranking, spans: true }, ranking]);
    expect(new Set(keyed(panels.map((spec) => ({ spec }))).map(({ key }) => key)).size).toBe(panels.length);
  });

  it('leave a panel without a title to its measure', () => {
    const [panel] = resolved({ panels: [{ measure: 'p95_ms', by: ['@group'], draw: 'lines' }] }, context);
    expect(panel).toEqual({ measure: 'p95_ms', by: ['model'], draw: 'lines' });
  });

  it('write a property as it is, whatever is in its name', () => {
    const titles = resolved(templateOf('cost'), { ...context, tenant: "attr:a$&{}b" }).map(({ title }) => title);
    expect(titles).toContain('Cost by a$&{}b');
  });

  it('leave out calls without a setting where settings are tried', () => {
    const panels = resolved(templateOf('experiments'), { ...context, columns: 'model' });
    expect(panels.find(({ by }) => by.length === 2)?.q).toBe('has:params.tone');
    expect(panels.find(({ by }) => by.join() === 'model')?.q).toBeUndefined();
    expect(resolved(templateOf('experiments'), context).find(({ by }) => by.length === 2)?.q).toBe('has:params.tone has:params.length');
  });

  it('know which panels are of a verdict', () => {
    expect(resolved(templateOf('cache'), context).filter(isVerdict)).toHaveLength(3);
  });

  it('know by which parts they are broken down', () => {
    expect(partsOf(templateOf('monitor'))).toEqual(new Set(['group']));
    expect(partsOf(templateOf('experiments'))).toEqual(new Set(['rows', 'columns']));
  });
});

it('many views are asked for in parts', () => {
  expect(inParts([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(inParts([], 2)).toEqual([]);
});
