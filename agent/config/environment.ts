import { parse } from 'yaml';
import { BlosmError } from '../../chaincode/src/model';
import { isOneOfMany, listKeys } from './key-tree';
import { nearest } from './nearest';
import { AgentConfig } from './schema';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `cluster.site.latitude` is overridden by `BLOSM_CLUSTER_SITE_LATITUDE`. */
export function variableName(path: readonly string[]): string {
  const words = path.map((part) =>
    part
      .replace(/MiB$/, 'Mib')
      .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_')
      .toUpperCase(),
  );
  return `BLOSM_${words.join('_')}`;
}

/** A value that the environment gives, parsed as YAML: `[a, b]` is a list, `40` a number. */
export interface Override {
  readonly path: readonly string[];
  /** The variable that said it; `--set` for the command line. */
  readonly variable: string;
  readonly value: unknown;
}

/** @throws BlosmError BLOSM_E_CONFIG_INVALID for a value that is not YAML */
export function readOverrides(env: Environment): Override[] {
  return listKeys(AgentConfig)
    .filter((key) => !key.isSection && !isOneOfMany(key))
    .flatMap(({ path }) => {
      const variable = variableName(path);
      const text = env[variable];
      return text === undefined ? [] : [{ path, variable, value: parseValue(variable, text) }];
    });
}

/** Variables that look like keys and are none: most likely a typing error, which would pass without a word. */
export function unknownVariables(env: Environment): { variable: string; meant: string | undefined }[] {
  const keys = listKeys(AgentConfig);
  const known = keys.filter((key) => !key.isSection && !isOneOfMany(key)).map(({ path }) => variableName(path));
  const sections = keys.filter((key) => key.isSection && key.path.length === 1).map(({ path }) => variableName(path));
  return Object.keys(env)
    .filter((name) => sections.some((section) => name.startsWith(`${section}_`)) && !known.includes(name))
    .map((variable) => ({ variable, meant: nearest(variable, known) }));
}

function parseValue(variable: string, text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `environment variable ${variable} is not YAML: ${text}`, {
      stage: 'config',
      cause,
    });
  }
}

/** Sets the values in a copy; anything in their way that is no section is replaced. */
export function applyOverrides(value: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((result, override) => setAt(result, override.path, override.value), value);
}

function setAt(target: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const section: Record<string, unknown> = isSection(target) ? { ...target } : {};
  section[key] = setAt(section[key], rest, value);
  return section;
}

const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
