import { readVersion } from '../../config/version';
import type { Cli } from '../io';
import { print } from '../output/print';

/** `blosm version` */
export async function version(cli: Cli): Promise<undefined> {
  const fields = { version: readVersion(), node: process.version, platform: `${process.platform}/${process.arch}` };
  await print(cli, {
    kind: 'Version',
    fields,
    names: () => [fields.version],
    text: () => `blosm ${fields.version} (node ${fields.node}, ${fields.platform})\n`,
  });
}
