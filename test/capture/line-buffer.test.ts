import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineBuffer } from '../../src/capture/line-buffer.js';

const unbounded = { messages_max: 1e9, bytes_max: 1e12 };

function drain(buffer: LineBuffer): string {
  let out = '';
  for (let batch = buffer.peek(); batch !== null; batch = buffer.peek()) {
    out += batch.bytes.toString('latin1');
    buffer.wrote(batch.bytes.length);
  }
  return out;
}

const asLine = (message: Buffer) => `${message.toString('latin1').replace(/[\r\n]/g, ' ')}\n`;

test('each line break byte inside a message becomes one space', () => {
  const buffer = new LineBuffer(unbounded);
  buffer.push(Buffer.from('{\n "a":\r\n 1}\n'), 0, 0);
  buffer.push(Buffer.from('pong'), 0, 0);
  expect(drain(buffer)).toBe('{  "a":   1} \npong\n');
});

test('any messages, written in pieces of any size while more are pushed, leave as the same lines in the same order', () => {
  const message = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    fc.constantFrom(Buffer.alloc(300_000, 'x'), Buffer.alloc(262_143, 'y'), Buffer.alloc(262_144, 'z')),
  );
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ push: message, hour: fc.integer({ min: 0, max: 2 }) }) },
    { weight: 2, arbitrary: fc.record({ take: fc.double({ min: 0, max: 1, noNaN: true }) }) },
    { weight: 1, arbitrary: fc.constant({ rewind: true }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const buffer = new LineBuffer(unbounded);
      const expected: { hour: number; line: string }[] = [];
      const written: { hour: number; text: string }[] = [];
      let released = { lines: 0, bytes: 0 };
      let partial = '';
      const write = (share: number) => {
        const batch = buffer.peek();
        if (batch === null) return;
        expect(batch.lines).toBe(batch.bytes.toString('latin1').split('\n').length - 1);
        const count = Math.max(1, Math.ceil(batch.bytes.length * share));
        const text = partial + batch.bytes.toString('latin1', 0, count);
        const end = text.lastIndexOf('\n') + 1;
        if (end > 0) written.push({ hour: batch.hour_start_s, text: text.slice(0, end) });
        partial = text.slice(end);
        const r = buffer.wrote(count);
        released = { lines: released.lines + r.lines, bytes: released.bytes + r.bytes };
        expect(buffer.partial_bytes).toBe(partial.length);
      };
      for (const s of steps) {
        if ('push' in s) {
          const bytes = Buffer.from(s.push);
          buffer.push(bytes, s.hour * 3600, 0);
          expected.push({ hour: s.hour * 3600, line: asLine(bytes) });
        } else if ('take' in s) write(s.take);
        else {
          buffer.rewind();
          partial = '';
        }
        expect(buffer.lines).toBe(expected.length - released.lines);
      }
      while (buffer.lines > 0) write(1);
      expect(buffer.bytes).toBe(0);
      expect(written.map((w) => w.text).join('')).toBe(expected.map((e) => e.line).join(''));
      expect(released.bytes).toBe(expected.reduce((sum, e) => sum + e.line.length, 0));
      for (const hour of [0, 3600, 7200]) {
        const of_hour = (all: { hour: number }[]) => all.filter((x) => x.hour === hour);
        expect(
          of_hour(written)
            .map((w) => (w as { text: string } & typeof w).text)
            .join(''),
        ).toBe(
          of_hour(expected)
            .map((e) => (e as { line: string } & typeof e).line)
            .join(''),
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('it is full at the bound of messages and at the bound of bytes, and has room again when half empty', () => {
  const by_messages = new LineBuffer({ messages_max: 4, bytes_max: 1e9 });
  for (let i = 0; i < 4; i += 1) {
    expect(by_messages.full).toBe(false);
    by_messages.push(Buffer.from('abc'), 0, 0);
  }
  expect(by_messages.full).toBe(true);
  expect(by_messages.fits(1, 2)).toBe(false);
  by_messages.peek();
  by_messages.wrote(4);
  expect([by_messages.full, by_messages.hasRoom]).toEqual([false, false]);
  by_messages.wrote(4);
  expect(by_messages.hasRoom).toBe(true);

  const by_bytes = new LineBuffer({ messages_max: 1e9, bytes_max: 10 });
  expect([by_bytes.fits(1, 10), by_bytes.fits(1, 11)]).toEqual([true, false]);
  by_bytes.push(Buffer.from('123456789'), 0, 0);
  expect(by_bytes.full).toBe(true);
});

test('being told of more bytes than it gave is refused', () => {
  const buffer = new LineBuffer(unbounded);
  buffer.push(Buffer.from('a'), 0, 0);
  const batch = buffer.peek();
  buffer.push(Buffer.from('b'), 0, 0);
  expect(() => buffer.wrote((batch?.bytes.length ?? 0) + 1)).toThrow(RangeError);
});
