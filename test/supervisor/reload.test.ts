// Promises about a configuration that is read again while capture processes run, die and stop, with programs that stand
// in for them.

import { expect, onTestFinished, test } from 'vitest';
import type { Settings, TopicSettings } from '../../src/shared/settings.js';
import type { StatusDocument, TopicStatus } from '../../src/shared/status.js';
import { TIMING, type Timing } from '../../src/supervisor/process-runner.js';
import { Supervisor } from '../../src/supervisor/supervisor.js';
import { standIn } from '../testing/capture-stand-in.js';
import { testFolder } from '../testing/folder.js';
import { eventually, runs } from '../testing/supervised.js';
import { topicSettings } from '../testing/topic-settings.js';

/** Has each topic that it was told of, with ten messages, and eleven when it lets go of it. */
const CAPTURES = `
setInterval(() => {}, 1000);
const topics = new Map();
let runs = 0;
const add = ({ name, buffer_size }) => topics.set(name, { ...REPORT, name, run: ++runs, messages: 10, buffered: buffer_size });
const tell = () => process.send({ type: 'report', memory_bytes: 1, cpu_ms: 1, topics: [...topics.values()] });
const leaving = new Map();
const letGo = (name) => {
  const gone = new Promise((resolve) => setTimeout(() => {
    if (topics.has(name)) topics.get(name).messages = 11;
    tell();
    topics.delete(name);
    tell();
    resolve();
  }, 30));
  leaving.set(name, gone);
};
process.on('message', async (message) => {
  if (message.type !== 'change') return;
  for (const name of message.remove) letGo(name);
  for (const topic of message.add) {
    await leaving.get(topic.name);
    add(topic);
    tell();
  }
});
stop = () => {
  for (const topic of topics.values()) topic.messages = 11;
  process.send({ type: 'report', memory_bytes: 1, cpu_ms: 1, topics: [...topics.values()] }, () => process.exit(0));
};
const { topics: first } = await started;
first.forEach(add);
tell();
setInterval(tell, 20);
`;

const FAST: Timing = { ...TIMING, restart_ms_min: 20, restart_ms_max: 20, stop_ms_max: 1_000 };

const topic = (name: string, changes: Partial<TopicSettings> = {}) =>
  topicSettings({ topic: name, name, ...changes });

interface Watched {
  readonly supervisor: Supervisor;
  reload(...topics: TopicSettings[]): ReturnType<Supervisor['reload']>;
  until(what: string, holds: (status: StatusDocument) => boolean): Promise<StatusDocument>;
  of(name: string): TopicStatus | undefined;
  /** So many seconds of the supervisor's. */
  ticks(count: number): Promise<void>;
}

async function watch(
  topics_per_process: number,
  topics: readonly TopicSettings[],
  { body = CAPTURES, timing = FAST }: { body?: string; timing?: Timing } = {},
): Promise<Watched> {
  const folder = await testFolder();
  const settings: Settings = {
    output_dir: folder,
    topics,
    topics_per_process,
    status_interval_ms: 60_000,
    log_file: '',
    log_keep_days: 1,
    log_to_stdout: false,
    status_socket: '',
    http_port: null,
    http_host: '127.0.0.1',
    http_token: null,
  };
  let ticked = 0;
  const supervisor = new Supervisor(settings, {
    memoryBytes: () => 1,
    cpuMs: () => 1,
    pid: process.pid,
    capture_file: await standIn(folder, body),
    log: () => {},
    http_port: () => null,
    ready: () => {},
    ticked: () => {
      ticked += 1;
    },
    timing,
  });
  onTestFinished(() => supervisor.stop());
  supervisor.start();
  const status = () => supervisor.status();
  return {
    supervisor,
    reload: (...next) => supervisor.reload(() => ({ ...settings, topics: next })),
    async until(what, holds) {
      await eventually(what, () => holds(status()));
      return status();
    },
    async ticks(count) {
      const last = ticked + count;
      await eventually('ticks', () => ticked >= last);
    },
    of: (name) => status().topics.find((each) => each.name === name),
  };
}

const allLive = ({ topics, live_topics }: StatusDocument) => live_topics === topics.length;
const names = ({ topics }: StatusDocument) => topics.map(({ name }) => name);

test.each([1, 10])(
  'with %i a process, what was added is captured, what was removed is gone, the rest has the process that it had',
  async (size) => {
    const w = await watch(
      size,
      ['a', 'b', 'c'].map((name) => topic(name)),
    );
    const before = await w.until('all live', allLive);
    const reloaded = await w.reload(topic('a'), topic('d'), topic('c', { buffer_size: 5 }));
    expect(reloaded).toMatchObject({
      ok: true,
      message: 'Reloaded, topics: 1 added, 1 removed, 1 changed, 1 as before.',
    });
    const after = await w.until('all live again', (s) => allLive(s) && w.of('c')?.buffered === 5);
    expect(names(after)).toEqual(['a', 'd', 'c']);
    expect(after.topics[0]?.pid).toBe(before.topics[0]?.pid);
    expect(w.of('c')?.buffer_size).toBe(5);
  },
);

test.each([1, 10])(
  'with %i a process, counts never fall for a topic that is changed, and totals keep what removed ones counted to their last word',
  async (size) => {
    const w = await watch(
      size,
      ['a', 'b', 'c'].map((name) => topic(name)),
    );
    await w.until('all counted', ({ total_messages }) => total_messages === 30);
    let least = 30;
    let of_a = 10;
    const rising = (s: StatusDocument) => {
      expect(s.total_messages).toBeGreaterThanOrEqual(least);
      least = s.total_messages;
      const { messages = of_a } = w.of('a') ?? {};
      expect(messages).toBeGreaterThanOrEqual(of_a);
      of_a = messages;
    };
    const reloading = w.reload(topic('a', { buffer_size: 5 }), topic('c'));
    await w.until('changed', (s) => {
      rising(s);
      return w.of('a')?.buffered === 5;
    });
    await reloading;
    // b: 10, and 1 as its last word; a: 11, and 10 anew; c: 10.
    const status = await w.until('counted', ({ total_messages }) => total_messages >= 42);
    expect(status.total_messages).toBe(42);
    // Nor is it forgotten with the topic.
    await w.ticks(2);
    expect(w.supervisor.status().total_messages).toBe(42);
    expect(w.of('a')?.messages).toBe(21);
    // b comes again before a tick, and counts from nothing; what it counted before is in the total.
    await w.reload(topic('a', { buffer_size: 5 }), topic('b'), topic('c'));
    await w.until('b again', () => w.of('b')?.state === 'live');
    expect(w.of('b')?.messages).toBe(10);
    expect(w.supervisor.status().total_messages).toBe(52);
  },
);

test('a topic that is removed and added again at once does not count its first life twice', async () => {
  const w = await watch(10, [topic('a'), topic('b')]);
  await w.until('all counted', ({ total_messages }) => total_messages === 20);
  await w.reload(topic('a'));
  await w.reload(topic('a'), topic('b'));
  let most = 0;
  await w.until('b again', ({ total_messages }) => {
    most = Math.max(most, total_messages);
    return w.of('b')?.state === 'live' && w.of('b')?.messages === 10 && total_messages === 31;
  });
  expect(most).toBe(31);
});

test('a topic that is being changed is not shown as live by what its last run still says', async () => {
  const body = CAPTURES.replace('}, 30));', '}, 500));');
  const w = await watch(10, [topic('a'), topic('b')], { body });
  await w.until('all live', allLive);
  await w.reload(topic('a', { buffer_size: 5 }), topic('b'));
  const states = new Set<string>();
  await w.until('changed', () => {
    if (w.of('a')?.buffered !== 5) states.add(w.of('a')?.state ?? '');
    return w.of('a')?.state === 'live' && w.of('a')?.buffered === 5;
  });
  expect([...states]).toEqual(['starting']);
});

test('two reloads at once come one after the other, and the second is what holds', async () => {
  const w = await watch(1, [topic('a'), topic('b')]);
  await w.until('all live', allLive);
  const [first, second] = await Promise.all([
    w.reload(topic('a'), topic('c')),
    w.reload(topic('a'), topic('c', { buffer_size: 5 }), topic('d')),
  ]);
  expect(first?.message).toBe('Reloaded, topics: 1 added, 1 removed, 1 as before.');
  expect(second?.message).toBe('Reloaded, topics: 1 added, 1 changed, 1 as before.');
  const status = await w.until(
    'all live',
    (s) => allLive(s) && s.topics.length === 3 && w.of('c')?.buffered === 5,
  );
  expect(names(status)).toEqual(['a', 'c', 'd']);
  // The second was not even read before the first was done.
  const read: string[] = [];
  const reload = (what: string) =>
    w.supervisor.reload(() => {
      read.push(what);
      throw new Error('bad');
    });
  const removing = w.reload(topic('a'), topic('c', { buffer_size: 5 })).then(() => read.push('removed'));
  await Promise.all([removing, reload('second')]);
  expect(read).toEqual(['removed', 'second']);
  const pids = status.topics.map(({ pid }) => pid ?? 0);
  expect(new Set(pids).size).toBe(3);
  expect(pids.map(runs)).toEqual([true, true, false]);
});

test('a configuration that cannot be read changes nothing, and the next one is read', async () => {
  const w = await watch(1, [topic('a')]);
  await w.until('all live', allLive);
  const bad = await w.supervisor.reload(() => {
    throw new Error('no such file');
  });
  expect(bad).toMatchObject({ ok: false, message: 'Not reloaded, nothing is changed: no such file' });
  expect(w.supervisor.status().reloaded).toEqual(bad);
  expect(await w.reload(topic('a'), topic('b'))).toMatchObject({ ok: true });
  await w.until('both live', (s) => allLive(s) && s.topics.length === 2);
});

test.each([1, 10])(
  'with %i a process, a reload while a process is restarting is what the next one is started with',
  async (size) => {
    const timing = { ...FAST, restart_ms_min: 300, restart_ms_max: 300 };
    const w = await watch(size, [topic('a'), topic('b')], { timing });
    const { topics } = await w.until('all live', allLive);
    process.kill(topics[0]?.pid ?? 0, 'SIGKILL');
    await w.until('a death', () => w.of('a')?.state === 'restarting');
    await w.reload(topic('a', { buffer_size: 5 }), topic('c'));
    const status = await w.until('all live', (s) => allLive(s) && w.of('a')?.buffered === 5);
    expect(names(status)).toEqual(['a', 'c']);
    // It was restarted once, whatever process it has now; the others were not.
    expect(w.of('a')?.restarts).toBe(1);
    expect(w.of('c')?.restarts).toBe(0);
  },
);

test('a permit that is asked for under the name of a topic that is being removed is given: others may wait for it', async () => {
  const body = `${CAPTURES}
    process.on('message', ({ type, id }) => {
      if (type === 'change') process.send({ type: 'ask', id: 7, name: 'b', kind: 'connect', count: 1, down_since_ms: 1 });
      if (type === 'permit' && id === 7) topics.get('a').messages = 1000;
    });`;
  const w = await watch(10, [topic('a'), topic('b')], { body });
  await w.until('all live', allLive);
  await w.reload(topic('a'));
  await w.until('the permit', () => w.of('a')?.messages === 1000);
});

test('a stop during a reload stops everything, waits for what the reload was stopping, and starts nothing', async () => {
  const body = CAPTURES.replace(
    'stop = () => {',
    "stop = async () => { if (topics.has('a')) await new Promise((resolve) => setTimeout(resolve, 600));",
  );
  const w = await watch(1, [topic('a'), topic('b')], { body });
  const { topics } = await w.until('all live', allLive);
  const reloading = w.reload(topic('b'), topic('c'));
  await w.until('b alone is left', () => w.of('a') === undefined);
  await w.supervisor.stop();
  for (const { pid } of topics) expect(runs(pid ?? 0)).toBe(false);
  await reloading;
  // Their last words count: a's too, which is no longer in the configuration.
  const after = w.supervisor.status();
  expect(after).toMatchObject({ state: 'stopping', live_topics: 0, total_messages: 22 });
  expect(after.topics.every(({ pid, state }) => pid === null && state === 'stopped')).toBe(true);
});

test('a reload during a stop changes nothing, and says so', async () => {
  const w = await watch(1, [topic('a')]);
  await w.until('all live', allLive);
  const stopping = w.supervisor.stop();
  expect(await w.reload(topic('b'))).toMatchObject({
    ok: false,
    message: expect.stringMatching(/stopping/i),
  });
  await stopping;
  expect(names(w.supervisor.status())).toEqual(['a']);
});
