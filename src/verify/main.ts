// `streamer verify`: says whether what an output folder holds is whole.

import { setPriority } from 'node:os';
import { resolve } from 'node:path';
import { helpOrVersion, parseFlags } from '../shared/args.js';
import { ALL_TIME } from '../shared/coverage/window.js';
import { EXIT_OK, EXIT_USAGE, ExitError } from '../shared/errors.js';
import { drawReport } from './draw.js';
import { parseInstant } from './instant.js';
import { holdsOpen } from './open-files.js';
import { ReportFile, TEMPLATE } from './page.js';
import { Progress, type Screen } from './progress.js';
import type { Report, Verdict } from './report.js';
import { verifyFolder } from './verify.js';

const HOUR_MS = 3_600_000;
/** A capture on the same machine comes first. */
const NICENESS = 10;
const COLUMNS_DEFAULT = 80;
/** Lines are printed together until they are as long as this. */
const PRINT_CHARS = 64 * 1024;

const EXIT_STATUS: Readonly<Record<Verdict, number>> = { whole: EXIT_OK, gaps: 1, damaged: 2 };

const HELP = `Usage: streamer verify [DIR] [--config FILE] [--topic T] [--from T] [--to T] [--json] [--html FILE]
       [--sequences]

Says whether what an output folder holds is whole: each file is held against its seal in the ledger, and each
time for which nothing vouches is listed. It only reads, also in a folder that is being written.

DIR is the output folder (default: the configuration's output_dir).

  --config FILE   the configuration that names the folder (default: config.json)
  --topic T       this topic only, by the name that its files bear
  --from T        from this time on, ISO 8601 (UTC where no zone is given) or Unix seconds
  --to T          up to this time
  --json          the report as one JSON document
  --html FILE     also write a page with a picture of what is there, hour by hour, which needs nothing else;
                  a file that is there already is replaced
  --sequences     also list the holes in the numbers that a server counts its messages with, where it does
                  (order books of Bybit, Binance, OKX, Deribit and Gate; Binance's trades)
  --help, --version

What it looks at of a topic: file and ledger agree in count, bytes and SHA-256; no torn end; names on the hour; no
unknown and no missing file. Not damage: hours removed that are older than all files there, lines that are no
JSON, files gzipped in place (.jsonl.gz), and what a capture, or a crash that no start has followed yet, has
left unsealed at the end.

Exit status: 0 whole, 1 whole but for gaps that the ledger declares (with --sequences: or holes), 2 damaged,
64 bad usage or no output folder, 73 the page cannot be written, 78 bad configuration.
`;

/**
 * `template` is the page for `--html`: another one than the program's only in tests.
 * @throws ExitError 64 for a wrong flag or a folder that is none, 73 for a page that cannot be written, 78 for a wrong
 * configuration.
 */
export async function runVerify(argv: readonly string[], template = TEMPLATE): Promise<number> {
  const { flags, positionals } = parseFlags(argv, {
    config: 'value',
    topic: 'value',
    from: 'value',
    to: 'value',
    json: 'none',
    html: 'value',
    sequences: 'none',
    help: 'none',
    version: 'none',
  });
  const asked = helpOrVersion(flags, HELP);
  if (asked !== null) {
    process.stdout.write(asked);
    return EXIT_OK;
  }
  const mistakes: string[] = [];
  const [dir, extra] = positionals;
  if (extra !== undefined)
    mistakes.push(`verify takes one folder: what is ${JSON.stringify(extra)}? See --help.`);
  if (dir !== undefined && flags.config !== undefined) {
    mistakes.push('A folder and --config both say where to look: give one of them.');
  }
  const from_ms = readInstant('from', flags.from, mistakes) ?? ALL_TIME.from_ms;
  const to_ms = readInstant('to', flags.to, mistakes) ?? ALL_TIME.to_ms;
  if (mistakes.length === 0 && from_ms >= to_ms) {
    mistakes.push('--from must be earlier than --to: no time lies between them.');
  }
  if (mistakes.length > 0) throw new ExitError(EXIT_USAGE, mistakes);

  const page = flags.html === undefined ? null : await ReportFile.prepare(flags.html, template);
  const path = dir === undefined ? await configuredFolder(flags.config ?? null) : resolve(dir);
  lowerPriority();
  const progress = new Progress(process.stderr.isTTY ? terminalScreen() : null);
  const report = await verifyFolder({
    dir: path,
    topic: flags.topic ?? null,
    window: { from_ms, to_ms },
    with_sequences: flags.sequences !== undefined,
    hour_ms: Number(process.env.CAPTURE_TEST_HOUR_MS ?? HOUR_MS),
    now: Date.now,
    holdsOpen,
    expect: (bytes) => progress.expect(bytes),
    took: (bytes) => progress.took(bytes),
  }).finally(() => progress.end());
  // First, because whoever reads the report may leave before its end; what goes wrong with it is told behind the report.
  const mistake = await page?.write(report).catch((error: unknown) => error);
  await print(flags.json === undefined ? drawReport(report) : [JSON.stringify(report satisfies Report)]);
  if (mistake !== undefined) throw mistake;
  return EXIT_STATUS[report.verdict];
}

function readInstant(flag: string, text: string | undefined, mistakes: string[]): number | null {
  if (text === undefined) return null;
  const ms = parseInstant(text);
  if (ms === null) {
    const example = '2026-01-31T12:00:00Z or 1769860800';
    mistakes.push(
      `--${flag} is a time as ISO 8601 or Unix seconds, like ${example}, not ${JSON.stringify(text)}.`,
    );
  }
  return ms;
}

/** The configuration is loaded only where it is needed. */
async function configuredFolder(config_path: string | null): Promise<string> {
  const { loadSettings } = await import('../shared/config/load.js');
  return loadSettings({ config_path, env: process.env, cwd: process.cwd() }).settings.output_dir;
}

function lowerPriority(): void {
  try {
    setPriority(NICENESS);
  } catch {
    // Where the system does not allow it we run as everybody else.
  }
}

function terminalScreen(): Screen {
  return {
    write: (text) => void process.stderr.write(text),
    width: () => process.stderr.columns || COLUMNS_DEFAULT,
    steadyMs: () => performance.now(),
  };
}

/** A report may be long: it waits for whoever reads it. */
async function print(lines: Iterable<string>): Promise<void> {
  const write = (text: string) => new Promise<void>((done) => process.stdout.write(text, () => done()));
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < PRINT_CHARS) continue;
    await write(text);
    text = '';
  }
  await write(text);
}
