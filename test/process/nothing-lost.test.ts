// Promises about the whole program, as real processes: what a feed of numbered messages sent is in the files,
// whatever happens to children, sockets and the supervisor.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { StatusDocument } from '../../src/shared/status.js';
import { account, allUpTo, gapSentences, numbersOf } from '../testing/accounts.js';
import { ledgerRecords, testFolder } from '../testing/folder.js';
import { type NumberedFeed, startNumberedFeed } from '../testing/numbered-feed.js';
import {
  askStatus,
  CLI,
  childrenOf,
  eventually,
  processesOf,
  runs,
  type Supervised,
  supervise,
} from '../testing/supervised.js';

const TOPICS = ['a', 'b', 'c'];
const FAULTS = 9;

const allLive = (status: StatusDocument) => status.live_topics === status.topics.length;

/** Waits until the feed has sent `count` more of each topic. */
async function more(feed: NumberedFeed, topics: readonly string[], count: number): Promise<void> {
  const before = topics.map((topic) => feed.last(topic));
  await eventually(`${count} more messages`, () =>
    topics.every((topic, i) => feed.last(topic) >= (before[i] ?? 0) + count),
  );
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A generator that a printed seed determines. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test.each([
  ['', TOPICS, 1],
  [', where three topics share a process and a connection', ['a', 'b', 'c', 'd', 'e', 'f'], 3],
] as const)(
  'children killed, sockets closed, supervisor stopped: each message is in the files once, in order, or in a declared gap%s',
  async (_, names, topics_per_process) => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    console.log(`seed ${seed}`);
    const draw = random(seed);
    const feed = await startNumberedFeed();
    const folder = await testFolder();
    const settings = { topics: names, topics_per_process, ws_url: feed.url };
    let streamer = await supervise(folder, settings);
    await streamer.until('all live', allLive);
    for (let i = 0; i < FAULTS; i += 1) {
      await more(feed, names, 100 + Math.floor(draw() * 200));
      const victim = names[Math.floor(draw() * names.length)] ?? '';
      const { topics } = await streamer.status();
      const pid = topics.find(({ topic }) => topic === victim)?.pid ?? 0;
      const socket = feed.connections.findLast(({ topic }) => topic === victim)?.socket;
      const fault = ['kill', 'reset', 'close', 'stop', 'suspend'][Math.floor(draw() * 5)];
      console.log(`fault ${fault} of ${victim}`);
      if (fault === 'kill') process.kill(pid, 'SIGKILL');
      if (fault === 'reset') socket?.terminate();
      if (fault === 'close') socket?.close(1001, 'gone for a while');
      if (fault === 'suspend') {
        process.kill(pid, 'SIGSTOP');
        await more(
          feed,
          topics.filter((topic) => topic.pid !== pid).map(({ name }) => name),
          200,
        );
        process.kill(pid, 'SIGCONT');
      }
      if (fault === 'stop') {
        streamer.signal('SIGTERM');
        expect(await streamer.ended).toBe(0);
        streamer = await supervise(folder, settings);
      }
      await streamer.until('all live', allLive);
    }
    await more(feed, names, 100);
    streamer.signal('SIGTERM');
    expect(await streamer.ended).toBe(0);
    const log = await streamer.log();
    for (const topic of names) {
      const { numbers, disordered, undeclared, declared } = await account(feed, streamer.output_dir, topic);
      expect({ topic, disordered, undeclared }).toEqual({ topic, disordered: [], undeclared: [] });
      // Lost at most: what was on its way when a child was killed or a socket reset.
      expect(numbers.length).toBeGreaterThan(feed.last(topic) * 0.8);
      const gaps = await gapSentences(streamer.output_dir, topic);
      expect(gaps.filter((sentence) => !log.includes(sentence))).toEqual([]);
      console.log(
        `${topic}: ${feed.last(topic)} sent, ${numbers.length} captured, ${declared.length} in gaps`,
      );
    }
  },
  120_000,
);

/** What the log must tell of a run: its start, its connections, its files and its end. */
async function expectToldInLog(streamer: Supervised, url: string, restarted: boolean): Promise<void> {
  const log = await streamer.log();
  const { output_dir, socket, pid } = streamer;
  expect(log).toContain(
    ` started, pid ${pid}: ${TOPICS.length} topics to ${output_dir}, status at ${socket}\n`,
  );
  const files = await readdir(output_dir);
  for (const topic of TOPICS) {
    const of_topic = files.filter((name) => name.startsWith(`${topic}_`) && name.endsWith('.jsonl')).sort();
    const [path = '', ...of_next_hours] = of_topic.map((name) => join(output_dir, name));
    const told = [
      `Connecting to ${url}`,
      'Connected, subscribing',
      'Live: the server confirmed the subscription',
      `Writing ${path}`,
      `Closed ${path}`,
      // Another hour may have begun before the restart.
      ...(restarted && of_next_hours.length === 0 ? [`Appending to ${path} (`] : []),
    ];
    for (const words of told)
      expect(log).toMatch(new RegExp(` INFO {2}\\[${topic} \\d+\\] ${escaped(words)}`));
  }
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s: everything that was sent is in the files, and a restart goes on where it ended',
  async (signal) => {
    const feed = await startNumberedFeed();
    const folder = await testFolder();
    for (let run = 0; run < 2; run += 1) {
      const streamer = await supervise(folder, { topics: TOPICS, ws_url: feed.url });
      await streamer.until('all live', allLive);
      await more(feed, TOPICS, 200);
      streamer.signal(signal);
      // A second signal makes it no less graceful.
      streamer.signal(signal);
      expect(await streamer.ended).toBe(0);
      expect(existsSync(streamer.socket)).toBe(false);
      expect(await streamer.log()).toMatch(/INFO {2}Stopped\n$/);
      expect(streamer.printed()).toBe('');
      expect(processesOf(folder)).toEqual([]);
      await expectToldInLog(streamer, feed.url, run === 1);
    }
    for (const topic of TOPICS) {
      expect(await numbersOf(join(folder, 'out'), topic)).toEqual(allUpTo(feed.last(topic)));
    }
  },
);

test.each([
  ["PM2's way of stopping", 'SIGINT'],
  ['the way of a container or a service', 'SIGTERM'],
] as const)('%s, %s to each process of the tree at once, loses nothing either', async (_, signal) => {
  const feed = await startNumberedFeed();
  const streamer = await supervise(await testFolder(), { topics: TOPICS, ws_url: feed.url });
  await streamer.until('all live', allLive);
  await more(feed, TOPICS, 100);
  for (const pid of [...childrenOf(streamer.pid), streamer.pid]) process.kill(pid, signal);
  expect(await streamer.ended).toBe(0);
  expect(await streamer.log()).not.toMatch(/ERROR/);
  for (const topic of TOPICS) {
    expect(await numbersOf(streamer.output_dir, topic)).toEqual(allUpTo(feed.last(topic)));
  }
});

test('the end of its terminal, which sends the signal of a reload, stops it in good order', async () => {
  const feed = await startNumberedFeed();
  const folder = await testFolder();
  const topic = 'a';
  const config_path = join(folder, 'config.json');
  const socket = join(folder, 's.sock');
  const output_dir = join(folder, 'out');
  const log_file = join(folder, 'system.log');
  const config = { output_dir, status_socket: socket, log_file, topic, ws_url: feed.url };
  await writeFile(config_path, JSON.stringify(config));
  const command = [process.execPath, CLI, 'run', '--config', config_path]
    .map((word) => `'${word}'`)
    .join(' ');
  // It gives the program a terminal, which ends with it.
  const terminal = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'ignore', 'ignore'] });
  onTestFinished(() => {
    for (const pid of processesOf(config_path)) process.kill(pid, 'SIGKILL');
  });
  await eventually('live', async () => (await askStatus(socket).catch(() => null))?.live_topics === 1);
  await more(feed, [topic], 100);
  terminal.kill('SIGKILL');
  await eventually('the end', () => processesOf(config_path).length === 0);
  expect(await readFile(log_file, 'utf8')).toMatch(
    /Stopping: the terminal was closed[\s\S]*INFO {2}Stopped\n$/,
  );
  expect(await numbersOf(output_dir, topic)).toEqual(allUpTo(feed.last(topic)));
});

test('SIGTERM to a capture process alone: all it received is written, and another one goes on', async () => {
  const feed = await startNumberedFeed();
  const streamer = await supervise(await testFolder(), { topic: 't', ws_url: feed.url });
  await streamer.until('live', allLive);
  await more(feed, ['t'], 100);
  const [capture = 0] = childrenOf(streamer.pid);
  process.kill(capture, 'SIGTERM');
  const next = await streamer.until('the next one', (status) => {
    const [topic] = status.topics;
    return allLive(status) && topic?.restarts === 1;
  });
  expect(next.topics[0]?.pid).not.toBe(capture);
  await more(feed, ['t'], 100);
  streamer.signal('SIGTERM');
  expect(await streamer.ended).toBe(0);
  // The feed sends only while somebody is connected, so that even between the two nothing is missing.
  expect(await numbersOf(streamer.output_dir, 't')).toEqual(allUpTo(feed.last('t')));
  const [stop] = await ledgerRecords(streamer.output_dir, 'stop');
  const gaps = await ledgerRecords(streamer.output_dir, 'gap');
  expect(stop?.reason).toBe('stopped');
  expect(gaps).toMatchObject([{ from_ms: stop?.until_ms, reason: 'stopped' }]);
  const log = await streamer.log();
  expect(log).toContain(`[t ${capture}] Stopping: SIGTERM\n`);
  expect(log).toContain(`The capture process ${capture} ended: exit status 0; another one is started in 1 s`);
});

test('a killed supervisor: its captures write what they hold and end by themselves, and the next one goes on', async () => {
  const feed = await startNumberedFeed();
  const folder = await testFolder();
  const settings = { topics: TOPICS, ws_url: feed.url };
  const first = await supervise(folder, settings);
  await first.until('all live', allLive);
  await more(feed, TOPICS, 100);
  const captures = childrenOf(first.pid);
  first.signal('SIGKILL');
  expect(await first.ended).toBe('SIGKILL');
  // At once, as PM2 would: the dead socket file is replaced, the captures that are left are waited for.
  const second = await supervise(folder, settings);
  await second.until('all live', allLive);
  expect(captures.filter(runs)).toEqual([]);
  await more(feed, TOPICS, 100);
  second.signal('SIGTERM');
  expect(await second.ended).toBe(0);
  for (const topic of TOPICS) {
    expect(await numbersOf(second.output_dir, topic)).toEqual(allUpTo(feed.last(topic)));
  }
});

test('a capture that hangs when its supervisor is killed is killed by the next one after 10 s: two never write', async () => {
  const feed = await startNumberedFeed();
  const folder = await testFolder();
  const settings = { topics: ['a'], ws_url: feed.url };
  const first = await supervise(folder, settings);
  await first.until('live', allLive);
  await more(feed, ['a'], 100);
  const [capture = 0] = childrenOf(first.pid);
  process.kill(capture, 'SIGSTOP');
  first.signal('SIGKILL');
  await first.ended;
  const second = await supervise(folder, settings);
  const waiting = await second.until('the wait', ({ topics }) => topics[0]?.error != null);
  expect(waiting.topics[0]).toMatchObject({ state: 'starting', messages: 0 });
  expect(waiting.topics[0]?.error).toContain('Another capture process still writes this topic');
  await second.until('live', allLive);
  expect(runs(capture)).toBe(false);
  expect(await second.log()).toContain(`Killed process ${capture}: after 10 s another capture process`);
  await more(feed, ['a'], 100);
  second.signal('SIGTERM');
  await second.ended;
  const { disordered, undeclared } = await account(feed, second.output_dir, 'a');
  expect({ disordered, undeclared }).toEqual({ disordered: [], undeclared: [] });
});

test('a second instance on the same folder or socket exits with 75 and one sentence, and the first goes on', async () => {
  const feed = await startNumberedFeed();
  const folder = await testFolder();
  const first = await supervise(folder, { topics: TOPICS, ws_url: feed.url });
  await first.until('all live', allLive);
  const same_folder = await supervise(folder, { topics: ['x'], status_socket: join(folder, 'other.sock') });
  expect(await same_folder.ended).toBe(75);
  expect(same_folder.printed()).toMatch(/^streamer: Another instance holds the output folder .*\n$/);
  const same_socket = await supervise(folder, { topics: ['x'], output_dir: join(folder, 'other') });
  expect(await same_socket.ended).toBe(75);
  expect(same_socket.printed()).toMatch(/^streamer: Another instance holds the status socket .*\n$/);
  const { topics } = await first.until('all live', allLive);
  expect(topics.map(({ restarts, reconnects }) => restarts + reconnects)).toEqual([0, 0, 0]);
});

const is_root = process.getuid?.() === 0;
if (!is_root)
  console.log('skipped: a full disk under overload, for which a small disk is mounted: only root may');

test.runIf(is_root)(
  'a full disk under overload: reading pauses, memory stays under 200 MB, and when there is room nothing is missing',
  async () => {
    const feed = await startNumberedFeed({ per_tick: 60, padding: 2_000 });
    const folder = await testFolder();
    const out = join(folder, 'out');
    await mkdir(out);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', out]);
    onTestFinished(() => void execFileSync('umount', ['-l', out]));
    const streamer = await supervise(folder, { topics: ['a'], ws_url: feed.url, buffer_size: 1_000_000 });
    const full = await streamer.until('the full disk', ({ topics }) => topics[0]?.error != null);
    expect(full.topics[0]?.error).toMatch(/ENOSPC|no space/i);
    let memory_bytes = 0;
    const sample = ({ topics }: StatusDocument) => {
      memory_bytes = Math.max(memory_bytes, topics[0]?.memory_bytes ?? 0);
    };
    const { topics } = await streamer.until('the full buffer', (status) => {
      sample(status);
      return (status.topics[0]?.buffered ?? 0) * 2_020 > 62 * 1024 * 1024;
    });
    const held = topics[0]?.buffered ?? 0;
    execFileSync('mount', ['-o', 'remount,size=600m', out]);
    await streamer.until('room', (status) => {
      sample(status);
      return status.topics[0]?.error === null && status.total_messages > held;
    });
    feed.sending = false;
    await streamer.until('everything', (status) => {
      sample(status);
      return status.total_messages > feed.last('a');
    });
    streamer.signal('SIGTERM');
    expect(await streamer.ended).toBe(0);
    expect(await numbersOf(out, 'a')).toEqual(allUpTo(feed.last('a')));
    expect(memory_bytes).toBeLessThan(200_000_000);
    const log = await streamer.log();
    expect(log).toMatch(/ERROR \[a \d+\] Writing failed: .*trying again in 1 s/);
    expect(log).toMatch(/WARN {2}\[a \d+\] The buffer was full/);
    expect(log).toMatch(/INFO {2}\[a \d+\] Writing works again/);
  },
  120_000,
);

test('ten topics are on the disk within 5 s of the start', async () => {
  const feed = await startNumberedFeed({ per_tick: 1 });
  const topics = Array.from({ length: 10 }, (_, i) => `topic${i}`);
  const before = performance.now();
  const streamer = await supervise(await testFolder(), { topics, ws_url: feed.url });
  await eventually('a line of each topic', async () => {
    const written = await Promise.all(
      topics.map(async (topic) => (await numbersOf(streamer.output_dir, topic).catch(() => [])).length),
    );
    return written.every((count) => count > 0);
  });
  const took_ms = performance.now() - before;
  console.log(`ten topics: first messages on the disk after ${(took_ms / 1000).toFixed(1)} s`);
  expect(took_ms).toBeLessThan(5_000);
});
