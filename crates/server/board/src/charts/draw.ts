// uPlot, told how we draw: zero is zero, a gap is a gap, and a value with no
// neighbour is a point.

import uPlot from 'uplot';
import { clock, day } from '../lib/format';
import type { Column, Panel } from './panel';

export interface Drawing {
  panel: Panel;
  /** Left edges of the bins, and where the last one ends. */
  edges: () => { from: number; to: number; bin: number };
  point: (bin: number | null, left: number) => void;
  zoom: (from: number, to: number) => void;
  reset: () => void;
}

const HEIGHT = 148;
const DAY = 86_400_000;
/** Up to this many points are marked; more would hide the line they sit on. */
const FEW = 24;

export function data(panel: Panel, bins: number[], bin: number): uPlot.AlignedData {
  // A value stands for its whole bin, so it is drawn in the middle of it.
  const x = bins.map((left) => left + bin / 2);
  const columns = panel.draw === 'stack' ? stack(panel.columns) : panel.columns.map(({ values }) => values);
  return [x, ...paintOrder(columns)];
}

/** Last first: lower bars cover the feet of taller ones, p50 lies on p95. */
const paintOrder = <T>(columns: T[]): T[] => [...columns].reverse();

function stack(columns: Column[]): (number | null)[][] {
  let below: number[] = [];
  return columns.map(({ values }) => {
    below = values.map((value, bin) => (below[bin] ?? 0) + (value ?? 0));
    return below.map((value) => (value === 0 ? null : value));
  });
}

export function options(drawing: Drawing, width: number): uPlot.Options {
  const { panel } = drawing;
  const page = getComputedStyle(document.documentElement);
  const ink = (name: string) => page.getPropertyValue(name).trim();
  const paint = (colour: string) => (colour.startsWith('var(') ? ink(colour.slice(4, -1)) : colour);
  const font = `11px ${ink('--font')}`;
  const bars = uPlot.paths.bars?.({ size: [0.78, 40] });

  const series = paintOrder(panel.columns).map((column): uPlot.Series => {
    const colour = paint(column.colour);
    if (panel.draw === 'stack') {
      return { fill: colour, width: 0, points: { show: false }, ...(bars && { paths: bars }) };
    }
    return {
      stroke: colour,
      width: 1.75,
      points: { show: true, size: 5, fill: colour, stroke: colour, filter: lonely },
    };
  });

  const axis = { stroke: ink('--text-3'), font, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    ms: 1,
    padding: [8, 6, 0, 0],
    legend: { show: false },
    series: [{}, ...series],
    ...(panel.draw === 'band' && { bands: [{ series: [1, 2], fill: `${paint('var(--accent)')}1f` }] }),
    scales: {
      x: { range: () => [drawing.edges().from, drawing.edges().to] },
      y: { range: (_, __, max) => [0, Math.max(max * 1.06, panel.least) || 1] },
    },
    axes: [
      { ...axis, grid: { show: false }, gap: 6, size: 24, space: 64, values: (plot, times) => fitting(plot, times, timeLabels(times, drawing.edges())) },
      {
        ...axis,
        grid: { stroke: ink('--line'), width: 1 },
        gap: 6,
        space: 28,
        size: (_, labels) => 14 + 6.2 * Math.max(2, ...(labels ?? []).map((label) => label.length)),
        values: (_, values) => values.map((value) => (value === 0 ? '0' : panel.tick(value))),
        // There is no half call.
        ...(panel.id === 'calls' && { incrs: wholeSteps }),
      },
    ],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
      sync: { key: 'board', scales: ['x', null], filters: { pub: (type) => type.startsWith('mouse') && !/up|down/.test(type) } },
      bind: {
        dblclick: () => () => {
          drawing.reset();
          return null;
        },
      },
    },
    hooks: {
      setCursor: [
        (plot) => {
          const { left, idx } = plot.cursor;
          const inside = left !== undefined && left >= 0 && idx !== null && idx !== undefined;
          drawing.point(inside ? idx : null, (left ?? 0) + plot.over.offsetLeft);
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width: chosen } = plot.select;
          if (chosen < 3) return;
          const { from, bin } = drawing.edges();
          // To whole bins: the calls chosen are then the bars that were covered.
          const first = Math.floor((plot.posToVal(left, 'x') - from) / bin);
          const last = Math.ceil((plot.posToVal(left + chosen, 'x') - from) / bin);
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          drawing.zoom(from + first * bin, from + last * bin);
        },
      ],
    },
  };
}

const wholeSteps = [1, 2, 5].flatMap((n) => [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].map((size) => n * size)).sort((a, b) => a - b);

/** The values that no line reaches, or all of them when there are few. */
const lonely: uPlot.Series.Points.Filter = (plot, index) => {
  const values = Array.from(plot.data[index] ?? [], (value) => value ?? null);
  const known = values.flatMap((value, bin) => (value === null ? [] : [bin]));
  if (known.length <= FEW) return known;
  return known.filter((bin) => values[bin - 1] == null && values[bin + 1] == null);
};

/** Half a label beyond the edge would be cut off: leaves it out. */
function fitting(plot: uPlot, times: number[], labels: string[]): (string | null)[] {
  return labels.map((label, at) => {
    const room = plot.over.clientWidth - plot.valToPos(times[at] ?? 0, 'x');
    return room + 6 < 3.2 * label.length ? null : label;
  });
}

/** Clock times, with the day where a new one begins. */
function timeLabels(times: number[], edges: { from: number; to: number }): string[] {
  // A short range may have room for one label only, which must not say the minute alone.
  const apart = times.length > 1 ? (times[1] ?? 0) - (times[0] ?? 0) : (edges.to - edges.from) / 2;
  if (times.length > 1 && apart >= DAY) return times.map(day);
  const precision = apart < 60_000 ? 's' : 'min';
  return times.map((time, at) => {
    const before = times[at - 1];
    const turned = before !== undefined && day(before) !== day(time);
    return turned ? day(time) : clock(time, precision);
  });
}
