import { FLAG } from './flags';
import { isOneOfMany, listKeys } from './key-tree';
import type { ConfigCheck } from './load';
import { redactValue } from '../domain/redact';
import { AgentConfig } from './schema';
import { findKey } from './yaml-file';

/** Where a value comes from. Lines count from 1. */
export type Origin =
  | { readonly from: 'flag'; readonly flag: string }
  | { readonly from: 'environment'; readonly variable: string }
  | { readonly from: 'file'; readonly file: string; readonly line: number }
  | { readonly from: 'default' }
  /** It may be left out, and it is. */
  | { readonly from: 'nowhere' };

/** A key with the value that counts; secrets are not in it. */
export interface ValueFacts {
  /** E.g. `cluster.site.latitude`. */
  readonly key: string;
  /** Null: it has none. */
  readonly value: unknown;
  readonly origin: Origin;
}

type Source = Pick<ConfigCheck, 'file' | 'overrides' | 'text'>;

/** Every key that holds a value, in the order of the schema. */
export function valuesOf(config: AgentConfig, source: Source): ValueFacts[] {
  return listKeys(AgentConfig)
    .filter((key) => !key.isSection && !isOneOfMany(key))
    .map(({ path }) => valueAt(config, path, source));
}

/** One key. */
export function valueAt(config: AgentConfig, path: readonly string[], source: Source): ValueFacts {
  const value = path.reduce<unknown>(
    (section, key) => (typeof section === 'object' && section !== null ? Reflect.get(section, key) : undefined),
    redactValue(config),
  );
  return { key: path.join('.'), value: value ?? null, origin: originOf(path, value === undefined, source) };
}

function originOf(path: readonly string[], isUnset: boolean, { file, overrides, text }: Source): Origin {
  const key = `${path.join('.')}.`;
  const override = overrides.findLast((each) => key.startsWith(`${each.path.join('.')}.`));
  if (override !== undefined) {
    const { variable } = override;
    return variable === FLAG ? { from: 'flag', flag: FLAG } : { from: 'environment', variable };
  }
  const place = findKey(text, path);
  if (place !== undefined) return { from: 'file', file, line: place.line };
  return { from: isUnset ? 'nowhere' : 'default' };
}

export function describeOrigin(origin: Origin): string {
  switch (origin.from) {
    case 'flag':
      return origin.flag;
    case 'environment':
      return origin.variable;
    case 'file':
      return `${origin.file}:${origin.line}`;
    case 'default':
      return 'default';
    case 'nowhere':
      return 'not set';
  }
}
