import { waitUntilHealthy } from '../../../agent/app/execute/warm';
import type { AgentContext } from '../../../agent/app/context';
import { RUN_SPEC } from '../../support/run-spec';

it('asks nobody for the health of a container that has no address', async () => {
  const isHealthy = jest.fn(() => Promise.resolve(true));
  const container = { containerId: 'c-1', state: 'running', host: '', port: 8080 };
  const context = {
    engine: { listContainers: () => Promise.resolve([container]) },
    probe: { isHealthy },
    clock: { nowMs: () => 0 },
    settings: { warmMs: 1000 },
    ledger: { nodeId: 'Edge1MSP' },
  } as unknown as AgentContext;
  const warm = waitUntilHealthy(context, 'c-1', RUN_SPEC, new AbortController().signal);
  await expect(warm).rejects.toMatchObject({
    code: 'BLOSM_E_CONTAINER_UNHEALTHY',
    message: expect.stringContaining('docker.network') as string,
  });
  expect(isHealthy).not.toHaveBeenCalled();
});
