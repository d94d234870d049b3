// The charts of a topic: so many messages, and how long they took to be written, over the last 15 minutes. Under each
// stands in words what it shows, of the place where the pointer is or of the whole.

import uPlot from 'uplot';
import { STEP_MS, STEPS_MAX, type TopicDetails } from '../shared/page-data.js';
import { el, setText } from './dom.js';
import { clockWords, rateWords, shortWords } from './words.js';

type Values = readonly (number | null)[];

interface Drawn {
  readonly name: string;
  /** A variable of the style sheet. */
  readonly colour: string;
  readonly fill?: string;
}

const HEIGHT_PX = 160;
const SPAN_S = ((STEPS_MAX - 1) * STEP_MS) / 1000;

const variable = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A chart of lines over the same times. */
class Chart {
  readonly element: HTMLElement;
  private readonly place = el('div', { class: 'chart', 'aria-hidden': 'true' });
  private readonly words = el('p', { class: 'dim' });
  private plot: uPlot | null = null;
  private data: uPlot.AlignedData = [[]];

  constructor(
    title: string,
    private readonly lines: readonly Drawn[],
    private readonly unit: (value: number) => string,
    closed: AbortSignal,
  ) {
    this.element = el('figure', { class: 'card' }, el('figcaption', {}, title), this.place, this.words);
    // The colours are the style sheet's, and the canvas does not follow it by itself.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.begin(), {
      signal: closed,
    });
    const resized = new ResizeObserver(() => {
      const width = this.place.clientWidth;
      if (this.plot !== null && width > 0) this.plot.setSize({ width, height: HEIGHT_PX });
      else this.begin();
    });
    resized.observe(this.place);
    closed.addEventListener('abort', () => {
      resized.disconnect();
      this.plot?.destroy();
    });
  }

  draw(times_s: readonly number[], series: readonly Values[]): void {
    this.data = [times_s as number[], ...series.map((values) => values as (number | null)[])];
    if (this.plot === null) this.begin();
    else this.plot.setData(this.data);
    this.tell(null);
  }

  private begin(): void {
    const width = this.place.clientWidth;
    if (!this.place.isConnected || width === 0) return;
    this.plot?.destroy();
    const axis: uPlot.Axis = {
      stroke: variable('--dim'),
      grid: { stroke: variable('--line'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    };
    const options: uPlot.Options = {
      width,
      height: HEIGHT_PX,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      scales: {
        // The whole of the time, also where little of it is known yet.
        x: { range: (_, __, last) => [(last || 0) - SPAN_S, last || 0] },
        y: { range: (_, __, most) => [0, (most || 1) * 1.1] },
      },
      axes: [
        {
          ...axis,
          space: 60,
          size: 28,
          values: (_, ticks) => ticks.map((s) => clockWords(s * 1000).slice(0, 5)),
        },
        { ...axis, size: 62, values: (_, ticks) => ticks.map(this.unit) },
      ],
      series: [
        {},
        ...this.lines.map(({ colour, fill }) => ({
          stroke: variable(colour),
          width: 1.5,
          points: { show: false },
          ...(fill === undefined ? {} : { fill: variable(fill) }),
        })),
      ],
      hooks: { setCursor: [(plot) => this.tell(plot.cursor.idx ?? null)] },
    };
    this.plot = new uPlot(options, this.data, this.place);
  }

  private tell(index: number | null): void {
    const [times, ...series] = this.data;
    const parts = series.map((values, i) => {
      const known = [...values].filter((value) => value != null);
      const last = index === null ? known.at(-1) : values[index];
      const most = known.length === 0 ? 0 : Math.max(...known);
      const now = `${this.lines[i]?.name} ${last == null ? '–' : this.unit(last)}`;
      return index === null && known.length > 0 ? `${now} (highest ${this.unit(most)})` : now;
    });
    const at_s = index === null ? undefined : times[index];
    const when = at_s === undefined ? 'now' : `${clockWords(at_s * 1000)} UTC`;
    setText(this.words, `${when}: ${parts.join(', ')}`);
  }
}

export class TopicCharts {
  readonly element: HTMLElement;
  private readonly rate: Chart;
  private readonly latency: Chart;

  constructor(closed: AbortSignal) {
    const rate: Drawn = { name: 'rate', colour: '--accent', fill: '--accent-pale' };
    const longest: Drawn = { name: 'longest', colour: '--warn' };
    const mean: Drawn = { name: 'mean', colour: '--accent' };
    this.rate = new Chart('Messages a minute', [rate], rateWords, closed);
    this.latency = new Chart('From receipt to the file', [longest, mean], shortWords, closed);
    this.element = el('div', { class: 'charts' }, this.rate.element, this.latency.element);
  }

  draw({ ended_at_ms, messages, write_ms_mean, write_ms_max }: TopicDetails['steps']): void {
    const times_s = messages.map((_, i) => (ended_at_ms - (messages.length - 1 - i) * STEP_MS) / 1000);
    this.rate.draw(times_s, [messages.map((count) => count * (60_000 / STEP_MS))]);
    this.latency.draw(times_s, [write_ms_max, write_ms_mean]);
  }
}
