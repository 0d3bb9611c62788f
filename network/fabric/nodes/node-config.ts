import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { Binaries } from '../state';

const Tree = z.record(z.string(), z.unknown());
type Tree = z.infer<typeof Tree>;

/**
 * Writes a node's configuration: the template that came with the programs, changed where the changes say so.
 * The template, not a file of our own: each version wants other keys.
 */
export function writeNodeConfig(
  binaries: Binaries,
  fileName: 'core.yaml' | 'orderer.yaml',
  folder: string,
  changes: Tree,
): void {
  const template = Tree.parse(parse(readFileSync(join(binaries.configFolder, fileName), 'utf8')));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, fileName), stringify(merge(template, changes)));
}

function merge(base: Tree, changes: Tree): Tree {
  const merged = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const below = Tree.safeParse(base[key]);
    const inner = Tree.safeParse(value);
    merged[key] = below.success && inner.success ? merge(below.data, inner.data) : value;
  }
  return merged;
}

/**
 * The environment of a Fabric program: its configuration folder, and none of the caller's own settings, which would
 * override the file.
 */
export function fabricEnvironment(
  configFolder: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string | undefined> {
  const inherited = Object.keys(process.env).filter((name) => /^(CORE|ORDERER)_/.test(name));
  return {
    ...Object.fromEntries(inherited.map((name) => [name, undefined])),
    FABRIC_CFG_PATH: configFolder,
    FABRIC_LOGGING_SPEC: process.env['FABRIC_LOGGING_SPEC'] ?? 'warning',
    ...more,
  };
}

/**
 * The environment of a node. With the version of the programs, which the node does not read: where another version was
 * put in the same folder, the process counts as another one and is started anew.
 */
export function nodeEnvironment(
  { version }: Pick<Binaries, 'version'>,
  configFolder: string,
): Record<string, string | undefined> {
  return fabricEnvironment(configFolder, { BLOSM_FABRIC_VERSION: version });
}
