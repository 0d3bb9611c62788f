import { positionOfDegrees } from '../../../agent/domain/geo';
import {
  nearestCovering,
  nearestNodes,
  rankDestinations,
  type Candidate,
  type PlacementFacts,
} from '../../../agent/domain/placement';
import { evaluationOf, falseEvaluationOf, nodeRecord, NOW_MS } from '../../support/lane-views';

const east = (meters: number): ReturnType<typeof positionOfDegrees> => positionOfDegrees(0, meters / 111_194.93);
const node = (number: number, meters: number): ReturnType<typeof nodeRecord> =>
  nodeRecord(number, { site: east(meters), coverageRadiusMeters: 400 });
const NODES = [node(1, 0), node(2, 600), node(3, 700), node(4, 5000)];

const facts = (changes: Partial<PlacementFacts> = {}): PlacementFacts => ({
  nodes: NODES,
  sourceNodeId: 'Edge1MSP',
  evaluations: ['Edge2MSP', 'Edge3MSP', 'Edge4MSP'].map((nodeId) => evaluationOf(nodeId)),
  position: east(600),
  requestedDestination: null,
  nowMs: NOW_MS,
  ...changes,
});

const eligible = (candidates: readonly Candidate[]): string[] =>
  candidates.filter((c) => c.eligible).map((c) => c.nodeId);
const reasonsOf = (candidates: readonly Candidate[], nodeId: string): readonly string[] =>
  candidates.find((c) => c.nodeId === nodeId)?.reasons ?? [];

describe('the destination', () => {
  it('is the nearest whose coverage holds the device; never the source', () => {
    expect(eligible(rankDestinations(facts()))).toEqual(['Edge2MSP', 'Edge3MSP']);
    expect(eligible(rankDestinations(facts({ position: east(690) })))).toEqual(['Edge3MSP', 'Edge2MSP']);
    expect(rankDestinations(facts()).map((c) => c.nodeId)).not.toContain('Edge1MSP');
  });

  it('must cover the device', () => {
    const ranked = rankDestinations(facts());
    expect(reasonsOf(ranked, 'Edge4MSP')).toEqual(['the device is outside its coverage']);
    expect(ranked.at(-1)).toMatchObject({ nodeId: 'Edge4MSP', eligible: false });
  });

  it('must have evaluated, true, and its offer must be open', () => {
    const ranked = rankDestinations(
      facts({
        evaluations: [
          falseEvaluationOf('Edge2MSP', 'no memory'),
          evaluationOf('Edge3MSP', { offerExpiresAtMs: NOW_MS }),
        ],
      }),
    );
    expect(eligible(ranked)).toEqual([]);
    expect(reasonsOf(ranked, 'Edge2MSP')).toEqual(['evaluated false: no memory']);
    expect(reasonsOf(ranked, 'Edge3MSP')).toEqual(['its offer has expired']);
    expect(reasonsOf(ranked, 'Edge4MSP')).toEqual(['has not evaluated', 'the device is outside its coverage']);
    const open = [evaluationOf('Edge3MSP', { offerExpiresAtMs: NOW_MS + 1 })];
    expect(eligible(rankDestinations(facts({ evaluations: open })))).toEqual(['Edge3MSP']);
    const odd = [evaluationOf('Edge3MSP', { offerExpiresAtMs: null })];
    expect(eligible(rankDestinations(facts({ evaluations: odd })))).toEqual([]);
  });

  it('is the one that was asked for, whatever it covers, and no other', () => {
    const ranked = rankDestinations(facts({ requestedDestination: 'Edge4MSP' }));
    expect(eligible(ranked)).toEqual(['Edge4MSP']);
    expect(reasonsOf(ranked, 'Edge2MSP')).toEqual(['Edge4MSP was asked for']);
    expect(eligible(rankDestinations(facts({ requestedDestination: 'Edge4MSP', position: null })))).toEqual([
      'Edge4MSP',
    ]);
  });

  it('is nobody while nobody knows where the device is', () => {
    const ranked = rankDestinations(facts({ position: null }));
    expect(eligible(ranked)).toEqual([]);
    expect(ranked[0]).toMatchObject({ distanceMeters: null, reasons: ['where the device is, is not known'] });
    expect(ranked.map((c) => c.nodeId)).toEqual(['Edge2MSP', 'Edge3MSP', 'Edge4MSP']);
  });

  it('is by node id among equals, so that everybody ranks alike', () => {
    const nodes = [node(1, 0), node(3, 600), node(2, 600)];
    expect(eligible(rankDestinations(facts({ nodes })))).toEqual(['Edge2MSP', 'Edge3MSP']);
    expect(eligible(rankDestinations(facts({ nodes: [...nodes].reverse() })))).toEqual(['Edge2MSP', 'Edge3MSP']);
  });
});

describe('the nearest nodes', () => {
  it('come first, equals by id, whatever their order was', () => {
    expect(nearestNodes(NODES, east(620)).map((n) => n.nodeId)).toEqual([
      'Edge2MSP',
      'Edge3MSP',
      'Edge1MSP',
      'Edge4MSP',
    ]);
    const equals = [node(3, 100), node(2, 100), node(1, 100)];
    expect(nearestNodes(equals, east(0)).map((n) => n.nodeId)).toEqual(['Edge1MSP', 'Edge2MSP', 'Edge3MSP']);
    expect(nearestNodes([...equals].reverse(), east(0))[0]?.nodeId).toBe('Edge1MSP');
  });

  it('cover the device or nobody does', () => {
    expect(nearestCovering(NODES, east(690))?.nodeId).toBe('Edge3MSP');
    expect(nearestCovering(NODES, east(3000))).toBeUndefined();
  });

  it('are passed over while they are suspended: their gateway may be dead', () => {
    const dead = NODES.map((each) => (each.nodeId === 'Edge3MSP' ? { ...each, state: 'SUSPENDED' as const } : each));
    expect(nearestCovering(dead, east(690))?.nodeId).toBe('Edge2MSP');
  });
});
