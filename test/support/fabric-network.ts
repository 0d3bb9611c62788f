import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectFabric } from '../../agent/adapters/fabric';
import type { Clock } from '../../agent/ports/clock';
import type { Ledger } from '../../agent/ports/ledger';
import type { Log } from '../../agent/ports/log';
import { BlosmError } from '../../chaincode/src/model';
import { clusterFabricFiles, fabricDown, fabricUp, localPlacement, requireFabricState } from '../../network/fabric';
import type { FabricState } from '../../network/fabric';
import { fabricLayout } from '../../network/fabric/layout';
import { packageRoot } from '../../network/package-root';
import { readRecord } from '../../network/processes';
import { loadTopology } from '../../network/topology';

/** Ports beside those of a network that a developer may have up. */
const BASE_PORT = 17_050;

/** A real network of three organisations, with the real chaincode, for one test file. */
export interface TestNetwork {
  readonly state: FabricState;
  readonly stateFolder: string;
  /** The lines that the adapters under test have logged. */
  readonly lines: readonly LogLine[];
  /** A connection as the cluster's agent or as its organisation's admin; closed by {@link TestNetwork.down}. */
  connect(cluster: string, role?: 'agent' | 'admin', changes?: { readonly identityOf?: string }): Promise<Ledger>;
  agentCertificatePem(cluster: string): Promise<string>;
  /** Sends a signal to one of the network's processes, e.g. `edge1-peer` or `orderer`: SIGKILL, SIGSTOP, SIGCONT. */
  signal(processName: string, signal: NodeJS.Signals): void;
  /** Starts what does not run, from the topology that the network was made from; gives the names of what it started. */
  restore(): Promise<readonly string[]>;
  down(): Promise<void>;
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export const wallClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve, reject) => {
      const cancel = (): void => {
        clearTimeout(timer);
        reject(new BlosmError('BLOSM_E_CANCELLED', 'the wait was cancelled'));
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', cancel);
        resolve();
      }, durationMs);
      if (signal?.aborted === true) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
    }),
};

/** Brings a network up in a folder of its own; a test file does it once. */
export async function startFabricForTests(basePort = BASE_PORT): Promise<TestNetwork> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'blosm-fabric-'));
  const topology = loadTopology(join(packageRoot(), 'network/profiles/three-clusters.yaml'));
  const lines: LogLine[] = [];
  const open: Ledger[] = [];
  const down = async (): Promise<void> => {
    await Promise.all(open.map((ledger) => ledger.close()));
    await fabricDown({ stateFolder, graceMs: 2_000 });
    await rm(stateFolder, { recursive: true, force: true });
  };
  try {
    const bringUp = () =>
      fabricUp({
        topology,
        stateFolder,
        placement: localPlacement(topology, basePort),
        chaincodeFolder: join(packageRoot(), 'chaincode'),
      });
    const { state } = await bringUp();
    // Organisations may have joined since.
    const filesOf = (cluster: string) => clusterFabricFiles(requireFabricState(stateFolder), cluster);
    return {
      restore: async () => (await bringUp()).started,
      signal: (processName, signal) => {
        const record = readRecord(fabricLayout(stateFolder).node(processName).stateFile);
        if (record === undefined) throw new Error(`${processName} was not started`);
        process.kill(record.pid, signal);
      },
      state,
      stateFolder,
      lines,
      down,
      agentCertificatePem: (cluster) => readFile(filesOf(cluster).agentCertificate, 'utf8'),
      connect: async (cluster, role = 'agent', changes = {}) => {
        const files = filesOf(cluster);
        const signer = filesOf(changes.identityOf ?? cluster);
        const ledger = await connectFabric({
          connectionProfile: files.connectionProfile,
          channel: state.channel,
          chaincode: 'blosm',
          mspId: files.mspId,
          certificatePem: await readFile(role === 'admin' ? signer.adminCertificate : signer.agentCertificate, 'utf8'),
          privateKeyPem: await readFile(role === 'admin' ? signer.adminKey : signer.agentKey, 'utf8'),
          asLocalhost: false,
          log: collectInto(lines),
          clock: wallClock,
        });
        open.push(ledger);
        return ledger;
      },
    };
  } catch (error) {
    await down();
    throw error;
  }
}

function collectInto(lines: LogLine[]): Log {
  const at =
    (level: string) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      lines.push({ level, message, fields });
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
