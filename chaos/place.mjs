// Finds where on the true clock a gap lies, whose times are readings of a clock that was stepped: the lines of a
// ledger were written one after the other, which tells readings apart that the clock showed twice.

/** Times are whole milliseconds, and taken a moment before they are written. */
const SLACK_MS = 100;
/** A gap's line is written at the end of the gap. */
const WRITTEN_MS_MAX = 1_000;
/** A program that notices a step may speak of what was before it in the new time. */
const BEFORE_STEP_MS = 15_000;

/**
 * @typedef {object} Place
 * @property {number} from_true_ms
 * @property {number} to_true_ms
 * @property {boolean} is_placed false: the clock never showed these times
 *
 * @typedef {import('./ledger.mjs').Gap & Place} PlacedGap
 */

/**
 * @param {readonly import('./ledger.mjs').Gap[]} gaps in the order of their lines
 * @param {import('./clock.mjs').Clock} clock
 * @param {number} ended_ms when the run ended: an open gap ends there
 * @returns {PlacedGap[]}
 */
export function placeGaps(gaps, clock, ended_ms) {
  let written_ms = 0;
  return gaps.map((gap) => {
    const earliest_first = clock.instants(gap.at_ms).reverse();
    written_ms = earliest_first.find((instant) => instant >= written_ms - SLACK_MS) ?? written_ms;
    const [from_ms, to_ms] = place(gap, clock, written_ms, ended_ms);
    return {
      ...gap,
      from_true_ms: Math.min(from_ms ?? written_ms, to_ms ?? written_ms),
      to_true_ms: Math.max(from_ms ?? written_ms, to_ms ?? written_ms),
      is_placed: from_ms !== null && to_ms !== null,
    };
  });
}

function place(gap, clock, written_ms, ended_ms) {
  const latest = (reading_ms, limit_ms) => {
    const shown = (before_ms) =>
      clock.instants(reading_ms, before_ms).find((instant) => instant <= limit_ms + SLACK_MS);
    return shown(0) ?? shown(BEFORE_STEP_MS) ?? null;
  };
  if (gap.to_ms === Number.POSITIVE_INFINITY) return [latest(gap.from_ms, ended_ms), ended_ms];
  const isWritten = (instant) => instant !== null && written_ms - instant <= WRITTEN_MS_MAX;
  const to_ms = latest(gap.to_ms, written_ms);
  const swapped_ms = latest(gap.from_ms, written_ms);
  // Where the clock was set back while the topic was lost, the start shows a later time than the end.
  if (!isWritten(to_ms) && isWritten(swapped_ms)) return [to_ms, swapped_ms];
  return [latest(gap.from_ms, to_ms ?? written_ms), to_ms];
}
