import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { clustersUp } from '../../network/clusters';
import { publishSampleServices } from '../../network/demo/publish';
import { packageRoot } from '../../network/package-root';
import { agentLog, sandboxDown, type ClusterPlan, type Sandbox } from '../../network/sandbox';
import { loadTopology } from '../../network/topology';

/** The one sandbox of a test run: three clusters with both sample services registered. */
export async function startClustersForTests(): Promise<Sandbox & { stop(): Promise<void> }> {
  const stateDir = mkdtempSync(join(tmpdir(), 'blosm-e2e-'));
  const topology = loadTopology(resolve(packageRoot(), 'network/profiles/three-clusters.yaml'));
  const agentSettings = {
    migration: { decisionSeconds: 10, deadlineSeconds: 60, backoffSeconds: 2 },
    lease: { seconds: 30 },
  };
  const clusters = await clustersUp({ topology, stateDir, agentSettings });
  await publishSampleServices(clusters);
  return { ...clusters, stop: () => sandboxDown({ stateDir, purge: true }) };
}

export function clusterNamed({ plan }: Sandbox, name: string): ClusterPlan {
  const found = plan.clusters.find((cluster) => cluster.name === name);
  if (found === undefined) throw new Error(`no cluster ${name}; see ${plan.clusters.map(agentLog).join(' ')}`);
  return found;
}
