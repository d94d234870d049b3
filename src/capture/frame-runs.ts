// The fast way for the messages that a feed is made of: runs of whole, unfragmented, uncompressed text frames are
// cut out of the read buffer and moved together in it, so that what is left is their lines, without a call or an
// object for each. Every other frame goes to ws untouched, in its place in the order: control frames, binary ones,
// fragments, empty or masked ones, one that is longer than allowed or than 64 KiB, one that does not
// begin like a topic's data, and all of them until that topic is live. So ws still speaks with the server and
// still says what is wrong; this file only knows where frames end.
//
// It promises: the same lines in the same order as if ws had parsed everything, also where a message is no UTF-8
// (those before it are lines, then ws refuses it). It holds back no byte of a frame that goes to ws but those of an
// unfinished header. A run holds messages of one topic. Memory: one buffer and a list of positions, made once.

import { isUtf8 } from 'node:buffer';

/** Memory that is never read into is never used: a quiet topic costs a page or two of it. */
const BUFFER_BYTES = 256 * 1024;
/** Messages of one run; a longer one becomes two. */
const RUN_MESSAGES_MAX = 4_096;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const END_OF_HEAD = Buffer.from('\r\n\r\n');
/** Final, no reserved bit, text: the first byte of the frames that are taken. */
const FINAL_TEXT = 0x81;
/** The second byte of a frame that is not masked and whose length stands in the next two. */
const LENGTH_16 = 126;
/** Looked up once: on a Buffer it is found anew each time, a seventh of what moving a message costs. */
const { copyWithin } = Uint8Array.prototype;
const OPCODE = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8 } as const;

export interface FrameRunsOptions {
  /** The topic of the message between `start` and `end`, or -1: ws is to have it. Called for each message. */
  topicAt(bytes: Uint8Array, start: number, end: number): number;
  /** Only messages no longer than this are taken. */
  readonly message_bytes_max: number;
  /** So many messages of a topic as lines, each ended by a newline; valid only during the call. */
  lines(lines: Buffer, count: number, topic: number): void;
  /** Whether messages are taken at this moment; false: everything goes to ws. */
  takes(): boolean;
  /** Whether the handshake is over, so that frames follow. */
  isOpen(): boolean;
}

export class FrameRuns {
  readonly #bytes = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly #options: FrameRunsOptions;
  /** Gives ws the bytes of one frame or of the handshake, which it may keep. */
  readonly #passOn: (bytes: Buffer) => void;
  /** Where each message of a run ends. */
  readonly #ends = new Int32Array(RUN_MESSAGES_MAX);
  /** Bytes at the buffer's start that wait for the rest of their frame. */
  #held = 0;
  /** Bytes of a frame that ws was given the beginning of. */
  #owed = 0;
  #is_open = false;
  #head_matched = 0;
  #in_fragments = false;
  /** The server's Close has come: what follows is ws's to ignore. */
  #closed = false;

  constructor(options: FrameRunsOptions, passOn: (bytes: Buffer) => void) {
    this.#options = options;
    this.#passOn = passOn;
  }

  /** Where the next read goes. */
  get room(): Uint8Array {
    return this.#held === 0 ? this.#bytes : this.#bytes.subarray(this.#held);
  }

  /** So many bytes were read into `room`. */
  read(length: number): void {
    const end = this.#held + length;
    this.#held = 0;
    const start = this.#is_open ? 0 : this.#passHead(end);
    const rest = this.#walk(start, end);
    if (rest === end) return;
    this.#bytes.copyWithin(0, rest, end);
    this.#held = end - rest;
  }

  /** The handshake's answer ends with an empty line: ws opens when it is passed. Before it a proxy may answer. */
  #passHead(end: number): number {
    let from = 0;
    for (let at = 0; at < end; at += 1) {
      const byte = this.#bytes[at];
      if (byte === END_OF_HEAD[this.#head_matched]) this.#head_matched += 1;
      else this.#head_matched = byte === END_OF_HEAD[0] ? 1 : 0;
      if (this.#head_matched < END_OF_HEAD.length) continue;
      this.#head_matched = 0;
      this.#pass(from, at + 1);
      this.#is_open = this.#options.isOpen();
      if (this.#is_open) return at + 1;
      from = at + 1;
    }
    if (from < end) this.#pass(from, end);
    return end;
  }

  /** Takes or passes all frames between `start` and `end`, and returns where one begins that is not whole yet. */
  #walk(start: number, end: number): number {
    let at = start;
    // Once ws was given anything it is given the rest of the read: what it says of it is heard only afterwards.
    let takes = this.#owed === 0 && !this.#in_fragments && !this.#closed && this.#options.takes();
    if (this.#owed > 0) {
      const to = Math.min(end, at + this.#owed);
      this.#owed -= to - at;
      this.#pass(at, to);
      at = to;
    }
    while (at < end) {
      const taken = takes ? this.#takeRun(at, end) : at;
      if (taken > at) {
        at = taken;
        // Whoever was given the lines may want no more.
        takes = this.#options.takes();
        continue;
      }
      const size = this.#frameSize(at, end);
      if (size === null) return at;
      const is_whole = at + size <= end;
      // The rest of a message that may be taken is waited for: there is room for four of them.
      const may_be_taken = takes && this.#bytes[at] === FINAL_TEXT && (this.#bytes[at + 1] ?? 0) <= LENGTH_16;
      if (!is_whole && may_be_taken) return at;
      const to = Math.min(end, at + size);
      this.#owed = size - (to - at);
      this.#note(this.#bytes[at] ?? 0);
      this.#pass(at, to);
      takes = false;
      at = to;
    }
    return at;
  }

  /** The size of the frame at `at`, header included; null where not even its header is whole. */
  #frameSize(at: number, end: number): number | null {
    if (end - at < 2) return null;
    const second = this.#bytes[at + 1] ?? 0;
    const mask_bytes = second >= 0x80 ? 4 : 0;
    const short = second & 0x7f;
    if (short < LENGTH_16) return 2 + mask_bytes + short;
    const header = short === LENGTH_16 ? 4 : 10;
    if (end - at < header) return null;
    const length =
      short === LENGTH_16 ? this.#bytes.readUInt16BE(at + 2) : Number(this.#bytes.readBigUInt64BE(at + 2));
    return header + mask_bytes + length;
  }

  /** What ws is given changes what may follow. */
  #note(first: number): void {
    const opcode = first & 0x0f;
    const is_final = first >= 0x80;
    if (opcode === OPCODE.close) this.#closed = true;
    else if (opcode === OPCODE.continuation && is_final) this.#in_fragments = false;
    else if ((opcode === OPCODE.text || opcode === OPCODE.binary) && !is_final) this.#in_fragments = true;
  }

  #pass(start: number, end: number): void {
    // ws may keep a view of an unfinished frame, so the bytes must not lie in the reused buffer.
    this.#passOn(Buffer.from(this.#bytes.subarray(start, end)));
  }

  /**
   * Takes as many messages from `start` on as can be taken without a look at ws, and returns where the next frame
   * begins. A header is two bytes at least and a newline is one, so the lines fit where the frames were.
   */
  #takeRun(start: number, end: number): number {
    const bytes = this.#bytes;
    const { message_bytes_max } = this.#options;
    const ends = this.#ends;
    let from = start;
    let to = start;
    let count = 0;
    let run_topic = -1;
    while (end - from >= 2 && bytes[from] === FINAL_TEXT && count < RUN_MESSAGES_MAX) {
      let length = bytes[from + 1] as number;
      let payload = from + 2;
      if (length === LENGTH_16) {
        if (end - from < 4) break;
        length = ((bytes[from + 2] as number) << 8) | (bytes[from + 3] as number);
        payload = from + 4;
      } else if (length > LENGTH_16) break;
      const payload_end = payload + length;
      if (payload_end > end || length > message_bytes_max) break;
      if (length === 0) break;
      const topic = this.#options.topicAt(bytes, payload, payload_end);
      if (topic < 0 || (count > 0 && topic !== run_topic)) break;
      run_topic = topic;
      copyWithin.call(bytes, to, payload, payload_end);
      to += length;
      ends[count] = to;
      count += 1;
      // Not the newline yet: it would hide the line breaks inside messages.
      bytes[to] = SPACE;
      to += 1;
      from = payload_end;
    }
    if (count > 0) this.#give(start, to, count, run_topic);
    return from;
  }

  #give(start: number, end: number, count: number, topic: number): void {
    const bytes = this.#bytes;
    const run = bytes.subarray(start, end);
    // A space is no part of any other character, so the whole run is UTF-8 only if each message is.
    if (!isUtf8(run)) {
      this.#giveUpTo(this.#firstWrong(start, count), start, topic);
      return;
    }
    for (let at = run.indexOf(NEWLINE); at !== -1; at = run.indexOf(NEWLINE, at + 1)) run[at] = SPACE;
    for (let i = 0; i < count; i += 1) bytes[this.#ends[i] as number] = NEWLINE;
    this.#options.lines(run, count, topic);
  }

  /** Gives the messages before the one that is no UTF-8, and hands that one to ws, which ends the connection. */
  #giveUpTo(wrong: number, start: number, topic: number): void {
    const wrong_start = wrong === 0 ? start : (this.#ends[wrong - 1] ?? 0) + 1;
    const message = this.#bytes.subarray(wrong_start, this.#ends[wrong]);
    const header = Buffer.from([FINAL_TEXT, LENGTH_16, message.length >> 8, message.length & 0xff]);
    const frame = Buffer.concat([
      message.length < LENGTH_16 ? Buffer.from([FINAL_TEXT, message.length]) : header,
      message,
    ]);
    if (wrong > 0) this.#give(start, wrong_start, wrong, topic);
    this.#passOn(frame);
  }

  #firstWrong(start: number, count: number): number {
    let from = start;
    for (let i = 0; i < count; i += 1) {
      const end = this.#ends[i] as number;
      if (!isUtf8(this.#bytes.subarray(from, end))) return i;
      from = end + 1;
    }
    throw new Error('a run of UTF-8 messages is no UTF-8');
  }
}
