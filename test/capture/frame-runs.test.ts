// The fast way against ws as the oracle: whatever a server sends, and however it is cut into reads, the same
// messages, control frames and errors come out in the same order.

import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameRuns } from '../../src/capture/frame-runs.js';
import { closePayload, encodeFrame, OPCODE } from '../testing/frames.js';

/** What ws exports and its types leave out. */
const { Receiver } = createRequire(import.meta.url)('ws') as { Receiver: new (options: object) => Writable };

const PREFIX = '{"topic":"';
const MESSAGE_BYTES_MAX = 100_000;
const HEAD = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');

const asLine = (message: Buffer) => `${message.toString('latin1').replaceAll('\n', ' ')}\n`;

/** ws's own parser; what it says is noted, and after an error or a Close it is given no more, as ws does. */
function oracle(heard: string[], bytes_max: number): { give: (bytes: Buffer) => void } {
  const receiver = new Receiver({ isServer: false, maxPayload: bytes_max });
  let ended = false;
  receiver.on('message', (data: Buffer, is_binary: boolean) => {
    heard.push(is_binary ? `binary ${data.toString('latin1')}` : asLine(data));
  });
  receiver.on('ping', (data: Buffer) => heard.push(`ping ${data}`));
  receiver.on('pong', (data: Buffer) => heard.push(`pong ${data}`));
  receiver.on('conclude', (code: number) => {
    heard.push(`close ${code}`);
    ended = true;
  });
  receiver.on('error', (error: Error & { code: string }) => {
    heard.push(`error ${error.code}`);
    ended = true;
  });
  return {
    give(bytes) {
      if (!ended) receiver.write(bytes);
    },
  };
}

/** ws tells of an error when the read is over. */
const turn = () => new Promise<void>((resolve) => process.nextTick(resolve));

/** What ws alone makes of the frames. */
async function slowly(stream: Buffer, bytes_max = MESSAGE_BYTES_MAX): Promise<string[]> {
  const heard: string[] = [];
  oracle(heard, bytes_max).give(stream);
  await turn();
  return heard;
}

/** One topic: that of what begins so. */
function topicAt(bytes: Uint8Array, start: number, end: number): number {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1').startsWith(PREFIX) ? 0 : -1;
}

/** The same through the fast way, read in pieces of these sizes (again from the first when they are used up). */
async function fast(
  stream: Buffer,
  sizes: readonly number[],
  takes = () => true,
  bytes_max = MESSAGE_BYTES_MAX,
): Promise<{ heard: string[]; taken: number }> {
  const heard: string[] = [];
  const { give } = oracle(heard, bytes_max);
  let taken = 0;
  let is_open = false;
  let head = 0;
  const runs = new FrameRuns(
    {
      topicAt,
      message_bytes_max: bytes_max,
      lines(lines, count) {
        const texts = lines.toString('latin1').split('\n').slice(0, -1);
        expect(texts).toHaveLength(count);
        heard.push(...texts.map((text) => `${text}\n`));
        taken += count;
      },
      takes: () => takes() && !heard.at(-1)?.startsWith('error'),
      isOpen: () => is_open,
    },
    (bytes) => {
      if (is_open) return give(bytes);
      head += bytes.length;
      is_open = head === HEAD.length;
      expect(head).toBeLessThanOrEqual(HEAD.length);
    },
  );
  const all = Buffer.concat([HEAD, stream]);
  for (let at = 0, i = 0; at < all.length; i += 1) {
    const { room } = runs;
    const length = Math.min(sizes[i % sizes.length] ?? 1, room.length, all.length - at);
    room.set(all.subarray(at, at + length));
    runs.read(length);
    await turn();
    at += length;
  }
  return { heard, taken };
}

const text = (payload: string | Buffer) =>
  encodeFrame({ opcode: OPCODE.text, payload: Buffer.from(payload) });

/** One of each kind; none of them ends the connection. */
const KINDS: Readonly<Record<string, Buffer>> = {
  data: text(`${PREFIX}t","n":1}`),
  'a line break in it': text(`${PREFIX}t",\n"n":2}`),
  'not ASCII': text(`${PREFIX}é…😀"}`),
  'a control message': text('{"success":true,"op":"ping"}'),
  'shorter than the prefix': text('{"t'),
  empty: text(''),
  'of 125 bytes': text(PREFIX.padEnd(125, 'x')),
  'of 126 bytes': text(PREFIX.padEnd(126, 'x')),
  'of 2570 bytes': text(PREFIX.padEnd(2570, 'x')),
  'of over 64 KiB': text(PREFIX.padEnd(70_000, 'x')),
  'of 64 bit length though short': Buffer.concat([
    Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 0, 0, 12]),
    Buffer.from(`${PREFIX}t"`),
  ]),
  binary: encodeFrame({ opcode: OPCODE.binary, payload: Buffer.from(`${PREFIX}b"}`) }),
  ping: encodeFrame({ opcode: OPCODE.ping, payload: Buffer.from('there?') }),
  pong: encodeFrame({ opcode: OPCODE.pong }),
  fragments: Buffer.concat([
    encodeFrame({ opcode: OPCODE.text, fin: false, payload: Buffer.from(`${PREFIX}f`) }),
    encodeFrame({ opcode: OPCODE.ping, payload: Buffer.from('between') }),
    encodeFrame({ opcode: OPCODE.continuation, fin: false }),
    encodeFrame({ opcode: OPCODE.continuation, payload: Buffer.from('"}') }),
  ]),
};

/** These end it. */
const ENDS: Readonly<Record<string, Buffer>> = {
  'wrong UTF-8': text(Buffer.concat([Buffer.from(PREFIX), Buffer.from([0xff])])),
  'UTF-8 cut off': text(Buffer.concat([Buffer.from(PREFIX), Buffer.from([0xe2, 0x82])])),
  'wrong UTF-8, longer': text(Buffer.concat([Buffer.from(PREFIX.padEnd(300)), Buffer.from([0xc0])])),
  'larger than allowed': encodeFrame({
    opcode: OPCODE.text,
    payload: Buffer.alloc(MESSAGE_BYTES_MAX + 1, PREFIX),
  }),
  'a length beyond all bounds': Buffer.from([0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255]),
  masked: encodeFrame({ opcode: OPCODE.text, masked: true, payload: Buffer.from(`${PREFIX}m"}`) }),
  'a reserved bit': encodeFrame({ opcode: OPCODE.text, rsv: 4, payload: Buffer.from(`${PREFIX}r"}`) }),
  'an unknown opcode': encodeFrame({ opcode: 3 }),
  'a text inside fragments': Buffer.concat([
    encodeFrame({ opcode: OPCODE.text, fin: false, payload: Buffer.from(PREFIX) }),
    text(`${PREFIX}t"}`),
  ]),
  'a continuation of nothing': encodeFrame({ opcode: OPCODE.continuation, payload: Buffer.from('x') }),
  close: encodeFrame({ opcode: OPCODE.close, payload: closePayload(1001, 'bye') }),
};

const kind = fc.constantFrom(...Object.values(KINDS));
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.integer({ min: 0, max: 40_000 }).map((length) => 'x'.repeat(length)),
);
const dataFrame = anyText.map((tail) => text(PREFIX + tail));
const stream = fc
  .record({
    frames: fc.array(fc.oneof({ weight: 5, arbitrary: dataFrame }, { weight: 2, arbitrary: kind }), {
      maxLength: 40,
    }),
    end: fc.option(fc.constantFrom(...Object.values(ENDS))),
    after: fc.array(kind, { maxLength: 3 }),
  })
  .map(({ frames, end, after }) => Buffer.concat([...frames, ...(end === null ? [] : [end, ...after])]));
const sizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 70_000 }), fc.constant(300_000)),
  {
    minLength: 1,
    maxLength: 10,
  },
);

test('any frames, cut into reads of any sizes, come out as they do from ws', async () => {
  await fc.assert(
    fc.asyncProperty(stream, sizes, async (bytes, lengths) => {
      expect((await fast(bytes, lengths)).heard).toEqual(await slowly(bytes));
    }),
    { numRuns: 400 },
  );
});

test('it may begin and cease to take messages at any of them', async () => {
  await fc.assert(
    fc.asyncProperty(
      stream,
      sizes,
      fc.array(fc.boolean(), { minLength: 1 }),
      async (bytes, lengths, moods) => {
        let asked = 0;
        const takes = () => moods[asked++ % moods.length] ?? true;
        expect((await fast(bytes, lengths, takes)).heard).toEqual(await slowly(bytes));
      },
    ),
    { numRuns: 200 },
  );
});

test('every kind of frame, in each place between two messages, at every split of the stream', async () => {
  const data = KINDS.data ?? Buffer.alloc(0);
  for (const [name, frame] of Object.entries({ ...KINDS, ...ENDS })) {
    const bytes = Buffer.concat([data, data, frame, data, data]);
    const wanted = await slowly(bytes);
    // Of a long frame the middle is like its neighbours.
    const ends = bytes.length < 1_000 ? bytes.length : 100;
    for (let at = 1; at < ends; at += 1) {
      expect({ name, at, heard: (await fast(bytes, [HEAD.length + at, bytes.length])).heard }).toEqual({
        name,
        at,
        heard: wanted,
      });
    }
    expect({ name, heard: (await fast(bytes, [1])).heard }).toEqual({ name, heard: wanted });
  }
});

test('runs of messages are taken, and nothing else is', async () => {
  const taken: string[] = [];
  for (const [name, frame] of Object.entries(KINDS)) {
    if ((await fast(frame, [HEAD.length, 100_000])).taken > 0) taken.push(name);
  }
  expect(taken).toEqual([
    'data',
    'a line break in it',
    'not ASCII',
    'of 125 bytes',
    'of 126 bytes',
    'of 2570 bytes',
  ]);
  const many = Buffer.concat(Array.from({ length: 10_000 }, (_, n) => text(`${PREFIX}t","n":${n}}`)));
  expect((await fast(many, [64 * 1024])).taken).toBe(10_000);
});

test('a message that is longer than allowed is refused by ws, though it fits the buffer', async () => {
  const bytes = Buffer.concat([text(PREFIX.padEnd(200)), text(PREFIX.padEnd(201)), text(PREFIX.padEnd(200))]);
  const { heard, taken } = await fast(bytes, [1_000], undefined, 200);
  expect([heard, taken]).toEqual([await slowly(bytes, 200), 1]);
});

test('a message shorter than the prefix is not taken for what an earlier read left behind it', async () => {
  // Its line was moved by the size of its header: behind the short message now lies the rest of a prefix.
  const [first, second] = [text(`${PREFIX}:"}`), text(PREFIX.slice(0, 7))];
  const { taken } = await fast(Buffer.concat([first, second]), [HEAD.length, first.length, second.length]);
  expect(taken).toBe(1);
});

test('while it is to take nothing, nothing is taken, and nothing held back but an unfinished header', () => {
  const bytes = Buffer.concat([text(`${PREFIX}t"}`), text('x'.repeat(300))]);
  const given: number[] = [];
  const options = {
    topicAt,
    message_bytes_max: 1_000,
    lines: () => expect.unreachable(),
  };
  const runs = new FrameRuns({ ...options, takes: () => false, isOpen: () => true }, (passed) =>
    given.push(passed.length),
  );
  const read = (piece: Buffer) => {
    runs.room.set(piece);
    runs.read(piece.length);
  };
  read(HEAD);
  for (const byte of bytes) read(Buffer.from([byte]));
  expect(given.reduce((sum, length) => sum + length, 0)).toBe(HEAD.length + bytes.length);
  // The two headers, of 2 and 4 bytes, and each other byte by itself.
  expect(given.slice(1)).toHaveLength(bytes.length - 1 - 3);
});
