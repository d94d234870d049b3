// What the load sends: trades of one shape, or messages with the sizes and bursts of feeds that were recorded.

import { mean } from './stage.mjs';

/** A server's frame: final, text, not masked. */
export function frame(text) {
  const payload = Buffer.from(text);
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([0x81, length]), payload]);
  const header = Buffer.alloc(length < 65_536 ? 4 : 10);
  header[0] = 0x81;
  header[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) header.writeUInt16BE(length, 2);
  else header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

/** The bytes of a frame that are its header. */
export function headerBytes(framed) {
  return framed[1] < 126 ? 2 : framed[1] === 126 ? 4 : 10;
}

/** 216 bytes each, as Bybit writes them. */
export function trades() {
  return Array.from({ length: 1000 }, (_, i) => {
    const id = `20f43950-d8dd-5b31-9112-a178eb6${String(i).padStart(5, '0')}`;
    const at = 1672304486868 + i;
    return frame(
      `{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":${at},"data":[{"T":${at - 3},"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"${id}","BT":false}]}`,
    );
  });
}

// What was found in 100,000 recorded messages of ten exchanges with the moments of their receipt. Each row says that
// this part of all is no larger than so much; between two rows it grows by the same factor.

/** Bytes of a message. */
const SIZES = [
  [0, 20],
  [0.1, 101],
  [0.25, 130],
  [0.5, 180],
  [0.9, 290],
  [0.99, 2_300],
  [0.999, 12_000],
  [0.9999, 40_000],
  [1, 100_000],
];
/** Messages that came no more than a millisecond after one another: 2 on average, but a quarter of all are among 9 or more. */
const BURSTS = [
  [0, 1],
  [0.7, 1],
  [0.8, 2],
  [0.9, 3],
  [0.95, 5],
  [0.99, 17],
  [0.999, 52],
  [0.9999, 116],
  [1, 165],
];
/** From the end of one burst to the next, as a part of the mean. */
const PAUSES = [
  [0, 0.008],
  [0.1, 0.12],
  [0.25, 0.24],
  [0.5, 0.53],
  [0.75, 1.3],
  [0.9, 2.5],
  [0.95, 3.6],
  [0.99, 4.5],
  [0.999, 10],
  [0.9999, 43],
  [1, 108],
];

/** The same numbers in each run, from 0 up to and without 1. */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What stands in `table` at this part of all: from 0 up to and without 1. */
function at(table, part) {
  const i = table.findIndex(([up_to]) => part < up_to);
  const [[from, least], [to, most]] = [table[i - 1], table[i]];
  return least * (most / least) ** ((part - from) / (to - from));
}

/** 10,000 values with the distribution of `table`, in a mixed order. */
const spread = (table) =>
  Array.from({ length: 10_000 }, (_, i) => at(table, ((i * 7_919) % 10_000) / 10_000 + 0.00005));

/** 20 B to 100 KB; some are too short for the topic's name. */
export function recordedSizes() {
  const head = '{"topic":"publicTrade.BTCUSDT","data":"';
  return spread(SIZES).map((size) => {
    const bytes = Math.round(size);
    const text = bytes < head.length + 2 ? '{"op":"' : head;
    return frame(`${text}${'x'.repeat(Math.max(1, bytes - text.length - 2))}"}`);
  });
}

/** Bursts and pauses as recorded, but faster: so many messages a second on average. */
export function bursts(rate) {
  const next = random(1);
  const sizes = spread(BURSTS).map(Math.round);
  const pause_ms = ((mean(sizes) / rate) * 1000) / mean(spread(PAUSES));
  let at_ms = 0;
  return () => {
    at_ms += at(PAUSES, next()) * pause_ms;
    return { at_ms, messages: sizes[Math.floor(next() * sizes.length)] };
  };
}
