import {
  describeDecision,
  describeFirstRequest,
  explainPlaces,
  type PlaceFacts,
} from '../../../agent/domain/explain-placement';
import { positionOfDegrees } from '../../../agent/domain/geo';
import { nodeRecord } from '../../support/lane-views';

const east = (meters: number): ReturnType<typeof positionOfDegrees> => positionOfDegrees(0, meters / 111_194.93);
const node = (number: number, meters: number, changes: object = {}): ReturnType<typeof nodeRecord> =>
  nodeRecord(number, { site: east(meters), coverageRadiusMeters: 400, ...changes });

const facts = (changes: Partial<PlaceFacts> = {}): PlaceFacts => ({
  nodes: [
    node(1, 0),
    node(2, 600),
    node(3, 700),
    node(4, 5000),
    node(5, 650, { state: 'SUSPENDED' }),
    node(6, 660, { cordoned: true }),
  ],
  ownerNodeId: 'Edge1MSP',
  position: east(600),
  rooms: new Map([['Edge3MSP', 'needs 128 MiB of memory, 100 MiB remain']]),
  ...changes,
});

describe('the places of an instance', () => {
  it('come by what speaks for them, then by distance, each with its reasons', () => {
    expect(explainPlaces(facts()).map(({ node: { name }, eligible, reasons }) => [name, eligible, ...reasons])).toEqual(
      [
        ['edge2', true],
        ['edge5', false, 'it is suspended'],
        ['edge6', false, 'it is cordoned: it takes nothing new'],
        ['edge3', false, 'needs 128 MiB of memory, 100 MiB remain'],
        ['edge1', false, 'it runs here'],
        ['edge4', false, 'the device is outside its coverage'],
      ],
    );
    expect(explainPlaces(facts())[0]).toMatchObject({ distanceMeters: 0, covers: true, isOwner: false });
  });

  it('are unknown where nobody knows where the device is; equals come by id', () => {
    const nodes = [node(3, 0), node(2, 0), node(1, 0)];
    const places = explainPlaces(facts({ nodes, position: null, rooms: new Map() }));
    expect(
      places.map(({ node: { name }, covers, distanceMeters, reasons }) => [name, covers, distanceMeters, ...reasons]),
    ).toEqual([
      ['edge1', null, null, 'it runs here'],
      ['edge2', null, null, 'where the device is, is not known'],
      ['edge3', null, null, 'where the device is, is not known'],
    ]);
  });

  it('of a first request need no coverage', () => {
    const places = explainPlaces(facts({ ownerNodeId: null, position: east(4000) }));
    expect(places.filter(({ eligible }) => eligible).map(({ node: { name } }) => name)).toEqual([
      'edge4',
      'edge2',
      'edge1',
    ]);
    expect(describeFirstRequest(places)).toBe('is served at edge4');
    expect(describeFirstRequest([])).toBe('is refused: no cluster has room');
  });
});

describe('the decision', () => {
  const decide = (changes: Partial<PlaceFacts>, stay: { reason: string } | null = null): string =>
    describeDecision(explainPlaces(facts(changes)), stay);

  it.each([
    ['goes to edge2, once the device has been out for long enough', {}, null],
    ['stays at edge1: the device is inside its coverage', { position: east(100) }, null],
    ['stays at edge1: where the device is, is not known', { position: null }, null],
    ['stays at edge1: an operator wants it', {}, { reason: 'an operator wants it' }],
    ['stays at edge1: no cluster that covers the device takes it', { position: east(2000) }, null],
    [
      'stays at its owner: no cluster that covers the device takes it',
      { ownerNodeId: 'Edge9MSP', position: east(2000) },
      null,
    ],
  ])('%s', (text, changes, stay) => {
    expect(decide(changes, stay)).toBe(text);
  });

  it('says who passes the data on where the covering cluster takes nothing', () => {
    const nodes = [node(1, 0), node(2, 600, { cordoned: true })];
    expect(decide({ nodes })).toBe(
      'stays at edge1: no cluster that covers the device takes it; edge2 passes on what the device sends',
    );
  });
});
