import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BlosmError } from '../../chaincode/src/model';
import { applyOverrides, readOverrides, type Environment, type Override } from './environment';
import { readFlags } from './flags';
import { AgentConfig, PATH_KEYS } from './schema';
import { readYaml, valueOf, type Reading } from './yaml-file';

export interface ConfigRequest {
  /** Named by the user; it must exist. */
  readonly file?: string | undefined;
  readonly env: Environment;
  /** Working directory. */
  readonly cwd: string;
  /** `section.key=value` of the command line; the last of the same key counts. */
  readonly set?: readonly string[] | undefined;
  /** Read when no file is named and none is in the working directory; `/etc/blosm/blosm.yaml` when left out. */
  readonly systemFile?: string;
}

export interface LoadedConfig {
  readonly config: AgentConfig;
  /** Absolute path of the file that was read. */
  readonly file: string;
  /** What the environment and the command line changed, in this order. */
  readonly overrides: readonly Override[];
}

const SYSTEM_FILE = '/etc/blosm/blosm.yaml';

/** The file that counts: the one named, `$BLOSM_CONFIG`, `./blosm.yaml`, `/etc/blosm/blosm.yaml`; null: there is none. */
export function findConfigFile({ file, env, cwd, systemFile = SYSTEM_FILE }: ConfigRequest): string | null {
  const named = file ?? env['BLOSM_CONFIG'];
  if (named !== undefined && named !== '') return resolve(cwd, named);
  return [resolve(cwd, 'blosm.yaml'), systemFile].find((path) => existsSync(path)) ?? null;
}

export interface ConfigCheck {
  /** Absolute path of the file that was read. */
  readonly file: string;
  readonly overrides: readonly Override[];
  /** What file, environment and command line say together, or all that is wrong with it. */
  readonly reading: Reading<AgentConfig>;
  /** What the file holds. */
  readonly text: string;
}

/**
 * Reads the agent's configuration and tells everything that is wrong with it.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID only when there is no file to read
 */
export function checkConfig(request: ConfigRequest): ConfigCheck {
  const file = findConfigFile(request);
  if (file === null) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `found neither ./blosm.yaml nor ${SYSTEM_FILE}`, {
      stage: 'config',
      hint: 'Write one with: blosm init, or name it with --config FILE.',
    });
  }
  const overrides = [...readOverrides(request.env), ...readFlags(request.set ?? [])];
  const text = readText(file);
  const reading = readYaml(text, AgentConfig, (found) => applyOverrides(found, overrides));
  return {
    file,
    overrides,
    reading: reading.ok ? { ok: true, value: resolvePaths(reading.value, dirname(file)) } : blame(reading, overrides),
    text,
  };
}

/** A fault in what the file does not say names who said it. */
function blame(reading: Reading<AgentConfig> & { readonly ok: false }, overrides: readonly Override[]): typeof reading {
  const sayer = (key: string): string | undefined =>
    overrides.findLast(({ path }) => `${key}.`.startsWith(`${path.join('.')}.`))?.variable;
  const faults = reading.faults.map((fault) => {
    const variable = sayer(fault.key);
    return variable === undefined ? fault : { ...fault, message: `${fault.message} (set by ${variable})` };
  });
  return { ok: false, faults };
}

/**
 * Reads the agent's configuration: the command line over the environment (`BLOSM_<SECTION>_<KEY>`) over the file over
 * the defaults.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID with file, line and column of everything that is wrong
 */
export function loadConfig(request: ConfigRequest): LoadedConfig {
  const { file, overrides, reading } = checkConfig(request);
  return { config: valueOf(reading, file), file, overrides };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `cannot read ${file}: ${String(cause)}`, {
      stage: 'config',
      cause,
      hint: 'Check the name and the rights of the file, or write one with: blosm init.',
    });
  }
}

function resolvePaths(config: AgentConfig, folder: string): AgentConfig {
  return AgentConfig.parse(PATH_KEYS.reduce((copy, path) => resolveAt(copy, path, folder), structuredClone(config)));
}

/** The same with the file name at this place resolved, where there is one. */
function resolveAt<T>(value: T, [key, ...rest]: readonly string[], folder: string): T {
  if (key === undefined) return (typeof value === 'string' ? resolve(folder, value) : value) as T;
  if (typeof value !== 'object' || value === null || !(key in value)) return value;
  return { ...value, [key]: resolveAt(value[key as keyof T], rest, folder) };
}
