import { execFile } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  damageOf,
  fileOf,
  folderOf,
  HOUR_MS,
  ledgerText,
  linesOf,
  live,
  START_MS,
  START_S,
  seal,
  stop,
  verify,
  verifyDir,
  wholeFiles,
  wholeRecords,
} from './output.js';

function without(name: string): Record<string, string | Buffer> {
  const { [name]: _, ...rest } = wholeFiles();
  return rest;
}

test('a folder as the capture leaves it is whole, and its messages and bytes are counted', async () => {
  const report = await verifyDir(await folderOf(wholeFiles()));
  expect(report.verdict).toBe('whole');
  const bytes = [0, 1, 2].reduce((sum, hour) => sum + linesOf(hour).length, 0);
  expect(report.topics).toMatchObject([
    {
      topic: 't',
      files: 3,
      messages: 15,
      bytes,
      not_json: 0,
      removed: null,
      covered: 1,
      damage: [],
      notes: [],
    },
  ]);
});

test('a file that is shorter than its seal is damaged from the line on that is gone', async () => {
  const cut = linesOf(1).split('\n').slice(0, 3).join('\n');
  expect(damageOf(await verify({ ...wholeFiles(), [fileOf(1)]: `${cut}\n` }))).toEqual([
    `content ${fileOf(1)}:4`,
  ]);
  const torn = await verify({ ...wholeFiles(), [fileOf(1)]: cut.slice(0, -2) });
  expect(damageOf(torn)).toEqual([`content ${fileOf(1)}:3`]);
  expect(torn.damage[0]?.sentence).toContain('ends in a torn line');
  expect(damageOf(await verify({ ...wholeFiles(), [fileOf(1)]: '' }))).toEqual([`content ${fileOf(1)}:1`]);
});

test('a flipped bit that breaks the JSON is found at its line', async () => {
  const text = linesOf(1).replace('"n":3', '"n"z3');
  expect(damageOf(await verify({ ...wholeFiles(), [fileOf(1)]: text }))).toEqual([`content ${fileOf(1)}:4`]);
});

test('two lines that changed places are damage', async () => {
  const lines = linesOf(1).split('\n');
  [lines[1], lines[2]] = [lines[2] ?? '', lines[1] ?? ''];
  expect(damageOf(await verify({ ...wholeFiles(), [fileOf(1)]: lines.join('\n') }))).toEqual([
    `content ${fileOf(1)}:1`,
  ]);
});

test('older seals of the file tell which part of it is whole', async () => {
  const text = linesOf(2, 9);
  const start = linesOf(2, 6);
  const records = [
    ...wholeRecords({ [fileOf(0)]: linesOf(0), [fileOf(1)]: linesOf(1) }),
    seal(fileOf(2), start),
    seal(fileOf(2), text),
  ];
  const files = {
    ...wholeFiles(),
    't.ledger': ledgerText(records),
    [fileOf(2)]: text.replace('"n":7', '"n":1'),
  };
  const report = await verify(files);
  expect(damageOf(report)).toEqual([`content ${fileOf(2)}:7`]);
  expect(report.damage[0]?.sentence).toContain('the first 6 lines are whole');
});

test('lines behind the seal of a file are damage where a later hour is sealed', async () => {
  const report = await verify({ ...wholeFiles(), [fileOf(1)]: `${linesOf(1)}{}\n` });
  expect(damageOf(report)).toEqual([`content ${fileOf(1)}:6`]);
});

test('a seal whose count was edited is damage', async () => {
  const ledger = String(wholeFiles()['t.ledger']).replace('"messages":5', '"messages":6');
  expect(damageOf(await verify({ ...wholeFiles(), 't.ledger': ledger }))).toEqual([`content ${fileOf(0)}`]);
});

test('a file between others that is gone is missing; so is the last one, and each where none is left', async () => {
  expect(damageOf(await verify(without(fileOf(1))))).toEqual([`missing ${fileOf(1)}`]);
  expect(damageOf(await verify(without(fileOf(2))))).toEqual([`missing ${fileOf(2)}`]);
  const { 't.ledger': ledger = '' } = wholeFiles();
  expect(damageOf(await verify({ 't.ledger': ledger }))).toHaveLength(3);
});

test('hours older than the oldest file that is there are removed, not missing', async () => {
  const { [fileOf(0)]: _, [fileOf(1)]: __, ...rest } = wholeFiles();
  const report = await verify(rest);
  expect(report.damage).toEqual([]);
  expect(report.removed).toMatchObject({ files: 2, messages: 10, first_hour_ms: START_MS });
});

test('a missing file that was packed by another program than gzip is told so', async () => {
  const report = await verify({ ...without(fileOf(1)), [`${fileOf(1)}.zst`]: 'x' });
  expect(report.damage[0]?.sentence).toContain(`${fileOf(1)}.zst lies there`);
});

test('a file that the ledger does not know is damage, and each file is where there is no ledger', async () => {
  const records = wholeRecords({ [fileOf(0)]: linesOf(0), [fileOf(2)]: linesOf(2) });
  expect(damageOf(await verify({ ...wholeFiles(), 't.ledger': ledgerText(records) }))).toEqual([
    `unknown ${fileOf(1)}`,
  ]);
  expect(damageOf(await verify(without('t.ledger')))).toEqual(
    [0, 1, 2].map((hour) => `unknown ${fileOf(hour)}`),
  );
});

test('an emptied ledger does not pass for a crash', async () => {
  expect(damageOf(await verify({ ...wholeFiles(), 't.ledger': '' }))).toEqual([`unknown ${fileOf(0)}`]);
});

test('names off the hour are damage', async () => {
  const names = [`t_${START_S + 1}.jsonl`, `t_0${START_S}.jsonl`, `t_${10 ** 17}.jsonl`, 't_.jsonl'];
  const files = { ...wholeFiles(), ...Object.fromEntries(names.map((name) => [name, linesOf(0)])) };
  const { topics } = await verifyDir(await folderOf(files));
  expect(topics.flatMap(damageOf).sort()).toEqual(names.map((name) => `name ${name}`).sort());
});

test('ledger lines that are no records are named, neighbours together', async () => {
  const [first, ...rest] = String(wholeFiles()['t.ledger']).split('\n');
  const bad = '{"at_ms":1,"kind":"gap","from_ms":2,"to_ms":1,"reason":"crash"}';
  const ledger = ['junk', first, 'x', '', bad, ...rest].join('\n');
  const report = await verify({ ...wholeFiles(), 't.ledger': ledger });
  expect(damageOf(report)).toEqual(['ledger t.ledger:1', 'ledger t.ledger:3']);
  expect(report.damage[1]?.sentence).toContain('lines 3 to 5');
});

test("a ledger's seal of what can be no file of the topic is damage", async () => {
  const records = [...wholeRecords({}), seal('other_0.jsonl', 'x\n'), seal(`t_${START_S + 7}.jsonl`, 'x\n')];
  const report = await verify({ 't.ledger': ledgerText(records) });
  expect(damageOf(report)).toEqual(['ledger t.ledger:3', 'ledger t.ledger:4']);
});

test('a gzipped file is held against its seal', async () => {
  const packed = gzipSync(linesOf(1));
  const { [fileOf(1)]: _, ...rest } = wholeFiles();
  const name = `${fileOf(1)}.gz`;
  const whole = await verify({ ...rest, [name]: packed });
  expect(whole).toMatchObject({ damage: [], messages: 15 });
  const altered = gzipSync(linesOf(1).replace('"n":1', '"n":8'));
  expect(damageOf(await verify({ ...rest, [name]: altered }))).toEqual([`content ${name}:1`]);
  expect(damageOf(await verify({ ...rest, [name]: packed.subarray(0, -9) }))).toEqual([`content ${name}`]);
  expect(damageOf(await verify({ ...rest, [name]: linesOf(1) }))).toEqual([`content ${name}`]);
});

test('while a file is being gzipped, the plain one that lies beside is judged', async () => {
  const report = await verify({ ...wholeFiles(), [`${fileOf(1)}.gz`]: gzipSync(linesOf(1)).subarray(0, 12) });
  expect(report).toMatchObject({ damage: [], notes: [{ file: `${fileOf(1)}.gz` }] });
});

test('lines that are no JSON are counted, and no damage where the seal fits', async () => {
  const text = `pong\n${linesOf(0)}{"a":\n`;
  const files = { [fileOf(0)]: text };
  const report = await verify({ ...files, 't.ledger': ledgerText(wholeRecords(files)) });
  expect(report).toMatchObject({ damage: [], not_json: 2, messages: 7 });
});

test('a folder and a dead link with the name of a file are named, what is not ours is passed over', async () => {
  const dir = await folderOf({ ...wholeFiles(), 'system.log': 'hello', 'notes.txt': '' });
  await mkdir(join(dir, fileOf(3)));
  await mkdir(join(dir, 'backup'));
  await symlink(join(dir, 'nowhere'), join(dir, fileOf(4)));
  const { topics } = await verifyDir(dir);
  expect(topics.map(({ topic }) => topic)).toEqual(['t']);
  expect(topics.flatMap(damageOf)).toEqual([`unreadable ${fileOf(3)}`, `unreadable ${fileOf(4)}`]);
});

test('a ledger and a mark that are pipes are told, and not waited for', async () => {
  const dir = await folderOf({ [fileOf(0)]: linesOf(0) });
  for (const name of ['t.ledger', 't.mark']) await promisify(execFile)('mkfifo', [join(dir, name)]);
  const { topics } = await verifyDir(dir);
  expect(topics.flatMap(damageOf)).toEqual([`unreadable t.ledger`, `unknown ${fileOf(0)}`]);
});

test('a folder that is no output folder, and one that is not there, are refused in a sentence', async () => {
  const dir = await folderOf({ 'a.txt': '' });
  await expect(verifyDir(dir)).rejects.toMatchObject({
    exit_code: 64,
    message: `${dir} is no output folder: it holds neither a ledger nor a file named NAME_START.jsonl.`,
  });
  const nowhere = join(dir, 'nowhere');
  await expect(verifyDir(nowhere)).rejects.toThrow(`There is no folder ${nowhere}: name the output folder.`);
  await expect(verifyDir(join(dir, 'a.txt'))).rejects.toThrow('is no folder');
});

test('one topic of many, by its name or as its files bear it; another is refused with the nearest', async () => {
  const other = (hour: number) => fileOf(hour, 'a%2Fb');
  const files = { [other(0)]: linesOf(0) };
  const dir = await folderOf({
    ...wholeFiles(),
    ...files,
    'a%2Fb.ledger': ledgerText(wholeRecords(files)),
  });
  const topicsOf = async (topic: string | null) =>
    (await verifyDir(dir, { topic })).topics.map((found) => [found.topic, found.damage]);
  expect(await topicsOf(null)).toEqual([
    ['a/b', []],
    ['t', []],
  ]);
  expect(await topicsOf('a/b')).toEqual([['a/b', []]]);
  expect(await topicsOf('a%2Fb')).toEqual([['a/b', []]]);
  await expect(verifyDir(dir, { topic: 'a/bc' })).rejects.toThrow('Did you mean "a/b"?');
});

test('only the hours of the window are read, and only their files can be missing', async () => {
  const { [fileOf(1)]: _, ...rest } = wholeFiles();
  const window = { from_ms: START_MS + 2 * HOUR_MS, to_ms: START_MS + 3 * HOUR_MS };
  const report = await verify(rest, { window });
  expect(report).toMatchObject({ damage: [], files: 1, from_ms: window.from_ms, to_ms: window.to_ms });
  const around = { from_ms: START_MS + HOUR_MS, to_ms: START_MS + HOUR_MS + 1 };
  expect(damageOf(await verify(rest, { window: around }))).toEqual([`missing ${fileOf(1)}`]);
});

test('the hour may be shorter in tests', async () => {
  const name = `t_${START_S + 5}.jsonl`;
  const files = { [name]: linesOf(0) };
  const all = {
    ...files,
    't.ledger': ledgerText([live(START_MS), seal(name, linesOf(0)), stop(START_MS + 9000)]),
  };
  expect(damageOf(await verify(all, { hour_ms: 5000 }))).toEqual([]);
  expect(damageOf(await verify(all))).toEqual([`name ${name}`, 'ledger t.ledger:2']);
});

test('a line of 100 MB is read in little memory', async () => {
  const text = Buffer.alloc(100 * 1024 * 1024, 'x');
  text.write('{"a":"');
  text.write('"}\n', text.length - 3);
  const files = { [fileOf(0)]: text };
  const dir = await folderOf({ ...files, 't.ledger': ledgerText(wholeRecords(files)) });
  text.fill(0);
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const took = () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  };
  const { topics } = await verifyDir(dir, { took });
  expect(topics).toMatchObject([{ damage: [], messages: 1, not_json: 0 }]);
  expect(most).toBeLessThan(8 * 1024 * 1024);
});
