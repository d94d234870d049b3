// The format of the `protocol` key: a preset's name, or an object that describes how a server is spoken to.
// What passes here is what src/shared/protocols turns into a Protocol.

import { TIME_UNITS } from '../event-time.js';
import { nearestName } from '../nearest.js';
import { valueAt } from '../protocol-speech.js';
import { PRESET_NAMES, type ProtocolGiven } from '../protocols/index.js';
import { partNames } from '../topic-form.js';
import { type Format, oneOf, orNull, plainText, seconds, wholeNumber } from './formats.js';
import { keyPath, shown } from './mistakes.js';
import { checkObject, isObject } from './objects.js';
import { aliases, batch, begins, binds, is, names } from './sharing.js';

/** A message to send: JSON or text, a list of several, or null for none. */
const messages: Format = (value, path) => {
  const list: readonly unknown[] = Array.isArray(value) ? value : value === null ? [] : [value];
  return list.flatMap((item, index) =>
    item === null || item === ''
      ? [
          `${Array.isArray(value) ? `${path}[${index}]` : path} is empty: to send nothing, write null for the whole.`,
        ]
      : [],
  );
};

const text: Format = (value, path) =>
  typeof value === 'string' ? [] : [`${path} must be text, not ${shown(value)}.`];

const when: Format = (value, path) => {
  const entries = isObject(value) ? Object.entries(value) : [];
  if (entries.length === 0) {
    return [`${path} must be an object of one or more dotted paths and values, not ${shown(value)}.`];
  }
  return entries.flatMap(([key, wanted]) => {
    if (key === '') return [`${keyPath(path, key)} is no path into a message.`];
    return typeof wanted === 'object' && wanted !== null
      ? [`${keyPath(path, key)} must be text, a number, true, false or null, not ${shown(wanted)}.`]
      : [];
  });
};

const topicForm: Format = (value, path) =>
  typeof value === 'string' && partNames(value) !== null
    ? []
    : [`${path} must be a form like "{channel}:{symbol}" or "{channel}[:{symbol}]", not ${shown(value)}.`];

/** One message to send, an answer for instance. */
const message: Format = (value, path) =>
  value === null || value === '' ? [`${path} is empty: write the message to send.`] : [];

const RULE_FORMATS: Readonly<Record<string, Format>> = { when, text: plainText };

/** A list of rules, which besides what they recognise may have `more`. */
const rulesWith =
  (more: Readonly<Record<string, Format>>, required: readonly string[] = []): Format =>
  (value, path) => {
    if (!Array.isArray(value)) return [`${path} must be a list of rules, not ${shown(value)}.`];
    return value.flatMap((rule: unknown, index) => {
      const at = `${path}[${index}]`;
      if (!isObject(rule)) return [`${at} must be an object with "when", not ${shown(rule)}.`];
      return [
        ...whichMessage(rule, at),
        ...required.flatMap((key) =>
          Object.hasOwn(rule, key) ? [] : [`${at} needs ${JSON.stringify(key)}: the message to send.`],
        ),
        ...checkObject(rule, { ...RULE_FORMATS, ...more }, at),
      ];
    });
  };

function whichMessage(rule: object, at: string): string[] {
  const has_when = Object.hasOwn(rule, 'when');
  if (Object.hasOwn(rule, 'text')) {
    return has_when ? [`${at} has both "when" and "text": remove one of them.`] : [];
  }
  return has_when ? [] : [`${at} needs "when": what the message holds; or "text": the whole of it.`];
}

const rules = rulesWith({ id: plainText, words: plainText });

/** Rules of what answers a request. */
const answers = rulesWith({
  id: plainText,
  words: plainText,
  is,
  topics: plainText,
  others: oneOf('confirmed', 'refused'),
});

/** So many, within so many milliseconds. */
const allowance: Format = (value, path) => {
  if (!isObject(value)) return [`${path} must be an object with "count" and "ms", not ${shown(value)}.`];
  const formats = { count: wholeNumber(1, 1_000_000), ms: wholeNumber(1, 86_400_000) };
  const missing = Object.keys(formats).filter((key) => !Object.hasOwn(value, key));
  return [...missing.map((key) => `${path} needs "${key}".`), ...checkObject(value, formats, path)];
};

const LIMITS_FORMATS: Readonly<Record<string, Format>> = {
  connects: allowance,
  host_requests: allowance,
  requests: allowance,
  topics_max: wholeNumber(1, 10_000),
};

const limits: Format = (value, path) =>
  isObject(value)
    ? checkObject(value, LIMITS_FORMATS, path)
    : [`${path} must be an object, not ${shown(value)}.`];

/** A list of places where a message states its time. */
const eventTime: Format = (value, path) => {
  if (!Array.isArray(value)) return [`${path} must be a list, not ${shown(value)}.`];
  return value.flatMap((place: unknown, index) => {
    const at = `${path}[${index}]`;
    if (!isObject(place)) return [`${at} must be an object with "at" and "unit", not ${shown(place)}.`];
    const missing = ['at', 'unit'].filter((key) => !Object.hasOwn(place, key));
    return [
      ...missing.map((key) => `${at} needs "${key}".`),
      ...checkObject(place, { at: plainText, unit: oneOf(...TIME_UNITS), when }, at),
    ];
  });
};

const PROTOCOL_FORMATS: Readonly<Record<string, Format>> = {
  name: plainText,
  topic: topicForm,
  open: messages,
  subscribe: messages,
  unsubscribe: messages,
  ping: messages,
  ping_interval: seconds,
  binary: oneOf('text', 'gzip', 'deflate', 'deflate-raw'),
  confirm: answers,
  refuse: answers,
  pong: rules,
  answer: rulesWith({ send: message }, ['send']),
  closing: rulesWith({ words: plainText }),
  data_prefix: text,
  batch: orNull(batch),
  begins,
  names: names(when),
  aliases,
  binds: orNull(binds(when)),
  limits,
  event_time: eventTime,
};

export const protocol: Format = (value, path) => {
  if (isObject(value)) {
    const mistakes = checkObject(value, PROTOCOL_FORMATS, path);
    return mistakes.length > 0 ? mistakes : [...unknownParts(value, path), ...noList(value, path)];
  }
  if (typeof value === 'string' && PRESET_NAMES.includes(value)) return [];
  const nearest = typeof value === 'string' ? nearestName(value, PRESET_NAMES) : null;
  const hint = nearest === null ? '.' : `: did you mean ${JSON.stringify(nearest)}?`;
  const allowed = 'the name of a preset ("streamer protocols" lists them) or an object';
  return [`${path} must be ${allowed}, not ${shown(value)}${hint}`];
};

/** Several topics would go into requests of one each, which their writer did not mean. */
function noList({ batch, subscribe }: ProtocolGiven, path: string): string[] {
  if (batch == null) return [];
  const messages: readonly unknown[] = Array.isArray(subscribe) ? subscribe : [subscribe];
  const has_list = messages.some(
    (item) => typeof item === 'object' && Array.isArray(valueAt(item, batch.list)),
  );
  return has_list ? [] : [`${path}.batch.list ${shown(batch.list)} is no list in ${path}.subscribe.`];
}

/** What may stand for itself in a message to send, besides the parts of the topic. */
const SENT: readonly string[] = ['id', 'n', 'time'];

/** Where parts of the topic stand, and what else may stand there. */
function places(
  given: ProtocolGiven,
): readonly [key: keyof ProtocolGiven, texts: unknown, more: readonly string[]][] {
  const named = (rules: readonly { readonly is?: unknown }[] = []) => rules.map((rule) => rule.is ?? null);
  return [
    ['open', given.open, SENT],
    ['subscribe', given.subscribe, SENT],
    ['unsubscribe', given.unsubscribe, [...SENT, 'bound']],
    ['ping', given.ping, SENT],
    ['confirm', named(given.confirm), []],
    ['refuse', named(given.refuse), []],
    ['data_prefix', given.data_prefix, SENT],
    ['begins', given.begins, []],
    ['names', named(given.names), []],
    ['aliases', Object.keys(given.aliases ?? {}).map((part) => `{${part}}`), []],
  ];
}

/** A word in braces that nothing will stand for would go out as it is: most likely it is misspelt. */
function unknownParts(given: ProtocolGiven, path: string): string[] {
  const parts = partNames(given.topic ?? '{topic}') ?? [];
  return places(given).flatMap(([key, texts, more]) => {
    const known = [...new Set([...parts, 'topic', ...more])];
    const found = [...JSON.stringify(texts ?? '').matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const unknown = found.filter((name) => !known.includes(name));
    return [...new Set(unknown)].map((name) => {
      const nearest = nearestName(name, known);
      const hint = nearest === null ? `name it in ${path}.topic.` : `did you mean {${nearest}}?`;
      return `${keyPath(path, key)} has {${name}}, which is no part of the topic: ${hint}`;
    });
  });
}
