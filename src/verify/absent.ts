// Files that the ledger sealed and that are not there: removed by somebody, if they are older than all that are;
// missing otherwise, and so if none is left.

import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Folder, type HourFile, hourOf, type TopicFolder } from './folder.js';
import type { Ledger, Sealed } from './ledger.js';
import type { Damage, Removed } from './report.js';

export interface Absent {
  /** Those that are there after all: they came after the folder was listed. */
  readonly appeared: HourFile[];
  readonly damage: Damage[];
  removed: Removed | null;
}

/** `isAskedFor` tells whether an hour, by its start, is looked at. */
export async function judgeAbsent(
  folder: Folder,
  { files }: TopicFolder,
  ledger: Ledger,
  hour_ms: number,
  isAskedFor: (hour_start_ms: number) => boolean,
): Promise<Absent> {
  const present = new Set(files.map(({ name }) => name));
  const oldest_ms = files[0]?.hour_start_ms ?? Number.NEGATIVE_INFINITY;
  const absent: Absent = { appeared: [], damage: [], removed: null };
  for (const [name, seals] of ledger.seals) {
    const last = seals.at(-1);
    if (present.has(name) || last === undefined) continue;
    const hour_start_ms = hourOf(name, hour_ms);
    if (hour_start_ms === null) {
      const sentence = `seals ${JSON.stringify(name)}, which is off the hour`;
      absent.damage.push({ kind: 'ledger', file: ledger.file, line: last.line, sentence });
    } else if (isAskedFor(hour_start_ms)) {
      const path = join(folder.dir, name);
      const size = await sizeOf(path);
      if (size !== null)
        absent.appeared.push({ name, found_name: name, path, hour_start_ms, is_packed: false, size });
      else if (hour_start_ms < oldest_ms) absent.removed = addTo(absent.removed, hour_start_ms, last);
      else absent.damage.push(missing(name, last, ledger.file, folder.names));
    }
  }
  return absent;
}

/** Null where there is nothing of that name. */
function sizeOf(path: string): Promise<number | null> {
  return lstat(path).then(
    ({ size }) => size,
    () => null,
  );
}

function addTo(before: Removed | null, hour_ms: number, { seal }: Sealed): Removed {
  return {
    files: (before?.files ?? 0) + 1,
    messages: (before?.messages ?? 0) + seal.messages,
    bytes: (before?.bytes ?? 0) + seal.bytes,
    first_hour_ms: Math.min(before?.first_hour_ms ?? hour_ms, hour_ms),
    last_hour_ms: Math.max(before?.last_hour_ms ?? hour_ms, hour_ms),
  };
}

function missing(
  name: string,
  { seal, line }: Sealed,
  ledger_file: string,
  names: ReadonlySet<string>,
): Damage {
  const instead = [...names].find((found) => found.startsWith(`${name}.`));
  const hint =
    instead === undefined ? '' : ` (${instead} lies there, but of packed files only .gz can be read)`;
  const sentence = `is missing${hint}: ${ledger_file}, line ${line}, seals it with ${seal.messages} messages`;
  return { kind: 'missing', file: name, line: null, sentence };
}
