import { BlosmError, hasCode } from '../../chaincode/src/model';
import type { Clock } from '../ports/clock';
import type { Log } from '../ports/log';
import type { PeerDirectory, Peers } from '../ports/peers';
import { deadlineAfter } from './deadline';

/** How long the start waits for an answer that must not come, in milliseconds. */
const PATIENCE_MS = 2000;
/** What is asked of it; nothing has this id. */
const QUESTION = 'is-anybody-there';

export interface SecondAgentParts {
  readonly nodeId: string;
  readonly directory: PeerDirectory;
  readonly peers: Pick<Peers, 'progress'>;
  /** Reads the registered nodes. */
  readonly readNodes: () => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Before this agent listens, nobody may answer where the ledger says that it does, with its own certificate: that would
 * be another agent of the same cluster, on another machine or with another state directory, and both would act for it.
 * An agent that cannot find out (no ledger, no answer) starts: most often it is the one that was restarted.
 * @throws BlosmError BLOSM_E_AGENT_RUNNING
 */
export async function refuseSecondAgent(parts: SecondAgentParts, signal: AbortSignal): Promise<void> {
  const { nodeId, directory, clock, log } = parts;
  const deadline = deadlineAfter(clock, PATIENCE_MS, signal);
  const over = new Promise<false>((resolve) => {
    deadline.signal.addEventListener('abort', () => resolve(false), { once: true });
  });
  const isAnswered = await Promise.race([answers(parts, deadline.signal), over]).finally(() => deadline.end());
  const { agentUrl } = directory.addressOf(nodeId) ?? { agentUrl: 'nowhere' };
  log.debug({ agentUrl, isAnswered }, 'looked for another agent of this cluster');
  if (!isAnswered) return;
  throw new BlosmError('BLOSM_E_AGENT_RUNNING', `another agent of ${nodeId} answers at ${agentUrl}`, {
    stage: 'start',
    hint: 'A cluster has one agent: stop the other one, or register another address if it is not yours.',
  });
}

async function answers(
  { nodeId, directory, peers, readNodes }: SecondAgentParts,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await readNodes();
    if (directory.addressOf(nodeId) === undefined) return false;
    await peers.progress(nodeId, QUESTION, { signal, timeoutMs: PATIENCE_MS });
    return true;
  } catch (error) {
    // It has answered, if only with a refusal, or as one of a release that is too far from this one.
    return hasCode(error, 'BLOSM_E_PEER_REFUSED') || hasCode(error, 'BLOSM_E_PROTOCOL_VERSION');
  }
}
