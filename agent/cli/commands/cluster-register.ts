import { resolve } from 'node:path';
import { loadConfig } from '../../config/load';
import { ClusterView } from '../../ports/control';
import { verboseLog, type Cli } from '../io';
import { print } from '../output/print';
import { registerCluster } from '../register-cluster';
import { clusterTable } from '../views/lists';
import type { Invocation } from './handler';

interface RegisterOptions {
  readonly adminCertificate: string;
  readonly adminKey: string;
}

/** `blosm cluster register` */
export async function clusterRegister(cli: Cli, { options }: Invocation<RegisterOptions>): Promise<undefined> {
  const { io } = cli;
  const { config } = loadConfig({ file: cli.options.config, env: io.env, cwd: io.cwd });
  const admin = { certificate: resolve(io.cwd, options.adminCertificate), key: resolve(io.cwd, options.adminKey) };
  const { timeout } = cli.options;
  const record = await registerCluster(config, admin, verboseLog(cli), {
    signal: io.signal,
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
  });
  const view = ClusterView.parse({ ...record, isSelf: true });
  await print(cli, { kind: 'Cluster', fields: view, text: () => clusterTable([view]) });
}
