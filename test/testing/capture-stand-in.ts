// Programs that stand in for the capture process and misbehave in one way each, so that a test of the supervisor
// says what its child does.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TopicReport } from '../../src/shared/ipc.js';
import { NO_WRITES } from '../../src/shared/write-latency.js';

export const REPORT: Omit<TopicReport, 'name'> = {
  run: 1,
  state: 'live',
  since_ms: 1_700_000_000_000,
  messages: 0,
  bytes: 0,
  last_message_at_ms: null,
  silent_since_ms: null,
  buffered: 0,
  dropped: 0,
  reconnects: 0,
  gaps: 0,
  gap_ms: 0,
  event_lag_ms: null,
  write_ms: NO_WRITES,
  write_ms_max: 0,
  file: null,
  error: null,
};

const HEAD = `
import { writeFileSync, readFileSync, appendFileSync } from 'node:fs';
const REPORT = ${JSON.stringify(REPORT)};
const report = (changes) => {
  const topics = [{ ...REPORT, name: settings.name, ...changes }];
  process.send({ type: 'report', memory_bytes: 1, cpu_ms: 1, topics });
};
const log = (message) => process.send({ type: 'log', name: null, at_ms: Date.now(), level: 'info', message });
/** How many of this topic were started so far, this one included. */
const run = () => {
  const file = new URL('runs-' + process.argv[2], import.meta.url);
  appendFileSync(file, 'x');
  return readFileSync(file, 'utf8').length;
};
let settings;
const started = new Promise((resolve) => process.on('message', (message) => {
  if (message.type === 'start') { settings = message.topics[0]; resolve(message); }
  else if (message.type === 'stop') stop();
}));
let stop = () => process.exit(0);
`;

/** Writes a program with `body` into `folder`; it knows `report(changes)`, `log(message)`, `run()`, `started`, `stop`. */
export async function standIn(folder: string, body: string): Promise<URL> {
  const file = join(folder, `capture-${Math.random().toString(36).slice(2)}.mjs`);
  await writeFile(file, `${HEAD}\n${body}\n`);
  return pathToFileURL(file);
}
