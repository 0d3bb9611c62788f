import { gatewayUrl } from '../../../network/clusters';
import { killAgent, startAgent, type ClusterPlan, type Sandbox } from '../../../network/sandbox';
import { clusterNamed } from '../../support/clusters';
import { CounterDevice } from '../../support/counter-device';
import { siteOf } from '../gateway';
import type { BenchReport } from '../report';
import { summarize } from '../statistics';
import { agentEnvironment, type AgentBenchOptions } from './options';

/** The load while the agent dies: so many devices, each of which asks again at once. */
const DEVICES = 4;
const PAUSE_MS = 10;
const DEADLINE_MS = 120_000;

/**
 * kill -9 of an agent under load, and its start at once, as a supervisor does it: until it serves again. The instances
 * have state, so that they wait for a fresh view of the ledger.
 */
export async function benchRestart(sandbox: Sandbox, options: AgentBenchOptions): Promise<BenchReport> {
  const { kills } = options;
  const edge1 = clusterNamed(sandbox, 'edge1');
  const start = (signal: AbortSignal): Promise<void> => startAgent(edge1, { signal, env: agentEnvironment(options) });
  const rows: { kill: number; servingMs: number; lostWrites: boolean }[] = [];
  const devices = Array.from(
    { length: DEVICES },
    (_, index) => new CounterDevice(`bench-restart-${index}`, gatewayUrl(edge1), siteOf(sandbox, 'edge1')),
  );
  for (const device of devices) await device.count();
  for (let kill = 1; kill <= kills; kill += 1) {
    const servingMs = await killAndWait(edge1, devices, start);
    rows.push({ kill, servingMs, lostWrites: !devices.every((device) => device.hasLostNothing()) });
  }
  const { p50, p95 } = summarize(rows.map(({ servingMs }) => servingMs));
  const note = `${kills} kills under the load of ${DEVICES} devices; all of them answered again`;
  return {
    bench: 'agent, kill -9 to serving again',
    figures: [
      { what: 'p50', unit: 's', value: p50 / 1000, note },
      { what: 'p95', unit: 's', value: p95 / 1000, note: '' },
      {
        what: 'acknowledged writes lost',
        unit: 'count',
        value: rows.filter(({ lostWrites }) => lostWrites).length,
        note: 'runs in which a device found one missing',
      },
    ],
    rows,
  };
}

/** Milliseconds from the kill until every device has been answered again. */
async function killAndWait(
  cluster: ClusterPlan,
  devices: readonly CounterDevice[],
  start: (signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const stop = new AbortController();
  const pace = new AbortController();
  const load = devices.map((device) => device.writeUntil(pace.signal, PAUSE_MS));
  try {
    await killAgent(cluster);
    const startMs = performance.now();
    pace.abort();
    await Promise.all(load);
    const starting = start(stop.signal);
    const answered = Promise.all(devices.map((device) => untilAnswered(device, startMs)));
    // The agent is there before it serves: who waits for it hears first if it never comes.
    const [servedAtMs] = await Promise.all([answered.then(() => performance.now()), starting]);
    const servingMs = servedAtMs - startMs;
    return servingMs;
  } finally {
    pace.abort();
    stop.abort();
  }
}

async function untilAnswered(device: CounterDevice, startMs: number): Promise<void> {
  for (;;) {
    const status = await device.count().then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    if (performance.now() - startMs > DEADLINE_MS) throw new Error(`not served again in ${DEADLINE_MS} ms: ${status}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
