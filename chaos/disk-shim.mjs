// Loaded into the processes under test (`--import`): makes the disk under `CHAOS_OUTPUT_DIR` slow or full, and
// kills the process in the middle of a write, as files in `CHAOS_CONTROL_DIR` say. It stands between the program
// and Node's file handles; the program knows nothing of it.

import { readFileSync, rmSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const control = process.env.CHAOS_CONTROL_DIR ?? '';
const output = `${process.env.CHAOS_OUTPUT_DIR ?? ''}/`;

/** What a file is called, by handle; handles of other files are not touched. */
const names = new WeakMap();
/** Handles that have met the full disk: it took a part of the first write, and takes nothing more. */
const stuck = new WeakSet();

function readControl(name) {
  try {
    return JSON.parse(readFileSync(join(control, name), 'utf8'));
  } catch {
    return null;
  }
}

const openFile = fs.open;
let is_shimmed = false;
fs.open = async (path, ...rest) => {
  const handle = await openFile(path, ...rest);
  if (!is_shimmed) shim(Object.getPrototypeOf(handle));
  is_shimmed = true;
  if (String(path).startsWith(output)) names.set(handle, basename(String(path)));
  return handle;
};
syncBuiltinESMExports();

/** `name_1234.jsonl`, `name.ledger`, `name.mark`: whose it is, and what. */
function partsOf(name) {
  const hour = /^(.*)_\d+\.jsonl$/.exec(name);
  if (hour !== null) return { topic: hour[1], what: 'data' };
  const dot = name.lastIndexOf('.');
  return { topic: name.slice(0, dot), what: name.slice(dot + 1) };
}

/** Whether this process is to die at this operation, and when; the trap is taken, so that it falls once. */
function springTrap(name, verb) {
  const { topic, what } = partsOf(name);
  const death = readControl(`trap-${topic}`);
  if (death === null || death.operation !== `${verb} ${what}`) return null;
  rmSync(join(control, `trap-${topic}`), { force: true });
  return death.when;
}

function die() {
  process.kill(process.pid, 'SIGKILL');
}

function shim(handles) {
  const { write, datasync, truncate } = handles;
  handles.write = async function (bytes, offset, length, position) {
    const name = names.get(this);
    if (name === undefined) return write.call(this, bytes, offset, length, position);
    const disk = readControl('disk.json');
    const death = springTrap(name, 'write');
    if (death === 'before') die();
    if (death === 'half') {
      await write.call(this, bytes, offset, Math.ceil(length / 2), position);
      die();
    }
    if (disk?.slow_ms > 0) await delay(disk.slow_ms);
    // A mark is overwritten in place: that needs no room.
    if (disk?.is_full !== true) stuck.delete(this);
    else if (typeof position !== 'number') {
      if (!stuck.has(this)) {
        stuck.add(this);
        return write.call(this, bytes, offset, Math.ceil(length / 2), position);
      }
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    }
    const done = await write.call(this, bytes, offset, length, position);
    if (death === 'after') die();
    return done;
  };
  for (const [verb, real] of Object.entries({ datasync, truncate })) {
    handles[verb] = async function (...args) {
      const name = names.get(this);
      if (name === undefined) return real.apply(this, args);
      const disk = readControl('disk.json');
      const death = springTrap(name, verb);
      if (death === 'before') die();
      if (disk?.slow_ms > 0) await delay(disk.slow_ms);
      const done = await real.apply(this, args);
      if (death !== null) die();
      return done;
    };
  }
}
