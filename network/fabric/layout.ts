import { resolve } from 'node:path';
import { ORDERER_MSP_ID } from '../topology';
import type { Deployment, FabricState } from './state';

/** An organisation: its MSP id and the folder name under `organizations/`. */
export interface Organization {
  readonly name: string;
  readonly mspId: string;
}

export const ORDERER_ORGANIZATION: Organization = { name: 'orderer', mspId: ORDERER_MSP_ID };

/** Where the files of an identity or a node of an organisation are. */
export interface OrganizationFiles {
  readonly folder: string;
  /** The MSP that goes into the channel's configuration. */
  readonly msp: string;
  readonly caCertificate: string;
  readonly tlsCaCertificate: string;
  readonly node: { readonly msp: string; readonly tls: string };
  readonly admin: { readonly msp: string; readonly certificate: string; readonly key: string };
  readonly agent: { readonly msp: string; readonly certificate: string; readonly key: string };
}

/** The paths under the state folder; nothing else knows them. */
export interface FabricLayout {
  readonly folder: string;
  readonly stateFile: string;
  readonly runFolder: string;
  readonly logFolder: string;
  readonly channelFolder: string;
  readonly chaincodeFolder: string;
  readonly node: (name: string) => { config: string; data: string; log: string; stateFile: string };
  readonly organization: (organization: Organization) => OrganizationFiles;
  readonly connectionProfile: (cluster: string) => string;
}

/** @param state the state folder, e.g. `.blosm` */
export function fabricLayout(state: string): FabricLayout {
  const folder = resolve(state, 'fabric');
  const at = (...parts: string[]): string => resolve(folder, ...parts);
  return {
    folder,
    stateFile: at('network.json'),
    runFolder: at('run'),
    logFolder: at('log'),
    channelFolder: at('channel'),
    chaincodeFolder: at('chaincode'),
    node: (name) => ({
      config: at('nodes', name, 'config'),
      data: at('nodes', name, 'data'),
      log: at('log', `${name}.log`),
      stateFile: at('run', `${name}.json`),
    }),
    organization: ({ name }) => organizationFiles(at('organizations', name)),
    connectionProfile: (cluster) => at('organizations', cluster, 'connection.json'),
  };
}

function organizationFiles(folder: string): OrganizationFiles {
  const user = (name: string): OrganizationFiles['admin'] => {
    const msp = resolve(folder, 'users', name, 'msp');
    return { msp, certificate: resolve(msp, 'signcerts', 'cert.pem'), key: resolve(msp, 'keystore', 'priv_sk') };
  };
  return {
    folder,
    msp: resolve(folder, 'msp'),
    caCertificate: resolve(folder, 'ca', 'cert.pem'),
    tlsCaCertificate: resolve(folder, 'tlsca', 'cert.pem'),
    node: { msp: resolve(folder, 'node', 'msp'), tls: resolve(folder, 'node', 'tls') },
    admin: user('admin'),
    agent: user('agent'),
  };
}

/** The names of a network's processes. */
export const ORDERER_PROCESS = 'orderer';
export const peerProcess = (cluster: string): string => `${cluster}-peer`;
/** Two at most: while a new chaincode takes over, the old one serves in the other place. */
export const chaincodeProcess = (cluster: string, { place }: Pick<Deployment, 'place'>): string =>
  place === 0 ? `${cluster}-chaincode` : `${cluster}-chaincode-b`;

/** What a cluster's agent and its operator need. All paths are absolute. */
export interface ClusterFabricFiles {
  /** JSON connection profile for fabric-network. */
  readonly connectionProfile: string;
  readonly mspId: string;
  readonly agentCertificate: string;
  readonly agentKey: string;
  readonly adminCertificate: string;
  readonly adminKey: string;
  /** MSP folders for the `peer` program. */
  readonly agentMsp: string;
  readonly adminMsp: string;
  /** The CA that issued the agent's certificate. */
  readonly caCertificate: string;
  readonly peerTlsCaCertificate: string;
  readonly ordererTlsCaCertificate: string;
}

/** Where the files of a cluster are; they exist after `fabricUp`. */
export function clusterFabricFiles(
  state: Pick<FabricState, 'folder' | 'clusters'>,
  cluster: string,
): ClusterFabricFiles {
  const layout = fabricLayout(state.folder);
  const mspId = state.clusters.find(({ name }) => name === cluster)?.mspId ?? '';
  const files = layout.organization({ name: cluster, mspId });
  return {
    connectionProfile: layout.connectionProfile(cluster),
    mspId,
    agentCertificate: files.agent.certificate,
    agentKey: files.agent.key,
    adminCertificate: files.admin.certificate,
    adminKey: files.admin.key,
    agentMsp: files.agent.msp,
    adminMsp: files.admin.msp,
    caCertificate: files.caCertificate,
    peerTlsCaCertificate: files.tlsCaCertificate,
    ordererTlsCaCertificate: layout.organization(ORDERER_ORGANIZATION).tlsCaCertificate,
  };
}
