// Measures what a file holds, in one pass: its lines, its bytes, its SHA-256, the lines that are no JSON, and the
// same digest at each size at which the file was sealed before. A file that is appended to after a seal still has
// to begin with what was sealed; and where a file is damaged, the older seals tell which part of it is whole.

import { createHash, type Hash } from 'node:crypto';
import { JsonLines } from './json-lines.js';

/** The file's beginning up to some size. */
export interface Prefix {
  readonly bytes: number;
  readonly lines: number;
  readonly sha256: string;
}

export interface Contents extends Prefix {
  readonly not_json: number;
  /** The first of their numbers. */
  readonly not_json_lines: readonly number[];
  /** Bytes behind the last newline. */
  readonly unfinished_bytes: number;
  /** By their bytes: those of the sizes asked for that the file has. */
  readonly prefixes: ReadonlyMap<number, Prefix>;
}

/**
 * @param chunks the file's bytes.
 * @param sizes where to take the digest on the way.
 * @param see is shown every chunk as well.
 */
export async function measure(
  chunks: AsyncIterable<Buffer>,
  sizes: Iterable<number>,
  see: (chunk: Buffer) => void = () => {},
): Promise<Contents> {
  const wanted = [...new Set(sizes)].sort((a, b) => b - a);
  const prefixes = new Map<number, Prefix>();
  const hash = createHash('sha256');
  const json = new JsonLines();
  let bytes = 0;
  const takePrefixes = (): void => {
    while (wanted.at(-1) === bytes) {
      wanted.pop();
      prefixes.set(bytes, { bytes, lines: json.lines, sha256: digestSoFar(hash) });
    }
  };
  const take = (part: Buffer): void => {
    hash.update(part);
    json.update(part);
    bytes += part.length;
    takePrefixes();
  };
  takePrefixes();
  for await (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) {
      const next = wanted.at(-1) ?? Number.POSITIVE_INFINITY;
      const end = Math.min(chunk.length, at + next - bytes);
      take(chunk.subarray(at, end));
      at = end;
    }
    see(chunk);
  }
  return {
    bytes,
    lines: json.lines,
    sha256: hash.digest('hex'),
    not_json: json.not_json,
    not_json_lines: json.not_json_lines,
    unfinished_bytes: json.unfinished_bytes,
    prefixes,
  };
}

function digestSoFar(hash: Hash): string {
  return hash.copy().digest('hex');
}
