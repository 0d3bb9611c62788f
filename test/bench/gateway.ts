import { join } from 'node:path';
import { gatewayUrl } from '../../network/clusters';
import { runCommand } from '../../network/processes';
import { callEngine, inNamespace, type ClusterPlan, type Sandbox } from '../../network/sandbox';
import { clusterNamed } from '../support/clusters';
import { CounterDevice } from '../support/counter-device';
import { timeEach } from './load';
import type { BenchReport, Figure } from './report';
import { summarize, type Summary } from './statistics';

const REQUESTS = 500;
const ROUNDS = 5;
const WARM_UP = 50;

interface Way {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * One instance on the first cluster, asked in turn over different ways. On the cluster's own host: its container
 * directly, and its gateway. From where vehicles are: the owner's gateway, and another cluster's gateway, which hands
 * the request on agent to agent (what the migration of a request costs).
 */
export async function benchGateway(sandbox: Sandbox): Promise<BenchReport> {
  const [edge1, edge2] = [clusterNamed(sandbox, 'edge1'), clusterNamed(sandbox, 'edge2')];
  const device = new CounterDevice('bench-gateway', gatewayUrl(edge1), siteOf(sandbox, 'edge1'));
  await device.count();
  const headers = { 'x-blosm-token': device.token };
  const direct: Way = { url: `http://${await addressOf(edge1, device.instanceId)}:8080/count`, headers: {} };
  const own: Way = { url: `${gatewayUrl(edge1)}/counter/count`, headers };
  const other: Way = { url: `${gatewayUrl(edge2)}/counter/count`, headers };
  const onHost = await inTurn([direct, own], (way, count) => timeOnHost(edge1, way, count));
  const asVehicle = await inTurn([own, other], (way, count) => timeEach(way.url, way.headers, count));
  const row = (what: string, value: number, note: string): Figure => ({ what, unit: 'ms', value, note });
  return {
    bench: 'gateway',
    figures: [
      row('container asked directly, p50', onHost[0].p50, `${REQUESTS} requests, one after the other`),
      row('- p95', onHost[0].p95, ''),
      row('by the gateway, p50', onHost[1].p50, 'on the same host'),
      row('- p95', onHost[1].p95, ''),
      row('gateway, added p50', onHost[1].p50 - onHost[0].p50, 'target: 1 ms'),
      row("by the owner's gateway, p50", asVehicle[0].p50, 'from where vehicles are'),
      row('- p95', asVehicle[0].p95, ''),
      row("by another cluster's gateway, p50", asVehicle[1].p50, ''),
      row('- p95', asVehicle[1].p95, ''),
      row('request migration, added p50', asVehicle[1].p50 - asVehicle[0].p50, 'paper: 361 ms'),
    ],
  };
}

/** Both ways in alternating stretches, so that what else the machine does meets both. */
async function inTurn(
  ways: readonly [Way, Way],
  time: (way: Way, count: number) => Promise<number[]>,
): Promise<readonly [Summary, Summary]> {
  const times: [number[], number[]] = [[], []];
  for (const way of ways) await time(way, WARM_UP);
  for (let round = 0; round < ROUNDS; round += 1) {
    times[0].push(...(await time(ways[0], REQUESTS / ROUNDS)));
    times[1].push(...(await time(ways[1], REQUESTS / ROUNDS)));
  }
  return [summarize(times[0]), summarize(times[1])];
}

/** Containers are reachable from their own host only. */
async function timeOnHost(cluster: ClusterPlan, way: Way, count: number): Promise<number[]> {
  const program = join(__dirname, 'load-main.js');
  const { stdout } = await runCommand([process.execPath, program, JSON.stringify({ ...way, count })], {
    commandPrefix: inNamespace(cluster.namespace),
  });
  return JSON.parse(stdout) as number[];
}

export function siteOf({ plan }: Sandbox, name: string): { latitude: number; longitude: number } {
  const found = plan.topology.clusters.find((cluster) => cluster.name === name);
  if (found === undefined) throw new Error(`no cluster ${name}`);
  return found.site;
}

async function addressOf(cluster: ClusterPlan, instanceId: string): Promise<string> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`io.blosm.instance=${instanceId}`] }));
  const text = await callEngine(cluster.engine.socket, `/containers/json?filters=${filters}`);
  const [container] = JSON.parse(text) as { NetworkSettings: { Networks: Record<string, { IPAddress: string }> } }[];
  const [network] = Object.values(container?.NetworkSettings.Networks ?? {});
  if (network === undefined) throw new Error(`${instanceId} has no container on ${cluster.name}`);
  return network.IPAddress;
}
