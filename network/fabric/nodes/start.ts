import { awaitHealthy, ensureProcess, isRunning, type ProcessSpec, type ProcessWatch } from '../../processes';
import { isHealthy, type OperationsEndpoint } from './operations';

const HEALTH_DEADLINE_MS = 60_000;

interface Start {
  readonly signal?: AbortSignal | undefined;
  readonly watch?: ProcessWatch;
}

/**
 * Starts a peer or the orderer unless it runs as it should, and waits until it is healthy.
 * @returns whether it was started now
 */
export async function startNode(spec: ProcessSpec, host: OperationsEndpoint, start: Start): Promise<boolean> {
  const { signal, watch } = start;
  const { record, started } = await ensureProcess(spec, { signal });
  try {
    await awaitHealthy(spec, record, () => isHealthy(host), { deadlineMs: HEALTH_DEADLINE_MS, signal });
  } catch (failure) {
    // One that was told to end a moment ago was found running, and has ended since.
    if (started || signal?.aborted === true || isRunning(record)) throw failure;
    return startNode(spec, host, start);
  }
  watch?.add(spec, record);
  return started;
}
