// The latest log lines of each topic, for the page. They are kept in memory as they are logged, and not read back from
// the log: that is one file for all, so the lines of a quiet topic would lie anywhere in it, and nothing at all would
// be there while the disk refuses the log. What it costs is bounded: of a thousand topics 10 MB at the most, and 3 as a rule.

import { printable } from '../../shared/printable.js';
import type { Noted, TopicLine } from '../process-runner.js';

const LINES_MAX = 20;
/** Longer messages are cut. */
const MESSAGE_CHARS_MAX = 200;

export class TopicLog {
  /** By name; the oldest first. */
  readonly #lines = new Map<string, TopicLine[]>();

  /** A line that is about the topics of these names. */
  readonly note: Noted = (names, { at_ms, level, message }) => {
    const line = { at_ms, level, message: shortened(message) };
    for (const name of names) {
      const lines = this.#lines.get(name) ?? [];
      this.#lines.set(name, lines);
      lines.push(line);
      if (lines.length > LINES_MAX) lines.shift();
    }
  };

  /** The oldest first. */
  of(name: string): readonly TopicLine[] {
    return [...(this.#lines.get(name) ?? [])];
  }

  /** Forgets topics other than these. */
  keep(names: readonly string[]): void {
    const all = new Set(names);
    for (const name of this.#lines.keys()) if (!all.has(name)) this.#lines.delete(name);
  }
}

/** Made fit to be shown, and cut between two characters. */
function shortened(message: string): string {
  const text = printable(message);
  if (text.length <= MESSAGE_CHARS_MAX) return text;
  const cut = text.slice(0, MESSAGE_CHARS_MAX - 1).replace(/[\uD800-\uDBFF]$/, '');
  // A part of a text holds on to the whole of it in memory: this one is copied.
  return Buffer.from(`${cut}…`).toString();
}
