// What the load sends: trades of one shape, or messages with the sizes and bursts of feeds that were recorded.

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

/** The sizes of 100,000 recorded messages of ten exchanges: this part of them is no longer than so many bytes. */
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

/** The same numbers in each run, from 0 up to and without 1. */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function size(part) {
  const i = SIZES.findIndex(([up_to]) => part < up_to);
  const [[from, least], [to, most]] = [SIZES[i - 1], SIZES[i]];
  return Math.round(least * (most / least) ** ((part - from) / (to - from)));
}

/** 20 B to 100 KB; some are too short for the topic's name. */
export function recordedSizes() {
  const head = '{"topic":"publicTrade.BTCUSDT","data":"';
  // Each part of the distribution once, in a mixed order.
  return Array.from({ length: 10_000 }, (_, i) => {
    const bytes = size(((i * 7_919) % 10_000) / 10_000 + 0.00005);
    const text = bytes < head.length + 2 ? '{"op":"' : head;
    return frame(`${text}${'x'.repeat(Math.max(1, bytes - text.length - 2))}"}`);
  });
}

/** How many messages come at once, up to 160, and so many a second on average. */
export function bursts(rate) {
  const next = random(1);
  let at_ms = 0;
  return () => {
    const messages = Math.ceil(160 * next() ** 2);
    at_ms += (messages / rate) * 1000;
    return { at_ms, messages };
  };
}
