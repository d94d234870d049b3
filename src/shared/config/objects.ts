// Objects of known keys, each with a format of its own.

import type { Format } from './formats.js';
import { keyPath, unknownKey } from './mistakes.js';

export function checkObject(
  value: object,
  formats: Readonly<Record<string, Format>>,
  path: string,
): string[] {
  return Object.entries(value).flatMap(([key, item]) => {
    const format = Object.hasOwn(formats, key) ? formats[key] : undefined;
    return format === undefined
      ? [unknownKey(path, key, Object.keys(formats))]
      : format(item, keyPath(path, key));
  });
}

export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
