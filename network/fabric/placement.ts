import { z } from 'zod';
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
const ClusterHost = z.strictObject({
  ...host,
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
    clusters: topology.clusters.map(({ name }, index) => {
      const base = basePort + index * PORTS_PER_CLUSTER;
      return {
        name,
        address,
        ports: { peer: base + 1, peerChaincode: base + 2, operations: base + 5, chaincodeServer: base + 6 },
        commandPrefix: [],
      };
    }),
  };
}
