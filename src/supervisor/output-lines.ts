// What a capture process prints: nothing, unless Node itself has something to say, such as why it crashed. That
// goes to the log, a bounded number of lines of a bounded length.

import type { Readable } from 'node:stream';

const LINE_LENGTH_MAX = 1_000;
/** A program that floods is not worth more; what a crash prints is shorter. */
const LINES_MAX = 200;

/** Calls `print` with each line of the stream that is not blank, up to 200 in all. */
export function readLines(stream: Readable, print: (line: string) => void): void {
  let rest = '';
  let lines = 0;
  const take = (line: string) => {
    if (line.trim() === '' || lines > LINES_MAX) return;
    lines += 1;
    print(lines > LINES_MAX ? 'It prints more than is shown here' : line.slice(0, LINE_LENGTH_MAX));
  };
  stream.setEncoding('utf8');
  stream.on('error', () => {});
  stream.on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = (parts.pop() ?? '').slice(0, LINE_LENGTH_MAX);
    for (const part of parts) take(part);
  });
  stream.on('end', () => take(rest));
}
