// Measures, and prints a table for each figure. Only ratios of one run mean something: machines are noisy.
//
// usage: npm run bench -- [NAME...] [--quick] [--runs N]
//
// Without names all of them are run, and written to bench/RESULTS.md and bench/ratios.svg unless --quick is given.
// PEER=/path/to/program measures the Go original beside, PEER64 a second one; see bench/contenders.mjs.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, type } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chart } from './chart.mjs';
import { flows } from './flow.mjs';
import { many } from './many.mjs';
import { latency, memory, overload, start } from './own.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, runs: { type: 'string' } },
});
const { quick } = values;
const runs = Number(values.runs ?? (quick ? 1 : 3));
const log = (text) => process.stderr.write(`${text}\n`);

/** `plain`, `tls` and `recorded` each have programs of their own, which take all loads of that kind in turn. */
const SETTINGS = {
  plain: { kind: 'trades', tls: false },
  tls: { kind: 'trades', tls: true },
  recorded: { kind: 'recorded', tls: false },
};
const fast = (setting) => ({ setting, count: quick ? 1_000_000 : 2_000_000, rate: 0 });
const atRate = (rate, setting) => ({ setting, count: rate * (quick ? 2 : 4), rate });

const BENCHES = {
  full: ['as fast as possible, 216 bytes a message', fast('plain')],
  'full-tls': ['as fast as possible over TLS', fast('tls')],
  'rate-5000': ['5,000 messages a second, a segment each', atRate(5_000, 'plain')],
  'rate-5000-tls': ['5,000 messages a second over TLS', atRate(5_000, 'tls')],
  'rate-1000': ['1,000 messages a second', atRate(1_000, 'plain')],
  'rate-200': ['200 messages a second', atRate(200, 'plain')],
  real: ['2,500 messages a second in bursts, 20 B to 100 KB as recorded', atRate(2_500, 'recorded')],
  memory: [`ten topics, a process each, 200 messages a second, after ${quick ? 10 : 60} s`, memory],
  many: ['many topics, 50 a process, 1,000 messages a second in all', many],
  start: ['from the start to all topics live', start],
  latency: ['from sending to the file, 1,000 messages a second, defaults', latency],
  overload: ['the disk takes nothing for 10 s, at full speed', overload],
};

/** The tables of the chosen benches, by name. */
async function measureAll(names) {
  const tables = {};
  for (const [setting, what] of Object.entries(SETTINGS)) {
    const loads = names
      .filter((name) => BENCHES[name][1].setting === setting)
      .map((name) => ({ name, ...BENCHES[name][1] }));
    // What comes fast leaves more behind than the rest.
    loads.sort((a, b) => Number(a.rate === 0) - Number(b.rate === 0));
    if (loads.length > 0) Object.assign(tables, await flows(what, loads, { quick, runs, log }));
  }
  for (const name of names) {
    const measure = BENCHES[name][1];
    if (typeof measure !== 'function') continue;
    log(name);
    tables[name] = await measure({ quick, runs });
  }
  return tables;
}

function table(rows) {
  const keys = Object.keys(rows[0]);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line(keys),
    line(keys.map(() => '---')),
    ...rows.map((row) => line(keys.map((key) => row[key]))),
  ].join('\n');
}

/** Of what is measured, and of the system below it. */
function versions() {
  const ws = createRequire(import.meta.url)('ws/package.json').version;
  const { PEER } = process.env;
  // Prints `PATH: go1.19.8`; where there is no `go`, nothing is said of it.
  const go = PEER === undefined ? null : spawnSync('go', ['version', PEER], { encoding: 'utf8' }).stdout;
  const of_go = go?.split(': ').at(-1)?.trim() ?? '';
  return [
    `Node ${process.version}`,
    `ws ${ws}`,
    ...(of_go === '' ? [] : [of_go]),
    `${type()} ${release().split('-')[0]}`,
  ];
}

const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  log(`There is no bench ${unknown.join(', ')}. They are: ${Object.keys(BENCHES).join(', ')}.`);
  process.exit(64);
}
const machine = `${versions().join(', ')}, ${cpus().length} × ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}; medians of ${runs}`;
console.log(machine);
const names = Object.keys(BENCHES).filter((name) => positionals.length === 0 || positionals.includes(name));
const tables = await measureAll(names);
const sections = names.map((name) => `## ${name}: ${BENCHES[name][0]}\n\n${table(tables[name])}`);
console.log(`\n${sections.join('\n\n')}`);
if (positionals.length === 0 && !quick) {
  const head = `# Results of \`npm run bench\`\n\n${machine}. \`npm run bench -- NAME\` runs one of them.`;
  writeFileSync(join(here, 'RESULTS.md'), `${[head, ...sections].join('\n\n')}\n`);
  writeFileSync(join(here, 'ratios.svg'), chart(tables));
}
