import { awaitHealthy, ensureProcess, type ProcessSpec, type ProcessWatch } from '../../processes';
import { isHealthy, type OperationsEndpoint } from './operations';

const HEALTH_DEADLINE_MS = 60_000;

/**
 * Starts a peer or the orderer unless it runs as it should, and waits until it is healthy.
 * @returns whether it was started now
 */
export async function startNode(
  spec: ProcessSpec,
  host: OperationsEndpoint,
  { signal, watch }: { readonly signal?: AbortSignal | undefined; readonly watch?: ProcessWatch },
): Promise<boolean> {
  const { record, started } = await ensureProcess(spec, { signal });
  watch?.add(spec, record);
  await awaitHealthy(spec, record, () => isHealthy(host), { deadlineMs: HEALTH_DEADLINE_MS, signal });
  return started;
}
