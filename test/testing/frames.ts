// WebSocket frames by hand: written as a test wants them, right or wrong, and a client's frames read back.
// Only for tests; it promises nothing about speed.

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  readonly opcode: number;
  readonly payload?: Buffer;
  /** False: more fragments follow. */
  readonly fin?: boolean;
  /** The three reserved bits, 0 to 7: anything but 0 is a violation unless an extension was agreed. */
  readonly rsv?: number;
  /** True: masked, as only a client may. */
  readonly masked?: boolean;
  /** The length that the header claims, where it is not the payload's. */
  readonly claimed_bytes?: number;
}

/** The bytes of one frame. */
export function encodeFrame(options: FrameOptions): Buffer {
  const payload = options.payload ?? Buffer.alloc(0);
  const length = options.claimed_bytes ?? payload.length;
  const first = (options.fin === false ? 0 : 0x80) | ((options.rsv ?? 0) << 4) | options.opcode;
  const mask_bit = options.masked === true ? 0x80 : 0;
  let header: Buffer;
  if (length < 126) header = Buffer.from([first, mask_bit | length]);
  else if (length < 65_536) {
    header = Buffer.from([first, mask_bit | 126, 0, 0]);
    header.writeUInt16BE(length, 2);
  } else {
    header = Buffer.alloc(10);
    header[0] = first;
    header[1] = mask_bit | 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  if (mask_bit === 0) return Buffer.concat([header, payload]);
  const key = Buffer.from([1, 2, 3, 4]);
  return Buffer.concat([header, key, unmask(payload, key)]);
}

/** The payload of a Close frame; no code: empty. */
export function closePayload(code?: number, reason = ''): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

export interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Cuts a byte stream into frames, and unmasks them. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  /** The frames that are complete with `chunk`. */
  read(chunk: Buffer): Frame[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const frames: Frame[] = [];
    for (;;) {
      const frame = this.#next();
      if (frame === null) return frames;
      frames.push(frame);
    }
  }

  #next(): Frame | null {
    const bytes = this.#pending;
    if (bytes.length < 2) return null;
    const first = bytes.readUInt8(0);
    const masked = (bytes.readUInt8(1) & 0x80) !== 0;
    let length = bytes.readUInt8(1) & 0x7f;
    let offset = 2;
    if (length === 126) {
      if (bytes.length < 4) return null;
      length = bytes.readUInt16BE(2);
      offset = 4;
    } else if (length === 127) {
      if (bytes.length < 10) return null;
      length = Number(bytes.readBigUInt64BE(2));
      offset = 10;
    }
    const start = offset + (masked ? 4 : 0);
    if (bytes.length < start + length) return null;
    const raw = bytes.subarray(start, start + length);
    const payload = masked ? unmask(raw, bytes.subarray(offset, start)) : Buffer.from(raw);
    this.#pending = bytes.subarray(start + length);
    return { fin: (first & 0x80) !== 0, opcode: first & 0x0f, payload };
  }
}

function unmask(payload: Buffer, key: Buffer): Buffer {
  const out = Buffer.from(payload);
  for (let i = 0; i < out.length; i += 1) out[i] = (out[i] ?? 0) ^ (key[i % 4] ?? 0);
  return out;
}
