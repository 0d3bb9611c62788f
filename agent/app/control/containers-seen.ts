import type { CallOptions } from '../../ports/call';
import type { ContainerObservation } from '../../ports/engine';
import type { Agent } from '../agent';
import { deadlineAfter } from '../deadline';

/** How long the engine may take before an answer goes without it, in milliseconds. */
const PATIENCE_MS = 5000;

/**
 * This node's containers, to show beside what the ledger says; none where the engine cannot tell now: the ledger is
 * worth telling without it, and a transaction that is committed has succeeded. `status` says that the engine is down.
 */
export async function containersSeen(
  agent: Agent,
  { signal = new AbortController().signal }: CallOptions = {},
): Promise<readonly ContainerObservation[]> {
  const { engine, ledger, clock, log } = agent.context;
  // Lists are shared, and whoever asks for one can only stop to wait for it.
  const time = deadlineAfter(clock, PATIENCE_MS, signal);
  try {
    return await engine.listContainers(ledger.nodeId, { signal: time.signal });
  } catch (error) {
    log.warn({ error: String(error) }, 'an answer goes without its containers');
    return [];
  } finally {
    time.end();
  }
}
