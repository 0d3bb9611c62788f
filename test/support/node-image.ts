import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type Docker from 'dockerode';
import { pack, type Pack } from 'tar-stream';
import { librariesOf } from '../../network/services/images/libraries';
import { runCommand } from '../../network/processes';
import { importArchive } from './image-fixture';

/** What `FROM` of the chaincode's Dockerfile names. */
const NODE_IMAGE = 'node:20-bookworm-slim';
const SHELL_COMMANDS = ['sh', 'env', 'mkdir', 'rm', 'cat'];
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
/** Loaded by name where a host name is looked up, so that no program says that it needs them. */
const NAME_SERVICES = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2'];

/**
 * Imports an image that stands for {@link NODE_IMAGE} where no image registry can be reached: this machine's Node.js and
 * npm with the way to the npm registry that they have here, a shell, and the user `node`.
 */
export async function importNodeImage(docker: Docker): Promise<void> {
  const archive = pack();
  await putPrograms(archive);
  putNpm(archive);
  putFile(archive, CERTIFICATES);
  archive.entry({ name: 'etc/passwd' }, 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n');
  archive.entry({ name: 'etc/group' }, 'root:x:0:\nnode:x:1000:\n');
  archive.entry({ name: 'tmp/', type: 'directory', mode: 0o1777 });
  archive.entry({ name: 'root/', type: 'directory', mode: 0o700 });
  const userConfig = await npmSetting('userconfig');
  if (isFile(userConfig)) archive.entry({ name: 'root/.npmrc', mode: 0o600 }, readFileSync(userConfig));
  archive.finalize();
  const registry = await npmSetting('registry');
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    NODE_EXTRA_CA_CERTS: CERTIFICATES,
    npm_config_registry: registry,
  };
  const changes = Object.entries(env).map(([name, value]) => `ENV ${name}=${value}`);
  await importArchive(docker, NODE_IMAGE, archive, changes);
}

async function putPrograms(archive: Pack): Promise<void> {
  archive.entry({ name: 'bin/busybox', mode: 0o755 }, readFileSync('/bin/busybox'));
  for (const name of SHELL_COMMANDS) archive.entry({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' });
  archive.entry({ name: 'usr/bin/env', type: 'symlink', linkname: '/bin/busybox' });
  archive.entry({ name: 'usr/local/bin/node', mode: 0o755 }, readFileSync(process.execPath));
  const libraries = await librariesOf([process.execPath]);
  const folder = dirname(libraries.find((path) => basename(path).startsWith('libc.so')) ?? '/lib/libc.so');
  const present = readdirSync(folder).filter((name) => NAME_SERVICES.includes(name));
  for (const path of [...libraries, ...present.map((name) => join(folder, name))]) putFile(archive, path);
}

const npmSetting = async (name: string): Promise<string> =>
  (await runCommand(['npm', 'config', 'get', name])).stdout.trim();

/** The folder of npm, under the path at which the official image has it. */
function putNpm(archive: Pack): void {
  const home = dirname(dirname(realpathSync(npmProgram())));
  for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = join('usr/local/lib/node_modules/npm', relative(home, path));
    archive.entry({ name, mode: statSync(path).mode & 0o777 }, readFileSync(path));
  }
  const linkname = '../lib/node_modules/npm/bin/npm-cli.js';
  archive.entry({ name: 'usr/local/bin/npm', type: 'symlink', linkname });
}

function npmProgram(): string {
  const folders = [dirname(process.execPath), ...(process.env['PATH'] ?? '').split(':')];
  // What an npm that runs this test has put before the others leads to its own helpers.
  const found = folders.map((folder) => join(folder, 'npm')).find((path) => isFile(path));
  if (found === undefined) throw new Error('there is no npm');
  return found;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function putFile(archive: Pack, path: string): void {
  archive.entry({ name: path.slice(1), mode: 0o755 }, readFileSync(path));
}
