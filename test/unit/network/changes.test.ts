import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  fabricAddOrganization,
  fabricRemoveOrganization,
  fabricUpgrade,
  localPlacement,
  requireFabricState,
  type FabricState,
} from '../../../network/fabric';
import { isOlder } from '../../../network/fabric/binaries';
import { requireUpgradable } from '../../../network/fabric/change-programs';
import {
  majorityOf,
  organizationsOf,
  withOrganization,
  withoutOrganization,
  type ChannelConfig,
} from '../../../network/fabric/channel/config-edit';
import { isTopologyOf, withMember, withoutMember } from '../../../network/fabric/members/membership';
import { isMajority } from '../../../network/fabric/members/remove';
import { nextLocalHost } from '../../../network/fabric/placement';
import { writeFabricState } from '../../../network/fabric/state';
import { parseMember } from '../../../network/topology';

const organization = (name: string) => ({ name, mspId: `${name.charAt(0).toUpperCase()}${name.slice(1)}MSP` });
const founders = ['edge1', 'edge2', 'edge3'].map(organization);
const edge4 = organization('edge4');

const network = (changes: Partial<FabricState> = {}): FabricState => ({
  v: 1,
  folder: '/state',
  channel: 'blosm',
  chaincode: 'blosm',
  endorsementFaults: 1,
  batchTimeoutMs: 20,
  memberRule: 'each',
  anchors: 'each',
  clusters: founders,
  placement: localPlacement({ clusters: founders as never }),
  binaries: { binFolder: '/bin', configFolder: '/config', version: '2.1.1', source: 'test' },
  anchored: founders.map(({ mspId }) => mspId),
  deployment: null,
  membership: { added: [], removed: [] },
  unfinished: null,
  ...changes,
});

describe("a channel's configuration", () => {
  const config: ChannelConfig = {
    sequence: '3',
    channel_group: {
      version: '1',
      groups: {
        Orderer: { kept: true },
        Application: { version: '2', groups: { Edge1MSP: { version: '1' }, Edge2MSP: {} } },
      },
    },
  };
  const group = { policies: { Readers: {} }, values: { MSP: { value: 'certificates' } } };
  const anchor = { host: '127.0.0.1', port: 7081 };

  it('takes an organisation in with its anchor peer, and changes nothing else', () => {
    const before = structuredClone(config);
    const after = withOrganization(config, 'Edge4MSP', group, anchor);
    expect(config).toEqual(before);
    expect(organizationsOf(after)).toEqual(['Edge1MSP', 'Edge2MSP', 'Edge4MSP']);
    expect(after.channel_group.groups.Application.groups['Edge4MSP']).toEqual({
      ...group,
      values: {
        ...group.values,
        AnchorPeers: { mod_policy: 'Admins', value: { anchor_peers: [anchor] }, version: '0' },
      },
    });
    expect(withoutOrganization(after, 'Edge4MSP')).toEqual(config);
  });

  it('is the very same object when there is nothing to change', () => {
    expect(withOrganization(config, 'Edge1MSP', group, anchor)).toBe(config);
    expect(withoutOrganization(config, 'Edge9MSP')).toBe(config);
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
  ])('of %d organisations is changed by the signatures of %d', (all, needed) => {
    const members = Array.from({ length: all }, (_, index) => index);
    expect(majorityOf(members)).toHaveLength(needed);
    expect(isMajority(members.slice(0, needed), members)).toBe(true);
    expect(isMajority(members.slice(0, needed - 1), members)).toBe(false);
  });
});

describe('who belongs to a network', () => {
  const host = nextLocalHost(network().placement, 'edge4');

  it('gives a new cluster ports that nobody has, also after one in the middle has gone', () => {
    const { placement } = withoutMember(network(), founders[1]!);
    expect(nextLocalHost(placement, 'edge4').ports).toEqual(host.ports);
    const ports = [placement.orderer, ...placement.clusters, host].flatMap((at) => Object.values<number>(at.ports));
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('does not add to a sandbox, whose hosts are made all at once', () => {
    const { orderer, clusters } = network().placement;
    const sandbox = { orderer: { ...orderer, commandPrefix: ['nsenter'] }, clusters };
    expect(() => nextLocalHost(sandbox, 'edge4')).toThrow(/BLOSM_E_UNSUPPORTED/);
  });

  it('remembers who came and who went, and forgets both when it is undone', () => {
    const grown = withMember(network(), edge4, host);
    expect(grown.membership).toEqual({ added: [edge4], removed: [] });
    expect(grown.placement.clusters.map(({ name }) => name)).toEqual(['edge1', 'edge2', 'edge3', 'edge4']);
    expect(withMember(grown, edge4, host)).toEqual(grown);
    expect(withoutMember(grown, edge4)).toEqual(network());

    const shrunk = withoutMember(network(), founders[2]!);
    expect(shrunk.membership).toEqual({ added: [], removed: [founders[2]] });
    expect(withoutMember(shrunk, founders[2]!)).toEqual(shrunk);
    const back = withMember(shrunk, founders[2]!, network().placement.clusters[2]!);
    expect(back.membership).toEqual({ added: [], removed: [] });
  });

  it('knows its own topology file, whichever of the changes that file knows of', () => {
    const changed = withoutMember(withMember(network(), edge4, host), founders[2]!);
    const [edge1, edge2, edge3] = founders as [typeof edge4, typeof edge4, typeof edge4];
    for (const own of [
      [edge1, edge2, edge3],
      [edge1, edge2],
      [edge4, edge2, edge1],
      [...founders, edge4],
    ]) {
      expect(isTopologyOf(changed, own)).toBe(true);
    }
    for (const other of [[edge1], [edge1, edge4], [edge1, edge2, organization('edge5')]]) {
      expect(isTopologyOf(changed, other)).toBe(false);
    }
    expect(isTopologyOf(changed, [edge1, { ...edge2, mspId: 'OtherMSP' }])).toBe(false);
  });

  it.each([
    [{ name: 'orderer', mspId: 'Edge4MSP' }, /names orderer, registry and OrdererMSP are taken/],
    [{ name: 'edge4', mspId: 'OrdererMSP' }, /are taken/],
    [{ name: 'Edge 4', mspId: 'Edge4MSP' }, /name: a lower-case letter/],
  ])('refuses %j as a member', (member, message) => {
    expect(() => parseMember(member)).toThrow(message);
  });
});

describe('versions of the programs', () => {
  const to = (version: string) => ({ version, binFolder: '/new' });

  it.each([
    ['2.5.9', '2.5.16', true],
    ['2.5.16', '3.1.5', true],
    ['3.1.5', '2.5.16', false],
    ['2.5.16', '2.5.16', false],
    ['2.5.16-rc1', '2.5.16', false],
  ])('%s is older than %s: %s', (version, than, expected) => {
    expect(isOlder(version, than)).toBe(expected);
  });

  it('go up in place, never down and never out of a system channel', () => {
    expect(() => requireUpgradable({ version: '2.5.16' }, to('3.1.5'))).not.toThrow();
    expect(() => requireUpgradable({ version: '2.1.1' }, to('2.2.15'))).not.toThrow();
    expect(() => requireUpgradable({ version: '3.1.5' }, to('2.5.16'))).toThrow(/not for an older one/);
    expect(() => requireUpgradable({ version: '2.1.1' }, to('2.5.16'))).toThrow(/system channel/);
  });
});

describe('a change that has begun', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'blosm-changes-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const written = (changes: Partial<FabricState>) => writeFabricState({ ...network(changes), folder });
  const adding = { kind: 'add', member: edge4, host: nextLocalHost(network().placement, 'edge4') } as const;

  it('reads the state of an earlier version, which knows of no changes', () => {
    const { membership, unfinished, ...earlier } = network();
    const deployment = { sequence: 2, label: 'blosm_1', contentSha256: 'ab' };
    mkdirSync(join(folder, 'fabric'));
    writeFileSync(join(folder, 'fabric', 'network.json'), JSON.stringify({ ...earlier, deployment }));
    expect(requireFabricState(folder)).toEqual({ ...network(), deployment: { ...deployment, place: 0 } });
    expect({ membership, unfinished }).toEqual({ membership: { added: [], removed: [] }, unfinished: null });
  });

  it('comes first: any other one says which command completes it', async () => {
    written({ unfinished: adding });
    const hint = expect.stringContaining('blosm network add-org edge4 --msp-id Edge4MSP') as string;
    const refused = { code: 'BLOSM_E_CONFLICT', hint };
    await expect(fabricUpgrade({ stateFolder: folder })).rejects.toMatchObject(refused);
    await expect(fabricRemoveOrganization({ stateFolder: folder, name: 'edge1' })).rejects.toMatchObject(refused);
    const another = { stateFolder: folder, member: organization('edge5') };
    await expect(fabricAddOrganization(another)).rejects.toMatchObject(refused);
  });

  it.each([
    [organization('edge1'), false],
    [{ name: 'edge1', mspId: 'Edge4MSP' }, 'BLOSM_E_CONFLICT'],
    [{ name: 'edge4', mspId: 'Edge1MSP' }, 'BLOSM_E_CONFLICT'],
  ])('is none when %j is to be added: %s', async (member, expected) => {
    written({});
    const outcome = fabricAddOrganization({ stateFolder: folder, member });
    if (expected === false) expect((await outcome).changed).toBe(false);
    else await expect(outcome).rejects.toMatchObject({ code: expected });
  });

  it.each([
    ['edge9', founders, 1, 'BLOSM_E_NOT_FOUND', /no cluster of this network is named edge9/],
    ['edge2', founders.slice(0, 2), 1, 'BLOSM_E_CONFLICT', /only 1 would be left/],
    ['edge1', founders.slice(0, 1), 0, 'BLOSM_E_CONFLICT', /none would be left/],
  ])('is refused before it begins: %s to leave', async (name, clusters, endorsementFaults, code, message) => {
    written({ clusters, endorsementFaults });
    await expect(fabricRemoveOrganization({ stateFolder: folder, name })).rejects.toMatchObject({ code, message });
    expect(requireFabricState(folder).unfinished).toBeNull();
  });
});
