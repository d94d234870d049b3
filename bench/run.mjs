// Measures, and prints a table for each figure. Only ratios of one run mean something: machines are noisy.
//
// usage: npm run bench -- [NAME...] [--quick] [--runs N]
//
// Without names all of them are run, and written to bench/RESULTS.md unless --quick is given. PEER=/path/to/program
// measures another one beside, PEER64 a second one; see bench/contenders.mjs.

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { flow } from './flow.mjs';
import { latency, memory, overload, start } from './own.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, runs: { type: 'string' } },
});
const { quick } = values;
const runs = Number(values.runs ?? (quick ? 1 : 3));
const log = (text) => process.stderr.write(`${text}\n`);

const fast = (tls) => ({ count: quick ? 1_000_000 : 3_000_000, rate: 0, kind: 'trades', tls });
const atRate = (rate, kind, tls) => ({ count: rate * (quick ? 3 : 5), rate, kind, tls });
const flowing = (load) => () => flow(load, { runs, log });

const BENCHES = {
  full: ['as fast as possible, 216 bytes a message', flowing(fast(false))],
  'full-tls': ['as fast as possible over TLS', flowing(fast(true))],
  'rate-5000': ['5,000 messages a second, a segment each', flowing(atRate(5_000, 'trades', false))],
  'rate-5000-tls': ['5,000 messages a second over TLS', flowing(atRate(5_000, 'trades', true))],
  'rate-1000': ['1,000 messages a second', flowing(atRate(1_000, 'trades', false))],
  'rate-200': ['200 messages a second', flowing(atRate(200, 'trades', false))],
  real: [
    '2,500 messages a second in bursts, 20 B to 100 KB as recorded',
    flowing(atRate(2_500, 'recorded', false)),
  ],
  memory: [`ten topics, a process each, 200 messages a second, after ${quick ? 10 : 60} s`, memory],
  start: ['from the start to all topics live', start],
  latency: ['from sending to the file, 1,000 messages a second, defaults', latency],
  overload: ['the disk takes nothing for 10 s, at full speed', overload],
};

function table(rows) {
  const keys = Object.keys(rows[0]);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line(keys),
    line(keys.map(() => '---')),
    ...rows.map((row) => line(keys.map((key) => row[key]))),
  ].join('\n');
}

const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  log(`There is no bench ${unknown.join(', ')}. They are: ${Object.keys(BENCHES).join(', ')}.`);
  process.exit(64);
}
const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}; medians of ${runs}`;
console.log(machine);
const sections = [];
for (const [name, [what, measure]] of Object.entries(BENCHES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const section = `## ${name}: ${what}\n\n${table(await measure({ quick, runs }))}`;
  console.log(`\n${section}`);
  sections.push(section);
}
if (positionals.length === 0 && !quick) {
  const head = `# Results of \`npm run bench\`\n\n${machine}. \`npm run bench -- NAME\` runs one of them.`;
  writeFileSync(join(here, 'RESULTS.md'), `${[head, ...sections].join('\n\n')}\n`);
}
