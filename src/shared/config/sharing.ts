// The formats of what a protocol says for several topics on one connection: how requests are joined, how a message
// names its topic.

import type { Format } from './formats.js';
import { oneOf, plainText, wholeNumber } from './formats.js';
import { keyPath, shown } from './mistakes.js';
import { checkObject, isObject } from './objects.js';

/** An object of these keys, of which some are required. */
const objectOf =
  (formats: Readonly<Record<string, Format>>, required: readonly string[]): Format =>
  (value, path) => {
    if (!isObject(value)) return [`${path} must be an object, not ${shown(value)}.`];
    const missing = required.filter((key) => !Object.hasOwn(value, key));
    return [...missing.map((key) => `${path} needs "${key}".`), ...checkObject(value, formats, path)];
  };

const listOf =
  (what: string, format: Format): Format =>
  (value, path) =>
    Array.isArray(value)
      ? value.flatMap((item: unknown, index) => format(item, `${path}[${index}]`))
      : [`${path} must be a list of ${what}, not ${shown(value)}.`];

/** Each key is free, and each value has the format. */
const mapOf =
  (what: string, format: Format): Format =>
  (value, path) => {
    const entries = isObject(value) ? Object.entries(value) : [];
    if (entries.length === 0)
      return [`${path} must be an object of one or more ${what}, not ${shown(value)}.`];
    return entries.flatMap(([key, item]) => format(item, keyPath(path, key)));
  };

const regularExpression: Format = (value, path) => {
  if (typeof value !== 'string' || value === '') return plainText(value, path);
  try {
    new RegExp(value);
    return [];
  } catch {
    return [`${path} must be a regular expression, not ${shown(value)}.`];
  }
};

/** A beginning in which the bound value stands. */
const withBound: Format = (value, path) => {
  const mistakes = plainText(value, path);
  return mistakes.length > 0 || String(value).includes('{bound}')
    ? mistakes
    : [`${path} must have {bound} in it, not be ${shown(value)}.`];
};

/** Paths into a message and the text there. */
export const is: Format = mapOf('dotted paths and texts', plainText);

export const batch: Format = objectOf(
  {
    list: plainText,
    topics_max: wholeNumber(1, 10_000),
    chars_max: wholeNumber(1, 16_777_216),
    answered: oneOf('together', 'each'),
  },
  ['list', 'topics_max'],
);

export const begins: Format = listOf('texts', plainText);

export const names = (when: Format): Format =>
  listOf('rules', objectOf({ of: regularExpression, when, is }, ['is']));

export const aliases: Format = mapOf('parts', mapOf('words', listOf('words', plainText)));

export const binds = (when: Format): Format =>
  objectOf({ when, value: plainText, at: plainText, begins: withBound }, ['when', 'value', 'at', 'begins']);
