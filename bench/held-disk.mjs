// Loaded into the capture (`--import`): while the file HELD_DISK exists, no write to a file returns.

import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const handle = await open('/dev/null');
const handles = Object.getPrototypeOf(handle);
await handle.close();
const { write } = handles;
handles.write = async function held(...args) {
  while (existsSync(process.env.HELD_DISK)) await delay(20);
  return write.apply(this, args);
};
