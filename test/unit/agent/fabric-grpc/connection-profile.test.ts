import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profileMspId, readConnectionProfile } from '../../../../agent/adapters/fabric-grpc/connection-profile';

const profile = {
  organizations: {
    edge1: { mspid: 'Edge1MSP', peers: ['peer-a', 'peer-b'] },
    edge2: { mspid: 'Edge2MSP', peers: ['peer-c'] },
  },
  peers: {
    'peer-a': { url: 'grpcs://10.88.1.1:7051', tlsCACerts: { pem: 'PEM-1' } },
    'peer-b': {
      url: 'grpcs://localhost:7051',
      tlsCACerts: { pem: ['PEM-1', 'PEM-2'] },
      grpcOptions: { 'ssl-target-name-override': 'peer-b.example.com' },
    },
    'peer-c': { url: 'grpc://10.88.1.2:7051' },
  },
  orderers: { orderer: { url: 'grpcs://10.88.0.2:7050', mspid: 'OrdererMSP', tlsCACerts: { pem: 'PEM-O' } } },
  client: { organization: 'edge1' },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'blosm-profile-'));
  writeFileSync(join(folder, 'ca.pem'), 'PEM-FILE');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a connection profile', () => {
  it('tells the own peers and the orderers', () => {
    const known = readConnectionProfile(profile, 'Edge1MSP');
    expect(known.ownPeers).toEqual([
      { name: 'peer-a', mspId: 'Edge1MSP', target: '10.88.1.1:7051', tls: { rootsPem: 'PEM-1', serverName: null } },
      {
        name: 'peer-b',
        mspId: 'Edge1MSP',
        target: 'localhost:7051',
        tls: { rootsPem: 'PEM-1\nPEM-2', serverName: 'peer-b.example.com' },
      },
    ]);
    expect(known.orderers).toMatchObject([{ name: 'orderer', mspId: 'OrdererMSP', target: '10.88.0.2:7050' }]);
    expect(readConnectionProfile(profile, 'Edge2MSP').ownPeers[0].tls).toBeNull();
  });

  it('is read from YAML and JSON, with paths relative to the file', () => {
    const text = `
organizations: { edge1: { mspid: Edge1MSP, peers: [p] } }
peers: { p: { url: 'grpcs://h:1', tlsCACerts: { path: ca.pem } } }
`;
    writeFileSync(join(folder, 'profile.yaml'), text);
    const known = readConnectionProfile(join(folder, 'profile.yaml'), 'Edge1MSP');
    expect(known.ownPeers[0].tls?.rootsPem).toBe('PEM-FILE');
    expect(known.orderers).toEqual([]);
    writeFileSync(join(folder, 'profile.json'), JSON.stringify(profile));
    expect(readConnectionProfile(join(folder, 'profile.json'), 'Edge1MSP').ownPeers).toHaveLength(2);
  });

  it.each([
    ['another organisation', profile, 'Edge9MSP', /no organisation with mspid Edge9MSP/],
    ['no peers', { organizations: {} }, 'Edge1MSP', /peers/],
    ['a peer that is not there', { ...profile, peers: {} }, 'Edge1MSP', /peer-a, which is not under peers/],
    [
      'a URL that is none',
      { ...profile, peers: { ...profile.peers, 'peer-a': { url: 'https://x' } } },
      'Edge1MSP',
      /grpcs:\/\/host:port/,
    ],
    [
      'TLS without roots',
      { ...profile, peers: { ...profile.peers, 'peer-a': { url: 'grpcs://h:1' } } },
      'Edge1MSP',
      /needs tlsCACerts/,
    ],
    [
      'roots that are not there',
      { ...profile, peers: { ...profile.peers, 'peer-a': { url: 'grpcs://h:1', tlsCACerts: { path: '/no/such' } } } },
      'Edge1MSP',
      /cannot read \/no\/such/,
    ],
    ['a file that is not there', '/no/such/profile.json', 'Edge1MSP', /cannot read the connection profile/],
  ])('with %s is refused, and says so', (_what, source, mspId, message) => {
    const read = () => readConnectionProfile(source, mspId);
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ code: 'BLOSM_E_CONFIG_INVALID' }) as Error);
  });
});

describe('whose a connection profile is', () => {
  const put = (content: object): string => {
    const path = join(folder, 'whose.json');
    writeFileSync(path, JSON.stringify({ peers: {}, ...content }));
    return path;
  };
  const a = { mspid: 'AMSP' };
  const b = { mspid: 'BMSP' };

  it("is its client's organisation, or the only one", () => {
    expect(profileMspId(put({ organizations: { a, b }, client: { organization: 'b' } }))).toBe('BMSP');
    expect(profileMspId(put({ organizations: { a } }))).toBe('AMSP');
    expect(() => profileMspId(put({ organizations: { a, b } }))).toThrow('does not say whose it is');
    expect(() => profileMspId(put({ organizations: { a, b }, client: { organization: 'c' } }))).toThrow('does not say');
    expect(() => profileMspId(put({}))).toThrow(/organizations/);
  });

  it('may name the host in its TLS certificate either way', () => {
    const peer = (grpcOptions: object) => ({
      organizations: { a: { ...a, peers: ['p'] } },
      peers: { p: { url: 'grpcs://h:1', tlsCACerts: { pem: 'PEM' }, grpcOptions } },
    });
    const nameOf = (grpcOptions: object) =>
      readConnectionProfile(peer(grpcOptions), 'AMSP').ownPeers[0].tls?.serverName;
    expect(nameOf({ hostnameOverride: 'p.example.com' })).toBe('p.example.com');
    expect(nameOf({ 'ssl-target-name-override': 'one', hostnameOverride: 'other' })).toBe('one');
    expect(nameOf({})).toBeNull();
  });
});
