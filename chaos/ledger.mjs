// Reads a topic's ledger, with a reader of the harness's own: which intervals are declared, and what is sealed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeName } from './topics.mjs';

const KINDS = new Set(['live', 'lost', 'gap', 'seal', 'torn', 'frame', 'stop']);

/**
 * @typedef {object} Gap times are readings of the host's clock
 * @property {number} from_ms
 * @property {number} to_ms infinite: still open
 * @property {string} reason
 * @property {number} at_ms when the line was written
 * @property {number} line of the ledger
 *
 * @typedef {object} Ledger
 * @property {number} first_live_ms infinite: never live
 * @property {Gap[]} gaps
 * @property {{ line: number, at_ms: number }[]} written when each line was
 * @property {Map<string, { messages: number, bytes: number, sha256: string }>} seals the last one of each file
 * @property {string[]} damage
 */

/**
 * @param {string} folder
 * @param {string} topic
 * @returns {Ledger}
 */
export function readLedger(folder, topic) {
  const name = `${encodeName(topic)}.ledger`;
  const ledger = {
    first_live_ms: Number.POSITIVE_INFINITY,
    gaps: [],
    written: [],
    seals: new Map(),
    damage: [],
  };
  /** What was lost since it was last live. @type {Gap | null} */
  let open = null;
  const lines = readFileSync(join(folder, name), 'utf8').split('\n');
  if (lines.pop() !== '') ledger.damage.push(`${name} ends in a torn line`);
  for (const [index, text] of lines.entries()) {
    const record = parse(text);
    if (record === null) {
      ledger.damage.push(`${name}, line ${index + 1} is no record: ${text.slice(0, 200)}`);
      continue;
    }
    const { kind, reason, at_ms } = record;
    const line = index + 1;
    ledger.written.push({ line, at_ms });
    if (kind === 'seal') ledger.seals.set(record.file, record);
    else if (kind === 'gap')
      ledger.gaps.push({ from_ms: record.from_ms, to_ms: record.to_ms, reason, at_ms, line });
    else if (kind === 'live') {
      if (ledger.first_live_ms === Number.POSITIVE_INFINITY) ledger.first_live_ms = record.since_ms;
      open = null;
    } else if (kind === 'lost' || kind === 'stop') {
      const from_ms = kind === 'lost' ? record.from_ms : record.until_ms;
      if (open === null || from_ms < open.from_ms) {
        open = { from_ms, to_ms: Number.POSITIVE_INFINITY, reason, at_ms, line };
      }
    }
  }
  if (open !== null) ledger.gaps.push(open);
  return ledger;
}

function parse(text) {
  try {
    const record = JSON.parse(text);
    return KINDS.has(record.kind) && Number.isFinite(record.at_ms) ? record : null;
  } catch {
    return null;
  }
}

/** @returns {boolean} whether a reading of the host's clock lies in a gap */
export function isDeclared(gaps, reading_ms) {
  return gaps.some(({ from_ms, to_ms }) => reading_ms >= from_ms && reading_ms <= to_ms);
}
