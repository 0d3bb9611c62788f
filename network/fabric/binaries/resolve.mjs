// Finds Fabric's programs, or builds them: $FABRIC_BIN, PATH, the cache, then `go build` of the module pinned beside this file.
// Plain Node without dependencies: the set-up runs it before `npm ci`. As a program it prints one line of JSON.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const moduleFolder = dirname(fileURLToPath(import.meta.url));
const BUILT_VERSION = '2.1.1';
const NEEDED = ['peer', 'orderer', 'configtxgen'];
const BUILD_TIMEOUT_MS = 20 * 60_000;

/** Where the project keeps what it builds and downloads, outside the repository. */
export const cacheFolder = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'blosm');

/**
 * @param {{ build?: boolean, log?: (line: string) => void, signal?: AbortSignal }} options build: false only looks
 * @returns {Promise<{ binFolder: string, configFolder: string, version: string, source: string } | undefined>}
 *   undefined: nothing found and not built; an Error lists everything that was tried
 */
export async function resolveFabricBinaries({ build = true, log = () => {}, signal } = {}) {
  const tried = [];
  const found = await lookUp(tried, signal);
  if (found !== undefined) return found;
  if (!build) return undefined;
  const binFolder = await buildPinned(tried, log, signal);
  return describe(binFolder, 'built from the pinned Go module', tried, signal);
}

async function lookUp(tried, signal) {
  const explicit = process.env.FABRIC_BIN;
  if (explicit) {
    const found = await describe(resolve(explicit), '$FABRIC_BIN', tried, signal);
    // Somebody who names a folder means it: another version instead would be a surprise.
    if (found === undefined) throw new Error(`$FABRIC_BIN does not hold what is needed:\n- ${tried.join('\n- ')}`);
    return found;
  }
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter((entry) => isProgram(join(entry, 'peer')))) {
    const found = await describe(resolve(folder), 'PATH', tried, signal);
    if (found !== undefined) return found;
  }
  if (tried.length === 0) tried.push('PATH: no program named peer');
  return describe(join(cachedBuild(), 'bin'), 'cache', tried, signal);
}

/** The build in the cache, named after what goes into it. */
export function cachedBuild() {
  const key = createHash('sha256').update(readFileSync(join(moduleFolder, 'go.sum'))).update(process.arch).digest('hex');
  return join(cacheFolder(), 'fabric', `${BUILT_VERSION}-${key.slice(0, 16)}`);
}

async function describe(binFolder, source, tried, signal) {
  const missing = NEEDED.filter((name) => !isProgram(join(binFolder, name)));
  if (missing.length > 0) {
    tried.push(`${source} (${binFolder}): no program named ${missing.join(', ')}`);
    return undefined;
  }
  const configFolder = findConfig(binFolder);
  if (configFolder === undefined) {
    tried.push(`${source} (${binFolder}): no core.yaml and orderer.yaml in ../config; set FABRIC_CFG_PATH to their folder`);
    return undefined;
  }
  const output = await run(join(binFolder, 'peer'), ['version'], { env: { ...process.env, FABRIC_CFG_PATH: configFolder }, signal }).catch(
    (failure) => String(failure.message),
  );
  const version = /^\s*Version:\s*v?(\d+\.\d+\.\d+\S*)/m.exec(output)?.[1];
  if (version === undefined) {
    tried.push(`${source} (${binFolder}): peer version says no version: ${output.trim().slice(0, 200)}`);
    return undefined;
  }
  return { binFolder, configFolder, version, source };
}

/** The release's tarball has ../config, a source tree ../sampleconfig or, from build/bin, ../../sampleconfig. */
function findConfig(binFolder) {
  const folders = [
    ...(process.env.FABRIC_CFG_PATH ? [process.env.FABRIC_CFG_PATH] : []),
    ...['../config', 'config', '../sampleconfig', '../../sampleconfig'].map((folder) => join(binFolder, folder)),
  ];
  return folders.map((folder) => resolve(folder)).find((f) => existsSync(join(f, 'core.yaml')) && existsSync(join(f, 'orderer.yaml')));
}

async function buildPinned(tried, log, signal) {
  const target = cachedBuild();
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' };
  await run('go', ['version'], { env, signal }).catch((failure) => {
    tried.push(`go build: ${failure.message}`);
    throw new Error(
      `no Fabric programs, and no Go to build them. Tried:\n- ${tried.join('\n- ')}\n` +
        'Install Go >= 1.26 (https://go.dev/dl), or set FABRIC_BIN to the bin folder of a Fabric release.',
    );
  });
  mkdirSync(dirname(target), { recursive: true });
  // Built beside its place and then renamed: nobody ever sees half of a build.
  const work = mkdtempSync(`${target}.building-`);
  try {
    log(`building Fabric ${BUILT_VERSION} from the pinned Go module into ${target} (about 2 minutes, once)`);
    cpSync(join(moduleFolder, 'go.mod'), join(work, 'go.mod'));
    cpSync(join(moduleFolder, 'go.sum'), join(work, 'go.sum'));
    const ldflags = `-s -w -X github.com/hyperledger/fabric/common/metadata.Version=${BUILT_VERSION}`;
    await run('go', ['build', '-ldflags', ldflags, '-o', `${join(work, 'bin')}/`, 'tool'], { cwd: work, env, signal });
    const source = await run('go', ['list', '-m', '-f', '{{.Dir}}', 'github.com/hyperledger/fabric'], { cwd: work, env, signal });
    mkdirSync(join(work, 'config'));
    for (const name of ['core.yaml', 'orderer.yaml']) {
      cpSync(join(source.trim(), 'sampleconfig', name), join(work, 'config', name));
    }
    if (!existsSync(target)) renameSync(work, target);
  } catch (failure) {
    // Another build may have been first; its result is as good.
    if (!existsSync(target)) throw failure;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return join(target, 'bin');
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function run(program, args, options) {
  return new Promise((resolvePromise, reject) => {
    const child = spawn(program, args, { timeout: BUILD_TIMEOUT_MS, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', (failure) => reject(new Error(`${program}: ${failure.message}`)));
    child.on('close', (code, signalName) => {
      if (code === 0) return resolvePromise(stdout);
      const tail = (stderr || stdout).trim().split('\n').slice(-15).join('\n');
      reject(new Error(`${program} ${args.join(' ')}: ${signalName ?? `exit code ${code}`}\n${tail}`));
    });
  });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const found = await resolveFabricBinaries({ log: (line) => process.stderr.write(`${line}\n`) });
    process.stdout.write(`${JSON.stringify(found ?? null)}\n`);
  } catch (failure) {
    process.stderr.write(`${failure.message}\n`);
    process.exitCode = 1;
  }
}
