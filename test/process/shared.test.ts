// Promises about topics that share processes and connections: each has its own files, ledger and counts, whatever
// happens to the connection, the process or the configuration.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { FromCapture, ToCapture, TopicReport } from '../../src/shared/ipc.js';
import { bybit } from '../../src/shared/protocols/bybit.js';
import type { StatusDocument } from '../../src/shared/status.js';
import { account } from '../testing/accounts.js';
import { ledgerRecords, testFolder } from '../testing/folder.js';
import { type NumberedFeed, startNumberedFeed } from '../testing/numbered-feed.js';
import {
  childrenOf,
  eventually,
  PROJECT,
  runCommand,
  type Supervised,
  supervise,
} from '../testing/supervised.js';
import { topicSettings } from '../testing/topic-settings.js';

const names = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `t.${String(from + i).padStart(3, '0')}`);
const TOPICS = names(1, 24);

const allLive = (status: StatusDocument) => status.live_topics === status.topics.length;

/** Waits until the feed has sent `count` more of each topic. */
async function more(feed: NumberedFeed, topics: readonly string[], count: number): Promise<void> {
  const before = topics.map((topic) => feed.last(topic));
  await eventually(`${count} more messages`, () =>
    topics.every((topic, i) => feed.last(topic) >= (before[i] ?? 0) + count),
  );
}

/** Everything that was sent of the topics is in their own files once and in order, or declared. */
async function expectWhole(feed: NumberedFeed, folder: string, topics: readonly string[]): Promise<number> {
  let declared = 0;
  for (const topic of topics) {
    const whole = await account(feed, folder, topic);
    expect({ topic, ...whole, numbers: whole.numbers.length > 0, declared: [] }).toEqual({
      topic,
      numbers: true,
      disordered: [],
      undeclared: [],
      declared: [],
    });
    declared += whole.declared.length;
  }
  for (const file of await readdir(folder)) {
    const [, name] = /^(.*)_\d+\.jsonl$/.exec(file) ?? [];
    if (name === undefined) continue;
    const lines = (await readFile(join(folder, file), 'utf8')).split('\n').slice(0, -1);
    const others = lines.filter(
      (line) => line.startsWith('{"topic"') && !line.startsWith(`{"topic":"${name}"`),
    );
    expect({ file, others }).toEqual({ file, others: [] });
  }
  return declared;
}

async function start(
  feed: NumberedFeed,
  topics: readonly unknown[] = TOPICS,
  topics_per_process = 10,
): Promise<Supervised> {
  const streamer = await supervise(await testFolder(), { topics, topics_per_process, ws_url: feed.url });
  await streamer.until('all live', allLive);
  return streamer;
}

async function stop(streamer: Supervised): Promise<void> {
  streamer.signal('SIGTERM');
  expect(await streamer.ended).toBe(0);
}

test('topics share processes and connections, each with files of its own, and control messages in theirs', async () => {
  const feed = await startNumberedFeed({ per_tick: 2 });
  const streamer = await start(feed);
  expect(childrenOf(streamer.pid)).toHaveLength(3);
  expect(new Set(feed.connections.map(({ socket }) => socket)).size).toBe(3);
  expect(feed.requests.flat().sort()).toEqual(TOPICS);
  // Those that are taken in while the connection is made are asked for together, ten at most.
  expect(feed.requests.length).toBeLessThan(TOPICS.length / 2);
  expect(Math.max(...feed.requests.map((request) => request.length))).toBeLessThanOrEqual(10);
  await more(feed, TOPICS, 200);
  const { topics } = await streamer.status();
  expect(topics.map(({ name }) => name).sort()).toEqual(TOPICS);
  expect(JSON.stringify(topics).length / topics.length).toBeLessThan(1_024);
  await stop(streamer);
  expect(await expectWhole(feed, streamer.output_dir, TOPICS)).toBe(0);
  const files = await readdir(streamer.output_dir);
  const stems = [...new Set(files.filter((file) => file.startsWith('_')).map((file) => file.split('_')[1]))];
  expect(stems.filter((stem) => !stem?.includes('ledger') && !stem?.includes('mark')).sort()).toEqual([
    'control',
    'control.2',
    'control.3',
  ]);
  const verified = await runCommand(['verify', streamer.output_dir]);
  expect(verified).toMatchObject({ status: 0 });
});

test('a connection that breaks and a process that dies are gaps of their own topics alone', async () => {
  const feed = await startNumberedFeed({ per_tick: 2 });
  const streamer = await start(feed);
  await more(feed, TOPICS, 100);
  const [first] = TOPICS;
  feed.connections.find(({ topic }) => topic === first)?.socket.terminate();
  await streamer.until('reconnected', (s) => allLive(s) && s.topics.some(({ reconnects }) => reconnects > 0));
  const { topics } = await streamer.status();
  const last = topics.find(({ topic }) => topic === TOPICS.at(-1));
  process.kill(last?.pid ?? 0, 'SIGKILL');
  await streamer.until('restarted', (s) => allLive(s) && s.topics.some(({ restarts }) => restarts > 0));
  await more(feed, TOPICS, 100);
  await stop(streamer);
  await expectWhole(feed, streamer.output_dir, TOPICS);
  const gaps = await Promise.all(
    TOPICS.map(async (name) => (await ledgerRecords(streamer.output_dir, 'gap', name)).map((g) => g.reason)),
  );
  expect(gaps).toEqual([
    ...names(1, 10).map(() => ['disconnected']),
    ...names(11, 20).map(() => []),
    ...names(21, 24).map(() => ['crash']),
  ]);
});

test.each([
  ['with a process each', 1],
  ['that share a connection', 10],
])(
  'topics %s are added, removed and changed by a reload, and the others miss nothing',
  async (_, topics_per_process) => {
    const feed = await startNumberedFeed({ per_tick: 2 });
    const before = names(1, 6);
    const streamer = await start(feed, before, topics_per_process);
    await more(feed, before, 100);
    const config = JSON.parse(await readFile(streamer.config_path, 'utf8'));
    const [changed = '', , , , , removed = ''] = before;
    const kept = before.slice(1, -1);
    const added = names(7, 8);
    const topics = [{ topic: changed, flush_interval_ms: 50 }, ...kept, ...added];
    await writeFile(streamer.config_path, JSON.stringify({ ...config, topics }));
    const subscribed = feed.connections.length;
    const reloaded = await runCommand(['reload', '--socket', streamer.socket]);
    expect(reloaded).toEqual({
      status: 0,
      stdout: 'Reloaded, topics: 2 added, 1 removed, 1 changed, 4 as before.\n',
      stderr: '',
    });
    const status = await streamer.until('all live again', (s) => allLive(s) && s.topics.length === 7);
    expect(status.topics.map(({ name }) => name)).toEqual([changed, ...kept, ...added]);
    expect(status.reloaded).toMatchObject({ ok: true });
    await more(feed, [changed, ...kept, ...added], 100);
    // What was subscribed since is what was added or changed, and nothing else.
    const since = feed.connections.slice(subscribed).map(({ topic }) => topic);
    expect(since.sort()).toEqual([changed, ...added]);
    await stop(streamer);
    await expectWhole(feed, streamer.output_dir, [...before, ...added]);
    const reasons = async (name: string) =>
      (await ledgerRecords(streamer.output_dir, 'gap', name)).map(({ reason }) => reason);
    expect(await reasons(changed)).toEqual(['reconfigured']);
    for (const name of kept) expect(await reasons(name)).toEqual([]);
    const stops = await ledgerRecords(streamer.output_dir, 'stop', removed);
    expect(stops.map(({ reason }) => reason)).toEqual(['stopped']);
  },
);

test('SIGHUP reloads as well; a configuration with a mistake changes nothing and says why', async () => {
  const feed = await startNumberedFeed();
  const streamer = await start(feed, ['t.001'], 1);
  const config = JSON.parse(await readFile(streamer.config_path, 'utf8'));
  await writeFile(streamer.config_path, JSON.stringify({ ...config, buffer_size: 0 }));
  streamer.signal('SIGHUP');
  const bad = await streamer.until('refused', ({ reloaded }) => reloaded !== null);
  expect(bad.reloaded).toMatchObject({
    ok: false,
    message: expect.stringMatching(/nothing is changed.*buffer_size/),
  });
  expect(bad.live_topics).toBe(1);
  await writeFile(streamer.config_path, JSON.stringify({ ...config, topics: ['t.001', 't.002'] }));
  streamer.signal('SIGHUP');
  await streamer.until('both live', (s) => s.live_topics === 2 && s.reloaded?.ok === true);
  expect(feed.connections.map(({ topic }) => topic)).toEqual(['t.001', 't.002']);
});

test('a change that comes right after the start holds: what was removed is not captured, what was added is', async () => {
  const feed = await startNumberedFeed();
  const output_dir = await testFolder();
  // Nobody rations here.
  const protocol = { ...bybit, limits: {} };
  const settings = (name: string) => topicSettings({ topic: name, name, ws_url: feed.url, protocol });
  const child = fork(join(PROJECT, 'dist', 'capture', 'main.cjs'), ['test'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  let reports: readonly TopicReport[] = [];
  child.on('message', (message: FromCapture) => {
    if (message.type === 'report') reports = message.topics;
  });
  const say = (message: ToCapture) => child.send(message);
  const topics = ['a', 'b', 'c'].map(settings);
  say({ type: 'start', output_dir, topics, control_name: '_control' });
  say({ type: 'change', remove: ['b', 'c'], add: [{ ...settings('c'), buffer_size: 5_000 }, settings('d')] });
  await eventually('all live', () => reports.length === 3 && reports.every(({ state }) => state === 'live'));
  expect(reports.map(({ name }) => name).sort()).toEqual(['a', 'c', 'd']);
  const exited = once(child, 'exit');
  say({ type: 'stop', reason: 'stopped' });
  expect(await exited).toEqual([0, null]);
  for (const name of ['a', 'c', 'd']) expect(await ledgerRecords(output_dir, 'stop', name)).toHaveLength(1);
});
