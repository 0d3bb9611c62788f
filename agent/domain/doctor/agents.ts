import { fail, ok, skip, warn, type Finding } from './finding';

/** What another cluster's agent answered. */
export type AgentLook =
  /** `refused`: by its certificate; `apart`: no version of the protocol is spoken by both. */
  | { readonly failure: string; readonly kind: 'silent' | 'refused' | 'apart' }
  /** `version` is empty where its release does not tell. */
  | { readonly version: string };

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
  if ('version' in look) {
    const seen = `answers at ${agentUrl}${look.version === '' ? '' : `, version ${look.version}`}`;
    const isOther = look.version !== '' && look.version !== ownVersion;
    return ok(isOther ? `${seen}; this one is ${ownVersion}` : seen, nodeId);
  }
  if (look.kind === 'apart') {
    return fail(
      `its agent at ${agentUrl} and this one cannot work together: ${look.failure}`,
      'Until then nothing moves between the two; each serves what it runs, and forwards requests to the other.',
      nodeId,
    );
  }
  if (look.kind === 'refused') {
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
