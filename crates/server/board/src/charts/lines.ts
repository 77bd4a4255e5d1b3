// Lines on the canvas: one for each group, broken where no call has a number.

import { runs } from './boxes';

interface Line {
  colour: string;
  values: (number | null)[];
}

/** Where a bin and a value are, in pixels of the canvas. */
interface Place {
  x: (bin: number) => number;
  y: (value: number) => number;
}

/** The last stretch is dotted while its bin may still change. */
export function paintLines(ctx: CanvasRenderingContext2D, lines: Line[], { x, y }: Place, filling: number | null, dot: number): void {
  ctx.lineWidth = 1.75 * dot;
  ctx.lineJoin = ctx.lineCap = 'round';
  for (const { colour, values } of lines) {
    ctx.strokeStyle = ctx.fillStyle = colour;
    const at = (bin: number): [number, number] => [x(bin), y(values[bin] ?? 0)];
    for (const [from, to] of runs(values)) {
      const isOpen = to === filling;
      const last = isOpen ? to - 1 : to;
      if (last > from) stroke(from, last);
      if (isOpen && to > from) {
        ctx.setLineDash([dot, 4 * dot]);
        stroke(to - 1, to);
        ctx.setLineDash([]);
      }
      // A bin between gaps has no line to either side.
      if (from === to || isOpen) mark(to, isOpen);
    }

    function stroke(first: number, end: number): void {
      ctx.beginPath();
      ctx.moveTo(...at(first));
      for (let bin = first + 1; bin <= end; bin += 1) ctx.lineTo(...at(bin));
      ctx.stroke();
    }

    function mark(bin: number, isOpen: boolean): void {
      ctx.beginPath();
      ctx.arc(...at(bin), 2.25 * dot, 0, 2 * Math.PI);
      if (isOpen) ctx.stroke();
      else ctx.fill();
    }
  }
  ctx.lineWidth = dot;
  ctx.lineJoin = 'miter';
  ctx.lineCap = 'butt';
}
