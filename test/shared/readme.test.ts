// The README's claims that a program can check.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { KEYS } from '../../src/shared/config/keys.js';
import { ca_file, load } from './config/loading.js';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The example of every key, its comments taken out as its reader is told to. */
function example(): Record<string, unknown> {
  const text = /```jsonc\n(.*?)```/s.exec(README)?.[1] ?? '';
  return JSON.parse(text.replace(/(^|[\s,])\/\/ .*$/gm, '$1'));
}

test("the README's example is accepted and shows every key", () => {
  const given = example();
  const { settings } = load({ ...given, ca_file });
  expect(settings.topics.map(({ name }) => name)).toContain('spot-publicTrade.BTCUSDT');
  const shown = new Set([...Object.keys(given), 'topic', 'name']);
  expect(Object.keys(KEYS).filter((key) => !shown.has(key))).toEqual([]);
});

test("the README's table names every key with its default", () => {
  for (const [key, { default: value }] of Object.entries(KEYS)) {
    const row = README.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${key}\``));
    expect(row, key).toBeDefined();
    if (value !== undefined && value !== null) expect(row, key).toContain(String(value));
  }
});
