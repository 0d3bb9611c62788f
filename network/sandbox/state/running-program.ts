import { startTicksOf } from '../../processes/process-record';

/** A running program, told apart from a later one with the same pid. */
export interface RunningProgram {
  readonly pid: number;
  /** Clock ticks from the machine's boot to its start. */
  readonly startTicks: string;
}

export function readOwnRecord(): RunningProgram {
  return { pid: process.pid, startTicks: startTicksOf(process.pid) ?? '' };
}

/** True while the very program lives, unless it is this one. */
export function isRunning(program: RunningProgram): boolean {
  return program.pid !== process.pid && startTicksOf(program.pid) === program.startTicks;
}
