import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTopology, parseTopology } from '../../../network/topology';

const profiles = join(__dirname, '../../../network/profiles');
const three = readFileSync(join(profiles, 'three-clusters.yaml'), 'utf8');

describe('topology', () => {
  it('reads the profiles', () => {
    expect(loadTopology(join(profiles, 'three-clusters.yaml')).clusters.map((c) => c.name)).toEqual([
      'edge1',
      'edge2',
      'edge3',
    ]);
    expect(loadTopology(join(profiles, 'one-cluster.yaml')).endorsementFaults).toBe(0);
  });

  it('fills in what is left out', () => {
    const text = three
      .replace(/^channel.*$/m, '')
      .replace(/^batch.*$/m, '')
      .replace(/^link.*$/m, '')
      .replace(/^endorse.*$/m, '');
    expect(parseTopology(text, 'x')).toMatchObject({
      channel: 'blosm',
      endorsementFaults: 1,
      batchTimeoutMs: 20,
      link: { rateMbit: 40 },
    });
  });

  it.each([
    ['a name twice', three.replace('name: edge2', 'name: edge1'), /same name/],
    ['an MSP id twice', three.replace('Edge2MSP', 'Edge1MSP'), /same mspId/],
    ['a reserved name', three.replace('name: edge2', 'name: orderer'), /taken/],
    [
      'too many faults',
      three.replace('endorsementFaults: 1', 'endorsementFaults: 3'),
      /endorsementFaults: must be less/,
    ],
    ['an unknown key', three.replace('batchTimeoutMs', 'batchTimeout'), /batchTimeout/],
    ['no YAML', 'a: [', /not YAML/],
    ['a capital letter', three.replace('name: edge2', 'name: Edge2'), /clusters\.1\.name: a lower-case letter/],
  ])('refuses %s', (_name, text, message) => {
    expect(() => parseTopology(text, 'file.yaml')).toThrow(message);
    expect(() => parseTopology(text, 'file.yaml')).toThrow(/^BLOSM_E_CONFIG_INVALID: file\.yaml: /);
  });

  it('names the file that cannot be read', () => {
    expect(() => loadTopology('/nowhere/t.yaml')).toThrow(/cannot read the topology file \/nowhere\/t\.yaml/);
  });
});
