// The order in which topics are shown, be it in a terminal or on the dashboard: what needs somebody stands first.

import type { TopicStatus } from './status.js';

type Ordered = Pick<TopicStatus, 'state' | 'silent_since_ms' | 'dropped' | 'error'>;

/** A state that this version does not know stands between these and the live ones. */
const STATES_WORST_FIRST: readonly string[] = [
  'rejected',
  'restarting',
  'waiting',
  'stopped',
  'stopping',
  'connecting',
  'subscribing',
  'starting',
];

/** Live, and without a message for longer than it should be. An older supervisor does not tell. */
export const isSilent = ({
  state,
  silent_since_ms,
}: Pick<TopicStatus, 'state' | 'silent_since_ms'>): boolean =>
  state === 'live' && (silent_since_ms ?? null) !== null;

/** The worst is the least. */
export function stateRank(state: string): number {
  if (state === 'live') return STATES_WORST_FIRST.length + 1;
  const index = STATES_WORST_FIRST.indexOf(state);
  return index === -1 ? STATES_WORST_FIRST.length : index;
}

/** For `sort`; equal are those that only their names tell apart. */
export function worstFirst(a: Ordered, b: Ordered): number {
  return (
    stateRank(a.state) - stateRank(b.state) ||
    Number(isSilent(b)) - Number(isSilent(a)) ||
    b.dropped - a.dropped ||
    Number(b.error !== null) - Number(a.error !== null)
  );
}
