// The messages of the last 15 minutes as a small picture in a row. The number beside it says what it says.

import { STEPS_MAX } from '../shared/page-data.js';

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 20;

/** The line that closes below: the newest step at the right edge. */
export function sparkPath(steps: readonly number[]): string {
  if (steps.length === 0) return '';
  const most = Math.max(1, ...steps);
  const first_x = STEPS_MAX - steps.length;
  const points = steps.map((messages, i) => {
    const y = HEIGHT - (messages / most) * (HEIGHT - 1);
    return `${first_x + i} ${Math.round(y * 10) / 10}H${first_x + i + 1}`;
  });
  return `M${first_x} ${HEIGHT}L${points.join('L')}V${HEIGHT}Z`;
}

export class Sparkline {
  readonly element = document.createElementNS(SVG, 'svg');
  private readonly path = document.createElementNS(SVG, 'path');
  private drawn: readonly number[] | null = null;

  constructor() {
    this.element.setAttribute('class', 'spark');
    this.element.setAttribute('viewBox', `0 0 ${STEPS_MAX} ${HEIGHT}`);
    this.element.setAttribute('preserveAspectRatio', 'none');
    this.element.setAttribute('aria-hidden', 'true');
    this.element.append(this.path);
  }

  draw(steps: readonly number[]): void {
    if (this.drawn === steps) return;
    this.drawn = steps;
    this.path.setAttribute('d', sparkPath(steps));
  }
}
