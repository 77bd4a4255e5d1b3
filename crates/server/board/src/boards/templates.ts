// The boards, as data. A panel may be broken down by a part of the stream
// (`@tenant`): where the stream has no such attribute, the panel is left out.

import type { PanelSpec } from '../explore/spec';
import { BOARD_TITLES, type BoardId } from './titles';

/** What a board shows. In `by` a part has an @ before it; in a title `{}` is the property. */
export interface BoardSpec {
  id: string;
  title: string;
  about: string;
  panels: PanelSpec[];
  /** How many panels stand side by side; three if it is left out. */
  columns?: number;
  /** Only calls that have the attributes of a panel are of interest. */
  tried?: boolean;
  /** Calls that are listed under the panels. */
  list?: 'newest' | 'errors' | 'slowest';
  /** Where nothing meets the board. */
  none?: string;
}

export interface Template extends BoardSpec {
  id: BoardId;
}

/** A row of a board has room for so many. */
const ROWS = 6;

const number = (title: string, measure: PanelSpec['measure'], more: Partial<PanelSpec> = {}): PanelSpec => ({ title, measure, by: [], draw: 'number', ...more });
const bars = (title: string, measure: PanelSpec['measure'], by: string[], more: Partial<PanelSpec> = {}): PanelSpec => ({ title, measure, by, draw: 'bars', ...more });
const lines = (title: string, measure: PanelSpec['measure'], by: string[] = [], more: Partial<PanelSpec> = {}): PanelSpec => ({ title, measure, by, draw: 'lines', ...more });
const ranking = (title: string, measure: PanelSpec['measure'], by: string, more: Partial<PanelSpec> = {}): PanelSpec => ({ title, measure, by: [by], draw: 'ranking', limit: ROWS, ...more });

const ALL_TOOLS = 'name:(execute_tool* OR invoke_agent* OR create_agent*)';
const TOOLS = { q: 'name:execute_tool*', spans: true };
const AGENTS = { q: 'name:(invoke_agent* OR create_agent*)', spans: true };

/** The provider's verdict on its cache of a prompt. */
export const CACHE = {
  result: 'attr:otel.spanloom.prompt_cache.result',
  reason: 'attr:otel.spanloom.prompt_cache.miss_reason',
  usd: 'attr:otel.spanloom.prompt_cache.missed_usd',
  tokens: 'attr:otel.spanloom.prompt_cache.missed_tokens',
} as const;

export const TEMPLATES: Template[] = [
  {
    id: 'monitor',
    title: BOARD_TITLES.monitor,
    about: 'Requests, cost and latency over time, what a request takes on average, and the requests themselves.',
    panels: [
      bars('Requests over time by {}', 'calls', ['@group']),
      bars('Cost over time by {}', 'cost_usd', ['@group']),
      lines('Mean latency over time by {}', 'mean_ms', ['@group']),
      number('Requests', 'calls'),
      number('Total cost', 'cost_usd'),
      number('Cost a request', 'mean_cost_usd'),
      number('Prompt tokens a request', 'mean_input_tokens'),
      number('Completion tokens a request', 'mean_output_tokens'),
      number('Tokens a request', 'mean_total_tokens'),
    ],
    list: 'newest',
  },
  {
    id: 'cost',
    title: BOARD_TITLES.cost,
    about: 'Where the money goes, and how much of it bought nothing. Calls without a price are not in the sums; estimated prices are marked.',
    panels: [
      number('Total cost', 'cost_usd'),
      number('Cost a call', 'mean_cost_usd'),
      number('Cost of errors', 'cost_usd', { q: 'status:error' }),
      number('Cost of cancelled calls', 'cost_usd', { q: 'outcome:cancelled' }),
      bars('Cost over time by {}', 'cost_usd', ['@group']),
      lines('Cost a call over time by {}', 'mean_cost_usd', ['@group']),
      bars('Tokens over time by {}', 'total_tokens', ['@group']),
      ranking('Cost by model', 'cost_usd', 'model'),
      ranking('Cost by user', 'cost_usd', 'user'),
      ranking('Cost by {}', 'cost_usd', '@tenant'),
      number('Input tokens', 'input_tokens'),
      number('Cached input tokens', 'cached_tokens'),
      number('Output tokens', 'output_tokens'),
      number('Reasoning tokens', 'reasoning_tokens'),
    ],
  },
  {
    id: 'latency',
    title: BOARD_TITLES.latency,
    about: 'How long callers wait: for the whole answer, for its first chunk, and between tokens. Failed calls count too.',
    panels: [
      number('p50 latency', 'p50_ms'),
      number('p95 latency', 'p95_ms'),
      number('First chunk, p50', 'ttfc_p50_ms'),
      number('First chunk, p95', 'ttfc_p95_ms'),
      lines('p50 latency over time', 'p50_ms'),
      lines('p90 latency over time', 'p90_ms'),
      lines('p95 latency over time', 'p95_ms'),
      lines('p99 latency over time', 'p99_ms'),
      lines('p95 latency over time by {}', 'p95_ms', ['@group']),
      lines('First chunk, p50 over time by {}', 'ttfc_p50_ms', ['@group']),
      lines('First chunk, p95 over time by {}', 'ttfc_p95_ms', ['@group']),
      lines('Output tokens per second over time by {}', 'output_tokens_per_s', ['@group']),
      ranking('p50 latency by {}', 'p50_ms', '@group'),
      ranking('p95 latency by {}', 'p95_ms', '@group'),
      ranking('First chunk, p95 by {}', 'ttfc_p95_ms', '@group'),
      ranking('Output tokens per second by {}', 'output_tokens_per_s', '@group'),
    ],
    columns: 4,
    list: 'slowest',
  },
  {
    id: 'errors',
    title: BOARD_TITLES.errors,
    about: 'What fails, how often and since when.',
    panels: [
      number('Errors', 'errors'),
      number('Error rate', 'error_rate'),
      number('Cancelled calls', 'cancelled'),
      lines('Error rate over time', 'error_rate'),
      bars('Errors over time by {}', 'errors', ['@group']),
      bars('Calls over time by outcome', 'calls', ['outcome']),
      ranking('Error rate by model', 'error_rate', 'model'),
      ranking('Errors by model', 'errors', 'model'),
      ranking('Errors by provider', 'errors', 'provider'),
      ranking('Calls by outcome', 'calls', 'outcome'),
      ranking('Error rate by {}', 'error_rate', '@deploy'),
      ranking('Error rate by {}', 'error_rate', '@tenant'),
    ],
    list: 'errors',
  },
  {
    id: 'tools',
    title: BOARD_TITLES.tools,
    about: 'Spans named execute_tool NAME, invoke_agent NAME and create_agent NAME, as OpenTelemetry names them.',
    panels: [
      number('Runs of tools', 'calls', TOOLS),
      number('Error rate of tools', 'error_rate', TOOLS),
      number('Runs of agents', 'calls', AGENTS),
      number('Error rate of agents', 'error_rate', AGENTS),
      bars('Runs over time by name', 'calls', ['name'], { q: ALL_TOOLS, spans: true }),
      lines('Error rate over time by name', 'error_rate', ['name'], { q: ALL_TOOLS, spans: true }),
      lines('p95 duration over time by name', 'p95_ms', ['name'], { q: ALL_TOOLS, spans: true }),
      ranking('Runs by tool', 'calls', 'name', TOOLS),
      ranking('Error rate by tool', 'error_rate', 'name', TOOLS),
      ranking('p95 duration by tool', 'p95_ms', 'name', TOOLS),
      ranking('Runs by agent', 'calls', 'name', AGENTS),
      ranking('Error rate by agent', 'error_rate', 'name', AGENTS),
      ranking('p95 duration by agent', 'p95_ms', 'name', AGENTS),
    ],
    none: 'No tool and no agent has run in this range and with this search. A span named execute_tool NAME or invoke_agent NAME, as OpenTelemetry names it, is one.',
  },
  {
    id: 'experiments',
    title: BOARD_TITLES.experiments,
    about: 'What each setting that was tried costs, writes and takes. Calls without the setting are left out.',
    tried: true,
    panels: [
      ranking('Cost a call by {}', 'mean_cost_usd', '@rows'),
      ranking('Output tokens a call by {}', 'mean_output_tokens', '@rows'),
      ranking('p50 latency by {}', 'p50_ms', '@rows'),
      ranking('Cost a call by {}', 'mean_cost_usd', '@columns'),
      ranking('Output tokens a call by {}', 'mean_output_tokens', '@columns'),
      ranking('p50 latency by {}', 'p50_ms', '@columns'),
      { title: 'Cost a call by {} and {}', measure: 'mean_cost_usd', by: ['@rows', '@columns'], draw: 'table', limit: 20, sort: '-calls' },
      ranking('Error rate by {}', 'error_rate', '@rows'),
    ],
  },
  {
    id: 'cache',
    title: BOARD_TITLES.cache,
    about: 'How much of the input the provider has read from its cache, and why it has not read more.',
    panels: [
      number('Cached input tokens', 'cached_tokens'),
      number('Cached share of the input', 'cached_share'),
      number('Calls with a verdict', 'calls', { q: 'has:otel.spanloom.prompt_cache.result' }),
      number('Misses', 'calls', { q: 'otel.spanloom.prompt_cache.result:cache_miss' }),
      bars('Cached tokens over time by {}', 'cached_tokens', ['@group']),
      lines('Cached share over time by {}', 'cached_share', ['@group']),
      bars('Verdicts over time', 'calls', [CACHE.result], { q: 'has:otel.spanloom.prompt_cache.result' }),
      ranking('Cached share by model', 'cached_share', 'model'),
      ranking('Cached share by {}', 'cached_share', '@template'),
      ranking('Cached tokens by {}', 'cached_tokens', '@tenant'),
    ],
  },
  {
    id: 'changed',
    title: BOARD_TITLES.changed,
    about: 'The values of a property in the order of their first calls, each against the one before it.',
    panels: [],
  },
];
