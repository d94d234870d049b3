// Whether a gap claims more than the contract allows. A gap of a lost connection must hold the end of one; must
// start at most 5 s before the last instant at which everything sent had been read and written; and must end
// when the topic is live again. A gap of another make must lie at a fault that can cause it. And a connection
// that the client ended must have had a reason to end.

import { KINDS } from './faults.mjs';

const EARLY_MS_MAX = 5_000;
/** The harness looks five times a second, and the machine may be busy. */
const SLACK_MS = 1_000;
/** From the confirmation to the record that the topic is live. */
const LIVE_MS_MAX = 1_500;
/** A gap of dropped messages reaches so far around its fault. */
const AROUND_MS_MAX = 5_000;
/** One of a step of the clock starts where nothing vouched any more: on a dead connection, before it was stale. */
const AROUND_CLOCK_MS_MAX = 10_000;
/** Evidence of a connection shorter than this may not have reached the ledger before the next fault. */
const EVIDENCE_MS_MIN = 3_000;
/** A crash leaves the mark, which is written each second: what was written later it cannot know. */
const MARK_AGE_MS_MAX = 1_500;

/** Reasons that do not stand for the loss of a connection. */
const OWN_FAULTS = new Set(['overflow', 'undecodable', 'clock']);

/**
 * @typedef {import('./place.mjs').PlacedGap} PlacedGap
 * @typedef {import('./world.mjs').Fault} Fault
 * @typedef {import('./sent.mjs').ConnectionLife} ConnectionLife
 *
 * @typedef {object} Evidence of one topic
 * @property {string} topic
 * @property {readonly ConnectionLife[]} lives
 * @property {readonly import('./probe.mjs').Sight[]} sights
 * @property {readonly Fault[]} faults those that struck it
 * @property {import('./clock.mjs').Clock} clock
 * @property {number} ended_ms when the run ended
 */

/**
 * @param {PlacedGap} gap
 * @param {Evidence} evidence
 * @returns {{ complaint: string | null, fault: string | null }} what is wrong with it, and which kind of fault it costs
 */
export function judgeGap(gap, evidence) {
  if (OWN_FAULTS.has(gap.reason)) return judgeOwn(gap, evidence);
  const { clock, lives } = evidence;
  const { from_true_ms: from_ms, to_true_ms: to_ms } = gap;
  // Where the clock was set in between, the readings do not tell how long it was; that is the clock gap's matter.
  const is_stepped = clock.steps.some(
    ({ at_ms, until_ms }) => at_ms <= to_ms + SLACK_MS && until_ms >= from_ms - SLACK_MS,
  );
  if (is_stepped) return { complaint: null, fault: 'clock' };
  if (!gap.is_placed) return { complaint: 'it lies outside the run', fault: null };
  // A gap may start after the connection's end: the client may have read on for a while.
  const loss = lives.find(({ end_ms }, i) => {
    const back_ms = lives[i + 1]?.ack_ms ?? Number.POSITIVE_INFINITY;
    return end_ms !== null && end_ms <= to_ms + SLACK_MS && back_ms >= from_ms - SLACK_MS;
  });
  if (loss === undefined) return { complaint: 'the topic was live all the time', fault: null };
  const complaint = judgeStart(gap, evidence) ?? judgeEnd(gap, to_ms, evidence);
  return { complaint, fault: causeOf(loss, evidence) };
}

/**
 * @param {ConnectionLife} life
 * @param {Evidence} evidence
 * @returns {string | null} the kind of fault that ended it; null: nothing did
 */
export function causeOf({ end_ms, cause }, { faults }) {
  if (cause !== 'peer') return cause;
  const guilty = faults.findLast(({ kind, at_ms, end_ms: over_ms }) => {
    const after_ms = KINDS[kind].ends_peer_ms;
    return after_ms !== undefined && at_ms - SLACK_MS <= end_ms && end_ms <= over_ms + after_ms + SLACK_MS;
  });
  return guilty?.kind ?? null;
}

function judgeStart({ from_true_ms: from_ms, to_true_ms: to_ms, reason }, { lives, sights }) {
  const known_ms = reason === 'crash' ? MARK_AGE_MS_MAX : 0;
  // The last connection before it that proved itself.
  for (const { ack_ms, end_ms } of lives.toReversed()) {
    if (end_ms === null || end_ms > to_ms + SLACK_MS) continue;
    const proved_ms = sights.findLast(({ looked_ms }) => looked_ms <= end_ms - known_ms)?.sent_ms ?? 0;
    if (proved_ms < ack_ms + EVIDENCE_MS_MIN) continue;
    const early_ms = proved_ms - from_ms;
    return early_ms > EARLY_MS_MAX + SLACK_MS
      ? `it starts ${early_ms} ms before what was sent at ${proved_ms} had been written`
      : null;
  }
  return null;
}

function judgeEnd(gap, to_ms, { lives, faults }) {
  if (gap.to_ms === Number.POSITIVE_INFINITY) return null;
  const live = lives.findLast(({ ack_ms }) => ack_ms <= to_ms + SLACK_MS);
  if (live === undefined) return 'it ends before the topic was ever live';
  const late_ms = to_ms - live.ack_ms;
  if (late_ms <= LIVE_MS_MAX) return null;
  const excused = faults.some(({ at_ms, end_ms }) => at_ms <= to_ms && end_ms >= live.ack_ms - SLACK_MS);
  return excused ? null : `it ends ${late_ms} ms after the topic was live again`;
}

function judgeOwn({ from_ms, to_ms, from_true_ms, to_true_ms, reason }, { faults, clock }) {
  const guilty = faults.find(({ kind, at_ms, end_ms }) => {
    if (!KINDS[kind].gaps?.includes(reason)) return false;
    // A process that stood still learns of a step later.
    const step = clock.steps.find((each) => each.at_ms >= at_ms && each.at_ms <= end_ms);
    const over_ms = reason === 'clock' ? Math.max(end_ms, step?.until_ms ?? 0) : end_ms;
    const first = Math.min(...clock.readings(at_ms), ...clock.readings(over_ms));
    const last = Math.max(...clock.readings(at_ms), ...clock.readings(over_ms));
    const around_ms = reason === 'clock' ? AROUND_CLOCK_MS_MAX : AROUND_MS_MAX;
    // Where the clock was set in between, the true times tell.
    const is_near = from_true_ms >= at_ms - around_ms && to_true_ms <= over_ms + AROUND_MS_MAX;
    return is_near || (from_ms >= first - around_ms && to_ms <= last + AROUND_MS_MAX);
  });
  if (guilty !== undefined) return { complaint: null, fault: guilty.kind };
  return { complaint: `no fault near it can cause a gap of reason ${reason}`, fault: null };
}
