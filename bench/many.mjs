// What many topics cost: how long until all are live, the memory of all processes together (proportional set size: what
// they share is counted once), their CPU, and the size of the status document.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { own } from './contenders.mjs';
import { cpuSeconds, proportionalMegabytes, tree } from './processes.mjs';
import { askStatus, until } from './stage.mjs';

const PER_PROCESS = 50;
/** Messages a second, in all. */
const RATE = 1_000;
const CPU_MS = 10_000;

export async function many({ quick }) {
  const count = quick ? 200 : 1_000;
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const feed = fork(fileURLToPath(new URL('many-feed.mjs', import.meta.url)), [String(RATE)]);
  const [{ port }] = await once(feed, 'message');
  const socket = join(folder, 's.sock');
  const started = performance.now();
  const supervisor = own(
    { url: `ws://127.0.0.1:${port}`, folder, ca_file: null },
    {
      topics: Array.from({ length: count }, (_, i) => `publicTrade.T${String(i).padStart(4, '0')}USDT`),
      topics_per_process: PER_PROCESS,
    },
  );
  try {
    await until('all live', async () => (await askStatus(socket))?.live_topics === count, 100);
    const live_s = (performance.now() - started) / 1000;
    await delay(quick ? 10_000 : 40_000);
    const pids = tree(supervisor.pid);
    const [own_mb, ...capture_mb] = pids.map(proportionalMegabytes);
    const before = cpuSeconds(supervisor.pid);
    await delay(CPU_MS);
    const cpu = ((cpuSeconds(supervisor.pid) - before) * 1000) / CPU_MS;
    const all_mb = capture_mb.reduce((sum, mb) => sum + mb, own_mb);
    const document = JSON.stringify(await askStatus(socket));
    return [
      {
        topics: count,
        'seconds until all are live': live_s.toFixed(1),
        processes: capture_mb.length,
        'MB in all (proportional)': all_mb.toFixed(0),
        'of that the supervisor': own_mb.toFixed(0),
        'MB a topic, all counted': (all_mb / count).toFixed(2),
        'CPU % of a core': (cpu * 100).toFixed(0),
        'status document, bytes a topic': Math.round(document.length / count),
      },
    ];
  } finally {
    const ended = once(supervisor, 'exit');
    supervisor.kill('SIGTERM');
    await ended;
    feed.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
