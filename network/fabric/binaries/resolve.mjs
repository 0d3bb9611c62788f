// Finds Fabric's programs, or gets them: $FABRIC_BIN, PATH, the cache, the official release, then `go build` of the module
// pinned beside this file.
// Plain Node without dependencies: the set-up runs it before `npm ci`. As a program it prints one line of JSON.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ChecksumMismatch, chosenRelease, downloadRelease, OFFICIAL } from './release.mjs';

const moduleFolder = dirname(fileURLToPath(import.meta.url));
const BUILT_VERSION = '2.1.1';
const NEEDED = ['peer', 'orderer', 'configtxgen'];
const BUILD_TIMEOUT_MS = 20 * 60_000;

/** Where the project keeps what it builds and downloads, outside the repository. */
export const cacheFolder = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'blosm');

/**
 * @param {{ build?: boolean, log?: (line: string) => void, signal?: AbortSignal, from?: typeof OFFICIAL }} options
 *   build: false only looks; from: where releases are
 * @returns {Promise<{ binFolder: string, configFolder: string, version: string, source: string } | undefined>}
 *   undefined: nothing found, and nothing was to be downloaded or built; an Error lists everything that was tried
 */
export async function resolveFabricBinaries({ build = true, log = () => {}, signal, from = OFFICIAL } = {}) {
  const tried = [];
  const release = chosenRelease();
  const found = await lookUp(release, tried, signal);
  if (found !== undefined) return found;
  if (!build) return undefined;
  const downloaded = await download(release, tried, { log, signal, from });
  if (downloaded !== undefined) return downloaded;
  // Somebody who names a version means it, as with $FABRIC_BIN.
  if (release.isNamed) throw new Error(`Fabric ${release.version} is not to be had. Tried:\n- ${tried.join('\n- ')}`);
  const binFolder = await buildPinned(tried, log, signal);
  return describe(binFolder, 'built from the pinned Go module', tried, signal);
}

async function lookUp(release, tried, signal) {
  const explicit = process.env.FABRIC_BIN;
  if (explicit) {
    const found = await describe(resolve(explicit), '$FABRIC_BIN', tried, signal);
    // Somebody who names a folder means it: another version instead would be a surprise.
    if (found === undefined) throw new Error(`$FABRIC_BIN does not hold what is needed:\n- ${tried.join('\n- ')}`);
    return found;
  }
  return (await lookUpOnPath(release, tried, signal)) ?? lookUpInCache(release, tried, signal);
}

async function lookUpOnPath(release, tried, signal) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((entry) => isProgram(join(entry, 'peer')));
  for (const folder of folders) {
    const found = await describe(resolve(folder), 'PATH', tried, signal);
    if (found === undefined) continue;
    if (!release.isNamed || found.version === release.version) return found;
    tried.push(`PATH (${folder}): is Fabric ${found.version}, not ${release.version}`);
  }
  if (folders.length === 0) tried.push('PATH: no program named peer');
  return undefined;
}

async function lookUpInCache(release, tried, signal) {
  const folders = [
    ...(release.sha256 === undefined ? [] : [cachedRelease(release)]),
    ...(release.isNamed ? [] : [cachedBuild()]),
  ];
  for (const folder of folders) {
    const found = await describe(join(folder, 'bin'), 'cache', tried, signal);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A downloaded release in the cache. */
const cachedRelease = ({ version, sha256 }) => join(cacheFolder(), 'fabric', `release-${version}-${sha256.slice(0, 16)}`);

/** @returns what was downloaded; undefined when it was passed over or failed, which the list of what was tried says */
async function download(release, tried, { log, signal, from }) {
  const name = `official release ${release.version}`;
  if (release.passedOver !== undefined) {
    tried.push(`${name}: ${release.passedOver}`);
    return undefined;
  }
  const target = cachedRelease(release);
  const unpack = (archive, folder) => run('tar', ['-xzf', archive, '-C', folder, '--no-same-owner', 'bin', 'config'], { signal });
  const check = async (folder) => {
    const reasons = [];
    const found = await describe(join(folder, 'bin'), name, reasons, signal);
    if (found === undefined) throw new Error(reasons.join('; '));
  };
  try {
    log(`downloading Fabric ${release.version} into ${target} (about 110 MB, once)`);
    await downloadRelease(release, target, { check, unpack }, { from, signal });
  } catch (failure) {
    if (failure instanceof ChecksumMismatch || signal?.aborted) throw failure;
    tried.push(`${name}: ${failure.message}`);
    log(`not downloaded: ${failure.message}`);
    return undefined;
  }
  return describe(join(target, 'bin'), name, tried, signal);
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

function run(program, args, { signal, ...options }) {
  // Not spawn's own timeout: its timer outlives a program that could not be started, and this process with it.
  const limit = AbortSignal.any([AbortSignal.timeout(BUILD_TIMEOUT_MS), ...(signal === undefined ? [] : [signal])]);
  return new Promise((resolvePromise, reject) => {
    const child = spawn(program, args, { signal: limit, stdio: ['ignore', 'pipe', 'pipe'], ...options });
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
