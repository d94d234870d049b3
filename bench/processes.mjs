// What /proc tells of a process and all below it.

import { readFileSync } from 'node:fs';

/** The pids of a process and all below it. */
export function tree(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  return [pid, ...children.flatMap((child) => tree(Number(child)))];
}

/** CPU seconds (user and system) that a process tree has used; the kernel counts in hundredths. */
export function cpuSeconds(pid) {
  return tree(pid).reduce((sum, one) => {
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1].split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / 100;
  }, 0);
}

function megabytes(pid, file, field) {
  const text = readFileSync(`/proc/${pid}/${file}`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)[1]) / 1024;
}

/** The most memory that one process of the tree had resident at a time. */
export function peakMegabytes(pid) {
  return Math.max(...tree(pid).map((one) => megabytes(one, 'status', 'VmHWM')));
}

export function residentMegabytes(pid) {
  return megabytes(pid, 'status', 'VmRSS');
}

/** A process's part of the memory that it shares, and what it has alone. */
export function proportionalMegabytes(pid) {
  return megabytes(pid, 'smaps_rollup', 'Pss');
}
