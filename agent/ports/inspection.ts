import type { Lease, NodeRecord } from '../../chaincode/src/model';
import type { AgentLook } from '../domain/doctor/agents';
import type { TlsLook } from '../domain/doctor/certificates';
import type {
  ChaincodeDefinition,
  ChannelConfiguration,
  ClockVerdict,
  NodeEndpoint,
} from '../domain/doctor/channel-facts';
import type { SocketLook } from '../domain/doctor/engine';
import type { FeatureLook, JournalLook, ListenLook, StateLook } from '../domain/doctor/machine';
import type { RegistryLook } from '../domain/doctor/registry';
import type { CertificatesLook, TlsPairLook } from '../domain/doctor/tls-files';
import type { CallOptions } from './call';

/** The nodes that an agent would reach. */
export interface ChannelNodes {
  /** Those of the connection profile, then those that the network announces beside them. */
  readonly endpoints: readonly NodeEndpoint[];
  /** Why the network announces none; empty: it does. */
  readonly undiscovered: string;
}

/**
 * The channel as an operator has to know it, asked of the own peer as the agent. Nothing is ever written. Fails with
 * the codes of the ledger port: BLOSM_E_LEDGER_UNREACHABLE, BLOSM_E_FORBIDDEN, BLOSM_E_TIMEOUT (default 5 s).
 */
export interface ChannelInspection {
  /** How many blocks the own peer has. */
  height(options?: CallOptions): Promise<number>;
  /** How many blocks the orderer has. */
  orderedHeight(options?: CallOptions): Promise<number>;
  /** What tells the own peer's release. */
  features(options?: CallOptions): Promise<{ readonly hasGateway: boolean; readonly isRelease3: boolean }>;
  configuration(options?: CallOptions): Promise<ChannelConfiguration>;
  /** Null: no chaincode of this name is committed. */
  definition(options?: CallOptions): Promise<ChaincodeDefinition | null>;
  /** Names of the chaincode's functions, as they are called. */
  functions(options?: CallOptions): Promise<readonly string[]>;
  registered(options?: CallOptions): Promise<readonly NodeRecord[]>;
  leases(options?: CallOptions): Promise<readonly Lease[]>;
  nodes(options?: CallOptions): Promise<ChannelNodes>;
  /** By a transaction that is only endorsed, never ordered. Never fails. */
  clock(endpoint: NodeEndpoint, options?: CallOptions): Promise<ClockVerdict>;
  close(): Promise<void>;
}

/** What the machine shows without any other part of the system. None of it fails or changes anything. */
export interface MachineInspection {
  /** E.g. `20.19.2`. */
  readonly nodeVersion: string;
  state(directory: string): Promise<StateLook>;
  /** Null: there is none yet. */
  journal(directory: string): Promise<JournalLook | null>;
  /** @param listen `host:port` */
  listen(listen: string): Promise<ListenLook>;
  socket(path: string): Promise<SocketLook>;
  /** @param host name or address under which the server that shows the certificate is reached; null: it is not known */
  tlsPair(
    files: { readonly certificate: string; readonly privateKey: string },
    host: string | null,
  ): Promise<TlsPairLook>;
  certificates(file: string): Promise<CertificatesLook>;
  /** Programs that the sandbox lacks, and the kernel's features that it needs, tried out in namespaces of their own. */
  sandbox(): Promise<{ readonly missing: readonly string[]; readonly features: readonly FeatureLook[] }>;
}

/** A TLS server, and the name that its certificate has to carry. Never fails. */
export type TlsInspection = (
  endpoint: NodeEndpoint,
  options?: CallOptions,
) => Promise<{ readonly look: TlsLook; readonly expected: string }>;

/** Never fails. */
export type RegistryInspection = (options?: CallOptions) => Promise<RegistryLook>;

/** Calls another cluster's agent as this one. Never fails. */
export type AgentInspection = (node: NodeRecord, options?: CallOptions) => Promise<AgentLook>;
