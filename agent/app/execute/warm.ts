import type { RunSpec } from '../../../chaincode/src/model';
import { BlosmError } from '../../../chaincode/src/model';
import type { AgentContext } from '../context';

/** Between two health checks: a container starts in 0.1 to 0.2 s, so this finds it soon and costs little. */
const PROBE_INTERVAL_MS = 25;

/**
 * Asks the health check until it answers.
 * @throws BlosmError BLOSM_E_CONTAINER_UNHEALTHY when the container exits or the time is over
 */
export async function waitUntilHealthy(
  { engine, probe, clock, settings, ledger }: AgentContext,
  containerId: string,
  spec: RunSpec,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = clock.nowMs() + settings.warmMs;
  for (;;) {
    const container = (await engine.listContainers(ledger.nodeId, { signal })).find(
      (c) => c.containerId === containerId,
    );
    if (container?.state !== 'running') throw unhealthy(`it is ${container?.state ?? 'gone'}`, container?.exitCode);
    // Without a host the question would go to this machine itself, where anything may answer.
    if (container.host === '') throw unhealthy('it has no address in the network of docker.network');
    if (await probe.isHealthy(container.host, container.port, spec.healthPath, { signal })) return;
    if (clock.nowMs() >= deadlineMs) throw unhealthy(`no 2xx from ${spec.healthPath} in ${settings.warmMs} ms`);
    await clock.sleep(PROBE_INTERVAL_MS, signal);
  }

  function unhealthy(what: string, exitCode?: number): BlosmError {
    const code = exitCode === undefined ? '' : `, exit code ${exitCode}`;
    return new BlosmError('BLOSM_E_CONTAINER_UNHEALTHY', `container ${containerId.slice(0, 12)}: ${what}${code}`, {
      stage: 'warm',
    });
  }
}
