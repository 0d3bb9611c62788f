import { BlosmError, hasCode } from '../../../chaincode/src/model/errors';
import { variableName } from '../../config/environment';
import { isAt, isOneOfMany, listKeys, type KeyFacts } from '../../config/key-tree';
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
  const { key, path } = findKey(keys, name);
  if (key.isSection) return explainSection(cli, key, keys);
  const found = readValue(cli, path, configRequest(cli, options));
  const fields = fieldsOf(name, key, found);
  const below = keysBelow(keys, key);
  await print(cli, {
    kind: 'ConfigKey',
    fields: below.length === 0 ? fields : { ...fields, keys: below },
    names: () => [name],
    text: () => `${keyText(fields)}${below.length === 0 ? '' : `\n${keyTable(below)}`}`,
  });
  return undefined;
}

interface KeyFields {
  readonly key: string;
  readonly description: string;
  readonly type: string;
  readonly unit: string | null;
  readonly value: unknown;
  readonly origin: Origin | null;
  readonly default: unknown;
  readonly needed: boolean;
  /** Null: it has a name of the user's in it, and is set together with all others of its kind. */
  readonly variable: string | null;
}

function fieldsOf(name: string, key: KeyFacts, found: FoundValue | undefined): KeyFields {
  return {
    key: name,
    description: key.description,
    type: key.kind,
    unit: unitOf(key.path.at(-1) ?? '') ?? null,
    value: found?.value ?? null,
    origin: found?.origin ?? null,
    default: key.defaultJson === null ? null : (JSON.parse(key.defaultJson) as unknown),
    needed: key.isNeeded,
    variable: isOneOfMany(key) ? null : variableName(key.path),
  };
}

function keyText(fields: KeyFields): string {
  const standard = fields.default === null ? 'none' : JSON.stringify(fields.default);
  return facts([
    ['key', fields.key],
    ['meaning', fields.description],
    ['type', fields.type],
    ...(fields.unit === null ? [] : [['unit', fields.unit] as const]),
    ['value', fields.value === null ? '-' : JSON.stringify(fields.value)],
    ['from', fields.origin === null ? 'unknown' : describeOrigin(fields.origin)],
    ['default', fields.needed ? 'none: it is needed' : standard],
    ...(fields.variable === null ? [] : [['variable', fields.variable] as const]),
  ]);
}

/** @throws BlosmError BLOSM_E_INVALID_ARGUMENT that names the nearest key */
function findKey(
  keys: readonly KeyFacts[],
  name: string,
): { readonly key: KeyFacts; readonly path: readonly string[] } {
  const path = name.split('.');
  const key = keys.find((each) => isAt(each, path));
  if (key !== undefined) return { key, path };
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
  const children = keysBelow(keys, section);
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
        keyTable(children),
      ].join('\n'),
  });
  return undefined;
}

interface FoundValue {
  readonly value: unknown;
  readonly origin: Origin;
}

interface KeyLine {
  readonly key: string;
  readonly type: string;
  readonly description: string;
}

function keysBelow(keys: readonly KeyFacts[], section: KeyFacts): KeyLine[] {
  const start = `${section.path.join('.')}.`;
  return keys
    .filter((key) => key.path.join('.').startsWith(start) && !key.isSection)
    .map(({ path, kind, description }) => ({ key: path.join('.'), type: kind, description }));
}

const keyTable = (keys: readonly KeyLine[]): string =>
  table(
    ['KEY', 'TYPE', 'MEANING'],
    keys.map(({ key, type, description }) => [key, type, description]),
  );

/** Undefined where there is no valid configuration: what a key means can be told without one. */
function readValue(cli: Cli, path: readonly string[], request: ConfigRequest): FoundValue | undefined {
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
