// The format of the `protocol` key: a preset's name, or an object that describes how a server is spoken to.
// What passes here is what src/shared/protocols turns into a Protocol.

import { nearestName } from '../nearest.js';
import { PRESET_NAMES } from '../protocols/index.js';
import { type Format, oneOf, plainText, seconds } from './formats.js';
import { keyPath, shown, unknownKey } from './mistakes.js';

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

const RULE_FORMATS: Readonly<Record<string, Format>> = { when, id: plainText, words: plainText };

const rules: Format = (value, path) => {
  if (!Array.isArray(value)) return [`${path} must be a list of rules, not ${shown(value)}.`];
  return value.flatMap((rule: unknown, index) => {
    const at = `${path}[${index}]`;
    if (!isObject(rule)) return [`${at} must be an object with "when", not ${shown(rule)}.`];
    const missing = Object.hasOwn(rule, 'when') ? [] : [`${at} needs "when": what the message holds.`];
    return [...missing, ...checkObject(rule, RULE_FORMATS, at)];
  });
};

const PROTOCOL_FORMATS: Readonly<Record<string, Format>> = {
  name: plainText,
  subscribe: messages,
  ping: messages,
  ping_interval: seconds,
  binary: oneOf('text', 'gzip', 'deflate', 'deflate-raw'),
  confirm: rules,
  refuse: rules,
  pong: rules,
  data_prefix: text,
};

export const protocol: Format = (value, path) => {
  if (isObject(value)) return checkObject(value, PROTOCOL_FORMATS, path);
  if (typeof value === 'string' && PRESET_NAMES.includes(value)) return [];
  const nearest = typeof value === 'string' ? nearestName(value, PRESET_NAMES) : null;
  const hint = nearest === null ? '.' : `: did you mean ${JSON.stringify(nearest)}?`;
  const names = PRESET_NAMES.map((name) => JSON.stringify(name)).join(', ');
  return [`${path} must be ${names} or an object, not ${shown(value)}${hint}`];
};

function checkObject(value: object, formats: Readonly<Record<string, Format>>, path: string): string[] {
  return Object.entries(value).flatMap(([key, item]) => {
    const format = Object.hasOwn(formats, key) ? formats[key] : undefined;
    return format === undefined
      ? [unknownKey(path, key, Object.keys(formats))]
      : format(item, keyPath(path, key));
  });
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
