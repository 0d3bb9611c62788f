import { z } from 'zod';
import { BlosmError } from '../../chaincode/src/model';
import type { Topology } from '../topology';

const Port = z.int().min(1).max(65_535);
const host = {
  /** The cluster's name; `orderer` for the orderer. */
  name: z.string(),
  /** Where everybody reaches it, and what it binds to. */
  address: z.string(),
  /** Puts a program into the host, e.g. `nsenter --net=/run/netns/NAME`; it has to exec, not fork. */
  commandPrefix: z.array(z.string()),
};

const OrdererHost = z.strictObject({
  ...host,
  ports: z.strictObject({ orderer: Port, admin: Port, operations: Port }),
});
export const ClusterHost = z.strictObject({
  ...host,
  /** The chaincode's process has `chaincodeServer` or the port after it, by turns. */
  ports: z.strictObject({ peer: Port, peerChaincode: Port, operations: Port, chaincodeServer: Port }),
});

/** Where each part of the network runs; the clusters in the topology's order. */
export const Placement = z.strictObject({ orderer: OrdererHost, clusters: z.array(ClusterHost).min(1) });

export type Placement = z.output<typeof Placement>;
export type OrdererHost = z.output<typeof OrdererHost>;
export type ClusterHost = z.output<typeof ClusterHost>;

const PORTS_PER_CLUSTER = 10;

/**
 * Everything on 127.0.0.1: the orderer from `basePort`, the first peer on the port after it, the next ones ten apart
 * (7050, 7051, 7061, 7071 ... by default).
 */
export function localPlacement(topology: Pick<Topology, 'clusters'>, basePort = 7050): Placement {
  const address = '127.0.0.1';
  return {
    orderer: {
      name: 'orderer',
      address,
      ports: { orderer: basePort, admin: basePort + 3, operations: basePort + 4 },
      commandPrefix: [],
    },
    clusters: topology.clusters.map(({ name }, index) => localHost(name, basePort + index * PORTS_PER_CLUSTER)),
  };
}

function localHost(name: string, base: number): ClusterHost {
  const ports = { peer: base + 1, peerChaincode: base + 2, operations: base + 5, chaincodeServer: base + 6 };
  return { name, address: '127.0.0.1', ports, commandPrefix: [] };
}

/**
 * Where a cluster that joins a network of one machine runs: on the ports after those of all that are there.
 * @throws BlosmError BLOSM_E_UNSUPPORTED when the network is not on one machine's ports
 */
export function nextLocalHost({ orderer, clusters }: Placement, name: string): ClusterHost {
  if ([orderer, ...clusters].some(({ commandPrefix }) => commandPrefix.length > 0)) {
    throw new BlosmError(
      'BLOSM_E_UNSUPPORTED',
      'the clusters of this network are hosts of a sandbox, made all at once',
      {
        stage: 'placement',
        hint: 'Add the cluster to the topology and bring the sandbox up anew, or use a network of blosm network up.',
      },
    );
  }
  const bases = clusters.map(({ ports }) => ports.peer - 1);
  return localHost(name, Math.max(...bases) + PORTS_PER_CLUSTER);
}
