// uPlot, set up with what our panels need of it: scales, axes, the pointer.

import type uPlot from 'uplot';
import { tops } from './boxes';
import { ink, paint, type Marks } from './paint';
import type { Panel } from './panel';
import { labelSpace, timeLabels, wholeBins, type Edges } from './times';

export interface Drawing {
  /** What is to be drawn now; uPlot asks whenever it draws. */
  marks: () => Marks;
  edges: () => Edges;
  point: (bin: number | null, left: number) => void;
  zoom: (from: number, to: number) => void;
  reset: () => void;
  /** A click on a bin, at a value of the axis. */
  click: (bin: number, value: number, excluded: boolean) => void;
}

/** Of a chart next to others. */
export const HEIGHT = 148;

export function data(panel: Panel, bins: number[], bin: number): uPlot.AlignedData {
  // A value stands for its whole bin, so it is drawn in the middle of it.
  return [bins.map((left) => left + bin / 2), tops(panel, bins.length)];
}

export function options(drawing: Drawing, width: number, height = HEIGHT): uPlot.Options {
  const first = drawing.marks().panel;
  const now = () => drawing.marks().panel;
  // Forced colours reach no canvas: its text takes the system's colour by name.
  const forced = matchMedia('(forced-colors: active)').matches;
  const axis = { stroke: forced ? 'CanvasText' : ink('--text-3'), font: `11px ${ink('--font')}`, ticks: { show: false } };
  return {
    width,
    height,
    ms: 1,
    padding: [8, 6, 0, 0],
    legend: { show: false },
    series: [{}, { paths: () => null, points: { show: false } }],
    scales: {
      x: { range: () => [drawing.edges().from, drawing.edges().to] },
      y: { range: (_, __, max) => [0, Math.max((max ?? 0) * headroom(now()), now().least) || 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        gap: 6,
        size: 24,
        space: (_, __, min, max, room) => labelSpace(max - min, room),
        values: (plot, times) => fitting(plot, times, timeLabels(times, drawing.edges())),
      },
      {
        ...axis,
        // Where nothing is known there is nothing to measure.
        show: first.known,
        grid: { stroke: forced ? 'GrayText' : ink('--line'), width: 1 },
        gap: 6,
        space: 28,
        size: (_, labels) => 14 + 6.2 * Math.max(2, ...(labels ?? []).map((label) => label?.length ?? 0)),
        values: (plot, values) => {
          const top = Math.max(now().least, ...(plot.data[1] ?? []).map((value) => value ?? 0));
          return values.map((value) => (value === 0 ? '0' : top === 0 ? null : now().tick(value)));
        },
        // There is no half call.
        ...(first.whole && { incrs: wholeSteps }),
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
      ready: [(plot) => follow(plot, drawing.click)],
      draw: [(plot) => paint(plot, drawing.marks())],
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
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          // To whole bins: the calls chosen are then the bars that were covered.
          const stretch = wholeBins(drawing.edges(), plot.posToVal(left, 'x'), plot.posToVal(left + chosen, 'x'));
          if (stretch !== null) drawing.zoom(...stretch);
        },
      ],
    },
  };
}

/** uPlot has no clicks of its own. The end of a drag is none. */
function follow(plot: uPlot, click: Drawing['click']): void {
  let from = 0;
  plot.over.addEventListener('pointerdown', ({ clientX }) => (from = clientX));
  plot.over.addEventListener('click', ({ clientX, offsetX, offsetY, altKey }) => {
    if (Math.abs(clientX - from) < 3) click(plot.posToIdx(offsetX), plot.posToVal(offsetY, 'y'), altKey);
  });
}

/** Above the highest bar; more where a hatched part stands on it. */
const headroom = (panel: Panel) => (panel.unknown.some((calls) => calls > 0) ? 1.15 : 1.06);

const wholeSteps = [1, 2, 5].flatMap((n) => Array.from({ length: 16 }, (_, power) => n * 10 ** power)).sort((a, b) => a - b);

/** Half a label beyond an edge would be cut off: leaves it out. */
function fitting(plot: uPlot, times: number[], labels: string[]): (string | null)[] {
  return labels.map((label, at) => {
    const place = plot.valToPos(times[at] ?? 0, 'x');
    const half = 3.2 * label.length;
    const right = plot.over.clientWidth - place + 6;
    return right < half || place + plot.over.offsetLeft < half ? null : label;
  });
}
