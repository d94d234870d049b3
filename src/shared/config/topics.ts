// The list of topics: each item is a name or an object in which any per-topic key may be set again. Here the
// items are judged one by one, then together: two topics must not write the same files.

import { encodeName, isControlName } from '../names.js';
import type { Preset, Protocol } from '../protocol.js';
import { resolveProtocol } from '../protocols/index.js';
import { readTopic } from '../topic-form.js';
import { plainText, tooLongName } from './formats.js';
import type { Given } from './given.js';
import {
  type Checked,
  isKey,
  isTopicKey,
  TOPIC_DEFAULT,
  TOPIC_KEYS,
  type TopicValues,
  type Values,
} from './keys.js';
import { keyPath, shown, unknownKey } from './mistakes.js';

/** One topic as it was given. A value with a mistake is undefined. */
export interface Entry {
  /** Where it stands, for the sentences about it: `topics[2]`. */
  readonly path: string;
  readonly topic: string | undefined;
  /** The keys that this topic sets for itself. */
  readonly own: Partial<Checked<TopicValues>>;
}

/** The topics of `given`, or the default one; mistakes in an item are told to `given`. */
export function readEntries(given: Given, checked: Checked<Values>): Entry[] {
  if (given.values.has('topics')) {
    const path = given.pathOf('topics');
    const tell = (sentences: readonly string[]) => given.tell('topics', sentences);
    return (checked.topics ?? []).map((item, index) => readEntry(item, `${path}[${index}]`, tell));
  }
  const topic = given.values.has('topic') ? checked.topic : TOPIC_DEFAULT;
  return [{ path: given.pathOf('topic'), topic, own: {} }];
}

function readEntry(item: unknown, path: string, tell: (sentences: readonly string[]) => void): Entry {
  const judgeTopic = (topic: unknown, at: string): string | undefined => {
    const sentences = plainText(topic, at);
    tell(sentences);
    return sentences.length === 0 ? (topic as string) : undefined;
  };
  if (typeof item === 'string') return { path, topic: judgeTopic(item, path), own: {} };
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    tell([`${path} must be a topic's name or an object with "topic", not ${shown(item)}.`]);
    return { path, topic: undefined, own: {} };
  }
  let topic: string | undefined;
  const own: Partial<Record<keyof TopicValues, unknown>> = {};
  if (!Object.hasOwn(item, 'topic')) tell([`${path} needs "topic": the name of the topic to capture.`]);
  for (const [key, value] of Object.entries(item)) {
    if (key === 'topic') topic = judgeTopic(value, keyPath(path, key));
    else if (isTopicKey(key)) {
      const sentences = TOPIC_KEYS[key].format(value, keyPath(path, key));
      tell(sentences);
      own[key] = sentences.length === 0 ? value : undefined;
    } else tell([wrongKey(path, key)]);
  }
  return { path, topic, own: own as Partial<Checked<TopicValues>> };
}

function wrongKey(path: string, key: string): string {
  if (isKey(key)) return `${keyPath(path, key)} holds for all topics: move it to the top level.`;
  return unknownKey(path, key, ['topic', ...Object.keys(TOPIC_KEYS)]);
}

/** The name that the entry's files bear; undefined where a mistake leaves it open. */
export function nameOf(entry: Entry, base: Checked<TopicValues>): string | undefined {
  return Object.hasOwn(entry.own, 'name') ? entry.own.name : (base.name ?? entry.topic);
}

/**
 * Judges the entries together: a name too long or taken twice, a topic that its protocol does not write so, a message
 * that could not fit its buffer.
 */
export function checkEntries(given: Given, base: Checked<Values>, entries: readonly Entry[]): void {
  const source = given.values.has('topics') ? 'topics' : 'topic';
  const unnamed = entries.filter((entry) => !Object.hasOwn(entry.own, 'name'));
  if (base.name !== undefined && unnamed.length > 1) {
    const advice = 'give each of them a "name" of its own in topics.';
    given.tell('name', [
      `${given.pathOf('name')} cannot name the files of ${unnamed.length} topics: ${advice}`,
    ]);
  } else given.tell(source, checkNames(base, entries));
  checkBuffer(given, base);
  given.tell(
    source,
    entries.flatMap((entry) => wrongForm(given, base, entry)),
  );
  for (const { path, own } of entries) {
    if (!Object.hasOwn(own, 'buffer_bytes') && !Object.hasOwn(own, 'max_message_bytes')) continue;
    given.tell(source, tooSmallBuffer({ ...base, ...own }, `${path}: max_message_bytes`, 'buffer_bytes'));
  }
}

function checkNames(base: Checked<Values>, entries: readonly Entry[]): string[] {
  const taken = new Map<string, string>();
  return entries.flatMap((entry) => {
    const name = nameOf(entry, base);
    if (name === undefined) return [];
    if ((base.topics_per_process ?? 1) > 1 && isControlName(name)) {
      const files = 'the files for messages of no topic';
      return [`${entry.path} has the name ${shown(name)}, which ${files} bear: give it another "name".`];
    }
    const encoded = encodeName(name);
    const other = taken.get(encoded);
    if (other === undefined) taken.set(encoded, entry.path);
    // A "name" too long was refused by its own format.
    else return [`${entry.path} has the same name as ${other}, ${shown(name)}: give one another "name".`];
    return tooLongName(name, entry.path);
  });
}

function wrongForm(given: Given, base: Checked<Values>, { path, topic, own }: Entry): string[] {
  const { ws_url, protocol: chosen } = { ...base, ...own };
  const is_chosen = Object.hasOwn(own, 'protocol') || given.values.has('protocol');
  // A wrong protocol or URL has been told already.
  if (topic === undefined || ws_url === undefined || (is_chosen && chosen === undefined)) return [];
  const protocol: Protocol & Partial<Preset> = resolveProtocol(chosen, ws_url);
  if (readTopic(protocol.topic, topic) !== null) return [];
  const example = protocol.example === undefined ? '' : `, as in ${shown(protocol.example)}`;
  return [`${path} ${shown(topic)} is no topic of ${protocol.name}: write ${protocol.topic}${example}.`];
}

function checkBuffer(given: Given, base: Checked<Values>): void {
  const key = (['max_message_bytes', 'buffer_bytes'] as const).find((name) => given.values.has(name));
  if (key === undefined) return;
  given.tell(key, tooSmallBuffer(base, given.pathOf('max_message_bytes'), given.pathOf('buffer_bytes')));
}

function tooSmallBuffer(values: Checked<TopicValues>, message_path: string, buffer_path: string): string[] {
  const { max_message_bytes: message, buffer_bytes: buffer } = values;
  if (message === undefined || buffer === undefined || message < buffer) return [];
  return [`${message_path} (${message}) must be less than ${buffer_path} (${buffer}).`];
}
