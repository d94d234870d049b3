// What a protocol's table says, spoken and understood: templates become the texts to send, and a control
// message becomes what it means. Pure functions; they are not on the way of data messages.

import type { MessageRule, Protocol, Template } from './protocol.js';

/** A server's words longer than this are cut: they go into the log and the status. */
const WORDS_LENGTH_MAX = 500;

export interface Names {
  readonly topic: string;
  /** The request's own id, which some servers repeat in their answer. */
  readonly id: string;
}

/** What a message means; `words`: the server's own, where it refused; `id`: of the request that it answers. */
export interface Meaning {
  readonly means: 'pong' | 'refused' | 'confirmed' | 'other';
  readonly words: string | null;
  readonly id: string | null;
}

const OTHER: Meaning = { means: 'other', words: null, id: null };

/** The texts to send: a string goes as it is, anything else as JSON, with `{topic}` and `{id}` filled in. */
export function renderTemplates(templates: readonly Template[], names: Names): string[] {
  return templates.map((template) =>
    typeof template === 'string' ? fill(template, names) : JSON.stringify(fillAll(template, names)),
  );
}

/** In one pass, so that a topic which itself holds `{id}` goes out as it is written. */
function fill(text: string, names: Names): string {
  return text.replace(/\{topic\}|\{id\}/g, (place) => (place === '{topic}' ? names.topic : names.id));
}

function fillAll(template: Template, names: Names): unknown {
  if (typeof template === 'string') return fill(template, names);
  if (typeof template !== 'object' || template === null) return template;
  if (Array.isArray(template)) return template.map((item: Template) => fillAll(item, names));
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fillAll(value, names)]));
}

/** What `text` means to us. Never throws: what is not a JSON object is `other`. */
export function classify(protocol: Protocol, text: string): Meaning {
  const message = parseObject(text);
  if (message === null) return OTHER;
  const pong = protocol.pong.find((rule) => matches(rule, message));
  if (pong !== undefined) return { means: 'pong', words: null, id: textAt(message, pong.id) };
  const refuse = protocol.refuse.find((rule) => matches(rule, message));
  if (refuse !== undefined) {
    return { means: 'refused', words: textAt(message, refuse.words), id: textAt(message, refuse.id) };
  }
  const confirm = protocol.confirm.find((rule) => matches(rule, message));
  if (confirm === undefined) return OTHER;
  return { means: 'confirmed', words: textAt(message, confirm.words), id: textAt(message, confirm.id) };
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function matches(rule: MessageRule, message: object): boolean {
  return Object.entries(rule.when).every(([path, wanted]) => {
    const value = valueAt(message, path);
    if (wanted === '*') return !isAbsent(value);
    if (wanted === '?') return isAbsent(value);
    return value === wanted;
  });
}

const isAbsent = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

function valueAt(message: object, path: string): unknown {
  let value: unknown = message;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** The value at `path` as text of a bounded length; null where there is none or it is empty. */
function textAt(message: object, path: string | undefined): string | null {
  if (path === undefined) return null;
  const value = valueAt(message, path);
  if (isAbsent(value) || value === '') return null;
  return (typeof value === 'string' ? value : asJson(value)).slice(0, WORDS_LENGTH_MAX);
}

/** `JSON.parse` reads what nests without end, `JSON.stringify` cannot write it. */
function asJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '(words that nest too deep to show)';
  }
}
