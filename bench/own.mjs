// What is measured of this program alone, or beside others without taking turns: memory, the start, how soon a message
// is in its file, and what an overload costs.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { own, peers, topics } from './contenders.mjs';
import { peakMegabytes, proportionalMegabytes, residentMegabytes, tree } from './processes.mjs';
import { askStatus, dataBytes, mean, median, onStage, quantile, until } from './stage.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** Looked at so often, because what is no longer used gathers and is collected: one look is one tooth of a saw. */
const LOOKS = 5;
const BETWEEN_LOOKS_MS = 4_000;

/** Ten topics, a process for each, at 200 messages a second: what each process has in memory after a while. */
export async function memory({ quick }) {
  const seconds = quick ? 10 : 60;
  const looks = quick ? 1 : LOOKS;
  const starts = [
    own10,
    ...Object.entries(peers).map(
      ([name, start]) =>
        (stage) =>
          peer10(name, start, stage),
    ),
  ];
  const rows = starts.map((start) =>
    onStage({ kind: 'trades' }, async (stage) => {
      const subscribed = stage.said('subscribed', 10);
      const programs = start(stage);
      await subscribed;
      stage.send(200 * (seconds + 60), 200);
      await delay(seconds * 1000);
      const pids = programs();
      const seen = Object.fromEntries(Object.keys(pids).map((program) => [program, []]));
      for (let look = 0; look < looks; look += 1) {
        if (look > 0) await delay(BETWEEN_LOOKS_MS);
        for (const [program, all] of Object.entries(seen)) all.push(sizes(pids[program]));
      }
      return Object.entries(seen).map(([program, all]) => row(program, all));
    }),
  );
  return (await Promise.all(rows)).flat();
}

function own10(stage) {
  const { pid } = stage.keep(own(stage, topics(10)));
  return () => {
    const [, ...captures] = tree(pid);
    return { 'websocket-streamer, a capture process': captures, 'websocket-streamer, the supervisor': [pid] };
  };
}

function peer10(name, start, stage) {
  const folders = Array.from({ length: 10 }, (_, i) => join(stage.folder, String(i)));
  for (const folder of folders) mkdirSync(folder);
  const pids = folders.map((folder) => stage.keep(start({ ...stage, folder })).pid);
  return () => ({ [`${name}, one of ten`]: pids });
}

const sizes = (pids) => ({
  proportional: mean(pids.map(proportionalMegabytes)),
  resident: mean(pids.map(residentMegabytes)),
});

const row = (program, looks) => ({
  program,
  'proportional MB': mean(looks.map((look) => look.proportional)).toFixed(1),
  'resident MB': mean(looks.map((look) => look.resident)).toFixed(1),
});

/** From the start of the supervisor to all topics live. */
export async function start({ quick, runs }) {
  const n = quick ? 20 : 100;
  const all = [];
  for (let run = 0; run < runs; run += 1) {
    await onStage({ kind: 'trades' }, async (stage) => {
      const started = performance.now();
      stage.keep(own(stage, topics(n)));
      const isLive = async () => (await askStatus(join(stage.folder, 's.sock')))?.live_topics === n;
      await until('all live', isLive, 50);
      all.push((performance.now() - started) / 1000);
    });
  }
  return [{ topics: n, 'seconds until all are live': median(all).toFixed(1) }];
}

/** The lines of the data files, read as they grow, with the moment at which each was seen. */
function* newLines(folder, seen) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  for (const name of names.sort()) {
    const text = readFileSync(join(folder, name), 'latin1');
    const end = text.lastIndexOf('\n') + 1;
    const from = seen.get(name) ?? 0;
    seen.set(name, end);
    yield* text.slice(from, end).split('\n');
  }
}

/** From the sending of a message to its bytes in the file, as somebody who looks each 2 ms sees it. */
export async function latency({ quick }) {
  const count = quick ? 5_000 : 20_000;
  return onStage({ kind: 'stamped' }, async (stage) => {
    const subscribed = stage.said('subscribed');
    stage.keep(own(stage));
    await subscribed;
    await delay(1500);
    const seen = new Map();
    const took_ms = [];
    let size = 0;
    stage.send(count, 1_000);
    await until(
      'all messages in the file',
      () => {
        const bytes = dataBytes(stage.folder);
        if (bytes === size) return false;
        size = bytes;
        for (const line of newLines(join(stage.folder, 'out'), seen)) {
          const sent = /"sent_ms":([\d.]+)/.exec(line);
          if (sent !== null) took_ms.push(performance.timeOrigin + performance.now() - Number(sent[1]));
        }
        return took_ms.length >= count;
      },
      2,
    );
    const at = (part) => quantile(took_ms, part).toFixed(0);
    return [{ messages: count, 'median ms': at(0.5), 'p99 ms': at(0.99), 'longest ms': at(1) }];
  });
}

/** The disk takes nothing for 10 s while the feed sends at full speed. */
export async function overload({ quick }) {
  const count = quick ? 1_000_000 : 5_000_000;
  return onStage({ kind: 'trades' }, async (stage) => {
    const held = join(stage.folder, 'held');
    const subscribed = stage.said('subscribed');
    const env = { NODE_OPTIONS: `--import ${join(here, 'held-disk.mjs')}`, HELD_DISK: held };
    const { pid } = stage.keep(own(stage, {}, env));
    await subscribed;
    await delay(1500);
    // The acknowledgement.
    const bytes_before = dataBytes(stage.folder);
    const done = stage.said('done');
    writeFileSync(held, '');
    stage.send(count, 0);
    await delay(10_000);
    rmSync(held);
    const [{ bytes }] = await done;
    const expected = bytes_before + bytes + count;
    let [size, grown_at] = [0, performance.now()];
    await until('all in the file, or nothing more for 3 s', () => {
      const now = performance.now();
      const bytes_now = dataBytes(stage.folder);
      if (bytes_now > size) [size, grown_at] = [bytes_now, now];
      return size >= expected || now - grown_at > 3_000;
    });
    const lost = (expected - size) / (bytes / count + 1);
    return [
      {
        'messages sent': count,
        lost: lost.toFixed(0),
        'peak MB, largest process': peakMegabytes(pid).toFixed(0),
      },
    ];
  });
}
