import { appendFileSync, cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../network/package-root';

/** A copy of the built chaincode with another content and the same behaviour. */
export function changedChaincode(work: string): string {
  const source = join(packageRoot(), 'chaincode');
  const target = join(work, 'changed-chaincode');
  mkdirSync(target);
  for (const entry of ['dist', 'package.json', 'package-lock.json']) {
    cpSync(join(source, entry), join(target, entry), { recursive: true });
  }
  symlinkSync(join(source, 'node_modules'), join(target, 'node_modules'));
  appendFileSync(join(target, 'dist', 'index.js'), '\n// changed\n');
  return target;
}
