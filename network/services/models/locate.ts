import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../package-root';
import { cacheDir } from '../images/cache';

/** A network with its labels on disk. */
export interface ModelFiles {
  readonly name: string;
  readonly model: string;
  readonly labels: string;
}

/** Where a user gets the real network. */
export const OFFICIAL_MODEL =
  'mobilenet_v2_1.0_224_quant.tflite (TensorFlow, Apache-2.0, sha256 7aad0c74c5e3c06e5eb3c827e13304fdd68a83da6087d92ee169c24ff9fd4776), converted to ONNX';

/** The folders in which a model is looked for, the first first. */
export function modelFolders(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const named = env['BLOSM_MODELS'];
  const usual = [join(packageRoot(), '..', 'shared', 'models'), join(cacheDir(), 'models')];
  return named === undefined || named === '' ? usual : [named, ...usual];
}

/** The first folder that holds an `.onnx` file and a labels file (`*labels*.txt`); undefined: none does. */
export function locateModel(folders: readonly string[] = modelFolders()): ModelFiles | undefined {
  for (const folder of folders) {
    const names = existsSync(folder) ? readdirSync(folder).sort() : [];
    const model = names.find((name) => name.endsWith('.onnx'));
    const labels = names.find((name) => /labels.*\.txt$/.test(name));
    if (model !== undefined && labels !== undefined) {
      return { name: model.slice(0, -'.onnx'.length), model: join(folder, model), labels: join(folder, labels) };
    }
  }
  return undefined;
}
