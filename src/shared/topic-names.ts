// How a server calls a topic in its messages, worked out from the protocol's table: the beginnings of its data and,
// where these do not tell, the values at some paths. Topics of which two marks are alike cannot be told apart, so
// they must not share a connection; a topic without a mark shares none. Pure; not on the way of data messages.

import type { Condition, Protocol } from './protocol.js';
import { fill, holds, valueAt } from './protocol-speech.js';
import { type Parts, readTopic } from './topic-form.js';

/** Texts by which the topic is known; those of no other topic on its connection may be among them. */
export function marksOf(protocol: Protocol, topic: string): readonly string[] {
  return [...beginningsOf(protocol, topic), ...namesOf(protocol, topic)];
}

/** How data messages of the topic begin. */
export function beginningsOf(protocol: Protocol, topic: string): string[] {
  const beginnings = wordings(protocol, topic).flatMap((parts) => {
    const as_json = Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [name, part && JSON.stringify(part).slice(1, -1)]),
    );
    return protocol.begins.filter((text) => saysAll([text], parts)).map((text) => fill(text, as_json));
  });
  return [...new Set(beginnings)];
}

/** The topic's names, in the form of `namesIn`. */
export function namesOf(protocol: Protocol, topic: string): string[] {
  const names = wordings(protocol, topic).flatMap((parts) =>
    protocol.names.flatMap(({ of, is }, rule) => {
      const texts = Object.values(is);
      const is_named = of === undefined ? saysAll(texts, parts) : new RegExp(of).test(topic);
      return is_named && texts.every((text) => hasAll(text, parts))
        ? [nameOf(rule, texts.map((text) => fill(text, parts)))] // biome-ignore format: one name
        : [];
    }),
  );
  return [...new Set(names)];
}

/** The names that a parsed message has, by each rule that holds, in their order. Never throws. */
export function namesIn(protocol: Protocol, message: object): string[] {
  return protocol.names.flatMap(({ when, is }, rule) => {
    if (when !== undefined && !holds(when, message)) return [];
    const values = Object.keys(is).map((path) => textOf(valueAt(message, path)));
    return values.every((value) => value !== null) ? [nameOf(rule, values)] : [];
  });
}

/** The value that a message binds to its topic, as JSON; null: it binds none. */
export function boundBy({ binds }: Protocol, message: object): string | null {
  if (binds === null || !holds(binds.when, message)) return null;
  return boundAt(message, binds.value);
}

/** The bound value that a data message bears, as JSON. */
export function boundIn({ binds }: Protocol, message: object): string | null {
  return binds === null ? null : boundAt(message, binds.at);
}

/** Whether each path of `is` has what it says of a topic of these parts; null: a path that it needs is not there. */
export function isOf(is: Readonly<Record<string, string>>, parts: Parts, message: object): boolean | null {
  // A part that the topic leaves out must be left out by the message, too.
  const wanted: Condition = Object.fromEntries(
    Object.entries(is).map(([path, text]) => [path, hasAll(text, parts) ? fill(text, parts) : '?']),
  );
  const found = Object.entries(wanted).map(([path, text]) => {
    const value = textOf(valueAt(message, path));
    if (text === '?') return value === null;
    return value === null ? null : value === text;
  });
  if (found.includes(null)) return null;
  return found.every((fits) => fits === true);
}

/** The topic's parts and the whole of it. */
export const partsOf = (protocol: Protocol, topic: string): Parts => ({
  ...readTopic(protocol.topic, topic),
  topic,
});

/** The topic's parts, and again for each other word that the server has for one of them. */
function wordings(protocol: Protocol, topic: string): readonly Parts[] {
  const own = partsOf(protocol, topic);
  return Object.entries(protocol.aliases).reduce<readonly Parts[]>(
    (all, [part, by_word]) => {
      const word = own[part];
      const others = word !== undefined && Object.hasOwn(by_word, word) ? (by_word[word] ?? []) : [];
      return all.flatMap((parts) => [parts, ...others.map((other) => ({ ...parts, [part]: other }))]);
    },
    [own],
  );
}

const placesIn = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);

const hasAll = (text: string, parts: Parts): boolean =>
  placesIn(text).every((name) => parts[name] !== undefined);

/** Whether the texts can be filled in, and no part of the topic is left over. */
function saysAll(texts: readonly string[], parts: Parts): boolean {
  const places = texts.flatMap(placesIn);
  if (!texts.every((text) => hasAll(text, parts))) return false;
  if (places.includes('topic')) return true;
  return Object.keys(parts).every(
    (name) => name === 'topic' || parts[name] === undefined || places.includes(name),
  );
}

const nameOf = (rule: number, values: readonly (string | null)[]): string =>
  JSON.stringify([rule, ...values]);

const textOf = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : null;

function boundAt(message: object, path: string): string | null {
  const value = valueAt(message, path);
  return typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value) : null;
}
