// What a protocol's table says, spoken and understood: templates become the texts to send, and a control
// message becomes what it means. Pure functions; they are not on the way of data messages.

import type { Condition, MessageRule, Protocol, Template } from './protocol.js';

/** A server's words longer than this are cut: they go into the log and the status. */
const WORDS_LENGTH_MAX = 500;

/** What may stand in a template; undefined: a part that the topic leaves out. */
export interface Names {
  readonly topic: string;
  /** The request's own number, which some servers repeat in their answer. */
  readonly id: string;
  /** Unix seconds. */
  readonly time?: string;
  /** What the server bound to the topic, as JSON. */
  readonly bound?: string;
  readonly [part: string]: string | undefined;
}

/** What a message means; `words`: the server's own, where it refused; `id`: of the request that it answers. */
export interface Meaning {
  readonly means: 'asks' | 'closing' | 'pong' | 'refused' | 'confirmed' | 'other';
  readonly words: string | null;
  readonly id: string | null;
  /** What to send to a server that `asks`. */
  readonly answer?: string;
}

const OTHER: Meaning = { means: 'other', words: null, id: null };

/** The texts to send: a string goes as it is, anything else as JSON, with the names filled in. */
export function renderTemplates(templates: readonly Template[], names: Names): string[] {
  return templates.map((template) => asText(renderMessage(template, names)));
}

/** The message before it is text: its lists may still be joined. */
export function renderMessage(template: Template, names: Names): unknown {
  return typeof template === 'string'
    ? fill(template, names)
    : fillAll(template, (text) => fillExactly(text, names));
}

/** A message as it is sent. */
export const asText = (message: unknown): string =>
  typeof message === 'string' ? message : JSON.stringify(message);

/** How the topic's data begins. */
export function renderPrefix(protocol: Protocol, names: Omit<Names, 'id'>): string {
  return fill(protocol.data_prefix, names);
}

/** In one pass, so that a topic which itself holds `{id}` goes out as it is written. */
export function fill(text: string, names: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const key = name === 'n' ? 'id' : name;
    return Object.hasOwn(names, key) ? (names[key] ?? '') : place;
  });
}

/** What a string inside a message becomes; undefined: it is left out. */
function fillExactly(text: string, names: Names): unknown {
  if (text === '{n}') return Number(names.id);
  if (text === '{time}') return Number(names.time);
  if (text === '{bound}') return names.bound === undefined ? undefined : JSON.parse(names.bound);
  const [, part] = /^\{(\w+)\}$/.exec(text) ?? [];
  return part !== undefined && Object.hasOwn(names, part) ? names[part] : fill(text, names);
}

function fillAll(template: Template, inside: (text: string) => unknown): unknown {
  if (typeof template === 'string') return inside(template);
  if (typeof template !== 'object' || template === null) return template;
  if (isList(template)) {
    return template.map((item) => fillAll(item, inside)).filter((item) => item !== undefined);
  }
  // What is undefined JSON leaves out.
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fillAll(value, inside)]));
}

const isList = (value: Template): value is readonly Template[] => Array.isArray(value);

/** What `text` means to us. Never throws: what no rule knows is `other`. */
export function classify(protocol: Protocol, text: string): Meaning {
  return recognise(protocol, text).meaning;
}

/** The same, with the rule that knew it and the message as an object: null where there is none. */
export interface Recognised {
  readonly meaning: Meaning;
  readonly rule: MessageRule | null;
  readonly message: object | null;
}

export function recognise(protocol: Protocol, text: string): Recognised {
  const message = parseObject(text);
  const find = <Rule extends MessageRule>(rules: readonly Rule[]) =>
    rules.find((rule) =>
      rule.text === undefined ? message !== null && holds(rule.when ?? {}, message) : rule.text === text,
    );
  const mean = (means: Meaning['means'], rule: MessageRule): Recognised => ({
    meaning: { means, words: textAt(message, rule.words), id: textAt(message, rule.id) },
    rule,
    message,
  });
  const ask = find(protocol.answer);
  if (ask !== undefined) {
    const asks = mean('asks', ask);
    return { ...asks, meaning: { ...asks.meaning, answer: answerTo(message, ask.send) } };
  }
  const closing = find(protocol.closing);
  if (closing !== undefined) return mean('closing', closing);
  const pong = find(protocol.pong);
  if (pong !== undefined) return mean('pong', pong);
  const refuse = find(protocol.refuse);
  if (refuse !== undefined) return mean('refused', refuse);
  const confirm = find(protocol.confirm);
  return confirm === undefined ? { meaning: OTHER, rule: null, message } : mean('confirmed', confirm);
}

function answerTo(message: object | null, template: Template): string {
  const filled = fillAll(template, (text) => {
    const [, path] = /^\{=(.+)\}$/.exec(text) ?? [];
    return path === undefined ? text : valueAt(message, path);
  });
  return typeof filled === 'string' ? filled : asJson(filled);
}

/** The message as an object, or null where it is none. */
export function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Whether the message is as `condition` says, at each of its paths. */
export function holds(condition: Condition, message: object): boolean {
  return Object.entries(condition).every(([path, wanted]) => {
    const value = valueAt(message, path);
    if (wanted === '*') return !isAbsent(value);
    if (wanted === '?') return isAbsent(value);
    return value === wanted;
  });
}

const isAbsent = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/** The value at a dotted path, in which a number is the place in a list. */
export function valueAt(message: object | null, path: string): unknown {
  let value: unknown = message;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** The value at `path` as text of a bounded length; null where there is none or it is empty. */
function textAt(message: object | null, path: string | undefined): string | null {
  if (path === undefined) return null;
  const value = valueAt(message, path);
  if (isAbsent(value) || value === '') return null;
  return (typeof value === 'string' ? value : asJson(value)).slice(0, WORDS_LENGTH_MAX);
}

/** `JSON.parse` reads what nests without end, `JSON.stringify` cannot write it. */
function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '(words that nest too deep to show)';
  }
}
