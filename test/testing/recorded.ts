// The recordings of what exchanges really sent, for the tests that hold presets against them. They are no part of the
// repository: without them such a test is skipped with a printed reason, except where CI is set: there it fails.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const RECORDINGS = fileURLToPath(new URL('../../../shared/recordings/', import.meta.url));

const are_there = existsSync(RECORDINGS);
if (!are_there) console.log(`Skipped: there are no recordings in ${RECORDINGS}`);

/** Whether tests that need recordings are run. */
export const with_recordings = are_there || process.env.CI !== undefined;

/** The messages of a recording, a line each. */
export const recordedLines = (name: string): string[] => lines(`${name}.jsonl`);

/** When each was received, Unix milliseconds. */
export const recordedTimes = (name: string): number[] => lines(`${name}.ts`).map((us) => Number(us) / 1000);

/** What the client sent on that connection. */
export const sentTexts = (name: string): string[] =>
  lines(`${name}.sent`).map((line) => line.slice(line.indexOf(' ') + 1));

/** The binary frames as they were received. */
export const recordedFrames = (name: string): Buffer[] =>
  lines(`${name}.frames.b64`).map((line) => Buffer.from(line, 'base64'));

const lines = (file: string): string[] =>
  readFileSync(`${RECORDINGS}${file}`, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
