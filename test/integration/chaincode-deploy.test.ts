import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import type Docker from 'dockerode';
import { extract } from 'tar-stream';
import { parse, stringify } from 'yaml';
import { fabricReset, fabricUp, localPlacement, type FabricState } from '../../network/fabric';
import { fabricLayout } from '../../network/fabric/layout';
import { servicePackage } from '../../network/fabric/lifecycle/package';
import { fabricEnvironment } from '../../network/fabric/nodes/node-config';
import { isHealthy } from '../../network/fabric/nodes/operations';
import { clusterNodes, type ClusterNode } from '../../network/fabric/nodes/peer';
import { ordererFlags, peerAsAdmin, peerUntilItSucceeds } from '../../network/fabric/peer-cli';
import { packageRoot } from '../../network/package-root';
import { readRecord, waitUntil } from '../../network/processes';
import { loadTopology } from '../../network/topology';
import { createDockerBench } from '../support/docker';
import { importNodeImage } from '../support/node-image';
import { copyChaincode, npm } from './support/chaincode-copy';

jest.setTimeout(300_000);

const BASE_PORT = 24_050;
const topology = loadTopology(join(packageRoot(), 'network', 'profiles', 'one-cluster.yaml'));
const LABEL = 'blosm_1.0';
const IMAGE = 'blosm_ccaas_image:latest';

let work: string;
let state: FabricState;
let node: ClusterNode;
/** Copied, `npm install`, `npm run build`: what network.sh does before it packs. */
let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'blosm-deploy-'));
  folder = copyChaincode(join(work, 'elsewhere', 'chaincode'));
  const [{ state: up }] = await Promise.all([
    fabricUp({
      topology,
      stateFolder: join(work, 'state'),
      placement: localPlacement(topology, BASE_PORT),
      chaincodeFolder: join(packageRoot(), 'chaincode'),
    }),
    npm(folder, 'install').then(() => npm(folder, 'run', 'build')),
  ]);
  state = up;
  node = clusterNodes(state)[0]!;
});

afterAll(async () => {
  for (const child of children) await end(child);
  await fabricReset({ stateFolder: join(work, 'state') });
  rmSync(work, { recursive: true, force: true });
});

/** Starts a program in a process group of its own, so that what npm starts below it ends with it. */
function start(
  command: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): ChildProcess {
  const [program = '', ...args] = command;
  const log = createWriteStream(join(work, `${children.length}.log`));
  const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  children.push(child);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}

/** Approves and commits the definition, and calls the chaincode until it answers. */
async function define(name: string, packageId: string): Promise<void> {
  const definition = ['--channelID', state.channel, '--name', name, '--version', '1.0', '--sequence', '1'];
  const policy = ['--signature-policy', `OR('${node.mspId}.peer')`];
  const until = { deadlineMs: 60_000 };
  const approval = ['approveformyorg', ...definition, ...policy, '--package-id', packageId, ...ordererFlags(state)];
  const approved = { ...until, alreadyDone: /with unchanged content/ };
  await peerUntilItSucceeds(state, node, ['lifecycle', 'chaincode', ...approval], approved);
  const commit = ['commit', ...definition, ...policy, ...ordererFlags(state)];
  const committed = { ...until, alreadyDone: /requested sequence is 1, but new definition must be sequence 2\b/ };
  await peerUntilItSucceeds(state, node, ['lifecycle', 'chaincode', ...commit], committed);
}

async function expectItWorks(name: string): Promise<void> {
  const on = ['-C', state.channel, '-n', name];
  const until = { deadlineMs: 60_000 };
  const liveness = ['chaincode', 'query', ...on, '-c', '{"Args":["org.hyperledger.fabric:GetMetadata"]}'];
  const described = await peerUntilItSucceeds(state, node, liveness, until);
  const { contracts } = JSON.parse(described.stdout) as { contracts: Record<string, unknown> };
  expect(Object.keys(contracts)).toEqual(expect.arrayContaining(['NodeContract', 'MigrationContract']));
  const registration = {
    name: 'edge1',
    sourceIp: '127.0.0.1',
    agentUrl: 'https://127.0.0.1:8443',
    gatewayUrl: 'http://127.0.0.1:8080',
    site: { latE6: 0, lonE6: 0 },
    coverageRadiusMeters: 400,
    agentCertificatePem: readFileSync(fabricLayout(state.folder).organization(node).agent.certificate, 'utf8'),
  };
  const call = JSON.stringify({ function: 'NodeContract:Register', Args: [JSON.stringify(registration)] });
  const invoke = ['chaincode', 'invoke', ...on, '-c', call, '--waitForEvent', ...ordererFlags(state)];
  await peerUntilItSucceeds(state, node, invoke, until);
  const list = ['chaincode', 'query', ...on, '-c', '{"function":"NodeContract:List","Args":[]}'];
  const { stdout } = await peerAsAdmin(state, node, list);
  expect(JSON.parse(stdout)).toMatchObject([{ nodeId: node.mspId, state: 'ACTIVE' }]);
}

/** Unpacks `code.tar.gz` of a chaincode package and names its files. */
async function filesOf(packageFile: string): Promise<string[]> {
  const names: string[] = [];
  const outer = createReadStream(packageFile).pipe(createGunzip()).pipe(extract());
  for await (const entry of outer) {
    if (entry.header.name !== 'code.tar.gz') {
      entry.resume();
      continue;
    }
    for await (const inner of entry.pipe(createGunzip()).pipe(extract())) {
      names.push(inner.header.name);
      inner.resume();
    }
  }
  return names;
}

describe('the chaincode folder, copied elsewhere', () => {
  it('is packed by `--lang node`, without dependencies, and started by the peer with npm start', async () => {
    await restartPeerWithNodeBuilder();
    const file = join(work, 'blosm.tar.gz');
    const pack = ['lifecycle', 'chaincode', 'package', file, '--path', folder, '--lang', 'node', '--label', LABEL];
    await peerAsAdmin(state, node, pack);
    const files = await filesOf(file);
    expect(files).toEqual(
      expect.arrayContaining(['src/package.json', 'src/package-lock.json', 'src/dist/index.js', 'src/src/index.ts']),
    );
    expect(files.filter((name) => name.includes('node_modules'))).toEqual([]);
    await peerUntilItSucceeds(state, node, ['lifecycle', 'chaincode', 'install', file], {
      deadlineMs: 200_000,
      alreadyDone: /already successfully installed/,
    });
    const { stdout } = await peerAsAdmin(state, node, ['lifecycle', 'chaincode', 'queryinstalled', '-O', 'json']);
    const installed = (JSON.parse(stdout) as { installed_chaincodes: { package_id: string; label: string }[] })
      .installed_chaincodes;
    const packageId = installed.find(({ label }) => label === LABEL)?.package_id ?? '';
    await define('blosm-in-peer', packageId);
    await expectItWorks('blosm-in-peer');
  });

  it('runs as a service with production dependencies only', async () => {
    const served = copyChaincode(join(work, 'served'));
    await npm(served, 'ci', '--omit=dev');
    expect(existsSync(join(served, 'node_modules', 'typescript'))).toBe(false);
    // As the Dockerfile does: built in one stage, run in another.
    cpSync(join(folder, 'dist'), join(served, 'dist'), { recursive: true });
    const { address, packageId } = await installService('service', 90);
    start(['npm', 'run', 'start:server'], {
      cwd: served,
      env: {
        ...process.env,
        CHAINCODE_SERVER_ADDRESS: address,
        CHAINCODE_ID: packageId,
      },
    });
    await define('blosm-service', packageId);
    await expectItWorks('blosm-service');
  });

  it('is built by its Dockerfile, and serves from the container, as deployCCAAS runs it', async () => {
    const bench = createDockerBench();
    try {
      const { docker } = await bench.engine('build');
      await importNodeImage(docker);
      await buildImage(docker, copyChaincode(join(work, 'built')));
      const { address, packageId } = await installService('image', 95);
      const container = await docker.createContainer({
        Image: IMAGE,
        Env: [`CHAINCODE_SERVER_ADDRESS=${address}`, `CHAINCODE_ID=${packageId}`],
        HostConfig: { NetworkMode: 'host' },
      });
      await container.start();
      await define('blosm-image', packageId);
      await expectItWorks('blosm-image');
      const { State, Config } = await container.inspect();
      expect({ running: State.Running, user: Config.User }).toEqual({ running: true, user: 'node' });
    } finally {
      await bench.close();
    }
  });
});

/** As `network.sh deployCCAAS` does, with the network of this machine for npm; what npm could not fetch is asked for again. */
async function buildImage(docker: Docker, context: string): Promise<void> {
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()]);
  const ofHost = proxies.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const buildargs = { CC_SERVER_PORT: '9999', ...(Object.fromEntries(ofHost) as Record<string, string>) };
  const attempt = async (): Promise<true> => {
    const output = await docker.buildImage(
      { context, src: readdirSync(context) },
      { t: IMAGE, networkmode: 'host', buildargs },
    );
    const said: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const end = (error: Error | null): void => {
        if (error === null) resolve();
        else reject(new Error(`${error.message}\n${said.join('').slice(-3_000)}`));
      };
      docker.modem.followProgress(output, end, ({ stream }: { stream?: string }) => void said.push(stream ?? ''));
    });
    return true;
  };
  await waitUntil(attempt, { deadlineMs: 120_000, what: 'the image to be built' });
}

/** Installs a package that says where a chaincode listens: so many ports beyond the network's first. */
async function installService(label: string, port: number): Promise<{ address: string; packageId: string }> {
  const host = { ...node.host, ports: { ...node.host.ports, chaincodeServer: BASE_PORT + port } };
  const { bytes, packageId } = await servicePackage({ host }, { label: `${label}_1.0`, place: 0 });
  const file = join(work, `${label}.tar.gz`);
  writeFileSync(file, bytes);
  await peerUntilItSucceeds(state, node, ['lifecycle', 'chaincode', 'install', file], {
    deadlineMs: 60_000,
    alreadyDone: /already successfully installed/,
  });
  return { address: `${host.address}:${host.ports.chaincodeServer}`, packageId };
}

/** The same peer with one more builder, which does what the peer's node image does without an image. */
async function restartPeerWithNodeBuilder(): Promise<void> {
  const layout = fabricLayout(state.folder).node(`${node.name}-peer`);
  const config = parse(readFileSync(join(layout.config, 'core.yaml'), 'utf8')) as {
    chaincode: { externalBuilders: unknown[]; startuptimeout: string; installTimeout: string };
  };
  // What npm itself sets for its children names another project's folder.
  const ofNpm = /^npm_config_(registry|userconfig|cache)$/i;
  const inherited = ['HOME', ...Object.keys(process.env).filter((name) => ofNpm.test(name))];
  config.chaincode.externalBuilders.push({
    name: 'node',
    path: join(packageRoot(), 'test', 'fixtures', 'node-builder'),
    propagateEnvironment: inherited,
    // The name of the same before 2.2.
    environmentWhitelist: inherited,
  });
  const folderOfConfig = join(work, 'peer-config');
  mkdirSync(folderOfConfig);
  writeFileSync(join(folderOfConfig, 'core.yaml'), stringify(config));
  const record = readRecord(layout.stateFile);
  if (record === undefined) throw new Error('the peer was not started');
  process.kill(record.pid, 'SIGKILL');
  await waitUntil(async () => !(await isHealthy(node.host).catch(() => false)), {
    deadlineMs: 20_000,
    what: 'the peer to be gone',
  });
  start([join(state.binaries.binFolder, 'peer'), 'node', 'start'], {
    cwd: work,
    env: fabricEnvironment(folderOfConfig),
  });
  await waitUntil(() => isHealthy(node.host).catch(() => false), {
    deadlineMs: 60_000,
    what: 'the peer to be healthy',
  });
}
