#!/usr/bin/env node
// The program `streamer`: finds the command and opens its room. Rooms are imported only when they are entered,
// so that `--version` does not wait for the supervisor's libraries.

import { helpOrVersion, parseFlags } from './shared/args.js';
import { EXIT_OK, EXIT_USAGE, ExitError } from './shared/errors.js';
import { nearestName } from './shared/nearest.js';
import { runProgram } from './shared/program.js';

const HELP = `Usage: streamer [run] [--config FILE] [--debug]
       streamer --status [--config FILE | --socket PATH] [--json] [--watch [SECONDS]]
       streamer verify [DIR] [--topic T] [--from T] [--to T] [--json] [--html FILE] [--sequences]
       streamer replay PATH... [--port N] [--host H] [--rate N | --speed X] [--loop]
       streamer demo [--exchange NAME] [--seconds N] [--output-dir DIR]
       streamer reload [--config FILE | --socket PATH]
       streamer protocols [--json]

Captures WebSocket feeds to hourly files.

  run        the supervisor, in the foreground, until SIGINT or SIGTERM; also without a command
  --status   the same as streamer-status: asks the running supervisor how it is
  verify     says whether what an output folder holds is whole
  replay     serves files of messages as a WebSocket feed
  demo       an embedded feed and its capture, with nothing to configure
  reload     has the running supervisor read its configuration again: only what changed is touched
  protocols  lists the exchanges that are known, and how their topics are written

  --config FILE   the configuration, a JSON file (default: config.json, which may be missing)
  --debug         write the log to stdout as well
  --help          this text; with verify, replay, demo, reload, protocols or --status, the command's own
  --version

STREAMER_<KEY> in the environment overrides a key of the configuration.

Exit status of run: 0 after a graceful stop, 64 bad usage, 73 the output folder or the log file cannot be
made or written, 75 another instance is running, 78 bad configuration.
`;

const COMMANDS: Readonly<Record<string, (argv: readonly string[]) => Promise<number>>> = {
  run,
  verify: async (argv) => (await import('./verify/main.js')).runVerify(argv),
  replay: async (argv) => (await import('./replay/main.js')).runReplay(argv),
  demo: async (argv) => (await import('./demo/main.js')).runDemo(argv),
  reload: async (argv) => (await import('./status-cli/reload.js')).runReload(argv, process.kill),
  protocols: async (argv) => (await import('./protocols-cli/main.js')).runProtocols(argv),
};

async function main(argv: readonly string[]): Promise<number> {
  const [first] = argv;
  if (first === undefined || first.startsWith('-')) return run(argv);
  if (Object.hasOwn(COMMANDS, first)) return (COMMANDS[first] ?? run)(argv.slice(1));
  throw new ExitError(EXIT_USAGE, [noCommand(first)]);
}

function noCommand(name: string): string {
  const names = Object.keys(COMMANDS);
  const nearest = nearestName(name, names);
  const hint =
    nearest === null ? `The commands are ${names.join(', ')}.` : `Did you mean "streamer ${nearest}"?`;
  return `There is no command ${JSON.stringify(name)}. ${hint}`;
}

async function run(argv: readonly string[]): Promise<number> {
  const for_status = argv.filter((arg) => arg !== '--status' && arg !== '-status');
  if (for_status.length < argv.length) return (await import('./status-cli/run.js')).runStatus(for_status);
  const { flags, positionals } = parseFlags(argv, {
    config: 'value',
    debug: 'none',
    status: 'none',
    help: 'none',
    version: 'none',
  });
  if (positionals.length > 0) {
    const extra = JSON.stringify(positionals[0]);
    throw new ExitError(EXIT_USAGE, [
      `What is ${extra}? A command goes first, as in "streamer run --debug".`,
    ]);
  }
  const asked = helpOrVersion(flags, HELP);
  if (asked !== null) {
    process.stdout.write(asked);
    return EXIT_OK;
  }
  // The capture is the work: it goes on when nobody reads the log on stdout any more.
  process.stdout.on('error', () => {});
  const { loadSettings } = await import('./shared/config/load.js');
  // The folder may be gone when it is read again.
  const cwd = process.cwd();
  const load = () =>
    loadSettings({
      config_path: flags.config ?? null,
      env: process.env,
      cwd,
      log_to_stdout: flags.debug !== undefined,
    });
  const { runSupervisor } = await import('./supervisor/main.js');
  return runSupervisor({ ...load(), load: () => load().settings });
}

void runProgram('streamer', main);
