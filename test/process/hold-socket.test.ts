// Promises of the lock that dies with its holder, between real processes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findHolder, folderKey, holdName } from '../../src/shared/hold-socket.js';
import { testFolder } from '../testing/folder.js';
import { PROJECT } from '../testing/supervised.js';

const key = () => `test:${process.pid}:${Math.random()}`;

/** Another process that holds a name until it is killed. */
async function holder(name: string): Promise<{ pid: number; kill(): Promise<void> }> {
  const module = JSON.stringify(join(PROJECT, 'dist/shared/hold-socket.js'));
  const text = `
    import { holdName } from ${module};
    console.log(await holdName(${JSON.stringify(name)}) === null ? 'not held' : 'held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  expect(String(await once(child.stdout, 'data'))).toBe('held\n');
  return {
    pid: child.pid ?? 0,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('a name is held once, and can be held again after its release', async () => {
  const name = key();
  const held = await holdName(name);
  expect(held).not.toBeNull();
  expect(await holdName(name)).toBeNull();
  await held?.release();
  const again = await holdName(name);
  expect(again).not.toBeNull();
  await again?.release();
});

test('of many who ask at once, one gets it', async () => {
  const name = key();
  const all = await Promise.all(Array.from({ length: 20 }, () => holdName(name)));
  const held = all.filter((one) => one !== null);
  expect(held).toHaveLength(1);
  await held[0]?.release();
});

test.runIf(process.platform === 'linux')(
  'a name held by another process is refused, its holder is found, and its death frees it at once',
  async () => {
    const name = key();
    const other = await holder(name);
    expect(await holdName(name)).toBeNull();
    expect(await findHolder(name)).toBe(other.pid);
    await other.kill();
    const held = await holdName(name);
    expect(held).not.toBeNull();
    expect(await findHolder(name)).toBe(process.pid);
    await held?.release();
    expect(await findHolder(name)).toBeNull();
  },
);

test('a folder has one key however it is named, and another for each use', async () => {
  const folder = await testFolder();
  expect(await folderKey(`${folder}/../${folder.split('/').at(-1)}/.`, 'x')).toBe(
    await folderKey(folder, 'x'),
  );
  expect(await folderKey(folder, 'x')).not.toBe(await folderKey(folder, 'y'));
});
