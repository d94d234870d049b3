// What an answer means for the topics that were asked for on one connection: which are confirmed, which refused, and
// which must be asked for one by one to find out. An answer is believed to be of the topics that it names, in its
// fields or, a refusal, in its words; else of the request whose id it repeats; else of the oldest request that waits,
// since servers answer in order. Pure, but that the router learns what the server binds. Never throws.

import type { MessageRule, Protocol } from '../shared/protocol.js';
import { type Meaning, type Recognised, recognise, valueAt } from '../shared/protocol-speech.js';
import type { Parts } from '../shared/topic-form.js';
import { isOf, partsOf } from '../shared/topic-names.js';
import type { Router } from './router.js';

/** A request that was sent, and the numbers of its topics that are not answered yet: one at least. */
export interface Pending {
  readonly id: string;
  readonly topics: readonly number[];
}

export interface Answer extends Meaning {
  /** The place of the request that is answered, in full or in part; -1: none of them. */
  readonly request: number;
  /** Its topics of which this tells; each is in one list at most, and those in none wait for another answer. */
  readonly confirmed: readonly number[];
  readonly refused: readonly number[];
  /** Refused together, though each alone may be good: to be asked for one by one. */
  readonly split: readonly number[];
}

/** `pending`: oldest first. */
export function understand(
  protocol: Protocol,
  router: Router,
  text: Buffer,
  pending: readonly Pending[],
): Answer {
  // Whatever the message is, it may bind a value to its topic.
  const found = router.find(text);
  const recognised = recognise(protocol, text.toString());
  const { meaning, rule } = recognised;
  const nothing = { ...meaning, request: -1, confirmed: [], refused: [], split: [] };
  if (rule === null || (meaning.means !== 'confirmed' && meaning.means !== 'refused')) return nothing;
  const by_id = pending.findIndex(({ id }) => id === meaning.id);
  if (meaning.id !== null && by_id === -1) return nothing;
  const asked = by_id === -1 ? pending : pending.slice(by_id, by_id + 1);
  const named = namedIn(
    protocol,
    router,
    recognised,
    found,
    asked.flatMap(({ topics }) => topics),
  );
  const of_named = pending.findIndex(({ topics }) => topics.some((topic) => named?.includes(topic)));
  const oldest = pending.length > 0 ? 0 : -1;
  const request = by_id !== -1 ? by_id : named === null ? oldest : of_named;
  const topics = pending[request]?.topics ?? [];
  // What it names is not what the request with its id asked for: the id is believed.
  const of_it = topics.filter((topic) => named?.includes(topic));
  const names_some = of_it.length > 0 || (named !== null && rule.topics !== undefined);
  return { ...nothing, request, ...share(protocol, rule, meaning.means, topics, names_some ? of_it : null) };
}

type Outcome = Pick<Answer, 'confirmed' | 'refused' | 'split'>;

/** What becomes of the request's topics, of which the answer names `named`; null: it names none. */
function share(
  { batch }: Protocol,
  { others }: MessageRule,
  means: 'confirmed' | 'refused',
  topics: readonly number[],
  named: readonly number[] | null,
): Outcome {
  const outcome = { confirmed: [], refused: [], split: [] };
  const is_each = batch?.answered === 'each';
  if (named === null) {
    if (means === 'refused' && topics.length > 1) return { ...outcome, split: topics };
    // The others are answered by messages of their own.
    return { ...outcome, [means]: is_each ? topics.slice(0, 1) : topics };
  }
  const rest = topics.filter((topic) => !named.includes(topic));
  const of_rest = others ?? (means === 'refused' && !is_each ? 'split' : null);
  if (of_rest === means) return { ...outcome, [means]: topics };
  return { ...outcome, [means]: named, ...(of_rest !== null && { [of_rest]: rest }) };
}

/** Those of the topics `asked` for that the answer names; null: it names no topic, of ours or not. */
function namedIn(
  protocol: Protocol,
  router: Router,
  { meaning, rule, message }: Recognised,
  found: number,
  asked: readonly number[],
): readonly number[] | null {
  const list = rule?.topics === undefined ? null : valueAt(message, rule.topics);
  if (Array.isArray(list)) return asked.filter((topic) => list.includes(router.topic(topic)));
  if (rule?.is !== undefined && message !== null) {
    const { is } = rule;
    const fits = asked.map((topic) => isOf(is, partsOf(protocol, router.topic(topic) ?? ''), message));
    if (fits.some((fit) => fit !== null)) return asked.filter((_, i) => fits[i] === true);
  }
  if (found !== -1) return asked.filter((topic) => topic === found);
  if (meaning.means !== 'refused' || meaning.words === null) return null;
  const { words } = meaning;
  const mentioned = asked.filter((topic) => mentions(words, partsOf(protocol, router.topic(topic) ?? '')));
  return mentioned.length > 0 ? mentioned : null;
}

/** Whether the words hold the whole topic, or each of its parts. */
function mentions(words: string, { topic, ...parts }: Parts): boolean {
  const own = Object.values(parts).filter((part) => part !== undefined);
  return holdsWord(words, topic ?? '') || (own.length > 0 && own.every((part) => holdsWord(words, part)));
}

/** BTC-USDT is no word of "BTC-USDT-SWAP is unknown", nor is trade one of "trade:XBT is unknown". */
function holdsWord(words: string, word: string): boolean {
  if (word === '') return false;
  for (let at = words.indexOf(word); at !== -1; at = words.indexOf(word, at + 1)) {
    const goes_on = /^(?:[\w-]|[./:]\w)/.test(words.slice(at + word.length));
    if (!goes_on && !/[\w-]$/.test(words.slice(0, at))) return true;
  }
  return false;
}
