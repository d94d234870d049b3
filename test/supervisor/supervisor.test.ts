// Promises of the supervisor about its capture processes, with programs that stand in for them: real forks, real
// deaths.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Settings } from '../../src/shared/settings.js';
import type { StatusDocument } from '../../src/shared/status.js';
import { TIMING, type Timing } from '../../src/supervisor/process-runner.js';
import { Supervisor } from '../../src/supervisor/supervisor.js';
import { standIn } from '../testing/capture-stand-in.js';
import { testFolder } from '../testing/folder.js';
import { eventually, runs } from '../testing/supervised.js';
import { topicSettings } from '../testing/topic-settings.js';

interface Watched {
  readonly supervisor: Supervisor;
  readonly log: string[];
  readonly ready: () => boolean;
  /** Asks the status until `holds`. */
  until(what: string, holds: (status: StatusDocument) => boolean): Promise<StatusDocument>;
}

const FAST: Timing = {
  restart_ms_min: 20,
  restart_ms_max: 160,
  healthy_ms_min: 100,
  silent_ticks_max: 2,
  stop_ms_max: 500,
};

async function watch(
  body: string,
  topics: readonly string[] = ['a'],
  timing: Partial<Timing> = {},
): Promise<Watched> {
  const folder = await testFolder();
  const log: string[] = [];
  let ready = false;
  const settings: Settings = {
    output_dir: folder,
    topics: topics.map((topic) => topicSettings({ topic, name: topic, buffer_size: 7 })),
    topics_per_process: 1,
    status_interval_ms: 100,
    log_file: '',
    log_keep_days: 1,
    log_to_stdout: false,
    status_socket: '',
    http_port: null,
    http_host: '127.0.0.1',
    http_token: null,
  };
  const supervisor = new Supervisor(settings, {
    memoryBytes: () => 1,
    cpuMs: () => 1,
    pid: process.pid,
    capture_file: await standIn(folder, body),
    log: (level, message, who) => log.push(`${level} [${who ?? ''}] ${message}`),
    http_port: () => null,
    ready: () => {
      ready = true;
    },
    ticked: () => {},
    timing: { ...FAST, ...timing },
  });
  onTestFinished(() => supervisor.stop());
  supervisor.start();
  return {
    supervisor,
    log,
    ready: () => ready,
    async until(what, holds) {
      await eventually(what, () => holds(supervisor.status()));
      return supervisor.status();
    },
  };
}

const STAY = 'setInterval(() => {}, 1000);';

test('the child gets its settings, and the status shows what it reports', async () => {
  const { until, supervisor } = await watch(`${STAY}
    await started;
    report({ messages: 5, bytes: 50, last_message_at_ms: 1_700_000_000_001, buffered: 3, dropped: 1, reconnects: 2,
      gaps: 4, gap_ms: 4500, event_lag_ms: -7, write_ms: { counts: [5, 0, 0, 0, 0, 0, 0, 0, 1], sum_ms: 9000 },
      write_ms_max: 8900, file: '/x/' + settings.name + '.jsonl', error: settings.topic + ' is odd' });`);
  const { topics, ...whole } = await until('a report', (status) => status.total_messages > 0);
  expect(topics[0]).toMatchObject({
    topic: 'a',
    name: 'a',
    ws_url: 'ws://127.0.0.1:1',
    state: 'live',
    since_ms: 1_700_000_000_000,
    messages: 5,
    bytes: 50,
    last_message_at_ms: 1_700_000_000_001,
    buffered: 3,
    buffer_size: 7,
    dropped: 1,
    reconnects: 2,
    restarts: 0,
    gaps: 4,
    gap_ms: 4500,
    event_lag_ms: -7,
    file: '/x/a.jsonl',
    error: 'a is odd',
  });
  expect(whole).toMatchObject({ pid: process.pid, total_messages: 5, total_bytes: 50, live_topics: 1 });
  expect(runs(topics[0]?.pid ?? 0)).toBe(true);
  expect(supervisor.writeLatencies()).toEqual(
    new Map([['a', { counts: [5, 0, 0, 0, 0, 0, 0, 0, 1], sum_ms: 9000 }]]),
  );
  expect([...supervisor.takeLongestWrites()]).toEqual([['a', 8900]]);
  expect([...supervisor.takeLongestWrites()]).toEqual([['a', 0]]);
  await supervisor.stop();
  expect(supervisor.status()).toMatchObject({ state: 'stopping', live_topics: 0, total_messages: 5 });
  expect(supervisor.status().topics[0]).toMatchObject({ state: 'stopped', pid: null, messages: 5 });
});

test('each process is told with what it takes, and one that is gone is not', async () => {
  const { until, supervisor } = await watch(
    `${STAY}
    await started;
    // Half of a core since it was started.
    setInterval(() => {
      const cpu_ms = Math.round(process.uptime() * 500);
      process.send({ type: 'report', memory_bytes: 1, cpu_ms, topics: [{ ...REPORT, name: settings.name, messages: 1 }] });
    }, 50);`,
    ['a', 'b'],
  );
  await until('reports', (status) => status.total_messages === 2);
  const own = { pid: process.pid, role: 'supervisor', name: 'supervisor', topics: [], memory_bytes: 1 };
  const { topics } = supervisor.status();
  const captures = topics.map(({ name, pid }) => ({
    pid,
    role: 'capture',
    name,
    topics: [name],
    memory_bytes: 1,
  }));
  expect(supervisor.processes()).toMatchObject([own, ...captures]);
  await eventually('their shares', () => supervisor.processes().every((process) => process.cpu_share > 0));
  for (const { role, cpu_share } of supervisor.processes()) {
    expect(cpu_share).toBeLessThanOrEqual(role === 'capture' ? 0.6 : 1);
  }
  await supervisor.stop();
  expect(supervisor.processes()).toMatchObject([own]);
});

test('a child that dies is replaced, its totals are kept, and the log tells how it died', async () => {
  const { until, log } = await watch(`${STAY}
    await started;
    const n = run();
    report({ messages: 10, bytes: 100, gaps: 1 });
    if (n === 1) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50);`);
  const status = await until('the second run', ({ total_messages }) => total_messages === 20);
  expect(status.topics[0]).toMatchObject({ state: 'live', restarts: 1, bytes: 200, gaps: 2, error: null });
  expect(log.join('\n')).toMatch(
    /error \[a\] The capture process \d+ ended: SIGKILL; another one is started in 0.02 s/,
  );
});

test('while a dead child is waited for, the status says restarting and why, and the total stays', async () => {
  const { until } = await watch(
    `await started; report({ messages: 10 }); process.stderr.write('TypeError: x is no y\\n', () => process.exit(3));`,
    ['a'],
    { restart_ms_min: 60_000 },
  );
  const status = await until('a restart', ({ topics }) => topics[0]?.state === 'restarting');
  expect(status.topics[0]).toMatchObject({ pid: null, messages: 10, restarts: 1 });
  expect(status.topics[0]?.error).toMatch(
    /^The capture process \d+ ended: exit status 3 \(TypeError: x is no y\)$/,
  );
});

test('the restart delay doubles up to its limit, and falls back once a process was up for long enough', async () => {
  const { until, log } = await watch(
    `await started;
    const n = run();
    report({});
    setTimeout(() => process.exit(1), n === 6 ? 600 : 0);
    ${STAY}`,
  );
  await until('eight restarts', ({ topics }) => (topics[0]?.restarts ?? 0) >= 8);
  const delays = log.flatMap((line) => /started in ([\d.]+) s/.exec(line)?.[1] ?? []);
  expect(delays.slice(0, 8)).toEqual(['0.02', '0.04', '0.08', '0.16', '0.16', '0.02', '0.04', '0.08']);
});

test('the delays in use are 1 s to 30 s, and a process is killed after 15 s of silence and 8 s of stopping', () => {
  expect(TIMING).toEqual({
    restart_ms_min: 1_000,
    restart_ms_max: 30_000,
    healthy_ms_min: 5_000,
    silent_ticks_max: 15,
    stop_ms_max: 8_000,
  });
});

test('a child whose reports stop coming is killed and replaced', async () => {
  const { until, log, supervisor } = await watch(`${STAY}
    await started;
    const n = run();
    if (n === 1) { report({ messages: 1 }); log('before the hang'); setTimeout(() => { for (;;); }, 20); }
    else setInterval(() => report({ messages: 1 }), 100);`);
  const status = await until('the second run', ({ total_messages }) => total_messages === 2);
  expect(status.topics[0]?.restarts).toBe(1);
  expect(log.join('\n')).toMatch(
    /error \[a \d+\] The capture process has said nothing for 2 s: it is killed/,
  );
  // Not again: the second one reports.
  await sleep(3_000);
  expect(supervisor.status().topics[0]?.restarts).toBe(1);
});

test('anything that is no message is logged once and changes nothing', async () => {
  const { until, log } = await watch(`${STAY}
    await started;
    report({ messages: 3 });
    for (const nonsense of [null, 7, 'x', [], {}, { type: 'report' }, { ...REPORT, messages: -5 },
      { ...REPORT, messages: 1e300 }, { ...REPORT, state: '__proto__' }, { type: 'log', level: 'loud' },
      { ...REPORT, since_ms: NaN }]) process.send(nonsense);
    log('a line\\nand \\u001b[2J another');
    report({ messages: 4 });
    report({ messages: 2 });`);
  const status = await until('the last report', ({ total_messages }) => total_messages >= 4);
  await eventually('the line', () => log.length >= 2);
  expect(status.topics[0]).toMatchObject({ messages: 4, restarts: 0 });
  expect(log.filter((line) => line.includes('no message'))).toHaveLength(1);
  expect(log.some((line) => line.includes('a line and  [2J another'))).toBe(true);
});

test('what a child prints is in the log, line by line, and a flood of it is cut', async () => {
  const { until, log } = await watch(`${STAY}
    await started;
    for (let i = 0; i < 2000; i += 1) process.stdout.write('line ' + i + '\\n');
    process.stdout.write('x'.repeat(10_000_000), () => report({ messages: 1 }));`);
  await until('the report', ({ total_messages }) => total_messages === 1);
  await eventually('the cut', () => log.some((line) => line.includes('more than is shown')));
  expect(log.filter((line) => line.includes('printed: line '))).toHaveLength(200);
  expect(Math.max(...log.map((line) => line.length))).toBeLessThan(2_000);
});

test('a child that does not stop is killed at its deadline and named in the log', async () => {
  const { until, supervisor, log } = await watch(
    `${STAY} await started; stop = () => {}; process.on('SIGTERM', () => {}); report({ messages: 1 });`,
  );
  const { topics } = await until('the report', ({ total_messages }) => total_messages === 1);
  const before = performance.now();
  await supervisor.stop();
  expect(performance.now() - before).toBeGreaterThan(450);
  expect(runs(topics[0]?.pid ?? 0)).toBe(false);
  expect(log.join('\n')).toMatch(
    /error \[a \d+\] The capture process has not stopped within 0.5 s: it is killed/,
  );
});

test('a child that is suspended is killed at its deadline as well', async () => {
  const { until, supervisor } = await watch(`${STAY} await started; report({ messages: 1 });`);
  const { topics } = await until('the report', ({ total_messages }) => total_messages === 1);
  const pid = topics[0]?.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  await supervisor.stop();
  expect(runs(pid)).toBe(false);
});

test('the last report before the exit counts', async () => {
  const { until, supervisor } = await watch(
    `${STAY} await started; report({ messages: 1 });
    stop = () => { report({ messages: 1234, state: 'stopped' }); process.disconnect(); process.exitCode = 0; setTimeout(() => process.exit(0), 10); };`,
  );
  await until('the report', ({ total_messages }) => total_messages === 1);
  await supervisor.stop();
  expect(supervisor.status().total_messages).toBe(1234);
});

test('stopping while a dead child is waited for starts no other one', async () => {
  const { until, supervisor, log } = await watch('process.exit(1);', ['a'], { restart_ms_min: 100 });
  await until('a death', ({ topics }) => topics[0]?.state === 'restarting');
  await supervisor.stop();
  const lines = log.length;
  await sleep(300);
  expect(log.length).toBe(lines);
  expect(supervisor.status().topics[0]).toMatchObject({ state: 'stopped', pid: null });
});

test('stopping before the children are up stops them, and a second stop waits for the first', async () => {
  const { supervisor } = await watch(STAY, ['a', 'b', 'c', 'd', 'e', 'f']);
  await Promise.all([supervisor.stop(), supervisor.stop()]);
  for (const topic of supervisor.status().topics)
    expect(topic).toMatchObject({ state: 'stopped', pid: null });
});

test('it is ready when each topic is live or has failed once, not before', async () => {
  const { until, ready } = await watch(
    `${STAY}
    await started;
    const { topic } = settings;
    if (topic === 'dies' && run() === 1) process.exit(1);
    if (topic === 'late') { report({ state: 'connecting' }); process.on('SIGUSR2', () => report({})); }
    else if (topic === 'refused') report({ state: 'rejected', error: 'no such topic' });
    else if (topic === 'fails') report({ state: 'waiting', reconnects: 1 });
    else report({});`,
    ['late', 'dies', 'refused', 'fails', 'fine'],
    { silent_ticks_max: 100 },
  );
  const { topics } = await until(
    'all but one',
    (status) =>
      status.topics.filter(({ state }) => state !== 'starting' && state !== 'restarting').length === 5,
  );
  await sleep(1_500);
  expect(ready()).toBe(false);
  process.kill(topics[0]?.pid ?? 0, 'SIGUSR2');
  const status = await until('ready', ({ state }) => state === 'running');
  expect(ready()).toBe(true);
  expect(status.live_topics).toBe(3);
});

test('four children at most come up at the same time', async () => {
  const { until, supervisor } = await watch(
    `${STAY} await started; setTimeout(() => report({ messages: 1 }), 300);`,
    [...'abcdefghij'],
    { silent_ticks_max: 100 },
  );
  let at_once = 0;
  await until('all of them', ({ topics, total_messages }) => {
    at_once = Math.max(at_once, topics.filter((t) => t.pid !== null && t.messages === 0).length);
    return total_messages === 10;
  });
  expect(at_once).toBe(4);
  expect(supervisor.status().live_topics).toBe(10);
});

test("each status interval, and at the end, the log has a line in the original's form", async () => {
  const { until, log, supervisor } = await watch(`${STAY} await started; report({ messages: 9 });`);
  await until('the report', ({ total_messages }) => total_messages === 9);
  const form = /^info \[\] Uptime: \d+s \| Total Msgs: 9 \| Rate: \d+\.\d\d msg\/min$/;
  await eventually('two lines', () => log.filter((line) => form.test(line)).length >= 2);
  await supervisor.stop();
  expect(log.at(-1)).toMatch(form);
});
