// Promises about what a configuration that is read again changes.

import { expect, test } from 'vitest';
import type { Settings } from '../../src/shared/settings.js';
import { changeOf, describeChange, settingsAfter } from '../../src/supervisor/change.js';
import { topicSettings } from '../testing/topic-settings.js';

const topic = (name: string, changes = {}) => topicSettings({ topic: name, name, ...changes });

const BEFORE: Settings = {
  output_dir: '/o',
  topics: [topic('a'), topic('b'), topic('c')],
  topics_per_process: 2,
  status_interval_ms: 30_000,
  log_file: 'system.log',
  log_keep_days: 14,
  log_to_stdout: false,
  status_socket: '/s',
  http_port: null,
  http_host: '127.0.0.1',
  http_token: null,
};

test('topics are known by their names: new, gone, other than before, or as before', () => {
  const topics = [topic('d'), topic('c'), topic('a', { ws_url: 'ws://other:1' })];
  expect(changeOf(BEFORE, { ...BEFORE, topics })).toEqual({
    added: ['d'],
    removed: ['b'],
    changed: ['a'],
    unchanged: 1,
    waiting: [],
  });
});

test('another order alone is no change', () => {
  const change = changeOf(BEFORE, { ...BEFORE, topics: [...BEFORE.topics].reverse() });
  expect(change).toMatchObject({ added: [], removed: [], changed: [], unchanged: 3 });
});

test('each setting of a topic counts, also inside its protocol and headers', () => {
  const [a = topic('a'), ...others] = BEFORE.topics;
  const changedBy = (changes: object) =>
    changeOf(BEFORE, { ...BEFORE, topics: [{ ...a, ...changes }, ...others] }).changed;
  for (const key of Object.keys(a).filter((each) => each !== 'name')) {
    expect({ key, changed: changedBy({ [key]: 'other' }) }).toEqual({ key, changed: ['a'] });
  }
  expect(changedBy({ headers: { 'x-key': '1' } })).toEqual(['a']);
  expect(changedBy({ protocol: { ...a.protocol, limits: { topics_max: 1 } } })).toEqual(['a']);
  expect(changedBy({})).toEqual([]);
});

test('what cannot change while it runs keeps its value, and is told', () => {
  const after = {
    ...BEFORE,
    output_dir: '/p',
    topics_per_process: 1,
    log_keep_days: 1,
    status_interval_ms: 1,
  };
  expect(changeOf(BEFORE, after).waiting).toEqual(['output_dir', 'topics_per_process', 'log_keep_days']);
  expect(settingsAfter(BEFORE, after)).toEqual({ ...BEFORE, status_interval_ms: 1 });
  expect(describeChange(changeOf(BEFORE, after))).toBe(
    'Reloaded, topics: 3 as before. At the next start, and not before: output_dir, topics_per_process, log_keep_days.',
  );
});

test('the sentence counts what there is', () => {
  const topics = [topic('a', { buffer_size: 5 }), topic('d'), topic('e')];
  expect(describeChange(changeOf(BEFORE, { ...BEFORE, topics }))).toBe(
    'Reloaded, topics: 2 added, 2 removed, 1 changed.',
  );
});
