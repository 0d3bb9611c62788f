import type { Placement } from '../fabric';
import { inNamespace } from './hosts/interfaces';
import type { SandboxPlan } from './plan';

/** The network's parts on the sandbox's hosts: every host has an address of its own, so all have the same ports. */
export function fabricPlacement(plan: SandboxPlan): Placement {
  const { orderer, clusters } = plan;
  return {
    orderer: {
      name: orderer.name,
      address: orderer.address,
      ports: { orderer: 7050, admin: 7053, operations: 9443 },
      commandPrefix: [...inNamespace(orderer.namespace)],
    },
    clusters: clusters.map(({ name, address, namespace }) => ({
      name,
      address,
      ports: { peer: 7051, peerChaincode: 7052, operations: 9443, chaincodeServer: 9999 },
      commandPrefix: [...inNamespace(namespace)],
    })),
  };
}
