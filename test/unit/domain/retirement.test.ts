import type { LaneView } from '../../../agent/domain/lane-view';
import { plan } from '../../../agent/domain/plan';
import { idleEndsAtMs, isRetiring } from '../../../agent/domain/retirement';
import { trafficMode } from '../../../agent/domain/traffic-mode';
import {
  born,
  factsWith,
  instanceRecord,
  ME,
  migrationView,
  NOW_MS,
  OTHER,
  serviceRecord,
  troubleWith,
  viewOf,
} from '../../support/lane-views';

const retire = (cause: string): object => ({ kind: 'step', step: { name: 'retire', migrationId: '', cause } });
const idle = (changes: Partial<LaneView> = {}): LaneView =>
  viewOf({ service: serviceRecord({ idleSeconds: 60 }), idleSinceMs: NOW_MS - 60_000, ...changes });
const decided = (cause: 'idle' | 'operator', epoch = 1): LaneView =>
  viewOf({ facts: { ...born(), retirement: { cause, epoch } } });

describe('an instance that nobody asks for', () => {
  it('is removed after the time that its service declares, whether its container is well or not', () => {
    expect(plan(idle())).toEqual(retire('idle'));
    expect(plan(idle({ containers: [], healthy: new Set(), imagesHeld: new Set() }))).toEqual(retire('idle'));
  });

  it('is looked at again when the time is over', () => {
    const soon = idle({ idleSinceMs: NOW_MS - 59_999 });
    expect(idleEndsAtMs(soon)).toBe(NOW_MS + 1);
    expect(plan(soon)).toEqual({ kind: 'wait', reason: 'serving', untilMs: NOW_MS + 1 });
  });

  it.each([
    ['its service declares no time', { service: serviceRecord() }],
    ['its service is not known', { service: null }],
    ['a request is being answered', { idleSinceMs: null }],
    ['the ledger is not fresh', { fresh: false }],
    ['a migration is intended', { facts: born(factsWith({})) }],
    ['it is another cluster that owns it', { instance: instanceRecord({ ownerNodeId: OTHER }) }],
    ['it is being migrated', { migration: migrationView() }],
    ['it has just arrived', { migration: migrationView({ state: 'HANDED_OVER', destinationNodeId: ME }) }],
  ] as const)('stays while %s', (_what, changes) => {
    expect(plan(idle(changes))).not.toEqual(retire('idle'));
  });

  it('is not tried again at once when the ledger did not take it', () => {
    const trouble = troubleWith({ step: 'retire', lastAtMs: NOW_MS });
    expect(plan(idle({ trouble }))).toMatchObject({
      kind: 'wait',
      reason: expect.stringMatching(/^retire failed/) as string,
    });
  });
});

describe('a removal that is decided', () => {
  it.each(['idle', 'operator'] as const)('goes on, and nothing is acknowledged any more: %s', (cause) => {
    const view = decided(cause);
    expect(isRetiring(view)).toBe(true);
    expect(plan(view)).toEqual(retire(cause));
    expect(trafficMode(view)).toEqual({ kind: 'starting', reason: 'the instance is being removed' });
  });

  it('is void at another epoch', () => {
    const view = decided('operator', 7);
    expect(isRetiring(view)).toBe(false);
    expect(plan(view)).toMatchObject({ kind: 'wait', reason: 'serving' });
    expect(trafficMode(view)).toMatchObject({ kind: 'serve' });
  });

  it('waits for a migration that was opened before it', () => {
    const view = { ...decided('operator'), migration: migrationView() };
    expect(plan(view)).not.toEqual(retire('operator'));
    expect(trafficMode(view)).toMatchObject({ kind: 'serve' });
  });

  it('holds requests from the moment on at which the door is shut', () => {
    expect(trafficMode(viewOf({ shut: true }))).toMatchObject({ kind: 'starting' });
    expect(trafficMode(viewOf({ shut: true, instance: null }))).toEqual({ kind: 'gone' });
  });
});
