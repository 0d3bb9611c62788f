import { describeRange, type Introduction } from '../protocol';
import { fail, ok, skip, warn, type Finding } from './finding';

/** What another cluster's agent answered. */
export type AgentLook =
  | ({ readonly kind: 'answers' } & Introduction)
  | {
      readonly kind: 'silent' | 'refuses' | 'other-protocol';
      readonly failure: string;
      /** Null: it did not say, or came to say nothing. */
      readonly release: string | null;
    };

/** Another cluster, as the ledger has it. */
export interface OtherCluster {
  readonly nodeId: string;
  readonly agentUrl: string;
  /** The channel goes on without it. */
  readonly isSuspended: boolean;
}

export function judgeAgent(
  { nodeId, agentUrl, isSuspended }: OtherCluster,
  look: AgentLook,
  ownVersion: string,
): Finding {
  if (look.kind === 'answers') {
    const { release, protocol } = look;
    const own = release === null || release === ownVersion ? '' : ` (this one is ${ownVersion})`;
    const speaks = `speaks ${describeRange(protocol)} of the agent-to-agent protocol`;
    return ok(`answers at ${agentUrl}, release ${release ?? 'unknown'}${own}, ${speaks}`, nodeId);
  }
  if (look.kind === 'other-protocol') {
    const release = look.release === null ? 'release unknown' : `release ${look.release}`;
    return fail(
      `its agent at ${agentUrl} (${release}; this one is ${ownVersion}) cannot work with this one: ${look.failure}`,
      'Upgrade the agent that is named, then look again: agent/docs/operations.md, "Restart and upgrade".',
      nodeId,
    );
  }
  if (look.kind === 'refuses') {
    return fail(
      `its agent at ${agentUrl} refuses this one: ${look.failure}`,
      'It knows another certificate of this cluster: see blosm doctor --only registration here, and with blosm status there whether it reads the ledger.',
      nodeId,
    );
  }
  if (isSuspended) return skip(`suspended, and does not answer at ${agentUrl}: ${look.failure}`, nodeId);
  return warn(
    `its agent does not answer at ${agentUrl}: ${look.failure}`,
    `Ask its operator whether it runs and whether peers.advertiseUrl is right; try the way with: curl -vk ${agentUrl}.`,
    nodeId,
  );
}

/** The agent of this cluster, by its own word. */
export interface OwnAgentLook {
  readonly nodeId: string;
  readonly version: string;
  readonly waitsFor: readonly string[];
}

/** @param look null: none answers, for the reason given @param mspId of the configuration */
export function judgeOwnAgent(look: OwnAgentLook | null, why: string, mspId: string, ownVersion: string): Finding {
  if (look === null) return skip(`no agent runs here: ${why}`);
  if (look.nodeId !== mspId) {
    return fail(
      `the agent that answers is of ${look.nodeId}, the configuration is of ${mspId}`,
      'Name the configuration of that agent with --config, or give this one another control.socket.',
    );
  }
  if (look.waitsFor.length > 0) {
    return warn(`the agent runs and waits for ${look.waitsFor.join(', ')}`, 'See since when and why: blosm status.');
  }
  if (look.version !== ownVersion) {
    return warn(
      `the agent that runs is version ${look.version}, this program is ${ownVersion}`,
      'Restart the agent to take the new version: systemctl restart blosm-agent.',
    );
  }
  return ok(`the agent runs and is ready (version ${look.version})`);
}
