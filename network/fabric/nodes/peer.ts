import { join } from 'node:path';
import { packageRoot } from '../../package-root';
import type { ProcessSpec } from '../../processes';
import { fabricLayout, peerProcess, type Organization } from '../layout';
import type { ClusterHost } from '../placement';
import { isLarge, slowness } from '../size';
import type { Deployment, FabricState } from '../state';
import { nodeEnvironment, writeNodeConfig } from './node-config';

/** A cluster of the network with its host. */
export interface ClusterNode extends Organization {
  readonly host: ClusterHost;
}

/** The clusters with their hosts, in the topology's order. */
export function clusterNodes(state: FabricState): ClusterNode[] {
  return state.clusters.flatMap((cluster) => {
    const host = state.placement.clusters.find(({ name }) => name === cluster.name);
    return host === undefined ? [] : [{ ...cluster, host }];
  });
}

export const peerAddress = ({ host }: ClusterNode): string => `${host.address}:${host.ports.peer}`;

/** Where the cluster's chaincode process listens for its peer. */
export const chaincodeAddress = ({ host }: Pick<ClusterNode, 'host'>, { place }: Pick<Deployment, 'place'>): string =>
  `${host.address}:${host.ports.chaincodeServer + place}`;

/** Writes a peer's configuration and says how it is started. */
export function peerNodeProcess(state: FabricState, node: ClusterNode): ProcessSpec {
  const layout = fabricLayout(state.folder);
  const name = peerProcess(node.name);
  const { config, data, log, stateFile } = layout.node(name);
  const { address, ports } = node.host;
  const files = layout.organization(node);
  writeNodeConfig(state.binaries, 'core.yaml', config, {
    peer: {
      id: name,
      networkId: state.channel,
      listenAddress: peerAddress(node),
      address: peerAddress(node),
      chaincodeListenAddress: `${address}:${ports.peerChaincode}`,
      chaincodeAddress: `${address}:${ports.peerChaincode}`,
      localMspId: node.mspId,
      mspConfigPath: files.node.msp,
      fileSystemPath: data,
      tls: tlsSection(files.node.tls),
      gossip: gossipSection(peerAddress(node), state.clusters.length),
      // After an outage of the orderer a peer must not wait for an hour before it tries again, nor give up.
      deliveryclient: {
        reConnectBackoffThreshold: '2s',
        reconnectTotalTimeThreshold: '8760h',
        blockGossipEnabled: false,
        connTimeout: `${3 * slowness(state.clusters.length)}s`,
      },
    },
    // No Docker: the chaincode runs as a process of its own, and a health check of Docker would fail.
    vm: { endpoint: '' },
    chaincode: {
      externalBuilders: [{ name: 'ccaas', path: join(packageRoot(), 'network', 'fabric', 'ccaas') }],
    },
    ledger: { snapshots: { rootDir: join(data, 'snapshots') } },
    operations: { listenAddress: `${address}:${ports.operations}`, tls: { enabled: false } },
    metrics: { provider: 'prometheus' },
  });
  return {
    name,
    command: [join(state.binaries.binFolder, 'peer'), 'node', 'start'],
    commandPrefix: node.host.commandPrefix,
    env: nodeEnvironment(state.binaries, config),
    logFile: log,
    stateFile,
    nextCommand: `tail -n 50 ${log}`,
  };
}

function tlsSection(folder: string): object {
  const root = join(folder, 'ca.crt');
  return {
    enabled: true,
    cert: { file: join(folder, 'server.crt') },
    key: { file: join(folder, 'server.key') },
    rootcert: { file: root },
  };
}

/**
 * Peers of a large network join minutes after they started, and hear of most others by hearsay: what they say of
 * themselves carries their certificate, and is not dropped where many speak at once.
 */
const LARGE_GOSSIP = { publishCertPeriod: '1h', recvBuffSize: 500, sendBuffSize: 500 };

/** One peer per organisation: it is the leader and takes its blocks from the orderer; gossip is for discovery. */
function gossipSection(ownAddress: string, peers: number): object {
  const times = slowness(peers);
  const every = (seconds: number): string => `${seconds * times}s`;
  return {
    bootstrap: ownAddress,
    endpoint: ownAddress,
    externalEndpoint: ownAddress,
    useLeaderElection: false,
    orgLeader: true,
    state: { enabled: false },
    publishStateInfoInterval: every(1),
    requestStateInfoInterval: every(1),
    pullInterval: every(4),
    dialTimeout: every(3),
    connTimeout: every(2),
    ...(isLarge(peers) ? LARGE_GOSSIP : {}),
    // Before a peer has joined it refuses the others' TLS certificates; whoever joins later connects to those before.
    reconnectInterval: every(5),
    // Private is only what an organisation itself has approved, and no other peer has that of its own: a peer that takes
    // its ledger anew would wait for it for a minute at each of these blocks. The hash, which all have, is enough.
    pvtData: { pullRetryThreshold: '0s', reconciliationEnabled: false },
    aliveTimeInterval: every(5),
    aliveExpirationTimeout: every(25),
  };
}
