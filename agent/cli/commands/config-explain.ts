import { BlosmError, hasCode } from '../../../chaincode/src/model/errors';
import { variableName } from '../../config/environment';
import { listKeys, type KeyFacts } from '../../config/key-tree';
import { checkConfig, findConfigFile, type ConfigCheck, type ConfigRequest } from '../../config/load';
import { nearest } from '../../config/nearest';
import { describeOrigin, valueAt, type Origin } from '../../config/origins';
import { AgentConfig } from '../../config/schema';
import { unitOf } from '../../config/units';
import { configRequest, type SetOptions } from '../config-request';
import { note, type Cli } from '../io';
import { print } from '../output/print';
import { facts, table } from '../output/table';
import type { Invocation } from './handler';

/** `blosm config explain KEY`: what a key means, what it is and who says so. */
export async function configExplain(
  cli: Cli,
  { args: [name = ''], options }: Invocation<SetOptions>,
): Promise<undefined> {
  const keys = listKeys(AgentConfig).filter(({ path }) => !path.includes('[]'));
  const key = findKey(keys, name);
  if (key.isSection) return explainSection(cli, key, keys);
  const found = readValue(cli, key, configRequest(cli, options));
  const fields = {
    key: name,
    description: key.description,
    type: key.kind,
    unit: unitOf(key.path.at(-1) ?? '') ?? null,
    value: found?.value ?? null,
    origin: found?.origin ?? null,
    default: key.defaultJson === null ? null : (JSON.parse(key.defaultJson) as unknown),
    needed: key.isNeeded,
    variable: variableName(key.path),
  };
  await print(cli, {
    kind: 'ConfigKey',
    fields,
    names: () => [name],
    text: () =>
      facts([
        ['key', name],
        ['meaning', key.description],
        ['type', key.kind],
        ...(fields.unit === null ? [] : [['unit', fields.unit] as const]),
        ['value', fields.value === null ? '-' : JSON.stringify(fields.value)],
        ['from', fields.origin === null ? 'unknown' : describeOrigin(fields.origin)],
        ['default', key.isNeeded ? 'none: it is needed' : (key.defaultJson ?? 'none')],
        ['variable', fields.variable],
      ]),
  });
  return undefined;
}

/** @throws BlosmError BLOSM_E_INVALID_ARGUMENT that names the nearest key */
function findKey(keys: readonly KeyFacts[], name: string): KeyFacts {
  const found = keys.find(({ path }) => path.join('.') === name);
  if (found !== undefined) return found;
  const meant = nearest(
    name,
    keys.map(({ path }) => path.join('.')),
  );
  throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `${name} is no key of the configuration`, {
    stage: 'usage',
    hint: meant === undefined ? 'blosm config view -o name names all keys.' : `Did you mean ${meant}?`,
  });
}

async function explainSection(cli: Cli, section: KeyFacts, keys: readonly KeyFacts[]): Promise<undefined> {
  const name = section.path.join('.');
  const below = keys.filter((key) => key.path.join('.').startsWith(`${name}.`) && !key.isSection);
  const children = below.map(({ path, kind, description }) => ({ key: path.join('.'), type: kind, description }));
  await print(cli, {
    kind: 'ConfigSection',
    fields: { key: name, description: section.description, keys: children },
    names: () => children.map(({ key }) => key),
    text: () =>
      [
        facts([
          ['section', name],
          ['meaning', section.description],
        ]),
        table(
          ['KEY', 'TYPE', 'MEANING'],
          children.map(({ key, type, description }) => [key, type, description]),
        ),
      ].join('\n'),
  });
  return undefined;
}

/** Undefined where there is no valid configuration: what a key means can be told without one. */
function readValue(
  cli: Cli,
  { path }: KeyFacts,
  request: ConfigRequest,
): { readonly value: unknown; readonly origin: Origin } | undefined {
  const check = readCheck(cli, request);
  if (check === undefined) return undefined;
  if (check.reading.ok) return valueAt(check.reading.value, path, check);
  note(cli, `${check.file} is not valid, so the value is not known; look with: blosm config validate`);
  return undefined;
}

function readCheck(cli: Cli, request: ConfigRequest): ConfigCheck | undefined {
  try {
    return checkConfig(request);
  } catch (error) {
    // One that was named has to be there; without any the key can still be explained.
    if (findConfigFile(request) !== null || !hasCode(error, 'BLOSM_E_CONFIG_INVALID')) throw error;
    note(cli, 'there is no configuration here; write one with: blosm init');
    return undefined;
  }
}
