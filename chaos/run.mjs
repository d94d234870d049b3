// The chaos run: everything that can break is broken at random, and then it is checked from outside whether the
// program kept its promise: each message sent on a confirmed subscription is in the files exactly once and in
// order, or its time of sending lies in a declared gap; and no gap claims more than it may.
//
// usage: node chaos/run.mjs [--minutes M] [--seed S] [--program DIR] [--faults-max N] [--per-minute N]
//                           [--only KIND,…] [--verbose]
//
// The last line is the verdict as JSON. Exit status 0: the promise was kept; 1: it was not, and the run's folder
// is kept; 64: bad usage. The same seed strikes the same faults at the same times.

import { execFile } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KINDS } from './faults.mjs';
import { judge } from './judge.mjs';
import { costTable, describeFault } from './report.mjs';
import { drawSchedule } from './schedule.mjs';
import { TOPICS } from './topics.mjs';
import { World } from './world.mjs';

const VERIFY_MS_MAX = 300_000;

function readOptions() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string' },
      program: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
      'faults-max': { type: 'string', default: '100000' },
      'per-minute': { type: 'string', default: '46' },
      only: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const number = (name, min, max) => {
    const value = Number(values[name]);
    if (values[name].trim() === '' || !(value >= min && value <= max)) {
      throw new Error(`--${name} must be a number from ${min} to ${max}`);
    }
    return value;
  };
  values.seed ??= String(Date.now() % 1_000_000);
  const only = values.only?.split(',') ?? null;
  const unknown = only?.find((kind) => !Object.hasOwn(KINDS, kind));
  if (unknown !== undefined)
    throw new Error(`there is no kind of fault "${unknown}"; there are ${Object.keys(KINDS)}`);
  if (!existsSync(join(values.program, 'cli.js'))) throw new Error(`there is no cli.js in ${values.program}`);
  return {
    duration_ms: number('minutes', 0.05, 24 * 60) * 60_000,
    seed: number('seed', 0, 2 ** 32 - 1),
    faults_max: number('faults-max', 0, 1e9),
    per_minute: number('per-minute', 1, 600),
    program: values.program,
    only,
    is_verbose: values.verbose,
  };
}

async function main(options) {
  const world = new World(options.program);
  console.log(`seed ${options.seed}, ${options.duration_ms / 1000} s, in ${world.folder}`);
  if (!world.volume.is_mounted)
    console.log('No tmpfs could be mounted: the disk faults are injected into the program');
  const abandon = async (status) => {
    await world.close();
    rmSync(world.folder, { recursive: true });
    process.exit(status);
  };
  process.once('SIGINT', () => abandon(130));
  process.once('SIGTERM', () => abandon(143));
  // A mistake in the harness: nothing of the run is left behind, and there is no verdict.
  process.once('uncaughtException', (error) => {
    console.error('chaos: a mistake in the harness:', error);
    void abandon(70);
  });
  const failures = [];
  let verdict;
  try {
    verdict = await suffer(world, options, failures);
  } finally {
    await world.close();
  }
  const { sent, captured, in_gaps, undeclared, duplicates, out_of_order, overclaimed, covered } = verdict;
  const is_kept = undeclared + duplicates + out_of_order + overclaimed + failures.length === 0;
  console.log(costTable(world.faults, verdict.costs));
  for (const sentence of [...verdict.findings, ...failures]) console.log(`FAILED: ${sentence}`);
  if (is_kept) rmSync(world.folder, { recursive: true });
  else keepStory(world, verdict, failures);
  const faults = world.faults.length;
  const counts = { sent, captured, in_gaps, undeclared, duplicates, out_of_order, overclaimed, covered };
  console.log(JSON.stringify({ seed: options.seed, faults, ...counts }));
  return is_kept ? 0 : 1;
}

async function suffer(world, options, failures) {
  const schedule = drawSchedule({ ...options, topics: TOPICS.map(({ topic }) => topic) });
  await world.start();
  await world.suffer(schedule, options.duration_ms, (fault) => {
    if (options.is_verbose) console.log(describeFault(fault));
  });
  for (const topic of await world.settle())
    failures.push(`${topic} was not captured again after the last fault`);
  const stop = await world.stop();
  failures.push(...world.supervision.failures, ...world.memory.complaints());
  const orphans = world.processes.all();
  if (orphans.length > 0)
    failures.push(
      `${orphans.length} processes outlived the supervisor: ${orphans.map(({ args }) => args.join(' '))}`,
    );
  if (existsSync(world.socket)) failures.push('The status socket was left behind');
  if (world.feed.open > 0) failures.push(`${world.feed.open} connections were left open`);
  world.archive.finish();
  const verdict = judge(world, stop);
  failures.push(...verdict.damage);
  failures.push(...(await askVerify(world, options.program, verdict)));
  return verdict;
}

/** What `streamer verify` says of the same folder must agree. */
async function askVerify(world, program, { damage, gaps }) {
  const wanted = damage.length > 0 ? 2 : gaps > 0 ? 1 : 0;
  const args = [join(program, 'cli.js'), 'verify', world.archive.path];
  const settings = { env: { ...process.env, ...world.env, NODE_OPTIONS: '' }, timeout: VERIFY_MS_MAX };
  const { status, words } = await new Promise((resolve) => {
    execFile(process.execPath, args, settings, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : error.code, words: stdout + stderr }),
    );
  });
  if (status === 64) console.log(`verify was not asked: ${words.trim()}`);
  if (status === 64 || status === wanted) return [];
  writeFileSync(join(world.folder, 'verify.txt'), words);
  return [`verify ended with status ${status}, the harness says ${wanted}`];
}

/** What a person needs to understand a failure. */
function keepStory(world, verdict, failures) {
  const { findings, damage } = verdict;
  const topics = Object.fromEntries(
    [...world.feed.channels].map(([topic, { sent }]) => [
      topic,
      { last: sent.last, lives: sent.lives, sights: world.probe.sights.get(topic) },
    ]),
  );
  const story = { faults: world.faults, clock: world.clock.steps, findings, failures, damage, topics };
  writeFileSync(join(world.folder, 'story.json'), JSON.stringify(story, null, 1));
  console.log(`The folder is kept: ${world.folder} (archive, system.log, printed.txt, story.json)`);
}

let options;
try {
  options = readOptions();
} catch (error) {
  console.error(`chaos: ${error.message}.`);
  process.exit(64);
}
process.exitCode = await main(options);
