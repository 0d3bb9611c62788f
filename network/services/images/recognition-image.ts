import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { runCommand } from '../../processes';
import { generatedLabels, generatedModel } from '../models/generated-model';
import { locateModel, type ModelFiles } from '../models/locate';
import { SERVICE_USER, builtPlatform, libraryEntry, nodeBaseLayer } from './base-layer';
import { serviceFolder, textEntries } from './counter-image';
import { digestOf } from './digest';
import { buildImage, type BuiltImage } from './image';
import { ensureLayer, type Layer, type LayerEntry } from './layer';
import { librariesOf } from './libraries';

const FILES = ['package.json', 'server.js', 'recognition.js', 'pixels.js', 'bitmap.js'] as const;
const MANIFESTS = ['package.json', 'package-lock.json'] as const;
const INSTALL_TIMEOUT_MS = 600_000;

export interface RecognitionOptions {
  /** Absent: the one that is found; null: the generated one. */
  readonly model?: ModelFiles | null;
  readonly signal?: AbortSignal | undefined;
}

/** Builds the image of the service `image-recognition`: Node.js, its packages, the model, its program. */
export async function recognitionImage(options: RecognitionOptions = {}): Promise<BuiltImage> {
  const model = options.model === undefined ? (locateModel() ?? null) : options.model;
  const program = textEntries(serviceFolder('image-recognition'), FILES);
  const layers = [
    await nodeBaseLayer(),
    await packagesLayer(options.signal),
    await modelLayer(model),
    await ensureLayer(['image-recognition', ...program.map((entry) => JSON.stringify(entry))], () => program),
  ];
  return buildImage({
    repository: 'blosm/image-recognition',
    layers,
    platform: builtPlatform(),
    // Its telemetry would call home from the edge, and holds up the end of the program for 5 s when it cannot.
    env: { PATH: '/usr/bin', NODE_ENV: 'production', MODEL_DIR: '/model', ORT_DISABLE_TELEMETRY: '1' },
    command: ['node', '/app/server.js'],
    workingDir: '/app',
    user: `${SERVICE_USER}:${SERVICE_USER}`,
    port: 8080,
  });
}

function modelLayer(model: ModelFiles | null): Promise<Layer> {
  const [network, labels] =
    model === null
      ? [generatedModel(), Buffer.from(generatedLabels())]
      : [readFileSync(model.model), readFileSync(model.labels)];
  const facts = { name: model?.name ?? 'generated', generated: model === null };
  const contents = { 'model.onnx': network, 'labels.txt': labels, 'model.json': Buffer.from(JSON.stringify(facts)) };
  const entries = Object.entries(contents).map(([name, bytes]) => bytesEntry(`model/${name}`, bytes));
  const digests = Object.values(contents).map(digestOf);
  return ensureLayer(['model', ...digests], () => entries);
}

function bytesEntry(path: string, bytes: Buffer): LayerEntry {
  return { path, content: { kind: 'bytes', bytes } };
}

/** The packages of the service as its lock file names them, without what other systems need. */
function packagesLayer(signal: AbortSignal | undefined): Promise<Layer> {
  const source = serviceFolder('image-recognition');
  const inputs = MANIFESTS.map((name) => digestOf(readFileSync(join(source, name))));
  const folder = mkdtempSync(join(tmpdir(), 'blosm-packages-'));
  const install = async (): Promise<readonly LayerEntry[]> => {
    for (const name of MANIFESTS) cpSync(join(source, name), join(folder, name));
    await runCommand(['npm', 'ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      timeoutMs: INSTALL_TIMEOUT_MS,
      signal,
      nextCommand: `npm ci --omit=dev --ignore-scripts --prefix ${source}`,
    });
    return packageEntries(folder);
  };
  return ensureLayer(['packages', process.arch, ...inputs], install).finally(() =>
    rmSync(folder, { recursive: true, force: true }),
  );
}

async function packageEntries(folder: string): Promise<readonly LayerEntry[]> {
  const files = readdirSync(join(folder, 'node_modules'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => isNeeded(relative(folder, file)));
  const native = files.filter((file) => /\.node$|\.so(\.\d+)*$/.test(file));
  const libraries = await librariesOf(native, folder);
  return [
    ...files.map((source): LayerEntry => ({
      path: `app/${relative(folder, source)}`,
      content: { kind: 'file', source },
    })),
    ...libraries.map(libraryEntry),
  ];
}

/** @param file path below the folder of the packages */
function isNeeded(file: string): boolean {
  const [, system] = /\/onnxruntime-node\/bin\/[^/]+\/([^/]+\/[^/]+)\//.exec(`/${file}`) ?? [];
  if (system !== undefined && system !== `linux/${process.arch}`) return false;
  return /\.(?:c?js|json|node)$|\.so(?:\.\d+)*$|LICENSE[^/]*$/i.test(file);
}
