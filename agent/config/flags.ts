import { parse } from 'yaml';
import { BlosmError } from '../../chaincode/src/model';
import type { Override } from './environment';

/** How the command line is named as the source of a value. */
export const FLAG = '--set';

/**
 * Reads `section.key=value`, the value in YAML.
 * @throws BlosmError BLOSM_E_INVALID_ARGUMENT
 */
export function readFlag(text: string): Override {
  const [key = '', ...value] = text.split('=');
  if (!/^[A-Za-z0-9]+(\.[A-Za-z0-9-]+)+$/.test(key) || value.length === 0) {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `--set ${text}: write it as section.key=value`, {
      stage: 'usage',
      hint: 'All keys: agent/docs/reference/config.md',
    });
  }
  try {
    return { path: key.split('.'), variable: FLAG, value: parse(value.join('=')) as unknown };
  } catch (cause) {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `--set ${text}: the value is not YAML`, { stage: 'usage', cause });
  }
}

export const readFlags = (texts: readonly string[]): Override[] => texts.map(readFlag);
