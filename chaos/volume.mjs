// The disk that the capture writes to: a small tmpfs of the harness's own where it may mount one (root on
// Linux), which is filled with a ballast file to make it full; else a plain folder, where the faults are made by
// disk-shim.mjs, which is loaded into the processes. Slowness, and a death inside a write, are the shim's in
// either case.

import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const SIZE_MB = 160;
const BLOCK = Buffer.alloc(1024 * 1024);

export class Volume {
  /** What the capture's `output_dir` is. */
  path;
  /** The environment that the processes need. */
  env;
  is_mounted = false;
  #control;
  #ballast;
  #state = { slow_ms: 0, is_full: false };

  /** @param {string} folder the run's */
  constructor(folder) {
    const mount = join(folder, 'disk');
    this.path = join(mount, 'out');
    this.#control = join(folder, 'control');
    this.#ballast = join(mount, 'ballast');
    mkdirSync(mount);
    mkdirSync(this.#control);
    this.is_mounted = tryMount(mount);
    mkdirSync(this.path);
    this.#tell();
    const shim = new URL('./disk-shim.mjs', import.meta.url).href;
    this.env = {
      NODE_OPTIONS: `--import=${shim}`,
      CHAOS_CONTROL_DIR: this.#control,
      CHAOS_OUTPUT_DIR: this.path,
    };
  }

  fill() {
    if (this.is_mounted) this.#fillUp();
    else this.#set({ is_full: true });
  }

  free() {
    rmSync(this.#ballast, { force: true });
    this.#set({ is_full: false });
  }

  /** Each write and each sync takes so much longer. 0: no longer slow. */
  slow(slow_ms) {
    this.#set({ slow_ms });
  }

  /**
   * The process that does `operation` next on a file of this name is killed: before, in the middle, or after.
   * @param {string} encoded_name
   * @param {{ operation: string, when: 'before' | 'half' | 'after' }} death
   */
  setTrap(encoded_name, death) {
    writeFileSync(this.#trap(encoded_name), JSON.stringify(death));
  }

  clearTrap(encoded_name) {
    rmSync(this.#trap(encoded_name), { force: true });
  }

  unmount() {
    if (!this.is_mounted) return;
    execFileSync('umount', [join(this.path, '..')], { stdio: 'ignore' });
    this.is_mounted = false;
  }

  #trap(encoded_name) {
    return join(this.#control, `trap-${encoded_name}`);
  }

  #set(change) {
    Object.assign(this.#state, change);
    this.#tell();
  }

  #tell() {
    writeFileSync(join(this.#control, 'disk.json'), JSON.stringify(this.#state));
  }

  #fillUp() {
    const file = openSync(this.#ballast, 'a');
    try {
      for (let length = BLOCK.length; length >= 4096; ) {
        // The last bytes go in small steps, so that nothing is left over.
        try {
          if (writeSync(file, BLOCK, 0, length) < length) length = Math.floor(length / 2);
        } catch (error) {
          if (error.code !== 'ENOSPC') throw error;
          length = Math.floor(length / 2);
        }
      }
    } finally {
      closeSync(file);
    }
  }
}

function tryMount(mount) {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', mount], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
