import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectFabric } from '../../agent/adapters/fabric';
import { connectFabricGateway } from '../../agent/adapters/fabric-gateway';
import type { ChannelOptions } from '../../agent/adapters/fabric-grpc';
import type { ConfirmationSource } from '../../agent/domain/quorum';
import type { Ledger } from '../../agent/ports/ledger';
import type { Log } from '../../agent/ports/log';
import {
  clusterFabricFiles,
  fabricDown,
  fabricReset,
  fabricUp,
  localPlacement,
  requireFabricState,
} from '../../network/fabric';
import type { FabricState } from '../../network/fabric';
import { fabricLayout } from '../../network/fabric/layout';
import { packageRoot } from '../../network/package-root';
import { isRunning, readRecord, waitUntil, type ProcessRecord } from '../../network/processes';
import { loadTopology } from '../../network/topology';
import { wallClock } from './wall-clock';

/** Ports beside those of a network that a developer may have up. */
const BASE_PORT = 17_050;

/** A real network of three organisations, with the real chaincode, for one test file. */
export interface TestNetwork {
  readonly state: FabricState;
  readonly stateFolder: string;
  /** The lines that the adapters under test have logged. */
  readonly lines: readonly LogLine[];
  /** A connection as the cluster's agent or as its organisation's admin; closed by {@link TestNetwork.down}. */
  connect(cluster: string, role?: 'agent' | 'admin', changes?: ConnectChanges): Promise<Ledger>;
  /** What {@link TestNetwork.connect} connects with, for a member that does not keep to the adapters. */
  channelOptions(cluster: string, role?: 'agent' | 'admin', changes?: ConnectChanges): Promise<ChannelOptions>;
  agentCertificatePem(cluster: string): Promise<string>;
  /** Sends a signal to one of the network's processes, e.g. `edge1-peer` or `orderer`: SIGKILL, SIGSTOP, SIGCONT. */
  signal(processName: string, signal: NodeJS.Signals): void;
  /** SIGKILL; resolves once the process is gone, with all that it holds. */
  kill(processName: string): Promise<void>;
  /** Starts what does not run, from the topology that the network was made from; gives the names of what it started. */
  restore(): Promise<readonly string[]>;
  /** Sets the network up anew behind the same addresses: other certificates, an empty channel. */
  reset(): Promise<void>;
  down(): Promise<void>;
}

export interface ConnectChanges {
  /** The cluster whose identity signs; the own one by default. */
  readonly identityOf?: string;
  /** By default fabric-network. */
  readonly adapter?: LedgerAdapter;
  /** By default records. */
  readonly confirmationSource?: ConfirmationSource;
}

export type LedgerAdapter = 'fabric-network' | 'fabric-gateway';

const CONNECT = { 'fabric-network': connectFabric, 'fabric-gateway': connectFabricGateway };

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Brings a network up in a folder of its own; a test file does it once. */
export async function startFabricForTests(
  basePort = BASE_PORT,
  chaincodeFolder = join(packageRoot(), 'chaincode'),
): Promise<TestNetwork> {
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
        chaincodeFolder,
      });
    const { state } = await bringUp();
    // Organisations may have joined since.
    const filesOf = (cluster: string) => clusterFabricFiles(requireFabricState(stateFolder), cluster);
    const channelOptions: TestNetwork['channelOptions'] = async (cluster, role = 'agent', changes = {}) => {
      const files = filesOf(cluster);
      const signer = filesOf(changes.identityOf ?? cluster);
      return {
        connectionProfile: files.connectionProfile,
        channel: state.channel,
        chaincode: 'blosm',
        mspId: files.mspId,
        certificatePem: await readFile(role === 'admin' ? signer.adminCertificate : signer.agentCertificate, 'utf8'),
        privateKeyPem: await readFile(role === 'admin' ? signer.adminKey : signer.agentKey, 'utf8'),
        asLocalhost: false,
        confirmationSource: changes.confirmationSource ?? 'records',
        log: collectInto(lines),
        clock: wallClock,
      };
    };
    const killed = new Set<ProcessRecord>();
    const signal = (processName: string, kind: NodeJS.Signals): void => {
      const record = readRecord(fabricLayout(stateFolder).node(processName).stateFile);
      if (record === undefined) throw new Error(`${processName} was not started`);
      process.kill(record.pid, kind);
      if (kind === 'SIGKILL') killed.add(record);
    };
    const untilGone = async (): Promise<void> => {
      const isGone = (): boolean => [...killed].every((record) => !isRunning(record));
      await waitUntil(isGone, { deadlineMs: 20_000, what: 'what was killed to be gone' });
      killed.clear();
    };
    return {
      restore: async () => {
        await untilGone();
        return (await bringUp()).started;
      },
      reset: async () => {
        await Promise.all(open.splice(0).map((ledger) => ledger.close()));
        await fabricReset({ stateFolder, graceMs: 2_000 });
        await bringUp();
      },
      signal,
      kill: async (processName) => {
        signal(processName, 'SIGKILL');
        await untilGone();
      },
      state,
      stateFolder,
      lines,
      down,
      agentCertificatePem: (cluster) => readFile(filesOf(cluster).agentCertificate, 'utf8'),
      channelOptions,
      connect: async (cluster, role, changes) => {
        const options = await channelOptions(cluster, role, changes);
        const ledger = await CONNECT[changes?.adapter ?? 'fabric-network'](options);
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
