// The strict formats of the plain values. A format looks at a value of any type and returns one sentence for
// each mistake in it, each beginning with the value's path; no sentence means that the value is good.

import { ENCODED_NAME_BYTES_MAX, encodeName } from '../names.js';
import { shown } from './mistakes.js';

export type Format = (value: unknown, path: string) => readonly string[];

/** The longest time a key can ask for. Node's timers end at 2^31 ms, 24 days. */
const SECONDS_MAX = 86_400;
const SECONDS_MIN = 0.001;

const must = (path: string, allowed: string, value: unknown): readonly string[] => [
  `${path} must be ${allowed}, not ${shown(value)}.`,
];

export function wholeNumber(min: number, max: number): Format {
  return (value, path) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? []
      : must(path, `a whole number from ${min} to ${max}`, value);
}

/** Fractions are allowed: a millisecond is the least that a timer can wait. */
export const seconds: Format = (value, path) =>
  typeof value === 'number' && value >= SECONDS_MIN && value <= SECONDS_MAX
    ? []
    : must(path, `a number of seconds from ${SECONDS_MIN} to ${SECONDS_MAX}`, value);

/** The same, or 0 for never. */
export const secondsOrNever: Format = (value, path) =>
  value === 0 || seconds(value, path).length === 0
    ? []
    : must(path, `a number of seconds from ${SECONDS_MIN} to ${SECONDS_MAX}, or 0 for never`, value);

export const trueOrFalse: Format = (value, path) =>
  typeof value === 'boolean' ? [] : must(path, 'true or false', value);

export function oneOf(...names: readonly string[]): Format {
  const list = names.map((name) => JSON.stringify(name)).join(', ');
  return (value, path) => (names.includes(value as string) ? [] : must(path, `one of ${list}`, value));
}

export function orNull(format: Format): Format {
  return (value, path) => (value === null ? [] : format(value, path));
}

/** Text that a person can see whole: no control character, no half of a surrogate pair. */
export const plainText: Format = (value, path) => {
  if (typeof value !== 'string' || value === '') return must(path, 'text, and not empty', value);
  return /[\p{Cc}\p{Cs}]/u.test(value) ? must(path, 'text without control characters', value) : [];
};

export const filePath: Format = (value, path) => {
  if (typeof value !== 'string' || value === '') return must(path, 'a path, and not empty', value);
  return /\p{Cc}/u.test(value) ? must(path, 'a path without control characters', value) : [];
};

/** The rotating log puts the day in the place of `%DATE%` itself. */
export const logPath: Format = (value, path) => {
  const mistakes = filePath(value, path);
  if (mistakes.length > 0) return mistakes;
  return String(value).includes('%DATE%')
    ? must(path, 'a path without %DATE%: each day has its own file anyway', value)
    : [];
};

/** The name that a topic's files bear. */
export const fileName: Format = (value, path) => {
  const mistakes = plainText(value, path);
  return mistakes.length > 0 || typeof value !== 'string' ? mistakes : tooLongName(value, path);
};

/** Says so where the files of `name` could not be named after it. */
export function tooLongName(name: string, path: string): readonly string[] {
  const bytes = encodeName(name).length;
  if (bytes <= ENCODED_NAME_BYTES_MAX) return [];
  const size = `${bytes} bytes long in file names, over the ${ENCODED_NAME_BYTES_MAX} allowed`;
  return [`${path} ${shown(name)} is ${size}: choose a shorter "name".`];
}
