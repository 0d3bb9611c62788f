// Packs BloSM as one file with everything that an agent needs, dependencies included:
//   npm run package -- FOLDER, then on any machine, without a registry: npm install --global blosm-VERSION.tgz
// The dependencies are those that were tested: of a package that npm installs, it takes neither the lock file nor the
// overrides, and would choose others.
import { cpSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ROOT, run, say } from './steps.mjs';

const BUILT = ['dist/agent/cli/main.js', 'dist/network/package-root.js', 'chaincode/dist/index.js'];
/** Below the checkout, so that files can be linked instead of copied. */
const STAGE = join(ROOT, '.blosm', 'package', String(process.pid));
/** Of the dependencies: what only compilers, debuggers, people and another runtime than Node read; licences stay. */
const NOT_RUN = /\.([cm]?ts|map|bare)$|(^|\/)node_modules\/@types(\/|$)|^(?!.*licen[cs]e).*\.md$/i;

async function main() {
  const missing = BUILT.filter((file) => !existsSync(join(ROOT, file)));
  if (missing.length > 0) throw new Error(`not built: ${missing.join(', ')}\nRun next: npm run build`);
  const target = resolve(process.argv[2] ?? '.');
  mkdirSync(STAGE, { recursive: true });
  try {
    for (const path of await ownFiles()) place(path);
    for (const path of productionPackages()) placeFolder(path);
    const described = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const { devDependencies, scripts, overrides, ...kept } = described;
    const bundled = { ...kept, ...(await commit()), bundleDependencies: Object.keys(kept.dependencies) };
    rmSync(join(STAGE, 'package.json'), { force: true });
    writeFileSync(join(STAGE, 'package.json'), `${JSON.stringify(bundled, null, 2)}\n`);
    const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', target];
    const output = await run('npm', pack, { cwd: STAGE });
    say(join(target, output.trim().split('\n').at(-1) ?? ''));
  } finally {
    rmSync(STAGE, { recursive: true, force: true });
  }
}

/** As npm writes it when it publishes; outside of a checkout there is none. */
async function commit() {
  try {
    return { gitHead: (await run('git', ['rev-parse', 'HEAD'])).trim() };
  } catch {
    return {};
  }
}

/** What package.json names as files. */
async function ownFiles() {
  const found = JSON.parse(await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent']));
  const [{ files }] = Array.isArray(found) ? found : Object.values(found);
  return files.map(({ path }) => path);
}

/** Folders of the dependencies that are no development's, by the lock file. */
function productionPackages() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path, entry]) => path.startsWith('node_modules/') && !entry.dev && existsSync(join(ROOT, path)))
    .map(([path]) => path);
}

/** The files of one package, without the packages below it, which the lock file lists by themselves. */
function placeFolder(folder) {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name === 'node_modules' || NOT_RUN.test(path)) continue;
    if (entry.isDirectory()) placeFolder(path);
    else if (entry.isFile()) place(path);
  }
}

function place(path) {
  const to = join(STAGE, path);
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(join(ROOT, path), to);
  } catch {
    // Dependencies on another file system.
    cpSync(join(ROOT, path), to);
  }
}

main().catch((failure) => {
  process.stderr.write(`${failure instanceof Error ? failure.message : String(failure)}\n`);
  process.exitCode = 1;
});
