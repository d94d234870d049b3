// Finds where on the true clock a gap lies, whose times are readings of a clock that was stepped: the lines of a
// ledger were written one after the other, which tells readings apart that the clock showed twice.

/** Times are whole milliseconds, and taken a moment before they are written. */
const SLACK_MS = 100;
/** A step is noticed and its line written within so long, on a disk that takes it. */
const NOTICED_MS_MAX = 15_000;
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
 * @param {import('./ledger.mjs').Ledger} ledger
 * @param {import('./clock.mjs').Clock} clock
 * @param {number} ended_ms when the run ended: an open gap ends there
 * @returns {PlacedGap[]}
 */
export function placeGaps({ gaps, written }, clock, ended_ms) {
  const gap_at = new Map(gaps.map((gap) => [gap.line, gap]));
  const written_at = new Map();
  let written_ms = 0;
  for (const { line, at_ms } of written) {
    const possible = writtenAt(at_ms, gap_at.get(line), clock);
    written_ms = possible.find((instant) => instant >= written_ms - SLACK_MS) ?? written_ms;
    written_at.set(line, written_ms);
  }
  return gaps.map((gap) => {
    const line_ms = written_at.get(gap.line);
    const [from_ms, to_ms] = place(gap, clock, line_ms, ended_ms);
    return {
      ...gap,
      from_true_ms: Math.min(from_ms ?? line_ms, to_ms ?? line_ms),
      to_true_ms: Math.max(from_ms ?? line_ms, to_ms ?? line_ms),
      is_placed: from_ms !== null && to_ms !== null,
    };
  });
}

/**
 * When a line may have been written, earliest first. A gap that ends after that, or tells of a step, was written after
 * the clock was set back.
 */
function writtenAt(at_ms, gap, clock) {
  const instants = clock.instants(at_ms).reverse();
  if (gap === undefined || gap.to_ms === Number.POSITIVE_INFINITY) return instants;
  if (gap.reason !== 'clock' && gap.to_ms <= at_ms + SLACK_MS) return instants;
  const set_back = clock.steps.filter(({ offset_ms }, i) => offset_ms < (clock.steps[i - 1]?.offset_ms ?? 0));
  const after = instants.filter((instant) =>
    set_back.some(
      ({ at_ms: set_ms, until_ms, offset_ms }) =>
        instant === at_ms - offset_ms && instant >= set_ms && instant <= until_ms + NOTICED_MS_MAX,
    ),
  );
  return after.length > 0 ? after : instants;
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
