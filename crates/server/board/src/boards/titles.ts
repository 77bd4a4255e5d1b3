// The boards by name, for links from elsewhere: what is on them comes when one is opened.

export const BOARD_TITLES = {
  monitor: 'OpenAI monitor',
  cost: 'Cost',
  latency: 'Latency and streaming',
  errors: 'Errors',
  tools: 'Tools and agents',
  experiments: 'Prompt experiments',
  cache: 'Prompt cache',
  changed: 'What changed',
} as const;
export type BoardId = keyof typeof BOARD_TITLES;

export const BOARDS = Object.keys(BOARD_TITLES) as BoardId[];
