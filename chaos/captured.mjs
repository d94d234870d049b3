// Reads what one topic's files hold, with a reader of the harness's own, and holds every line against what was
// sent, byte for byte.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeName } from './topics.mjs';

const NEWLINE = 0x0a;

/**
 * @typedef {object} Captured
 * @property {Uint8Array} times_seen by number
 * @property {number} duplicates
 * @property {number} out_of_order
 * @property {Map<string, { lines: number, bytes: number, sha256: string }>} files
 * @property {string[]} damage a sentence each
 */

/**
 * @param {string} folder
 * @param {string} topic
 * @param {import('./sent.mjs').Sent} sent
 * @param {import('./clock.mjs').Clock} clock
 * @returns {Captured}
 */
export function readCaptured(folder, topic, sent, clock) {
  const prefix = `${encodeName(topic)}_`;
  const starts = readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && name.endsWith('.jsonl'))
    .map((name) => Number(name.slice(prefix.length, -'.jsonl'.length)))
    .sort((a, b) => a - b);
  const times_seen = new Uint8Array(sent.last + 1);
  /** The hour in which each number lies, Unix seconds. */
  const hours = new Float64Array(sent.last + 1);
  const captured = { times_seen, duplicates: 0, out_of_order: 0, files: new Map(), damage: [] };
  for (const start of starts) {
    const name = `${prefix}${start}.jsonl`;
    const bytes = readFileSync(join(folder, name));
    readFile(name, bytes, sent, captured, (n) => {
      hours[n] = start;
    });
  }
  captured.out_of_order += countHourTurns(times_seen, hours, sent, clock);
  return captured;
}

function readFile(name, bytes, sent, captured, each) {
  let newest = 0;
  let lines = 0;
  for (let from = 0; from < bytes.length; ) {
    const to = bytes.indexOf(NEWLINE, from);
    if (to === -1) {
      captured.damage.push(`${name} ends in a torn line`);
      break;
    }
    lines += 1;
    const text = bytes.toString('utf8', from, to);
    from = to + 1;
    const n = Number(/"n":(\d+)/.exec(text)?.[1] ?? 0);
    if (n === 0 || n > sent.last || text !== sent.text(n)) {
      if (!sent.extra.has(text)) {
        captured.damage.push(`${name}, line ${lines}: nobody sent this: ${text.slice(0, 200)}`);
      }
      continue;
    }
    if (captured.times_seen[n] > 0) captured.duplicates += 1;
    else if (n < newest) captured.out_of_order += 1;
    captured.times_seen[n] = 1;
    newest = Math.max(newest, n);
    each(n);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  captured.files.set(name, { lines, bytes: bytes.length, sha256 });
}

/** A later message lies in an earlier hour's file only where the clock was set back: once for each time. */
function countHourTurns(times_seen, hours, sent, clock) {
  const backward = clock.steps.filter(({ offset_ms }, i) => offset_ms < (clock.steps[i - 1]?.offset_ms ?? 0));
  let turns = 0;
  let hour = 0;
  for (let n = 1; n < times_seen.length; n += 1) {
    if (times_seen[n] === 0) continue;
    if (hours[n] < hour) {
      // A message may be read long after it was sent, so the step may have come later than that.
      const step = backward.findIndex(({ at_ms }) => at_ms < sent.timeOf(n) + 30_000);
      if (step === -1) turns += 1;
      else backward.splice(step, 1);
    }
    hour = hours[n];
  }
  return turns;
}
