// PM2 itself, with a home of its own, on the ecosystem file as it is shipped (another name and configuration).

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { allUpTo, numbersOf } from '../testing/accounts.js';
import { testFolder } from '../testing/folder.js';
import { startNumberedFeed } from '../testing/numbered-feed.js';
import { askStatus, childrenOf, eventually, PROJECT, processesOf, runs } from '../testing/supervised.js';

const PM2 = join(PROJECT, 'node_modules', 'pm2', 'bin', 'pm2');
const TOPICS = ['a', 'b'];

interface Described {
  readonly pid: number;
  readonly pm2_env: {
    readonly status: string;
    readonly restart_time: number;
    readonly axm_monitor: Readonly<Record<string, { readonly value: unknown }>>;
  };
}

let home: string;
const pm2 = async (...args: string[]) => {
  const env = { ...process.env, PM2_HOME: home, CI: 'true' };
  return (await promisify(execFile)(process.execPath, [PM2, ...args], { env, cwd: home })).stdout;
};
const describe = async (): Promise<Described> => {
  const list = JSON.parse((await pm2('jlist')).replace(/^[^[]*(?=\[)/, ''));
  return list[0];
};

test('start, status, reload, restart, crash, new topics and stop under PM2 lose nothing that was received', async () => {
  home = await testFolder();
  const feed = await startNumberedFeed();
  const socket = join(home, 's.sock');
  const out = join(home, 'out');
  const config = { topics: TOPICS, ws_url: feed.url, output_dir: out, status_socket: socket };
  const config_path = join(home, 'config.json');
  await writeFile(config_path, JSON.stringify({ ...config, log_file: join(home, 'system.log') }));
  const shipped = JSON.stringify(join(PROJECT, 'ecosystem.config.cjs'));
  const ecosystem = join(home, 'ecosystem.config.cjs');
  await writeFile(
    ecosystem,
    `const { apps: [app] } = require(${shipped});
     module.exports = { apps: [{ ...app, args: ['run', '--config', ${JSON.stringify(config_path)}] }] };`,
  );
  onTestFinished(async () => {
    await pm2('kill');
    for (const pid of processesOf(home)) process.kill(pid, 'SIGKILL');
  });
  const received = async (count: number) => {
    const before = TOPICS.map((topic) => feed.last(topic));
    await eventually('more messages', () => TOPICS.every((t, i) => feed.last(t) >= (before[i] ?? 0) + count));
  };

  // `start` returns once the supervisor has said that it is ready: each topic is live by then.
  await pm2('start', ecosystem);
  expect(await askStatus(socket)).toMatchObject({ state: 'running', live_topics: 2 });
  const first = await describe();
  expect(first.pm2_env.status).toBe('online');
  await eventually('the metrics', async () => {
    const { axm_monitor } = (await describe()).pm2_env;
    return axm_monitor['Live topics']?.value === '2/2' && Number(axm_monitor.Messages?.value) > 0;
  });
  // As people read it: a line for each figure, with its unit.
  const shown = (await pm2('show', 'streamer')).replace(/ +/g, ' ');
  for (const line of [
    /│ Messages │ [\d.]+ msg\/min │/,
    /│ Live topics │ 2\/2 topics │/,
    /│ Buffered │ \d+ messages │/,
    /│ Dropped │ 0 messages │/,
    /│ Gaps │ 0 of 0 s in all │/,
    /│ Memory of captures │ [1-9]\d+ MiB │/,
    /│ reload │/,
    /│ status │/,
  ]) {
    expect(shown).toMatch(line);
  }
  await received(100);

  for (const command of ['reload', 'restart']) {
    const captures = childrenOf((await describe()).pid);
    await pm2(command, 'streamer');
    expect(captures.filter(runs)).toEqual([]);
    await received(100);
  }

  // A crash: PM2 starts another one beside the captures that are left.
  const { pid } = await describe();
  const captures = childrenOf(pid);
  process.kill(pid, 'SIGKILL');
  await eventually('the next supervisor', async () => {
    const status = await askStatus(socket).catch(() => null);
    return status !== null && status.pid !== pid && status.live_topics === 2;
  });
  expect(captures.filter(runs)).toEqual([]);
  await received(100);

  // The configuration is read again, by a signal and by an action: no capture is touched that is as before.
  const write = (topics: readonly string[]) =>
    writeFile(config_path, JSON.stringify({ ...config, topics, log_file: join(home, 'system.log') }));
  const before = childrenOf((await describe()).pid);
  await write([...TOPICS, 'c']);
  await pm2('sendSignal', 'SIGHUP', 'streamer');
  await eventually('a third topic', async () => (await askStatus(socket)).live_topics === 3);
  await write(TOPICS);
  expect(await pm2('trigger', 'streamer', 'reload')).toMatch(/Reloaded, topics: 1 removed, 2 as before\./);
  expect(await pm2('trigger', 'streamer', 'status')).toMatch(/2 of 2 topics live \| Uptime: /);
  expect(childrenOf((await describe()).pid)).toEqual(before);

  await pm2('stop', 'streamer');
  expect((await describe()).pm2_env.status).toBe('stopped');
  expect(existsSync(socket)).toBe(false);
  expect(await readFile(join(home, 'system.log'), 'utf8')).toMatch(/INFO {2}Stopped\n$/);
  for (const topic of TOPICS) {
    expect(await numbersOf(out, topic)).toEqual(allUpTo(feed.last(topic)));
  }
}, 120_000);

test('a configuration that cannot work is not started over and over', async () => {
  home = await testFolder();
  const config_path = join(home, 'config.json');
  await writeFile(config_path, '{"topics": []}');
  const shipped = JSON.stringify(join(PROJECT, 'ecosystem.config.cjs'));
  const ecosystem = join(home, 'ecosystem.config.cjs');
  await writeFile(
    ecosystem,
    `const { apps: [app] } = require(${shipped});
     module.exports = { apps: [{ ...app, args: ['run', '--config', ${JSON.stringify(config_path)}] }] };`,
  );
  onTestFinished(async () => {
    await pm2('kill');
  });
  const log = join(home, 'logs', 'streamer-error-0.log');
  await pm2('start', ecosystem).catch(() => {});
  const refused = /config\.json: topics must be a list/;
  await eventually('the refusal', async () => refused.test(await readFile(log, 'utf8').catch(() => '')));
  // Longer than the first delay after which a crash is followed by another start.
  await sleep(4_000);
  expect((await describe()).pm2_env.restart_time).toBe(0);
  expect((await readFile(log, 'utf8')).match(/topics must be/g)).toHaveLength(1);
}, 60_000);
