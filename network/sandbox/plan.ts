import { resolve } from 'node:path';
import type { Topology, TopologyCluster } from '../topology';

/** The bridge between all hosts of the sandbox; its end in the machine's own namespace has {@link GATEWAY}. */
export const BRIDGE = 'blosm0';
/** Where vehicles and tests are: the machine's own end of the bridge, outside the shaped links. */
export const GATEWAY = '10.88.0.1';
export const SUBNET_BITS = 16;
/** What lives as long as the machine is up: sockets, process ids, the claim. Short, as a socket path has 108 bytes. */
export const RUN_DIR = '/run/blosm';
export const REGISTRY_PORT = 5000;

/** A host of the sandbox: a network namespace with one link to the bridge. */
export interface HostPlan {
  readonly name: string;
  /** Network namespace, under `/run/netns`. */
  readonly namespace: string;
  readonly address: string;
  /** The bridge's end of the host's link; inside the namespace the other end is `eth0`. */
  readonly link: string;
  /** Megabits per second in each direction, with every host but the machine itself; absent: not limited. */
  readonly rateMbit?: number;
}

/** A cluster's Docker Engine: its own daemons, folders and socket. */
export interface EnginePlan {
  readonly socket: string;
  readonly containerdSocket: string;
  readonly runDir: string;
  readonly stateDir: string;
  /** Parent cgroup of all its containers. */
  readonly cgroup: string;
  /** Address of its container bridge inside the namespace, with the length of the prefix. */
  readonly bridgeCidr: string;
}

/** Where a cluster's agent keeps what. */
export interface AgentPlan {
  readonly config: string;
  readonly controlSocket: string;
  readonly stateDir: string;
}

export interface ClusterPlan extends HostPlan {
  readonly mspId: string;
  readonly engine: EnginePlan;
  readonly agent: AgentPlan;
}

/** Everything that a sandbox consists of, worked out from the topology alone. */
export interface SandboxPlan {
  readonly topology: Topology;
  /** Absolute. */
  readonly stateDir: string;
  readonly orderer: HostPlan;
  readonly registry: HostPlan;
  readonly clusters: readonly ClusterPlan[];
}

/** Plans a sandbox. Pure: touches nothing. */
export function planSandbox(topology: Topology, stateDir: string): SandboxPlan {
  const root = resolve(stateDir);
  return {
    topology,
    stateDir: root,
    orderer: { name: 'orderer', namespace: 'blosm-orderer', address: '10.88.0.2', link: 'blosm-orderer' },
    registry: { name: 'registry', namespace: 'blosm-registry', address: '10.88.0.3', link: 'blosm-registry' },
    clusters: topology.clusters.map((cluster, position) => planCluster(cluster, position + 1, topology, root)),
  };
}

/** All hosts: orderer, registry, then the clusters in the topology's order. */
export function hostsOf(plan: SandboxPlan): readonly HostPlan[] {
  return [plan.orderer, plan.registry, ...plan.clusters];
}

/** The private registry as image references name it: host and port. */
export function registryAddress(plan: SandboxPlan): string {
  return `${plan.registry.address}:${REGISTRY_PORT}`;
}

export const sandboxDir = (stateDir: string): string => `${resolve(stateDir)}/sandbox`;

/** @param number the cluster's place in the topology, from 1 */
function planCluster(cluster: TopologyCluster, number: number, topology: Topology, root: string): ClusterPlan {
  const { name, mspId } = cluster;
  const runDir = `${RUN_DIR}/${name}`;
  const stateDir = `${sandboxDir(root)}/${name}`;
  return {
    name,
    mspId,
    namespace: `blosm-${name}`,
    address: `10.88.1.${number}`,
    // By number: an interface's name has at most 15 characters, a cluster's may have more.
    link: `blosm-v${number}`,
    rateMbit: topology.link.rateMbit,
    engine: {
      socket: `${runDir}/docker.sock`,
      containerdSocket: `${runDir}/containerd.sock`,
      runDir,
      stateDir,
      cgroup: `blosm-${name}`,
      bridgeCidr: `172.31.${number}.1/24`,
    },
    agent: {
      config: `${stateDir}/agent.yaml`,
      controlSocket: `${runDir}/agent.sock`,
      stateDir: `${stateDir}/agent`,
    },
  };
}
