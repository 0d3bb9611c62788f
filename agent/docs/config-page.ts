import { variableName } from '../config/environment';
import { isOneOfMany, listKeys, type KeyFacts } from '../config/key-tree';
import { AgentConfig } from '../config/schema';
import { ServiceFile } from '../config/service-file';
import { code, generatedFrom, markdownTable } from './markdown';

/** Every key of the agent's configuration and of a service file. */
export function configPage(): string {
  return [
    generatedFrom('agent/config'),
    '# Configuration\n',
    'The agent reads one YAML file: the one named by `--config`, `$BLOSM_CONFIG`, `./blosm.yaml` or',
    '`/etc/blosm/blosm.yaml`. Unknown keys are errors; `blosm config validate` tells all faults with line and column.',
    'Each key can be overridden from the environment, with the value in YAML. Relative file names start at the folder of',
    'the file. `blosm init` writes a commented file to start from.\n',
    keyTable(listKeys(AgentConfig), true),
    '# Service file\n',
    'What `blosm service register -f FILE` reads.\n',
    keyTable(listKeys(ServiceFile), false),
  ].join('\n');
}

function keyTable(keys: readonly KeyFacts[], hasVariables: boolean): string {
  const headings = ['Key', 'Kind', 'Default', 'Meaning', ...(hasVariables ? ['Environment'] : [])];
  const rows = keys
    .filter((key) => !key.isSection)
    .map((key) => [
      code(key.path.join('.').replaceAll('.[]', '[]')),
      key.kind,
      standardOf(key),
      key.description,
      ...(hasVariables ? [isOneOfMany(key) ? '' : code(variableName(key.path))] : []),
    ]);
  return markdownTable(headings, rows);
}

function standardOf({ defaultJson, isNeeded }: KeyFacts): string {
  if (isNeeded) return 'needed';
  return defaultJson === null ? 'none' : code(defaultJson);
}
