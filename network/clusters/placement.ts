import type { Placement } from '../fabric';
import { inNamespace, type SandboxPlan } from '../sandbox';

/** Fabric's parts, each in the namespace of its host: the same ports everywhere, as the addresses differ. */
export function sandboxPlacement(plan: SandboxPlan): Placement {
  return {
    orderer: {
      name: plan.orderer.name,
      address: plan.orderer.address,
      commandPrefix: [...inNamespace(plan.orderer.namespace)],
      ports: { orderer: 7050, admin: 7053, operations: 9443 },
    },
    clusters: plan.clusters.map((cluster) => ({
      name: cluster.name,
      address: cluster.address,
      commandPrefix: [...inNamespace(cluster.namespace)],
      ports: { peer: 7051, peerChaincode: 7052, operations: 9443, chaincodeServer: 9999 },
    })),
  };
}
