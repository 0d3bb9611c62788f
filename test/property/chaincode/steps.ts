import fc from 'fast-check';
import { FIRST_TOKEN, type Call } from './reference';

const AGENTS = ['Edge1MSP', 'Edge2MSP', 'Edge3MSP'] as const;
const agent = fc.constantFrom(...AGENTS);
const id = fc.constantFrom('m-1', 'm-2', 'm-3');
const epoch = fc.constantFrom(1, 1, 2, 3);
const digit = fc.constantFrom('a', 'a', 'a', 'b');
const verdict = fc.constantFrom(true, true, true, false);
const token = fc.constantFrom(null, FIRST_TOKEN, '2');

const anyCall: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ name: fc.constant('Create' as const), agent }),
  fc.record({ name: fc.constant('Remove' as const), agent, epoch }),
  fc.record({ name: fc.constant('Propose' as const), agent, id, epoch }),
  fc.record({ name: fc.constant('Evaluate' as const), agent, id, verdict }),
  fc.record({ name: fc.constant('Prepare' as const), agent, id, digit }),
  fc.record({ name: fc.constant('HandOver' as const), agent, id, to: agent, digit, epoch }),
  fc.record({ name: fc.constant('Complete' as const), agent, id, token }),
  fc.record({ name: fc.constant('Abort' as const), agent, id }),
  fc.record({ name: fc.constant('Renew' as const), agent }),
  fc.record({ name: fc.constant('Suspend' as const), agent, node: agent }),
  fc.record({ name: fc.constant('Claim' as const), agent, epoch }),
  fc.record({ name: fc.constant('Recover' as const), agent, epoch, from: fc.constantFrom('copy', 'image') }),
);

/** A whole migration in its order: random calls seldom get so far by themselves. */
const chain = (from: string, to: string, migrationId: string, at: number): Call[] => [
  { name: 'Propose', agent: from, id: migrationId, epoch: at },
  { name: 'Evaluate', agent: to, id: migrationId, verdict: true },
  { name: 'Prepare', agent: to, id: migrationId, digit: 'a' },
  { name: 'HandOver', agent: from, id: migrationId, to, digit: 'a', epoch: at },
  { name: 'Complete', agent: to, id: migrationId, token: '2' },
];

/** What an agent would do that does not care for its own verdict, or for whom the owner named: it must be refused. */
const cheat = (to: string, migrationId: string, verdict: boolean): Call[] => [
  { name: 'Propose', agent: 'Edge1MSP', id: migrationId, epoch: 1 },
  { name: 'Evaluate', agent: to, id: migrationId, verdict },
  { name: 'Prepare', agent: to, id: migrationId, digit: 'a' },
  { name: 'HandOver', agent: 'Edge1MSP', id: migrationId, to, digit: 'a', epoch: 1 },
  { name: 'Abort', agent: 'Edge1MSP', id: migrationId },
];

/** Until every lease has lapsed. */
const dayOff = { name: 'Wait', minutes: 11 } as const;

/** The owner is off; the others say so; whoever is left takes the instance; the old owner comes back and is too late. */
const lost = (owner: string, by: string, at: number, takeover: readonly Call[]): PlanItem[] => [
  dayOff,
  { name: 'Suspend', agent: by, node: owner },
  { name: 'Abort', agent: owner, id: 'm-1' },
  ...takeover,
  { name: 'Renew', agent: owner },
  { name: 'Propose', agent: owner, id: 'm-2', epoch: at },
  { name: 'Propose', agent: by, id: 'm-2', epoch: at + 1 },
];

/** What one run is about. */
export interface RunPlan {
  /** The service declares files, which only an operator recovers; else none, which any node may claim. */
  readonly keepsState: boolean;
  readonly items: readonly PlanItem[];
}

const withState = (items: readonly PlanItem[]): RunPlan => ({ keepsState: true, items });
const stateless = (items: readonly PlanItem[]): RunPlan => ({ keepsState: false, items });

/** Two moves and the end; the requested destination; two cheats; owners that are lost in every state. */
export const PLANS: readonly RunPlan[] = [
  withState([
    { name: 'Create', agent: 'Edge1MSP' },
    ...chain('Edge1MSP', 'Edge2MSP', 'm-1', 1),
    ...chain('Edge2MSP', 'Edge1MSP', 'm-2', 2),
    { name: 'Remove', agent: 'Edge1MSP', epoch: 3 },
  ]),
  withState([
    { name: 'Create', agent: 'Edge1MSP' },
    ...chain('Edge1MSP', 'Edge3MSP', 'm-3', 1),
    { name: 'Remove', agent: 'Edge3MSP', epoch: 2 },
  ]),
  withState([
    { name: 'Create', agent: 'Edge1MSP' },
    ...cheat('Edge2MSP', 'm-1', false),
    ...cheat('Edge2MSP', 'm-3', true),
  ]),
  stateless([
    { name: 'Create', agent: 'Edge1MSP' },
    { name: 'Propose', agent: 'Edge1MSP', id: 'm-1', epoch: 1 },
    ...lost('Edge1MSP', 'Edge2MSP', 1, [
      { name: 'Claim', agent: 'Edge2MSP', epoch: 1 },
      { name: 'Claim', agent: 'Edge3MSP', epoch: 1 },
    ]),
  ]),
  withState([
    { name: 'Create', agent: 'Edge1MSP' },
    ...chain('Edge1MSP', 'Edge2MSP', 'm-1', 1).slice(0, -1),
    ...lost('Edge2MSP', 'Edge1MSP', 2, [
      { name: 'Claim', agent: 'Edge3MSP', epoch: 2 },
      { name: 'Recover', agent: 'Edge3MSP', epoch: 2, from: 'copy' },
      { name: 'Recover', agent: 'Edge1MSP', epoch: 2, from: 'copy' },
    ]),
    { name: 'Complete', agent: 'Edge2MSP', id: 'm-1', token: '2' },
    { name: 'Recover', agent: 'Edge1MSP', epoch: 3, from: 'image' },
  ]),
];

/** What a plan does next: a call, or the clock goes on. */
export type PlanItem = Call | { readonly name: 'Wait'; readonly minutes: number };

/** What a step does: `next` follows the plan; the others get in its way. */
export type Step =
  | { readonly kind: 'next' }
  | { readonly kind: 'spoil'; readonly how: number }
  | { readonly kind: 'calls'; readonly calls: readonly Call[] }
  | { readonly kind: 'repeat' }
  | { readonly kind: 'redeliver'; readonly place: number }
  | { readonly kind: 'wait'; readonly minutes: number };

/** Up to so many calls at once. */
export const steps = (most: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { arbitrary: fc.constant<Step>({ kind: 'next' }), weight: 9 },
      { arbitrary: fc.nat(SPOILERS.length - 1).map<Step>((how) => ({ kind: 'spoil', how })), weight: 4 },
      {
        arbitrary: fc
          .array(anyCall, { minLength: 1, maxLength: most })
          .map<Step>((calls) => ({ kind: 'calls', calls })),
        weight: 2,
      },
      { arbitrary: fc.constant<Step>({ kind: 'repeat' }), weight: 1 },
      { arbitrary: fc.nat(1000).map<Step>((place) => ({ kind: 'redeliver', place })), weight: 1 },
      { arbitrary: fc.integer({ min: 1, max: 6 }).map<Step>((minutes) => ({ kind: 'wait', minutes })), weight: 1 },
    ),
    { minLength: 6, maxLength: 24, size: 'max' },
  );

const idOf = (call: Call): string => ('id' in call ? call.id : 'm-1');
const shift = (name: string, by: number): string => AGENTS[(AGENTS.indexOf(name as 'Edge1MSP') + by) % 3] ?? name;

/** Calls that differ in one point from what the plan would do, or that do the opposite. */
const SPOILERS: readonly ((call: Call) => Call)[] = [
  (call) => ({ ...call, agent: shift(call.agent, 1) }),
  (call) => ({ ...call, agent: shift(call.agent, 2) }),
  (call) => ('epoch' in call ? { ...call, epoch: call.epoch + 1 } : call),
  (call) => ('digit' in call ? { ...call, digit: 'b' } : call),
  (call) => ('to' in call ? { ...call, to: shift(call.to, 1) } : call),
  (call) => ('verdict' in call ? { ...call, verdict: false } : call),
  (call) => ('token' in call ? { ...call, token: FIRST_TOKEN } : call),
  (call) => ({ name: 'Abort', agent: call.agent, id: idOf(call) }),
  (call) => ({ name: 'Abort', agent: shift(call.agent, 1), id: idOf(call) }),
  (call) => ({ name: 'Abort', agent: shift(call.agent, 2), id: idOf(call) }),
  (call) => ({ name: 'Evaluate', agent: shift(call.agent, 1), id: idOf(call), verdict: true }),
  (call) => ({ name: 'Prepare', agent: shift(call.agent, 1), id: idOf(call), digit: 'a' }),
  (call) => ({ name: 'Remove', agent: call.agent, epoch: 1 }),
  (call) => ({ name: 'Suspend', agent: shift(call.agent, 1), node: call.agent }),
  (call) => ({ name: 'Claim', agent: shift(call.agent, 1), epoch: 1 }),
  (call) => ({ name: 'Renew', agent: shift(call.agent, 1) }),
  () => ({ name: 'Create', agent: 'Edge1MSP' }),
];

export const spoil = (call: Call, how: number): Call => SPOILERS[how]?.(call) ?? call;
