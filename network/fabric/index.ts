/** A Fabric network of native processes: one orderer, and a peer and a chaincode process per cluster. */
export { fabricDeploy, fabricUpgrade, type FabricDeployOptions } from './change-chaincode';
export { fabricUpgradePrograms, type UpgradeProgramsOptions, type UpgradeProgramsOutcome } from './change-programs';
export { findBinaries } from './binaries';
export { fabricDown, fabricReset, type FabricDownOptions } from './down';
export { clusterFabricFiles, type ClusterFabricFiles } from './layout';
export { type DeployOutcome } from './lifecycle/deploy';
export { chaincodeSha256, chaincodeSource } from './lifecycle/package';
export { fabricAddOrganization, type AddOrganizationOptions, type MemberOutcome } from './members/add';
export { fabricRemoveOrganization, type RemoveOrganizationOptions } from './members/remove';
export { localPlacement, type ClusterHost, type OrdererHost, type Placement } from './placement';
export { readFabricState, requireFabricState, type FabricState } from './state';
export { fabricStatus, type ComponentStatus, type FabricStatus } from './status';
export { fabricUp, type FabricUpOptions, type FabricUpOutcome } from './up';
