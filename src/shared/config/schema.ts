// The keys as a convict schema: defaults, and the judging of every given value by its own strict format.

import convict from 'convict';
import type { Given } from './given.js';
import { type Checked, KEYS, type Values } from './keys.js';

/**
 * Lays the given values over the defaults and has each given one judged by its format. The sentences are told
 * to `given`; a value with a mistake is undefined in what is returned.
 */
export function applySchema(given: Given): Checked<Values> {
  const bad = new Set<string>();
  const judge = (key: keyof Values, value: unknown): void => {
    if (!given.values.has(key)) return;
    const sentences = KEYS[key].format(value, given.pathOf(key));
    if (sentences.length > 0) bad.add(key);
    given.tell(key, sentences);
  };
  const config = convict(boxedSchema(judge), { env: {}, args: [] });
  for (const [key, value] of given.values) config.set(key, [value]);
  config.validate({ allowed: 'strict' });
  const boxes = Object.entries(config.getProperties());
  return Object.fromEntries(
    boxes.map(([key, [value]]) => [key, bad.has(key) ? undefined : value]),
  ) as Checked<Values>;
}

/**
 * Each value lies in a list of one. convict turns a bare string into the type of the default ("12abc" into 12,
 * "no" into true), and it walks into a bare object and trips over keys with dots; a list it leaves alone.
 */
function boxedSchema(
  judge: (key: keyof Values, value: unknown) => void,
): Record<string, { default: [unknown]; format: (box: [unknown]) => void }> {
  const names = Object.keys(KEYS) as (keyof Values)[];
  return Object.fromEntries(
    names.map((key) => [
      key,
      { default: [KEYS[key].default], format: ([value]: [unknown]) => judge(key, value) },
    ]),
  );
}
