import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What the kernel says of a process. */
export interface ProcessFigures {
  readonly residentMiB: number;
  /** The most that was ever resident. */
  readonly peakMiB: number;
  /** Processor time used since its start, in seconds. */
  readonly cpuSeconds: number;
}

let ticks: number | undefined;
const ticksPerSecond = (): number => (ticks ??= Number(execFileSync('getconf', ['CLK_TCK']).toString()));

/** @throws Error when the process does not live */
export function figuresOf(pid: number): ProcessFigures {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Behind the program's name in brackets; utime and stime are fields 14 and 15 of the whole (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    residentMiB: kibibytes(status, 'VmRSS') / 1024,
    peakMiB: kibibytes(status, 'VmHWM') / 1024,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond(),
  };
}

function kibibytes(status: string, name: string): number {
  const [, value] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
  if (value === undefined) throw new Error(`the kernel does not say ${name}`);
  return Number(value);
}
