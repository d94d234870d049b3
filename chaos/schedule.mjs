// Draws from the seed what strikes when: the whole plan is made before the run begins, and depends on nothing
// that happens in it.

import { KINDS } from './faults.mjs';
import { Random } from './random.mjs';

/** The program is struck while it comes up, too. */
const START_MS = 500;
/** A refused subscription is tried again after 30 s: none so late that the run would only wait for it. */
const REFUSED_BEFORE_END_MS = 30_000;

/**
 * @typedef {object} Planned
 * @property {number} after_ms since the start
 * @property {string} kind
 * @property {string | null} topic null: all
 * @property {Record<string, unknown>} drawn
 */

/**
 * @param {object} plan
 * @param {number} plan.seed
 * @param {number} plan.duration_ms
 * @param {number} plan.per_minute
 * @param {number} plan.faults_max
 * @param {readonly string[]} plan.topics
 * @param {readonly string[] | null} plan.only kinds; null: all
 * @returns {Planned[]}
 */
export function drawSchedule({ seed, duration_ms, per_minute, faults_max, topics, only }) {
  const random = new Random(seed);
  const kinds = Object.entries(KINDS)
    .map(([kind, { weight }]) => ({ kind, weight }))
    .filter(({ kind }) => only === null || only.includes(kind));
  const step_ms = 60_000 / per_minute;
  const schedule = [];
  for (let at_ms = START_MS; at_ms < duration_ms && schedule.length < faults_max; at_ms += step_ms) {
    const after_ms = Math.round(at_ms + random.next() * step_ms);
    const { kind } = random.weighted(kinds);
    const topic = random.pick(topics);
    const drawn = KINDS[kind].draw(random);
    const is_late = kind === 'refused' && after_ms > duration_ms - REFUSED_BEFORE_END_MS;
    if (is_late && only === null) schedule.push({ after_ms, kind: 'reset', topic, drawn: {} });
    else schedule.push({ after_ms, kind, topic: KINDS[kind].is_global ? null : topic, drawn });
  }
  return schedule;
}
