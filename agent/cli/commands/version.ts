import { PROTOCOLS, readCommit, readVersion } from '../../config/version';
import type { Cli } from '../io';
import { print } from '../output/print';
import { facts } from '../output/table';

/** `blosm version` */
export async function version(cli: Cli): Promise<undefined> {
  const fields = {
    version: readVersion(),
    commit: readCommit(),
    node: process.version,
    platform: `${process.platform}/${process.arch}`,
    protocols: PROTOCOLS,
  };
  const line = `blosm ${fields.version} (node ${fields.node}, ${fields.platform})\n`;
  await print(cli, {
    kind: 'Version',
    fields,
    names: () => [fields.version],
    text: () => line,
    wide: () =>
      `${line}${facts([
        ['commit', fields.commit ?? 'unknown'],
        ['control API', PROTOCOLS.control],
        ['between agents', PROTOCOLS.peers],
        ['documents', PROTOCOLS.documents],
      ])}`,
  });
}
