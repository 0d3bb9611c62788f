// Makes a checkout ready to run: Debian packages, dependencies, build, Fabric's programs.
// Plain Node without dependencies, because it runs before `npm ci`. It may be run at any time; what is done is skipped.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { resolveFabricBinaries } from '../fabric/binaries/resolve.mjs';
import {
  findProgram,
  installPackages,
  isDebian,
  isRoot,
  missingPackages,
  SYSTEM_PROGRAMS,
  TEST_PROGRAMS,
} from './packages.mjs';
import { changed, contentOf, newestOf, remember, ROOT, run, say, step } from './steps.mjs';

const NODE_NEEDED = [20, 19];
const GO_NEEDED = [1, 26];

/** What a person has to install, each with the command or the place to get it. */
async function whatIsMissing() {
  const missing = [];
  if (!atLeast(process.versions.node, NODE_NEEDED)) {
    missing.push(
      `Node.js >= ${NODE_NEEDED.join('.')} (this is ${process.versions.node}): https://nodejs.org/en/download`,
    );
  }
  if (process.platform !== 'linux')
    missing.push(`Linux: network namespaces and Fabric's programs (this is ${process.platform})`);
  const packages = missingPackages();
  if (packages.length > 0 && !(isDebian() && isRoot())) missing.push(describePackages(packages));
  const fabric = await fabricWithoutGo().catch((failure) => failure);
  if (fabric instanceof Error) missing.push(fabric.message);
  return missing;
}

/** With Go the build is certain, and the download waits; without, the download has to succeed now. */
async function fabricWithoutGo() {
  return resolveFabricBinaries({ build: !(await hasGo()), log: say });
}

function describePackages(packages) {
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (isDebian()) return `Debian packages, as root: ${command}`;
  const programs = SYSTEM_PROGRAMS.filter(({ program }) => findProgram(program) === undefined).map(
    ({ program }) => program,
  );
  return `the programs ${programs.join(', ')} (on Debian or Ubuntu: sudo ${command})`;
}

async function hasGo() {
  const text = await run('go', ['version'], { quiet: true }).catch(() => '');
  return atLeast(/go(\d+\.\d+)/.exec(text)?.[1] ?? '0.0', GO_NEEDED);
}

function atLeast(version, [major, minor]) {
  const [haveMajor = 0, haveMinor = 0] = version.split('.').map(Number);
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}

/** `npm ci` in a package, when its lock file is another than at the last success. */
async function dependencies(folder, name) {
  const modules = join(ROOT, folder, 'node_modules');
  const key = contentOf([join(ROOT, folder, 'package-lock.json')]);
  const stamp = join(modules, '.blosm-dependencies');
  if (!changed(stamp, key)) return;
  await step(`${name}: npm ci`, () =>
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: join(ROOT, folder) }),
  );
  remember(stamp, key);
}

/** The compiler, when a source is newer or another than at the last success. */
async function build(folder, sources, name) {
  const root = join(ROOT, folder);
  const key = newestOf([...sources, 'tsconfig.json', 'package-lock.json'].map((entry) => join(root, entry)));
  const stamp = join(root, 'node_modules', '.blosm-build');
  if (existsSync(join(root, 'dist')) && !changed(stamp, key)) return;
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
  // What was compiled from a file that is gone would be found in the place of what replaced it.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  await step(`${name}: tsc`, () => run(process.execPath, [compiler, '-p', 'tsconfig.json'], { cwd: root }));
  remember(stamp, key);
}

async function fabricPrograms() {
  if ((await resolveFabricBinaries({ build: false })) !== undefined) return;
  await step("Fabric's programs", () => resolveFabricBinaries({ log: say }));
}

async function packages() {
  await dependencies('', 'project');
  await dependencies('chaincode', 'chaincode');
  await build('chaincode', ['src'], 'chaincode');
  await build('', ['agent', 'network', 'test', 'chaincode/src'], 'project');
}

/** Not needed: without them their tests are skipped, and say so. */
async function testPrograms() {
  if (!isDebian() || !isRoot()) return;
  await installPackages(TEST_PROGRAMS).catch((failure) => say(`some tests will be skipped: ${failure.message}`));
}

async function main() {
  const startedAt = performance.now();
  const missing = await whatIsMissing();
  if (missing.length > 0)
    throw new Error(`missing on this machine:\n- ${missing.join('\n- ')}\nInstall it, then run the command again.`);
  await installPackages();
  if (process.argv.includes('--tests')) await testPrograms();
  // The build of Fabric waits for the network at first and computes later: beside npm it costs little.
  const outcomes = await Promise.allSettled([packages(), fabricPrograms()]);
  const failures = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message);
  if (failures.length > 0) throw new Error(failures.join('\n'));
  const { version, source } = await resolveFabricBinaries({ build: false });
  say(`ready after ${((performance.now() - startedAt) / 1000).toFixed(1)} s (Fabric ${version}, ${source})`);
}

main().catch((failure) => {
  process.stderr.write(`set-up: ${failure.message}\n`);
  process.exitCode = 1;
});
