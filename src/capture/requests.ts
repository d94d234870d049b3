// The requests that subscribe to topics, or take them off a connection. One request asks for as many topics as the
// server allows where the requests for them are alike in all but one list; where they are alike in everything, one
// is sent for all. A topic alone is asked for as if there were no others. Pure: the numbers come from `nextId`.

import type { Batch, Protocol, Template } from '../shared/protocol.js';
import { asText, type Names, renderMessage, valueAt } from '../shared/protocol-speech.js';
import { partsOf } from '../shared/topic-names.js';

export interface Request {
  readonly text: string;
  readonly id: string;
  /** The numbers of the topics that it asks for. */
  readonly topics: readonly number[];
}

export interface Asked {
  readonly number: number;
  readonly topic: string;
  /** What the server bound to the topic, as JSON (Router.bound). */
  readonly bound?: string | null;
}

export interface RequestTools {
  /** The number of the next request on this connection. */
  nextId(): string;
  now_ms: number;
}

/** The topics of one request, before it has a number. */
interface Bundle {
  readonly template: Template;
  readonly names: Names;
  /** What joins the request: the items of all its topics, null where there is no list to be joined. */
  readonly items: unknown[] | null;
  readonly topics: number[];
  chars: number;
}

/** In the order in which they are to be sent: all first requests of the topics, then all second ones. */
export function requestsFor(
  protocol: Protocol,
  what: 'subscribe' | 'unsubscribe',
  topics: readonly Asked[],
  { nextId, now_ms }: RequestTools,
): Request[] {
  const time = String(Math.floor(now_ms / 1000));
  return protocol[what].flatMap((template) =>
    bundles(protocol, template, askable(template, topics), time).map((bundle) => {
      const id = nextId();
      return { text: render(protocol.batch, bundle, id), id, topics: bundle.topics };
    }),
  );
}

/** Where the request needs what the server bound, only topics to which it did. */
function askable(template: Template, topics: readonly Asked[]): readonly Asked[] {
  const needs_bound = JSON.stringify(template).includes('{bound}');
  return topics.filter(({ bound }) => !needs_bound || bound != null);
}

function bundles(
  protocol: Protocol,
  template: Template,
  topics: readonly Asked[],
  time: string,
): readonly Bundle[] {
  const all: Bundle[] = [];
  /** By what the requests have in common: the last bundle of those. */
  const open = new Map<string, Bundle>();
  for (const { number, topic, bound } of topics) {
    const names = { ...partsOf(protocol, topic), topic, id: '', time, ...(bound != null && { bound }) };
    const message = renderMessage(template, names);
    const items = listIn(message, protocol.batch);
    const chars = asText(message).length;
    const common = items === null ? asText(message) : asText(withList(message, protocol.batch, []));
    const last = open.get(common);
    const more = chars - common.length + 1;
    if (last !== undefined && fits(protocol.batch, last, more)) {
      last.items?.push(...(items ?? []));
      last.topics.push(number);
      last.chars += more;
      continue;
    }
    const bundle = { template, names, items, topics: [number], chars: chars + ID_CHARS };
    open.set(common, bundle);
    all.push(bundle);
  }
  return all;
}

/** What a request's number may add to its length. */
const ID_CHARS = 16;

function fits(batch: Batch | null, { items, topics, chars }: Bundle, more: number): boolean {
  if (batch === null || items === null) return true;
  return topics.length < batch.topics_max && chars + more <= (batch.chars_max ?? Number.POSITIVE_INFINITY);
}

function render(batch: Batch | null, { template, names, items, topics }: Bundle, id: string): string {
  const message = renderMessage(template, { ...names, id });
  return asText(topics.length > 1 && items !== null ? withList(message, batch, items) : message);
}

/** A copy of the list that is joined; null: this request has none. */
function listIn(message: unknown, batch: Batch | null): unknown[] | null {
  if (batch === null || typeof message !== 'object') return null;
  const list = valueAt(message, batch.list);
  return Array.isArray(list) ? [...list] : null;
}

/** The message with another list in the place of its own. */
function withList(message: unknown, batch: Batch | null, list: readonly unknown[]): unknown {
  const replace = (value: unknown, [key, ...path]: readonly string[]): unknown => {
    if (key === undefined) return list;
    const inner = value as Readonly<Record<string, unknown>>;
    const replaced = replace(inner[key], path);
    return Array.isArray(value) ? value.with(Number(key), replaced) : { ...inner, [key]: replaced };
  };
  return batch === null ? message : replace(message, batch.list.split('.'));
}
