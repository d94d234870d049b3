// Gaps in text: what each reason means, a sentence for a gap, and a list of many.

import type { GapReason } from '../../shared/ledger-records.js';
import type { PageGap } from '../../shared/page-data.js';
import { printable } from '../../shared/printable.js';
import { el } from '../dom.js';
import { clockWords, countWords, dayWords, lengthWords, plural, secondWords } from '../words.js';

const REASONS: Readonly<Record<GapReason, string>> = {
  disconnected: 'the connection was lost',
  stale: 'nothing came any more',
  rejected: 'the server refused the subscription',
  overflow: 'the buffer was full',
  disk: 'the disk took no more',
  crash: 'the capture died',
  stopped: 'the capture was stopped',
  reconfigured: 'the configuration was changed',
  clock: 'the clock was set',
  oversize: 'a message was too long',
  undecodable: 'a message could not be decoded',
  sequence: 'the numbers of the messages leave some out',
};

/** So many gaps stand in a list. */
const LIST_MAX = 200;

/** `2026-01-31 13:05:00 – 13:12:30`. */
function whenWords({ from_ms, to_ms }: PageGap): string {
  if (to_ms === null) return `${secondWords(from_ms)} – still open`;
  const same_day = dayWords(from_ms) === dayWords(to_ms);
  return `${secondWords(from_ms)} – ${same_day ? clockWords(to_ms) : secondWords(to_ms)}`;
}

/** Of an open gap, how long it is by `now_ms`. */
const gapLength = ({ from_ms, to_ms }: PageGap, now_ms: number): string =>
  lengthWords(Math.max(0, (to_ms ?? now_ms) - from_ms));

const lostWords = ({ messages }: PageGap): string =>
  messages === undefined ? '' : `, ${plural(messages, 'message')} lost`;

/** `disconnected (the connection was lost)`. */
const reasonWords = ({ reason }: PageGap): string => `${reason} (${REASONS[reason] ?? 'unknown'})`;

export const gapSentence = (gap: PageGap, now_ms: number): string =>
  `${whenWords(gap)}, ${gapLength(gap, now_ms)}: ${reasonWords(gap)}${lostWords(gap)}`;

export interface NamedGap {
  /** Null: it is clear whose it is. */
  readonly label: string | null;
  readonly gap: PageGap;
}

/** The list in its order; `more` are those that are not in it. */
export function gapList(gaps: readonly NamedGap[], count: number, now_ms: number): HTMLElement {
  if (count === 0) return el('p', { class: 'dim' }, 'None.');
  const shown = gaps.slice(0, LIST_MAX);
  const items = shown.map(({ label, gap }) => {
    const { detail } = gap;
    return el(
      'li',
      {},
      el('span', { class: 'when' }, whenWords(gap)),
      el('span', { class: 'length' }, gapLength(gap, now_ms)),
      el(
        'span',
        {},
        ...(label === null ? [] : [el('strong', {}, label), ' ']),
        reasonWords(gap),
        lostWords(gap),
      ),
      ...(detail === undefined ? [] : [el('span', { class: 'dim detail' }, printable(detail))]),
    );
  });
  const left = count - shown.length;
  if (left > 0) items.push(el('li', { class: 'dim' }, `… and ${countWords(left)} more`));
  return el('ol', { class: 'gaps' }, ...items);
}
