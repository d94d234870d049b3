// The README's claims that a program can check.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { KEYS } from '../../src/shared/config/keys.js';
import { PRESETS, presetByHost } from '../../src/shared/protocols/index.js';
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

test("the README's table of exchanges has each preset as it is", () => {
  const [, section = ''] = README.split('\n## Exchanges');
  for (const { name, topic, example, confirmed_by, hosts } of PRESETS) {
    const row = section.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';
    const cells = row.split('|').map((cell) => cell.trim());
    expect(cells[3], name).toContain(`\`${topic}\``);
    expect(cells[4], name).toContain(example);
    expect(cells[5], name).toBe(confirmed_by ?? '');
    const url = /`(wss:[^`]+)`/.exec(cells[2] ?? '')?.[1];
    if (hosts.length > 0) expect(presetByHost(new URL(url ?? '').hostname).name).toBe(name);
  }
});

test("each topic that the README's table gives as an example is accepted", () => {
  const [, section = ''] = README.split('\n## Exchanges');
  for (const { name } of PRESETS) {
    const row = section.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';
    for (const [, topic] of (row.split('|')[4] ?? '').matchAll(/`([^`]+)`/g)) {
      expect(load({ topic, protocol: name }).settings.topics[0]?.topic).toBe(topic);
    }
  }
});

test("the README's table of several topics on one connection has each preset's numbers", () => {
  const [, section = ''] = README.split('### Several topics on one connection');
  for (const { name, batch, limits } of PRESETS) {
    const row = section.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';
    const cells = row.split('|').map((cell) => cell.trim());
    const firstNumber = (cell = '') => /^[\d,]+/.exec(cell)?.[0].replace(',', '') ?? '';
    const single = name === 'none' ? '' : '1';
    expect(firstNumber(cells[2]), name).toBe(String(batch?.topics_max ?? single));
    expect(firstNumber(cells[3]), name).toBe(String(limits.topics_max ?? ''));
    expect(firstNumber(cells[4]), name).toBe(String(limits.connects?.count ?? ''));
    expect(firstNumber(cells[5]), name).toBe(String((limits.requests ?? limits.host_requests)?.count ?? ''));
  }
});
