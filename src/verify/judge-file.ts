// Judges one hour file by its contents and its seals.
//
// What a crash leaves is not damage as long as it ends with a newline: a file without a seal, or one that grew
// after its seal and still begins with what was sealed. The capture seals it when it starts again. That holds
// only for a file that can have been open at the crash (`may_be_open`); on any other, bytes that no seal covers
// were put there by somebody else.

import type { Contents, Prefix } from './contents.js';
import type { Sealed } from './ledger.js';
import type { Damage, DamageKind, Note } from './report.js';

export interface FileCase {
  /** As it lies there. */
  readonly file: string;
  readonly ledger_file: string;
  /** Oldest first; the last one holds. */
  readonly seals: readonly Sealed[];
  readonly contents: Contents;
  /** Whether a writer, or a crash, may have left lines in it that are not sealed yet. */
  readonly may_be_open: boolean;
  /** Whether somebody is at work on the folder: an unfinished end is then no torn one. */
  readonly is_written: boolean;
}

/** What is wrong, what is merely so, or nothing. */
export interface FileJudgement {
  readonly damage: Damage | null;
  readonly note: Note | null;
}

const WHOLE: FileJudgement = { damage: null, note: null };

export function judgeFile(it: FileCase): FileJudgement {
  const last = it.seals.at(-1);
  const { contents } = it;
  if (last === undefined) {
    // A file that was opened and not written to is sealed never, and holds nothing.
    if (contents.bytes === 0) return WHOLE;
    if (it.may_be_open) return judgeOpenEnd(it, { bytes: 0, lines: 0 });
    return damaged(it, 'unknown', null, `the ledger does not know it: ${it.ledger_file} has no seal for it`);
  }
  const { seal, line } = last;
  const sealed_by = `its seal (${it.ledger_file}, line ${line})`;
  if (contents.bytes < seal.bytes) {
    const torn = contents.unfinished_bytes > 0 ? ', and it ends in a torn line' : '';
    const sentence = `holds ${contents.bytes} bytes, and ${sealed_by} says ${seal.bytes}${torn}`;
    return damaged(it, 'content', contents.lines + 1, sentence);
  }
  const sealed_part = contents.prefixes.get(seal.bytes);
  if (sealed_part?.sha256 !== seal.sha256) {
    const { first_line, where } = locate(it);
    const lines = sealed_part?.lines ?? contents.lines;
    const count = lines === seal.messages ? '' : `, and ${lines} messages where it says ${seal.messages}`;
    const sentence = `what it holds has another SHA-256 than ${sealed_by} says${count}: ${where}`;
    return damaged(it, 'content', first_line, sentence);
  }
  if (sealed_part.lines !== seal.messages) {
    const sentence = `holds ${sealed_part.lines} messages, and ${sealed_by} says ${seal.messages}`;
    return damaged(it, 'content', null, sentence);
  }
  if (contents.bytes === seal.bytes) return WHOLE;
  if (it.may_be_open) return judgeOpenEnd(it, sealed_part);
  const more = contents.bytes - seal.bytes;
  const sentence = `holds ${more} bytes more than ${sealed_by} says, from line ${sealed_part.lines + 1} on`;
  return damaged(it, 'content', sealed_part.lines + 1, sentence);
}

/** What comes behind the last seal, in a file that is written or was when the capture died. */
function judgeOpenEnd(it: FileCase, sealed: Pick<Prefix, 'bytes' | 'lines'>): FileJudgement {
  const { contents, file } = it;
  if (contents.unfinished_bytes > 0 && !it.is_written) {
    const sentence = `ends in a torn line of ${contents.unfinished_bytes} bytes: the next start of the capture moves them into the ledger`;
    return damaged(it, 'torn', contents.lines + 1, sentence);
  }
  const lines = contents.lines - sealed.lines;
  const since = sealed.bytes === 0 ? 'no seal vouches for it yet' : `${lines} lines since its last seal`;
  const until = it.is_written ? 'it is being written' : 'the next start of the capture seals it';
  const note = { file, line: sealed.lines + 1, sentence: `not sealed yet: ${since}, ${until}` };
  return { damage: null, note };
}

/** Where the damage can be, from the older seals and from the lines that are no JSON. */
function locate({ seals, contents }: FileCase): { first_line: number; where: string } {
  let whole_lines = 0;
  for (const { seal } of seals) {
    const prefix = contents.prefixes.get(seal.bytes);
    if (prefix?.sha256 === seal.sha256) whole_lines = Math.max(whole_lines, prefix.lines);
  }
  const broken = contents.not_json_lines.find((line) => line > whole_lines);
  const start = whole_lines === 0 ? '' : `the first ${whole_lines} lines are whole by an earlier seal, `;
  if (broken !== undefined)
    return { first_line: broken, where: `${start}the first line that is no JSON is ${broken}` };
  if (whole_lines > 0) return { first_line: whole_lines + 1, where: `${start}the damage lies behind them` };
  return { first_line: 1, where: 'a seal covers the file as a whole, so where cannot be told' };
}

function damaged(it: FileCase, kind: DamageKind, line: number | null, sentence: string): FileJudgement {
  return { damage: { kind, file: it.file, line, sentence }, note: null };
}
