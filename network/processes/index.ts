/** Starting, watching and stopping native programs. */
export { inTurns } from './in-turns';
export { lastLines, logTail, shellLine } from './log-tail';
export { awaitHealthy, ensureProcess, stopProcess, type ProcessSpec, type StopOptions } from './native-process';
export { ProcessWatch } from './process-watch';
export { isRunning, readRecord, type ProcessRecord } from './process-record';
export { runCommand, tryCommand, type CommandOptions, type CommandOutcome } from './run-command';
export { waitUntil, type WaitOptions } from './wait-until';
