// A panel's bins on uPlot's canvas. uPlot has scales, axes and the pointer; the
// marks are ours, since hatching, half-filled bins and spreads are.

import type uPlot from 'uplot';
import { boxes, spreads, tops } from './boxes';
import { paintLines } from './lines';
import type { Panel } from './panel';

export interface Marks {
  panel: Panel;
  /** The bin that may still grow. */
  filling: number | null;
}

/** Room above the known part of a bar for the part that is not known, in CSS pixels. */
export const HATCH_HEIGHT = 8;

/** The colour of a token, or the colour itself. */
export function ink(colour: string): string {
  const name = colour.startsWith('var(') ? colour.slice(4, -1) : colour;
  if (!name.startsWith('--')) return colour;
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function paint(plot: uPlot, { panel, filling }: Marks): void {
  const { ctx, bbox } = plot;
  const dot = devicePixelRatio;
  const bins = plot.data[0];
  if (bins.length === 0) return;
  const room = bbox.width / bins.length;
  const width = Math.max(1, Math.round(Math.min(0.78 * room, 40 * dot)));
  const x = (bin: number) => Math.round(plot.valToPos(bins[bin] ?? 0, 'x', true) - width / 2);
  const y = (value: number) => plot.valToPos(value, 'y', true);
  /** A bin that is not over is drawn light, with a dotted frame: it is no fall. */
  const lightly = (bin: number, from: number, to: number, draw: () => void) => {
    ctx.globalAlpha = bin === filling ? 0.4 : 1;
    draw();
    ctx.globalAlpha = 1;
    if (bin !== filling) return;
    ctx.setLineDash([2 * dot, 2 * dot]);
    ctx.strokeRect(x(bin) + dot / 2, to + dot / 2, width - dot, Math.max(0, from - to - dot));
    ctx.setLineDash([]);
  };

  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = dot;

  if (panel.draw === 'stack') {
    for (const { bin, from, to, colour } of boxes(panel.columns)) {
      const bottom = Math.round(y(from));
      // What is there is seen, however small it is next to the largest.
      const top = Math.min(Math.round(y(to)), bottom - 1);
      // Boxes of one bar are set apart by more than their colours.
      const seam = from > 0 && bottom - top > 3 * dot ? dot : 0;
      ctx.fillStyle = ctx.strokeStyle = ink(colour);
      lightly(bin, bottom - seam, top, () => ctx.fillRect(x(bin), top, width, bottom - seam - top));
    }
    hatches();
  } else if (panel.draw === 'lines') {
    const place = { x: (bin: number) => plot.valToPos(bins[bin] ?? 0, 'x', true), y };
    paintLines(ctx, panel.columns.map(({ colour, values }) => ({ colour: ink(colour), values })), place, filling, dot);
  } else {
    for (const { bin, p50, p95, few } of spreads(panel)) {
      const [low, high] = [Math.round(y(p50)), Math.round(y(p95))];
      const [middle, slow] = panel.columns.map(({ colour }) => ink(colour));
      if (few) {
        if (low - high > 5 * dot) {
          // A stem shows which two belong together.
          ctx.fillStyle = slow ?? '';
          ctx.fillRect(Math.round(x(bin) + width / 2 - dot / 2), high + 2 * dot, dot, low - high - 2 * dot);
          ring(bin, high, slow ?? '');
        }
        disc(bin, low, middle ?? '');
      } else {
        ctx.fillStyle = ctx.strokeStyle = slow ?? '';
        lightly(bin, low, high, () => ctx.fillRect(x(bin), high, width, Math.max(low - high, 1)));
        ctx.fillStyle = middle ?? '';
        ctx.fillRect(x(bin), low - dot, width, 2 * dot);
      }
    }
  }
  ctx.restore();

  function hatches(): void {
    if (!panel.unknown.some((calls) => calls > 0)) return;
    const colour = ink('--text-3');
    const heights = tops(panel, bins.length);
    ctx.strokeStyle = colour;
    ctx.fillStyle = hatch(ctx, colour, dot) ?? colour;
    panel.unknown.forEach((calls, bin) => {
      if (calls === 0) return;
      const bottom = Math.round(y(heights[bin] ?? 0));
      const height = HATCH_HEIGHT * dot;
      lightly(bin, bottom, bottom - height, () => ctx.fillRect(x(bin), bottom - height, width, height));
      if (bin !== filling) ctx.strokeRect(x(bin) + dot / 2, bottom - height + dot / 2, Math.max(0, width - dot), height - dot);
    });
  }

  function disc(bin: number, at: number, colour: string): void {
    circle(bin, at, 2.75 * dot);
    ctx.fillStyle = colour;
    ctx.globalAlpha = bin === filling ? 0.5 : 1;
    ctx.fill();
    ctx.globalAlpha = 1;
  }

  function ring(bin: number, at: number, colour: string): void {
    circle(bin, at, 2.25 * dot);
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.5 * dot;
    ctx.stroke();
    ctx.lineWidth = dot;
  }

  function circle(bin: number, at: number, radius: number): void {
    ctx.beginPath();
    ctx.arc(x(bin) + width / 2, at, radius, 0, 2 * Math.PI);
  }
}

function hatch(ctx: CanvasRenderingContext2D, colour: string, dot: number): CanvasPattern | null {
  const tile = document.createElement('canvas');
  const size = (tile.width = tile.height = Math.round(4 * dot));
  const pen = tile.getContext('2d');
  if (pen === null) return null;
  pen.strokeStyle = colour;
  pen.lineWidth = dot;
  // Three strokes, so that the corners of neighbouring tiles meet.
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  return ctx.createPattern(tile, 'repeat');
}
