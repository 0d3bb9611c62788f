import type { Lease, NodeProfile, NodeRecord, Resources } from '../../../chaincode/src/model';
import type { AgentConfig } from '../../config/schema';
import type { OwnAgentLook } from '../../domain/doctor/agents';
import type { ChaincodeDefinition, ChannelConfiguration } from '../../domain/doctor/channel-facts';
import type { IdentityLook } from '../../domain/doctor/certificates';
import type { Finding } from '../../domain/doctor/finding';
import type { CallOptions } from '../../ports/call';
import type { EngineObservation } from '../../ports/engine';
import type {
  AgentInspection,
  ChannelInspection,
  ChannelNodes,
  MachineInspection,
  RegistryInspection,
  TlsInspection,
} from '../../ports/inspection';

/** What every check can look at. */
export interface Surroundings {
  readonly version: string;
  readonly call: CallOptions;
  readonly machine: MachineInspection;
  /** What is wrong with the configuration; empty: it is valid. */
  readonly configFindings: readonly Finding[];
  nowMs(): number;
}

/** What is asked once, however many checks want to know it. A question that fails, fails each of them. */
export interface Answers {
  /** @throws BlosmError BLOSM_E_CONFIG_INVALID */
  readonly identity: () => Promise<IdentityLook & { readonly certificatePem: string }>;
  /** @throws BlosmError BLOSM_E_CONFIG_INVALID for a connection profile or an identity that cannot be used */
  readonly channel: () => Promise<ChannelInspection>;
  /** By the agent that runs here; why there is none. */
  readonly ownAgent: () => Promise<{ readonly agent: OwnAgentLook | null; readonly why: string }>;
  readonly height: () => Promise<number>;
  readonly configuration: () => Promise<ChannelConfiguration>;
  readonly definition: () => Promise<ChaincodeDefinition | null>;
  readonly registered: () => Promise<readonly NodeRecord[]>;
  readonly leases: () => Promise<readonly Lease[]>;
  readonly nodes: () => Promise<ChannelNodes>;
  /** @throws BlosmError of the engine port */
  readonly engine: () => Promise<EngineObservation>;
}

/** What a check sees that needs a valid configuration. */
export interface Visit extends Surroundings {
  readonly config: AgentConfig;
  readonly profile: NodeProfile;
  /** What the configuration gives to services. */
  readonly declared: Partial<Resources>;
  readonly answers: Answers;
  readonly tls: TlsInspection;
  readonly registry: RegistryInspection;
  readonly agents: AgentInspection;
}

interface Described {
  /** As `--only` names it; also its heading in agent/docs/doctor.md. */
  readonly name: string;
}

/**
 * One look at one thing. `needs`: what has to be there for it, `ledger` being that the own peer answers. What a check
 * throws becomes a finding.
 */
export type Check = Described &
  (
    | { readonly needs: 'nothing'; run(surroundings: Surroundings): Promise<readonly Finding[]> }
    | { readonly needs: 'config' | 'ledger'; run(visit: Visit): Promise<readonly Finding[]> }
  );

/** The agent that answers on the control socket is this cluster's. */
export async function isOwnAgentRunning({ answers, config }: Pick<Visit, 'answers' | 'config'>): Promise<boolean> {
  const { agent } = await answers.ownAgent();
  return agent?.nodeId === config.cluster.mspId;
}
