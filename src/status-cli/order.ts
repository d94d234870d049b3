// In which order the topics stand, and which of them: the keys that sort, and the filter. Equal topics stand by name
// in either direction, so that no row jumps from one look to the next.

import { printable } from '../shared/printable.js';
import type { TopicStatus } from '../shared/status.js';
import { worstFirst } from '../shared/worst-first.js';
import { topicLabel } from './columns.js';

interface Sort {
  /** What is pressed for it. */
  readonly key: string;
  /** What it is called in the footer. */
  readonly words: string;
  /** The column that shows what is sorted by. */
  readonly title: string;
  readonly compare: (a: TopicStatus, b: TopicStatus) => number;
}

function byName(a: TopicStatus, b: TopicStatus): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

/** In the order in which the footer tells them; what needs a look stands first in each. */
export const SORTS = {
  worst: { key: 'w', words: 'worst', title: 'STATE', compare: worstFirst },
  name: { key: 'n', words: 'name', title: 'TOPIC', compare: byName },
  rate: { key: 'r', words: 'rate', title: 'RATE/MIN', compare: (a, b) => b.rate_per_min - a.rate_per_min },
  last: {
    key: 'l',
    words: 'last message',
    title: 'LAST',
    compare: (a, b) => (a.last_message_at_ms ?? 0) - (b.last_message_at_ms ?? 0),
  },
  gaps: { key: 'g', words: 'gaps', title: 'GAPS', compare: (a, b) => b.gaps - a.gaps },
  buffered: { key: 'b', words: 'buffered', title: 'BUFFER', compare: (a, b) => b.buffered - a.buffered },
} as const satisfies Readonly<Record<string, Sort>>;

export type SortName = keyof typeof SORTS;
export const SORT_NAMES = Object.keys(SORTS) as readonly SortName[];
export const isSortName = (name: string): name is SortName => Object.hasOwn(SORTS, name);

export interface Order {
  readonly sort: SortName;
  readonly reversed: boolean;
  /** Only topics with this in their topic or name, in capitals or not; empty: all. */
  readonly filter: string;
}

export const WORST_FIRST: Order = { sort: 'worst', reversed: false, filter: '' };

/** The topics that the filter lets through, in their order. */
export function inOrder(topics: readonly TopicStatus[], { sort, reversed, filter }: Order): TopicStatus[] {
  const wanted = printable(filter).toLowerCase();
  const kept =
    wanted === '' ? [...topics] : topics.filter((topic) => topicLabel(topic).toLowerCase().includes(wanted));
  const { compare } = SORTS[sort];
  const sign = reversed ? -1 : 1;
  return kept.sort((a, b) => sign * compare(a, b) || byName(a, b));
}
