import {
  inspectCertificates,
  inspectDirectory,
  inspectListen,
  inspectSandboxKernel,
  inspectSocket,
  inspectTlsPair,
} from '../../adapters/inspection';
import { inspectJournal, lockHolder } from '../../adapters/journal';
import type { MachineInspection } from '../../ports/inspection';

/** This machine, as doctor and the start of the agent look at it. @param missingPrograms of the sandbox, for people */
export function inspectMachine(missingPrograms: () => Promise<readonly string[]>): MachineInspection {
  return {
    nodeVersion: process.versions.node,
    state: async (directory) => ({
      directory,
      ...(await inspectDirectory(directory)),
      holder: await lockHolder(directory),
    }),
    journal: inspectJournal,
    listen: inspectListen,
    socket: inspectSocket,
    tlsPair: inspectTlsPair,
    certificates: inspectCertificates,
    sandbox: async () => ({ missing: await missingPrograms(), features: await inspectSandboxKernel() }),
  };
}
