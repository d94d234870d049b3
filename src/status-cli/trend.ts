// How each topic's rate went while somebody watched, as a line of blocks. The status holds no history, so it is made
// of the looks at it. A look that failed, and the one behind a restart of the supervisor, leave a blank: nothing is
// drawn that was not seen, and counts that begin anew are no fall.

import type { StatusDocument } from '../shared/status.js';

/** Three looks a second apart, whatever their jitter: fewer would show how looks and reports fall together. */
const LOOK_MS_MIN = 2_500;
/** A minute of looks at the usual pace. */
export const TREND_CELLS = 20;
const BLOCKS = '▁▂▃▄▅▆▇█';

interface Look {
  readonly at_ms: number;
  /** Which run of the supervisor counted; null: nobody answered. */
  readonly run: string | null;
  readonly messages: ReadonlyMap<string, number>;
}

export class Trend {
  #looks: Look[] = [];

  /** Takes in what was seen at an instant of a clock that is never set; null where nobody answered. */
  see(document: StatusDocument | null, at_ms: number): void {
    const last = this.#looks.at(-1);
    if (last !== undefined && at_ms - last.at_ms < LOOK_MS_MIN) return;
    const run = document === null ? null : `${document.pid} ${document.started_at_ms}`;
    const messages = new Map(document?.topics.map((topic) => [topic.name, topic.messages]));
    this.#looks = [...this.#looks.slice(-TREND_CELLS), { at_ms, run, messages }];
  }

  /** The last `cells` of them, the newest last: the lowest block is no message, the highest the topic's own most. */
  draw(name: string, cells: number): string {
    const rates = this.#rates(name).slice(-cells);
    const most = rates.reduce<number>((a, b) => Math.max(a, b ?? 0), 0);
    return rates.map((rate) => block(rate, most)).join('');
  }

  #rates(name: string): (number | null)[] {
    return this.#looks.slice(1).map((look, i) => rateBetween(this.#looks[i], look, name));
  }
}

function rateBetween(from: Look | undefined, to: Look, name: string): number | null {
  const before = from?.messages.get(name);
  const after = to.messages.get(name);
  if (from === undefined || from.run !== to.run || before === undefined || after === undefined) return null;
  // A topic that was removed and added again counts anew.
  return after < before ? null : (after - before) / (to.at_ms - from.at_ms);
}

function block(rate: number | null, most: number): string {
  if (rate === null) return ' ';
  const level = rate === 0 ? 0 : Math.ceil((rate / most) * (BLOCKS.length - 1));
  return BLOCKS[level] ?? ' ';
}

/** Whether what is written to the terminal is read as UTF-8, by the variable that holds. */
export function isUtf8({ LC_ALL, LC_CTYPE, LANG }: Readonly<Record<string, string | undefined>>): boolean {
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}
