// The judge: holds what was sent against what the files and the ledger say, topic by topic, and adds it up.

import { readCaptured } from './captured.mjs';
import { isDeclared, readLedger } from './ledger.mjs';
import { causeOf, judgeGap } from './overclaim.mjs';
import { placeGaps } from './place.mjs';

/** So many findings of a kind are told; the rest is counted. */
const TOLD_MAX = 10;

/**
 * @typedef {object} Verdict
 * @property {number} sent since the topics were first live
 * @property {number} captured
 * @property {number} in_gaps not captured, and declared
 * @property {number} undeclared
 * @property {number} duplicates
 * @property {number} out_of_order
 * @property {number} overclaimed gaps that claim too much
 * @property {number} covered the share of the time for which the ledger vouches
 * @property {number} gaps
 * @property {string[]} findings what is wrong, a sentence each
 * @property {string[]} damage what is wrong with the files themselves
 * @property {Map<string, { gaps: number, gap_ms: number, lost: number }>} costs by kind of fault
 */

/**
 * @param {import('./world.mjs').World} world
 * @param {import('./world.mjs').Fault} stop the end of the run
 * @returns {Verdict}
 */
export function judge(world, stop) {
  const verdict = {
    sent: 0,
    captured: 0,
    in_gaps: 0,
    undeclared: 0,
    duplicates: 0,
    out_of_order: 0,
    overclaimed: 0,
    covered: 0,
    gaps: 0,
    findings: [],
    damage: [],
    costs: new Map(),
  };
  const time = { run_ms: 0, gap_ms: 0 };
  for (const topic of world.feed.channels.keys()) judgeTopic(world, topic, stop, verdict, time);
  verdict.covered = Number((1 - time.gap_ms / time.run_ms).toFixed(4));
  return verdict;
}

function judgeTopic({ feed, clock, probe, faults, archive }, topic, stop, verdict, time) {
  const { sent } = feed.channels.get(topic);
  const ledger = readLedger(archive.path, topic);
  const captured = readCaptured(archive.path, topic, sent, clock);
  verdict.duplicates += captured.duplicates;
  verdict.out_of_order += captured.out_of_order;
  verdict.damage.push(...ledger.damage, ...captured.damage, ...judgeSeals(ledger, captured));

  const own_faults = [...faults, stop].filter((fault) => fault.topic === null || fault.topic === topic);
  const ended_ms = stop.end_ms;
  const evidence = {
    topic,
    lives: sent.lives,
    sights: probe.sights.get(topic),
    faults: own_faults,
    clock,
    ended_ms,
  };
  const tell = teller(verdict.findings);
  judgeMessages(topic, sent, captured, ledger, clock, verdict, tell);
  judgeGaps(topic, sent, captured, ledger, evidence, verdict, tell);
  judgeEnds(topic, sent, evidence, verdict, tell);

  const first_ms = ledger.first_live_ms;
  const last_ms = ended_ms + clock.offset_ms;
  verdict.gaps += ledger.gaps.length;
  time.run_ms += Math.max(0, last_ms - first_ms);
  time.gap_ms += lengthOfUnion(ledger.gaps, first_ms, last_ms);
}

function judgeMessages(topic, sent, captured, ledger, clock, verdict, tell) {
  for (let n = 1; n <= sent.last; n += 1) {
    const readings = clock.readings(sent.timeOf(n));
    if (readings.every((reading) => reading < ledger.first_live_ms)) continue;
    verdict.sent += 1;
    if (captured.times_seen[n] > 0) verdict.captured += 1;
    else if (readings.some((reading) => isDeclared(ledger.gaps, reading))) verdict.in_gaps += 1;
    else {
      verdict.undeclared += 1;
      tell(
        'undeclared',
        `${topic}: number ${n}, sent at ${sent.timeOf(n)} (the host's clock: ${readings}), is neither captured nor declared`,
      );
    }
  }
}

function judgeGaps(topic, sent, captured, ledger, evidence, verdict, tell) {
  for (const gap of placeGaps(ledger, evidence.clock, evidence.ended_ms)) {
    const { complaint, fault } = judgeGap(gap, evidence);
    if (complaint !== null) {
      verdict.overclaimed += 1;
      tell(
        'overclaimed',
        `${topic}, ledger line ${gap.line}: the gap ${gap.reason} from ${gap.from_ms} to ${gap.to_ms} claims too much: ${complaint}`,
      );
    }
    const cost = verdict.costs.get(fault) ?? { gaps: 0, gap_ms: 0, lost: 0 };
    verdict.costs.set(fault, cost);
    cost.gaps += 1;
    cost.gap_ms += gap.to_true_ms - gap.from_true_ms;
    for (
      let n = sent.firstSince(gap.from_true_ms);
      n <= sent.last && sent.timeOf(n) <= gap.to_true_ms;
      n += 1
    ) {
      if (captured.times_seen[n] === 0) cost.lost += 1;
    }
  }
}

/** A connection that the client ended for no reason costs what a gap for no reason would. */
function judgeEnds(topic, sent, evidence, verdict, tell) {
  for (const life of sent.lives) {
    if (life.end_ms === null || causeOf(life, evidence) !== null) continue;
    verdict.overclaimed += 1;
    tell('ended', `${topic}: the client ended its connection at ${life.end_ms} and no fault explains it`);
  }
}

function judgeSeals(ledger, captured) {
  const damage = [];
  for (const [name, { lines, bytes, sha256 }] of captured.files) {
    const seal = ledger.seals.get(name);
    // A file that was opened on a full disk and never written to has nothing to be sealed.
    if (seal === undefined && bytes === 0) continue;
    if (seal === undefined) damage.push(`${name} is not sealed`);
    else if (seal.messages !== lines || seal.bytes !== bytes || seal.sha256 !== sha256) {
      damage.push(
        `${name} holds ${lines} lines, ${bytes} bytes; its seal says ${seal.messages}, ${seal.bytes}, or another sha256`,
      );
    }
  }
  for (const name of ledger.seals.keys()) {
    if (!captured.files.has(name)) damage.push(`${name} is sealed, but not there`);
  }
  return damage;
}

function teller(findings) {
  const told = new Map();
  return (kind, sentence) => {
    const count = (told.get(kind) ?? 0) + 1;
    told.set(kind, count);
    if (count <= TOLD_MAX) findings.push(sentence);
    if (count === TOLD_MAX + 1) findings.push(`… and more of the kind "${kind}"`);
  };
}

function lengthOfUnion(gaps, first_ms, last_ms) {
  let length = 0;
  let reached = first_ms;
  for (const { from_ms, to_ms } of gaps.toSorted((a, b) => a.from_ms - b.from_ms)) {
    const to = Math.min(to_ms, last_ms);
    length += Math.max(0, to - Math.max(from_ms, reached));
    reached = Math.max(reached, to);
  }
  return length;
}
