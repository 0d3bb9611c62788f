import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, readRecord, stopProcess } from '../processes';
import { fabricLayout } from './layout';

/** Where to stop what. */
export interface FabricDownOptions {
  readonly stateFolder: string;
  /** Milliseconds between SIGTERM and SIGKILL; 10 000 when left out. */
  readonly graceMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Stops everything that was started, from the records of the processes alone. Data stays; `fabricUp` goes on with it.
 * @returns the names of the processes that were running
 */
export async function fabricDown({ stateFolder, ...options }: FabricDownOptions): Promise<string[]> {
  const { runFolder } = fabricLayout(stateFolder);
  const names = recordedNames(runFolder);
  const running = await Promise.all(names.map((name) => stopProcess(join(runFolder, `${name}.json`), options)));
  return names.filter((_, index) => running[index] === true);
}

/** Stops everything and removes certificates, ledgers and logs. */
export async function fabricReset(options: FabricDownOptions): Promise<void> {
  await fabricDown(options);
  rmSync(fabricLayout(options.stateFolder).folder, { recursive: true, force: true });
}

/** The processes that run now, by name, with their pids. */
export function runningPids(runFolder: string): Map<string, number> {
  return new Map(
    recordedNames(runFolder).flatMap((name) => {
      const record = readRecord(join(runFolder, `${name}.json`));
      return record !== undefined && isRunning(record) ? [[name, record.pid]] : [];
    }),
  );
}

/** Names of the processes that have a record. */
function recordedNames(runFolder: string): string[] {
  try {
    return readdirSync(runFolder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length));
  } catch {
    return [];
  }
}
