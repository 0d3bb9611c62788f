import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { TRANSACTIONS } from '../../../chaincode/src/model';
import { localPlacement, readFabricState, requireFabricState, type FabricState } from '../../../network/fabric';
import { hasChannelParticipation } from '../../../network/fabric/binaries';
import { requireOpenMembership } from '../../../network/fabric/members/membership';
import { configtxYaml } from '../../../network/fabric/channel/configtx';
import { definitionVersion, endorsementPolicy } from '../../../network/fabric/lifecycle/definition';
import { chaincodeSha256, servicePackage } from '../../../network/fabric/lifecycle/package';
import { packageRoot } from '../../../network/package-root';
import { loadTopology } from '../../../network/topology';

const topology = loadTopology(join(packageRoot(), 'network', 'profiles', 'three-clusters.yaml'));
const stateOf = (version: string): FabricState => ({
  v: 1,
  folder: '/state',
  channel: 'blosm',
  chaincode: 'blosm',
  endorsementFaults: 1,
  batchTimeoutMs: 20,
  memberRule: 'each',
  anchors: 'each',
  clusters: topology.clusters.map(({ name, mspId }) => ({ name, mspId })),
  placement: localPlacement(topology),
  binaries: { binFolder: '/bin', configFolder: '/config', version, source: 'test' },
  anchored: [],
  deployment: null,
  membership: { added: [], removed: [] },
  unfinished: null,
});

describe('placement on one machine', () => {
  it('gives every process a port of its own', () => {
    const { orderer, clusters } = localPlacement(topology);
    const ports = [orderer, ...clusters].flatMap((host) => Object.values<number>(host.ports));
    expect(new Set(ports).size).toBe(ports.length);
    expect([orderer.ports.orderer, ...clusters.map(({ ports: { peer } }) => peer)]).toEqual([7050, 7051, 7061, 7071]);
  });
});

describe('channel configuration', () => {
  interface Configtx {
    Profiles: Record<
      string,
      | {
          Orderer?: { BatchTimeout: string };
          Application?: { Organizations: unknown[]; Policies?: Record<string, unknown> };
        }
      | undefined
    >;
  }
  const profiles = (version: string) => (parse(configtxYaml(stateOf(version))) as Configtx).Profiles;

  it.each([
    ['2.1.1', false],
    ['2.2.15', false],
    ['2.3.0', true],
    ['2.5.16', true],
    ['3.1.5', true],
  ])('version %s joins channels by participation: %s', (version, expected) => {
    expect(hasChannelParticipation({ version })).toBe(expected);
  });

  it('has a system channel before 2.3 and one profile for all from there on', () => {
    expect(Object.keys(profiles('2.1.1'))).toEqual(['System', 'ChannelCreation']);
    expect(Object.keys(profiles('2.5.16'))).toEqual(['Channel']);
    expect(profiles('2.5.16')['Channel']?.Orderer?.BatchTimeout).toBe('20ms');
    expect(profiles('2.1.1')['ChannelCreation']?.Application?.Organizations).toHaveLength(3);
  });

  it('takes the word of each organisation on who may write, or names all members in one policy', () => {
    const policyOf = (changes: object): unknown => {
      const { Profiles } = parse(configtxYaml({ ...stateOf('2.5.16'), ...changes })) as Configtx;
      return Profiles['Channel']?.Application?.Policies?.['Writers'];
    };
    expect(policyOf({})).toEqual({ Type: 'ImplicitMeta', Rule: 'ANY Writers' });
    const rule = "OR('Edge1MSP.member', 'Edge2MSP.member', 'Edge3MSP.member')";
    expect(policyOf({ memberRule: 'listed' })).toEqual({ Type: 'Signature', Rule: rule });
  });

  it('has an anchor peer of each organisation, or of the first three where few are enough', () => {
    const clusters = Array.from({ length: 5 }, (_, index) => ({ ...topology.clusters[0]!, name: `edge${index + 1}` }));
    const anchorsOf = (anchors: FabricState['anchors']): number[] => {
      const state = { ...stateOf('2.5.16'), anchors, clusters, placement: localPlacement({ ...topology, clusters }) };
      const { Profiles } = parse(configtxYaml(state)) as Configtx;
      const organizations = Profiles['Channel']?.Application?.Organizations as { AnchorPeers: unknown[] }[];
      return organizations.map(({ AnchorPeers }) => AnchorPeers.length);
    };
    expect(anchorsOf('each')).toEqual([1, 1, 1, 1, 1]);
    expect(anchorsOf('few')).toEqual([1, 1, 1, 0, 0]);
  });

  it('lets nobody join or leave where the policies list the members', () => {
    expect(() => requireOpenMembership({ channel: 'blosm', memberRule: 'each' })).not.toThrow();
    expect(() => requireOpenMembership({ channel: 'blosm', memberRule: 'listed' })).toThrow(/nobody joins or leaves/);
  });

  it('asks f + 1 of all organisations to endorse', () => {
    expect(endorsementPolicy(stateOf('2.1.1'))).toBe("OutOf(2,'Edge1MSP.peer','Edge2MSP.peer','Edge3MSP.peer')");
  });
});

describe('chaincode package', () => {
  const [first, second] = localPlacement(topology).clusters.map((host) => ({ host }));
  const one = { label: 'blosm_1', place: 0 } as const;

  it('is the same for the same cluster, label and place, and another for another', async () => {
    const { bytes, packageId } = await servicePackage(first!, one);
    expect((await servicePackage(first!, one)).bytes.equals(bytes)).toBe(true);
    expect(packageId).toMatch(/^blosm_1:[0-9a-f]{64}$/);
    const others = [
      await servicePackage(second!, one),
      await servicePackage(first!, { ...one, label: 'blosm_2' }),
      await servicePackage(first!, { ...one, place: 1 }),
    ];
    expect(new Set([packageId, ...others.map((other) => other.packageId)]).size).toBe(4);
  });

  it('has a definition whose version says what runs and who endorses', () => {
    const state = stateOf('2.1.1');
    const version = definitionVersion(state, { label: 'blosm_0123456789ab' });
    expect(version).toMatch(/^0123456789ab-[0-9a-f]{8}$/);
    expect(definitionVersion(state, { label: 'blosm_ba9876543210' })).not.toBe(version);
    expect(definitionVersion({ ...state, endorsementFaults: 0 }, { label: 'blosm_0123456789ab' })).not.toBe(version);
  });
});

describe('files', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'blosm-fabric-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('names the chaincode by the content of what runs, and nothing else', () => {
    mkdirSync(join(folder, 'dist', 'model'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{}');
    writeFileSync(join(folder, 'dist', 'model', 'a.js'), 'a');
    const before = chaincodeSha256(folder);
    writeFileSync(join(folder, 'dist', 'model', 'a.js.map'), 'map');
    writeFileSync(join(folder, 'README.md'), 'text');
    expect(chaincodeSha256(folder)).toBe(before);
    writeFileSync(join(folder, 'dist', 'model', 'a.js'), 'b');
    expect(chaincodeSha256(folder)).not.toBe(before);
  });

  it('refuses a chaincode that has not been built', () => {
    expect(() => chaincodeSha256(folder)).toThrow(/BLOSM_E_PREREQUISITE/);
  });

  it('tells no network from one that cannot be read', () => {
    expect(readFabricState(folder)).toBeUndefined();
    expect(() => requireFabricState(folder)).toThrow(/BLOSM_E_NOT_FOUND/);
    mkdirSync(join(folder, 'fabric'));
    writeFileSync(join(folder, 'fabric', 'network.json'), '{"v":1}');
    expect(() => readFabricState(folder)).toThrow(/BLOSM_E_CONFIG_INVALID/);
  });
});

describe('network/README.md', () => {
  const page = readFileSync(join(packageRoot(), 'network', 'README.md'), 'utf8');

  it.each(Object.keys(TRANSACTIONS))('shows a call of %s', (name) => {
    expect(page).toMatch(new RegExp(`call ${name} |"function":"${name}"`));
  });
});
