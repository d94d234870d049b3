// The paths of the configuration: made absolute, and judged where that takes a look at the disk or at several
// of them together. No two things that the program writes may lie at one path.

import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { errorMessage } from '../errors.js';
import { encodeName } from '../names.js';
import type { Given } from './given.js';
import type { Checked, Values } from './keys.js';
import { type Entry, nameOf } from './topics.js';

/** What `sockaddr_un` holds on Linux, without the closing NUL. */
const SOCKET_PATH_BYTES_MAX = 107;

/** Judges the paths. A `ca_file` must be there now; whether the rest can be made shows when it is made. */
export function checkPaths(
  given: Given,
  base: Checked<Values>,
  entries: readonly Entry[],
  cwd: string,
  config_path: string,
): void {
  checkSocketLength(given, base.status_socket, cwd);
  checkApart(given, base, cwd, config_path);
  checkGeneratedFiles(given, base, entries, cwd);
  checkCaFiles(given, base, entries, cwd);
}

function checkSocketLength(given: Given, path: string | undefined, cwd: string): void {
  const bytes = path === undefined ? 0 : Buffer.byteLength(resolve(cwd, path));
  if (bytes <= SOCKET_PATH_BYTES_MAX) return;
  const size = `${bytes} bytes long as an absolute path, over the ${SOCKET_PATH_BYTES_MAX} that a socket may have`;
  given.tell('status_socket', [`${given.pathOf('status_socket')} is ${size}: choose a shorter path.`]);
}

function checkApart(given: Given, base: Checked<Values>, cwd: string, config_path: string): void {
  const taken = new Map([[config_path, 'the configuration file itself']]);
  for (const key of ['output_dir', 'log_file', 'status_socket'] as const) {
    const value = base[key];
    if (value === undefined) continue;
    const path = resolve(cwd, value);
    const other = taken.get(path);
    if (other === undefined) taken.set(path, given.pathOf(key));
    else given.tell(key, [`${given.pathOf(key)} is the same path as ${other}: choose another.`]);
  }
}

/** The log or the socket in the output folder, under a name that a topic's own file has or will have. */
function checkGeneratedFiles(
  given: Given,
  base: Checked<Values>,
  entries: readonly Entry[],
  cwd: string,
): void {
  for (const key of ['log_file', 'status_socket'] as const) {
    if (base.output_dir === undefined || base[key] === undefined) continue;
    const path = resolve(cwd, base[key]);
    if (dirname(path) !== resolve(cwd, base.output_dir)) continue;
    const stem = /^(.*?)(?:_\d+\.jsonl|\.ledger|\.mark)$/.exec(basename(path))?.[1];
    const entry = entries.find((each) => encodeName(nameOf(each, base) ?? '') === stem);
    if (stem === undefined || entry === undefined) continue;
    given.tell(key, [`${given.pathOf(key)} is a path that the files of ${entry.path} use: choose another.`]);
  }
}

function checkCaFiles(given: Given, base: Checked<Values>, entries: readonly Entry[], cwd: string): void {
  const problems = new Map<string, string | null>();
  const judge = (value: string | null | undefined, path: string): string[] => {
    if (value === null || value === undefined) return [];
    const file = resolve(cwd, value);
    const problem = problems.has(file) ? (problems.get(file) ?? null) : caFileProblem(file);
    problems.set(file, problem);
    return problem === null ? [] : [`${path}: ${problem}`];
  };
  given.tell('ca_file', judge(base.ca_file, given.pathOf('ca_file')));
  for (const { path, own } of entries) given.tell('topics', judge(own.ca_file, `${path}.ca_file`));
}

/** Node's TLS would take a file without a certificate and then trust nobody in it, without a word. */
function caFileProblem(file: string): string | null {
  try {
    if (!statSync(file).isFile()) return `${file} is not a regular file: name a file of PEM certificates.`;
    if (/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(readFileSync(file, 'latin1'))) return null;
    return `${file} holds no PEM certificate: name a file that does.`;
  } catch (error) {
    return `the file cannot be read (${errorMessage(error)}): name a readable file of PEM certificates.`;
  }
}
