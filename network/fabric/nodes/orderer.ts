import { join } from 'node:path';
import type { ProcessSpec } from '../../processes';
import { hasChannelParticipation } from '../binaries';
import { fabricLayout, ORDERER_ORGANIZATION, ORDERER_PROCESS } from '../layout';
import type { FabricState } from '../state';
import { nodeEnvironment, writeNodeConfig } from './node-config';

/** Where the system channel's genesis block is; used by versions without channel participation only. */
export const systemGenesisFile = (state: FabricState): string =>
  join(fabricLayout(state.folder).channelFolder, 'system-genesis.block');

/** Writes the orderer's configuration and says how it is started. */
export function ordererProcess(state: FabricState): ProcessSpec {
  const layout = fabricLayout(state.folder);
  const { config, data, log, stateFile } = layout.node(ORDERER_PROCESS);
  const host = state.placement.orderer;
  const files = layout.organization(ORDERER_ORGANIZATION);
  const tls = {
    key: join(files.node.tls, 'server.key'),
    certificate: join(files.node.tls, 'server.crt'),
    rootCas: [join(files.node.tls, 'ca.crt')],
  };
  writeNodeConfig(state.binaries, 'orderer.yaml', config, {
    General: {
      ListenAddress: host.address,
      ListenPort: host.ports.orderer,
      TLS: { Enabled: true, PrivateKey: tls.key, Certificate: tls.certificate, RootCAs: tls.rootCas },
      Cluster: { ClientCertificate: tls.certificate, ClientPrivateKey: tls.key, RootCAs: tls.rootCas },
      LocalMSPDir: files.node.msp,
      LocalMSPID: ORDERER_ORGANIZATION.mspId,
      ...bootstrap(state),
    },
    FileLedger: { Location: join(data, 'ledger') },
    Consensus: { WALDir: join(data, 'wal'), SnapDir: join(data, 'snapshots') },
    Operations: { ListenAddress: `${host.address}:${host.ports.operations}`, TLS: { Enabled: false } },
    Metrics: { Provider: 'prometheus' },
    ...(hasChannelParticipation(state.binaries) ? participation(state, tls) : {}),
  });
  return {
    name: ORDERER_PROCESS,
    command: [join(state.binaries.binFolder, 'orderer')],
    commandPrefix: host.commandPrefix,
    env: nodeEnvironment(state.binaries, config),
    logFile: log,
    stateFile,
    nextCommand: `tail -n 50 ${log}`,
  };
}

function bootstrap(state: FabricState): Record<string, unknown> {
  return hasChannelParticipation(state.binaries)
    ? { BootstrapMethod: 'none' }
    : { BootstrapMethod: 'file', BootstrapFile: systemGenesisFile(state) };
}

interface TlsFiles {
  readonly key: string;
  readonly certificate: string;
  readonly rootCas: readonly string[];
}

function participation(state: FabricState, tls: TlsFiles): Record<string, unknown> {
  const { address, ports } = state.placement.orderer;
  return {
    ChannelParticipation: { Enabled: true },
    Admin: {
      ListenAddress: `${address}:${ports.admin}`,
      TLS: {
        Enabled: true,
        Certificate: tls.certificate,
        PrivateKey: tls.key,
        RootCAs: tls.rootCas,
        ClientAuthRequired: true,
        ClientRootCAs: tls.rootCas,
      },
    },
  };
}
