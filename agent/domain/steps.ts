import type { Intent } from './facts';
import type { RetirementCause } from './retirement';

/** What can be done for an instance, as data. Each can be repeated after a crash. */
export type Step =
  /** Writes commit 1, with the container's metadata. */
  | { readonly name: 'propose'; readonly migrationId: string; readonly intent: Intent; readonly containerId: string }
  | { readonly name: 'pick'; readonly migrationId: string; readonly nodeId: string }
  /** Lets requests end and refuses new ones with Retry-After. */
  | { readonly name: 'drain'; readonly migrationId: string }
  | { readonly name: 'stop'; readonly migrationId: string; readonly containerId: string }
  | { readonly name: 'commit'; readonly migrationId: string; readonly containerId: string }
  | { readonly name: 'push'; readonly migrationId: string; readonly reference: string; readonly configDigest: string }
  | { readonly name: 'send-image'; readonly migrationId: string; readonly nodeId: string }
  /** Asks the picked node how far it is. */
  | { readonly name: 'watch'; readonly migrationId: string; readonly nodeId: string; readonly untilMs: number }
  /** Writes commit 4. */
  | { readonly name: 'hand-over'; readonly migrationId: string; readonly nodeId: string; readonly configDigest: string }
  | { readonly name: 'abort'; readonly migrationId: string; readonly stage: string; readonly reason: string }
  | { readonly name: 'pull'; readonly migrationId: string; readonly reference: PullReference }
  | { readonly name: 'create'; readonly migrationId: string; readonly image: string }
  | { readonly name: 'start'; readonly migrationId: string; readonly containerId: string }
  /** Waits until it answers its health check. */
  | { readonly name: 'warm'; readonly migrationId: string; readonly containerId: string }
  /** The destination cannot: it says why, so that the source aborts. */
  | { readonly name: 'give-up'; readonly migrationId: string; readonly stage: string; readonly reason: string }
  /** Writes commit 3. */
  | {
      readonly name: 'prepare';
      readonly migrationId: string;
      readonly containerId: string;
      readonly configDigest: string;
    }
  | { readonly name: 'complete'; readonly migrationId: string }
  | { readonly name: 'remove-container'; readonly migrationId: string; readonly containerId: string }
  | { readonly name: 'remove-image'; readonly migrationId: string; readonly configDigest: string }
  /** Removes the instance from the ledger; `migrationId` is empty. */
  | { readonly name: 'retire'; readonly migrationId: string; readonly cause: RetirementCause }
  /** Nothing is left to do for the migration. */
  | { readonly name: 'close'; readonly migrationId: string };

export type StepName = Step['name'];

export interface PullReference {
  readonly repository: string;
  readonly manifestDigest: string;
  /** What must come out, or nothing is started. */
  readonly configDigest: string;
}

/** What the planner says: do a step, or wait, with the reason that `explain` shows. */
export type Plan =
  | { readonly kind: 'step'; readonly step: Step }
  | { readonly kind: 'wait'; readonly reason: string; readonly untilMs: number | null };

export const act = (step: Step): Plan => ({ kind: 'step', step });
export const wait = (reason: string, untilMs: number | null = null): Plan => ({ kind: 'wait', reason, untilMs });
