// What a message costs: CPU time of the whole process tree while a load is taken in. The contenders are started
// together and take in some messages first, until their start is over and forgotten: for some 15 s Node's compiler and
// collector cost more than they do in the months that follow. Then they take turns, so a ratio compares runs that saw
// the same machine.

import { contenders, OWN } from './contenders.mjs';
import { cpuSeconds, forgetPeak, peakMegabytes } from './processes.mjs';
import { dataBytes, median, onStage, until, warmMemory } from './stage.mjs';

const WARM_UP_S = 20;
const WARM_UP_S_QUICK = 3;
const WARM_UP_RATE = 500;
/** Twice what a message fills of the page cache. */
const WARM_BYTES_PER_MESSAGE = 450;
/** The shortest messages are too short for the topic's name, by which the preset of Bybit tells data. */
const ANY_MESSAGE = { protocol: { subscribe: { op: 'subscribe', args: ['{topic}'] } } };

async function measure({ stage, pid }, { count, rate }) {
  // What comes slowly fills little memory, and the pauses before it would only be longer.
  if (rate === 0) warmMemory(stage.folder, WARM_BYTES_PER_MESSAGE * count);
  const bytes_before = dataBytes(stage.folder);
  forgetPeak(pid);
  const cpu_before = cpuSeconds(pid);
  const done = stage.said('done');
  const started = performance.now();
  stage.send(count, rate);
  const [{ bytes }] = await done;
  const expected = bytes_before + bytes + count;
  await until('all messages in the file', () => dataBytes(stage.folder) >= expected);
  const seconds = (performance.now() - started) / 1000;
  const cpu = cpuSeconds(pid) - cpu_before;
  return {
    cpu_us: (cpu * 1e6) / count,
    cpu_percent: (cpu / seconds) * 100,
    messages_per_s: count / seconds,
    peak_mb: peakMegabytes(pid),
  };
}

/** Starts each of the contenders that are left on a stage of its own, and then acts with all of them. */
async function onStages(setting, names, act, running = {}) {
  const [name, ...rest] = names;
  if (name === undefined) return act(running);
  return onStage(setting, async (stage) => {
    const subscribed = stage.said('subscribed');
    const { pid } = stage.keep(contenders[name](stage, setting.kind === 'recorded' ? ANY_MESSAGE : {}));
    await subscribed;
    return onStages(setting, rest, act, { ...running, [name]: { stage, pid } });
  });
}

/**
 * Runs the loads, `{name, count, rate}` each, one after the other on the same programs; `setting` says what is sent
 * and whether over TLS. @returns by the load's name the rows of its table: for each contender its medians, and the
 * median ratio of this program's CPU time to its.
 */
export function flows(setting, loads, { quick, runs, log }) {
  return onStages(setting, Object.keys(contenders), async (running) => {
    const count = (quick ? WARM_UP_S_QUICK : WARM_UP_S) * WARM_UP_RATE;
    await Promise.all(Object.values(running).map((one) => measure(one, { count, rate: WARM_UP_RATE })));
    const tables = {};
    for (const load of loads) {
      const results = Object.fromEntries(Object.keys(running).map((name) => [name, []]));
      for (let run = 0; run < runs; run += 1) {
        log(`${load.name}, run ${run + 1} of ${runs}`);
        for (const [name, one] of Object.entries(running)) results[name].push(await measure(one, load));
      }
      tables[load.name] = rowsOf(results);
    }
    return tables;
  });
}

function rowsOf(results) {
  const own = results[OWN];
  return Object.entries(results).map(([name, all]) => {
    const of = (key) => median(all.map((one) => one[key]));
    return {
      program: name,
      'CPU µs/message': of('cpu_us').toFixed(2),
      'CPU % of a core': of('cpu_percent').toFixed(2),
      'messages/s': of('messages_per_s').toFixed(0),
      'peak MB, largest process': of('peak_mb').toFixed(0),
      'our CPU / theirs':
        all === own ? '' : median(own.map((one, i) => one.cpu_us / all[i].cpu_us)).toFixed(2),
    };
  });
}
