// Promises about the program `streamer` as a process: what it prints where, and its exit status.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'streamer-cli-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node and collects what it prints; `closed_stdout`: nobody reads its stdout from the start. */
function run(args: readonly string[], closed_stdout = false): Promise<Outcome> {
  const env = { PATH: process.env.PATH };
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  if (closed_stdout) child.stdout.destroy();
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((done) => child.on('close', (status) => done({ status, stdout, stderr })));
}

const streamer = (...args: string[]) => run([join(dist, 'cli.js'), ...args]);

/** Runs `body`, the main function of a program named `test`. */
const program = (body: string, closed_stdout = false) => {
  const modules = ['program', 'errors'].map((name) => JSON.stringify(`${dist}shared/${name}.js`));
  const head = `import { runProgram } from ${modules[0]}; import { ExitError } from ${modules[1]};`;
  const text = `${head} await runProgram('test', async (argv) => { ${body} });`;
  return run(['--input-type=module', '-e', text, 'script', 'behind', 'the script'], closed_stdout);
};

test('--version prints the version of the package, in each form and also behind run', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const outcome = { status: 0, stdout: `websocket-streamer ${version}\n`, stderr: '' };
  expect(await streamer('--version')).toEqual(outcome);
  expect(await streamer('-version')).toEqual(outcome);
  expect(await streamer('run', '--version')).toEqual(outcome);
});

test('--help names every command and flag and nothing that is not there yet', async () => {
  const { status, stdout, stderr } = await streamer('--help');
  expect([status, stderr]).toEqual([0, '']);
  for (const word of [
    'run',
    'replay',
    'demo',
    'protocols',
    '--config',
    '--debug',
    'reload',
    '--status',
    '--help',
    '--version',
  ]) {
    expect(stdout).toContain(word);
  }
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
});

test.each([
  [['rum'], 'There is no command "rum". Did you mean "streamer run"?'],
  [
    ['capture'],
    'There is no command "capture". The commands are run, verify, replay, demo, reload, protocols.',
  ],
  [
    ['toString'],
    'There is no command "toString". The commands are run, verify, replay, demo, reload, protocols.',
  ],
  [['run', 'fast'], 'What is "fast"? A command goes first, as in "streamer run --debug".'],
  [['--debug', 'run'], 'What is "run"? A command goes first, as in "streamer run --debug".'],
  [['--confg', 'x'], 'There is no flag --confg. Did you mean --config?'],
  [['-statu'], 'There is no flag --statu. Did you mean --status?'],
  [['--status=1'], '--status takes no value: write it alone.'],
  [['--config'], '--config needs a value: write --config=VALUE.'],
])('bad usage is status 64 and one sentence: %j', async (args, sentence) => {
  expect(await streamer(...args)).toEqual({ status: 64, stdout: '', stderr: `streamer: ${sentence}\n` });
});

test('reload without a supervisor is status 2 and one sentence, with a wrong flag 64', async () => {
  const socket = join(cwd, 'nobody.sock');
  const { status, stdout, stderr } = await streamer('reload', '--socket', socket);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^streamer: No streamer is running: [^\n]+\n$/);
  expect(await streamer('reload', '--any', 'thing')).toMatchObject({ status: 64, stdout: '' });
  expect((await streamer('reload', '--help')).stdout).toMatch(/^Usage: streamer reload /);
});

test('protocols lists the presets, as a table and as JSON', async () => {
  const { status, stdout, stderr } = await streamer('protocols');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(
    /^okx +okx\.com +\{channel\}:\{instId\} +trades:BTC-USDT +ping +text +batch 30, connects 3\/s, sends 480\/h +recording$/m,
  );
  const { stdout: json } = await streamer('protocols', '--json');
  expect(JSON.parse(json)).toHaveLength(stdout.trimEnd().split('\n').length - 1);
});

test('each mistake of a bad configuration is a line on stderr, and the status is 78', async () => {
  writeFileSync(join(cwd, 'bad.json'), '{"bufer_size": 1, "fsync": 2}');
  const outcome = {
    status: 78,
    stdout: '',
    stderr:
      'streamer: bad.json: bufer_size is not a known key: did you mean buffer_size?\n' +
      'streamer: bad.json: fsync must be one of "rotate", "interval", "never", not 2.\n',
  };
  expect(await streamer('--config', 'bad.json')).toEqual(outcome);
  expect(await streamer('run', '-config=bad.json', '-debug')).toEqual(outcome);
});

test('an output folder that cannot be made is status 73 and one sentence, and nothing is left behind', async () => {
  writeFileSync(join(cwd, 'a-file'), '');
  const config = { output_dir: 'a-file/out', status_socket: 'status.sock', log_file: 'log/system.log' };
  writeFileSync(join(cwd, 'below-a-file.json'), JSON.stringify(config));
  const { status, stdout, stderr } = await streamer('run', '--config', 'below-a-file.json');
  expect([status, stdout]).toEqual([73, '']);
  expect(stderr).toMatch(
    /^streamer: The output folder [^\n]*a-file\/out cannot be made or written: ENOTDIR[^\n]*Choose another "output_dir"[^\n]*\n$/,
  );
  for (const name of ['status.sock', 'log']) expect(existsSync(join(cwd, name))).toBe(false);
});

test('--status asks as streamer-status does, with its flags, before or behind run', async () => {
  for (const args of [
    ['--status', '--socket', 'none.sock'],
    ['run', '-status', '--socket=none.sock', '--json'],
  ]) {
    const { status, stdout, stderr } = await streamer(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^streamer: [^\n]*none\.sock[^\n]*\n$/);
  }
});

test('a program ends with the status that its main function resolves to, and is given its arguments', async () => {
  expect(await program('process.stdout.write(argv.join()); return 7;')).toEqual({
    status: 7,
    stdout: 'behind,the script',
    stderr: '',
  });
});

test('an ExitError is a line for each sentence and its status, also from an event', async () => {
  const outcome = { status: 75, stdout: '', stderr: 'test: One.\ntest: Two.\n' };
  const error = "new ExitError(75, ['One.', 'Two.'])";
  expect(await program(`throw ${error};`)).toEqual(outcome);
  expect(await program(`setTimeout(() => { throw ${error}; }); return new Promise(() => {});`)).toEqual(
    outcome,
  );
});

test('anything unexpected is one sentence with its place, no stack, and status 70', async () => {
  for (const body of [
    "throw new TypeError('odd');",
    "void Promise.reject(new TypeError('odd')); await new Promise((done) => setTimeout(done, 5000));",
  ]) {
    const { status, stderr } = await program(body);
    expect(status).toBe(70);
    expect(stderr).toMatch(/^test: Ended by a mistake in the program: odd, at [^\n]+:\d+:\d+\.\n$/);
  }
  expect((await program("throw 'two\\nlines';")).stderr).toBe(
    'test: Ended by a mistake in the program: two lines.\n',
  );
});

test('a program whose reader has gone ends quietly', async () => {
  const endless = "for (;;) { process.stdout.write('x'.repeat(1000)); await new Promise(setImmediate); }";
  expect(await program(endless, true)).toEqual({ status: 141, stdout: '', stderr: '' });
});

test('a program that listens to the errors of stdout itself goes on', async () => {
  const listening = "process.stdout.on('error', (e) => process.stderr.write(e.code + ' '));";
  const writing = "process.stdout.write('x'); await new Promise((done) => setTimeout(done, 100)); return 5;";
  expect(await program(listening + writing, true)).toEqual({ status: 5, stdout: '', stderr: 'EPIPE ' });
});

test('a handle that was left open does not keep a finished program alive', async () => {
  expect((await program('setInterval(() => {}, 1000); return 3;')).status).toBe(3);
});
