import { appendFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../network/package-root';

/** A copy of the built chaincode with another content and the same behaviour. */
export function changedChaincode(work: string): string {
  const target = builtCopy(work, 'changed-chaincode');
  appendFileSync(join(target, 'dist', 'index.js'), '\n// changed\n');
  return target;
}

/** In a file of the built chaincode: a text, and what stands there instead. */
export interface Alteration {
  /** Relative to `dist`. */
  readonly file: string;
  readonly text: string;
  readonly by: string;
}

/** A copy of the built chaincode that behaves otherwise. @throws Error when a text is not there */
export function alteredChaincode(work: string, name: string, alterations: readonly Alteration[]): string {
  const target = builtCopy(work, name);
  for (const { file, text, by } of alterations) {
    const path = join(target, 'dist', file);
    const source = readFileSync(path, 'utf8');
    if (!source.includes(text)) throw new Error(`${file} does not hold ${text}`);
    writeFileSync(path, source.replace(text, by));
  }
  return target;
}

function builtCopy(work: string, name: string): string {
  const source = join(packageRoot(), 'chaincode');
  const target = join(work, name);
  mkdirSync(target);
  for (const entry of ['dist', 'package.json', 'package-lock.json']) {
    cpSync(join(source, entry), join(target, entry), { recursive: true });
  }
  symlinkSync(join(source, 'node_modules'), join(target, 'node_modules'));
  return target;
}
