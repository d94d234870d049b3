// A promise about beginnings compared by words: the answer is that of a comparison byte by byte.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { beginsWith } from '../../src/capture/begins-with.js';

/** Few different bytes, among them those whose sign could mislead, so that beginnings are often alike. */
const bytes = (max: number) =>
  fc.array(fc.constantFrom(0x61, 0x80, 0xff), { maxLength: max }).map((list) => Uint8Array.from(list));

test('a message begins with a prefix of any length where each of its bytes is the same, wherever it lies', () => {
  fc.assert(
    fc.property(bytes(13), bytes(13), bytes(9), bytes(9), (prefix, other, rest, before) => {
      const begins = beginsWith(prefix);
      // One buffer with three messages: what the prefix begins, the same cut short by a byte, and another.
      const messages = [Uint8Array.from([...prefix, ...rest]), prefix.subarray(0, -1), other];
      const buffer = Uint8Array.from([...before, ...messages.flatMap((message) => [...message])]);
      let at = before.length;
      for (const message of messages) {
        const expected =
          Buffer.compare(prefix, message.subarray(0, prefix.length)) === 0 && message.length >= prefix.length;
        expect(begins(buffer, at, at + message.length)).toBe(expected);
        // The same bytes at the end of another buffer, of which nothing may be read beyond.
        expect(begins(message, 0, message.length)).toBe(expected);
        at += message.length;
      }
    }),
    { numRuns: 2_000 },
  );
});
