import type { FabricStatus } from '../../../network/fabric';
import { columnTable, facts } from '../output/table';

/** The processes of a network and their health. */
export function networkText(
  { channel, fabricVersion, chaincode, unfinished, components }: FabricStatus,
  isWide = false,
): string {
  return [
    facts([
      ['channel', channel],
      ['Fabric', fabricVersion],
      ['chaincode', chaincode === null ? 'not deployed' : `${chaincode.label}, sequence ${chaincode.sequence}`],
      ...(unfinished === null ? [] : [['cut off', `${unfinished} (repeat it)`] as const]),
    ]),
    columnTable(
      components,
      [
        ['COMPONENT', ({ name }) => name],
        ['KIND', ({ kind }) => kind],
        ['HEALTHY', ({ healthy }) => (healthy ? 'yes' : 'NO')],
        ['PID', ({ pid }) => String(pid ?? '-')],
        ['HEIGHT', ({ height }) => String(height ?? '-')],
        ['ADDRESS', ({ address }) => address],
        ['VERSION', ({ version }) => version],
        ['LOG', ({ logFile }) => logFile, 'wide'],
      ],
      isWide,
    ),
  ].join('\n');
}
