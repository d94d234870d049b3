// What a message costs: CPU time of the whole process tree, start-up taken off, while a load is taken in. The
// contenders take turns, so a ratio compares runs that saw the same machine.

import { setTimeout as delay } from 'node:timers/promises';
import { contenders, OWN } from './contenders.mjs';
import { cpuSeconds, peakMegabytes } from './processes.mjs';
import { dataBytes, median, onStage, until } from './stage.mjs';

/** The shortest messages are too short for the topic's name, by which the preset of Bybit tells data. */
const ANY_MESSAGE = { protocol: { subscribe: { op: 'subscribe', args: ['{topic}'] } } };

async function measure(start, load) {
  return onStage(load, async (stage) => {
    const subscribed = stage.said('subscribed');
    const { pid } = stage.keep(start(stage, load.kind === 'recorded' ? ANY_MESSAGE : {}));
    await subscribed;
    await delay(1500);
    // The acknowledgement is a line, too, for those who keep it.
    const bytes_before = dataBytes(stage.folder);
    const cpu_before = cpuSeconds(pid);
    const done = stage.said('done');
    const started = performance.now();
    stage.go();
    const [{ bytes }] = await done;
    const expected = bytes_before + bytes + load.count;
    await until('all messages in the file', () => dataBytes(stage.folder) >= expected);
    const seconds = (performance.now() - started) / 1000;
    const cpu = cpuSeconds(pid) - cpu_before;
    return {
      cpu_us: (cpu * 1e6) / load.count,
      cpu_percent: (cpu / seconds) * 100,
      messages_per_s: load.count / seconds,
      peak_mb: peakMegabytes(pid),
    };
  });
}

/** Rows of a table: for each contender its medians, and the median ratio of this program's CPU time to its. */
export async function flow(load, { runs, log }) {
  const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const [name, start] of Object.entries(contenders)) {
      log(`run ${run + 1} of ${runs}: ${name}`);
      results[name].push(await measure(start, load));
    }
  }
  const own = results[OWN];
  return Object.entries(results).map(([name, all]) => {
    const of = (key) => median(all.map((one) => one[key]));
    return {
      program: name,
      'CPU µs/message': of('cpu_us').toFixed(2),
      'CPU % of a core': of('cpu_percent').toFixed(1),
      'messages/s': of('messages_per_s').toFixed(0),
      'peak MB, largest process': of('peak_mb').toFixed(0),
      'our CPU / theirs':
        all === own ? '' : median(own.map((one, i) => one.cpu_us / all[i].cpu_us)).toFixed(2),
    };
  });
}
